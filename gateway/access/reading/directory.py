"""Reading: the projects of every platform and the people in them, as one request sees them.

A Directory lives as long as one request. What platforms said lately it takes from memory (`snapshots`); the
rest it asks for once (`flights`), within each platform's own budget of time (`reading`). What the caller may
see is decided last: the methods that give people away demand the scope for it, and take out the rest.

Most methods give a value at once where it is in memory, and a future where it is not: see `soon`.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

import msgspec
from msgspec.structs import replace

from gateway.access.reading.audience import audience_of
from gateway.access.reading.catalogue import Catalogue, Part, catalogue_of
from gateway.access.reading.flights import Flights
from gateway.access.reading.members import MemberListing, members_in
from gateway.access.reading.platform_reads import PlatformReads
from gateway.access.reading.request_reads import Reading
from gateway.access.reading.snapshots import Endpoint, Read, Snapshot, SnapshotKey, SnapshotStore
from gateway.access.reading.soon import Soon, all_of, arrival, has_come, settled, then
from gateway.domain.caller import Caller, Scope
from gateway.domain.errors import UpstreamError
from gateway.domain.member import Member
from gateway.domain.permission import ProjectAccess, RoleMapping
from gateway.domain.platform import PlatformAccount, PlatformHealth, Platforms
from gateway.domain.project import Project
from gateway.domain.source import SourceError, SourceStatus
from gateway.domain.vocabulary import PlatformKey, PlatformStatus, SourceState

T = TypeVar("T")


class Directory(msgspec.Struct, eq=False):
    """What one request reads; see `open_directory`.

    Attributes:
        caller: who is reading.
    """

    platforms: Platforms
    caller: Caller
    _reading: Reading
    _reads: PlatformReads
    _told_health: bool = False
    _once: dict[Hashable, Soon[Any]] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """What was read is personal data."""
        return "Directory(…)"

    def seeing_all(self, *, only_new: bool = False, longest_age_seconds: float | None = None) -> "Directory":
        """One that reads whatever a change needs to know, also what the caller may not see.

        Nothing of it may be shown but by this one, which is to be closed on its own.

        Args:
            only_new: take nothing from memory, not even where reading fails.
            longest_age_seconds: how old what is kept may be; None: as for this one.
        """
        reading = self._reading
        return open_directory(
            platforms=self.platforms,
            caller=replace(self.caller, scopes=self.caller.scopes | {Scope.MEMBERS_READ, Scope.PII_READ}),
            store=reading.store,
            flights=reading.flights,
            read_budget_seconds=reading.budget_seconds,
            now=self._reads.now,
            longest_age_seconds=longest_age_seconds or reading.longest_age_seconds,
            only_new=only_new,
        )

    @property
    def edition(self) -> int | None:
        """Changes with what is given to the `audience`; None where not all of it is in memory and fresh."""
        return self._reading.edition

    @property
    def audience(self) -> str:
        """The same for directories that give the same, as long as their editions are."""
        return audience_of(self.platforms.fingerprint, self.caller.scopes)

    @property
    def fresh_seconds(self) -> float:
        """How long the same would be read again; 0 where that is not known."""
        return 0.0 if self._told_health else self._reading.fresh_seconds

    def derived(self, what: Hashable, make: Callable[[], Soon[T]]) -> Soon[T]:
        """Something made of what is read and nothing else: once, as long as the edition stays."""
        edition = self.edition
        if edition is None:
            return make()
        kept, key = self._reading.store.derived(edition), (self.audience, what)
        if key in kept:
            found, reads = cast("tuple[T, Mapping[SnapshotKey, Soon[Read[Any]]]]", kept[key])
            # As if it had been made here: what is asked of it next is in these reads.
            self._reading.know(reads)
            return found
        made, used = self._reading.used_by(make)

        def keep(value: T) -> T:
            if self.edition == edition:
                self._reading.store.derived(edition)[key] = (value, used)
            return value

        return then(made, keep)

    def once(self, what: Hashable, make: Callable[[], Soon[T]]) -> Soon[T]:
        """Something made of so much that it is made once for the request, unless that changes something."""
        if what not in self._once:
            self._once[what] = self.derived(what, make)
        made: Soon[T] = self._once[what]
        if isinstance(made, asyncio.Future) and has_come(made):
            made = self._once[what] = made.result()
        return made

    def close(self) -> None:
        """Stop whatever is still being read: nobody waits for it any more."""
        self._reading.close()

    def health(self, key: PlatformKey) -> PlatformHealth:
        """How the platform fares; no call is made."""
        self._told_health = True
        platform = self.platforms.connected.get(key)
        if platform is None:
            return PlatformHealth(status=PlatformStatus.UNCONFIGURED)
        return platform.health()

    async def account(self, key: PlatformKey) -> PlatformAccount | None:
        """Whose credential the gateway uses there; None without one."""
        platform = self.platforms.connected.get(key)
        if platform is None:
            return None
        asked = self._reads.one(key, Endpoint.ACCOUNT, platform.account)
        account: PlatformAccount = (await arrival(asked)).value
        return account if self.caller.may(Scope.PII_READ) else account.without_personal_data()

    def catalogue(self, keys: Iterable[PlatformKey]) -> Soon[Catalogue]:
        """Every project of the given platforms; a platform that fails takes only its own along."""
        return then(all_of([self._part(key) for key in keys]), catalogue_of)

    def project(self, key: PlatformKey, upstream_id: str) -> Soon[Project | None]:
        """One project; None where there is none or the platform is not configured."""
        if key not in self.platforms.connected:
            return None
        return then(self._reads.project(key, upstream_id), lambda read: read.value)

    def members(self, project: Project) -> Soon[MemberListing]:
        """Everybody in `project`, the owner included.

        Raises:
            Forbidden: the caller may not see them.
            UpstreamError: they could not be read.
        """
        self.caller.demand(Scope.MEMBERS_READ)
        return then(self._reads.members(project), self._shown)

    def members_of(self, key: PlatformKey, upstream_id: str) -> Soon[MemberListing | None]:
        """Everybody in the project with this id; None where there is no such project.

        Raises:
            Forbidden: the caller may not see them.
            UpstreamError: they could not be read.
        """
        self.caller.demand(Scope.MEMBERS_READ)
        if key not in self.platforms.connected:
            return None

        def members(project: "Read[Any] | None") -> "Soon[MemberListing | None]":
            if project is not None and project.value is not None and project.value.members is not None:
                return self._shown(members_in(project))
            listed = self._reads.many(key, Endpoint.MEMBERS, upstream_id)
            return then(listed, lambda read: None if read.value is None else self._shown(read))

        if self._reading.is_known(self._reads.key(key, Endpoint.PROJECT, upstream_id)):
            return then(self._reads.many(key, Endpoint.PROJECT, upstream_id), members)
        return then(self._reads.listed_project(key, upstream_id), members)

    def shown(self, member: Member) -> Member:
        """A member, however it was found, as far as the caller may see it.

        Raises:
            Forbidden: the caller may not see members.
        """
        self.caller.demand(Scope.MEMBERS_READ)
        return member if self.caller.may(Scope.PII_READ) else member.without_personal_data()

    async def roles(self, project: Project) -> tuple[RoleMapping, ...]:
        """Every role that exists in `project`."""
        platform = self.platforms.connected[project.platform]
        asked = self._reads.one(
            project.platform, Endpoint.ROLES, lambda: platform.list_roles(project), project.upstream_id
        )
        roles: tuple[RoleMapping, ...] = (await arrival(asked)).value
        return roles

    async def viewer(self, project: Project) -> ProjectAccess:
        """What the gateway's own account may do in `project`."""
        platform = self.platforms.connected[project.platform]
        # Not everybody may list the members; what the account itself may do is told apart.
        listed = await arrival(settled(self._reads.members(project), UpstreamError))
        members = listed.value if isinstance(listed, Read) else ()
        asked = self._reads.one(
            project.platform,
            Endpoint.VIEWER,
            lambda: platform.viewer_access(project, members),
            project.upstream_id,
        )
        access: ProjectAccess = (await arrival(asked)).value
        return access

    def failed_source(self, failure: UpstreamError, *, missing: str = "") -> SourceStatus:
        """A source that failed; `missing` says in words which part of the data is absent."""
        health = self.health(failure.platform)
        return SourceStatus(
            platform=failure.platform,
            state=SourceState.FAILED,
            as_of=health.last_success_at,
            error=SourceError.of(failure, failing_since=health.failing_since, missing=missing),
        )

    def source(self, read: Read[Any], key: PlatformKey) -> SourceStatus:
        """Where something came from that was read, or kept in memory."""
        error = None
        if read.failure is not None:
            error = SourceError.of(read.failure, failing_since=self.health(key).failing_since, missing="")
        return SourceStatus(platform=key, state=read.state, as_of=read.snapshot.as_of, error=error)

    def changed(self, project: Project, *, members: Sequence[Member] | None) -> Project:
        """Forget what was read of a project that was just changed, and give it as it is now.

        `members` is everybody in it after the change, where that is known.
        """
        current = replace(project, members=None if members is None else tuple(members))
        keys = [
            self._reads.key(project.platform, endpoint, project.upstream_id)
            for endpoint in (Endpoint.PROJECT, Endpoint.MEMBERS, Endpoint.VIEWER)
        ]
        self._once.clear()
        self._reading.forget(self._reads.key(project.platform, Endpoint.LISTING), *keys)
        snapshot = Snapshot(value=current, as_of=self._reads.now())
        self._reading.put(keys[0], Read(snapshot=snapshot, state=SourceState.FRESH))
        return current

    def _part(self, key: PlatformKey) -> Soon[Part]:
        platform = self.platforms.connected.get(key)
        if platform is None:
            return Part.unconfigured(key)
        listing = self._reads.one(key, Endpoint.LISTING, platform.list_projects)

        def part(read: Any) -> Part:  # noqa: ANN401 - a read or its failure
            if isinstance(read, UpstreamError):
                return Part.failed(read, self.failed_source(read))
            failure = read.value.failure
            if failure is None:
                return Part.listed(read, self.source(read, key))
            missing = read.value.missing_count
            words = f"{missing} of {len(read.value.projects) + missing} projects could not be read."
            return Part.listed(read, self.failed_source(failure, missing=words))

        return then(settled(listing, UpstreamError), part)

    def _shown(self, read: Read[Any]) -> MemberListing:
        return MemberListing(read=read, shows_personal_data=self.caller.may(Scope.PII_READ))


def open_directory(  # noqa: PLR0913 - what reading takes
    *,
    platforms: Platforms,
    caller: Caller,
    store: SnapshotStore,
    flights: Flights,
    read_budget_seconds: float,
    now: Callable[[], datetime],
    longest_age_seconds: float | None = None,
    only_new: bool = False,
) -> Directory:
    """For one request, to be closed when that is over.

    Args:
        caller: who is reading.
        store: what platforms said lately.
        flights: what is being read for other requests as well.
        read_budget_seconds: for everything read from one platform.
        now: the current moment in UTC.
        longest_age_seconds: how old what is kept may be; None leaves it to the settings.
        only_new: take nothing from memory, not even where reading fails.
    """
    reading = Reading(
        store=store,
        flights=flights,
        budget_seconds=read_budget_seconds,
        longest_age_seconds=0 if only_new else longest_age_seconds,
        takes_old_in_need=not only_new,
    )
    return Directory(platforms, caller, reading, PlatformReads(platforms, reading, flights, now))
