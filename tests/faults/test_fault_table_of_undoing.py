"""Every fault at some of the writes by which an atomic grantAccess for 40 targets is undone."""

from collections import Counter

import pytest

from gateway.domain.vocabulary import Outcome, UserErrorCode
from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import MakeStand
from tests.faults.additions import Place
from tests.faults.many import AT_ONCE, Answer, Many, assert_true, cells, create_many, stops_its_platform
from tests.faults.table import ROWS, Row
from tests.mutations.ground import Change

pytestmark = pytest.mark.anyio

REFUSED, UNKNOWN = Outcome.REFUSED, Outcome.UNKNOWN
COMPENSATED, SKIPPED = Outcome.COMPENSATED, Outcome.SKIPPED
DENIED = Fault(kind=FaultKind.STATUS, status=403)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_what_is_not_undone_is_told_with_the_reason_and_is_undone_by_repeating_where_that_may_pass(
    row: Row, make_stand: MakeStand
) -> None:
    many = await create_many(make_stand, row)
    struck, denied = many.some(1, after=AT_ONCE // 2), many.some(1, after=2 * AT_ONCE)
    many.strike(DENIED, denied, together=True)
    many.strike(row.fault, struck, change=Change.REMOVE)
    first = await many.grant(atomic=True)
    assert_true(many, first)
    assert first.told_of(denied) == dict.fromkeys(denied, (REFUSED, UserErrorCode.UPSTREAM_DENIED))
    assert_undone_as_in_the_table(many, first, row, struck)

    sent, taken_back = many.received(Change.ADD), many.received(Change.REMOVE)
    many.end_trouble()
    again = await many.grant(atomic=True)
    assert_true(many, again)
    left = first.may_pass
    assert again.places_of(COMPENSATED) == first.places_of(COMPENSATED) | left
    assert again.results == first.results | {place: again.results[place] for place in left}
    assert many.received(Change.REMOVE) - taken_back == Counter(left)
    assert many.received(Change.ADD) == sent
    assert await many.grant(atomic=True) == again


def assert_undone_as_in_the_table(many: Many, answer: Answer, row: Row, struck: set[Place]) -> None:
    by_table = cells(row, struck, Change.REMOVE)
    assert answer.told_of(struck) == {
        place: (COMPENSATED, None) if cell.shown is Outcome.REMOVED else (UNKNOWN, cell.code)
        for place, cell in by_table.items()
    }
    begun = set(many.received(Change.ADD))
    others = begun - struck - answer.places_of(REFUSED)
    stopped: set[Place] = set()
    if stops_its_platform(row):
        stopped = answer.places_of(UNKNOWN) & others
        assert {code for _, code in answer.told_of(stopped).values()} == {UserErrorCode.UPSTREAM_THROTTLED}
    assert answer.places_of(COMPENSATED) >= others - stopped
    assert answer.places_of(SKIPPED) == set(many.places) - begun != set()
    assert many.received(Change.ADD) == Counter(begun)
    calls = Counter(others - stopped)
    calls.update({place: cell.calls for place, cell in by_table.items()})
    assert many.received(Change.REMOVE) == calls
