"""The audit trail in the graph: who changed what, when, and what came of it."""

from datetime import UTC, datetime

import strawberry

from gateway.access.changing.audit import AuditEntry as AuditEntryValue
from gateway.access.changing.audit import AuditPosition, AuditSelection
from gateway.access.changing.ledger import Standing
from gateway.access.people.everybody import Everybody
from gateway.access.reading.soon import Soon, then
from gateway.domain import person as domain_person
from gateway.domain import project as domain_project
from gateway.domain.errors import BadUserInput
from gateway.domain.vocabulary import Outcome, PlatformKey, Role
from gateway.engine.fields import Lasts
from gateway.engine.kinds import values_of
from gateway.graph import ids
from gateway.graph.context import Info
from gateway.graph.field import resolved
from gateway.graph.paging import DEFAULT_PAGE_SIZE, Connection, Order, SortKey, page_size
from gateway.graph.person import Person
from gateway.graph.project import Project
from gateway.graph.scalars import EmailAddress
from gateway.graph.source import PageInfo

_HIGHEST_NUMBER = 2**63 - 1


def _sort_key(entry: AuditEntryValue) -> SortKey:
    return (entry.at.astimezone(UTC).isoformat(), entry.number)


AUDIT_ORDER: Order[AuditEntryValue] = Order(name="audit", key=_sort_key, descending=True)


@strawberry.input(description="Which entries are meant; everything given must hold.")
class AuditFilter:
    """See `gateway.access.changing.audit.AuditSelection`."""

    since: datetime | None = strawberry.field(default=None, description="Settled at this moment or later.")
    until: datetime | None = strawberry.field(default=None, description="Settled before this moment.")
    actor: str | None = strawberry.field(
        default=None, description="Exactly this caller, as in `AuditEntry.actor`."
    )
    project_id: strawberry.ID | None = strawberry.field(
        default=None, description="A project's id, also where the project is there no more."
    )
    person_email: EmailAddress | None = strawberry.field(
        default=None,
        description="Whose access was concerned, by the address that was known then; needs the scope "
        "pii:read.",
    )
    outcomes: list[Outcome] | None = strawberry.field(default=None, description="Null: all.")

    def __repr__(self) -> str:
        """Addresses stay out of logs and tracebacks."""
        return "AuditFilter(…)"


def entry_id(root: strawberry.Parent[AuditEntryValue]) -> strawberry.ID:
    """See `gateway.graph.ids`."""
    return strawberry.ID(ids.audit_entry_id(root.number))


def project_of(root: strawberry.Parent[AuditEntryValue], info: Info) -> Soon[domain_project.Project | None]:
    """The project as it is now."""
    return info.context.directory.project(root.platform, root.project_upstream_id)


def person_of(root: strawberry.Parent[AuditEntryValue], info: Info) -> Soon[domain_person.Person | None]:
    """Whose access was concerned, if they are still in any project."""

    def find(everybody: Everybody) -> domain_person.Person | None:
        account = domain_person.AccountKey(root.platform, root.member_upstream_id or "")
        found = everybody.by_account.get(account)
        if found is None and root.member_email is not None:
            found = everybody.with_address(root.member_email)
        return found

    return then(info.context.everybody(), find)


def role_before(root: strawberry.Parent[AuditEntryValue]) -> Role | None:
    """See `gateway.access.changing.ledger.AuditRecord`."""
    return _role(root.before)


def role_after(root: strawberry.Parent[AuditEntryValue]) -> Role | None:
    """See `gateway.access.changing.ledger.AuditRecord`."""
    return _role(root.after)


def _role(standing: Standing | None) -> Role | None:
    return None if standing is None else standing.role


@strawberry.type(
    description="One change that was asked for, and what came of it. Where that was UNKNOWN and was found "
    "out later, there are two entries: the later one has what was found, and the request that looked for it."
)
class AuditEntry:
    """Reads `gateway.access.changing.audit.AuditEntry`."""

    id: strawberry.ID = resolved(
        entry_id, description="Opaque, and of use to tell entries apart only.", lasts=Lasts.ALWAYS
    )
    at: datetime = strawberry.field(description="When it was settled what came of the change.")
    actor: str = strawberry.field(
        description="The caller who asked for it: the name of a key, the subject of a token, or `anybody`."
    )
    operation: str = strawberry.field(description="The mutation's name.")
    platform: PlatformKey
    project: Project | None = resolved(
        project_of, description="As it is now; null where it cannot be read any more."
    )
    person: Person | None = resolved(
        person_of,
        description="Whose access was concerned; null where they are in no project any more. For that, "
        "everybody is looked at.",
    )
    before: Role | None = resolved(
        role_before,
        description="What the person was in the project; null where they were not in it.",
        lasts=Lasts.ALWAYS,
    )
    after: Role | None = resolved(
        role_after,
        description="What the person was then; null where they were not in it, or where that is UNKNOWN.",
        lasts=Lasts.ALWAYS,
    )
    outcome: Outcome
    idempotency_key: str | None = strawberry.field(description="As it was given.")
    plan_token: str | None = strawberry.field(
        description="Of the plan that the change was a step of; null where it was asked for by itself."
    )
    request_id: str = strawberry.field(description="As in the log and in the answer's X-Request-ID.")

    is_type_of = values_of(AuditEntryValue)


@strawberry.type
class AuditEdge:
    """Reads `gateway.graph.paging.Edge`."""

    cursor: str
    node: AuditEntry


@strawberry.type(description="One page of the audit trail, the newest entry first.")
class AuditConnection:
    """Reads `gateway.graph.paging.Connection`."""

    edges: list[AuditEdge]
    nodes: list[AuditEntry]
    page_info: PageInfo
    total_count: int


async def audit_log(
    info: Info,
    *,
    first: int | None = DEFAULT_PAGE_SIZE,
    after: str | None = None,
    filter: AuditFilter | None = None,  # noqa: A002 - the contract's name
) -> Connection[AuditEntryValue]:
    """One page of what is recorded."""
    size = page_size(first, most=info.context.max_page_size)
    page = await info.context.audit.page(
        AuditSelection() if filter is None else _selected_by(filter),
        size=size,
        after=None if after is None else position_of(after),
    )
    return Connection(
        nodes=page.entries,
        total_count=page.total_count,
        sources=(),
        order=AUDIT_ORDER,
        has_next_page=page.has_older,
        has_previous_page=page.has_newer,
    )


def _selected_by(wanted: AuditFilter) -> AuditSelection:
    return AuditSelection(
        since=wanted.since,
        until=wanted.until,
        actor=wanted.actor,
        project=None if wanted.project_id is None else _project(wanted.project_id),
        person_email=wanted.person_email,
        outcomes=None if wanted.outcomes is None else frozenset(wanted.outcomes),
    )


def _project(text: str) -> tuple[PlatformKey, str]:
    found = ids.decode(text)
    if found is None or found.type is not ids.NodeType.PROJECT:
        raise BadUserInput(
            "filter.projectId: this is not the id of a project; use ids just as the graph gives them."
        )
    return (found.platform, found.upstream_ids[0])


def position_of(cursor: str) -> AuditPosition:
    """The place in the trail that a cursor stands for.

    Raises:
        BadUserInput: it is no cursor of the trail.
    """
    try:
        text, number = AUDIT_ORDER.position(cursor)
        if isinstance(text, str) and type(number) is int and 0 < number <= _HIGHEST_NUMBER:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                return AuditPosition(moment.astimezone(UTC), number)
    except (ValueError, OverflowError):
        pass  # too many parts or too few, no moment, or one outside all calendars
    raise BadUserInput("after: this is not a cursor that the gateway gave.")
