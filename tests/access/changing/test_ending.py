"""gateway/access/changing/ending.py: access is taken away when it has ended, once, and by one process."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Protocol

import pytest

from gateway.access.changing.ending import ACTOR, LONGEST_PAUSE_SECONDS
from gateway.domain.errors import UpstreamUnavailable
from gateway.domain.vocabulary import Role
from tests.access.ending_gateway import BROKEN, EndingGateway
from tests.access.world import INGRID, KEY, NOON, OWNER, World, person, rows_of

pytestmark = pytest.mark.anyio

PAST, SOON = NOON - timedelta(hours=1), NOON + timedelta(seconds=12)
FIVE_MINUTES, A_DAY = timedelta(minutes=5), timedelta(days=1)
A_MOMENT = timedelta(microseconds=1)


class Clock:
    """The time, which a test lets pass."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time


class MakeGateway(Protocol):
    """Makes processes on one file; they end with the test."""

    def __call__(self, *, is_connected: bool = True) -> EndingGateway: ...


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def make(world: World, database: str, clock: Clock) -> AsyncIterator[MakeGateway]:
    async with AsyncExitStack() as stack:

        def make(*, is_connected: bool = True) -> EndingGateway:
            gateway = EndingGateway(world, database, now=clock.now, is_connected=is_connected)
            stack.push_async_callback(gateway.stop)
            return gateway

        yield make


@pytest.fixture
async def other(make: MakeGateway) -> EndingGateway:
    """A process that writes ends down and carries none out."""
    return await make().open()


def is_in(world: World, who: str = INGRID, *, project: str = "1") -> bool:
    return who in world.people[project]


# ---------------------------------------------------------------- when


async def test_what_ended_while_nobody_was_there_is_taken_away_at_the_start(
    make: MakeGateway, other: EndingGateway, world: World, database: str
) -> None:
    await other.let_end(INGRID, PAST)
    await other.let_end(INGRID, NOON, project="2")
    await make().start()
    assert (is_in(world), is_in(world, project="2"), await other.ends_left()) == (False, False, [])
    recorded = {(row["actor"], row["operation"], row["outcome"]) for row in rows_of(database, "audit")}
    assert recorded == {(ACTOR, "revokeAccess", "REMOVED")}
    assert {row["request_id"] for row in rows_of(database, "audit")} == {
        "end-of-access-20261121T110000Z",
        "end-of-access-20261121T120000Z",
    }


async def test_nobody_goes_a_moment_before_their_time(
    make: MakeGateway, other: EndingGateway, world: World, clock: Clock
) -> None:
    await other.let_end(INGRID, SOON)
    gateway = await make().start()
    clock.time = SOON - A_MOMENT
    await gateway.ends.another_round()
    assert (is_in(world), world.reads) == (True, 0)
    clock.time = SOON
    await gateway.ends.another_round()
    assert not is_in(world)


async def test_it_waits_until_the_next_end_and_looks_meanwhile_for_those_of_others(
    make: MakeGateway, other: EndingGateway, clock: Clock
) -> None:
    gateway = await make().start()
    await other.let_end(INGRID, SOON)
    await gateway.ends.another_round()
    await other.let_end(INGRID, NOON + A_DAY)
    await gateway.ends.another_round()
    assert gateway.ends.pauses == [LONGEST_PAUSE_SECONDS, 12.0, LONGEST_PAUSE_SECONDS]
    assert clock.time == NOON


# ---------------------------------------------------------------- whose


async def test_what_ends_on_a_platform_that_is_not_configured_waits_until_it_is(
    make: MakeGateway, other: EndingGateway, world: World
) -> None:
    await other.let_end(INGRID, PAST)
    without = await make(is_connected=False).start()
    assert (is_in(world), len(await other.ends_left())) == (True, 1)
    await without.stop()
    await make().start()
    assert not is_in(world)


async def test_whoever_has_no_id_of_use_is_found_by_their_address(
    make: MakeGateway, other: EndingGateway, world: World
) -> None:
    """They were invited, and have an id since."""
    await other.let_end("anonymous:0123", PAST, email="INGRID@example.org")
    await make().start()
    assert (is_in(world), await other.ends_left()) == (False, [])


