"""A GraphQL request out of an HTTP request: https://graphql.github.io/graphql-over-http/draft/#sec-Request."""

from dataclasses import dataclass
from typing import TypeVar, cast

import msgspec
from starlette.requests import Request

T = TypeVar("T")


class RequestRefused(Exception):
    """This is no GraphQL request.

    Attributes:
        status: of the answer.
        message: one sentence for the client: what is wrong and what to do.
        code: for `extensions.code`.
        headers: to send with it.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "BAD_USER_INPUT",
        headers: dict[str, str] | None = None,
    ) -> None:
        """`message` must not quote the request."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQLRequest:
    """What is to be executed.

    Attributes:
        may_write: whether the HTTP method allows a mutation.
        wants_cost: whether the answer shall tell what the operation cost: `"extensions": {"cost": true}`.
    """

    query: str
    variables: dict[str, object] | None
    operation_name: str | None
    may_write: bool
    wants_cost: bool

    def __repr__(self) -> str:
        """Documents and variables hold personal data."""
        return "GraphQLRequest(…)"


class _Parameters(msgspec.Struct, rename="camel"):
    """The parameters as they come; null is the same as absent."""

    query: str | None = None
    variables: dict[str, object] | None = None
    operation_name: str | None = None
    extensions: dict[str, object] | None = None


async def read_request(request: Request) -> GraphQLRequest:
    """Read a GET's query string or a POST's body.

    Raises:
        RequestRefused: it is neither, or not well-formed.
    """
    if request.method == "GET":
        return _request(_from_query_string(request), may_write=False)
    if request.method == "POST":
        return _request(await _from_body(request), may_write=True)
    raise RequestRefused(405, "Use GET or POST.", headers={"Allow": "GET, POST"})


def _request(parameters: _Parameters, *, may_write: bool) -> GraphQLRequest:
    if not (parameters.query or "").strip():
        raise RequestRefused(400, "The parameter `query` is missing: it holds the GraphQL document.")
    return GraphQLRequest(
        query=cast("str", parameters.query),
        variables=parameters.variables,
        operation_name=parameters.operation_name or None,
        may_write=may_write,
        wants_cost=(parameters.extensions or {}).get("cost") is True,
    )


def _from_query_string(request: Request) -> _Parameters:
    given = request.query_params
    return _Parameters(
        query=given.get("query"),
        variables=_json_parameter(given.get("variables"), "variables"),
        operation_name=given.get("operationName"),
        extensions=_json_parameter(given.get("extensions"), "extensions"),
    )


def _json_parameter(text: str | None, name: str) -> dict[str, object] | None:
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, object] | None)
    except (msgspec.DecodeError, RecursionError):
        raise RequestRefused(400, f"The parameter `{name}` must be a JSON object.") from None


async def _from_body(request: Request) -> _Parameters:
    content_type = request.headers.get("content-type", "")
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media_type != "application/json":
        raise RequestRefused(
            415, "Send the request as application/json.", headers={"Accept": "application/json"}
        )
    if any(part.startswith("charset=") and part.strip('"') not in _UTF8 for part in parameters):
        raise RequestRefused(415, "Send the request in UTF-8.")
    body = await request.body()
    if body.lstrip()[:1] == b"[":
        raise RequestRefused(400, "Batches are not supported: send one operation a request.")
    try:
        return msgspec.json.decode(body, type=_Parameters)
    except msgspec.ValidationError:
        raise RequestRefused(
            400, "`query` and `operationName` must be text; `variables` and `extensions` must be objects."
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RequestRefused(400, "The body must be a JSON object.") from None


_UTF8 = {"charset=utf-8", "charset=utf8", 'charset="utf-8'}
