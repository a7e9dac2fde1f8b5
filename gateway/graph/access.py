"""Writing for many projects at once: what one person may do, everywhere."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import strawberry

from gateway.access import target_rules
from gateway.access.batch import MAX_TARGETS, Batch, Part
from gateway.access.everybody import Everybody
from gateway.access.ledger import PLACE_MARK
from gateway.access.soon import arrival
from gateway.access.targets import (
    GrantTarget,
    ProjectKey,
    every_revocation,
    grants,
    humans_named,
    revocations,
)
from gateway.domain import membership as domain
from gateway.domain.caller import Scope
from gateway.domain.vocabulary import Action, Role
from gateway.graph import ids
from gateway.graph.access_result import AccessChange, refused, told
from gateway.graph.change import PersonRef, idempotency_key, person_in
from gateway.graph.context import Info, RequestContext

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


async def grant_access(
    info: Info,
    input: GrantAccessInput,  # noqa: A002 - the contract's name
) -> AccessChange:
    """See `gateway.access.batches`."""
    context = info.context
    context.caller.demand(Scope.MEMBERS_WRITE)
    key, person, atomic = (
        idempotency_key(input.idempotency_key),
        person_in(input.person),
        input.atomic is True,
    )
    if len(input.targets) > MAX_TARGETS:
        return refused(target_rules.too_many(("input", "targets")))
    if unnamed := target_rules.unnamed(person):
        return refused(unnamed)
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
        everybody=await _everybody(context, only_new=False),
        profiles=context.directory.platforms.profiles,
    )
    asked = _Asked(key=key, atomic=atomic, digest=_digest("grantAccess", person, targets, atomic))
    done = await context.batches.once(_batch(context, asked, parts), platforms=context.directory.platforms)
    return told(info, done, project_ids=[target.project_id for target in input.targets], missing=())


async def revoke_access(
    info: Info,
    input: RevokeAccessInput,  # noqa: A002 - the contract's name
) -> AccessChange:
    """See `gateway.access.batches`."""
    context, given = info.context, input.project_ids
    context.caller.demand(Scope.MEMBERS_WRITE)
    key, person, atomic = (
        idempotency_key(input.idempotency_key),
        person_in(input.person),
        input.atomic is True,
    )
    if (given is not None) == (input.everywhere is True):
        return refused(target_rules.either())
    if given is not None and len(given) > MAX_TARGETS:
        return refused(target_rules.too_many(("input", "projectIds")))
    if unnamed := target_rules.unnamed(person):
        return refused(unnamed)
    projects = None if given is None else [project_key(one) for one in given]
    asked = _Asked(key=key, atomic=atomic, digest=_digest("revokeAccess", person, projects, atomic))
    if projects is None:
        return await _revoke_everywhere(info, person, asked)
    platforms = context.directory.platforms
    everybody = await _everybody(context, only_new=False)
    parts = revocations(person, projects, everybody=everybody, profiles=platforms.profiles)
    done = await context.batches.once(_batch(context, asked, parts), platforms=platforms)
    return told(info, done, project_ids=given, missing=())


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """How a batch was asked for."""

    key: str | None
    atomic: bool
    digest: str


async def _revoke_everywhere(info: Info, person: domain.Person, asked: _Asked) -> AccessChange:
    context = info.context
    # As the platforms tell it now: somebody who came a second ago must not be left.
    everybody = await _everybody(context, only_new=True)
    humans, missing = humans_named(person, everybody), target_rules.missing(everybody)
    parts = every_revocation(humans[0]) if len(humans) == 1 else ()
    done = await context.batches.once(
        _batch(context, asked, parts, is_open=bool(missing)),
        platforms=context.directory.platforms,
        refusals=target_rules.against_everywhere(humans, missing, atomic=asked.atomic),
    )
    return told(info, done, project_ids=None, missing=missing)


def _batch(context: RequestContext, asked: _Asked, parts: Sequence[Part], *, is_open: bool = False) -> Batch:
    return Batch(
        parts=tuple(parts),
        atomic=asked.atomic,
        digest=asked.digest,
        # A key that nobody else has, and that is nobody's.
        key=asked.key or f"{PLACE_MARK}{uuid.uuid4().hex}",
        caller_id=context.caller.id,
        credential=context.directory.platforms.fingerprint,
        request_id=context.request_id,
        at=context.now(),
        is_open=is_open,
    )


async def _everybody(context: RequestContext, *, only_new: bool) -> Everybody:
    """Everybody, also those whose addresses the caller may not see: it decides whom a change is about."""
    directory = context.directory.seeing_all(only_new=only_new)
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
