"""A person: the accounts that one human being has, and what they may do where."""

import strawberry

from gateway.access.people.everybody import Everybody
from gateway.access.people.person_selection import PersonSelection, select_memberships, select_people
from gateway.access.reading.soon import Soon, then
from gateway.domain import member as domain_member
from gateway.domain import person as domain
from gateway.domain.caller import Scope
from gateway.domain.errors import BadUserInput
from gateway.domain.vocabulary import LinkEvidence, PlatformKey, Role
from gateway.engine.fields import Lasts
from gateway.engine.kinds import values_of
from gateway.graph import ids
from gateway.graph.context import Info, RequestContext
from gateway.graph.field import resolved
from gateway.graph.member import MemberConnection
from gateway.graph.node import Node
from gateway.graph.paging import DEFAULT_PAGE_SIZE, Connection, Order, SortKey, page_size, paginate
from gateway.graph.scalars import EmailAddress
from gateway.graph.source import PageInfo, SourceStatus


def _sort_key(person: domain.Person) -> SortKey:
    """By name; those without one last."""
    name = (person.display_name or "").casefold()
    return (not name, name, person.origin.platform.value, ids.account_digest(person.origin))


PERSON_ORDER: Order[domain.Person] = Order(name="people", key=_sort_key)


@strawberry.type(description="One account on one platform.")
class Account:
    """Reads `gateway.domain.person.Account`."""

    platform: PlatformKey
    upstream_id: str = strawberry.field(description="QuantConnect's `publicId`, Testomato's user id.")
    name: str | None
    email: EmailAddress | None
    linked_by: LinkEvidence = strawberry.field(description="Why the account is taken for this person's.")


def person_id(root: strawberry.Parent[domain.Person]) -> strawberry.ID:
    """See `gateway.graph.ids`."""
    return strawberry.ID(ids.person_id(root.origin))


def memberships_of(  # noqa: PLR0913 - the contract's arguments
    root: strawberry.Parent[domain.Person],
    info: Info,
    *,
    first: int | None = DEFAULT_PAGE_SIZE,
    after: str | None = None,
    platforms: list[PlatformKey] | None = None,
    roles: list[Role] | None = None,
) -> Soon[Connection[domain_member.Member]]:
    """One page of what the person is in."""
    size = page_size(first, most=info.context.max_page_size)
    asked_platforms = None if platforms is None else frozenset(platforms)
    asked_roles = None if roles is None else frozenset(roles)

    def page(everybody: Everybody) -> Connection[domain_member.Member]:
        found = select_memberships(root.memberships, platforms=asked_platforms, roles=asked_roles)
        order = everybody.keep("order of memberships", lambda: _membership_order(everybody))
        return paginate(found, order=order, size=size, after=after, sources=everybody.sources)

    return then(info.context.everybody(), page)


def _membership_order(everybody: Everybody) -> Order[domain_member.Member]:
    """By platform and name of the project."""

    def key(member: domain_member.Member) -> SortKey:
        project = everybody.projects[member.platform, member.project_upstream_id]
        return (member.platform.value, project.name.casefold(), project.upstream_id, member.upstream_id)

    return Order(name="memberships", key=key)


@strawberry.type(description="One human being, as far as it is known which accounts are theirs.")
class Person(Node):
    """Reads `gateway.domain.person.Person`."""

    id: strawberry.ID = resolved(
        person_id, description="The same as long as one of the accounts stays.", lasts=Lasts.ALWAYS
    )
    display_name: str | None
    emails: list[EmailAddress]
    accounts: list[Account]
    memberships: MemberConnection = resolved(
        memberships_of,
        description="One for each project that one of the accounts is in, by platform and project.",
        lasts=Lasts.EDITION,
    )

    is_type_of = values_of(domain.Person)


@strawberry.type
class PersonEdge:
    """Reads `gateway.graph.paging.Edge`."""

    cursor: str
    node: Person


@strawberry.type(description="One page of the people, by name.")
class PersonConnection:
    """Reads `gateway.graph.paging.Connection`."""

    edges: list[PersonEdge]
    nodes: list[Person]
    page_info: PageInfo
    total_count: int
    sources: list[SourceStatus]


@strawberry.input(
    description="Which people are meant; everything given must hold. Platforms, roles and projects must hold "
    "of one and the same membership."
)
class PersonFilter:
    """See `gateway.access.people.person_selection.PersonSelection`."""

    search: str | None = strawberry.field(
        default=None, description="A part of a name, an address or an account's id, in any case."
    )
    platforms: list[PlatformKey] | None = None
    roles: list[Role] | None = None
    project_ids: list[strawberry.ID] | None = None
    on_more_than_one_platform: bool | None = None

    def __repr__(self) -> str:
        """Names and addresses stay out of logs and tracebacks."""
        return "PersonFilter(…)"


def person(
    info: Info,
    *,
    email: EmailAddress | None = None,
    id: strawberry.ID | None = None,  # noqa: A002 - the contract's name
) -> Soon[domain.Person | None]:
    """By an address or by the global id."""
    if (email is None) == (id is None):
        raise BadUserInput("Name the person once: by `email` or by `id`.")
    if email is not None:
        info.context.caller.demand(Scope.PII_READ)
        address = str(email)
        return then(info.context.everybody(), lambda everybody: everybody.with_address(address))
    node_id = None if id is None else ids.decode(id)
    if node_id is None or node_id.type is not ids.NodeType.PERSON:
        return None
    return person_with_id(info.context, node_id)


def person_with_id(context: RequestContext, node_id: ids.NodeId) -> Soon[domain.Person | None]:
    """The person whom the id names, or has named: they may have another one now."""
    key = (node_id.platform, node_id.upstream_ids[0])
    return then(
        context.everybody(),
        lambda everybody: everybody.keep("people by id", lambda: _by_digest(everybody)).get(key),
    )


def _by_digest(everybody: Everybody) -> dict[tuple[PlatformKey, str], domain.Person]:
    return {
        (account.platform, ids.account_digest(account)): person
        for account, person in everybody.by_name.items()
    }


def people(
    info: Info,
    *,
    first: int | None = DEFAULT_PAGE_SIZE,
    after: str | None = None,
    filter: PersonFilter | None = None,  # noqa: A002 - the contract's name
) -> Soon[Connection[domain.Person]]:
    """One page of the people."""
    size = page_size(first, most=info.context.max_page_size)
    if after is not None:
        PERSON_ORDER.position(after)
    selection = _selected_by(filter or PersonFilter())

    def page(everybody: Everybody) -> Connection[domain.Person]:
        def make() -> Connection[domain.Person]:
            found = select_people(everybody.people, selection)
            return paginate(found, order=PERSON_ORDER, size=size, after=after, sources=everybody.sources)

        return everybody.keep(("page", selection, size, after), make)

    return then(info.context.everybody(), page)


def _selected_by(wanted: PersonFilter) -> PersonSelection:
    return PersonSelection(
        search=wanted.search,
        platforms=None if wanted.platforms is None else frozenset(wanted.platforms),
        roles=None if wanted.roles is None else frozenset(wanted.roles),
        projects=None if wanted.project_ids is None else frozenset(map(_project_key, wanted.project_ids)),
        on_more_than_one_platform=wanted.on_more_than_one_platform,
    )


def _project_key(text: strawberry.ID) -> tuple[PlatformKey, str]:
    node_id = ids.decode(text)
    if node_id is None or node_id.type is not ids.NodeType.PROJECT:
        raise BadUserInput("filter.projectIds: one of these is not the id of a project.")
    return node_id.platform, node_id.upstream_ids[0]
