"""What was read and what is being read is shared by requests for the same account, and by no others."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.access.reading.directory import Directory, open_directory
from gateway.access.reading.flights import Flights
from gateway.access.reading.snapshots import CachePolicy, SnapshotStore
from gateway.access.reading.soon import arrival
from gateway.domain.caller import Caller, Scope
from gateway.domain.vocabulary import PlatformKey
from tests.access.world import KEY, NOON
from tests.isolation.marked_world import ACCOUNTS, MarkedWorld, platforms_of

KEPT = CachePolicy(fresh_seconds=5, stale_while_revalidate_seconds=30, stale_if_error_seconds=600)
NOT_KEPT = CachePolicy(fresh_seconds=0, stale_while_revalidate_seconds=0, stale_if_error_seconds=0)


class Look(StrEnum):
    """What is asked for."""

    PROJECT = "project"
    MEMBERS = "members"
    LIST = "list"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, and how many turns of the event loop go by before the next one.

    Attributes:
        gives_up: whether its client hangs up at the same moment.
    """

    account: str
    sees_personal_data: bool
    look: Look
    project: str
    is_fresh: bool
    gives_up: bool
    turns: int


REQUESTS = st.lists(
    st.builds(
        Request,
        account=st.sampled_from(ACCOUNTS),
        sees_personal_data=st.booleans(),
        look=st.sampled_from(Look),
        project=st.sampled_from(["1", "2"]),
        is_fresh=st.booleans(),
        gives_up=st.booleans(),
        turns=st.integers(0, 6),
    ),
    min_size=2,
    max_size=16,
)


class Gateway:
    """What requests share when they read, and a platform that takes its time."""

    def __init__(self, policy: CachePolicy) -> None:
        self._store = SnapshotStore(policies=dict.fromkeys(PlatformKey, policy), now=lambda: NOON)
        self._flights = Flights(self._store)
        self._worlds = {mark: MarkedWorld(mark) for mark in ACCOUNTS}
        for world in self._worlds.values():
            world.on_read = self._take_time

    async def answer(self, request: Request) -> str:
        """All that a request is told."""
        scopes = frozenset(Scope) if request.sees_personal_data else frozenset(Scope) - {Scope.PII_READ}
        directory = open_directory(
            platforms=platforms_of(self._worlds[request.account]),
            caller=Caller(id="somebody", scopes=scopes),
            store=self._store,
            flights=self._flights,
            read_budget_seconds=60,
            now=lambda: NOON,
            longest_age_seconds=0 if request.is_fresh else None,
        )
        try:
            return await _told(directory, request)
        finally:
            directory.close()

    async def _take_time(self) -> None:
        for _ in range(3):
            await asyncio.sleep(0)


async def _told(directory: Directory, request: Request) -> str:
    if request.look is Look.LIST:
        catalogue = await arrival(directory.catalogue([KEY]))
        return " ".join(project.name for project in catalogue.projects)
    project = await arrival(directory.project(KEY, request.project))
    assert project is not None
    if request.look is Look.PROJECT:
        return project.name
    listing = await arrival(directory.members(project))
    return " ".join(f"{one.name} {one.email}" for one in listing.members)


async def _answers(requests: list[Request], policy: CachePolicy) -> list[str | BaseException]:
    gateway = Gateway(policy)
    running = []
    for request in requests:
        answering = asyncio.ensure_future(gateway.answer(request))
        running.append(answering)
        for _ in range(request.turns):
            await asyncio.sleep(0)
        if request.gives_up:
            answering.cancel()
    return await asyncio.gather(*running, return_exceptions=True)


@settings(deadline=None, max_examples=150)
@given(requests=REQUESTS, policy=st.sampled_from([KEPT, NOT_KEPT]))
def test_whenever_requests_read_each_is_told_what_its_account_may_see(
    requests: list[Request], policy: CachePolicy
) -> None:
    for request, answer in zip(requests, asyncio.run(_answers(requests, policy)), strict=True):
        if isinstance(answer, asyncio.CancelledError):
            assert request.gives_up
            continue
        assert isinstance(answer, str), answer
        assert {mark for mark in ACCOUNTS if mark in answer} == {request.account}
        assert ("@" in answer) == (request.look is Look.MEMBERS and request.sees_personal_data)
