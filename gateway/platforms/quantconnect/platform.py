"""QuantConnect as a Platform."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import datetime

import msgspec

from gateway.domain.errors import UpstreamBroken, UpstreamError, UpstreamRejected
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
from gateway.domain.vocabulary import Action, Capability, PlatformKey
from gateway.platforms.quantconnect import normalise, wire
from gateway.platforms.quantconnect.client import Credential, QuantConnectClient
from gateway.platforms.quantconnect.protocol import decode
from gateway.platforms.quantconnect.settings import QuantConnectSettings
from gateway.upstream.channel import UpstreamChannel

PROFILE = PlatformProfile(
    key=PlatformKey.QUANTCONNECT,
    name="QuantConnect",
    capabilities=tuple(Capability),
    roles=normalise.ROLES,
    grantable_actions=(Action.LIVE_CONTROL,),
    adds_people_by=PersonAddress.UPSTREAM_USER_ID,
    calls={
        Capability.ADD_MEMBER: "POST /projects/collaboration/create",
        Capability.UPDATE_MEMBER: "POST /projects/collaboration/update",
        Capability.REMOVE_MEMBER: "POST /projects/collaboration/delete",
    },
)


class QuantConnectPlatform:
    """See `gateway.domain.platform.Platform`."""

    profile = PROFILE

    def __init__(
        self,
        *,
        client: QuantConnectClient,
        channel: UpstreamChannel,
        account_user_id: str,
        projects_per_call: int | None = None,
    ) -> None:
        self._client = client
        self._channel = channel
        self._account_user_id = account_user_id
        self._projects_per_call = projects_per_call

    def health(self) -> PlatformHealth:
        return self._channel.health()

    async def account(self) -> PlatformAccount:
        """The name stands only in an endpoint outside the specification; without it the id must do."""
        try:
            name = (await self._client.read_user()).name
        except (UpstreamRejected, UpstreamBroken):
            await self._client.authenticate()
            name = None
        return PlatformAccount(upstream_id=self._account_user_id, name=name, email=None)

    async def list_projects(self) -> ProjectListing:
        projects: dict[str, Project] = {}
        unreadable = 0
        async for project in self._read_all():
            if project is None:
                unreadable += 1
            else:
                projects[project.upstream_id] = project
        return ProjectListing(
            projects=tuple(projects.values()),
            failure=UpstreamBroken(PROFILE.key) if unreadable else None,
            missing_count=unreadable,
        )

    async def get_projects(self, upstream_ids: Sequence[str]) -> list[Project | None | UpstreamError]:
        """There is no call for several: more than one id is served by the whole list."""
        if len(upstream_ids) == 1:
            return [await self._get_project(upstream_ids[0])]
        if not any(_is_project_id(upstream_id) for upstream_id in upstream_ids):
            return [None for _ in upstream_ids]
        return _picked(await self.list_projects(), upstream_ids)

    async def list_members(
        self, project_upstream_ids: Sequence[str]
    ) -> list[tuple[Member, ...] | None | UpstreamError]:
        if len(project_upstream_ids) == 1:
            return [await self._list_members_of(project_upstream_ids[0])]
        projects = await self.get_projects(project_upstream_ids)
        return await asyncio.gather(*(self._members_with(project) for project in projects))

    async def list_roles(self, project: Project) -> tuple[RoleMapping, ...]:  # noqa: ARG002 - the port's
        """The same two in every project; ownership is not given."""
        return PROFILE.roles

    async def viewer_access(
        self,
        project: Project,
        members: Sequence[Member],  # noqa: ARG002 - the port's; collaborators need not show the own id
    ) -> ProjectAccess:
        if project.viewer is not None:
            return project.viewer
        reply = await self._client.read_collaborators(project_id=int(project.upstream_id))
        return normalise.access_of(
            permission=reply.user_permissions, live_control=bool(reply.user_live_control), owner=False
        )

    async def add_member(self, addition: Addition) -> MembershipReply:
        write, live_control = normalise.flags_for(role=addition.role, grant=addition.grant)
        reply = await self._client.create_collaborator(
            project_id=int(addition.project_upstream_id),
            public_id=addition.person_id,
            write=write,
            live_control=live_control,
        )
        return _membership(reply, addition.project_upstream_id, person_id=addition.person_id)

    async def update_member(self, change: RoleChange) -> MembershipReply:
        write, live_control = normalise.flags_for(role=change.role, grant=change.grant)
        reply = await self._client.update_collaborator(
            project_id=int(change.project_upstream_id),
            public_id=change.member.upstream_id,
            write=write,
            live_control=live_control,
        )
        return _membership(reply, change.project_upstream_id, person_id=change.member.upstream_id)

    async def remove_member(self, removal: Removal) -> MembershipReply:
        reply = await self._client.delete_collaborator(
            project_id=int(removal.project_upstream_id), public_id=removal.member.upstream_id
        )
        return _membership(reply, removal.project_upstream_id, person_id=removal.member.upstream_id)

    async def _get_project(self, upstream_id: str) -> Project | None:
        if not _is_project_id(upstream_id):
            return None
        try:
            projects = await self._client.read_projects(self._projects_in, project_id=int(upstream_id))
        except UpstreamRejected:
            # An unknown id is refused in words that are not documented. The list tells a project that
            # does not exist from a refusal for another reason.
            [found] = _picked(await self.list_projects(), [upstream_id])
            if isinstance(found, UpstreamError):
                raise found from None
            return found
        if None in projects:
            raise UpstreamBroken(PROFILE.key)
        return next((one for one in projects if one is not None and one.upstream_id == upstream_id), None)

    async def _list_members_of(self, upstream_id: str) -> tuple[Member, ...] | None:
        if not _is_project_id(upstream_id):
            return None
        try:
            reply = await self._client.read_collaborators(project_id=int(upstream_id))
        except UpstreamRejected:
            project = await self._get_project(upstream_id)
            if project is not None and project.members is None:
                raise
            return None if project is None else project.members
        return normalise.members(reply.collaborators, project_upstream_id=upstream_id)

    async def _members_with(
        self, found: Project | None | UpstreamError
    ) -> tuple[Member, ...] | None | UpstreamError:
        """The members that came with a project; they are asked for apart where none did."""
        if not isinstance(found, Project):
            return found
        if found.members is not None:
            return found.members
        try:
            return await self._list_members_of(found.upstream_id)
        except UpstreamError as error:
            return error

    async def _read_all(self) -> AsyncIterator[Project | None]:
        """Every project, in one call or in windows; one that moved meanwhile may come twice.

        None stands for one that cannot be read.

        Each window begins with the last project of the one before. So none is ever empty, which the
        platform refuses, and a project that is deleted meanwhile hides no other.
        """
        if self._projects_per_call is None:
            for project in await self._client.read_projects(self._projects_in):
                yield project
            return
        size, start = self._projects_per_call, 0
        while True:
            window = await self._client.read_projects(self._projects_in, start=start, end=start + size)
            for project in window:
                yield project
            if len(window) < size:
                return
            start += size - 1

    def _projects_in(self, reply: wire.ProjectsReply) -> tuple[Project | None, ...]:
        """Each project, None where it cannot be read."""
        return tuple(map(self._project, reply.projects))

    def _project(self, raw: msgspec.Raw) -> Project | None:
        with suppress(UpstreamBroken):
            return normalise.project(decode(raw, wire.Project), account_user_id=self._account_user_id)
        return None


def _is_project_id(upstream_id: str) -> bool:
    """Anything but a positive whole number of at most 64 bits, as it is usually written, is no id here."""
    return re.fullmatch(r"[1-9][0-9]{0,17}", upstream_id) is not None


def _picked(listing: ProjectListing, upstream_ids: Sequence[str]) -> list[Project | None | UpstreamError]:
    """Projects of a list by their ids; one that is absent may be among those that could not be read."""
    found = {project.upstream_id: project for project in listing.projects}
    return [
        found.get(upstream_id) or (listing.failure if _is_project_id(upstream_id) else None)
        for upstream_id in upstream_ids
    ]


def _membership(
    reply: wire.CollaboratorsReply, project_upstream_id: str, *, person_id: str
) -> MembershipReply:
    members = normalise.members(reply.collaborators, project_upstream_id=project_upstream_id)
    found = next((member for member in members if member.upstream_id == person_id), None)
    return MembershipReply(member=found, members=members)


def connect(
    settings: QuantConnectSettings, *, channel: UpstreamChannel, now: Callable[[], datetime]
) -> QuantConnectPlatform:
    """The platform with the credential in `settings`, which must hold one; nothing is sent yet."""
    if settings.user_id is None or settings.api_token is None:
        raise ValueError("QuantConnect has no credential")
    credential = Credential(user_id=settings.user_id, api_token=settings.api_token.get_secret_value())
    client = QuantConnectClient(base_url=settings.base_url, credential=credential, channel=channel, now=now)
    return QuantConnectPlatform(
        client=client,
        channel=channel,
        account_user_id=settings.user_id,
        projects_per_call=settings.projects_per_call,
    )
