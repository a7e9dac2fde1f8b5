"""access/changing/changes.py: a ledger that fails, the records kept in it, and other processes on it."""

import asyncio
import json

import pytest
from msgspec.structs import replace

from gateway.access.changing.change import Change
from gateway.access.changing.ledger import LedgerError
from gateway.domain.errors import UpstreamTimeout, UpstreamUnavailable
from gateway.domain.membership import Person
from gateway.domain.vocabulary import Action, Outcome, Role, UserErrorCode
from tests.access.changing.test_changes_after_a_crash import die_of, get_lost
from tests.access.conftest import StartProcess
from tests.access.world import (
    ADD,
    INGRID,
    KEY,
    MARA,
    NOON,
    OWNER,
    REMOVE,
    UPDATE,
    World,
    kill,
    outcome_of,
    rows_of,
)
from tests.mutations.line import Gate

pytestmark = pytest.mark.anyio

MANY = 100_000


# ---------------------------------------------------------------- a ledger that cannot be written


async def test_where_the_intent_cannot_be_written_down_nothing_is_sent(
    start_process: StartProcess, world: World
) -> None:
    process = await start_process()
    process.ledger.broken = {"mark_sent"}
    with pytest.raises(LedgerError):
        await process.once(ADD)
    process.ledger.broken = set()
    sent = len(world.writes)
    assert (sent, (await process.once(ADD)).outcome) == (0, Outcome.ADDED)


async def test_an_outcome_that_cannot_be_stored_is_told_all_the_same_and_found_again_later(
    start_process: StartProcess, world: World, database: str
) -> None:
    process = await start_process()
    process.ledger.broken = {"settle"}
    first = await process.once(ADD)
    unsettled = [row["outcome"] for row in rows_of(database, "change")]
    process.ledger.broken = set()
    assert (first.outcome, unsettled) == (Outcome.ADDED, [None])
    assert outcome_of(await process.once(ADD)) == outcome_of(first)
    assert (len(world.writes), len(rows_of(database, "audit"))) == (1, 1)


async def test_a_key_that_cannot_be_released_does_not_make_the_change_look_made(
    start_process: StartProcess, world: World
) -> None:
    process = await start_process()
    process.ledger.broken = {"release"}
    world.down = UpstreamUnavailable(KEY)
    first = await process.once(ADD)
    process.ledger.broken, world.down = set(), None
    assert (first.outcome, (await process.once(ADD)).outcome) == (Outcome.REFUSED, Outcome.ADDED)


# ---------------------------------------------------------------- records


async def test_a_record_says_who_changed_what_how_it_was_and_how_it_is(
    start_process: StartProcess, database: str
) -> None:
    process = await start_process()
    change = replace(UPDATE, grant=frozenset({Action.LIVE_CONTROL}))
    await process.once(change, "onboarding-7", caller_id="key:hr", request_id="r-42")
    [record] = rows_of(database, "audit")
    before, after = json.loads(record.pop("before")), json.loads(record.pop("after"))
    # What these are is for `tests/store` to say.
    del record["digest"], record["address"]
    assert record == {
        "id": 1,
        "at": NOON.isoformat(timespec="microseconds"),
        "actor": "key:hr",
        "operation": "updateMember",
        "platform": "QUANTCONNECT",
        "project_upstream_id": "1",
        "person": INGRID,
        "member_upstream_id": INGRID,
        "member_email": "ingrid@example.org",
        "outcome": "UPDATED",
        "reason": None,
        "idempotency_key": "onboarding-7",
        "plan_token": None,
        "request_id": "r-42",
    }
    assert before == {"role": "VIEWER", "native_role": "viewer", "granted": ["READ"], "confirmed": None}
    assert (after["role"], after["granted"]) == ("EDITOR", ["READ", "LIVE_CONTROL"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (ADD, ("ADDED", None, {"after"})),
        (REMOVE, ("REMOVED", None, {"before"})),
        (replace(UPDATE, role=Role.VIEWER), ("UNCHANGED", None, {"before", "after"})),
        (replace(REMOVE, member_upstream_id=OWNER), ("REFUSED", "OWNER_IMMUTABLE", {"before", "after"})),
        (replace(REMOVE, member_upstream_id=MARA), ("REFUSED", "MEMBER_NOT_FOUND", set())),
        (replace(ADD, project_upstream_id="3"), ("REFUSED", "PROJECT_NOT_FOUND", set())),
    ],
    ids=lambda value: value[1] or value[0] if isinstance(value, tuple) else "",
)
@pytest.mark.parametrize("key", ["k", None])
async def test_every_settled_change_is_recorded_once(
    start_process: StartProcess, database: str, change: Change, expected: tuple[object, ...], key: str | None
) -> None:
    await (await start_process()).once(change, key)
    [record] = rows_of(database, "audit")
    seen = {column for column in ("before", "after") if record[column] is not None}
    assert (record["outcome"], record["reason"], seen) == expected
    assert record["idempotency_key"] == key


async def test_a_request_made_again_is_not_recorded_again(start_process: StartProcess, database: str) -> None:
    process = await start_process()
    for change in (ADD, ADD, UPDATE):
        await process.once(change)
    assert [record["outcome"] for record in rows_of(database, "audit")] == ["ADDED"]


async def test_a_refusal_that_may_pass_is_not_recorded(
    start_process: StartProcess, world: World, database: str
) -> None:
    process = await start_process()
    world.down = UpstreamUnavailable(KEY)
    await process.once(ADD)
    assert rows_of(database, "audit") + rows_of(database, "change") == []


