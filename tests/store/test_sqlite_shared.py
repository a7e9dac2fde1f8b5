"""gateway/store/sqlite.py: several processes on one file."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.access.ledger import Begun, Interrupted, LedgerError, Sent, UnderWay
from gateway.domain.vocabulary import Role
from gateway.store.sqlite import SqliteLedger, open_ledger
from tests.access.world import ADD, INGRID, NOON, person
from tests.store.test_sqlite import INTENT, begin, send, state_of

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
        intent = replace(INTENT, key=f"k{number}")
        states = await asyncio.gather(*(state_of(ledger, intent) for ledger in ledgers))
        assert [states.count(state) for state in (Begun, UnderWay)] == [1, 5]
