"""Plans: what a change for many targets would do, and carrying out just that."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import strawberry

from gateway.access.batches.batch import MAX_TARGETS, Found, Part
from gateway.access.batches.target_rules import missing, too_many
from gateway.access.changing.change import Change
from gateway.access.changing.ledger import PLACE_MARK
from gateway.access.declarations.fields import DeclarationInvalid
from gateway.access.declarations.needed_changes import needed_changes
from gateway.access.declarations.needed_parts import parts_of
from gateway.access.people.everybody import Everybody
from gateway.access.plans.plan_rules import agreed_part, plan_expired, plan_stale, standings
from gateway.access.plans.planning import Step, plan
from gateway.access.plans.token import AgreedPlan, TokenRefused, changed_places, plan_name
from gateway.access.reading.soon import arrival
from gateway.domain import membership as domain
from gateway.domain import person as domain_person
from gateway.domain import project as domain_project
from gateway.domain.caller import Scope
from gateway.domain.source import SourceStatus as DomainSource
from gateway.domain.vocabulary import Action, PlannedChange, Role
from gateway.graph import ids
from gateway.graph.access import carry_out
from gateway.graph.access_input import (
    Asked,
    GrantAccessInput,
    RevokeAccessInput,
    asked_of_grant,
    asked_of_revoke,
    digest,
    refused_if_endless,
)
from gateway.graph.access_result import AccessChange
from gateway.graph.change import UserError, idempotency_key
from gateway.graph.context import Info, RequestContext
from gateway.graph.drift import declaration_in, drift_of, mistakes_in
from gateway.graph.person import Person
from gateway.graph.project import Project
from gateway.graph.source import SourceStatus

# Somebody decides by it, and it is carried out only where it is still true.
_LONGEST_AGE_SECONDS = 5.0
_DECLARATION = ("input", "declaration")


@strawberry.input(one_of=True, description="What is to be planned: exactly one of these.")
class PlanAccessInput:
    """See `plan_access`."""

    grant: GrantAccessInput | None = strawberry.UNSET
    revoke: RevokeAccessInput | None = strawberry.UNSET
    declaration: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The text of an access.toml: what would have to be granted. Nobody is removed.",
    )

    def __repr__(self) -> str:
        """A declaration holds addresses."""
        return "PlanAccessInput(…)"


@strawberry.input
class ApplyAccessPlanInput:
    """See `apply_access_plan`."""

    token: str
    idempotency_key: str | None = strawberry.field(
        default=None, description="The plan itself is the key where this is left out."
    )

    def __repr__(self) -> str:
        """A token holds personal data."""
        return "ApplyAccessPlanInput(…)"


class ShownStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step as its caller may see it; see `gateway.access.plans.planning.Step`.

    Attributes:
        project_id: as it was asked for.
    """

    project_id: str
    project: domain_project.Project | None
    person: domain_person.Person | None
    change: PlannedChange
    before: Role | None
    after: Role | None
    actions_gained: tuple[Action, ...]
    actions_lost: tuple[Action, ...]
    upstream_call: str | None
    warnings: tuple[str, ...]


class ShownPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan as its caller is shown it."""

    token: str | None = None
    expires_at: datetime | None = None
    steps: tuple[ShownStep, ...] = ()
    user_errors: tuple[domain.UserError, ...] = ()
    sources: tuple[DomainSource, ...] = ()


@strawberry.type(description="What would be done for one target.")
class PlannedStep:
    """Reads `ShownStep`."""

    project_id: strawberry.ID
    project: Project | None
    person: Person | None = strawberry.field(description="Null where nobody is known by what names them.")
    change: PlannedChange
    before: Role | None
    after: Role | None
    actions_gained: list[Action]
    actions_lost: list[Action]
    upstream_call: str | None = strawberry.field(description="Method and path, without values.")
    warnings: list[str] = strawberry.field(
        description="What is not quite as it was asked for; where nothing can be done, why."
    )


@strawberry.type(description="What carrying out a change would do. Nothing is done yet.")
class AccessPlan:
    """Reads `ShownPlan`."""

    token: str | None = strawberry.field(description="For `applyAccessPlan`; null where there is no plan.")
    expires_at: datetime | None
    steps: list[PlannedStep] = strawberry.field(description="One for each target, in order.")
    user_errors: list[UserError]
    sources: list[SourceStatus]


async def plan_access(
    info: Info,
    input: PlanAccessInput,  # noqa: A002 - the contract's name
) -> ShownPlan:
    """See `gateway.access.plans.planning`."""
    context = info.context
    if input.grant:
        return await shown_plan(context, asked_of_grant(context, input.grant))
    if input.revoke:
        return await shown_plan(context, asked_of_revoke(context, input.revoke))
    context.caller.demand(Scope.PII_READ)  # as for `accessDrift`
    return await shown_plan(context, _asked_of_declaration(context, input.declaration or ""))


def _asked_of_declaration(context: RequestContext, text: str) -> Asked:
    """One part for each grant that makes things as declared."""

    async def find() -> Found:
        try:
            declared = declaration_in(context, text)
        except DeclarationInvalid as invalid:
            return Found(refusals=mistakes_in(invalid, field=_DECLARATION))
        everybody = await context.everybody_for_changes(longest_age_seconds=_LONGEST_AGE_SECONDS)
        needed = needed_changes(drift_of(context, declared, everybody).drift, prune=False)
        if len(needed) > MAX_TARGETS:
            return Found(refusals=(too_many(_DECLARATION),))
        profiles = context.directory.platforms.profiles
        return Found(
            parts=parts_of(needed, profiles=profiles),
            missing=missing(everybody, field=_DECLARATION, so="more may have to be granted"),
        )

    return Asked(key=None, atomic=False, digest="", project_ids=None, find=find)


async def shown_plan(context: RequestContext, asked: Asked) -> ShownPlan:
    """What `asked` would do.

    Raises:
        Forbidden: the caller may not see members.
    """
    seen = await arrival(context.everybody())
    found = await asked.find()
    if found.refusals:
        return ShownPlan(user_errors=found.refusals, sources=seen.sources)
    everybody = await context.everybody_for_changes(longest_age_seconds=_LONGEST_AGE_SECONDS)
    steps = plan(found.parts, everybody=everybody, profiles=context.directory.platforms.profiles)
    project_ids = None if asked.project_ids is None else tuple(asked.project_ids)
    parts = tuple(map(agreed_part, steps))
    agreed = AgreedPlan(
        parts=parts,
        standings=standings(parts, steps),
        atomic=asked.atomic,
        project_ids=project_ids,
    )
    token, expires_at = context.plan_tokens.sign(
        agreed, caller_id=context.caller.id, credential=context.directory.platforms.fingerprint
    )
    return ShownPlan(
        token=token,
        expires_at=expires_at,
        steps=tuple(
            _shown(step, project_id=_project_id(step.part, project_ids), seen=seen) for step in steps
        ),
        user_errors=found.missing,
        sources=seen.sources,
    )


async def apply_access_plan(
    info: Info,
    input: ApplyAccessPlanInput,  # noqa: A002 - the contract's name
) -> AccessChange:
    """Carry out a plan, as long as things are as they were when it was made."""
    context = info.context
    context.caller.demand(Scope.MEMBERS_WRITE)
    try:
        agreed = context.plan_tokens.read(
            input.token,
            caller_id=context.caller.id,
            credential=context.directory.platforms.fingerprint,
        )
    except TokenRefused:
        return AccessChange(complete=False, user_errors=(plan_expired(),))

    async def find() -> Found:
        everybody = await context.everybody_for_changes(only_new=True)
        steps = plan(agreed.parts, everybody=everybody, profiles=context.directory.platforms.profiles)
        changed = changed_places(agreed, standings(agreed.parts, steps))
        stale = tuple(plan_stale(steps[place], place) for place in changed)
        parts = tuple(refused_if_endless(context, part) for part in agreed.parts)
        return Found(parts=parts, refusals=stale)

    name = plan_name(input.token)
    asked = Asked(
        # Carried out twice, it has one effect.
        key=idempotency_key(input.idempotency_key) or f"{PLACE_MARK}plan {name}",
        atomic=agreed.atomic,
        digest=digest("applyAccessPlan", name),
        project_ids=agreed.project_ids,
        find=find,
        plan=name,
    )
    return await carry_out(info, asked)


def _project_id(part: Part, project_ids: Sequence[str] | None) -> str:
    if part.target is not None and project_ids is not None:
        return project_ids[part.target]
    change: Change | None = part.change
    if change is None:
        raise AssertionError("a part without a change is for a target that was named")
    return ids.project_id(change.platform, change.project_upstream_id)


def _shown(step: Step, *, project_id: str, seen: Everybody) -> ShownStep:
    """With the person as the caller may see them."""
    return ShownStep(
        project_id=project_id,
        project=step.project,
        person=None if step.person is None else seen.by_account.get(step.person.accounts[0].key),
        change=step.kind,
        before=step.before,
        after=step.after,
        actions_gained=step.gained,
        actions_lost=step.lost,
        upstream_call=step.upstream_call,
        warnings=(*step.warnings, *(() if step.error is None else (step.error.message,))),
    )
