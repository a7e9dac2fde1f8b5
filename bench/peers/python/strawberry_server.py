"""Plain Strawberry: its own ASGI application and engine, plain attributes, nothing tuned."""

import enum

import graph_values as values
import strawberry
from platform_reads import Reads, reads
from strawberry.asgi import GraphQL


@strawberry.enum
class PlatformKey(enum.Enum):
    """The platforms."""

    QUANTCONNECT = "QUANTCONNECT"
    TESTOMATO = "TESTOMATO"


@strawberry.enum
class Role(enum.Enum):
    """What a person is in a project."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    EDITOR = "EDITOR"
    VIEWER = "VIEWER"
    CUSTOM = "CUSTOM"


Info = strawberry.Info[Reads, None]


@strawberry.type
class Member:
    """Reads `graph_values.Member`."""

    upstream_id: str
    name: str | None
    email: str | None
    avatar_url: str | None
    bio: str | None
    role: Role
    native_role: str
    is_owner: bool


@strawberry.type
class MemberConnection:
    """Reads `graph_values.Members`."""

    nodes: list[Member]


async def members_of(root: strawberry.Parent[values.Project], info: Info) -> values.Members:
    """Everybody in a project."""
    return await info.context.members(root)


@strawberry.type
class Project:
    """Reads `graph_values.Project`."""

    upstream_id: str
    name: str
    platform: PlatformKey
    members: MemberConnection | None = strawberry.field(resolver=members_of)


@strawberry.type
class ProjectConnection:
    """Reads `graph_values.Projects`."""

    nodes: list[Project]


async def projects(info: Info, first: int | None = 50) -> values.Projects:  # noqa: ARG001 - the graph's
    """Every project."""
    return await info.context.projects()


async def project_by_upstream_id(
    info: Info, platform: PlatformKey, upstream_id: str
) -> values.Project | None:
    """One project."""
    return await info.context.project(platform.value, upstream_id)


@strawberry.type
class Query:
    """The entry points."""

    projects: ProjectConnection | None = strawberry.field(resolver=projects)
    project_by_upstream_id: Project | None = strawberry.field(resolver=project_by_upstream_id)


class Server(GraphQL[Reads, None]):
    """Strawberry's own, with one context a request."""

    async def get_context(self, request: object, response: object) -> Reads:  # noqa: ARG002 - its signature
        """What this request reads."""
        return reads()


app = Server(strawberry.Schema(query=Query), graphql_ide=None)
