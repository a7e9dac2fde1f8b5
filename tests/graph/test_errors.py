"""gateway/graph/errors.py: what clients are told of a failure."""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from graphql import GraphQLError, GraphQLSyntaxError, build_schema, parse, validate
from structlog.testing import capture_logs

from gateway import platforms
from gateway.domain.errors import (
    BadUserInput,
    GatewayError,
    UpstreamDenied,
    UpstreamError,
    UpstreamThrottled,
    UpstreamTimeout,
)
from gateway.domain.vocabulary import PlatformKey
from gateway.graph.errors import execution_errors, request_errors

# The graph's contract: what a client may find in `extensions.code`.
PUBLIC_CODES = {
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "BAD_USER_INPUT",
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "RATE_LIMITED",
    "QUERY_TOO_COMPLEX",
    "DEADLINE_EXCEEDED",
    "INTERNAL",
    "UPSTREAM_UNREACHABLE",
    "UPSTREAM_TIMEOUT",
    "UPSTREAM_DENIED",
    "UPSTREAM_THROTTLED",
    "UPSTREAM_REJECTED",
    "UPSTREAM_BROKEN",
    "UPSTREAM_UNAVAILABLE",
}
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = "s3cret-t0ken"
SCHEMA = build_schema("type Query { name(first: Int): String }")


def kinds_of(root: type[GatewayError]) -> Iterator[type[GatewayError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from kinds_of(kind)


def every_kind() -> list[type[GatewayError]]:
    """All that there are; a platform may have kinds of its own, which exist once its modules are imported."""
    for module in pkgutil.walk_packages(platforms.__path__, prefix=f"{platforms.__name__}."):
        importlib.import_module(module.name)
    return list(kinds_of(GatewayError))


# `UpstreamError` is the name of a kind: only its kinds are raised.
KINDS = [kind for kind in every_kind() if kind is not UpstreamError]
UPSTREAM_KINDS = [kind for kind in KINDS if issubclass(kind, UpstreamError)]


def told(cause: Exception, *, path: list[str | int] | None = None) -> dict[str, object]:
    """What a client sees of `cause`, raised by a resolver."""
    error = GraphQLError(str(cause), path=path or ["projects", 0, "name"], original_error=cause)
    [formatted] = execution_errors([error], now=NOW)
    return dict(formatted)


def extensions_of(cause: Exception) -> dict[str, object]:
    extensions = told(cause)["extensions"]
    assert isinstance(extensions, dict)
    return extensions


def errors_of(text: str) -> list[GraphQLError]:
    """What is wrong with a document."""
    try:
        return validate(SCHEMA, parse(text))
    except GraphQLSyntaxError as error:
        return [error]


def message_of(error: GraphQLError) -> str:
    [formatted] = request_errors([error])
    return formatted["message"]


# ---------------------------------------------------------------- the tree


@pytest.mark.parametrize("kind", KINDS)
def test_every_failure_has_a_public_code(kind: type[GatewayError]) -> None:
    assert getattr(kind, "code", None) in PUBLIC_CODES


@pytest.mark.parametrize("kind", UPSTREAM_KINDS)
@pytest.mark.parametrize("platform", PlatformKey)
def test_a_platforms_failure_is_told_with_its_code_its_platform_and_whether_to_try_again(
    kind: type[UpstreamError], platform: PlatformKey
) -> None:
    assert extensions_of(kind(platform)) == {
        "code": kind.code,
        "platform": platform.value,
        "retryable": kind.retryable,
    }


@pytest.mark.parametrize("kind", UPSTREAM_KINDS)
def test_a_platforms_failure_is_told_in_one_sentence_of_ours(kind: type[UpstreamError]) -> None:
    assert told(kind(PlatformKey.TESTOMATO))["message"] == f"TESTOMATO: {kind.says}"


def test_a_failure_that_is_no_platforms_names_none() -> None:
    assert extensions_of(BadUserInput("first: must be from 1 to 200.")) == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "GRAPHQL_PARSE_FAILED"), ("{ nothing }", "GRAPHQL_VALIDATION_FAILED")],
)
def test_a_document_that_cannot_run_is_told_with_its_own_code(text: str, code: str) -> None:
    assert [error["extensions"] for error in request_errors(errors_of(text))] == [{"code": code}]


# ---------------------------------------------------------------- when to try again


