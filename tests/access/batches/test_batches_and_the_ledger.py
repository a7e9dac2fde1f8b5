"""access/batches/batches.py: a ledger that fails, and what is recorded."""

import asyncio

import pytest

from gateway.access.changing.ledger import LedgerError
from gateway.domain.vocabulary import Outcome, Role, UserErrorCode
from tests.access.batching import (
    PROJECTS,
    WideWorld,
    as_told,
    batch,
    be_denied,
    be_unavailable,
    grant,
    grants,
    make,
    outcomes,
    revocations,
    stop,
    take_up,
)
from tests.access.conftest import StartProcess
from tests.access.world import MARA, Process, person, rows_of
from tests.mutations.line import Gate

pytestmark = pytest.mark.anyio

ADDED, REFUSED, UNKNOWN = Outcome.ADDED, Outcome.REFUSED, Outcome.UNKNOWN
COMPENSATED, SKIPPED = Outcome.COMPENSATED, Outcome.SKIPPED
ALL_DONE = [ADDED] * len(PROJECTS)
MANY = 100_000
whichever = pytest.mark.parametrize("atomic", [False, True])


# ---------------------------------------------------------------- a ledger that cannot be written


@whichever
async def test_where_the_batch_cannot_be_written_down_nothing_is_sent(
    process: Process, world: WideWorld, *, atomic: bool
) -> None:
    process.batch_ledger.broken = {"begin"}
    with pytest.raises(LedgerError):
        await make(process, grants(atomic=atomic))
    process.batch_ledger.broken = set()
    assert (world.written, outcomes(await make(process, grants(atomic=atomic)))) == ([], ALL_DONE)


class Breaking:
    """Breaks the ledger of changes for one project, before anything is sent there."""

    def __init__(self, process: Process, project: str) -> None:
        self._begin = process.ledger.begin
        self._project = project
        process.ledger.begin = self

    async def __call__(self, intent):  # noqa: ANN001, ANN204 - as the ledger's
        if intent.change.project_upstream_id == self._project:
            raise LedgerError("database or disk is full")
        return await self._begin(intent)


async def test_a_change_that_cannot_be_written_down_is_refused_for_now_and_the_others_are_made(
    process: Process, world: WideWorld
) -> None:
    Breaking(process, "2")
    result = await make(process, batch(*map(grant, "123")))
    assert outcomes(result) == [ADDED, REFUSED, ADDED]
    [error] = result.results[1].user_errors
    assert (error.code, error.retryable) == (UserErrorCode.UPSTREAM_UNAVAILABLE, True)
    assert world.who_has(MARA) == ["1", "3"]


async def test_an_atomic_batch_one_of_whose_changes_cannot_be_written_down_is_undone(
    process: Process, world: WideWorld
) -> None:
    Breaking(process, "3")
    result = await make(process, batch(*map(grant, "123"), atomic=True))
    assert (outcomes(result), world.who_has(MARA)) == ([COMPENSATED, COMPENSATED, REFUSED], [])


@whichever
async def test_going_on_with_a_batch_what_cannot_be_read_is_not_said_to_be_refused(
    start_process: StartProcess, world: WideWorld, *, atomic: bool
) -> None:
    """It may have been done: in truth it was."""
    one = await start_process()
    gate = world.before["2"] = Gate()
    making = asyncio.ensure_future(make(one, batch(*map(grant, "12"), atomic=atomic)))
    await gate.reached.wait()
    await one.ledger.settled.wait()
    await stop(one, making)
    world.before = {}
    other = await start_process()
    Breaking(other, "1")
    result = await make(other, batch(*map(grant, "12"), atomic=atomic))
    [error] = result.results[0].user_errors
    assert (outcomes(result)[0], error.code, error.retryable) == (
        UNKNOWN,
        UserErrorCode.OUTCOME_UNKNOWN,
        True,
    )


async def test_where_it_cannot_be_written_down_that_a_batch_is_undone_it_is_told_and_undone_later(
    process: Process, world: WideWorld
) -> None:
    world.before["3"] = be_denied
    wanted = batch(*map(grant, "123"), atomic=True)
    process.batch_ledger.broken = {"mark_undoing", "rest"}
    first = await make(process, wanted)
    assert (outcomes(first), world.who_has(MARA)) == ([UNKNOWN, UNKNOWN, REFUSED], ["1", "2"])
    assert [error.retryable for one in first.results[:2] for error in one.user_errors] == [True, True]
    process.batch_ledger.broken = set()
    [later] = await take_up(process)
    assert (outcomes(later), world.who_has(MARA)) == ([COMPENSATED, COMPENSATED, REFUSED], [])
    assert as_told(await make(process, wanted)) == as_told(later)


@pytest.mark.parametrize("refused", [False, True])
async def test_an_end_that_cannot_be_stored_is_told_all_the_same_and_found_again_later(
    process: Process, world: WideWorld, *, refused: bool
) -> None:
    world.before = {"3": be_denied} if refused else {}
    process.batch_ledger.broken = {"settle"}
    first = await make(process, grants(atomic=True))
    written = list(world.written)
    process.batch_ledger.broken = set()
    [later] = await take_up(process)
    assert (as_told(later), world.written) == (as_told(first), written)
    assert (outcomes(first) == ALL_DONE, REFUSED in outcomes(first)) == (not refused, refused)


async def test_a_key_that_cannot_be_released_gives_the_same_until_it_can(
    process: Process, world: WideWorld
) -> None:
    world.before["1"] = be_unavailable
    process.batch_ledger.broken = {"release"}
    results = [await make(process, batch(grant("1"), atomic=True))]
    process.batch_ledger.broken, world.before = set(), {}
    results += [await make(process, batch(grant("1"), atomic=True)) for _ in range(2)]
    assert [outcomes(result) for result in results] == [[REFUSED], [REFUSED], [ADDED]]


# ---------------------------------------------------------------- records


async def test_every_change_of_a_batch_is_recorded_once_under_the_callers_key(
    start_process: StartProcess, database: str, world: WideWorld
) -> None:
    process = await start_process()
    world.people["2"][MARA] = person(MARA, Role.VIEWER, project="2")
    world.before["3"] = be_denied
    for _ in range(2):
        await make(process, batch(*map(grant, "123"), key="onboarding-7"))
    records = rows_of(database, "audit")
    assert sorted((one["project_upstream_id"], one["outcome"]) for one in records) == [
        ("1", "ADDED"),
        ("2", "UNCHANGED"),
        ("3", "REFUSED"),
    ]
    assert {(one["operation"], one["idempotency_key"], one["actor"]) for one in records} == {
        ("grantAccess", "onboarding-7", "me")
    }


async def test_a_record_of_a_batch_without_a_key_has_none(start_process: StartProcess, database: str) -> None:
    await make(await start_process(), revocations(key=None))
    records = rows_of(database, "audit")
    assert {(one["operation"], one["idempotency_key"], one["outcome"]) for one in records} == {
        ("revokeAccess", None, "REMOVED")
    }
    assert len(records) == len(PROJECTS)


async def test_what_is_undone_is_recorded_as_well(
    start_process: StartProcess, database: str, world: WideWorld
) -> None:
    world.before["2"] = be_denied
    await make(await start_process(), batch(grant("1"), grant("2"), atomic=True))
    records = [
        (one["operation"], one["outcome"], one["idempotency_key"]) for one in rows_of(database, "audit")
    ]
    assert sorted(records) == [
        ("grantAccess", "ADDED", "k"),
        ("grantAccess", "REFUSED", "k"),
        ("revokeAccess", "REMOVED", "k"),
    ]
