"""Reading: the projects of every platform and the people in them, as one request sees them.

A Directory lives as long as one request. Whatever it has read it does not read again, and everything it
reads from one platform must arrive within that platform's own budget of time, so that a slow platform cannot
take the other's data along. What the caller may see of it is decided last: the methods that give people away
demand the scope for it, and take out what the caller may not see.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from gateway.access.loading import RunningReads, SharedLoader, SharedReads, TimeBudget
from gateway.domain.caller import Caller, Scope
from gateway.domain.errors import UpstreamError, UpstreamNotFound, UpstreamTimeout
from gateway.domain.member import Member
from gateway.domain.permission import ProjectAccess, RoleMapping
from gateway.domain.platform import Platform, PlatformAccount, PlatformHealth, Platforms, ProjectListing
from gateway.domain.project import Project
from gateway.domain.source import SourceError, SourceStatus
from gateway.domain.vocabulary import PlatformKey, PlatformStatus, SourceState

T = TypeVar("T")

ProjectKey = tuple[PlatformKey, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Projects of several platforms.

    Attributes:
        sources: one a platform asked.
        failures: why something is missing; empty when the projects are all there.
    """

    projects: tuple[Project, ...]
    sources: tuple[SourceStatus, ...]
    failures: tuple[UpstreamError, ...]


