"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/.

A request comes in: who sends it is found out (`authentication`), it is read (`request`), run (`pipeline`),
and answered in the media type that the client takes (`negotiation`), with the status that the specification
gives to it:

    not a GraphQL request      4xx
    cannot be executed         400, or 200 for a client that takes application/json only; no `data`
    executed                   200, with errors or without
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.domain.caller import ANYBODY, Caller
from gateway.domain.caller import Scope as CallerScope
from gateway.graph.context import RequestContext
from gateway.http.access_log import note_turned_away
from gateway.http.authentication.port import Authentication, Unauthenticated
from gateway.http.csrf import could_be_forged
from gateway.http.disconnect import ClientGone
from gateway.http.documents import Documents
from gateway.http.explorer.page import explorer_page
from gateway.http.negotiation import GRAPHQL_RESPONSE, JSON, negotiate, prefers_html
from gateway.http.pipeline import Pipeline
from gateway.http.request import RequestRefused, names_an_operation, read_request
from gateway.http.response import json_response, refusal
from gateway.telemetry.instruments import Instruments
from gateway.telemetry.metrics import Rejection

# As nginx logs it; nobody is there to read it.
_CLIENT_GONE = 499

_FORGEABLE = (
    "A GET must show that no other web page had it sent: set Apollo-Require-Preflight or X-Requested-With, "
    "or accept a JSON type."
)


class GraphQLEndpoint:
    """Answers `/graphql`.

    Args:
        authentication: tells who sent a request.
        documents: finds the document that a request means.
        pipeline: runs it.
        open_context: makes the context of a caller's request; may raise `RequestRefused`.
        explorer: whether browsers get GraphiQL.
        schema_is_secret: whether introspection, suggestions and explorer need the scope `explorer`.
        instruments: told of every rejection.
    """

    def __init__(  # noqa: PLR0913 - everything that a request meets on its way
        self,
        *,
        authentication: Authentication,
        documents: Documents,
        pipeline: Pipeline,
        open_context: Callable[[Request, Caller], RequestContext],
        explorer: bool,
        schema_is_secret: bool,
        instruments: Instruments,
    ) -> None:
        self._authentication = authentication
        self._documents = documents
        self._pipeline = pipeline
        self._open_context = open_context
        self._explorer = explorer
        self._schema_is_secret = schema_is_secret
        self._instruments = instruments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, whatever its method."""
        response = await self._respond_to(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond_to(self, request: Request) -> Response:
        media_type = negotiate(request.headers.get("accept"))
        try:
            return await self._answer(request, media_type)
        except RequestRefused as refused:
            if refused.reason is not None:
                note_turned_away(request.scope)
                self._instruments.metrics.rejected(refused.reason)
            return refusal(refused, media_type or JSON)
        except ClientGone:
            return Response(status_code=_CLIENT_GONE)

    async def _answer(self, request: Request, media_type: str | None) -> Response:
        if request.method == "GET" and names_an_operation(request):
            if could_be_forged(request.headers):
                raise RequestRefused(403, _FORGEABLE, code="FORBIDDEN", reason=Rejection.CROSS_SITE)
        elif request.method == "GET" and self._explorer and prefers_html(request.headers.get("accept")):
            return await self._page(request)
        if media_type is None:
            raise RequestRefused(
                406, f"The answer is {GRAPHQL_RESPONSE} or {JSON}.", reason=Rejection.NOT_ACCEPTABLE
            )
        return await self._execute(request, media_type)

    async def _page(self, request: Request) -> Response:
        """The explorer, which asks its own questions as whoever sits before it."""
        if self._schema_is_secret and not (await self._caller(request)).may(CallerScope.EXPLORER):
            raise RequestRefused(
                403, "This needs the scope explorer.", code="FORBIDDEN", reason=Rejection.FORBIDDEN
            )
        return explorer_page()

    async def _execute(self, request: Request, media_type: str) -> Response:
        caller = await self._caller(request)
        answer = await self._pipeline.answer(
            await read_request(request, self._documents),
            lambda: self._open_context(request, caller),
            rate_limit_key=_rate_limit_key(request, caller),
            schema_is_shown=not self._schema_is_secret or caller.may(CallerScope.EXPLORER),
            receive=request.receive,
        )
        if not answer.was_executed:
            note_turned_away(request.scope)
        refused_status = 400 if media_type == GRAPHQL_RESPONSE else 200
        return json_response(answer.body, 200 if answer.was_executed else refused_status, media_type)

    async def _caller(self, request: Request) -> Caller:
        try:
            return await self._authentication.caller(request.headers)
        except Unauthenticated as unauthenticated:
            raise RequestRefused(
                401,
                unauthenticated.reason,
                code="UNAUTHENTICATED",
                reason=Rejection.UNAUTHENTICATED,
                # RFC 9110, 11.6.1
                headers={"WWW-Authenticate": "Bearer"},
            ) from None


def _rate_limit_key(request: Request, caller: Caller) -> str:
    """The caller; where nobody is asked who they are, the address that the request comes from."""
    if caller.id != ANYBODY.id or request.client is None:
        return caller.id
    return f"address:{request.client.host}"
