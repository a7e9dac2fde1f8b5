"""Both platforms in memory with a few people, and requests for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from msgspec import structs

from gateway.access.people.everybody import Everybody, OriginStore, People
from gateway.access.people.links import Links
from gateway.access.reading.directory import Directory, open_directory
from gateway.access.reading.flights import Flights
from gateway.access.reading.snapshots import CachePolicy, SnapshotStore
from gateway.access.reading.soon import arrival
from gateway.domain.caller import Caller, Scope
from gateway.domain.errors import UpstreamError
from gateway.domain.member import Member
from gateway.domain.person import AccountKey
from gateway.domain.platform import Platforms, ProjectListing
from gateway.domain.vocabulary import PlatformKey
from tests.access.crowd import QUANTCONNECT, TESTOMATO, member, on_quantconnect, on_testomato
from tests.access.reads import NOON
from tests.engine.fake_gateway import OriginsInMemory
from tests.engine.fake_platforms import PROFILES, FakePlatform
from tests.graph.test_paging import project_of

MARA, INGRID = "mara@example.org", "ingrid@example.org"
KEPT = CachePolicy(fresh_seconds=60, stale_while_revalidate_seconds=0, stale_if_error_seconds=600)
NOT_KEPT = CachePolicy(fresh_seconds=0, stale_while_revalidate_seconds=0, stale_if_error_seconds=0)
EVERYTHING = frozenset(Scope)


@dataclass(kw_only=True)
class CountingPlatform(FakePlatform):
    """Notes what it is asked for: the list, or the members of each project by its id."""

    asked: list[str] = field(default_factory=list)

    async def list_projects(self) -> ProjectListing:
        self.asked.append("list")
        return await super().list_projects()

    async def list_members(
        self, project_upstream_ids: Sequence[str]
    ) -> list[tuple[Member, ...] | None | UpstreamError]:
        self.asked += project_upstream_ids
        return await super().list_members(project_upstream_ids)


class Town:
    """A gateway in front of both platforms, whose clock stands still.

    On QuantConnect, where members come with the list, Mara and Ingrid are in project 1; on Testomato Mara is
    in projects 2 and 3.
    """

    def __init__(
        self,
        *,
        policy: CachePolicy = KEPT,
        links: Links | None = None,
        origins: OriginStore | None = None,
    ) -> None:
        self.now = NOON
        self.quantconnect = _platform(
            QUANTCONNECT,
            {
                "1": [
                    member(on_quantconnect("mara"), email=MARA),
                    member(on_quantconnect("ingrid"), email=INGRID),
                ]
            },
        )
        self.testomato = _platform(
            TESTOMATO, {one: [member(on_testomato("7"), project=one, email=MARA.title())] for one in "23"}
        )
        self.store = SnapshotStore(policies=dict.fromkeys(PlatformKey, policy), now=lambda: self.now)
        self.people = People(links=links or Links(), origins=origins or OriginsInMemory())
        self._flights = Flights(self.store)

    @property
    def asked(self) -> list[str]:
        """What both platforms were asked for, in no order."""
        return sorted(self.quantconnect.asked + self.testomato.asked)

    def forget_what_was_asked(self) -> None:
        self.quantconnect.asked.clear()
        self.testomato.asked.clear()

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def directory(
        self,
        *,
        scopes: frozenset[Scope] = EVERYTHING,
        brought: str | None = None,
        connected: Iterable[PlatformKey] = PlatformKey,
    ) -> Directory:
        """Of one request, with the gateway's own accounts or with those that are `brought`."""
        both = {QUANTCONNECT: self.quantconnect, TESTOMATO: self.testomato}
        connected = {key: both[key] for key in connected}
        platforms = Platforms(
            profiles=PROFILES, connected=connected, accounts=dict.fromkeys(connected, brought or "own")
        )
        if brought is not None:
            platforms = replace(platforms, brought=frozenset(connected))
        return open_directory(
            platforms=platforms,
            caller=Caller(id="me", scopes=scopes),
            store=self.store,
            flights=self._flights,
            read_budget_seconds=60,
            now=self._moment,
        )

    async def everybody(
        self, *, scopes: frozenset[Scope] = EVERYTHING, brought: str | None = None
    ) -> Everybody:
        """As one request sees them."""
        return await arrival(self.people.everybody(self.directory(scopes=scopes, brought=brought)))

    def _moment(self) -> datetime:
        return self.now


def accounts_in(everybody: Everybody) -> list[set[AccountKey]]:
    return [{account.key for account in person.accounts} for person in everybody.people]


def put(
    platform: FakePlatform, project_id: str, members: Sequence[Member], *, name: str | None = None
) -> None:
    """Let these be in a project, and nobody else."""
    key = platform.profile.key
    platform.members[project_id] = tuple(members)
    platform.projects[project_id] = structs.replace(
        project_of(project_id, name=f"Project {project_id}" if name is None else name),
        platform=key,
        members=tuple(members) if key is QUANTCONNECT else None,
    )


def _platform(key: PlatformKey, people: Mapping[str, Sequence[Member]]) -> CountingPlatform:
    platform = CountingPlatform(profile=PROFILES[key])
    for project_id, members in people.items():
        put(platform, project_id, members)
    return platform
