"""gateway/store/sqlite.py: the contract of `Ledger`, in memory and in a file."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from gateway.access.changing.audit_record import audit_record
from gateway.access.changing.change import Change, ChangeResult
from gateway.access.changing.ledger import (
    Beginning,
    Begun,
    EntryId,
    Intent,
    Interrupted,
    KeyReused,
    LedgerError,
    Sent,
    Settled,
    UnderWay,
)
from gateway.domain.member import Member
from gateway.domain.membership import Person, UserError
from gateway.domain.vocabulary import Action, Outcome, Role, UserErrorCode
from gateway.store.sqlite import SqliteLedger, open_ledger
from tests.access.world import ADD, INGRID, NOON, REMOVE, UPDATE, person, rows_of

pytestmark = pytest.mark.anyio

MEMBER = person(INGRID, Role.EDITOR, live=True)
INTENT = Intent(change=ADD, key="k", caller_id="me", credential="c", request_id="r", at=NOON)
ADDED = ChangeResult(outcome=Outcome.ADDED, member=MEMBER)
REFUSED = ChangeResult(
    outcome=Outcome.REFUSED,
    member=MEMBER,
    user_errors=(UserError(code=UserErrorCode.OWNER_IMMUTABLE, message="“No.”", field=("input", "person")),),
)
UNKNOWN = ChangeResult(outcome=Outcome.UNKNOWN)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "changes.sqlite3")


@pytest.fixture(params=["memory", "file"])
async def ledger(request: pytest.FixtureRequest, database: str) -> AsyncIterator[SqliteLedger]:
    async with open_ledger(":memory:" if request.param == "memory" else database) as ledger:
        yield ledger


@pytest.fixture
async def on_file(database: str) -> AsyncIterator[SqliteLedger]:
    async with open_ledger(database) as ledger:
        yield ledger


async def begin(ledger: SqliteLedger, intent: Intent = INTENT) -> EntryId:
    beginning = await ledger.begin(intent)
    assert isinstance(beginning, Begun)
    return beginning.entry_id


async def send(ledger: SqliteLedger, intent: Intent = INTENT, before: Member | None = None) -> EntryId:
    entry_id = await begin(ledger, intent)
    await ledger.mark_sent(entry_id, Sent(change=intent.change, before=before), at=NOON)
    return entry_id


async def settle(
    ledger: SqliteLedger, entry_id: EntryId, result: ChangeResult = ADDED, *, intent: Intent = INTENT
) -> None:
    audit = audit_record(intent, sent=None, result=result, at=NOON)
    await ledger.settle(entry_id, result=result, audit=audit)


async def state_of(ledger: SqliteLedger, intent: Intent = INTENT) -> type[Beginning]:
    return type(await ledger.begin(intent))


# ---------------------------------------------------------------- begin


async def test_the_first_intent_under_a_key_begins_an_entry(ledger: SqliteLedger) -> None:
    assert await state_of(ledger) is Begun


async def test_an_entry_that_somebody_holds_is_under_way(ledger: SqliteLedger) -> None:
    await begin(ledger)
    assert await state_of(ledger) is UnderWay


async def test_an_entry_that_was_never_sent_and_that_nobody_holds_is_as_if_it_had_never_been(
    ledger: SqliteLedger,
) -> None:
    first = await begin(ledger)
    ledger.let_go(first)
    assert await begin(ledger) != first


async def test_an_entry_that_was_sent_and_that_nobody_holds_is_given_to_who_asks(
    ledger: SqliteLedger,
) -> None:
    ledger.let_go(await send(ledger, before=MEMBER))
    beginning = await ledger.begin(structs.replace(INTENT, request_id="another"))
    assert isinstance(beginning, Interrupted)
    assert (beginning.entry.intent, beginning.entry.sent) == (INTENT, Sent(change=ADD, before=MEMBER))
    assert await state_of(ledger) is UnderWay


@pytest.mark.parametrize("stage", ["begun", "sent", "settled"])
async def test_another_change_under_the_key_is_told_at_every_stage(ledger: SqliteLedger, stage: str) -> None:
    entry_id = await (begin if stage == "begun" else send)(ledger)
    if stage == "settled":
        await settle(ledger, entry_id)
    assert await state_of(ledger, structs.replace(INTENT, change=REMOVE)) is KeyReused


@pytest.mark.parametrize("other", [{"caller_id": "you"}, {"credential": "d"}, {"key": "l"}, {"key": None}])
async def test_a_key_is_one_callers_for_one_credential(
    ledger: SqliteLedger, other: dict[str, str | None]
) -> None:
    await begin(ledger)
    assert await state_of(ledger, structs.replace(INTENT, **other)) is Begun


async def test_without_a_key_every_intent_is_new(ledger: SqliteLedger) -> None:
    intent = structs.replace(INTENT, key=None)
    assert [await state_of(ledger, intent) for _ in range(2)] == [Begun, Begun]


async def test_of_many_at_once_one_begins(ledger: SqliteLedger) -> None:
    states = await asyncio.gather(*(state_of(ledger) for _ in range(20)))
    assert sorted(state.__name__ for state in states) == ["Begun"] + ["UnderWay"] * 19


# ---------------------------------------------------------------- mark_sent


async def test_an_entry_that_was_released_cannot_be_sent(ledger: SqliteLedger) -> None:
    entry_id = await begin(ledger)
    await ledger.release(entry_id)
    with pytest.raises(LedgerError):
        await ledger.mark_sent(entry_id, Sent(change=ADD, before=None), at=NOON)


async def test_an_entry_is_sent_once(ledger: SqliteLedger) -> None:
    entry_id = await send(ledger)
    with pytest.raises(LedgerError):
        await ledger.mark_sent(entry_id, Sent(change=ADD, before=None), at=NOON)


# ---------------------------------------------------------------- settle


@pytest.mark.parametrize("result", [ADDED, REFUSED, UNKNOWN], ids=lambda result: result.outcome)
async def test_a_settled_outcome_is_given_as_it_was(ledger: SqliteLedger, result: ChangeResult) -> None:
    entry_id = await send(ledger, before=MEMBER)
    await settle(ledger, entry_id, result)
    sent, as_found = Sent(change=ADD, before=MEMBER), structs.replace(result, before=MEMBER)
    assert await ledger.begin(INTENT) == Settled(entry_id=entry_id, result=as_found, sent=sent)


CHANGES = {
    "by address": structs.replace(ADD, person=Person(email="zoë+tag@example.org")),
    "with grants": structs.replace(ADD, grant=frozenset({Action.LIVE_CONTROL, Action.READ})),
    "an update": structs.replace(UPDATE, grant=frozenset({Action.LIVE_CONTROL})),
    "a removal": REMOVE,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_every_change_comes_back_as_it_was(ledger: SqliteLedger, change: Change) -> None:
    intent = structs.replace(INTENT, change=change)
    ledger.let_go(await send(ledger, intent))
    [entry] = await ledger.take_unsettled()
    assert (entry.intent, entry.sent.change) == (intent, change)


async def test_an_outcome_stays_as_it_is(ledger: SqliteLedger) -> None:
    entry_id = await send(ledger)
    await settle(ledger, entry_id, ADDED)
    await settle(ledger, entry_id, UNKNOWN)
    settled = await ledger.begin(INTENT)
    assert isinstance(settled, Settled)
    assert settled.result.outcome is Outcome.ADDED


async def test_an_outcome_that_was_unknown_can_be_settled(ledger: SqliteLedger) -> None:
    entry_id = await send(ledger)
    for result in (UNKNOWN, ADDED):
        await settle(ledger, entry_id, result)
    settled = await ledger.begin(INTENT)
    assert isinstance(settled, Settled)
    assert settled.result == ADDED


@pytest.mark.parametrize(
    ("results", "recorded"),
    [
        ([ADDED, ADDED], ["ADDED"]),
        ([ADDED, REFUSED], ["ADDED"]),
        ([UNKNOWN, UNKNOWN], ["UNKNOWN"]),
        ([UNKNOWN, ADDED, ADDED], ["UNKNOWN", "ADDED"]),
    ],
)
async def test_an_outcome_is_recorded_once(
    on_file: SqliteLedger, database: str, results: list[ChangeResult], recorded: list[str]
) -> None:
    entry_id = await send(on_file)
    for result in results:
        await settle(on_file, entry_id, result)
    assert [row["outcome"] for row in rows_of(database, "audit")] == recorded


async def test_without_a_key_only_the_record_is_kept(on_file: SqliteLedger, database: str) -> None:
    intent = structs.replace(INTENT, key=None)
    await settle(on_file, await send(on_file, intent), intent=intent)
    assert (len(rows_of(database, "change")), len(rows_of(database, "audit"))) == (0, 1)


async def test_an_outcome_and_its_record_are_stored_both_or_neither(
    on_file: SqliteLedger, database: str
) -> None:
    entry_id = await send(on_file)
    audit = replace(audit_record(INTENT, sent=None, result=ADDED, at=NOON), request_id=None)
    with pytest.raises(LedgerError):
        await on_file.settle(entry_id, result=ADDED, audit=audit)
    assert [row["settled_at"] for row in rows_of(database, "change")] == [None]
    await settle(on_file, entry_id)
    assert [row["outcome"] for row in rows_of(database, "change")] == ["ADDED"]


# ---------------------------------------------------------------- release, take_unsettled, purge


async def test_a_released_key_is_free_for_any_change(ledger: SqliteLedger) -> None:
    await ledger.release(await send(ledger))
    assert await state_of(ledger, structs.replace(INTENT, change=REMOVE)) is Begun


async def test_what_is_settled_cannot_be_released(ledger: SqliteLedger) -> None:
    entry_id = await send(ledger)
    await settle(ledger, entry_id)
    await ledger.release(entry_id)
    assert await state_of(ledger) is Settled


async def test_what_was_sent_and_nobody_holds_is_taken_once(ledger: SqliteLedger) -> None:
    sent = [await send(ledger, structs.replace(INTENT, key=key)) for key in ("k", "l", None)]
    for entry_id in sent:
        ledger.let_go(entry_id)
    taken = [[entry.entry_id for entry in await ledger.take_unsettled()] for _ in range(2)]
    assert taken == [sent, []]


async def test_what_is_held_or_settled_is_not_taken(ledger: SqliteLedger) -> None:
    await send(ledger)
    settled = await send(ledger, structs.replace(INTENT, key="l"))
    await settle(ledger, settled)
    ledger.let_go(settled)
    assert await ledger.take_unsettled() == ()


async def test_an_entry_that_cannot_be_read_does_not_keep_the_others_from_being_taken(
    on_file: SqliteLedger, database: str
) -> None:
    sent = [await send(on_file, structs.replace(INTENT, key=key)) for key in ("k", "l")]
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE change SET sent_input = '{}' WHERE id = ?", (sent[0],))
    for entry_id in sent:
        on_file.let_go(entry_id)
    assert [entry.entry_id for entry in await on_file.take_unsettled()] == [sent[1]]
    with pytest.raises(LedgerError, match="cannot be read"):
        await on_file.begin(INTENT)


async def test_keys_settled_before_a_moment_are_forgotten(ledger: SqliteLedger) -> None:
    await settle(ledger, await send(ledger))
    await ledger.purge(settled_before=NOON)
    kept = await state_of(ledger)
    await ledger.purge(settled_before=NOON + timedelta(microseconds=1))
    assert (kept, await state_of(ledger)) == (Settled, Begun)


async def test_what_is_not_settled_is_never_forgotten(ledger: SqliteLedger) -> None:
    await send(ledger)
    await ledger.purge(settled_before=NOON + timedelta(days=3650))
    assert await state_of(ledger) is UnderWay
