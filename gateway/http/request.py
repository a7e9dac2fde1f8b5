"""A GraphQL request out of an HTTP request: https://graphql.github.io/graphql-over-http/draft/#sec-Request."""

from functools import lru_cache

import msgspec

from gateway.engine.engine import RequestVariables
from gateway.http.client_request import ClientRequest
from gateway.http.documents import Document, DocumentRefused, Documents
from gateway.telemetry.metrics import Rejection

# The query parameters any of which makes a GET one that asks for an operation.
_NAMING_PARAMETERS = ("query", "documentId", "extensions")
_FAMILIAR = 64


class RequestRefused(Exception):
    """A request that is not taken.

    Attributes:
        status: of the answer.
        legacy_status: of the answer to a client that takes `application/json` only.
        message: one sentence for the client: what is wrong and what to do.
        code: for `extensions.code`.
        reason: for the figures; None where it was taken and then given up.
        headers: to send with it.
    """

    def __init__(  # noqa: PLR0913 - what an answer is made of
        self,
        status: int,
        message: str,
        *,
        code: str = "BAD_USER_INPUT",
        reason: Rejection | None = Rejection.MALFORMED,
        legacy_status: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """`message` must not quote the request; `legacy_status` is `status` when left out."""
        super().__init__(message)
        self.status = status
        self.legacy_status = legacy_status or status
        self.message = message
        self.code = code
        self.reason = reason
        self.headers = headers or {}


class GraphQLRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be executed.

    Attributes:
        may_write: whether the HTTP method allows a mutation.
        wants_cost: whether the answer shall tell what the operation cost: `"extensions": {"cost": true}`.
    """

    document: Document
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
    document_id: str | None = None
    variables: dict[str, object] | None = None
    operation_name: str | None = None
    extensions: dict[str, object] | None = None


def names_an_operation(request: ClientRequest) -> bool:
    """Whether a GET asks for an operation, and not for a page."""
    given = request.query_parameters
    return any(name in given for name in _NAMING_PARAMETERS)


def request_in_query_string(request: ClientRequest, documents: Documents) -> GraphQLRequest:
    """What a GET asks for.

    Raises:
        RequestRefused: it is not well-formed, or means no document that may be run.
    """
    given = request.query_parameters
    parameters = _Parameters(
        query=given.get("query"),
        document_id=given.get("documentId"),
        variables=_json_parameter(given.get("variables"), "variables"),
        operation_name=given.get("operationName"),
        extensions=_json_parameter(given.get("extensions"), "extensions"),
    )
    return _request(parameters, documents, may_write=False)


def request_in_body(body: bytes, documents: Documents) -> GraphQLRequest:
    """What a POST with this body asks for.

    Raises:
        RequestRefused: it is not well-formed, or means no document that may be run.
    """
    if body.lstrip()[:1] == b"[":
        raise RequestRefused(400, "Batches are not supported: send one operation a request.")
    try:
        parameters = _DECODER.decode(body)
    except msgspec.ValidationError:
        raise RequestRefused(
            400,
            "`query`, `documentId` and `operationName` must be text; `variables` and `extensions` must be "
            "objects.",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RequestRefused(400, "The body must be a JSON object.") from None
    return _request(parameters, documents, may_write=True)


@lru_cache(_FAMILIAR)
def demand_json(content_type: str) -> None:
    """A body of this type can be read.

    Raises:
        RequestRefused: it cannot.
    """
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media_type != "application/json":
        raise RequestRefused(
            415, "Send the request as application/json.", headers={"Accept": "application/json"}
        )
    if any(part.startswith("charset=") and part.strip('"') not in _UTF8 for part in parameters):
        raise RequestRefused(415, "Send the request in UTF-8.")


def _request(parameters: _Parameters, documents: Documents, *, may_write: bool) -> GraphQLRequest:
    try:
        document = documents.find(
            query=parameters.query,
            document_id=parameters.document_id,
            extensions=parameters.extensions,
        )
    except DocumentRefused as refused:
        raise RequestRefused(
            refused.status,
            refused.message,
            code=refused.code,
            reason=_REASONS.get(refused.status, Rejection.MALFORMED),
            legacy_status=refused.legacy_status,
        ) from None
    return GraphQLRequest(
        document=document,
        variables=None if parameters.variables is None else RequestVariables(parameters.variables),
        operation_name=parameters.operation_name or None,
        may_write=may_write,
        wants_cost=(parameters.extensions or {}).get("cost") is True,
    )


def _json_parameter(text: str | None, name: str) -> dict[str, object] | None:
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, object] | None)
    except (msgspec.DecodeError, RecursionError):
        raise RequestRefused(400, f"The parameter `{name}` must be a JSON object.") from None


_DECODER = msgspec.json.Decoder(_Parameters)
_REASONS = {403: Rejection.UNTRUSTED_DOCUMENT, 404: Rejection.UNKNOWN_DOCUMENT}
_UTF8 = {"charset=utf-8", "charset=utf8", 'charset="utf-8'}
