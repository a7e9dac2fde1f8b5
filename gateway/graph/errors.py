"""How failures are told to clients: a public code and a sentence, never a platform's words or a traceback.

Every error carries `extensions.code`; a platform's failure adds `platform`, `retryable` and, where a moment
is known, `retryAfterSeconds`.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

import structlog
from graphql import GraphQLError, GraphQLFormattedError, GraphQLSyntaxError

from gateway.domain.errors import GatewayError, UpstreamError
from gateway.graph.limits import TooComplex
from gateway.graph.operation import NoSuchOperation
from gateway.telemetry.logs import where

log = structlog.get_logger("gateway.graph")

# What a client typed is quoted back by the GraphQL library: values, which hold personal data, are cut off,
# and addresses cut out wherever they stand.
_VALUE = re.compile(r"[,;]? [Ff]ound: .*|(cannot represent [^:]*value): .*|(String) '.*", re.DOTALL)
_NO_MEMBER = re.compile(r"Value '.*' (?=does not exist in )", re.DOTALL)
_ADDRESS = re.compile(r"[^\s@\"'<>(){}\[\],;:]+@[^\s@\"'<>(){}\[\],;:]+")
_LONGEST_MESSAGE = 500

_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
_UNFITTING_DOCUMENT: GraphQLFormattedError = {
    "message": "The document does not fit the schema.",
    "extensions": {"code": _VALIDATION_FAILED},
}
_UNFITTING_VALUE = "A value does not fit its type."


def request_errors(
    errors: Iterable[GraphQLError], *, schema_is_shown: bool = True
) -> list[GraphQLFormattedError]:
    """Errors that kept the operation from being executed.

    Args:
        schema_is_shown: otherwise a document that does not fit the schema is told no more than that: by the
            usual messages, and by what they point at, the schema can be guessed word by word
            (https://github.com/nikitastupin/clairvoyance).
    """
    errors = list(errors)
    if not schema_is_shown and any(_is_about_the_schema(error) for error in errors):
        return [_UNFITTING_DOCUMENT]
    return [_formatted(error, _request_code(error), **(error.extensions or {})) for error in errors]


def execution_errors(
    errors: Iterable[GraphQLError], *, now: datetime, schema_is_shown: bool = True
) -> list[GraphQLFormattedError]:
    """Errors of an operation that was executed, or whose variables could not be used."""
    return [_execution_error(error, now=now, schema_is_shown=schema_is_shown) for error in errors]


def _is_about_the_schema(error: GraphQLError) -> bool:
    # An error of a scalar names no place in the document.
    return _request_code(error) == _VALIDATION_FAILED and not isinstance(error, NoSuchOperation)


def _request_code(error: GraphQLError) -> str:
    if isinstance(error, TooComplex):
        return "QUERY_TOO_COMPLEX"
    return "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else _VALIDATION_FAILED


def _execution_error(error: GraphQLError, *, now: datetime, schema_is_shown: bool) -> GraphQLFormattedError:
    cause = _innermost(error)
    if isinstance(cause, GatewayError):
        return _formatted(error, cause.code, message=cause.message, **_of_upstream(cause, now=now))
    if isinstance(cause, GraphQLError) and (error.path is None or cause.nodes):
        # The library's own complaint about a variable, or about an argument, whose place in the document it
        # names. About a resolver's value it has no place to name: that is no fault of the caller.
        return _formatted(error, "BAD_USER_INPUT", message=None if schema_is_shown else _UNFITTING_VALUE)
    path = ".".join(str(part) for part in error.path or ())
    log.error("unexpected error", error=type(cause).__name__, at=where(cause), path=path)
    return _formatted(error, "INTERNAL", message="The gateway failed; the failure has been logged.")


def _innermost(error: GraphQLError) -> Exception:
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _of_upstream(cause: GatewayError, *, now: datetime) -> dict[str, object]:
    if not isinstance(cause, UpstreamError):
        return {}
    extensions: dict[str, object] = {"platform": cause.platform.value, "retryable": cause.retryable}
    if cause.retry_at is not None:
        seconds = (cause.retry_at.astimezone(UTC) - now).total_seconds()
        extensions["retryAfterSeconds"] = max(0, round(seconds))
    return extensions


def _formatted(
    error: GraphQLError, code: str, *, message: str | None = None, **extensions: object
) -> GraphQLFormattedError:
    text = error.message if message is None else message
    if message is None:
        text = _NO_MEMBER.sub("Value '…' ", _VALUE.sub(r"\1\2", text))
    text = _ADDRESS.sub("…", text)
    formatted: GraphQLFormattedError = {"message": text[:_LONGEST_MESSAGE]}
    if error.locations:
        formatted["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        formatted["path"] = error.path
    formatted["extensions"] = {"code": code, **extensions}
    return formatted
