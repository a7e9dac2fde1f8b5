"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/.

A request comes in, is read (`request`), executed, and answered in the media type that the client takes
(`negotiation`), with the status that the specification gives to it:

    not a GraphQL request      4xx
    cannot be executed         400, or 200 for a client that takes application/json only; no `data`
    executed                   200, with errors or without
"""

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
from gateway.http.explorer.page import explorer_page
from gateway.http.negotiation import GRAPHQL_RESPONSE, JSON, negotiate, prefers_html
from gateway.http.request import GraphQLRequest, RequestRefused, read_request


class GraphQLEndpoint:
    """Answers `/graphql`.

    Args:
        preparation: makes operations of documents.
        executor: runs them.
        open_context: makes a request's context.
        explorer: whether browsers get GraphiQL.
        now: the current moment in UTC.
    """

    def __init__(
        self,
        *,
        preparation: OperationPreparation,
        executor: Executor,
        open_context: Callable[[], RequestContext],
        explorer: bool,
        now: Callable[[], datetime],
    ) -> None:
        self._preparation = preparation
        self._executor = executor
        self._open_context = open_context
        self._explorer = explorer
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, whatever its method."""
        response = await self._respond_to(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond_to(self, request: Request) -> Response:
        accept = request.headers.get("accept")
        asks_for_page = request.method == "GET" and "query" not in request.query_params
        if self._explorer and asks_for_page and prefers_html(accept):
            return explorer_page()
        media_type = negotiate(accept)
        if media_type is None:
            return _refuse(RequestRefused(406, f"The answer is {GRAPHQL_RESPONSE} or {JSON}."), JSON)
        try:
            return await self._execute(await read_request(request), media_type)
        except RequestRefused as refused:
            return _refuse(refused, media_type)

    async def _execute(self, request: GraphQLRequest, media_type: str) -> Response:
        try:
            operation = self._preparation.prepare(request.query, operation_name=request.operation_name)
        except OperationRefused as refused:
            return _respond(
                {"errors": request_errors(refused.errors)}, _refused_status(media_type), media_type
            )
        if operation.type is not OperationType.QUERY and not request.may_write:
            raise RequestRefused(405, "A mutation must be sent with POST.", headers={"Allow": "POST"})
        result = await self._executor.execute(
            operation, variables=request.variables, context=self._open_context()
        )
        return self._answer(result, media_type)

    def _answer(self, result: ExecutionResult, media_type: str) -> Response:
        errors = execution_errors(result.errors or [], now=self._now())
        if result.data is None and errors and not any("path" in error for error in errors):
            # The variables do not fit: nothing was executed.
            return _respond({"errors": errors}, _refused_status(media_type), media_type)
        body: dict[str, object] = {"errors": errors} if errors else {}
        return _respond({**body, "data": result.data}, 200, media_type)


def _refuse(refused: RequestRefused, media_type: str) -> Response:
    error: GraphQLFormattedError = {
        "message": refused.message,
        "extensions": {"code": "BAD_USER_INPUT"},
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
