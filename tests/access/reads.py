"""What the tests of reading share: a source that answers when it may, and a clock of the test's."""

import asyncio
from datetime import UTC, datetime, timedelta

from gateway.access.reading.flights import Flight, Flights
from gateway.access.reading.request_reads import Reading
from gateway.access.reading.snapshots import CachePolicy, Endpoint, SnapshotKey, SnapshotStore
from gateway.domain.errors import UpstreamError, UpstreamTimeout
from gateway.domain.vocabulary import PlatformKey

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
FRESH, REVALIDATE, IF_ERROR = 5, 30, 600
POLICY = CachePolicy(
    fresh_seconds=FRESH, stale_while_revalidate_seconds=REVALIDATE, stale_if_error_seconds=IF_ERROR
)
FAILURE = UpstreamTimeout(PlatformKey.TESTOMATO)


def key_of(upstream_id: str, *, account: str = "mine", endpoint: Endpoint = Endpoint.MEMBERS) -> SnapshotKey:
    return SnapshotKey(PlatformKey.TESTOMATO, account, endpoint, upstream_id)


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment

    def pass_seconds(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Source:
    """What is read: notes what it is asked for, and answers when it may.

    Attributes:
        failing: these ids fail.
        stopped: how many reads were cancelled.
    """

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.begun = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self.failing: set[str] = set()
        self.stopped = 0

    def hold(self) -> None:
        self.open.clear()
        self.begun.clear()

    async def many(self, upstream_ids: list[str]) -> list[str | UpstreamError]:
        self.asked.append(list(upstream_ids))
        self.begun.set()
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        return [FAILURE if one in self.failing else f"{one} {len(self.asked)}" for one in upstream_ids]


class World:
    """One gateway's reads.

    Attributes:
        lookups: whether what was looked for could be given, one after the other.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.lookups: list[bool] = []
        self.store = SnapshotStore(
            policies=dict.fromkeys(PlatformKey, POLICY), now=self.clock, on_lookup=self.lookups.append
        )
        self.flights = Flights(self.store)
        self.source = Source()

    def request(self, *, budget_seconds: float = 60.0, longest_age_seconds: float | None = None) -> "Request":
        return Request(self, budget_seconds=budget_seconds, longest_age_seconds=longest_age_seconds)


class Request:
    """One request's reads."""

    def __init__(self, world: World, *, budget_seconds: float, longest_age_seconds: float | None) -> None:
        self._world = world
        self.reading = Reading(
            store=world.store,
            flights=world.flights,
            budget_seconds=budget_seconds,
            longest_age_seconds=longest_age_seconds,
        )

    def get(self, upstream_id: str, *, account: str = "mine") -> object:
        key = key_of(upstream_id, account=account)

        def begin(only_new: bool) -> Flight:  # noqa: FBT001 - as it is called
            return self._world.flights.among_many(key, self._world.source.many, only_new=only_new)

        return self.reading.get(key, begin)
