"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/.

A request comes in, is read (`request`), executed, and answered in the media type that the client takes
(`negotiation`), with the status that the specification gives to it:

    not a GraphQL request      4xx
    cannot be executed         400, or 200 for a client that takes application/json only; no `data`
    executed                   200, with errors or without
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import msgspec
from graphql import ExecutionResult, GraphQLFormattedError, OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.graph.context import RequestContext
from gateway.graph.errors import execution_errors, request_errors
from gateway.graph.execution import Executor
from gateway.graph.operation import OperationPreparation, OperationRefused
from gateway.http.access_log import request_id_of
from gateway.http.csrf import could_be_forged
from gateway.http.explorer.page import explorer_page
from gateway.http.negotiation import GRAPHQL_RESPONSE, JSON, negotiate, prefers_html
from gateway.http.rate_limit import RateLimit, RateLimited
from gateway.http.request import GraphQLRequest, RequestRefused, read_request

_FORGEABLE = (
    "A GET must show that no other web page had it sent: set Apollo-Require-Preflight or X-Requested-With, "
    "or accept a JSON type."
)
_TOO_LATE = (
    "The operation took too long. A change that was begun is carried through: ask again with the same "
    "idempotency key to learn what came of it."
)


class GraphQLEndpoint:
    """Answers `/graphql`.

    Args:
        preparation: makes operations of documents.
        executor: runs them.
        open_context: makes the context of the request with this id.
        rate_limit: how much one caller may ask for; None sets no limit.
        deadline_seconds: for a whole operation.
        explorer: whether browsers get GraphiQL.
        now: the current moment in UTC.
    """

    def __init__(  # noqa: PLR0913 - everything that a request meets on its way
        self,
        *,
        preparation: OperationPreparation,
        executor: Executor,
        open_context: Callable[[str], RequestContext],
        rate_limit: RateLimit | None,
        deadline_seconds: float,
        explorer: bool,
        now: Callable[[], datetime],
    ) -> None:
        self._preparation = preparation
        self._executor = executor
        self._open_context = open_context
        self._rate_limit = rate_limit
        self._deadline_seconds = deadline_seconds
        self._explorer = explorer
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, whatever its method."""
        response = await self._respond_to(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond_to(self, request: Request) -> Response:
        accept = request.headers.get("accept")
        names_an_operation = "query" in request.query_params
        if self._explorer and request.method == "GET" and not names_an_operation and prefers_html(accept):
            return explorer_page()
        media_type = negotiate(accept)
        if request.method == "GET" and names_an_operation and could_be_forged(request.headers):
            return _refuse(RequestRefused(403, _FORGEABLE, code="FORBIDDEN"), media_type or JSON)
        if media_type is None:
            return _refuse(RequestRefused(406, f"The answer is {GRAPHQL_RESPONSE} or {JSON}."), JSON)
        try:
            return await self._execute(
                await read_request(request), media_type, request_id=request_id_of(request.scope)
            )
        except RequestRefused as refused:
            return _refuse(refused, media_type)

    async def _execute(self, request: GraphQLRequest, media_type: str, *, request_id: str) -> Response:
        try:
            operation = self._preparation.prepare(request.query, operation_name=request.operation_name)
        except OperationRefused as refused:
            return _respond(
                {"errors": request_errors(refused.errors)}, _refused_status(media_type), media_type
            )
        if operation.type is not OperationType.QUERY and not request.may_write:
            raise RequestRefused(405, "A mutation must be sent with POST.", headers={"Allow": "POST"})
        context = self._open_context(request_id)
        cost = self._preparation.cost(operation, request.variables or {})
        if cost.error is not None:
            return _respond({"errors": request_errors([cost.error])}, _refused_status(media_type), media_type)
        await self._charge(context.caller_id, points=cost.points)
        try:
            async with asyncio.timeout(self._deadline_seconds):
                result = await self._executor.execute(operation, variables=request.variables, context=context)
        except TimeoutError:
            raise RequestRefused(504, _TOO_LATE, code="DEADLINE_EXCEEDED") from None
        extensions: dict[str, object] = {"cost": cost.points} if request.wants_cost else {}
        return self._answer(result, media_type, extensions=extensions)

    async def _charge(self, caller_id: str, *, points: int) -> None:
        if self._rate_limit is None:
            return
        try:
            await self._rate_limit.charge(caller_id, points=points)
        except RateLimited as limited:
            seconds = limited.retry_after_seconds
            raise RequestRefused(
                429,
                f"The points of this minute are used up; try again in {seconds} seconds.",
                code="RATE_LIMITED",
                headers={"Retry-After": str(seconds)},
            ) from None

    def _answer(self, result: ExecutionResult, media_type: str, *, extensions: dict[str, object]) -> Response:
        errors = execution_errors(result.errors or [], now=self._now())
        if result.data is None and errors and not any("path" in error for error in errors):
            # The variables do not fit: nothing was executed.
            return _respond({"errors": errors}, _refused_status(media_type), media_type)
        body: dict[str, object] = {"errors": errors} if errors else {}
        body["data"] = result.data
        if extensions:
            body["extensions"] = extensions
        return _respond(body, 200, media_type)


def _refuse(refused: RequestRefused, media_type: str) -> Response:
    error: GraphQLFormattedError = {
        "message": refused.message,
        "extensions": {"code": refused.code},
    }
    return _respond({"errors": [error]}, refused.status, media_type, refused.headers)


def _refused_status(media_type: str) -> int:
    return 400 if media_type == GRAPHQL_RESPONSE else 200


def _respond(
    body: dict[str, object], status: int, media_type: str, headers: dict[str, str] | None = None
) -> Response:
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        headers={
            "Content-Type": f"{media_type}; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **(headers or {}),
        },
    )