class Directory:
    """What one request reads.

    Args:
        caller: who is reading.
        read_budget_seconds: for everything read from one platform.
        now: the current moment in UTC.
    """

    def __init__(
        self,
        *,
        platforms: Platforms,
        caller: Caller,
        read_budget_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self.platforms = platforms
        self.caller = caller
        self._now = now
        self._reads = RunningReads()
        self._budgets = {key: TimeBudget(read_budget_seconds) for key in platforms.connected}
        self._listings: SharedReads[PlatformKey, ProjectListing] = SharedReads()
        self._accounts: SharedReads[PlatformKey, PlatformAccount] = SharedReads()
        self._roles: SharedReads[ProjectKey, tuple[RoleMapping, ...]] = SharedReads()
        self._viewers: SharedReads[ProjectKey, ProjectAccess] = SharedReads()
        self._projects = SharedLoader(self._load_projects)
        self._members = SharedLoader(self._load_members)

    def close(self) -> None:
        """Stop whatever is still being read: nobody waits for it any more."""
        self._reads.cancel()

    def health(self, key: PlatformKey) -> PlatformHealth:
        """How the platform fares; no call is made."""
        platform = self.platforms.connected.get(key)
        if platform is None:
            return PlatformHealth(status=PlatformStatus.UNCONFIGURED)
        return platform.health()

    async def account(self, key: PlatformKey) -> PlatformAccount | None:
        """Whose credential the gateway uses there; None without one."""
        platform = self.platforms.connected.get(key)
        if platform is None:
            return None
        self._accounts.begin(key, lambda: self._in_time(platform, platform.account))
        account = await self._accounts.result(key)
        return account if self.caller.may(Scope.PII_READ) else account.without_personal_data()

    async def project(self, key: PlatformKey, upstream_id: str) -> Project | None:
        """One project; None where there is none or the platform is not configured."""
        if key not in self.platforms.connected:
            return None
        return await self._projects.load((key, upstream_id))

    async def catalogue(self, keys: Iterable[PlatformKey]) -> Catalogue:
        """Every project of the given platforms; a platform that fails takes only its own along."""
        keys = tuple(keys)
        for key in keys:
            self._begin_listing(key)
        parts = await asyncio.gather(*(self._source(key) for key in keys))
        return Catalogue(
            projects=tuple(project for part in parts for project in part.projects),
            sources=tuple(source for part in parts for source in part.sources),
            failures=tuple(failure for part in parts for failure in part.failures),
        )

    async def members(self, project: Project) -> tuple[Member, ...]:
        """Everybody in `project`, the owner included.

        Raises:
            Forbidden: the caller may not see them.
            UpstreamError: they could not be read.
        """
        self.caller.demand(Scope.MEMBERS_READ)
        return self._shown(await self._read_members(project))

    async def members_of(self, key: PlatformKey, upstream_id: str) -> tuple[Member, ...] | None:
        """Everybody in the project with this id; None where there is no such project.

        Raises:
            Forbidden: the caller may not see them.
            UpstreamError: they could not be read.
        """
        self.caller.demand(Scope.MEMBERS_READ)
        if key not in self.platforms.connected:
            return None
        members = await self._members.load((key, upstream_id))
        return None if members is None else self._shown(members)

    def shown(self, member: Member) -> Member:
        """A member, however it was found, as far as the caller may see it.

        Raises:
            Forbidden: the caller may not see members.
        """
        self.caller.demand(Scope.MEMBERS_READ)
        [shown] = self._shown((member,))
        return shown

    async def roles(self, project: Project) -> tuple[RoleMapping, ...]:
        """Every role that exists in `project`."""
        platform = self.platforms.connected[project.platform]
        key = (project.platform, project.upstream_id)
        self._roles.begin(key, lambda: self._in_time(platform, lambda: platform.list_roles(project)))
        return await self._roles.result(key)

    async def viewer(self, project: Project) -> ProjectAccess:
        """What the gateway's own account may do in `project`."""
        key = (project.platform, project.upstream_id)
        self._viewers.begin(key, lambda: self._read_viewer(project))
        return await self._viewers.result(key)

    async def _read_viewer(self, project: Project) -> ProjectAccess:
        platform = self.platforms.connected[project.platform]
        try:
            members = await self._read_members(project)
        except UpstreamError:
            # Not everybody may list the members; what the account itself may do is told apart.
            members = ()
        return await self._in_time(platform, lambda: platform.viewer_access(project, members))

    def source(self, key: PlatformKey) -> SourceStatus:
        """A source that just answered."""
        return SourceStatus(platform=key, state=SourceState.FRESH, as_of=self._now())

    def failed_source(self, failure: UpstreamError, *, missing: str = "") -> SourceStatus:
        """A source that failed; `missing` says in words which part of the data is absent."""
        health = self.health(failure.platform)
        return SourceStatus(
            platform=failure.platform,
            state=SourceState.FAILED,
            as_of=health.last_success_at,
            error=SourceError.of(failure, failing_since=health.failing_since, missing=missing),
        )

    def changed(self, project: Project, *, members: Sequence[Member] | None) -> Project:
        """Forget what was read of a project that was just changed, and give it as it is now.

        `members` is everybody in it after the change, where that is known.
        """
        key = (project.platform, project.upstream_id)
        current = replace(project, members=None if members is None else tuple(members))
        self._listings.forget(project.platform)
        self._viewers.forget(key)
        self._members.forget(key)
        self._projects.forget(key)
        self._projects.prime(key, current)
        return current

    def _shown(self, members: tuple[Member, ...]) -> tuple[Member, ...]:
        if self.caller.may(Scope.PII_READ):
            return members
        return tuple(member.without_personal_data() for member in members)

    async def _read_members(self, project: Project) -> tuple[Member, ...]:
        if project.members is not None:
            return project.members
        members = await self._members.load((project.platform, project.upstream_id))
        if members is None:
            raise UpstreamNotFound(project.platform)
        return members

    async def _source(self, key: PlatformKey) -> Catalogue:
        platform = self.platforms.connected.get(key)
        if platform is None:
            unconfigured = SourceStatus(platform=key, state=SourceState.UNCONFIGURED)
            return Catalogue(projects=(), sources=(unconfigured,), failures=())
        try:
            listing = await self._listings.result(key)
        except UpstreamError as failure:
            return Catalogue(projects=(), sources=(self.failed_source(failure),), failures=(failure,))
        for project in listing.projects:
            self._projects.prime((key, project.upstream_id), project)
        if listing.failure is None:
            return Catalogue(projects=listing.projects, sources=(self.source(key),), failures=())
        total = len(listing.projects) + listing.missing_count
        source = self.failed_source(
            listing.failure, missing=f"{listing.missing_count} of {total} projects could not be read."
        )
        return Catalogue(projects=listing.projects, sources=(source,), failures=(listing.failure,))

    def _begin_listing(self, key: PlatformKey) -> None:
        platform = self.platforms.connected.get(key)
        if platform is not None:
            self._listings.begin(key, lambda: self._in_time(platform, platform.list_projects))

    async def _listed(self, key: PlatformKey) -> dict[str, Project]:
        """The projects by their ids where the request lists the platform's anyway; none where it fails."""
        if not self._listings.has_begun(key):
            return {}
        try:
            listing = await self._listings.result(key)
        except UpstreamError:
            return {}
        return {project.upstream_id: project for project in listing.projects}

    async def _load_projects(self, keys: list[ProjectKey]) -> list[Project | None | UpstreamError]:
        return await self._load(
            keys, known=lambda project: project, ask=lambda platform, ids: platform.get_projects(ids)
        )

    async def _load_members(self, keys: list[ProjectKey]) -> list[tuple[Member, ...] | None | UpstreamError]:
        return await self._load(
            keys, known=lambda project: project.members, ask=lambda platform, ids: platform.list_members(ids)
        )

    async def _load(
        self,
        keys: list[ProjectKey],
        *,
        known: Callable[[Project], T | None],
        ask: Callable[[Platform, list[str]], Awaitable[Sequence[T | None | UpstreamError]]],
    ) -> list[T | None | UpstreamError]:
        """Ask each platform once for all of its keys, and put the answers back in order.

        `known` takes the answer out of a project that the request has listed, if it is there.
        """
        answers: dict[ProjectKey, T | None | UpstreamError] = {}

        async def ask_one(key: PlatformKey) -> None:
            platform = self.platforms.connected[key]
            listed = await self._listed(key)
            ids: list[str] = []
            for upstream_id in (upstream_id for platform_key, upstream_id in keys if platform_key is key):
                project = listed.get(upstream_id)
                answer = None if project is None else known(project)
                if answer is None:
                    ids.append(upstream_id)
                else:
                    answers[key, upstream_id] = answer
            if not ids:
                return
            values: Sequence[T | None | UpstreamError]
            try:
                values = await self._in_time(platform, lambda: ask(platform, ids))
            except UpstreamError as failure:
                values = [failure] * len(ids)
            answers.update(zip([(key, upstream_id) for upstream_id in ids], values, strict=True))

        await asyncio.gather(*(ask_one(key) for key in dict.fromkeys(key for key, _ in keys)))
        return [answers[key] for key in keys]

    async def _in_time(self, platform: Platform, read: Callable[[], Awaitable[T]]) -> T:
        with suppress(TimeoutError), self._reads.running():
            async with self._budgets[platform.profile.key].spending():
                return await read()
        raise UpstreamTimeout(platform.profile.key)
