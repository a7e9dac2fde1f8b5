"""What stands between requests and platforms, without any socket."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from gateway.access.batches.batches import Batches
from gateway.access.changing.audit import AuditLog
from gateway.access.changing.changes import Changes
from gateway.access.changing.end import AccessEnd, MemberKey
from gateway.access.changing.ending import EndsOfRequest
from gateway.access.people.everybody import People
from gateway.access.people.joining import Origins
from gateway.access.people.links import Links
from gateway.access.plans.token import KEY_BYTES, PlanTokens
from gateway.access.reading.directory import open_directory
from gateway.access.reading.flights import Flights
from gateway.access.reading.snapshots import CachePolicy, SnapshotStore
from gateway.domain.caller import ANYBODY, Caller
from gateway.domain.person import AccountKey
from gateway.domain.platform import Platforms
from gateway.domain.vocabulary import PlatformKey
from gateway.graph.context import RequestContext
from tests.access.trail import ListedTrail

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


class OriginsInMemory:
    """See `gateway.access.people.everybody.OriginStore`."""

    def __init__(self) -> None:
        self._known: dict[str, dict[AccountKey, AccountKey]] = {}

    def known(self, holder: str) -> Origins:
        return dict(self._known.get(holder, {}))

    def learn(self, holder: str, origins: Origins) -> None:
        self._known.setdefault(holder, {}).update(origins)


class NoEnds:
    """See `gateway.access.changing.ending.AccessEnds`."""

    async def all(self) -> Mapping[MemberKey, AccessEnd]:
        return {}

    async def forget(self, end: AccessEnd) -> None: ...

    async def wait_for_another(self, *, longest_seconds: float) -> None: ...

    async def take_lease(self) -> bool:
        return False


class FakeGateway:
    """What requests share in front of the platforms, and a clock that stands still.

    Attributes:
        now: the current moment.
    """

    def __init__(
        self, platforms: Platforms, *, policy: CachePolicy, trail: ListedTrail, links: Links
    ) -> None:
        self._platforms = platforms
        self._trail = trail
        self._people = People(links=links, origins=OriginsInMemory())
        self._store = SnapshotStore(policies=dict.fromkeys(PlatformKey, policy), now=self._moment)
        self._flights = Flights(self._store)
        self.now = NOON

    def context(self, caller: Caller = ANYBODY) -> RequestContext:
        """Of one request."""
        directory = open_directory(
            platforms=self._platforms,
            caller=caller,
            store=self._store,
            flights=self._flights,
            read_budget_seconds=60,
            now=self._moment,
        )
        # Nothing is changed here.
        return RequestContext(
            directory=directory,
            people=self._people,
            changes=cast("Changes", None),
            batches=cast("Batches", None),
            audit=AuditLog(self._trail, caller=caller),
            ends=EndsOfRequest(NoEnds()),
            own_accounts={},
            plan_tokens=PlanTokens(key=bytes(KEY_BYTES), now=self._moment),
            now=self._moment,
            request_id="r",
        )

    def close(self) -> None:
        """Stop what is still being read."""
        self._flights.close()

    def _moment(self) -> datetime:
        return self.now
