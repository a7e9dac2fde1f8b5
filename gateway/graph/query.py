"""Reading."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

import strawberry

from gateway.access.people.selection import ProjectSelection, select_projects
from gateway.access.reading.catalogue import Catalogue
from gateway.access.reading.soon import Soon, arrival, then
from gateway.domain import person as domain_person
from gateway.domain import platform as domain_platform
from gateway.domain import project as domain_project
from gateway.domain.errors import BadUserInput, UpstreamError
from gateway.domain.member import Member
from gateway.domain.vocabulary import PlatformKey
from gateway.engine.fields import Lasts
from gateway.graph import ids
from gateway.graph.audit import AuditConnection, audit_log
from gateway.graph.context import MAX_NODES, Info, RequestContext
from gateway.graph.drift import DriftReport, access_drift
from gateway.graph.expiring import access_expiring
from gateway.graph.field import resolved
from gateway.graph.member import MemberConnection
from gateway.graph.node import Node
from gateway.graph.paging import DEFAULT_PAGE_SIZE, Connection, Order, SortKey, page_size, paginate
from gateway.graph.person import Person, PersonConnection, people, person, person_with_id
from gateway.graph.plan import AccessPlan, plan_access
from gateway.graph.platform import Platform
from gateway.graph.project import Project, ProjectConnection
from gateway.graph.scalars import EmailAddress

NodeValue = domain_platform.PlatformProfile | domain_project.Project | Member | domain_person.Person


@strawberry.enum(description="What projects can be ordered by.")
class ProjectOrderField(StrEnum):
    """Attributes of a project."""

    NAME = "NAME"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"


@strawberry.enum(description="Which way an order runs.")
class OrderDirection(StrEnum):
    """Ascending or descending."""

    ASC = "ASC"
    DESC = "DESC"


@strawberry.input(description="How projects are ordered. A project without the moment asked for comes last.")
class ProjectOrder:
    """See `project_order`."""

    field: ProjectOrderField
    direction: OrderDirection


@strawberry.input(description="Which projects are meant; everything given must hold.")
class ProjectFilter:
    """See `gateway.access.people.selection.ProjectSelection`."""

    platforms: list[PlatformKey] | None = strawberry.field(default=None, description="Null: all.")
    search: str | None = strawberry.field(
        default=None, description="A part of the name, the address or the upstream id, in any case."
    )
    member_email: EmailAddress | None = strawberry.field(
        default=None, description="Only projects that the person with this address is in."
    )
    include_archived: bool | None = strawberry.field(default=False, description="Deleted ones too.")

    def __repr__(self) -> str:
        """Addresses stay out of logs and tracebacks."""
        return "ProjectFilter(…)"


def project_order(order: ProjectOrder) -> Order[domain_project.Project]:
    """The total order that `order` asks for: ties are broken by platform and id."""
    return _project_order(order.field, order.direction)


@lru_cache
def _project_order(field: ProjectOrderField, direction: OrderDirection) -> Order[domain_project.Project]:
    descending = direction is OrderDirection.DESC

    def key(project: domain_project.Project) -> SortKey:
        if field is ProjectOrderField.NAME:
            value = project.name.casefold()
        else:
            by_creation = field is ProjectOrderField.CREATED_AT
            value = _sortable(project.created_at if by_creation else project.updated_at)
        # Without a value last, whichever way the order runs.
        return ((not value) is not descending, value, project.platform.value, project.upstream_id)

    return Order(name=f"{field}:{direction}", key=key, descending=descending)


def _sortable(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


DEFAULT_ORDER = ProjectOrder(field=ProjectOrderField.NAME, direction=OrderDirection.ASC)


async def resolve_node(
    context: RequestContext, text: str, *, only: ids.NodeType | None = None
) -> NodeValue | None:
    """What the id stands for; None where there is none (any more) or it is not of the type asked for."""
    node_id = ids.decode(text)
    if node_id is None or only not in {None, node_id.type}:
        return None
    directory = context.directory
    match node_id.type, node_id.upstream_ids:
        case ids.NodeType.PROJECT, (project,):
            return await arrival(directory.project(node_id.platform, project))
        case ids.NodeType.MEMBER, (project, person):
            listing = await arrival(directory.members_of(node_id.platform, project))
            members = () if listing is None else listing.members
            return next((one for one in members if one.upstream_id == person), None)
        case ids.NodeType.PERSON, _:
            return await arrival(person_with_id(context, node_id))
    return directory.platforms.profiles[node_id.platform]


async def node(info: Info, id: strawberry.ID) -> NodeValue | None:  # noqa: A002 - the contract's name
    """See `resolve_node`."""
    return await resolve_node(info.context, id)


async def nodes(
    info: Info, texts: Annotated[list[strawberry.ID], strawberry.argument(name="ids")]
) -> list[NodeValue | None | BaseException]:
    """See `resolve_node`; one that cannot be read is an error in its own place, and the others arrive."""
    if len(texts) > info.context.max_nodes:
        raise BadUserInput(f"ids: at most {info.context.max_nodes} can be asked for at once.")
    found = (resolve_node(info.context, text) for text in texts)
    return await asyncio.gather(*found, return_exceptions=True)


def platforms(info: Info) -> list[domain_platform.PlatformProfile]:
    """In the order of the registry."""
    return list(info.context.directory.platforms.profiles.values())


async def project(
    info: Info,
    id: strawberry.ID,  # noqa: A002 - the contract's name
) -> domain_project.Project | None:
    """By its global id."""
    value = await resolve_node(info.context, id, only=ids.NodeType.PROJECT)
    return value if isinstance(value, domain_project.Project) else None


def project_by_upstream_id(
    info: Info, platform: PlatformKey, upstream_id: str
) -> Soon[domain_project.Project | None]:
    """By the id that the platform shows."""
    return info.context.directory.project(platform, upstream_id)


def projects(  # noqa: PLR0913 - the contract's arguments
    info: Info,
    *,
    first: int | None = DEFAULT_PAGE_SIZE,
    after: str | None = None,
    filter: ProjectFilter | None = None,  # noqa: A002 - the contract's name
    order_by: ProjectOrder | None = DEFAULT_ORDER,
    require_complete: bool | None = False,
) -> Soon[Connection[domain_project.Project] | None]:
    """One page of the projects."""
    size = page_size(first, most=info.context.max_page_size)
    order = project_order(order_by or DEFAULT_ORDER)
    if after is not None:
        order.position(after)
    selection = _NOT_ARCHIVED if filter is None else _selected_by(filter)

    def page(catalogue: Catalogue) -> "Connection[domain_project.Project]":
        if require_complete and catalogue.failures:
            raise _as_one(catalogue.failures)
        key = ("page", order.name, size, after)
        found: Connection[domain_project.Project] | None = catalogue.derived.get(key)
        if found is None:
            found = paginate(
                catalogue.projects, order=order, size=size, after=after, sources=catalogue.sources
            )
            catalogue.keep_derived(key, found)
        return found

    directory = info.context.directory
    return directory.derived(
        ("projects", selection, order.name, size, after, require_complete),
        lambda: then(select_projects(directory, selection), page),
    )


def _selected_by(wanted: ProjectFilter) -> ProjectSelection:
    return ProjectSelection(
        platforms=None if wanted.platforms is None else frozenset(wanted.platforms),
        search=wanted.search,
        member_email=wanted.member_email,
        include_archived=wanted.include_archived is True,
    )


_NOT_ARCHIVED = _selected_by(ProjectFilter())


def _as_one(failures: tuple[UpstreamError, ...]) -> UpstreamError:
    """The failure to show for several: one that may pass only where all may."""
    return next((failure for failure in failures if not failure.retryable), failures[0])


@strawberry.type
class Query:
    """The entry points for reading."""

    node: Node | None = resolved(node, description="Anything by its id; null where there is none.")
    nodes: list[Node | None] = resolved(
        nodes, description=f"Up to {MAX_NODES} things by their ids, in that order; null where there is none."
    )
    people: PersonConnection = resolved(
        people,
        description="Everybody who is in a project of any platform, by name. Where a platform fails the "
        "others' people arrive, and `sources` tells what is missing.",
        lasts=Lasts.EDITION,
    )
    person: Person | None = resolved(
        person, description="One person, by an address of theirs or by id; null where there is none."
    )
    access_drift: DriftReport = resolved(
        access_drift,
        description="How access differs from what the text of an access.toml declares.",
    )
    access_expiring: MemberConnection = resolved(
        access_expiring,
        description="Members whose access ends within so many days, or should have ended: the first first.",
    )
    plan_access: AccessPlan = resolved(
        plan_access,
        description="What `grantAccess` or `revokeAccess` with this input would do; nothing is done.",
    )
    platforms: list[Platform] = resolved(platforms, description="Every platform, configured or not.")
    project: Project | None = resolved(project, description="One project; an unknown id gives null.")
    project_by_upstream_id: Project | None = resolved(
        project_by_upstream_id, description="One project by the platform's own id; an unknown id gives null."
    )
    projects: ProjectConnection | None = resolved(
        projects,
        description="Every project of every platform; deleted ones only where the filter asks for them. "
        "Where a platform fails the others' projects arrive, and `sources` tells what is missing; with "
        "`requireComplete` the whole field fails instead.",
        lasts=Lasts.EDITION,
    )
    audit_log: AuditConnection = resolved(
        audit_log,
        description="Every change that was asked for and came to an end, by whoever asked, the newest first; "
        "needs the scope audit:read. A refusal that may pass is no end: nothing is recorded of it.",
    )
