"""Writing: who is in a project, and as what."""

from dataclasses import replace

import strawberry

from gateway.access.change import AddMember, Change, ChangeResult, RemoveMember, UpdateMember
from gateway.access.soon import arrival
from gateway.domain import member as domain_member
from gateway.domain import membership as domain
from gateway.domain import project as domain_project
from gateway.domain.caller import Scope
from gateway.domain.vocabulary import Action, Outcome, Role, UserErrorCode
from gateway.graph import ids
from gateway.graph.context import Info
from gateway.graph.field import resolved
from gateway.graph.member import Member
from gateway.graph.project import Project
from gateway.graph.scalars import EmailAddress


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


@strawberry.input
class AddMemberInput:
    """See `gateway.access.change.AddMember`."""

    project_id: strawberry.ID
    person: PersonRef
    role: Role
    grant: list[Action] | None = strawberry.field(
        default_factory=list, description="On top of the role; QuantConnect: LIVE_CONTROL."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="Same key and same input: the stored outcome is given again."
    )


@strawberry.input
class UpdateMemberInput:
    """See `gateway.access.change.UpdateMember`."""

    member_id: strawberry.ID
    role: Role
    grant: list[Action] | None = strawberry.field(
        default_factory=list, description="All that is granted on top of the role afterwards."
    )
    idempotency_key: str | None = None


@strawberry.input
class RemoveMemberInput:
    """See `gateway.access.change.RemoveMember`."""

    member_id: strawberry.ID
    idempotency_key: str | None = None


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


@strawberry.type
class AddMemberPayload:
    """Reads `gateway.access.change.ChangeResult`."""

    outcome: Outcome
    member: Member | None = resolved(member_of, description="The person concerned, where they are a member.")
    project: Project | None = resolved(project_of)
    user_errors: list[UserError]


@strawberry.type
class UpdateMemberPayload:
    """Reads `gateway.access.change.ChangeResult`."""

    outcome: Outcome
    member: Member | None = resolved(member_of)
    project: Project | None = resolved(project_of)
    user_errors: list[UserError]


def removed_member_id(root: strawberry.Parent[ChangeResult]) -> strawberry.ID | None:
    """Whose id is gone now."""
    gone = root.member if root.outcome is Outcome.REMOVED else None
    if gone is None:
        return None
    return strawberry.ID(ids.member_id(gone.platform, gone.project_upstream_id, gone.upstream_id))


@strawberry.type
class RemoveMemberPayload:
    """Reads `gateway.access.change.ChangeResult`."""

    outcome: Outcome
    removed_member_id: strawberry.ID | None = resolved(removed_member_id)
    project: Project | None = resolved(project_of)
    user_errors: list[UserError]


async def add_member(info: Info, input: AddMemberInput) -> ChangeResult:  # noqa: A002 - the contract's name
    """See `gateway.access.membership`."""
    info.context.caller.demand(Scope.MEMBERS_WRITE)
    target = ids.decode(input.project_id)
    if target is None or target.type is not ids.NodeType.PROJECT:
        return _invalid_id("projectId", "a project")
    person = domain.Person(
        email=input.person.email or None,
        upstream_user_id=(input.person.upstream_user_id or "").strip() or None,
    )
    change = AddMember(
        platform=target.platform,
        project_upstream_id=target.upstream_ids[0],
        person=person,
        role=input.role,
        grant=frozenset(input.grant or ()),
    )
    return await _carry_out(info, change, key=input.idempotency_key)


async def update_member(
    info: Info,
    input: UpdateMemberInput,  # noqa: A002 - the contract's name
) -> ChangeResult:
    """See `gateway.access.membership`."""
    info.context.caller.demand(Scope.MEMBERS_WRITE)
    target = ids.decode(input.member_id)
    if target is None or target.type is not ids.NodeType.MEMBER:
        return _invalid_id("memberId", "a member")
    change = UpdateMember(
        platform=target.platform,
        project_upstream_id=target.upstream_ids[0],
        member_upstream_id=target.upstream_ids[1],
        role=input.role,
        grant=frozenset(input.grant or ()),
    )
    return await _carry_out(info, change, key=input.idempotency_key)


async def remove_member(
    info: Info,
    input: RemoveMemberInput,  # noqa: A002 - the contract's name
) -> ChangeResult:
    """See `gateway.access.membership`."""
    info.context.caller.demand(Scope.MEMBERS_WRITE)
    target = ids.decode(input.member_id)
    if target is None or target.type is not ids.NodeType.MEMBER:
        return _invalid_id("memberId", "a member")
    change = RemoveMember(
        platform=target.platform,
        project_upstream_id=target.upstream_ids[0],
        member_upstream_id=target.upstream_ids[1],
    )
    return await _carry_out(info, change, key=input.idempotency_key)


async def _carry_out(info: Info, change: Change, *, key: str | None) -> ChangeResult:
    """Make the change, and let the rest of the request see the project as it is now; a blank key is none."""
    context = info.context
    result = await context.changes.once(
        change,
        platforms=context.directory.platforms,
        key=key if (key or "").strip() else None,
        caller_id=context.caller.id,
        request_id=context.request_id,
    )
    if result.project is None:
        return result
    return replace(result, project=context.directory.changed(result.project, members=result.members))


def _invalid_id(argument: str, what: str) -> ChangeResult:
    error = domain.UserError(
        code=UserErrorCode.INVALID_ID,
        message=f"{argument}: this is not the id of {what}; use ids just as the graph gives them.",
        field=("input", argument),
    )
    return ChangeResult(outcome=Outcome.REFUSED, user_errors=(error,))


@strawberry.type
class Mutation:
    """The entry points for writing. What went wrong stands in `userErrors`; a payload is never null."""

    add_member: AddMemberPayload = resolved(add_member, description="Let a person into a project.")
    update_member: UpdateMemberPayload = resolved(
        update_member,
        description="Give a member exactly this role, and on top of it exactly what `grant` says.",
    )
    remove_member: RemoveMemberPayload = resolved(
        remove_member, description="Take a member out of a project."
    )
