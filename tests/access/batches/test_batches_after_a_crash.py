"""access/batches/batches.py: a process that stops anywhere loses nothing, doubles nothing, halves nothing."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.access.batches.batch import GOOD, Batch, BatchResult
from gateway.domain.member import Member
from gateway.domain.membership import RoleChange
from gateway.domain.vocabulary import Outcome, Role
from tests.access.batching import (
    WideWorld,
    as_told,
    batch,
    be_denied,
    grant,
    make,
    outcomes,
    revocation,
    take_up,
)
from tests.access.world import INGRID, MARA, Process, person

SOME = "123"
AT_ONCE = 2
# More steps than any of the runs takes.
MANY = 400


class Stop:
    """Lets so many steps be made, and then no other.

    Attributes:
        reached: set when a step has been tried that is not made.
    """

    def __init__(self, at: int) -> None:
        self._left = at
        self.reached = asyncio.Event()

    async def __call__(self) -> None:
        if self._left <= 0:
            self.reached.set()
            await asyncio.Event().wait()
        self._left -= 1

    def watch(self, process: Process, world: WideWorld) -> None:
        """Every read and write, of the database and of the platform, is a step before it and one after."""
        process.ledger.on_step = process.batch_ledger.on_step = self
        world.on_read = world.on_write = world.on_answer = self


def all_go_well(world: WideWorld) -> Batch:
    world.people["2"][MARA] = person(MARA, Role.EDITOR, live=True, project="2")
    return batch(*map(grant, SOME), atomic=True)


def one_is_refused(world: WideWorld) -> Batch:
    world.people["1"][MARA] = person(MARA, Role.EDITOR, live=True, project="1")
    world.before["3"] = be_denied
    return batch(*map(grant, SOME), atomic=True)


def one_cannot_be_taken_out(world: WideWorld) -> Batch:
    world.before["3"] = be_denied
    return batch(*map(revocation, SOME), atomic=True)


def each_for_itself(world: WideWorld) -> Batch:
    world.before["3"] = be_denied
    return batch(*map(grant, SOME))


Scenario = Callable[[WideWorld], Batch]
SCENARIOS: list[Scenario] = [all_go_well, one_is_refused, one_cannot_be_taken_out, each_for_itself]


async def run_until(stop: Stop, wanted: Batch | None, world: WideWorld, database: str) -> bool:
    """One process that makes the batch, or takes up what is left, and stops; whether it came to its end."""
    process = await Process(world, database, most_at_once=AT_ONCE).start()
    stop.watch(process, world)
    work = asyncio.ensure_future(take_up(process) if wanted is None else make(process, wanted))
    stopping = asyncio.ensure_future(stop.reached.wait())
    await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
    has_ended = work.done()
    for task in (work, stopping):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await process.batches.close()
    await process.changes.drain(longest_seconds=0)
    await process.end()
    world.on_read = world.on_write = world.on_answer = None
    return has_ended


async def go_on(
    wanted: Batch, world: WideWorld, database: str
) -> tuple[dict[str, dict[str, Member]], BatchResult]:
    """A new process that nothing stops: who is where when it has taken everything up, and what it tells."""
    process = await Process(world, database, most_at_once=AT_ONCE).start()
    await take_up(process)
    people = {project: dict(inside) for project, inside in world.people.items()}
    result = await make(process, wanted)
    assert as_told(await make(process, wanted)) == as_told(result)
    await process.end()
    return people, result


def assert_true(scenario: Scenario, world: WideWorld, result: BatchResult) -> None:
    """The results are what the world shows, and an atomic batch is done as a whole or not at all."""
    is_atomic = scenario is not each_for_itself
    for project, one in zip(SOME, result.results, strict=True):
        before, now = as_before(scenario)[project], world.people[project]
        if one.outcome in GOOD:
            is_in = (MARA if scenario is not one_cannot_be_taken_out else INGRID) in now
            assert is_in is (scenario is not one_cannot_be_taken_out), (project, one)
        elif one.outcome is not Outcome.UNKNOWN:
            assert now == before, (project, one)
        else:
            assert one.user_errors, (project, one)
    good = [one.outcome in GOOD for one in result.results]
    assert not is_atomic or len(set(good)) == 1, outcomes(result)


def assert_nothing_is_doubled(world: WideWorld) -> None:
    """There and back at most: an update is undone by an update."""
    assert max(world.writes_of_each.values(), default=0) <= 2
    once = [count for (_, kind), count in world.writes_of_each.items() if kind is not RoleChange]
    assert max(once, default=0) <= 1


async def stop_and_go_on(scenario: Scenario, *stops: int) -> bool:
    """Whether the first process came to its end."""
    world = WideWorld()
    wanted = scenario(world)
    with TemporaryDirectory() as folder:
        database = str(Path(folder) / "changes.sqlite3")
        first, *others = stops
        has_ended = await run_until(Stop(first), wanted, world, database)
        for stop in others:
            await run_until(Stop(stop), None, world, database)
        people, result = await go_on(wanted, world, database)
    assert_true(scenario, world, result)
    assert_nothing_is_doubled(world)
    if wanted.atomic and Outcome.UNKNOWN not in outcomes(result):
        # Nobody had to ask for it, unless it had not even been written down.
        assert people in (world.people, as_before(scenario))
    return has_ended


def as_before(scenario: Scenario) -> dict[str, dict[str, Member]]:
    world = WideWorld()
    scenario(world)
    return world.people


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
@pytest.mark.parametrize("first", range(4))
def test_wherever_a_process_stops_the_next_one_brings_the_batch_to_its_end(
    scenario: Scenario, first: int
) -> None:
    for at in range(first, MANY, 4):
        if asyncio.run(stop_and_go_on(scenario, at)):
            break
    else:
        pytest.fail("it never came to its end")


@settings(deadline=None, max_examples=60)
@given(scenario=st.sampled_from(SCENARIOS), stops=st.lists(st.integers(0, 120), min_size=2, max_size=3))
def test_wherever_several_processes_stop_the_last_one_brings_the_batch_to_its_end(
    scenario: Scenario, stops: list[int]
) -> None:
    asyncio.run(stop_and_go_on(scenario, *stops))
