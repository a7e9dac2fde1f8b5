"""Answers to additions get lost many times: nobody is added twice, and nobody is told what is not so."""

import asyncio
from collections import defaultdict
from functools import partial
from random import Random

import msgspec
import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey
from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import MakeStand
from tests.faults.additions import Addition, World, additions, create_world
from tests.soaking import soak, times

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900), soak]

COUNT = times(40, soaking=1000)
AT_ONCE = 20
PATIENCE_SECONDS = 1.0
SETTINGS = {
    f"GATEWAY_{key}__{name}": value
    for key in PlatformKey
    for name, value in {
        "CALL_TIMEOUT_SECONDS": str(PATIENCE_SECONDS),
        "RETRY_ATTEMPTS": "3",
        "RETRY_WAIT_SECONDS": "0.01",
        "RETRY_BUDGET_RESERVE": "1000",
        # So many failures would end every call; that is another test.
        "BREAKER_LEAST_CALLS": "1000000",
    }.items()
}

ADDED = {Outcome.ADDED, Outcome.INVITED, Outcome.UNCHANGED}
# A write is made, and nothing is heard of it.
LOST = (
    Fault(kind=FaultKind.DROP_AFTER, times=1),
    Fault(kind=FaultKind.DROP_AFTER, orderly=True, times=1),
    Fault(kind=FaultKind.LATE_ANSWER, seconds=3 * PATIENCE_SECONDS, times=1),
)
# It is not made, which nobody can know.
GONE = Fault(kind=FaultKind.RESET, times=1)
AROUND = (
    Fault(kind=FaultKind.STATUS, status=503),
    Fault(kind=FaultKind.RESET),
    Fault(kind=FaultKind.RESET, orderly=True),
    Fault(kind=FaultKind.HTML),
    Fault(kind=FaultKind.THROTTLE),
    Fault(kind=FaultKind.THROTTLE, seconds=0),
)
BLINDING = Fault(kind=FaultKind.STATUS, status=503)
# The second of each reads the members back.
READS = {
    PlatformKey.QUANTCONNECT: [
        ("/api/v2/projects/read", "POST"),
        ("/api/v2/projects/collaboration/read", "POST"),
    ],
    PlatformKey.TESTOMATO: [("/api/project/*", "GET"), ("/api/project/*/users", "GET")],
}
WRITES = {
    PlatformKey.QUANTCONNECT: ("/api/v2/projects/collaboration/create", "POST"),
    PlatformKey.TESTOMATO: ("/api/project/*/users", "POST"),
}

Answers = defaultdict[Addition, list[Outcome]]


async def test_many_additions_whose_answers_are_lost_are_each_made_once_and_told_as_they_are(
    make_stand: MakeStand,
) -> None:
    random = Random(20260917)  # noqa: S311 - nothing is secret here
    world = await create_world(make_stand, SETTINGS)
    wanted = additions(world, count=COUNT, random=random)
    all_answers: Answers = defaultdict(list)
    struck_count = found_count = 0
    for start in range(0, COUNT, AT_ONCE):
        troubles = cause_trouble(world, random)
        answers = await ask_at_once(world, wanted[start : start + AT_ONCE], random)
        struck_count += end_trouble(world, troubles)
        assert_true(world, answers)
        found_count += await ask_again_in_peace(world, answers, random)
        all_answers |= answers
    assert_true(world, all_answers)
    assert_as_certain_as_can_be(world, all_answers)
    assert struck_count > COUNT / 4  # else it was no trial
    assert found_count > COUNT / 40  # likewise


def cause_trouble(world: World, random: Random) -> list[Fault]:
    """Most writes go wrong, and around them a few reads; gives what strikes writes.

    Half of the time nothing can be read back after the first write.
    """
    troubles: list[Fault] = []
    for sandbox in world.sandboxes:
        kinds = random.choices([*LOST, GONE], weights=[6, 6, 6, 2], k=AT_ONCE * 3 // 8)
        path, method = READS[sandbox.platform][1]
        blinding = msgspec.structs.replace(BLINDING, path=path, method=method)
        armed = partial(sandbox.faults.add, blinding) if random.random() < 0.5 else None
        world.logs[sandbox.platform].on_next = armed
        path, method = WRITES[sandbox.platform]
        troubles += (of_writes := [msgspec.structs.replace(one, path=path, method=method) for one in kinds])
        sandbox.faults.add(*of_writes)
        for one in random.sample(AROUND, k=3):
            path, method = random.choice(READS[sandbox.platform])
            sandbox.faults.add(
                msgspec.structs.replace(one, path=path, method=method, times=random.randint(1, 4))
            )
    return troubles


def end_trouble(world: World, troubles: list[Fault]) -> int:
    """All is well again; gives how many writes were struck."""
    left = [armed.fault for sandbox in world.sandboxes for armed in sandbox.faults.armed]
    for sandbox in world.sandboxes:
        sandbox.faults.clear()
        world.logs[sandbox.platform].on_next = None
    return len(troubles) - sum(one in troubles for one in left)


async def ask_at_once(world: World, wanted: list[Addition], random: Random) -> Answers:
    """Ask for all of them, for one in four twice."""
    asked = [addition for addition in wanted for _ in range(random.choice([1, 1, 1, 2]))]
    answers: Answers = defaultdict(list)
    for addition, outcome in zip(asked, await asyncio.gather(*map(world.ask, asked)), strict=True):
        answers[addition].append(outcome)
    return answers


async def ask_again_in_peace(world: World, answers: Answers, random: Random) -> int:
    """What is not known is asked for again under its key, and some of what was refused.

    Gives how many of the unknown ones turned out to have been made.
    """
    found_count = 0
    for addition, given in answers.items():
        final = final_of(given)
        if final is Outcome.UNKNOWN or (final is Outcome.REFUSED and random.random() < 0.5):
            given.append(await world.ask(addition))
            found_count += final is Outcome.UNKNOWN and given[-1] in ADDED
    return found_count


def final_of(given: list[Outcome]) -> Outcome:
    """What is known of an addition; a refusal says that nothing was done so far, and that it may be tried."""
    done = [outcome for outcome in given if outcome in ADDED]
    if done:
        return done[0]
    return Outcome.UNKNOWN if Outcome.UNKNOWN in given else Outcome.REFUSED


def assert_true(world: World, answers: Answers) -> None:
    for addition, given in answers.items():
        final, roles = final_of(given), world.roles_of(addition.place)
        writes = world.writes_of(addition.place)
        assert writes <= 1, (addition, given)
        if final in ADDED:
            assert (roles, writes) == ([addition.role], 1), (addition, given)
        if final is Outcome.REFUSED:
            assert (roles, writes) == ([], 0), (addition, given)


def assert_as_certain_as_can_be(world: World, answers: Answers) -> None:
    """Where it is still not known the write was sent and does not show, so that it may be on its way."""
    for addition, given in answers.items():
        if final_of(given) is Outcome.UNKNOWN:
            assert (world.roles_of(addition.place), world.writes_of(addition.place)) == ([], 1), given
