"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/.

A request comes in: who sends it is found out (`authentication`), it is read (`request`), run (`pipeline`),
and answered in the media type that the client takes (`negotiation`), with the status that the specification
gives to it:

    not a GraphQL request      4xx
    cannot be executed         400, or 200 for a client that takes application/json only; no `data`
    executed                   200, with errors or without
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.domain.caller import Caller
from gateway.domain.caller import Scope as CallerScope
from gateway.graph.context import RequestContext
from gateway.graph.operation import OperationRefused
from gateway.http.access_log import note_turned_away, request_id_of
from gateway.http.caching import for_keeping
from gateway.http.callers import Callers
from gateway.http.client_request import ClientRequest, RequestHead, read_body
from gateway.http.csrf import could_be_forged
from gateway.http.documents import Documents
from gateway.http.explorer.page import explorer_page
from gateway.http.negotiation import GRAPHQL_RESPONSE, JSON, negotiate, prefers_html
from gateway.http.pipeline import Answer, Pipeline, Underway
from gateway.http.request import (
    GraphQLRequest,
    RequestRefused,
    demand_json,
    names_an_operation,
    request_in_body,
    request_in_query_string,
)
from gateway.http.response import JsonResponse, executed, not_executed, refusal
from gateway.http.waiting import ClientGone, until_disconnect
from gateway.telemetry.instruments import Instruments
from gateway.telemetry.metrics import Rejection

# As nginx logs it; nobody is there to read it.
CLIENT_GONE: Final = 499

_FORGEABLE = (
    "A GET must show that no other web page had it sent: set Apollo-Require-Preflight or X-Requested-With, "
    "or accept a JSON type."
)


