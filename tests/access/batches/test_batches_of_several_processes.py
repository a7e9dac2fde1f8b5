"""access/batches/batches.py: a process that is told to stop, and others on the same file."""

import asyncio
from collections import Counter

import pytest

from gateway.domain.membership import Addition
from gateway.domain.vocabulary import Outcome, UserErrorCode
from tests.access.batching import (
    PROJECTS,
    WideWorld,
    as_told,
    batch,
    be_denied,
    be_unavailable,
    codes,
    grant,
    grants,
    make,
    outcomes,
    stop,
    take_up,
)
from tests.access.conftest import StartProcess
from tests.access.world import MARA, Process, rows_of
from tests.mutations.line import Gate

pytestmark = pytest.mark.anyio

ADDED, REFUSED, UNKNOWN = Outcome.ADDED, Outcome.REFUSED, Outcome.UNKNOWN
COMPENSATED, SKIPPED = Outcome.COMPENSATED, Outcome.SKIPPED
ALL_DONE = [ADDED] * len(PROJECTS)
MANY = 100_000
whichever = pytest.mark.parametrize("atomic", [False, True])


# ---------------------------------------------------------------- the end of a process


@whichever
async def test_a_process_that_is_told_to_stop_begins_nothing_more_and_ends_what_is_under_way(
    start_process: StartProcess, world: WideWorld, gate: Gate, *, atomic: bool
) -> None:
    process = await start_process()
    making = asyncio.ensure_future(make(process, grants(atomic=atomic)))
    await gate.reached.wait()
    begun = len(world.writes)
    await process.batches.close()
    gate.opened.set()
    await process.changes.drain()
    await asyncio.wait({making})
    await process.end()
    assert making.cancelled()
    assert begun <= len(world.who_has(MARA)) == len(world.writes) < len(PROJECTS)


@whichever
async def test_what_a_process_has_left_when_it_stopped_is_done_by_the_next_one(
    start_process: StartProcess, world: WideWorld, gate: Gate, *, atomic: bool
) -> None:
    process = await start_process()
    making = asyncio.ensure_future(make(process, grants(atomic=atomic)))
    await gate.reached.wait()
    await process.batches.close()
    gate.opened.set()
    await process.changes.drain()
    await asyncio.wait({making})
    await process.end()
    another = await start_process()
    taken_up = [outcomes(one) for one in await take_up(another)]
    assert taken_up == ([ALL_DONE] if atomic else [])
    assert outcomes(await make(another, grants(atomic=atomic))) == ALL_DONE
    assert Counter(world.written) == Counter(PROJECTS)


async def test_what_was_done_before_one_failed_is_undone_however_soon_that_one_is_known_to_have_failed(
    world: WideWorld, database: str
) -> None:
    """Going on, the first one fails at once, and the third one is not among those that begin with it."""
    third_is_done = asyncio.Event()

    async def be_denied_late() -> None:
        await third_is_done.wait()
        await be_denied()

    async def tell_and_wait() -> None:
        third_is_done.set()
        await asyncio.Event().wait()

    world.before |= {"1": be_denied_late, "4": tell_and_wait}
    wanted = batch(*map(grant, "12345"), atomic=True)
    process = await Process(world, database, most_at_once=2).start()
    making = asyncio.ensure_future(make(process, wanted))
    while not has_settled(database, "REFUSED"):
        process.ledger.settled.clear()
        await process.ledger.settled.wait()
    await stop(process, making)
    world.before = {"1": be_denied}
    another = await Process(world, database, most_at_once=2).start()
    [result] = await take_up(another)
    await another.end()
    assert outcomes(result) == [REFUSED, COMPENSATED, COMPENSATED, UNKNOWN, SKIPPED]
    assert world.who_has(MARA) == []


def has_settled(database: str, outcome: str) -> bool:
    return outcome in [row["outcome"] for row in rows_of(database, "change")]


async def test_what_was_left_with_other_accounts_waits_for_whoever_has_them(
    start_process: StartProcess, world: WideWorld, gate: Gate
) -> None:
    process = await start_process(credential="theirs")
    making = asyncio.ensure_future(make(process, grants(atomic=True)))
    await gate.reached.wait()
    gate.opened.set()
    await stop(process, making)
    world.on_write = None
    assert await take_up(await start_process(credential="ours")) == []
    result = await make(await start_process(credential="theirs"), grants(atomic=True))
    assert set(outcomes(result)) <= {ADDED, UNKNOWN, COMPENSATED, SKIPPED}
    assert world.writes_of_each["12", Addition] <= 1


# ---------------------------------------------------------------- several processes


@whichever
async def test_of_two_processes_one_makes_the_batch_and_the_other_waits_for_it(
    start_process: StartProcess, world: WideWorld, gate: Gate, *, atomic: bool
) -> None:
    one, other = await start_process(), await start_process(looks=MANY)
    making = asyncio.ensure_future(make(one, grants(atomic=atomic)))
    await gate.reached.wait()
    waiting = asyncio.ensure_future(make(other, grants(atomic=atomic)))
    await other.batch_ledger.looked.wait()
    gate.opened.set()
    first = await making
    assert (as_told(await waiting), Counter(world.written)) == (as_told(first), Counter(PROJECTS))


async def test_waiting_for_another_process_has_an_end(start_process: StartProcess, gate: Gate) -> None:
    one, other = await start_process(), await start_process(looks=3)
    making = asyncio.ensure_future(make(one, grants()))
    await gate.reached.wait()
    result = await make(other, grants())
    gate.opened.set()
    await making
    assert (codes(result), result.results, result.user_errors[0].retryable) == (
        [UserErrorCode.OUTCOME_UNKNOWN],
        (),
        True,
    )


@whichever
async def test_what_another_process_has_finished_is_given_without_waiting(
    start_process: StartProcess, *, atomic: bool
) -> None:
    one, other = await start_process(), await start_process(looks=0)
    first = await make(one, grants(atomic=atomic))
    assert as_told(await make(other, grants(atomic=atomic))) == as_told(first)


async def test_what_another_process_could_not_undo_is_undone_by_whoever_asks(
    start_process: StartProcess, world: WideWorld
) -> None:
    async def be_unavailable_when_undone() -> None:
        if not isinstance(world.writes[-1], Addition):
            await be_unavailable()

    one, other = await start_process(), await start_process()
    world.before = {"1": be_unavailable_when_undone, "2": be_denied}
    wanted = batch(grant("1"), grant("2"), atomic=True)
    first = await make(one, wanted)
    world.before = {"2": be_denied}
    again = await make(other, wanted)
    assert (outcomes(first), outcomes(again)) == ([UNKNOWN, REFUSED], [COMPENSATED, REFUSED])
    assert world.who_has(MARA) == []


async def test_a_batch_that_a_living_process_makes_is_not_taken_for_left_behind(
    start_process: StartProcess, gate: Gate
) -> None:
    one, other = await start_process(), await start_process()
    making = asyncio.ensure_future(make(one, grants(atomic=True)))
    await gate.reached.wait()
    taken = [len(await process.batches.take_up()) for process in (one, other)]
    gate.opened.set()
    await making
    assert taken == [0, 0]


async def test_two_batches_of_one_person_at_once_make_each_change_once(
    process: Process, world: WideWorld
) -> None:
    both = await asyncio.gather(*(make(process, grants(key=key)) for key in ("one", "another")))
    assert {one for result in both for one in outcomes(result)} <= {ADDED, Outcome.UNCHANGED}
    assert Counter(world.written) == Counter(PROJECTS)
