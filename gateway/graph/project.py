"""A project, and what only one platform says of its projects."""

from datetime import datetime
from typing import Annotated

import strawberry

from gateway.access.people.selection import select_members
from gateway.access.reading.members import MemberListing
from gateway.access.reading.soon import Soon, then
from gateway.domain import member as domain_member
from gateway.domain import permission as domain_permission
from gateway.domain import project as domain
from gateway.domain.vocabulary import PlatformKey, Role
from gateway.engine.fields import Lasts
from gateway.engine.kinds import values_of
from gateway.graph import ids
from gateway.graph.context import Info
from gateway.graph.field import resolved
from gateway.graph.member import MEMBER_ORDER, Member, MemberConnection
from gateway.graph.node import Node
from gateway.graph.paging import DEFAULT_PAGE_SIZE, Connection, page_size, paginate
from gateway.graph.permission import ProjectAccess, RoleMapping
from gateway.graph.source import PageInfo, SourceStatus


@strawberry.type(description="What only QuantConnect says of a project.")
class QuantConnectProject:
    """Reads `gateway.domain.project.QuantConnectDetails`."""

    organization_id: str | None
    language: str | None
    lean_version_id: int | None
    lean_pinned_to_master: bool | None
    last_live_deployment: datetime | None
    code_running: bool | None
    encrypted: bool | None

    is_type_of = values_of(domain.QuantConnectDetails)


@strawberry.type(description="What only Testomato says of a project.")
class TestomatoProject:
    """Reads `gateway.domain.project.TestomatoDetails`."""

    check_interval: str | None = strawberry.field(
        description='"5 minutes" and the like; null when automatic checks are off.'
    )
    uptime_interval_seconds: int | None = strawberry.field(description="Null when uptime is off.")
    location: str | None
    timeout_seconds: float | None
    delay_milliseconds: int | None
    check_default_errors: bool | None
    ssl_status: str | None
    ssl_expires_at: datetime | None
    ssl_days_left: int | None

    is_type_of = values_of(domain.TestomatoDetails)


ProjectDetails = Annotated[
    QuantConnectProject | TestomatoProject,
    strawberry.union("ProjectDetails", description="What only one platform says of its projects."),
]


def project_id(root: strawberry.Parent[domain.Project]) -> strawberry.ID:
    """See `gateway.graph.ids`."""
    return strawberry.ID(ids.project_id(root.platform, root.upstream_id))


def owner_of(root: strawberry.Parent[domain.Project], info: Info) -> Soon[domain_member.Member | None]:
    """Whom the project belongs to, if the platform shows it."""
    return then(
        info.context.directory.members(root),
        lambda listing: next((member for member in listing.members if member.is_owner), None),
    )


async def viewer_of(
    root: strawberry.Parent[domain.Project], info: Info
) -> domain_permission.ProjectAccess | None:
    """See `gateway.access.reading.directory.Directory.viewer`."""
    return await info.context.directory.viewer(root)


async def roles_of(
    root: strawberry.Parent[domain.Project], info: Info
) -> tuple[domain_permission.RoleMapping, ...] | None:
    """See `gateway.access.reading.directory.Directory.roles`."""
    return await info.context.directory.roles(root)


def members_of(  # noqa: PLR0913 - the contract's arguments
    root: strawberry.Parent[domain.Project],
    info: Info,
    *,
    first: int | None = DEFAULT_PAGE_SIZE,
    after: str | None = None,
    roles: list[Role] | None = None,
    search: str | None = None,
) -> Soon[Connection[domain_member.Member] | None]:
    """One page of the members."""
    size = page_size(first, most=info.context.max_page_size)
    directory = info.context.directory

    def page(listing: MemberListing) -> "Connection[domain_member.Member]":
        source = directory.source(listing.read, root.platform)
        wanted = None if roles is None else frozenset(roles)

        def make() -> "Connection[domain_member.Member]":
            members = select_members(listing.members, roles=wanted, search=search)
            return paginate(members, order=MEMBER_ORDER, size=size, after=after, sources=[source])

        return listing.derived(("page", wanted, search, size, after, source), make)

    return then(directory.members(root), page)


@strawberry.type(description="One project of one platform.")
class Project(Node):
    """Reads `gateway.domain.project.Project`."""

    id: strawberry.ID = resolved(project_id, description="One project of one platform.", lasts=Lasts.ALWAYS)
    platform: PlatformKey
    upstream_id: str = strawberry.field(description="QuantConnect's projectId as text, Testomato's id.")
    name: str
    description: str | None
    url: str | None = strawberry.field(description="Testomato: the monitored site.")
    created_at: datetime | None
    updated_at: datetime | None
    archived: bool = strawberry.field(description='QuantConnect: it lies in "Recycle Bin/".')
    details: ProjectDetails | None = strawberry.field(description="What only this platform says.")

    owner: Member | None = resolved(owner_of, description="Whom the project belongs to.", lasts=Lasts.EDITION)
    viewer: ProjectAccess | None = resolved(
        viewer_of, description="What the gateway's own account may do in this project."
    )
    roles: list[RoleMapping] | None = resolved(
        roles_of,
        description="Every role that exists in this project, custom ones included; one upstream call.",
    )
    members: MemberConnection | None = resolved(
        members_of,
        description="Everybody in the project. `search` looks at names and e-mail addresses.",
        lasts=Lasts.EDITION,
    )

    is_type_of = values_of(domain.Project)


@strawberry.type
class ProjectEdge:
    """Reads `gateway.graph.paging.Edge`."""

    cursor: str
    node: Project


@strawberry.type(description="One page of projects, and what each platform contributed.")
class ProjectConnection:
    """Reads `gateway.graph.paging.Connection`."""

    edges: list[ProjectEdge]
    nodes: list[Project]
    page_info: PageInfo
    total_count: int
    sources: list[SourceStatus]