class Begun(msgspec.Struct, frozen=True):
    """An operation that was begun and waits for something; see `GraphQLEndpoint.finish`."""

    underway: Underway
    media_type: str


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What the bytes of a POST alone tell of it.

    Attributes:
        media_type: to answer with; None where the client takes none of ours.
        authorization: the header field; blank where there is none.
        asked: what is to be executed, or why nothing is.
    """

    head: RequestHead
    media_type: str | None
    authorization: str
    asked: GraphQLRequest | RequestRefused

    @property
    def lasts(self) -> bool:
        """See `gateway.direct_http.port.Asked`."""
        return isinstance(self.asked, GraphQLRequest) and not self.asked.document.was_remembered

    def __repr__(self) -> str:
        """Header fields hold credentials."""
        return "Posted(…)"


class GraphQLEndpoint:
    """Answers `/graphql`.

    Args:
        callers: tells who sent a request.
        documents: finds the document that a request means.
        pipeline: runs it.
        open_context: makes the context of a caller's request; may raise `RequestRefused`.
        explorer: whether browsers get GraphiQL.
        schema_is_secret: whether introspection, suggestions and explorer need the scope `explorer`.
        caller_headers: those that say as whom platforms are asked.
        instruments: told of every rejection.
    """

    def __init__(  # noqa: PLR0913 - everything that a request meets on its way
        self,
        *,
        callers: Callers,
        documents: Documents,
        pipeline: Pipeline,
        open_context: Callable[[ClientRequest, Caller], RequestContext],
        explorer: bool,
        schema_is_secret: bool,
        caller_headers: Iterable[str] = (),
        instruments: Instruments,
    ) -> None:
        self._callers = callers
        self._documents = documents
        self._pipeline = pipeline
        self._open_context = open_context
        self._explorer = explorer
        self._schema_is_secret = schema_is_secret
        self._instruments = instruments
        self._vary = ("Accept", "Authorization", *caller_headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, whatever its method."""
        request = ClientRequest.of_scope(scope, request_id=request_id_of(scope))
        response = await self._respond_to(request, receive)
        if isinstance(response, JsonResponse):
            if response.turns_away:
                note_turned_away(scope)
            await response.send_to(send)
        else:
            await response(scope, receive, send)

    @property
    def charges(self) -> bool:
        """Whether callers have points for a while, which takes longer than `at_once` may."""
        return self._callers.charges

    def read_post(self, head: RequestHead, body: bytes) -> Posted:
        """What a POST asks for, as far as its bytes tell it."""
        asked: GraphQLRequest | RequestRefused
        try:
            demand_json(head.field(b"content-type") or "")
            asked = request_in_body(body, self._documents)
        except RequestRefused as refused:
            asked = refused
        return Posted(
            head=head,
            media_type=negotiate(head.field(b"accept")),
            authorization=head.field(b"authorization") or "",
            asked=asked,
        )

    def at_once(self, request: ClientRequest, posted: Posted) -> JsonResponse | Begun | None:
        """Answer a POST; None where that takes more than can be done without waiting."""
        try:
            agreed = _agreed(posted.media_type)
            caller = self._callers.caller_at_once(posted.authorization)
            if caller is None:
                return None
            if isinstance(posted.asked, RequestRefused):
                return self._refusal(posted.asked, agreed)
            shows_schema = self._shows_schema(caller)
            weighed = self._pipeline.weigh(posted.asked, schema_is_shown=shows_schema)
            if isinstance(weighed, OperationRefused):
                return _response(self._pipeline.refused(weighed, schema_is_shown=shows_schema), agreed)
            begun = self._pipeline.begin(weighed, self._open_context(request, caller))
        except RequestRefused as refused:
            return self._refusal(refused, posted.media_type)
        return _response(begun, agreed) if isinstance(begun, Answer) else Begun(begun, agreed)

    def finish(self, begun: Begun) -> JsonResponse:
        """The answer to what was begun and is done.

        Raises:
            ClientGone: nobody waits for it any more.
        """
        try:
            return _response(self._pipeline.end(begun.underway), begun.media_type)
        except RequestRefused as refused:
            return self._refusal(refused, begun.media_type)

    async def _respond_to(self, request: ClientRequest, receive: Receive) -> JsonResponse | Response:
        media_type = negotiate(request.field(b"accept"))
        try:
            return await self._answer(request, media_type, receive)
        except RequestRefused as refused:
            return self._refusal(refused, media_type)
        except ClientGone:
            return Response(status_code=CLIENT_GONE)

    async def _answer(
        self, request: ClientRequest, media_type: str | None, receive: Receive
    ) -> JsonResponse | Response:
        if request.method == "GET" and names_an_operation(request):
            if could_be_forged(request.headers):
                raise RequestRefused(403, _FORGEABLE, code="FORBIDDEN", reason=Rejection.CROSS_SITE)
        elif request.method == "GET" and self._explorer and prefers_html(request.field(b"accept")):
            return await self._page(request)
        media_type = _agreed(media_type)
        caller = await self._callers.caller(request)
        asked = await self._read(request, receive)
        shows_schema = self._shows_schema(caller)
        weighed = self._pipeline.weigh(asked, schema_is_shown=shows_schema)
        # To read a bad document costs a point too.
        points = 1 if isinstance(weighed, OperationRefused) else weighed.points
        await self._callers.charge(request, caller, points=points)
        if isinstance(weighed, OperationRefused):
            return _response(self._pipeline.refused(weighed, schema_is_shown=shows_schema), media_type)
        context = self._open_context(request, caller)
        begun = self._pipeline.begin(weighed, context)
        answer = begun if isinstance(begun, Answer) else await self._watched(begun, receive)
        response = _response(answer, media_type)
        if request.method != "GET" or answer.has_errors:
            return response
        return for_keeping(
            response,
            fresh_seconds=context.fresh_seconds,
            if_none_match=request.field(b"if-none-match"),
            vary=self._vary,
        )

    async def _watched(self, begun: Underway, receive: Receive) -> Answer:
        """The answer, as long as the client is there."""
        watching = asyncio.ensure_future(until_disconnect(receive, begun.execution))
        try:
            return await self._pipeline.wait(begun)
        finally:
            watching.cancel()
            await asyncio.wait({watching})

    async def _page(self, request: ClientRequest) -> Response:
        """The explorer, which asks its own questions as whoever sits before it."""
        if self._schema_is_secret and not (await self._callers.caller(request)).may(CallerScope.EXPLORER):
            raise RequestRefused(
                403, "This needs the scope explorer.", code="FORBIDDEN", reason=Rejection.FORBIDDEN
            )
        return explorer_page()

    async def _read(self, request: ClientRequest, receive: Receive) -> GraphQLRequest:
        if request.method == "GET":
            return request_in_query_string(request, self._documents)
        if request.method == "POST":
            demand_json(request.field(b"content-type") or "")
            return request_in_body(await read_body(receive), self._documents)
        raise RequestRefused(
            405, "Use GET or POST.", reason=Rejection.METHOD_NOT_ALLOWED, headers={"Allow": "GET, POST"}
        )

    def _shows_schema(self, caller: Caller) -> bool:
        return not self._schema_is_secret or caller.may(CallerScope.EXPLORER)

    def _refusal(self, refused: RequestRefused, media_type: str | None) -> JsonResponse:
        if refused.reason is not None:
            self._instruments.metrics.rejected(refused.reason)
        return refusal(refused, media_type or JSON)


def _agreed(media_type: str | None) -> str:
    if media_type is None:
        raise RequestRefused(
            406, f"The answer is {GRAPHQL_RESPONSE} or {JSON}.", reason=Rejection.NOT_ACCEPTABLE
        )
    return media_type


def _response(answer: Answer, media_type: str) -> JsonResponse:
    return (executed if answer.was_executed else not_executed)(answer.pieces, media_type)
