"""access/batches/recovery.py: what a process left unsettled is settled without being asked for."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from gateway.domain.errors import UpstreamUnavailable
from gateway.domain.vocabulary import Outcome
from tests.access.changing.test_changes_after_a_crash import die_of
from tests.access.conftest import StartProcess
from tests.access.world import ADD, KEY, MARA, REMOVE, Killed, Process, World, kill, rows_of
from tests.mutations.line import Gate

pytestmark = pytest.mark.anyio


class Signal:
    """Set when it has been called so many times."""

    def __init__(self, times: int) -> None:
        self._left = times
        self.reached = asyncio.Event()

    async def __call__(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.reached.set()


async def settle_everything(process: Process) -> None:
    tasks = await process.changes.take_up()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("key", ["k", None])
async def test_what_was_sent_before_the_crash_is_settled_and_recorded_once(
    start_process: StartProcess, world: World, database: str, key: str | None
) -> None:
    world.on_answer = kill
    await die_of(await start_process(), ADD, key=key)
    process = await start_process()
    await settle_everything(process)
    await settle_everything(process)
    [record] = rows_of(database, "audit")
    assert (record["outcome"], record["request_id"]) == (Outcome.ADDED, "before the crash")
    assert [row["outcome"] for row in rows_of(database, "change")] == ([Outcome.ADDED] if key else [])


async def test_what_was_not_sent_before_the_crash_leaves_no_trace(
    start_process: StartProcess, world: World, database: str
) -> None:
    world.on_read = kill
    await die_of(await start_process(), ADD)
    await settle_everything(await start_process())
    assert rows_of(database, "change") + rows_of(database, "audit") == []


async def test_it_is_tried_again_until_the_platform_can_be_reached(
    start_process: StartProcess, world: World, database: str
) -> None:
    world.on_answer = kill
    await die_of(await start_process(), ADD)
    world.on_read = signal = Signal(times=3)
    world.down = UpstreamUnavailable(KEY)
    process = await start_process()
    await process.recover()
    await signal.reached.wait()
    unsettled = [row["outcome"] for row in rows_of(database, "change")]
    world.down = None
    await process.ledger.settled.wait()
    assert unsettled == [None]
    assert [row["outcome"] for row in rows_of(database, "change")] == [Outcome.ADDED]


async def test_a_new_change_to_the_project_waits_until_the_old_one_is_settled(
    start_process: StartProcess, world: World, database: str
) -> None:
    world.on_answer = kill
    await die_of(await start_process(), ADD)
    world.on_answer, world.on_read = None, Gate()
    gate = world.on_read
    process = await start_process()
    await process.recover()
    # Were this one first, nobody could ever tell that the other had been made.
    removing = asyncio.ensure_future(process.once(replace(REMOVE, member_upstream_id=MARA), "another key"))
    await gate.reached.wait()
    gate.opened.set()
    assert (await removing).outcome is Outcome.REMOVED
    assert [row["outcome"] for row in rows_of(database, "audit")] == [Outcome.ADDED, Outcome.REMOVED]


async def test_whoever_asks_meanwhile_gets_the_answer_when_it_is_there(
    start_process: StartProcess, world: World
) -> None:
    world.on_answer = kill
    await die_of(await start_process(), ADD)
    world.on_read = gate = Gate()
    process = await start_process()
    await process.recover()
    await gate.reached.wait()
    asking = asyncio.ensure_future(process.once(ADD))
    gate.opened.set()
    assert ((await asking).outcome, len(world.writes)) == (Outcome.ADDED, 1)


async def test_old_keys_are_forgotten_and_their_records_kept(
    start_process: StartProcess, database: str
) -> None:
    process = await start_process()
    await process.once(ADD, "old")
    process.now += timedelta(days=20)
    await process.once(ADD, "young")
    process.now += timedelta(days=11)
    await process.ledger.purge(settled_before=process.now - timedelta(days=30))
    assert [row["idempotency_key"] for row in rows_of(database, "change")] == ["young"]
    assert [row["idempotency_key"] for row in rows_of(database, "audit")] == ["old", "young"]


async def test_old_keys_are_forgotten_without_being_asked_for(
    start_process: StartProcess, world: World, database: str
) -> None:
    process = await start_process()
    await process.once(ADD, "old")
    await process.end()
    world.on_answer = kill
    await die_of(await start_process(), REMOVE, key="unsettled")
    process = await start_process()
    process.now += timedelta(days=31)
    process.ledger.broken = {"settle"}
    await process.recover()
    await process.ledger.failed.wait()
    process.ledger.broken = set()
    # The first round purges nothing, so whatever is settled later was settled after a purge.
    await process.ledger.settled.wait()
    assert [row["idempotency_key"] for row in rows_of(database, "change")] == ["unsettled"]


async def test_a_ledger_that_fails_for_a_while_does_not_end_the_recovery(
    start_process: StartProcess, world: World, database: str
) -> None:
    process = await start_process()
    await process.recover()
    process.ledger.broken = {"take_unsettled"}
    await process.ledger.failed.wait()
    world.on_answer = kill
    with pytest.raises(Killed):
        await process.once(ADD)
    process.ledger.broken = set()
    await process.ledger.settled.wait()
    assert [row["outcome"] for row in rows_of(database, "change")] == [Outcome.ADDED]


async def test_a_process_that_ends_leaves_to_the_next_one_what_it_cannot_settle(
    start_process: StartProcess, world: World
) -> None:
    world.on_answer = kill
    await die_of(await start_process(), ADD)
    world.on_read = gate = Gate()
    process = await start_process()
    await process.recover()
    await gate.reached.wait()
    await process.end()
    world.on_read = None
    assert (await (await start_process()).once(ADD)).outcome is Outcome.ADDED
