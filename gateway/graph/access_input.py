"""What is asked for where many projects are meant at once."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec
import strawberry
from msgspec.structs import replace

from gateway.access.batches import target_rules
from gateway.access.batches.batch import MAX_TARGETS, Found, Part
from gateway.access.batches.targets import (
    GrantTarget,
    ProjectKey,
    every_revocation,
    grants,
    humans_named,
    revocations,
)
from gateway.access.changing.change import GrantAccess
from gateway.domain import membership as domain
from gateway.domain.vocabulary import Action, Role
from gateway.graph import ids
from gateway.graph.change import PersonRef, idempotency_key, person_in
from gateway.graph.context import RequestContext

_ATOMIC = "All of it or nothing: where one target fails, what was done for the others is undone."


@strawberry.input(description="One project, and what the person is to be in it.")
class AccessTargetInput:
    """See `gateway.access.batches.targets.GrantTarget`."""

    project_id: strawberry.ID
    role: Role
    grant: list[Action] | None = strawberry.field(
        default_factory=list, description="All that is granted on top of the role afterwards."
    )
    until: datetime | None = strawberry.field(
        default=None, description="When the gateway takes it away again; null: never."
    )
    upstream_user_id: str | None = strawberry.field(
        default=None, description="The person's account there, where the gateway cannot know it."
    )

    def __repr__(self) -> str:
        """On QuantConnect an account's id is a name."""
        return "AccessTargetInput(…)"


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


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request about many targets.

    Attributes:
        key: the idempotency key; None without one.
        digest: the same for equal requests only.
        project_ids: as they were given; None where they were not.
        find: the parts that it comes to.
        plan: what names the plan that is carried out; None where there is none.
    """

    key: str | None
    atomic: bool
    digest: str
    project_ids: Sequence[str] | None
    find: Callable[[], Awaitable[Found]]
    plan: str | None = None


def asked_of_grant(context: RequestContext, given: GrantAccessInput) -> Asked:
    """One part for each target."""
    person, atomic = person_in(given.person), given.atomic is True
    targets = [
        GrantTarget(
            project=project_key(target.project_id),
            role=target.role,
            grant=frozenset(target.grant or ()),
            until=target.until,
            upstream_user_id=(target.upstream_user_id or "").strip() or None,
        )
        for target in given.targets
    ]

    async def find() -> Found:
        if len(targets) > MAX_TARGETS:
            return Found(refusals=(target_rules.too_many(("input", "targets")),))
        if unnamed := target_rules.unnamed(person):
            return Found(refusals=(unnamed,))
        everybody = await context.everybody_for_changes()
        profiles = context.directory.platforms.profiles
        parts = grants(person, targets, everybody=everybody, profiles=profiles)
        return Found(parts=tuple(refused_if_endless(context, part) for part in parts))

    return Asked(
        key=idempotency_key(given.idempotency_key),
        atomic=atomic,
        digest=digest("grantAccess", person, targets, atomic),
        project_ids=[target.project_id for target in given.targets],
        find=find,
    )


def asked_of_revoke(context: RequestContext, given: RevokeAccessInput) -> Asked:
    """One part for each project, or for each membership of the person's."""
    person, atomic = person_in(given.person), given.atomic is True
    project_ids, everywhere = given.project_ids, given.everywhere is True
    projects = None if project_ids is None else [project_key(one) for one in project_ids]

    async def find() -> Found:
        if (projects is not None) == everywhere:
            return Found(refusals=(target_rules.either(),))
        if unnamed := target_rules.unnamed(person):
            return Found(refusals=(unnamed,))
        if projects is None:
            return await _everywhere(context, person, atomic=atomic)
        if len(projects) > MAX_TARGETS:
            return Found(refusals=(target_rules.too_many(("input", "projectIds")),))
        everybody = await context.everybody_for_changes()
        profiles = context.directory.platforms.profiles
        return Found(parts=revocations(person, projects, everybody=everybody, profiles=profiles))

    return Asked(
        key=idempotency_key(given.idempotency_key),
        atomic=atomic,
        digest=digest("revokeAccess", person, projects, everywhere, atomic),
        project_ids=project_ids,
        find=find,
    )


def refused_if_endless(context: RequestContext, part: Part) -> Part:
    """A grant with its refusal where it could not end when it is to."""
    change, place = part.change, part.target
    if not isinstance(change, GrantAccess) or change.until is None or place is None:
        return part
    account = context.directory.platforms.accounts.get(change.platform)
    if account != context.own_accounts.get(change.platform, account):
        return replace(part, refusal=target_rules.end_by_others(place))
    return replace(part, refusal=target_rules.end_is_past(place)) if change.until <= context.now() else part


async def _everywhere(context: RequestContext, person: domain.Person, *, atomic: bool) -> Found:
    """Everything that the person is in now: what began a second ago must not be left."""
    everybody = await context.everybody_for_changes(only_new=True)
    humans, missing = humans_named(person, everybody), target_rules.missing(everybody)
    return Found(
        parts=every_revocation(humans[0]) if len(humans) == 1 else (),
        missing=missing,
        refusals=target_rules.against_everywhere(humans, missing, atomic=atomic),
    )


def project_key(text: str) -> ProjectKey | None:
    """The project with this id; None where it is none of a project."""
    node_id = ids.decode(text)
    if node_id is None or node_id.type is not ids.NodeType.PROJECT:
        return None
    return node_id.platform, node_id.upstream_ids[0]


def digest(*asked: object) -> str:
    """The same for equal values only."""
    return hashlib.sha256(msgspec.json.encode(asked, order="deterministic")).hexdigest()
