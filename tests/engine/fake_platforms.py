"""Both platforms in memory, with data and failures at random: what the gateway reads without any socket."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, NoReturn, TypeVar, cast

from msgspec import structs

from gateway.access.people.links import Links
from gateway.access.reading.snapshots import CachePolicy
from gateway.domain import errors
from gateway.domain.caller import Caller, Scope
from gateway.domain.errors import UpstreamError
from gateway.domain.member import Member
from gateway.domain.permission import Permission, ProjectAccess, RoleMapping
from gateway.domain.person import AccountKey
from gateway.domain.platform import (
    PersonAddress,
    PlatformAccount,
    PlatformHealth,
    PlatformProfile,
    Platforms,
    ProjectListing,
)
from gateway.domain.project import Project, QuantConnectDetails, TestomatoDetails
from gateway.domain.vocabulary import Action, Capability, PlatformKey, PlatformStatus, Role
from tests.access.trail import ListedTrail
from tests.engine.fake_gateway import NOON, FakeGateway
from tests.engine.fake_trail import trail_at_random

T = TypeVar("T")

_POLICIES = (
    CachePolicy(fresh_seconds=0, stale_while_revalidate_seconds=0, stale_if_error_seconds=0),
    CachePolicy(fresh_seconds=60, stale_while_revalidate_seconds=60, stale_if_error_seconds=600),
    # Stale already when the next caller comes.
    CachePolicy(fresh_seconds=5, stale_while_revalidate_seconds=600, stale_if_error_seconds=600),
)
_FAILURES = (
    errors.UpstreamUnreachable,
    errors.UpstreamTimeout,
    errors.UpstreamCircuitOpen,
    errors.UpstreamThrottled,
    errors.UpstreamDenied,
    errors.UpstreamNotFound,
    errors.UpstreamBroken,
)
_READS = ("account", "list_projects", "get_projects", "list_members", "list_roles", "viewer_access")
# What no platform gives, in the fields that nothing else is decided by.
_ODD_VALUES: tuple[object, ...] = (
    None,
    5,
    2**40,
    True,
    1.5,
    "",
    "odd",
    [],
    {"a": 1},
    object(),
    ValueError("x"),
)


def profile_of(key: PlatformKey) -> PlatformProfile:
    return PlatformProfile(
        key=key,
        name=key.title(),
        capabilities=tuple(Capability),
        roles=_ROLES,
        grantable_actions=(Action.LIVE_CONTROL,),
        adds_people_by=PersonAddress.EMAIL,
    )


_ROLES = tuple(RoleMapping(role=role, native_name=role.lower(), actions=tuple(Action)) for role in Role)
PROFILES = {key: profile_of(key) for key in PlatformKey}


@dataclass(kw_only=True)
class FakePlatform:
    """One platform; implements `Platform` as far as it is read.

    Attributes:
        failures: by what is read, and for one project by that and its id.
        turns: of the event loop that each read takes.
    """

    profile: PlatformProfile
    projects: dict[str, Project] = field(default_factory=dict)
    members: dict[str, tuple[Member, ...]] = field(default_factory=dict)
    failures: dict[tuple[str, ...], UpstreamError] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    missing_count: int = 0
    status: PlatformStatus = PlatformStatus.UP

    def health(self) -> PlatformHealth:
        return PlatformHealth(status=self.status, last_success_at=NOON, retry_at=NOON + timedelta(seconds=5))

    async def account(self) -> PlatformAccount:
        account = PlatformAccount(upstream_id="me", name=None, email="me@example.org")
        return await self._read("account", account)

    async def list_projects(self) -> ProjectListing:
        failure = self.failures.get(("part",)) if self.missing_count else None
        listing = ProjectListing(
            projects=tuple(self.projects.values()), failure=failure, missing_count=self.missing_count
        )
        return await self._read("list_projects", listing)

    async def get_projects(self, upstream_ids: Sequence[str]) -> list[Project | None | UpstreamError]:
        return await self._read("get_projects", self._each("get_projects", upstream_ids, self.projects))

    async def list_members(
        self, project_upstream_ids: Sequence[str]
    ) -> list[tuple[Member, ...] | None | UpstreamError]:
        return await self._read(
            "list_members", self._each("list_members", project_upstream_ids, self.members)
        )

    async def list_roles(self, project: Project) -> tuple[RoleMapping, ...]:
        return await self._read("list_roles", _ROLES[: len(project.name) % len(_ROLES)])

    async def viewer_access(self, project: Project, members: Sequence[Member]) -> ProjectAccess:
        permissions = _permissions(len(members), len(project.name))
        access = ProjectAccess(role=Role.ADMIN if members else None, permissions=permissions)
        return await self._read("viewer_access", access)

    async def add_member(self, _: object) -> NoReturn:
        raise AssertionError("only reads")

    update_member = remove_member = add_member

    async def _read(self, name: str, answer: T) -> T:
        for _ in range(self.turns.get(name, 1)):
            await asyncio.sleep(0)
        if (name,) in self.failures:
            raise self.failures[name,]
        return answer

    def _each(
        self, name: str, upstream_ids: Sequence[str], found: dict[str, T]
    ) -> list[T | None | UpstreamError]:
        return [self.failures.get((name, one), found.get(one)) for one in upstream_ids]


@dataclass(frozen=True, kw_only=True)
class Behind:
    """What stands behind a gateway, who asks one after another, and for how long what was read is kept."""

    platforms: Platforms
    links: Links
    callers: tuple[Caller, ...]
    policy: CachePolicy
    trail: ListedTrail

    def gateway(self) -> FakeGateway:
        """One that has read nothing yet."""
        return FakeGateway(self.platforms, policy=self.policy, trail=self.trail, links=self.links)


def platforms_at_random(random: Random, *, failing: bool = True, odd: bool = True) -> Behind:
    """Both platforms, or one, or none."""
    connected: dict[PlatformKey, Any] = {
        key: _platform(key, random, failing=failing, odd=odd)
        for key in PlatformKey
        if not failing or random.random() < 0.9
    }
    scopes = [{scope for scope in Scope if not failing or random.random() < 0.8} for _ in range(2)]
    return Behind(
        platforms=Platforms(
            profiles=PROFILES, connected=connected, accounts=dict.fromkeys(connected, "account")
        ),
        links=_links(random),
        callers=tuple(Caller(id=str(number), scopes=frozenset(each)) for number, each in enumerate(scopes)),
        policy=random.choice(_POLICIES),
        trail=trail_at_random(random),
    )


def _platform(key: PlatformKey, random: Random, *, failing: bool, odd: bool) -> FakePlatform:
    ids = [str(number) for number in range(random.randint(0, 4))]
    members = {one: _members(key, one, random, odd=odd) for one in ids}
    projects = {one: _project(key, one, members[one], random, odd=odd) for one in ids}
    platform = FakePlatform(
        profile=PROFILES[key],
        projects=projects,
        members=members,
        turns={name: random.randint(0, 3) for name in _READS},
    )
    if failing:
        each = [(name, one) for name in ("get_projects", "list_members") for one in ids]
        places = [*((name,) for name in _READS), *each, ("part",)]
        platform.failures = {place: _failure(key, random) for place in places if random.random() < 0.1}
        platform.missing_count = random.choice([0, 0, 2])
        platform.status = random.choice(list(PlatformStatus))
    return platform


def _links(random: Random) -> Links:
    """Some of the accounts, declared as two persons' at most."""
    accounts = [AccountKey(key, f"p{number}") for key in PlatformKey for number in range(5)]
    return Links(names={one: random.choice("MN") for one in random.sample(accounts, random.randint(0, 4))})


