"""Testomato as a Platform."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from gateway.domain.errors import UpstreamBroken, UpstreamError, UpstreamNotFound
from gateway.domain.member import Member
from gateway.domain.membership import Addition, Removal, RoleChange
from gateway.domain.permission import ProjectAccess, RoleMapping
from gateway.domain.platform import (
    MembershipReply,
    PersonAddress,
    PlatformAccount,
    PlatformHealth,
    PlatformProfile,
    ProjectListing,
)
from gateway.domain.project import Project
from gateway.domain.vocabulary import Capability, PlatformKey, Role
from gateway.platforms.testomato import normalise, wire
from gateway.platforms.testomato.client import Credential, TestomatoClient
from gateway.platforms.testomato.protocol import decode
from gateway.platforms.testomato.settings import ProjectDiscovery, RoleEncoding, TestomatoSettings
from gateway.upstream.channel import UpstreamChannel

T = TypeVar("T")

PROFILE = PlatformProfile(
    key=PlatformKey.TESTOMATO,
    name="Testomato",
    # No documented call lists projects, and none changes a role.
    capabilities=tuple(
        one for one in Capability if one not in {Capability.LIST_PROJECTS, Capability.UPDATE_MEMBER}
    ),
    roles=normalise.ROLES,
    grantable_actions=(),
    adds_people_by=PersonAddress.EMAIL,
    calls={
        Capability.ADD_MEMBER: "POST /project/{projectId}/users",
        Capability.REMOVE_MEMBER: "DELETE /project/{projectId}/users",
    },
)

# Ids are 24 hexadecimal digits; anything that could leave its path segment is no id.
_PROJECT_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class TestomatoPlatform:
    """See `gateway.domain.platform.Platform`."""

    profile = PROFILE

    def __init__(
        self,
        *,
        client: TestomatoClient,
        channel: UpstreamChannel,
        settings: TestomatoSettings,
    ) -> None:
        self._client = client
        self._channel = channel
        self._project_ids = tuple(dict.fromkeys(settings.project_ids))
        self._project_discovery = settings.project_discovery
        self._role_encoding = settings.role_encoding
        self._account_lock = asyncio.Lock()
        self._account_id: str | None = None

    def health(self) -> PlatformHealth:
        return self._channel.health()

    async def account(self) -> PlatformAccount:
        account = await self._client.verify_token()
        self._account_id = str(account.id)
        return PlatformAccount(upstream_id=self._account_id, name=account.name, email=account.email)

    async def list_projects(self) -> ProjectListing:
        if self._project_discovery is ProjectDiscovery.LEGACY:
            return await self._list_discovered()
        results = await self.get_projects(self._project_ids)
        failures = [
            UpstreamNotFound(PROFILE.key) if result is None else result
            for result in results
            if not isinstance(result, Project)
        ]
        return ProjectListing(
            projects=tuple(result for result in results if isinstance(result, Project)),
            failure=failures[0] if failures else None,
            missing_count=len(failures),
        )

    async def get_projects(self, upstream_ids: Sequence[str]) -> list[Project | None | UpstreamError]:
        """One call a project: the API has none for several. The channel bounds how many at once."""
        return await asyncio.gather(*(_settled(self._get_project, one) for one in upstream_ids))

    async def list_members(
        self, project_upstream_ids: Sequence[str]
    ) -> list[tuple[Member, ...] | None | UpstreamError]:
        """One call a project, as above."""
        return await asyncio.gather(*(_settled(self._list_members_of, one) for one in project_upstream_ids))

    async def list_roles(self, project: Project) -> tuple[RoleMapping, ...]:
        roles = await self._client.list_roles(project.upstream_id)
        return tuple(normalise.role_mapping(role) for role in roles)

    async def viewer_access(self, project: Project, members: Sequence[Member]) -> ProjectAccess:
        """The rights come with the project; the role is that of the member whose token this is."""
        if project.viewer is not None:
            permissions = project.viewer.permissions
        else:
            switches = await self._client.get_permissions(project.upstream_id)
            permissions = normalise.permissions(switches)
        try:
            account_id = await self._own_id()
        except UpstreamError:
            return ProjectAccess(role=None, permissions=permissions)
        role = next((one.role for one in members if one.upstream_id == account_id), None)
        if role is Role.OWNER:
            permissions = normalise.as_owner(permissions)
        return ProjectAccess(role=role, permissions=permissions)

    async def add_member(self, addition: Addition) -> MembershipReply:
        number = normalise.ROLE_IDS[addition.role]
        user = await self._client.add_user(
            addition.project_upstream_id,
            email=addition.person_id,
            role=number if self._role_encoding is RoleEncoding.INTEGER else str(number),
        )
        return MembershipReply(
            member=normalise.member(user, project_upstream_id=addition.project_upstream_id)
        )

    async def update_member(self, change: RoleChange) -> MembershipReply:
        """No such call exists; `profile.capabilities` says so and nothing comes this far."""
        raise AssertionError(f"{change.project_upstream_id}: Testomato cannot change a role")

    async def remove_member(self, removal: Removal) -> MembershipReply:
        await self._client.remove_users(
            removal.project_upstream_id, user_ids=[int(removal.member.upstream_id)]
        )
        return MembershipReply()

    async def _list_discovered(self) -> ProjectListing:
        projects: list[Project] = []
        raws = await self._client.list_user_projects(await self._own_id())
        for raw in raws:
            try:
                projects.append(normalise.project(decode(raw, wire.Project)))
            except UpstreamBroken:
                continue
        unreadable = len(raws) - len(projects)
        return ProjectListing(
            projects=tuple(projects),
            failure=UpstreamBroken(PROFILE.key) if unreadable else None,
            missing_count=unreadable,
        )

    async def _get_project(self, upstream_id: str) -> Project | None:
        if not _PROJECT_ID.fullmatch(upstream_id):
            return None
        try:
            return await self._client.get_project(upstream_id, normalise.project)
        except UpstreamNotFound:
            return None

    async def _list_members_of(self, upstream_id: str) -> tuple[Member, ...] | None:
        if not _PROJECT_ID.fullmatch(upstream_id):
            return None
        try:
            return await self._client.list_users(
                upstream_id, partial(normalise.members, project_upstream_id=upstream_id)
            )
        except UpstreamNotFound:
            return None

    async def _own_id(self) -> str:
        """The account behind the credential; it never changes, so it is asked for once."""
        async with self._account_lock:
            return self._account_id or (await self.account()).upstream_id


async def _settled(read: Callable[[str], Awaitable[T]], upstream_id: str) -> T | UpstreamError:
    """What is read, or why it cannot be, so that one failure does not take the others along."""
    try:
        return await read(upstream_id)
    except UpstreamError as error:
        return error


def connect(
    settings: TestomatoSettings, *, channel: UpstreamChannel, now: Callable[[], datetime]
) -> TestomatoPlatform:
    """The platform with the credential in `settings`, which must hold one; nothing is sent yet."""
    if not settings.is_configured:
        raise ValueError("Testomato has no credential")
    client = TestomatoClient(
        base_url=settings.base_url,
        credential=Credential(
            token=None if settings.token is None else settings.token.get_secret_value(),
            email=settings.email,
            password=None if settings.password is None else settings.password.get_secret_value(),
        ),
        token_lifetime=settings.token_lifetime,
        channel=channel,
        now=now,
    )
    return TestomatoPlatform(client=client, channel=channel, settings=settings)
