"""gateway/store/sqlite.py: several processes on one file."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.access.changing.ledger import Begun, Interrupted, LedgerError, ProjectBusy, Sent, UnderWay
from gateway.domain.vocabulary import Role
from gateway.store.sqlite import SqliteLedger, open_ledger
from tests.access.world import ADD, INGRID, NOON, person
from tests.store.test_sqlite import INTENT, begin, send, settle, state_of

pytestmark = pytest.mark.anyio

Open = Callable[[], Awaitable[SqliteLedger]]


@pytest.fixture
async def open_another(tmp_path: Path) -> AsyncIterator[Open]:
    """Opens the file once more, as another process would."""
    async with AsyncExitStack() as stack:
        yield lambda: stack.enter_async_context(open_ledger(str(tmp_path / "changes.sqlite3")))


@pytest.fixture
async def dead(tmp_path: Path) -> Callable[..., Awaitable[None]]:
    """Lets a process do something and die."""

    async def dead(step: Callable[[SqliteLedger], Awaitable[object]]) -> None:
        async with open_ledger(str(tmp_path / "changes.sqlite3")) as ledger:
            await step(ledger)

    return dead


Dead = Callable[[Callable[[SqliteLedger], Awaitable[object]]], Awaitable[None]]


async def test_what_a_living_process_holds_nobody_else_gets(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    await send(one)
    assert (await state_of(other), await other.take_unsettled()) == (UnderWay, ())


async def test_what_a_living_process_has_let_go_is_its_own_to_take(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    one.let_go(await send(one))
    assert (len(await other.take_unsettled()), len(await one.take_unsettled())) == (0, 1)


async def test_what_a_dead_process_sent_is_taken_by_one_of_the_others(open_another: Open, dead: Dead) -> None:
    await dead(send)
    ledgers = [await open_another() for _ in range(3)]
    taken = await asyncio.gather(*(ledger.take_unsettled() for ledger in ledgers))
    assert sorted(len(entries) for entries in taken) == [0, 0, 1]


async def test_what_a_dead_process_sent_is_given_to_one_of_those_who_ask(
    open_another: Open, dead: Dead
) -> None:
    before = person(INGRID, Role.VIEWER)
    await dead(lambda ledger: send(ledger, before=before))
    ledgers = [await open_another() for _ in range(3)]
    beginnings = await asyncio.gather(*(ledger.begin(INTENT) for ledger in ledgers))
    [given] = [one for one in beginnings if isinstance(one, Interrupted)]
    assert given.entry.sent == Sent(change=ADD, before=before)
    assert [type(one) for one in beginnings].count(UnderWay) == 2


async def test_what_a_dead_process_did_not_send_is_begun_anew_by_one_of_those_who_ask(
    open_another: Open, dead: Dead
) -> None:
    await dead(begin)
    ledgers = [await open_another() for _ in range(3)]
    states = await asyncio.gather(*(state_of(ledger) for ledger in ledgers))
    assert sorted(state.__name__ for state in states) == ["Begun", "UnderWay", "UnderWay"]


async def test_nobody_sends_what_another_process_has_begun(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    entry_id = await begin(one)
    with pytest.raises(LedgerError):
        await other.mark_sent(entry_id, Sent(change=ADD, before=None), at=NOON)


async def test_of_many_processes_at_once_one_begins(open_another: Open) -> None:
    ledgers = [await open_another() for _ in range(6)]
    for number in range(5):
        intent = replace(INTENT, key=f"k{number}", change=replace(ADD, project_upstream_id=f"p{number}"))
        states = await asyncio.gather(*(state_of(ledger, intent) for ledger in ledgers))
        assert [states.count(state) for state in (Begun, UnderWay)] == [1, 5]


# ---------------------------------------------------------------- one project, several processes

ANOTHER_CHANGE = replace(INTENT, key="another", change=replace(ADD, role=Role.VIEWER))


async def test_while_a_process_changes_a_project_no_other_one_begins_to(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    await begin(one)
    assert (await state_of(other, ANOTHER_CHANGE), await state_of(one, ANOTHER_CHANGE)) == (
        ProjectBusy,
        Begun,
    )


async def test_a_change_without_a_key_keeps_other_processes_from_its_project_too(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    await begin(one, replace(INTENT, key=None))
    assert await state_of(other, replace(ANOTHER_CHANGE, key=None)) is ProjectBusy


async def test_what_another_process_has_settled_or_released_keeps_nobody_waiting(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    await settle(one, await begin(one))
    await one.release(await begin(one, replace(INTENT, key="released")))
    assert await state_of(other, ANOTHER_CHANGE) is Begun


async def test_a_dead_process_keeps_nobody_from_its_project(open_another: Open, dead: Dead) -> None:
    await dead(send)
    assert await state_of(await open_another(), ANOTHER_CHANGE) is Begun


async def test_a_process_keeps_others_from_the_project_that_it_changes_only(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    await begin(one)
    elsewhere = replace(INTENT, key="elsewhere", change=replace(ADD, project_upstream_id="another"))
    assert await state_of(other, elsewhere) is Begun
