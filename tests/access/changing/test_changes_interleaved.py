"""access/changing/changes.py: whatever comes when, and whatever breaks, one key makes one change at most."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.access.changing.change import AddMember, ChangeResult
from gateway.domain.errors import UpstreamThrottled, UpstreamTimeout
from gateway.domain.membership import Person
from gateway.domain.vocabulary import Outcome, UserErrorCode
from tests.access.world import ADD, KEY, Killed, Process, World

MADE, LOST, MADE_AND_LOST = "made", "lost", "made and lost"
KILLED, MADE_AND_KILLED = "killed", "made and killed"
THROTTLED = "throttled"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request and how many turns of the event loop go by before the next one."""

    key: str
    variant: int
    turns: int

    @property
    def change(self) -> AddMember:
        """Another key or another variant is another person."""
        return replace(ADD, person=Person(upstream_user_id=f"{self.key}-{self.variant}"))


class Fate:
    """What becomes of the writes, one after the other: those of one project never overlap.

    Attributes:
        may_have_acted: the persons of the writes that the platform did not turn down.
    """

    def __init__(self, world: World, *, ends: list[str], turns: list[int]) -> None:
        self._world = world
        self._ends: Iterator[str] = chain(ends, repeat(MADE))
        self._turns = chain(turns, repeat(0))
        self._end = MADE
        self.may_have_acted: list[str] = []
        world.on_read, world.on_write, world.on_answer = self.pass_time, self.before, self.after

    async def pass_time(self) -> None:
        for _ in range(next(self._turns)):
            await asyncio.sleep(0)

    async def before(self) -> None:
        self._end = next(self._ends)
        await self.pass_time()
        if self._end == THROTTLED:
            raise UpstreamThrottled(KEY)
        self.may_have_acted.append(self._world.writes[-1].person_id)
        await self._break(LOST, KILLED)

    async def after(self) -> None:
        await self.pass_time()
        await self._break(MADE_AND_LOST, MADE_AND_KILLED)

    async def _break(self, lost: str, killed: str) -> None:
        if self._end == lost:
            raise UpstreamTimeout(KEY, may_have_acted=True)
        if self._end == killed:
            raise Killed


async def run(
    requests: list[Request], *, ends: list[str], turns: list[int]
) -> tuple[World, Fate, list[tuple[Request, ChangeResult]]]:
    """The results of those requests whose process was not killed."""
    world = World()
    fate = Fate(world, ends=ends, turns=turns)
    process = await Process(world, ":memory:", looks=1_000).start()
    running = []
    for request in requests:
        running.append(asyncio.ensure_future(process.once(request.change, request.key)))
        for _ in range(request.turns):
            await asyncio.sleep(0)
    results = await asyncio.gather(*running, return_exceptions=True)
    await process.end()
    unexpected = [one for one in results if isinstance(one, BaseException) and not isinstance(one, Killed)]
    assert unexpected == []
    pairs = zip(requests, results, strict=True)
    return world, fate, [(asked, got) for asked, got in pairs if isinstance(got, ChangeResult)]


@settings(deadline=None, max_examples=150)
@given(
    requests=st.lists(
        st.builds(
            Request,
            key=st.sampled_from(["a", "b"]),
            variant=st.integers(0, 1),
            turns=st.integers(0, 30),
        ),
        min_size=2,
        max_size=12,
    ),
    ends=st.lists(
        st.sampled_from([MADE, LOST, MADE_AND_LOST, KILLED, MADE_AND_KILLED, THROTTLED]), max_size=6
    ),
    turns=st.lists(st.integers(0, 30), max_size=12),
)
def test_one_key_makes_one_change_at_most_and_every_answer_is_true(
    requests: list[Request], ends: list[str], turns: list[int]
) -> None:
    world, fate, answers = asyncio.run(run(requests, ends=ends, turns=turns))
    writes = Counter(person.partition("-")[0] for person in fate.may_have_acted)
    assert all(count == 1 for count in writes.values())
    for request, result in answers:
        person = request.change.person.upstream_user_id
        if result.outcome is Outcome.ADDED:
            assert person in world.people["1"]
        elif result.outcome is Outcome.REFUSED:
            [error] = result.user_errors
            throttled = error.code is UserErrorCode.UPSTREAM_THROTTLED
            assert throttled or error.code is UserErrorCode.IDEMPOTENCY_KEY_REUSED
        else:
            assert (result.outcome, person in fate.may_have_acted) == (Outcome.UNKNOWN, True)
