"""The whole of the way in: what every request passes, and the shortest way to its answer.

    log and header fields ──▶ endpoint                      operations, as a rule
                         └──▶ CORS, body limit, routes      everything else

Both lead to the same endpoint. The shorter one leaves out what the request has nothing to do with. A POST
that needs not wait for anything does not even take that one: see `direct`.
"""

from contextlib import AbstractAsyncContextManager
from typing import Final

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http import paths
from gateway.http.access_log import AccessLog
from gateway.http.direct import DirectWay
from gateway.http.endpoint import GraphQLEndpoint
from gateway.http.security_headers import SecurityHeaders
from gateway.telemetry.instruments import Instruments

_FORWARDED: Final = (b"x-forwarded-for", b"x-forwarded-proto")


class Application:
    """An ASGI application: https://asgi.readthedocs.io/en/latest/specs/main.html.

    Args:
        pages: CORS, the body limit, and every route, the endpoint's among them.
        max_body_bytes: of a request.
        has_cors: whether requests that other sites' pages send are answered as they expect.
        has_proxies: whether proxies say where requests come from.
        instruments: told of every request.

    Attributes:
        direct: answers without ASGI what can be answered so.
    """

    def __init__(  # noqa: PLR0913 - everything that a request meets on its way
        self,
        pages: Starlette,
        endpoint: GraphQLEndpoint,
        *,
        max_body_bytes: int,
        has_cors: bool,
        has_proxies: bool,
        instruments: Instruments,
    ) -> None:
        self._pages = pages
        self._endpoint = endpoint
        self._max_body_bytes = max_body_bytes
        self._has_cors = has_cors
        log = AccessLog(self._route, instruments=instruments)
        self._app = SecurityHeaders(log)
        cors = (b"origin",) if has_cors else ()
        self.direct = DirectWay(
            endpoint,
            log,
            max_body_bytes=max_body_bytes,
            leave_alone=(*cors, *_FORWARDED) if has_proxies else cors,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or open and close with the server."""
        await self._app(scope, receive, send)

    def running(self) -> AbstractAsyncContextManager[object]:
        """Open as long as the block lasts, for a server that does not speak ASGI's lifespan protocol."""
        return self._pages.router.lifespan_context(self._pages)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_operation = scope["type"] == "http" and scope["path"] == paths.GRAPHQL
        app: ASGIApp = self._endpoint if is_operation and self._is_plain(scope) else self._pages
        await app(scope, receive, send)

    def _is_plain(self, scope: Scope) -> bool:
        """Whether nothing but the endpoint has to look at it: the server sees to it that no more comes."""
        fields = dict(scope["headers"])
        length = fields.get(b"content-length", b"0")
        return (
            length.isdigit()
            and int(length) <= self._max_body_bytes
            and b"transfer-encoding" not in fields
            and not (self._has_cors and b"origin" in fields)
        )
