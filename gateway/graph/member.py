"""A person in a project."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from gateway.access.changing.end import MemberKey
from gateway.access.reading.soon import Soon, then
from gateway.domain import member as domain
from gateway.domain import person as domain_person
from gateway.domain import project as domain_project
from gateway.domain.vocabulary import Action, PlatformKey, Role
from gateway.engine.fields import Lasts
from gateway.engine.kinds import values_of
from gateway.graph import ids
from gateway.graph.context import Info
from gateway.graph.field import resolved
from gateway.graph.node import Node
from gateway.graph.paging import Order, SortKey
from gateway.graph.permission import Permission
from gateway.graph.scalars import EmailAddress
from gateway.graph.source import PageInfo, SourceStatus

if TYPE_CHECKING:
    # A project has members and a member has a project; likewise for persons.
    from gateway.graph.person import Person
    from gateway.graph.project import Project

_RANKS = {role: rank for rank, role in enumerate(Role)}


def _sort_key(member: domain.Member) -> SortKey:
    """The most powerful first, then by name; those without a name last."""
    name = (member.name or "").casefold()
    return (_RANKS[member.role], not name, name, member.upstream_id)


MEMBER_ORDER: Order[domain.Member] = Order(name="members", key=_sort_key)


def member_id(root: strawberry.Parent[domain.Member]) -> strawberry.ID:
    """See `gateway.graph.ids`."""
    return strawberry.ID(ids.member_id(root.platform, root.project_upstream_id, root.upstream_id))


def can(root: strawberry.Parent[domain.Member], action: Action) -> bool:
    """See `gateway.domain.member.Member.can`."""
    return root.can(action)


def project_of(root: strawberry.Parent[domain.Member], info: Info) -> Soon[domain_project.Project | None]:
    """The project that the person is in."""
    return info.context.directory.project(root.platform, root.project_upstream_id)


def person_of(root: strawberry.Parent[domain.Member], info: Info) -> Soon[domain_person.Person | None]:
    """Whose membership it is."""
    account = domain_person.AccountKey(root.platform, root.upstream_id)
    return then(info.context.everybody(), lambda everybody: everybody.by_account.get(account))


async def access_until(root: strawberry.Parent[domain.Member], info: Info) -> datetime | None:
    """See `gateway.access.changing.ending`."""
    end = (await info.context.ends.all()).get(
        MemberKey(root.platform, root.project_upstream_id, root.upstream_id)
    )
    return None if end is None else end.at


@strawberry.type(description="One person in one project.")
class Member(Node):
    """Reads `gateway.domain.member.Member`."""

    id: strawberry.ID = resolved(member_id, description="One person in one project.", lasts=Lasts.ALWAYS)
    platform: PlatformKey
    upstream_id: str = strawberry.field(description="QuantConnect's `publicId`, Testomato's user id.")
    name: str | None
    email: EmailAddress | None
    avatar_url: str | None
    bio: str | None
    timezone: str | None
    role: Role
    native_role: str = strawberry.field(description="What the platform calls the role.")
    permissions: list[Permission] = strawberry.field(
        description="Every action that the platform knows, granted or not."
    )
    is_owner: bool
    is_removable: bool
    confirmed: bool | None = strawberry.field(
        description="Whether the person has accepted; null where the platform does not say."
    )
    can: bool = resolved(
        can,
        description="Whether the person may do this; false for what the platform does not know.",
        lasts=Lasts.ALWAYS,
    )
    project: Annotated["Project", strawberry.lazy("gateway.graph.project")] | None = resolved(project_of)
    person: Annotated["Person", strawberry.lazy("gateway.graph.person")] | None = resolved(
        person_of, description="Whose membership this is; for that, everybody is looked at."
    )

    access_until: datetime | None = resolved(
        access_until, description="When the gateway takes the access away; null where it does not end."
    )

    is_type_of = values_of(domain.Member)


@strawberry.type
class MemberEdge:
    """Reads `gateway.graph.paging.Edge`."""

    cursor: str
    node: Member


@strawberry.type(description="One page of a project's members: the most powerful first, then by name.")
class MemberConnection:
    """Reads `gateway.graph.paging.Connection`."""

    edges: list[MemberEdge]
    nodes: list[Member]
    page_info: PageInfo
    total_count: int
    sources: list[SourceStatus]
