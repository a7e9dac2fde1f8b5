"""One log line a request, and an id by which the client's report and the line are matched.

Of requests that are turned away only so many are logged in a second, each line with the number of those that
were not: a flood must not fill the disk.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import count
from typing import Final

import msgspec
import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http import paths
from gateway.http.response import JsonResponse
from gateway.telemetry.instruments import Instruments
from gateway.telemetry.logs import where
from gateway.telemetry.metrics import Rejection
from gateway.telemetry.request_id import log_with_request_id
from gateway.telemetry.upstream_failures import count_upstream_failures

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("gateway.http")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Probes come every few seconds and tell nothing.
_SILENT_PATHS = {paths.LIVE, paths.READY, paths.METRICS}
REJECTIONS_LOGGED_A_SECOND = 10
_CONTENT_TOO_LARGE = 413
_NOT_FOUND = 404
REQUEST_ID: Final = b"x-request-id"
_TURNED_AWAY = "was_turned_away"

_INTERNAL_ERROR: Final = JsonResponse(
    500,
    ((b"content-type", b"application/json"),),
    (
        msgspec.json.encode(
            {
                "errors": [
                    {
                        "message": "The gateway failed; the failure has been logged.",
                        "extensions": {"code": "INTERNAL"},
                    }
                ]
            }
        ),
    ),
    turns_away=False,
)


class Entry(msgspec.Struct, frozen=True):
    """A request that is not yet in the log.

    Attributes:
        started: when it came, in seconds of the log's clock.
        failures: calls to platforms that failed for it.
    """

    request_id: str
    started: float
    failures: Mapping[str, int]


def request_id_of(scope: Scope) -> str:
    """The id that `AccessLog` has given to a request."""
    request_id: str = scope["state"]["request_id"]
    return request_id


def note_turned_away(scope: Scope) -> None:
    """A request is refused, whatever the status of its answer: older clients get a 200 for some refusals."""
    scope["state"][_TURNED_AWAY] = True


class Sample:
    """Lets through so many a second, and counts the others.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, per_second: int, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._clock = clock
        self._second = 0
        self._passed = 0
        self._held_back = 0

    def passes(self) -> int | None:
        """None for one that is held back; otherwise how many were, since the last one that was not."""
        second = int(self._clock())
        if second != self._second:
            self._second, self._passed = second, 0
        if self._passed >= self._per_second:
            self._held_back += 1
            return None
        self._passed += 1
        held_back, self._held_back = self._held_back, 0
        return held_back


class AccessLog:
    """Takes a request id from `X-Request-ID`, or makes one, and gives it back.

    Args:
        instruments: told of every request.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        instruments: Instruments | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._instruments = instruments or Instruments()
        self._clock = clock
        # Unlike those of any other process. A random number for each request would cost more.
        self._ids, self._count = secrets.token_hex(12), count()
        self._rejections = Sample(per_second=REJECTIONS_LOGGED_A_SECOND, clock=clock)

    @cached_property
    def _log(self) -> structlog.typing.FilteringBoundLogger:
        """As logs are configured when the first request comes; to look that up takes longer than to log."""
        return log.bind()

    @property
    def needs_a_task(self) -> bool:
        """Whether a request must begin and end in a task of its own: spans do."""
        return self._instruments.tracing.records

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        entry = self.open(Headers(scope=scope).get("x-request-id"))
        state["request_id"] = entry.request_id
        status = 0

        async def noting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (REQUEST_ID, entry.request_id.encode())]
            await send(message)

        with self._instruments.tracing.request(method=scope["method"]) as span:
            try:
                await self._app(scope, receive, noting_send)
            except Exception as error:  # noqa: BLE001 - the last stop before the server prints a traceback
                answer = self.failed(error)
                if status == 0:
                    await answer.send_to(noting_send)
            finally:
                span.answered(status)
                self.close(
                    entry,
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    turned_away=state.get(_TURNED_AWAY, False),
                )

    def open(self, given: str | None) -> Entry:
        """A request came, with this id if any."""
        is_good = given is not None and _REQUEST_ID.fullmatch(given)
        request_id = given if given and is_good else f"{self._ids}{next(self._count):08x}"
        log_with_request_id(request_id)
        return Entry(request_id, self._clock(), count_upstream_failures())

    def failed(self, error: Exception) -> JsonResponse:
        """What is answered where the gateway failed."""
        # Not log.exception: the message of an exception can hold a value.
        log.error("unexpected error", error=type(error).__name__, at=where(error))
        return _INTERNAL_ERROR

    def close(self, entry: Entry, *, method: str, path: str, status: int, turned_away: bool) -> None:
        """It was answered; status 0 where no answer was begun."""
        metrics = self._instruments.metrics
        metrics.request_answered(method=method, status=status)
        if status == _CONTENT_TOO_LARGE:
            metrics.rejected(Rejection.TOO_LARGE)
        if path in _SILENT_PATHS:
            return
        turned_away = turned_away or 400 <= status < 500
        held_back = self._rejections.passes() if turned_away else 0
        if held_back is None or not self._log.is_enabled_for(logging.INFO):
            return
        extra: dict[str, object] = {"upstream_failures": dict(entry.failures)} if entry.failures else {}
        if held_back:
            extra["rejections_not_logged"] = held_back
        self._log.info(
            "request",
            method=method,
            # What is not found can be anything, a secret among it.
            path="other" if status == _NOT_FOUND and path != paths.GRAPHQL else path,
            status=status,
            milliseconds=round((self._clock() - entry.started) * 1000, 1),
            **extra,
        )
