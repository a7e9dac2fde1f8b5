"""Faults of any kind at any calls of one grantAccess for 40 targets, some of them while it is under way."""

from collections.abc import Awaitable, Callable
from random import Random

import msgspec
import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey
from tests.conftest import MakeStand
from tests.faults.many import NOT_THERE, TARGETS, Answer, Many, assert_true, create_many
from tests.faults.striking import lasts
from tests.faults.table import ROW, ROWS
from tests.mutations.ground import Change
from tests.soaking import soak, times
from tests.writes import Write

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900), soak]

SEEDS = times(4, soaking=120)
QUICK = [row for row in ROWS if not lasts(row.fault)]
CALLS = {
    PlatformKey.QUANTCONNECT: [
        ("POST", "/api/v2/projects/read"),
        ("POST", "/api/v2/projects/collaboration/read"),
        ("POST", "/api/v2/projects/collaboration/create"),
        ("POST", "/api/v2/projects/collaboration/delete"),
    ],
    PlatformKey.TESTOMATO: [
        ("POST", "/api/authenticate"),
        ("GET", "/api/project/*"),
        ("GET", "/api/project/*/users"),
        ("POST", "/api/project/*/users"),
        ("DELETE", "/api/project/*/users"),
    ],
}
# One that is struck by these for certain, so that an atomic change often fails.
DECIDING = ("403", "500", "reset", "drop after")


def cause_trouble(many: Many, random: Random) -> None:
    """A few calls go wrong from now on, on either platform."""
    for sandbox in many.world.sandboxes:
        for row in random.choices(QUICK, k=random.randint(0, 3)):
            method, path = random.choice(CALLS[sandbox.platform])
            count = random.randint(1, 4)
            sandbox.faults.add(msgspec.structs.replace(row.fault, method=method, path=path, times=count))


def meeting(many: Many, random: Random) -> Callable[[Write], Awaitable[None]]:
    """What happens when a write comes in: three times, trouble."""
    turns = set(random.sample(range(TARGETS), 3))
    count = 0

    async def meet(write: Write) -> None:
        nonlocal count
        count += 1
        if count in turns:
            cause_trouble(many, random)
        await many.meet(write)

    return meet


def end_trouble(many: Many) -> None:
    many.end_trouble()
    for sandbox in many.world.sandboxes:
        many.world.logs[sandbox.platform].on_write = None
        sandbox.faults.clear()


def assert_all_or_nothing(many: Many, answer: Answer) -> None:
    there = {place for place in many.places if many.is_in(place)}
    assert answer.complete or there <= answer.places_of(Outcome.UNKNOWN)
    assert answer.complete or answer.places_of(*NOT_THERE, Outcome.UNKNOWN) == set(many.places)


@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_whatever_goes_wrong_what_is_told_is_so_and_repeating_comes_to_an_end(
    seed: int, make_stand: MakeStand, *, atomic: bool
) -> None:
    random = Random(seed)  # noqa: S311 - nothing is secret here
    many = await create_many(make_stand, random.choice(QUICK))
    if random.random() < 0.5:
        struck = random.choice(sorted(many.some(1, after=random.randint(4, 30))))
        many.strike(ROW[random.choice(DECIDING)].fault, {struck})
    for log in many.world.logs.values():
        log.on_write = meeting(many, random)
    if random.random() < 0.3:
        cause_trouble(many, random)

    answers = [await grant_and_look(many, atomic=atomic) for _ in range(2)]
    end_trouble(many)
    answers += [await grant_and_look(many, atomic=atomic) for _ in range(2)]
    assert answers[-1].may_pass == set()
    assert atomic or answers[-1] == answers[-2]
    assert atomic or many.received(Change.REMOVE) == {}


async def grant_and_look(many: Many, *, atomic: bool) -> Answer:
    answer = await many.grant(atomic=atomic)
    assert_true(many, answer)
    if atomic:
        assert_all_or_nothing(many, answer)
    return answer
