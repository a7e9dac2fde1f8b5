"""access/changing/changes.py: a process that dies loses no change and doubles none."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from gateway.access.changing.change import Change
from gateway.domain.errors import UpstreamDenied, UpstreamTimeout, UpstreamUnavailable
from gateway.domain.membership import Person
from gateway.domain.vocabulary import Outcome, Role, UserErrorCode
from tests.access.conftest import StartProcess
from tests.access.world import (
    ADD,
    INGRID,
    KEY,
    MARA,
    OWNER,
    REMOVE,
    UPDATE,
    Killed,
    Process,
    World,
    kill,
    outcome_of,
    person,
    rows_of,
)
from tests.mutations.line import Gate

pytestmark = pytest.mark.anyio

DONE = {ADD: Outcome.ADDED, UPDATE: Outcome.UPDATED, REMOVE: Outcome.REMOVED}
any_change = pytest.mark.parametrize("change", DONE, ids=lambda change: type(change).__name__)


async def die_of(process: Process, change: Change, *, key: str | None = "k") -> None:
    with pytest.raises(Killed):
        await process.once(change, key, request_id="before the crash")
    await process.end()


async def get_lost() -> None:
    raise UpstreamTimeout(KEY, may_have_acted=True)


# ---------------------------------------------------------------- settled before


async def once_known(process: Process, _: World) -> Change:
    await process.once(ADD)
    return ADD


async def once_refused(process: Process, _: World) -> Change:
    change = replace(UPDATE, member_upstream_id=OWNER)
    await process.once(change)
    return change


async def once_removed(process: Process, _: World) -> Change:
    await process.once(REMOVE)
    return REMOVE


async def once_unknown(process: Process, world: World) -> Change:
    world.on_write = get_lost
    await process.once(ADD)
    return ADD


@pytest.mark.parametrize("ask", [once_known, once_refused, once_removed, once_unknown])
async def test_after_a_restart_the_answer_is_the_same(
    start_process: StartProcess, world: World, ask: Callable[[Process, World], Awaitable[Change]]
) -> None:
    process = await start_process()
    change = await ask(process, world)
    before = await process.once(change)
    await process.end()
    sent = len(world.writes)
    after = await (await start_process()).once(change)
    assert (outcome_of(after), len(world.writes)) == (outcome_of(before), sent)


async def test_after_a_restart_the_answer_names_the_project_that_is_to_be_read(
    start_process: StartProcess,
) -> None:
    process = await start_process()
    await process.once(ADD)
    await process.end()
    result = await (await start_process()).once(ADD)
    assert (result.project, result.project_key) == (None, (KEY, "1"))


# ---------------------------------------------------------------- what stands in the ledger, and when


async def test_the_intent_is_written_down_before_the_platform_is_asked(
    start_process: StartProcess, world: World, database: str
) -> None:
    seen: list[object] = []

    async def look() -> None:
        [row] = rows_of(database, "change")
        seen.append((row["operation"], row["sent_at"] is not None, row["settled_at"]))

    world.on_write = look
    await (await start_process()).once(ADD)
    assert seen == [("addMember", True, None)]


async def test_the_outcome_is_written_down_before_the_caller_knows_it(
    start_process: StartProcess, database: str
) -> None:
    result = await (await start_process()).once(ADD)
    assert [row["outcome"] for row in rows_of(database, "change")] == [result.outcome]


# ---------------------------------------------------------------- cut off


@any_change
async def test_a_change_that_was_not_sent_is_made_when_it_is_asked_for_again(
    start_process: StartProcess, world: World, change: Change
) -> None:
    world.on_read = kill
    await die_of(await start_process(), change)
    world.on_read = None
    result = await (await start_process()).once(change)
    assert (result.outcome, len(world.writes)) == (DONE[change], 1)


@any_change
async def test_a_change_that_was_made_is_found_done_and_not_sent_again(
    start_process: StartProcess, world: World, change: Change
) -> None:
    world.on_answer = kill
    before = world.people["1"].get(INGRID)
    await die_of(await start_process(), change)
    result = await (await start_process()).once(change)
    shown = before if change is REMOVE else world.people["1"][MARA if change is ADD else INGRID]
    assert (result.outcome, result.member, len(world.writes)) == (DONE[change], shown, 1)


@any_change
async def test_a_change_that_does_not_show_is_unknown_until_it_does_and_is_never_sent_again(
    start_process: StartProcess, world: World, change: Change
) -> None:
    world.on_write = kill
    people = dict(world.people["1"])
    await die_of(await start_process(), change)
    process = await start_process()
    results = [await process.once(change) for _ in range(2)]
    world.on_write = None
    await process.once(change, "another key")  # as if it had only been slow
    found = await process.once(change)
    assert [result.outcome for result in results] == [Outcome.UNKNOWN] * 2
    assert [error.code for error in results[0].user_errors] == [UserErrorCode.OUTCOME_UNKNOWN]
    assert (found.outcome, world.people["1"] == people) == (DONE[change], False)


async def test_a_newcomer_is_looked_for_by_what_the_platform_calls_them(
    start_process: StartProcess, world: World
) -> None:
    world.people["2"][MARA] = person(MARA, Role.VIEWER, project="2")
    change = replace(ADD, person=Person(email=f"{MARA}@example.org"))

    async def hide_the_address_and_kill() -> None:
        world.people["1"][MARA] = replace(world.people["1"][MARA], email=None)
        await kill()

    world.on_answer = hide_the_address_and_kill
    await die_of(await start_process(), change)
    assert (await (await start_process()).once(change)).outcome is Outcome.ADDED


async def test_another_request_under_the_key_of_a_change_that_was_cut_off_is_refused(
    start_process: StartProcess, world: World
) -> None:
    world.on_answer = kill
    await die_of(await start_process(), ADD)
    [error] = (await (await start_process()).once(UPDATE)).user_errors
    assert error.code is UserErrorCode.IDEMPOTENCY_KEY_REUSED


async def test_while_the_platform_cannot_be_reached_the_outcome_is_unknown_and_nothing_is_settled(
    start_process: StartProcess, world: World, database: str
) -> None:
    world.on_answer = kill
    await die_of(await start_process(), ADD)
    world.down = UpstreamUnavailable(KEY)
    process = await start_process()
    while_down = await process.once(ADD)
    unsettled = [row["outcome"] for row in rows_of(database, "change")]
    world.down = None
    assert (while_down.outcome, unsettled) == (Outcome.UNKNOWN, [None])
    assert ((await process.once(ADD)).outcome, len(world.writes)) == (Outcome.ADDED, 1)


async def test_an_unknown_outcome_is_looked_for_after_the_changes_that_are_under_way(
    start_process: StartProcess, world: World
) -> None:
    process = await start_process()
    world.on_write = get_lost
    await process.once(ADD)
    world.on_write = gate = Gate()
    making = asyncio.ensure_future(process.once(ADD, "another key"))
    await gate.reached.wait()
    process.ledger.looked.clear()
    again = asyncio.ensure_future(process.once(ADD))
    await process.ledger.looked.wait()
    for _ in range(5):
        await asyncio.sleep(0)  # it could look now if it did not wait
    gate.opened.set()
    assert ((await making).outcome, (await again).outcome) == (Outcome.ADDED, Outcome.ADDED)


async def test_a_platform_that_will_not_show_its_members_any_more_leaves_the_outcome_unknown(
    start_process: StartProcess, world: World, database: str
) -> None:
    world.on_answer = kill
    await die_of(await start_process(), ADD)
    world.down = UpstreamDenied(KEY)
    await (await start_process()).once(ADD)
    assert [row["outcome"] for row in rows_of(database, "change")] == [Outcome.UNKNOWN]


async def test_a_project_that_is_gone_leaves_the_outcome_unknown(
    start_process: StartProcess, world: World
) -> None:
    world.on_answer = kill
    await die_of(await start_process(), ADD)
    del world.people["1"]
    assert (await (await start_process()).once(ADD)).outcome is Outcome.UNKNOWN
