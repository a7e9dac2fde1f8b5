"""gateway/store/batches.py: the contract of `BatchLedger`, in memory and in a file."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from gateway.access.batches.batch import Batch, BatchEntry
from gateway.access.changing.change import ChangeResult
from gateway.access.changing.ledger import Begun, Intent, KeyReused, LedgerError, UnderWay
from gateway.domain.membership import UserError
from gateway.domain.vocabulary import Outcome, Role, UserErrorCode
from gateway.store.batches import SqliteBatches
from gateway.store.sqlite import SqliteLedger, open_ledger
from tests.access.batching import batch, grant, revocation
from tests.access.world import ADD, INGRID, NOON, person, rows_of

pytestmark = pytest.mark.anyio

WANTED = batch(grant("1"), revocation("2"), atomic=True)
ERROR = UserError(code=UserErrorCode.OWNER_IMMUTABLE, message="“No.”", field=("input", "person"))
RESULTS = (
    ChangeResult(
        outcome=Outcome.UPDATED, member=person(INGRID, Role.EDITOR), before=person(INGRID, Role.VIEWER)
    ),
    ChangeResult(outcome=Outcome.REFUSED, user_errors=(ERROR,)),
)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "changes.sqlite3")


@pytest.fixture(params=["memory", "file"])
async def ledger(request: pytest.FixtureRequest, database: str) -> AsyncIterator[SqliteLedger]:
    async with open_ledger(":memory:" if request.param == "memory" else database) as ledger:
        yield ledger


@pytest.fixture
def batches(ledger: SqliteLedger) -> SqliteBatches:
    return ledger.batches


@pytest.fixture
async def on_file(database: str) -> AsyncIterator[SqliteBatches]:
    async with open_ledger(database) as ledger:
        yield ledger.batches


async def begin(batches: SqliteBatches, wanted: Batch = WANTED) -> BatchEntry:
    begun = await batches.begin(wanted)
    assert isinstance(begun, BatchEntry)
    return begun


async def settle(batches: SqliteBatches, wanted: Batch = WANTED) -> None:
    entry = await begin(batches, wanted)
    await batches.settle(entry.batch_id, RESULTS, at=NOON)
    batches.let_go(entry.batch_id)


# ---------------------------------------------------------------- begin


async def test_the_first_request_under_a_key_begins_a_batch(batches: SqliteBatches) -> None:
    entry = await begin(batches)
    assert (entry.batch, entry.results, entry.is_settled, entry.is_new) == (WANTED, None, False, True)


async def test_a_batch_that_somebody_holds_is_under_way(batches: SqliteBatches) -> None:
    await begin(batches)
    assert await batches.begin(WANTED) == UnderWay()


@pytest.mark.parametrize("leave", ["let_go", "rest"])
async def test_a_batch_that_nobody_holds_is_given_as_it_was_written_down(
    batches: SqliteBatches, leave: str
) -> None:
    first = await begin(batches)
    if leave == "rest":
        await batches.rest(first.batch_id)
    batches.let_go(first.batch_id)
    again = await begin(batches, replace(WANTED, parts=(), request_id="another"))
    assert again == replace(first, is_new=False)
    assert await batches.begin(WANTED) == UnderWay()


async def test_only_what_is_known_is_given_where_no_more_is_asked_for(batches: SqliteBatches) -> None:
    assert await batches.begin(WANTED, only_known=True) is None
    first = await begin(batches)
    batches.let_go(first.batch_id)
    assert await batches.begin(WANTED, only_known=True) == replace(first, is_new=False)


@pytest.mark.parametrize("only_known", [False, True])
@pytest.mark.parametrize("stage", ["begun", "settled"])
async def test_another_request_under_the_key_is_told_at_every_stage(
    batches: SqliteBatches, stage: str, *, only_known: bool
) -> None:
    await (begin if stage == "begun" else settle)(batches)
    assert await batches.begin(replace(WANTED, digest="other"), only_known=only_known) == KeyReused()


@pytest.mark.parametrize("other", [{"caller_id": "you"}, {"credential": "d"}, {"key": "l"}])
async def test_a_key_is_one_callers_for_one_credential(batches: SqliteBatches, other: dict[str, str]) -> None:
    await begin(batches)
    assert (await begin(batches, replace(WANTED, **other))).is_new


async def test_of_many_at_once_one_begins(batches: SqliteBatches) -> None:
    begun = await asyncio.gather(*(batches.begin(WANTED) for _ in range(20)))
    assert sorted(type(one).__name__ for one in begun) == ["BatchEntry"] + ["UnderWay"] * 19


async def test_a_key_stands_for_one_change_or_for_one_batch(ledger: SqliteLedger) -> None:
    intent = Intent(change=ADD, key="k", caller_id="me", credential="", request_id="r", at=NOON)
    await begin(ledger.batches)
    await ledger.begin(replace(intent, key="l"))
    assert await ledger.begin(intent) == KeyReused()
    assert await ledger.batches.begin(replace(WANTED, key="l")) == KeyReused()
    assert isinstance(await ledger.begin(replace(intent, caller_id="you")), Begun)


async def test_an_open_batch_takes_on_the_parts_that_it_does_not_have(batches: SqliteBatches) -> None:
    one, two, three = (batch(change).parts[0] for change in (grant("1"), grant("2"), grant("3")))
    wanted = replace(WANTED, atomic=False, is_open=True, parts=(one, two))
    first = await begin(batches, wanted)
    batches.let_go(first.batch_id)
    grown = await begin(batches, replace(wanted, parts=(three, one), is_open=False))
    batches.let_go(grown.batch_id)
    closed = await begin(batches, replace(wanted, parts=(batch(grant("4")).parts[0],), is_open=True))
    assert (grown.batch.parts, grown.batch.is_open) == ((one, two, three), False)
    assert (closed.batch, closed.batch_id) == (grown.batch, first.batch_id)


# ---------------------------------------------------------------- results


async def test_a_batch_that_is_to_be_undone_comes_with_what_came_of_each(batches: SqliteBatches) -> None:
    first = await begin(batches)
    await batches.mark_undoing(first.batch_id, RESULTS)
    batches.let_go(first.batch_id)
    again = await begin(batches)
    assert (outcomes_of(again), again.is_settled) == (outcomes_of(RESULTS), False)


async def test_settled_results_are_given_as_they_were_and_stay(batches: SqliteBatches) -> None:
    await settle(batches)
    again = await begin(batches)
    for step in (batches.mark_undoing(again.batch_id, ()), batches.settle(again.batch_id, (), at=NOON)):
        await step
    last = await begin(batches)
    assert (outcomes_of(last), last.is_settled, again.is_settled) == (outcomes_of(RESULTS), True, True)


async def test_results_name_the_projects_that_are_to_be_read(batches: SqliteBatches) -> None:
    await settle(batches)
    results = (await begin(batches)).results or ()
    assert [one.project_key for one in results] == [(grant("1").platform, "1"), (grant("1").platform, "2")]


def outcomes_of(entry: BatchEntry | tuple[ChangeResult, ...]) -> list[ChangeResult]:
    """Without the project, which is read anew."""
    results = entry if isinstance(entry, tuple) else entry.results or ()
    return [replace(one, project_key=None) for one in results]


# ---------------------------------------------------------------- release, take_unsettled, purge


async def test_a_released_key_is_free_for_any_batch(batches: SqliteBatches) -> None:
    first = await begin(batches)
    await batches.release(first.batch_id)
    again = await begin(batches, replace(WANTED, digest="other"))
    assert (again.is_new, again.batch_id != first.batch_id) == (True, True)


async def test_what_is_settled_cannot_be_released(batches: SqliteBatches) -> None:
    await settle(batches)
    entry = await begin(batches)
    await batches.release(entry.batch_id)
    assert (await begin(batches)).is_settled


async def test_what_is_atomic_and_that_nobody_holds_is_taken_once(batches: SqliteBatches) -> None:
    begun = [await begin(batches, replace(WANTED, key=key)) for key in ("k", "l")]
    for entry in begun:
        batches.let_go(entry.batch_id)
    taken = [await batches.take_unsettled() for _ in range(2)]
    assert taken == [tuple(replace(entry, is_new=False) for entry in begun), ()]


async def test_what_is_held_or_settled_or_each_for_itself_is_not_taken(batches: SqliteBatches) -> None:
    await begin(batches)
    await settle(batches, replace(WANTED, key="l"))
    apart = await begin(batches, replace(WANTED, key="m", atomic=False))
    batches.let_go(apart.batch_id)
    assert await batches.take_unsettled() == ()


async def test_a_batch_that_cannot_be_read_does_not_keep_the_others_from_being_taken(
    on_file: SqliteBatches, database: str
) -> None:
    begun = [await begin(on_file, replace(WANTED, key=key)) for key in ("k", "l")]
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE batch SET parts = '{}' WHERE id = ?", (begun[0].batch_id,))
    for entry in begun:
        on_file.let_go(entry.batch_id)
    assert [entry.batch_id for entry in await on_file.take_unsettled()] == [begun[1].batch_id]
    with pytest.raises(LedgerError, match="cannot be read"):
        await on_file.begin(WANTED)


async def test_what_was_begun_before_a_moment_is_forgotten(batches: SqliteBatches) -> None:
    await settle(batches)
    await batches.purge(begun_before=NOON)
    kept = await begin(batches)
    await batches.purge(begun_before=NOON + timedelta(microseconds=1))
    assert (kept.is_settled, (await begin(batches)).is_new) == (True, True)


async def test_that_a_batch_is_forgotten_which_never_came_to_its_end_is_logged(
    on_file: SqliteBatches, database: str
) -> None:
    await begin(on_file)
    await settle(on_file, replace(WANTED, key="l"))
    await begin(on_file, replace(WANTED, key="m", atomic=False))
    with capture_logs() as logs:
        await on_file.purge(begun_before=NOON + timedelta(days=1))
    assert [(one["log_level"], one["count"]) for one in logs] == [("warning", 1)]
    assert rows_of(database, "batch") == []
