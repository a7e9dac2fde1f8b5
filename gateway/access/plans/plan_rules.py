"""What a plan comes to when it is carried out: pure."""

from collections.abc import Sequence

from msgspec.structs import replace

from gateway.access.batches.batch import Part
from gateway.access.batches.target_rules import of_target
from gateway.access.plans.planning import Step
from gateway.domain.membership import UserError
from gateway.domain.vocabulary import PlannedChange, UserErrorCode


def agreed_part(step: Step) -> Part:
    """The part of a batch: what cannot be done is not tried."""
    if step.kind is not PlannedChange.IMPOSSIBLE or step.error is None:
        return step.part
    return replace(step.part, refusal=of_target(step.error, step.part))


def standings(parts: Sequence[Part], steps: Sequence[Step]) -> tuple[str, ...]:
    """How the person stands, where that is of matter: what is not tried may change as it will."""
    return tuple(
        "" if part.refusal is not None else step.standing for part, step in zip(parts, steps, strict=True)
    )


def plan_expired() -> UserError:
    """The token cannot be used, or no longer."""
    return UserError(
        code=UserErrorCode.PLAN_EXPIRED,
        message="This token is older than 15 minutes, another caller's, or of a gateway that was started "
        "anew since. Plan again.",
        field=("input", "token"),
    )


def plan_stale(step: Step, place: int) -> UserError:
    """Things are not as they were when the plan was made."""
    now = "is not in the project" if step.before is None else f"is {step.before.value} there"
    where = "" if step.project is None else f" ({step.project.name})"
    return UserError(
        code=UserErrorCode.PLAN_STALE,
        message=f"Since the plan was made, step {place + 1}{where} has changed: the person {now} now. "
        "Nothing was done; plan again.",
        field=("input", "token"),
        retryable=False,
    )
