"""Every fault at every operation on both platforms: what is told, what is there, and how often it is tried.

The expectations stand in `table.py`.
"""

from itertools import product

import anyio
import pytest

from gateway.domain.vocabulary import PlatformKey
from gateway.sandbox.faults import FaultKind
from tests.conftest import MakeStand
from tests.faults.striking import lasts, settings_for, strike
from tests.faults.table import CELLS, EXCEPTIONS, OPERATIONS, ROW, ROWS, Cell, Operation, Row, by_rule
from tests.mutations.faults import AN_AGE, AN_INSTANT
from tests.mutations.ground import Ground, QuantConnectGround, TestomatoGround

both = pytest.mark.parametrize("key", PlatformKey)
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)

STATUSES = {400, 401, 403, 404, 429, 500, 502, 503, 504}


async def ground_for(row: Row, key: PlatformKey, make_stand: MakeStand) -> Ground:
    stand = await make_stand(settings=settings_for(row.fault))
    if key is PlatformKey.QUANTCONNECT:
        return QuantConnectGround(stand=stand, sandbox=stand.quantconnect)
    return TestomatoGround(stand=stand, sandbox=stand.testomato)


@pytest.mark.anyio
@both
@every_row
async def test_a_fault_has_the_consequences_that_the_table_gives_it(
    row: Row, key: PlatformKey, make_stand: MakeStand
) -> None:
    found: dict[Operation, Cell] = {}

    async def fill(ground: Ground, operation: Operation) -> None:
        found[operation] = await strike(ground, operation, row.fault)

    if lasts(row.fault):
        # All at once, each on a ground of its own.
        grounds = [await ground_for(row, key, make_stand) for _ in OPERATIONS]
        async with anyio.create_task_group() as tasks:
            for ground, operation in zip(grounds, OPERATIONS, strict=True):
                tasks.start_soon(fill, ground, operation)
    else:
        ground = await ground_for(row, key, make_stand)
        for operation in OPERATIONS:
            await fill(ground, operation)
    assert found == {operation: CELLS[row.name, key, operation] for operation in OPERATIONS}


def test_the_table_has_a_cell_for_every_row_platform_and_operation_and_no_row_twice() -> None:
    names = [row.name for row in ROWS]
    assert sorted(ROW) == sorted(names)
    assert set(CELLS) == set(product(names, PlatformKey, OPERATIONS))


def test_the_table_has_every_kind_of_fault_and_every_status() -> None:
    assert {row.fault.kind for row in ROWS} == set(FaultKind)
    given = {row.fault.status for row in ROWS if row.fault.kind is FaultKind.STATUS}
    assert given >= STATUSES


@pytest.mark.parametrize(
    ("kind", "attribute", "values"),
    [
        (FaultKind.THROTTLE, "seconds", {None, 0, 1, AN_AGE}),
        (FaultKind.THROTTLE, "as_date", {False, True}),
        (FaultKind.RESET, "orderly", {False, True}),
        (FaultKind.DROP_AFTER, "orderly", {False, True}),
        (FaultKind.DELAY, "seconds", {AN_INSTANT, AN_AGE}),
        (FaultKind.LATE_ANSWER, "seconds", {AN_INSTANT, AN_AGE}),
        (FaultKind.HTML, "status", {None, 503}),
    ],
)
def test_the_table_has_the_variants_that_matter(kind: FaultKind, attribute: str, values: set[object]) -> None:
    assert {getattr(row.fault, attribute) for row in ROWS if row.fault.kind is kind} == values


def test_every_exception_differs_from_the_rule() -> None:
    idle = [place for place, cell in EXCEPTIONS.items() if by_rule(ROW[place[0]], *place[1:]) == cell]
    assert idle == []