def _failure(key: PlatformKey, random: Random) -> UpstreamError:
    return random.choice(_FAILURES)(key, retry_at=random.choice([None, NOON + timedelta(seconds=9)]))


def _permissions(*numbers: int) -> tuple[Permission, ...]:
    return tuple(
        Permission(action=action, granted=place in numbers, native_name=action.lower())
        for place, action in enumerate(Action)
    )


def _members(key: PlatformKey, project: str, random: Random, *, odd: bool) -> tuple[Member, ...]:
    members = (
        Member(
            platform=key,
            project_upstream_id=project,
            upstream_id=f"p{number}",
            name=random.choice([None, "Mara", "Ingrid \N{SNOWMAN}"]),
            email=random.choice([None, "mara@example.org"]),
            avatar_url=None,
            bio='"quoted"\n\u2028',
            timezone="Europe/Prague",
            role=random.choice(list(Role)),
            native_role="role",
            permissions=_permissions(number),
            is_addressable=True,
            is_removable=number > 0,
            confirmed=random.choice([None, True, False]),
        )
        for number in range(random.randint(0, 5))
    )
    return tuple(
        _odd(one, random, "avatar_url bio timezone native_role permissions", odd=odd) for one in members
    )


def _project(
    key: PlatformKey, upstream_id: str, members: tuple[Member, ...], random: Random, *, odd: bool
) -> Project:
    moment = NOON - timedelta(days=random.randint(0, 9), microseconds=random.choice([0, 7]))
    kind: type[Any] = QuantConnectDetails if key is PlatformKey.QUANTCONNECT else TestomatoDetails
    details = _odd(kind(**dict.fromkeys(kind.__slots__)), random, " ".join(kind.__slots__), odd=True)
    project = Project(
        platform=key,
        upstream_id=upstream_id,
        name=random.choice(["Alpha", "alpha", "\N{SNOWMAN}", "Long name"]),
        description=random.choice([None, "text"]),
        url=None,
        created_at=random.choice([None, moment]),
        updated_at=moment,
        archived=random.random() < 0.2,
        details=details,
        members=random.choice([None, members]),
        viewer=None,
    )
    return _odd(project, random, "description url details archived", odd=odd)


def _odd(value: T, random: Random, names: str, *, odd: bool) -> T:
    """The value, now and then with something odd in one of these fields."""
    if not odd or random.random() < 0.9:
        return value
    changed: Callable[..., T] = cast("Any", structs.replace)
    return changed(value, **{random.choice(names.split()): random.choice(_ODD_VALUES)})