async def test_an_unknown_outcome_that_is_found_out_later_is_recorded_as_both(
    start_process: StartProcess, world: World, database: str
) -> None:
    async def answer_too_late() -> None:
        world.down = UpstreamUnavailable(KEY)
        raise UpstreamTimeout(KEY, may_have_acted=True)

    process = await start_process()
    world.on_answer = answer_too_late
    await process.once(ADD, request_id="first")
    world.down = None
    for request_id in ("second", "third"):
        await process.once(ADD, request_id=request_id)
    records = [(one["outcome"], one["reason"], one["request_id"]) for one in rows_of(database, "audit")]
    assert records == [("UNKNOWN", "OUTCOME_UNKNOWN", "first"), ("ADDED", None, "second")]


async def test_a_record_names_a_newcomer_as_the_caller_did_and_as_the_platform_does(
    start_process: StartProcess, world: World, database: str
) -> None:
    world.people["2"][MARA] = replace(world.people["2"][INGRID], upstream_id=MARA, email="mara@example.org")
    change = replace(ADD, person=Person(email="mara@example.org"))
    await (await start_process()).once(change)
    [record] = rows_of(database, "audit")
    assert (record["person"], record["member_upstream_id"]) == ("mara@example.org", MARA)


# ---------------------------------------------------------------- several processes


async def test_of_two_processes_one_makes_the_change_and_the_other_waits_for_it(
    start_process: StartProcess, world: World
) -> None:
    one, other = await start_process(), await start_process(looks=MANY)
    world.on_write = gate = Gate()
    making = asyncio.ensure_future(one.once(ADD))
    await gate.reached.wait()
    waiting = asyncio.ensure_future(other.once(ADD))
    await other.ledger.looked.wait()
    gate.opened.set()
    first = await making
    assert (outcome_of(await waiting), len(world.writes)) == (outcome_of(first), 1)


async def test_waiting_for_another_process_has_an_end(start_process: StartProcess, world: World) -> None:
    one, other = await start_process(), await start_process(looks=3)
    world.on_write = gate = Gate()
    making = asyncio.ensure_future(one.once(ADD))
    await gate.reached.wait()
    result = await other.once(ADD)
    gate.opened.set()
    [error] = result.user_errors
    assert (result.outcome, error.code, error.retryable) == (
        Outcome.UNKNOWN,
        UserErrorCode.OUTCOME_UNKNOWN,
        True,
    )
    assert (await making).outcome is Outcome.ADDED


async def test_a_change_that_a_living_process_makes_is_not_taken_for_left_behind(
    start_process: StartProcess, world: World
) -> None:
    one, other = await start_process(), await start_process()
    world.on_write = gate = Gate()
    making = asyncio.ensure_future(one.once(ADD))
    await gate.reached.wait()
    taken = [len(await process.changes.take_up()) for process in (one, other)]
    gate.opened.set()
    await making
    assert taken == [0, 0]


async def test_who_waits_for_a_process_that_dies_settles_its_change(
    start_process: StartProcess, world: World
) -> None:
    one, other = await start_process(), await start_process(looks=MANY)
    gate = Gate()

    async def hold_and_kill() -> None:
        await gate()
        await kill()

    world.on_answer = hold_and_kill
    dying = asyncio.ensure_future(die_of(one, ADD))
    await gate.reached.wait()
    waiting = asyncio.ensure_future(other.once(ADD))
    await other.ledger.looked.wait()
    gate.opened.set()
    await dying
    assert ((await waiting).outcome, len(world.writes)) == (Outcome.ADDED, 1)


async def test_another_request_under_the_key_of_another_process_is_refused_at_once(
    start_process: StartProcess, world: World
) -> None:
    one, other = await start_process(), await start_process()
    world.on_write = gate = Gate()
    making = asyncio.ensure_future(one.once(ADD))
    await gate.reached.wait()
    [error] = (await other.once(UPDATE)).user_errors
    gate.opened.set()
    await making
    assert error.code is UserErrorCode.IDEMPOTENCY_KEY_REUSED


async def test_two_processes_change_one_project_one_after_the_other(
    start_process: StartProcess, world: World
) -> None:
    one, other = await start_process(), await start_process(looks=MANY)
    world.on_write = gate = Gate()
    first = asyncio.ensure_future(one.once(ADD, "one"))
    await gate.reached.wait()
    second = asyncio.ensure_future(other.once(ADD, "two"))
    await other.ledger.looked.wait()
    gate.opened.set()
    outcomes = [(await first).outcome, (await second).outcome]
    assert (outcomes, len(world.writes)) == ([Outcome.ADDED, Outcome.UNCHANGED], 1)


async def test_who_has_waited_long_enough_for_another_process_is_refused_and_may_try_again(
    start_process: StartProcess, world: World
) -> None:
    one, other = await start_process(), await start_process(looks=2)
    world.on_write = gate = Gate()
    first = asyncio.ensure_future(one.once(ADD, "one"))
    await gate.reached.wait()
    refused = await other.once(ADD, "two")
    gate.opened.set()
    await first
    [error] = refused.user_errors
    assert (refused.outcome, error.retryable) == (Outcome.REFUSED, True)
    assert (await other.once(ADD, "two")).outcome is Outcome.UNCHANGED


async def test_an_unknown_outcome_can_be_found_out_by_another_process(
    start_process: StartProcess, world: World
) -> None:
    one, other = await start_process(), await start_process()
    world.on_write = get_lost
    first = await one.once(ADD)
    world.on_write = None
    await one.once(ADD, "another key")
    assert (first.outcome, (await other.once(ADD)).outcome) == (Outcome.UNKNOWN, Outcome.ADDED)