async def test_whoever_has_gone_by_themselves_needs_not_be_removed(
    make: MakeGateway, other: EndingGateway, world: World
) -> None:
    await other.let_end("stranger", PAST)
    await make().start()
    assert (world.writes, await other.ends_left()) == ([], [])


async def test_whoever_was_given_more_time_meanwhile_stays(
    make: MakeGateway, other: EndingGateway, world: World, clock: Clock
) -> None:
    """The gateway has read the old end already, and is about to act on it."""
    await other.let_end(INGRID, PAST)

    async def extend() -> None:
        await other.let_end(INGRID, NOON + A_DAY)

    world.on_read = extend
    gateway = await make().start()
    assert (is_in(world), world.writes) == (True, [])
    assert [end.at for end in await other.ends_left()] == [NOON + A_DAY]
    clock.time += A_DAY
    world.on_read = None
    await gateway.ends.another_round()
    assert not is_in(world)


# ---------------------------------------------------------------- what goes wrong


async def test_while_the_platform_is_down_it_is_tried_every_five_minutes(
    make: MakeGateway, other: EndingGateway, world: World, clock: Clock
) -> None:
    await other.let_end(INGRID, PAST)
    world.down = UpstreamUnavailable(KEY)
    gateway = await make().start()
    world.down = None
    clock.time += FIVE_MINUTES - A_MOMENT
    await gateway.ends.another_round()
    assert is_in(world)
    clock.time += A_MOMENT
    await gateway.ends.another_round()
    assert (is_in(world), await other.ends_left()) == (False, [])


async def test_what_the_platform_does_not_let_happen_is_tried_and_recorded_once_a_day(
    make: MakeGateway, other: EndingGateway, clock: Clock, database: str
) -> None:
    """Every refusal is an entry of the audit trail."""
    await other.let_end(OWNER, PAST)
    gateway = await make().start()
    for _ in range(3):
        clock.time += FIVE_MINUTES
        await gateway.ends.another_round()
    assert [row["outcome"] for row in rows_of(database, "audit")] == ["REFUSED"]
    clock.time += A_DAY
    await gateway.ends.another_round()
    assert [row["outcome"] for row in rows_of(database, "audit")] == ["REFUSED", "REFUSED"]


async def test_one_that_fails_unexpectedly_does_not_hold_up_the_others(
    make: MakeGateway, other: EndingGateway, world: World, clock: Clock
) -> None:
    await other.let_end(INGRID, PAST, project="1")
    await other.let_end(INGRID, PAST, project="2")

    async def fail_once() -> None:
        world.on_write = None
        raise RuntimeError

    world.on_write = fail_once
    gateway = await make().start()
    assert sorted([is_in(world), is_in(world, project="2")]) == [False, True]
    clock.time += FIVE_MINUTES
    await gateway.ends.another_round()
    assert await other.ends_left() == []


@pytest.mark.parametrize("broken", [BROKEN, RuntimeError()], ids=["the ledger", "anything"])
async def test_ends_that_cannot_be_read_are_read_by_the_next_round(
    make: MakeGateway, other: EndingGateway, world: World, broken: Exception
) -> None:
    gateway = await make().start()
    await other.let_end(INGRID, PAST)
    gateway.ends.broken = broken
    await gateway.ends.another_round()
    assert (is_in(world), gateway.ends.pauses[-1]) == (True, LONGEST_PAUSE_SECONDS)
    await gateway.ends.another_round()
    assert not is_in(world)


# ---------------------------------------------------------------- one at a time


async def test_of_two_processes_one_does_it_and_the_other_follows_when_it_is_gone(
    make: MakeGateway, other: EndingGateway, world: World, database: str
) -> None:
    first, second = await make().start(), await make().start()
    await other.let_end(INGRID, PAST)
    await second.ends.another_round()
    assert (is_in(world), world.reads) == (True, 0)
    await first.ends.another_round()
    assert not is_in(world)
    await first.stop()
    world.people["1"][INGRID] = person(INGRID, Role.VIEWER)
    await other.let_end(INGRID, PAST)
    await second.ends.another_round()
    assert not is_in(world)
    assert [row["outcome"] for row in rows_of(database, "audit")] == ["REMOVED", "REMOVED"]
