"""What came of a change for many targets: one result for each."""

from collections.abc import Sequence

import msgspec
import strawberry
from msgspec.structs import replace

from gateway.access.batches import target_rules
from gateway.access.batches.batch import BatchResult, Part
from gateway.access.changing.change import ChangeResult
from gateway.domain import member as domain_member
from gateway.domain import membership as domain
from gateway.domain import project as domain_project
from gateway.domain.vocabulary import Outcome
from gateway.graph import ids
from gateway.graph.change import UserError, as_seen_now, member_of, project_of
from gateway.graph.context import Info
from gateway.graph.field import resolved
from gateway.graph.member import Member
from gateway.graph.project import Project


class TargetResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one target.

    Attributes:
        project_id: as it was asked for.
    """

    project_id: str
    result: ChangeResult


class AccessChange(msgspec.Struct, frozen=True, kw_only=True):
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


def refused(*errors: domain.UserError) -> AccessChange:
    """Nothing was tried."""
    return AccessChange(complete=False, user_errors=errors)


def told(
    info: Info,
    done: BatchResult,
    *,
    project_ids: Sequence[str] | None,
    missing: tuple[domain.UserError, ...],
) -> AccessChange:
    """What came of a batch.

    Args:
        project_ids: of the targets as they were asked for; None where they were not.
        missing: why there may be more to do, if the batch is open.
    """
    errors = (*done.user_errors, *(missing if done.is_open else ()))
    pairs = zip(done.parts, done.results, strict=True)
    return AccessChange(
        complete=done.is_complete and not errors,
        results=tuple(_target(info, part, result, project_ids) for part, result in pairs),
        user_errors=errors,
    )


def _target(info: Info, part: Part, result: ChangeResult, project_ids: Sequence[str] | None) -> TargetResult:
    change, shown = part.change, as_seen_now(info, result)
    if change is not None and shown.project is None:
        shown = replace(shown, project_key=(change.platform, change.project_upstream_id))
    if part.target is not None and project_ids is not None:
        project_id = project_ids[part.target]
    elif change is not None:
        project_id = ids.project_id(change.platform, change.project_upstream_id)
    else:
        raise AssertionError("a part without a change is for a target that was named")
    errors = tuple(target_rules.of_target(error, part) for error in shown.user_errors)
    return TargetResult(project_id=project_id, result=replace(shown, user_errors=errors))
