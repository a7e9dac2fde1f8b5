"""What is told of a batch that does not go well, and when it has come to its end: pure."""

from collections.abc import Sequence

from msgspec.structs import replace

from gateway.access.batches.batch import DONE
from gateway.access.changing.change import ChangeResult
from gateway.access.changing.rules import unknown_yet
from gateway.domain.membership import UserError
from gateway.domain.vocabulary import Outcome, UserErrorCode


def may_pass(results: Sequence[ChangeResult]) -> bool:
    """Whether nothing is left of an atomic batch that failed, and the same request may well succeed later."""
    refused = [result for result in results if result.outcome is Outcome.REFUSED]
    nothing_is_left = not any(result.outcome in DONE | {Outcome.UNKNOWN} for result in results)
    return bool(refused) and nothing_is_left and all(map(_is_retryable, refused))


def has_more_to_do(results: Sequence[ChangeResult]) -> bool:
    """Whether something of an atomic batch is not known that can be learned or undone by going on later."""
    return any(result.outcome is Outcome.UNKNOWN and _is_retryable(result) for result in results)


def for_good(results: Sequence[ChangeResult]) -> tuple[ChangeResult, ...]:
    """The results of an atomic batch that has come to its end: the same request has no other any more."""
    return tuple(
        replace(result, user_errors=tuple(replace(error, retryable=False) for error in result.user_errors))
        for result in results
    )


def to_be_undone(results: Sequence[ChangeResult]) -> tuple[ChangeResult, ...]:
    """The results of a batch that failed, where what was done cannot be undone yet."""
    return tuple(
        replace(result, outcome=Outcome.UNKNOWN, user_errors=(_not_undone_yet(),))
        if result.outcome in DONE
        else result
        for result in results
    )


def of_undoing(error: UserError) -> UserError:
    """Why a change that was done could not be undone."""
    return replace(error, message=f"What was done could not be undone. {error.message}")


def failed() -> UserError:
    """The gateway itself failed."""
    return UserError(
        code=UserErrorCode.OUTCOME_UNKNOWN,
        message="The gateway failed; the failure has been logged. Look at the project's members.",
        field=("input",),
    )


def not_read() -> UserError:
    """What was written down of a change, earlier, cannot be read now."""
    return unknown_yet("The gateway could not read what became of this change.")


def end_not_restored() -> UserError:
    """The access is as it was, but for when it ends."""
    return unknown_yet("This was undone, but when the access ends could not be written down.")


def _not_undone_yet() -> UserError:
    return unknown_yet(
        "This was done, and is to be undone since another target failed; but the gateway could not "
        "write that down. It goes on as soon as it can."
    )


def _is_retryable(result: ChangeResult) -> bool:
    return any(error.retryable for error in result.user_errors)
