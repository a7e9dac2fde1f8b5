"""access/batches/batches.py: whatever breaks, every result is true and an atomic batch is never halved."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, repeat

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.access.batches.batch import GOOD, Batch, BatchResult
from gateway.domain.errors import UpstreamDenied, UpstreamThrottled, UpstreamTimeout, UpstreamUnavailable
from gateway.domain.member import Member
from gateway.domain.membership import Addition, Removal
from gateway.domain.vocabulary import Outcome, Role
from tests.access.batching import WideWorld, batch, grant, make, outcomes
from tests.access.world import KEY, MARA, Process, person

MADE, LOST, MADE_AND_LOST, IN_THE_DARK = "made", "lost", "made and lost", "made and lost, and no more light"
DENIED, THROTTLED, UNAVAILABLE = "denied", "throttled", "unavailable"
PROJECTS = "12345"
WANTED = grant("1")

Standings = dict[str, Member | None]


class Fates:
    """What becomes of the writes to each project, one after the other.

    Attributes:
        acted: how often a write to a project may have been made, by kind.
    """

    def __init__(self, world: WideWorld, ends: dict[str, list[str]], turns: list[int]) -> None:
        self._world = world
        self._ends: dict[str, Iterator[str]] = {
            project: chain(ends.get(project, []), repeat(MADE)) for project in PROJECTS
        }
        self._turns = chain(turns, repeat(0))
        self._end: dict[str, str] = {}
        self.acted: defaultdict[tuple[str, type], int] = defaultdict(int)
        for project in PROJECTS:
            world.before[project] = self._before(project)
            world.after[project] = self._after(project)

    def be_kind(self) -> None:
        """From now on all is well."""
        self._ends = {project: repeat(MADE) for project in PROJECTS}
        self._world.down = None

    def _before(self, project: str):  # noqa: ANN202 - a hook
        async def meet() -> None:
            kind = type([one for one in self._world.writes if one.project_upstream_id == project][-1])
            end = self._end[project] = next(self._ends[project])
            for _ in range(next(self._turns)):
                await asyncio.sleep(0)
            if end == DENIED:
                raise UpstreamDenied(KEY)
            if end == THROTTLED:
                raise UpstreamThrottled(KEY)
            self.acted[project, kind] += 1
            if end == UNAVAILABLE:
                self.acted[project, kind] -= 1
                raise UpstreamUnavailable(KEY, may_have_acted=True)
            if end == LOST:
                raise UpstreamTimeout(KEY, may_have_acted=True)

        return meet

    def _after(self, project: str):  # noqa: ANN202 - a hook
        async def meet() -> None:
            if self._end[project] == IN_THE_DARK:
                self._world.down = UpstreamUnavailable(KEY)
            if self._end[project] in {MADE_AND_LOST, IN_THE_DARK}:
                raise UpstreamTimeout(KEY, may_have_acted=True)

        return meet


def standings(world: WideWorld) -> Standings:
    return {project: world.people[project].get(MARA) for project in PROJECTS}


def assert_true(result: BatchResult, *, before: Standings, now: Standings, atomic: bool) -> None:
    for project, one in zip(PROJECTS, result.results, strict=True):
        at_first, at_last = before[project], now[project]
        is_as_wanted = at_last is not None and (at_last.role, at_last.permissions) == as_wanted(project)
        if one.outcome in GOOD:
            assert is_as_wanted, (project, one.outcome)
        elif one.outcome is Outcome.UNKNOWN:
            assert one.user_errors
            assert is_as_wanted or at_last == at_first, (project, at_last)
        else:
            assert at_last == at_first, (project, one.outcome)
    if atomic:
        certain = [one.outcome for one in result.results if one.outcome is not Outcome.UNCHANGED]
        assert len({outcome in GOOD for outcome in certain}) <= 1, outcomes(result)


def as_wanted(project: str) -> tuple[object, object]:
    wanted = person(MARA, WANTED.role, project=project)
    return wanted.role, wanted.permissions


async def run(
    wanted: Batch, *, ends: dict[str, list[str]], turns: list[int], inside: dict[str, Member]
) -> None:
    world = WideWorld()
    for project, member in inside.items():
        world.people[project][MARA] = member
    before, fates = standings(world), Fates(world, ends, turns)
    process = await Process(world, ":memory:", most_at_once=3).start()
    first = await make(process, wanted)
    assert_true(first, before=before, now=standings(world), atomic=wanted.atomic)
    fates.be_kind()
    again = await make(process, wanted)
    assert_true(again, before=before, now=standings(world), atomic=wanted.atomic)
    await process.end()
    for project in PROJECTS:
        there, back = fates.acted[project, Addition], fates.acted[project, Removal]
        assert there <= back + 1, project  # never twice, but where it was undone in between
        assert wanted.atomic or back == 0, project
    dark = any(IN_THE_DARK in each for each in ends.values())
    for project, one in zip(PROJECTS, again.results, strict=True):
        # What was not made cannot be told from what is on its way, nor can a refusal that nobody could look
        # into at the time; and undoing may be refused for good.
        reasons = {LOST, DENIED, UNAVAILABLE} if dark else {LOST, DENIED}
        assert one.outcome is not Outcome.UNKNOWN or reasons & {*ends.get(project, [])}, project


def member_in(project: str) -> st.SearchStrategy[Member]:
    roles = st.sampled_from([Role.EDITOR, Role.VIEWER])
    return st.builds(person, st.just(MARA), roles, live=st.booleans(), project=st.just(project))


ends = st.dictionaries(
    st.sampled_from(PROJECTS),
    st.lists(
        st.sampled_from([MADE, LOST, MADE_AND_LOST, IN_THE_DARK, DENIED, THROTTLED, UNAVAILABLE]), max_size=3
    ),
)
insiders = st.fixed_dictionaries({}, optional={project: member_in(project) for project in PROJECTS})


@settings(deadline=None, max_examples=150)
@given(ends=ends, turns=st.lists(st.integers(0, 30), max_size=12), inside=insiders, atomic=st.booleans())
def test_every_result_is_true_now_and_when_the_key_is_repeated_in_peace(
    *, ends: dict[str, list[str]], turns: list[int], inside: dict[str, Member], atomic: bool
) -> None:
    wanted = batch(*map(grant, PROJECTS), atomic=atomic)
    asyncio.run(run(wanted, ends=ends, turns=turns, inside=inside))
