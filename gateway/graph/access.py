"""Writing for many projects at once: what one person may do, everywhere."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import strawberry

from gateway.access import target_rules
from gateway.access.batch import MAX_TARGETS, Batch, BatchResult, Part
from gateway.access.change import ChangeResult
from gateway.access.everybody import Everybody
from gateway.access.ledger import PLACE_MARK
from gateway.access.soon import arrival
from gateway.access.targets import (
    GrantTarget,
    ProjectKey,
    every_revocation,
    grants,
    human_named,
    revocations,
)
from gateway.domain import member as domain_member
from gateway.domain import membership as domain
from gateway.domain import project as domain_project
from gateway.domain.caller import Scope
from gateway.domain.vocabulary import Action, Outcome, Role
from gateway.graph import ids
from gateway.graph.change import (
    PersonRef,
    UserError,
    as_seen_now,
    idempotency_key,
    member_of,
    person_in,
    project_of,
)
from gateway.graph.context import Info, RequestContext
from gateway.graph.field import resolved
from gateway.graph.member import Member
from gateway.graph.project import Project

_ATOMIC = "All of it or nothing: where one target fails, what was done for the others is undone."


@strawberry.input(description="One project, and what the person is to be in it.")
class AccessTargetInput:
    """See `gateway.access.targets.GrantTarget`."""

    project_id: strawberry.ID
    role: Role
    grant: list[Action] | None = strawberry.field(
        default_factory=list, description="All that is granted on top of the role afterwards."
    )
    upstream_user_id: str | None = strawberry.field(
        default=None, description="The person's account there, where the gateway cannot know it."
    )


@strawberry.input
class GrantAccessInput:
    """See `grant_access`."""

    person: PersonRef
    targets: list[AccessTargetInput]
    atomic: bool | None = strawberry.field(default=False, description=_ATOMIC)
    idempotency_key: str | None = strawberry.field(
        default=None, description="Same key and same input: what was left unfinished is finished."
    )


@strawberry.input(description="Out of `projectIds`, or out of everything with `everywhere`: one of the two.")
class RevokeAccessInput:
    """See `revoke_access`."""

    person: PersonRef
    project_ids: list[strawberry.ID] | None = None
    everywhere: bool | None = strawberry.field(
        default=False, description="Out of every project that any of the person's accounts is in."
    )
    atomic: bool | None = strawberry.field(default=False, description=_ATOMIC)
    idempotency_key: str | None = None


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
    context = info.context
    context.caller.demand(Scope.MEMBERS_WRITE)
    if len(input.targets) > MAX_TARGETS:
        return _refused(target_rules.too_many(("input", "targets")))
    person = person_in(input.person)
    targets = [
        GrantTarget(
            project=project_key(target.project_id),
            role=target.role,
            grant=frozenset(target.grant or ()),
            upstream_user_id=(target.upstream_user_id or "").strip() or None,
        )
        for target in input.targets
    ]
    parts = grants(
        person,
        targets,
        everybody=await arrival(context.everybody()),
        profiles=context.directory.platforms.profiles,
    )
    asked = _Asked(
        key=idempotency_key(input.idempotency_key),
        atomic=input.atomic is True,
        digest=_digest("grantAccess", person, targets, input.atomic is True),
        project_ids=[target.project_id for target in input.targets],
    )
    return await _carry_out(info, parts, asked)


async def revoke_access(
    info: Info,
    input: RevokeAccessInput,  # noqa: A002 - the contract's name
) -> AccessChange:
    """See `gateway.access.batches`."""
    context = info.context
    context.caller.demand(Scope.MEMBERS_WRITE)
    given = input.project_ids
    if (given is not None) == (input.everywhere is True):
        return _refused(target_rules.either())
    if given is not None and len(given) > MAX_TARGETS:
        return _refused(target_rules.too_many(("input", "projectIds")))
    person, atomic = person_in(input.person), input.atomic is True
    projects = None if given is None else [project_key(one) for one in given]
    missing: tuple[domain.UserError, ...] = ()
    if projects is not None:
        everybody = await arrival(context.everybody())
        profiles = context.directory.platforms.profiles
        parts = revocations(person, projects, everybody=everybody, profiles=profiles)
    else:
        everybody = await _everybody_now(context)
        human = human_named(person, everybody)
        missing = target_rules.missing(everybody)
        refusals = target_rules.against_everywhere(human, missing, atomic=atomic)
        if human is None or refusals:
            return _refused(*refusals)
        parts = every_revocation(human)
    asked = _Asked(
        key=idempotency_key(input.idempotency_key),
        atomic=atomic,
        digest=_digest("revokeAccess", person, projects, atomic),
        project_ids=given,
    )
    change = await _carry_out(info, parts, asked)
    errors = (*change.user_errors, *missing)
    return replace(change, user_errors=errors, complete=change.complete and not errors)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """How a batch was asked for.

    Attributes:
        project_ids: as they were given; None where they were not.
    """

    key: str | None
    atomic: bool
    digest: str
    project_ids: Sequence[str] | None


async def _carry_out(info: Info, parts: tuple[Part, ...], asked: _Asked) -> AccessChange:
    context = info.context
    batch = Batch(
        parts=parts,
        atomic=asked.atomic,
        digest=asked.digest,
        # A key that nobody else has, and that is nobody's.
        key=asked.key or f"{PLACE_MARK}{uuid.uuid4().hex}",
        caller_id=context.caller.id,
        credential=context.directory.platforms.fingerprint,
        request_id=context.request_id,
        at=context.now(),
    )
    done = await context.batches.once(batch, platforms=context.directory.platforms)
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


async def _everybody_now(context: RequestContext) -> Everybody:
    """Everybody as the platforms tell it now: somebody who came a second ago must not be left."""
    directory = context.directory.anew()
    try:
        return await arrival(context.people.everybody(directory))
    finally:
        directory.close()


def project_key(text: str) -> ProjectKey | None:
    """The project with this id; None where it is none of a project."""
    node_id = ids.decode(text)
    if node_id is None or node_id.type is not ids.NodeType.PROJECT:
        return None
    return node_id.platform, node_id.upstream_ids[0]


def _digest(*asked: object) -> str:
    return hashlib.sha256(msgspec.json.encode(asked, order="deterministic")).hexdigest()


def _refused(*errors: domain.UserError) -> AccessChange:
    return AccessChange(complete=False, user_errors=errors)
