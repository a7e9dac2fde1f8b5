"""Ariadne: its own ASGI application, its own resolvers of attributes, nothing tuned."""

import graph_values as values
from ariadne import ObjectType, QueryType, make_executable_schema
from ariadne.asgi import GraphQL
from graphql import GraphQLResolveInfo
from platform_reads import Reads, reads

SCHEMA = """
enum PlatformKey { QUANTCONNECT TESTOMATO }
enum Role { OWNER ADMIN EDITOR VIEWER CUSTOM }
type Member {
  upstreamId: String!
  name: String
  email: String
  avatarUrl: String
  bio: String
  role: Role!
  nativeRole: String!
  isOwner: Boolean!
}
type MemberConnection { nodes: [Member!]! }
type Project { upstreamId: String! name: String! platform: PlatformKey! members: MemberConnection }
type ProjectConnection { nodes: [Project!]! }
type Query {
  projects(first: Int = 50): ProjectConnection
  projectByUpstreamId(platform: PlatformKey!, upstreamId: String!): Project
}
"""

query = QueryType()
project_type = ObjectType("Project")


@query.field("projects")
async def projects(_: object, info: GraphQLResolveInfo, **_arguments: object) -> values.Projects:
    """Every project."""
    return await info.context["reads"].projects()


@query.field("projectByUpstreamId")
async def project(
    _: object,
    info: GraphQLResolveInfo,
    platform: str,
    upstream_id: str,
) -> values.Project | None:
    """One project."""
    return await info.context["reads"].project(platform, upstream_id)


@project_type.field("members")
async def members(root: values.Project, info: GraphQLResolveInfo) -> values.Members:
    """Everybody in a project."""
    return await info.context["reads"].members(root)


def context(request: object, data: object) -> dict[str, object]:
    """What one request reads."""
    own: Reads = reads()
    return {"request": request, "data": data, "reads": own}


app = GraphQL(
    make_executable_schema(SCHEMA, query, project_type, convert_names_case=True),
    context_value=context,
    introspection=False,
    explorer=None,
)
