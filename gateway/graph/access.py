"""Writing for many projects at once: what one person may do, everywhere."""

import uuid

from msgspec.structs import replace

from gateway.access.batches.batch import Batch, Found
from gateway.access.changing.ledger import PLACE_MARK
from gateway.access.plans.plan_rules import agreed_part
from gateway.access.plans.planning import plan
from gateway.domain.caller import Scope
from gateway.graph.access_input import (
    Asked,
    GrantAccessInput,
    RevokeAccessInput,
    asked_of_grant,
    asked_of_revoke,
)
from gateway.graph.access_result import AccessChange, told
from gateway.graph.context import Info, RequestContext


async def grant_access(
    info: Info,
    input: GrantAccessInput,  # noqa: A002 - the contract's name
) -> AccessChange:
    """See `gateway.access.batches.batches`."""
    info.context.caller.demand(Scope.MEMBERS_WRITE)
    return await carry_out(info, asked_of_grant(info.context, input))


async def revoke_access(
    info: Info,
    input: RevokeAccessInput,  # noqa: A002 - the contract's name
) -> AccessChange:
    """See `gateway.access.batches.batches`."""
    info.context.caller.demand(Scope.MEMBERS_WRITE)
    return await carry_out(info, asked_of_revoke(info.context, input))


async def carry_out(info: Info, asked: Asked) -> AccessChange:
    """What comes of it."""
    context = info.context
    found = await _found(context, asked)
    batch = Batch(
        parts=found.parts,
        atomic=asked.atomic,
        digest=asked.digest,
        # A key that nobody else has, and that is nobody's.
        key=asked.key or f"{PLACE_MARK}{uuid.uuid4().hex}",
        caller_id=context.caller.id,
        credential=context.directory.platforms.fingerprint,
        request_id=context.request_id,
        at=context.now(),
        is_open=bool(found.missing),
        plan=asked.plan,
    )
    done = await context.batches.once(batch, platforms=context.directory.platforms, refusals=found.refusals)
    return told(info, done, project_ids=asked.project_ids, missing=found.missing)


async def _found(context: RequestContext, asked: Asked) -> Found:
    """The parts; of an atomic request without what is known to be impossible: better not to begin."""
    found = await asked.find()
    if not asked.atomic or found.refusals:
        return found
    everybody = await context.everybody_for_changes()
    steps = plan(found.parts, everybody=everybody, profiles=context.directory.platforms.profiles)
    return replace(found, parts=tuple(map(agreed_part, steps)))
