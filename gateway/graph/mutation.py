"""Writing: who is in a project, and as what."""

import strawberry

from gateway.access.changing.change import AddMember, Change, ChangeResult, RemoveMember, UpdateMember
from gateway.domain import membership as domain
from gateway.domain.caller import Scope
from gateway.domain.vocabulary import Action, Outcome, Role, UserErrorCode
from gateway.graph import ids
from gateway.graph.access import grant_access, revoke_access
from gateway.graph.access_result import AccessChangePayload
from gateway.graph.change import (
    PersonRef,
    UserError,
    as_seen_now,
    idempotency_key,
    member_of,
    person_in,
    project_of,
)
from gateway.graph.context import Info
from gateway.graph.field import resolved
from gateway.graph.member import Member
from gateway.graph.plan import apply_access_plan
from gateway.graph.project import Project


@strawberry.input
class AddMemberInput:
    """See `gateway.access.changing.change.AddMember`."""

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
    """See `gateway.access.changing.change.UpdateMember`."""

    member_id: strawberry.ID
    role: Role
    grant: list[Action] | None = strawberry.field(
        default_factory=list, description="All that is granted on top of the role afterwards."
    )
    idempotency_key: str | None = None


@strawberry.input
class RemoveMemberInput:
    """See `gateway.access.changing.change.RemoveMember`."""

    member_id: strawberry.ID
    idempotency_key: str | None = None


@strawberry.type
class AddMemberPayload:
    """Reads `gateway.access.changing.change.ChangeResult`."""

    outcome: Outcome
    member: Member | None = resolved(member_of, description="The person concerned, where they are a member.")
    project: Project | None = resolved(project_of)
    user_errors: list[UserError]


@strawberry.type
class UpdateMemberPayload:
    """Reads `gateway.access.changing.change.ChangeResult`."""

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
    """Reads `gateway.access.changing.change.ChangeResult`."""

    outcome: Outcome
    removed_member_id: strawberry.ID | None = resolved(removed_member_id)
    project: Project | None = resolved(project_of)
    user_errors: list[UserError]


async def add_member(info: Info, input: AddMemberInput) -> ChangeResult:  # noqa: A002 - the contract's name
    """See `gateway.access.changing.membership`."""
    info.context.caller.demand(Scope.MEMBERS_WRITE)
    target = ids.decode(input.project_id)
    if target is None or target.type is not ids.NodeType.PROJECT:
        return _invalid_id("projectId", "a project")
    change = AddMember(
        platform=target.platform,
        project_upstream_id=target.upstream_ids[0],
        person=person_in(input.person),
        role=input.role,
        grant=frozenset(input.grant or ()),
    )
    return await _carry_out(info, change, key=input.idempotency_key)


async def update_member(
    info: Info,
    input: UpdateMemberInput,  # noqa: A002 - the contract's name
) -> ChangeResult:
    """See `gateway.access.changing.membership`."""
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
    """See `gateway.access.changing.membership`."""
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
    """Make the change, and let the rest of the request see the project as it is now."""
    context = info.context
    result = await context.changes.once(
        change,
        platforms=context.directory.platforms,
        key=idempotency_key(key),
        caller_id=context.caller.id,
        request_id=context.request_id,
    )
    return as_seen_now(info, result)


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
    grant_access: AccessChangePayload = resolved(
        grant_access,
        description="Give one person exactly these roles in these projects, on whichever platforms they are, "
        "whether the person is in them or not. One result for each target, in order.",
    )
    apply_access_plan: AccessChangePayload = resolved(
        apply_access_plan,
        description="Carry out what `planAccess` has shown, as long as things are as they were then. "
        "Otherwise nothing is done, and PLAN_STALE tells what has changed.",
    )
    revoke_access: AccessChangePayload = resolved(
        revoke_access,
        description="Take one person out of these projects, or out of everything. One result for each "
        "project, in order; for one that the person is in with several accounts, one for each of those.",
    )