@pytest.mark.parametrize(
    ("retry_at", "seconds"),
    [
        (NOW + timedelta(seconds=30), 30),
        (NOW + timedelta(seconds=29.6), 30),
        (NOW, 0),
        (NOW - timedelta(minutes=5), 0),
        ((NOW + timedelta(seconds=30)).astimezone(timezone(timedelta(hours=9))), 30),
    ],
)
def test_the_time_to_wait_counts_from_now(retry_at: datetime, seconds: int) -> None:
    extensions = extensions_of(UpstreamThrottled(PlatformKey.TESTOMATO, retry_at=retry_at))
    assert extensions["retryAfterSeconds"] == seconds


# ---------------------------------------------------------------- where it happened


def test_an_error_of_a_field_names_its_path() -> None:
    cause = UpstreamTimeout(PlatformKey.TESTOMATO)
    assert told(cause, path=["projects", 3, "members"])["path"] == ["projects", 3, "members"]


def test_an_error_in_a_document_names_its_place() -> None:
    [formatted] = request_errors(errors_of("{\n  nothing\n}"))
    assert formatted["locations"] == [{"line": 2, "column": 3}]


def test_an_error_without_a_place_names_none() -> None:
    [formatted] = request_errors([GraphQLError("It is wrong.")])
    assert sorted(formatted) == ["extensions", "message"]


# ---------------------------------------------------------------- what nobody expected


def test_an_unexpected_error_is_told_without_its_words() -> None:
    assert told(ValueError(SECRET)) == {
        "message": "The gateway failed; the failure has been logged.",
        "path": ["projects", 0, "name"],
        "extensions": {"code": "INTERNAL"},
    }


def test_an_unexpected_error_is_logged_with_its_place_and_without_its_words() -> None:
    def resolve() -> None:
        raise ValueError(SECRET)

    with pytest.raises(ValueError, match=SECRET) as caught:
        resolve()
    with capture_logs() as lines:
        told(caught.value)
    [line] = lines
    assert (line["log_level"], line["error"], line["path"]) == ("error", "ValueError", "projects.0.name")
    assert line["at"][-1].endswith(" resolve")
    assert SECRET not in str(line)


@pytest.mark.parametrize("cause", [BadUserInput("first: too many."), UpstreamDenied(PlatformKey.TESTOMATO)])
def test_an_expected_error_is_not_logged(cause: GatewayError) -> None:
    with capture_logs() as lines:
        told(cause)
    assert lines == []


def test_a_value_of_ours_that_does_not_fit_the_schema_is_no_fault_of_the_caller() -> None:
    """The library complains of a resolver's value as it does of an argument's, but at no place."""
    assert extensions_of(GraphQLError(f"String cannot represent value: {SECRET}")) == {"code": "INTERNAL"}


def test_an_argument_that_does_not_fit_the_schema_is_the_callers_mistake() -> None:
    field = parse("{ name(first: $first) }").definitions[0]
    assert extensions_of(GraphQLError("Argument 'first' has invalid value.", field)) == {
        "code": "BAD_USER_INPUT"
    }


def test_an_unexpected_error_within_one_of_the_librarys_is_still_unexpected() -> None:
    inner = GraphQLError(SECRET, original_error=ValueError(SECRET))
    [formatted] = execution_errors([GraphQLError(SECRET, original_error=inner)], now=NOW)
    assert formatted["extensions"] == {"code": "INTERNAL"}


# ---------------------------------------------------------------- what is not quoted


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Cannot query field 'nothing'.", "Cannot query field 'nothing'."),
        ("Value 'a@b.ch' does not exist in 'Role' enum.", "Value '…' does not exist in 'Role' enum."),
        ("Expected X to be an object, found: Mara.", "Expected X to be an object"),
        ("Unknown field 'a'. Did you mean 'b'? Found: { a: 1 }.", "Unknown field 'a'. Did you mean 'b'?"),
        ("encountered error 'No.'; found: 'Ma\nra'.", "encountered error 'No.'"),
        ("Int cannot represent non-integer value: 'Mara'", "Int cannot represent non-integer value"),
        ("Variable '$a' has invalid value at .b: No.", "Variable '$a' has invalid value at .b: No."),
        ("Syntax Error: Expected Name, found String 'Mara'.", "Syntax Error: Expected Name, found String"),
        ("Syntax Error: Expected Name, found '{'.", "Syntax Error: Expected Name, found '{'."),
    ],
)
def test_the_librarys_messages_come_without_values(message: str, shown: str) -> None:
    assert message_of(GraphQLError(message)) == shown


def test_addresses_are_cut_out_of_our_own_messages_too() -> None:
    assert told(BadUserInput("Not mara@example.org."))["message"] == "Not …"


def test_a_message_is_no_longer_than_500_characters() -> None:
    assert message_of(GraphQLError("a" * 501)) == "a" * 500
