"""What stands against a request about many targets, before any of them is tried."""

from collections.abc import Sequence

from msgspec.structs import replace

from gateway.access.batches.batch import MAX_TARGETS, Part
from gateway.access.changing.change import RevokeAccess
from gateway.access.people.everybody import Everybody
from gateway.domain import membership
from gateway.domain.membership import UserError
from gateway.domain.person import Person
from gateway.domain.vocabulary import UserErrorCode


def against_everywhere(
    humans: Sequence[Person], missing: Sequence[UserError], *, atomic: bool
) -> tuple[UserError, ...]:
    """Why a person cannot be taken out of everything; empty where they can.

    Args:
        humans: who may be meant.
        missing: what of their memberships may not be known.
    """
    if len(humans) > 1:
        return (_ambiguous(),)
    if not humans:
        return tuple(missing) or (_nobody(),)
    if len(humans[0].memberships) > MAX_TARGETS:
        return (too_many(("input", "everywhere")),)
    return tuple(missing) if atomic else ()


def missing(
    everybody: Everybody,
    *,
    field: tuple[str, ...] = ("input", "everywhere"),
    so: str = "the person may be in more projects",
) -> tuple[UserError, ...]:
    """What everybody's memberships may not be all of.

    Args:
        so: what follows from it.
    """
    platforms = sorted({failure.platform.value for failure in everybody.failures})
    if not platforms:
        return ()
    return (
        UserError(
            code=UserErrorCode.UPSTREAM_UNAVAILABLE,
            message=f"Not everything of {' and '.join(platforms)} could be read, so {so} than these. "
            "Try again.",
            field=field,
            retryable=True,
        ),
    )


def of_target(error: UserError, part: Part) -> UserError:
    """The error of one change, with the path that its target has among the arguments."""
    change = part.change
    if change is None or error.field[:2] in {("input", "person"), ("input", "idempotencyKey")}:
        return error  # it has its place already
    if isinstance(change, RevokeAccess):
        place = ("everywhere",) if part.target is None else ("projectIds", str(part.target))
        return replace(error, field=("input", *place))
    leaf = error.field[-1] if error.field[-1] in {"role", "grant", "until"} else "projectId"
    return replace(error, field=("input", "targets", str(part.target), leaf))


def unnamed(person: membership.Person) -> UserError | None:
    """The person is not named at all."""
    if person.email is not None or person.upstream_user_id is not None:
        return None
    return UserError(
        code=UserErrorCode.INVALID_PERSON,
        message="person.upstreamUserId is blank.",
        field=("input", "person", "upstreamUserId"),
    )


def too_many(field: tuple[str, ...]) -> UserError:
    """There are more targets than are taken at once."""
    return UserError(
        code=UserErrorCode.TOO_MANY_TARGETS,
        message=f"At most {MAX_TARGETS} targets at once: name them in several requests.",
        field=field,
    )


def end_is_past(place: int) -> UserError:
    """The access would be over before it began."""
    return UserError(
        code=UserErrorCode.INVALID_UNTIL,
        message="This moment is past: give one to come, or leave it out.",
        field=("input", "targets", str(place), "until"),
    )


def end_by_others(place: int) -> UserError:
    """The gateway will not have the credential then."""
    return UserError(
        code=UserErrorCode.INVALID_UNTIL,
        message="Access that is granted with a caller's own credential cannot end by itself: the gateway "
        "does not keep the credential.",
        field=("input", "targets", str(place), "until"),
    )


def either() -> UserError:
    """Both ways to name the projects were used, or none."""
    return UserError(
        code=UserErrorCode.INVALID_ID,
        message="Give either projectIds, or everywhere: true.",
        field=("input", "projectIds"),
    )


def _nobody() -> UserError:
    return UserError(
        code=UserErrorCode.MEMBER_NOT_FOUND,
        message="Nobody in any project is known by this address or account.",
        field=("input", "person"),
    )


def _ambiguous() -> UserError:
    return UserError(
        code=UserErrorCode.INVALID_PERSON,
        message="Several people have an account with this id, on different platforms: "
        "give person.email, or name the projects.",
        field=("input", "person", "upstreamUserId"),
    )
