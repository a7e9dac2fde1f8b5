"""One log line a request, and an id by which the client's report and the line are matched."""

import re
import time
import uuid

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.telemetry.logs import where

log = structlog.get_logger("gateway.http")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Probes come every few seconds and tell nothing.
_SILENT_PATHS = {"/livez", "/readyz"}


_INTERNAL_ERROR = JSONResponse(
    {
        "errors": [
            {
                "message": "The gateway failed; the failure has been logged.",
                "extensions": {"code": "INTERNAL"},
            }
        ]
    },
    status_code=500,
)


def request_id_of(scope: Scope) -> str:
    """The id that `AccessLog` has given to a request."""
    request_id: str = scope["state"]["request_id"]
    return request_id


class AccessLog:
    """Takes a request id from `X-Request-ID`, or makes one, and gives it back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.monotonic()
        status = 0

        async def noting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, noting_send)
            except Exception as error:  # noqa: BLE001 - the last stop before the server prints a traceback
                # Not log.exception: the message of an exception can hold a value.
                log.error("unexpected error", error=type(error).__name__, at=where(error))  # noqa: TRY400
                if status == 0:
                    await _INTERNAL_ERROR(scope, receive, noting_send)
            finally:
                if scope["path"] not in _SILENT_PATHS:
                    log.info(
                        "request",
                        method=scope["method"],
                        path=scope["path"],
                        status=status,
                        milliseconds=round((time.monotonic() - started) * 1000, 1),
                    )
