"""Declared access, held against what is there."""

import msgspec
import strawberry

from gateway.access.declarations.declared import Declaration
from gateway.access.declarations.differences import DriftItem as AccessDriftItem
from gateway.access.declarations.differences import DriftKind
from gateway.access.declarations.fields import DeclarationInvalid
from gateway.access.declarations.observed_drift import ObservedDrift, observed_drift
from gateway.access.declarations.reader import read_declaration
from gateway.access.people.everybody import Everybody
from gateway.access.reading.soon import arrival
from gateway.domain import membership as domain
from gateway.domain.caller import Scope
from gateway.domain.source import SourceStatus as DomainSource
from gateway.domain.vocabulary import Role, UserErrorCode
from gateway.graph.change import UserError
from gateway.graph.context import Info, RequestContext
from gateway.graph.field import resolved
from gateway.graph.member import Member
from gateway.graph.person import Person
from gateway.graph.project import Project
from gateway.graph.source import SourceStatus

strawberry.enum(
    DriftKind,
    description="UNEXPECTED: somebody has access that nothing declares. MISSING: declared, and not there. "
    "CHANGED: there otherwise than declared. EXPIRED: still there, and what declared it has ended.",
)


class ShownDrift(msgspec.Struct, frozen=True, kw_only=True):
    """What is found.

    Attributes:
        warnings: what is declared and means nothing here, with its place in the text; what cannot be looked
            at for want of a credential.
    """

    clean: bool
    items: tuple[AccessDriftItem, ...] = ()
    warnings: tuple[str, ...] = ()
    user_errors: tuple[domain.UserError, ...] = ()
    sources: tuple[DomainSource, ...] = ()


def declared_role(root: strawberry.Parent[AccessDriftItem]) -> Role | None:
    """What the file says."""
    return root.role


@strawberry.type(description="One way in which access is not as declared.")
class DriftItem:
    """Reads `gateway.access.declarations.differences.DriftItem`."""

    kind: DriftKind
    project: Project | None
    person: Person | None
    member: Member | None
    declared_role: Role | None = resolved(declared_role)
    actual_role: Role | None
    detail: str


@strawberry.type(description="How access differs from what is declared.")
class DriftReport:
    """Reads `ShownDrift`."""

    clean: bool = strawberry.field(
        description="Whether everything is as declared, and everything could be read."
    )
    items: list[DriftItem]
    warnings: list[str] = strawberry.field(
        description="What is declared and means nothing here: a slip of the pen, perhaps, or a platform that "
        "is not configured."
    )
    user_errors: list[UserError]
    sources: list[SourceStatus]


async def access_drift(info: Info, declaration: str) -> ShownDrift:
    """See `gateway.access.declarations.drift`."""
    context = info.context
    # A text with an address in it finds out whose that is.
    context.caller.demand(Scope.PII_READ)
    everybody = await arrival(context.everybody())
    try:
        declared = declaration_in(context, declaration)
    except DeclarationInvalid as invalid:
        errors = mistakes_in(invalid, field=("declaration",))
        return ShownDrift(clean=False, user_errors=errors, sources=everybody.sources)
    found = drift_of(context, declared, everybody)
    return ShownDrift(
        clean=found.is_clean,
        items=found.drift.items,
        warnings=(
            *found.unconfigured,
            *(f"{one.place}: {one.detail}" for one in found.drift.unmatched),
        ),
        sources=everybody.sources,
    )


def declaration_in(context: RequestContext, text: str) -> Declaration:
    """What a text declares.

    Raises:
        DeclarationInvalid: it cannot be read.
    """
    return read_declaration(text, profiles=context.directory.platforms.profiles)


def drift_of(context: RequestContext, declared: Declaration, everybody: Everybody) -> ObservedDrift:
    """How the world differs from it."""
    return observed_drift(
        declared, everybody, profiles=context.directory.platforms.profiles, now=context.now()
    )


def mistakes_in(invalid: DeclarationInvalid, *, field: tuple[str, ...]) -> tuple[domain.UserError, ...]:
    """One error for each mistake."""
    return tuple(
        domain.UserError(
            code=UserErrorCode.DECLARATION_INVALID,
            message=str(mistake),
            field=field,
        )
        for mistake in invalid.mistakes
    )
