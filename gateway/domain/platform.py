"""The Platform port: what the gateway asks of every API it stands before.

A platform folder implements it once (`gateway/platforms/<name>/platform.py`) and translates both ways, so
that nothing outside the folder knows the platform's field names, URLs or error texts.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from functools import cached_property
from typing import Protocol, Self

import msgspec

from gateway.domain.errors import UpstreamError
from gateway.domain.member import Member
from gateway.domain.membership import Addition, Removal, RoleChange
from gateway.domain.permission import ProjectAccess, RoleMapping
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, Capability, PlatformKey, PlatformStatus, Role


class PersonAddress(Enum):
    """What a platform names a person by when one is added."""

    EMAIL = auto()
    UPSTREAM_USER_ID = auto()


class PlatformProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What is true of a platform whether or not it is configured or reachable.

    Attributes:
        roles: every role that a member can be given.
        grantable_actions: what can be granted on top of a role.
        calls: the method and path behind each capability to change members, ids in braces.
    """

    key: PlatformKey
    name: str
    capabilities: tuple[Capability, ...]
    roles: tuple[RoleMapping, ...]
    grantable_actions: tuple[Action, ...]
    adds_people_by: PersonAddress
    calls: Mapping[Capability, str] = msgspec.field(default_factory=dict)

    def mapping_of(self, role: Role) -> RoleMapping | None:
        """The platform's version of `role`; None where no member can be given it."""
        return next((mapping for mapping in self.roles if mapping.role is role), None)


class PlatformAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Whose credential the gateway uses on a platform."""

    upstream_id: str
    name: str | None
    email: str | None

    def without_personal_data(self) -> Self:
        """For those who may see whose account it is, but not how to reach them."""
        return msgspec.structs.replace(self, email=None)

    def __repr__(self) -> str:
        """Personal data stays out of logs and tracebacks."""
        return "PlatformAccount(…)"


class PlatformHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How our calls to a platform went lately. Moments are in UTC.

    Attributes:
        last_success_at: when it last answered well; None before the first good answer.
        failing_since: the first failure after that; None while calls succeed.
        retry_at: the earliest useful moment to call again, when it is known.
    """

    status: PlatformStatus
    last_success_at: datetime | None = None
    failing_since: datetime | None = None
    retry_at: datetime | None = None


class ProjectListing(msgspec.Struct, frozen=True, kw_only=True):
    """The projects that a platform lists, and what is known to be missing.

    Attributes:
        failure: why some projects are missing; None when the list is whole.
        missing_count: how many projects are known to exist but could not be read.
    """

    projects: tuple[Project, ...]
    failure: UpstreamError | None = None
    missing_count: int = 0


class MembershipReply(msgspec.Struct, frozen=True, kw_only=True):
    """What a platform's answer to a change showed.

    Attributes:
        member: the person concerned as the answer shows them; None where it does not.
        members: everybody in the project after the change; None where the answer does not list them.
    """

    member: Member | None = None
    members: tuple[Member, ...] | None = None


class Platform(Protocol):
    """One configured platform. Every coroutine may raise `UpstreamError`."""

    @property
    def profile(self) -> PlatformProfile:
        """What is always true of this platform."""

    def health(self) -> PlatformHealth:
        """How our calls went lately; no call is made."""

    async def account(self) -> PlatformAccount:
        """Whose credential this is."""

    async def list_projects(self) -> ProjectListing:
        """Every project that the credential can see."""

    async def get_projects(self, upstream_ids: Sequence[str]) -> list[Project | None | UpstreamError]:
        """One entry an id, in order: the project, None where there is none, or why it is not known."""

    async def list_members(
        self, project_upstream_ids: Sequence[str]
    ) -> list[tuple[Member, ...] | None | UpstreamError]:
        """Everybody in each project, owner included: one entry an id, in order, as in `get_projects`."""

    async def list_roles(self, project: Project) -> tuple[RoleMapping, ...]:
        """Every role that exists in `project`, the platform's custom ones included."""

    async def viewer_access(self, project: Project, members: Sequence[Member]) -> ProjectAccess:
        """What the gateway's own account may do in `project`, whose `members` are given as far as known."""

    async def add_member(self, addition: Addition) -> MembershipReply:
        """Add a person. Sent at most once."""

    async def update_member(self, change: RoleChange) -> MembershipReply:
        """Change a member's role and grants. Sent at most once."""

    async def remove_member(self, removal: Removal) -> MembershipReply:
        """Remove a member. Sent at most once."""


@dataclass(frozen=True, kw_only=True)
class Platforms:
    """Every platform that the gateway knows, and those that there is a credential for.

    Attributes:
        accounts: for each connected platform a fingerprint of the account in use: tells it apart from
            others, and gives no secret away. Whatever requests share is kept apart by it.
        brought: the platforms whose account the caller has brought.
    """

    profiles: Mapping[PlatformKey, PlatformProfile]
    connected: Mapping[PlatformKey, Platform]
    accounts: Mapping[PlatformKey, str] = field(default_factory=dict, repr=False)
    brought: frozenset[PlatformKey] = frozenset()

    @cached_property
    def fingerprint(self) -> str:
        """Of all accounts together."""
        return hashlib.sha256(repr(sorted(self.accounts.items())).encode()).hexdigest()

    @cached_property
    def holder(self) -> str:
        """Whose accounts these are: blank for the gateway's own, otherwise a fingerprint of what was brought.

        What is remembered for good is kept apart by it: it stays when the gateway's own accounts change.
        """
        own = sorted((key, self.accounts[key]) for key in self.brought)
        return hashlib.sha256(repr(own).encode()).hexdigest() if own else ""
