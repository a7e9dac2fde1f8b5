"""What all changes have in common: whom they name, why they are not made, and what they leave."""

import strawberry
from msgspec.structs import replace

from gateway.access.changing.change import ChangeResult
from gateway.access.reading.soon import arrival
from gateway.domain import member as domain_member
from gateway.domain import membership as domain
from gateway.domain import project as domain_project
from gateway.domain.errors import BadUserInput
from gateway.domain.vocabulary import UserErrorCode
from gateway.graph.context import Info
from gateway.graph.scalars import EmailAddress

_LONGEST_KEY = 255


@strawberry.input(
    one_of=True,
    description="Who is meant: exactly one of the two. QuantConnect needs its own user id; given an e-mail "
    "address there, the gateway looks for the account among the collaborators that it can see.",
)
class PersonRef:
    """See `gateway.domain.membership.Person`."""

    email: EmailAddress | None = strawberry.UNSET
    upstream_user_id: str | None = strawberry.UNSET

    def __repr__(self) -> str:
        """Personal data stays out of logs and tracebacks."""
        return "PersonRef(…)"


@strawberry.type(description="Why a change was not made.")
class UserError:
    """Reads `gateway.domain.membership.UserError`."""

    code: UserErrorCode
    message: str
    field: list[str] = strawberry.field(description="The path of the argument at fault.")
    retryable: bool = strawberry.field(description="Whether the same request may well succeed later.")


async def project_of(root: strawberry.Parent[ChangeResult], info: Info) -> domain_project.Project | None:
    """The project after the change; read now where the outcome is one that was stored."""
    if root.project is None and root.project_key is not None:
        return await arrival(info.context.directory.project(*root.project_key))
    return root.project


def member_of(root: strawberry.Parent[ChangeResult], info: Info) -> domain_member.Member | None:
    """The person concerned, as far as the caller may see them."""
    return None if root.member is None else info.context.directory.shown(root.member)


def person_in(given: PersonRef) -> domain.Person:
    """Who is meant."""
    return domain.Person(
        email=given.email or None, upstream_user_id=(given.upstream_user_id or "").strip() or None
    )


def idempotency_key(given: str | None) -> str | None:
    """The key of a change; a blank one is none.

    Raises:
        BadUserInput: it cannot be one.
    """
    if given is None or not given.strip():
        return None
    if len(given) > _LONGEST_KEY or not given.isprintable():
        raise BadUserInput(
            f"input.idempotencyKey: at most {_LONGEST_KEY} characters, and none of them a control character."
        )
    return given


def as_seen_now(info: Info, result: ChangeResult) -> ChangeResult:
    """The result, with the rest of the request seeing the project as the change has left it."""
    if result.project is None:
        return result
    return replace(result, project=info.context.directory.changed(result.project, members=result.members))
