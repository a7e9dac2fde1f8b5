"""Every platform of the registry, connected to its own stand-in over a real socket."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from gateway.domain.errors import UpstreamError
from gateway.domain.member import Member
from gateway.domain.platform import PersonAddress, Platform
from gateway.domain.project import Project
from gateway.domain.vocabulary import Role
from gateway.platforms.registry import REGISTRY, RegisteredPlatform
from gateway.sandbox.handle import Sandbox
from gateway.upstream.channel import UpstreamChannel
from gateway.upstream.httpx_transport import HttpxTransport

# So that a fault is met once for each call, and none keeps the platform from making the next.
ONE_ATTEMPT_A_CALL = {"retry_attempts": 1, "breaker_least_calls": 1_000}


@dataclass
class Clock:
    """Stands still until it is told to go on."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.moment

    def go_on(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@dataclass(frozen=True, kw_only=True)
class Connected:
    """A platform and what stands behind it."""

    platform: Platform
    sandbox: Sandbox
    clock: Clock

    async def projects(self) -> tuple[Project, ...]:
        return (await self.platform.list_projects()).projects

    async def members(self, project: Project) -> tuple[Member, ...]:
        [members] = await self.platform.list_members([project.upstream_id])
        assert isinstance(members, tuple)
        return members

    async def role_in(self, project: Project) -> Role | None:
        """What the gateway's own account is in `project`."""
        access = await self.platform.viewer_access(project, await self.members(project))
        return access.role

    async def project_of_own(self) -> Project:
        """The first project that belongs to the gateway's own account."""
        for project in await self.projects():
            if await self.role_in(project) is Role.OWNER:
                return project
        raise AssertionError("the account owns no project")

    async def newcomer_to(self, project: Project) -> str:
        """Somebody from another project, as the platform names people who are added."""
        inside = {member.email for member in await self.members(project)}
        by_email = self.platform.profile.adds_people_by is PersonAddress.EMAIL
        for other in await self.projects():
            for member in await self.members(other):
                if member.is_addressable and member.email is not None and member.email not in inside:
                    return member.email if by_email else member.upstream_id
        raise AssertionError("everybody is in already")


class Connect(Protocol):
    """Connects to the running stand-in; `settings` win over those that it gives."""

    async def __call__(self, **settings: object) -> Connected: ...


@pytest.fixture(params=REGISTRY, ids=lambda entry: entry.profile.name)
def entry(request: pytest.FixtureRequest) -> RegisteredPlatform:
    registered: RegisteredPlatform = request.param
    return registered


@pytest.fixture
async def connect(entry: RegisteredPlatform) -> AsyncIterator[Connect]:
    sandbox = entry.create_sandbox()
    async with AsyncExitStack() as stack:
        base_url = await stack.enter_async_context(sandbox.running())

        async def make(**settings: object) -> Connected:
            loaded = entry.settings_type(
                **{**sandbox.gateway_settings(base_url), **ONE_ATTEMPT_A_CALL, **settings}
            )
            transport = HttpxTransport(max_connections=loaded.max_concurrent_calls)
            await stack.enter_async_context(transport)
            clock = Clock()
            channel = UpstreamChannel(
                platform=entry.profile.key, settings=loaded, transport=transport, now=clock
            )
            platform = entry.connect(loaded, channel=channel, now=clock)
            return Connected(platform=platform, sandbox=sandbox, clock=clock)

        yield make


@pytest.fixture
async def connected(connect: Connect) -> Connected:
    return await connect()


async def raised(reading: object) -> UpstreamError:
    """The failure of a read, whether it is raised or stands in the answer's place."""
    try:
        answer = await reading
    except UpstreamError as failure:
        return failure
    found = answer[0] if isinstance(answer, list) else answer
    assert isinstance(found, UpstreamError), found
    return found
