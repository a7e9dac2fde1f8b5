"""Writing for many projects at once: what one person may do, everywhere."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

import strawberry

from gateway.access import target_rules
from gateway.access.batch import Batch, BatchResult, Found
from gateway.access.change import ChangeResult
from gateway.access.ledger import PLACE_MARK
from gateway.access.plan_rules import agreed_part
from gateway.access.planning import plan
from gateway.domain import member as domain_member
from gateway.domain import membership as domain
from gateway.domain import project as domain_project
from gateway.domain.caller import Scope
from gateway.domain.vocabulary import Outcome
from gateway.graph import ids
from gateway.graph.access_input import (
    Asked,
    GrantAccessInput,
    RevokeAccessInput,
    asked_of_grant,
    asked_of_revoke,
)
from gateway.graph.change import UserError, as_seen_now, member_of, project_of
from gateway.graph.context import Info
from gateway.graph.field import resolved
from gateway.graph.member import Member
from gateway.graph.project import Project


@dataclass(frozen=True, kw_only=True)
class TargetResult:
    """What came of one target.

    Attributes:
        project_id: as it was asked for.
    """

    project_id: str
    result: ChangeResult


@dataclass(frozen=True, kw_only=True)
class AccessChange:
    """What came of a change for many targets."""

    complete: bool
    results: tuple[TargetResult, ...] = ()
    user_errors: tuple[domain.UserError, ...] = ()


async def project_of_target(
    root: strawberry.Parent[TargetResult], info: Info
) -> domain_project.Project | None:
    """See `project_of`."""
    return await project_of(root.result, info)


def member_of_target(root: strawberry.Parent[TargetResult], info: Info) -> domain_member.Member | None:
    """See `member_of`."""
    return member_of(root.result, info)


def outcome_of_target(root: strawberry.Parent[TargetResult]) -> Outcome:
    """What became of it."""
    return root.result.outcome


def errors_of_target(root: strawberry.Parent[TargetResult]) -> list[domain.UserError]:
    """Why it was not done."""
    return list(root.result.user_errors)


@strawberry.type(description="What came of one target.")
class AccessResult:
    """Reads `TargetResult`."""

    project_id: strawberry.ID
    project: Project | None = resolved(project_of_target)
    outcome: Outcome = resolved(outcome_of_target)
    member: Member | None = resolved(member_of_target)
    user_errors: list[UserError] = resolved(errors_of_target)


@strawberry.type
class AccessChangePayload:
    """Reads `AccessChange`."""

    complete: bool = strawberry.field(description="Whether everything is as it was asked to be.")
    results: list[AccessResult] = strawberry.field(description="One for each target, in order.")
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was tried, or what may be missing among the targets."
    )


async def grant_access(
    info: Info,
    input: GrantAccessInput,  # noqa: A002 - the contract's name
) -> AccessChange:
    """See `gateway.access.batches`."""
    info.context.caller.demand(Scope.MEMBERS_WRITE)
    return await carry_out(info, asked_of_grant(info.context, input))


async def revoke_access(
    info: Info,
    input: RevokeAccessInput,  # noqa: A002 - the contract's name
) -> AccessChange:
    """See `gateway.access.batches`."""
    info.context.caller.demand(Scope.MEMBERS_WRITE)
    return await carry_out(info, asked_of_revoke(info.context, input))


async def carry_out(info: Info, asked: Asked) -> AccessChange:
    """What comes of it."""
    context = info.context
    batch = Batch(
        atomic=asked.atomic,
        digest=asked.digest,
        # A key that nobody else has, and that is nobody's.
        key=asked.key or f"{PLACE_MARK}{uuid.uuid4().hex}",
        caller_id=context.caller.id,
        credential=context.directory.platforms.fingerprint,
        request_id=context.request_id,
        at=context.now(),
        plan=asked.plan,
    )
    platforms = context.directory.platforms

    async def find() -> Found:
        found = await asked.find()
        if not asked.atomic or found.refusals:
            return found
        # Better not to begin what would have to be undone.
        everybody = await context.everybody_for_changes()
        steps = plan(found.parts, everybody=everybody, profiles=platforms.profiles)
        return replace(found, parts=tuple(map(agreed_part, steps)))

    done = await context.batches.once(batch, find=find, platforms=platforms)
    return AccessChange(
        complete=done.is_complete,
        results=_results(info, done, asked.project_ids),
        user_errors=done.user_errors,
    )


def _results(info: Info, done: BatchResult, project_ids: Sequence[str] | None) -> tuple[TargetResult, ...]:
    results: list[TargetResult] = []
    for part, result in zip(done.parts, done.results, strict=True):
        change = part.change
        shown = as_seen_now(info, result)
        if change is not None and shown.project is None:
            shown = replace(shown, project_key=(change.platform, change.project_upstream_id))
        if part.target is not None and project_ids is not None:
            project_id = project_ids[part.target]
        elif change is not None:
            project_id = ids.project_id(change.platform, change.project_upstream_id)
        else:
            raise AssertionError("a part without a change is for a target that was named")
        errors = tuple(target_rules.of_target(error, part) for error in shown.user_errors)
        results.append(TargetResult(project_id=project_id, result=replace(shown, user_errors=errors)))
    return tuple(results)
