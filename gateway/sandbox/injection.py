"""Makes things go wrong: an ASGI middleware that stands before a stand-in's handlers.

Control calls (`/_sandbox/…`) pass it by: they are neither counted nor spoiled.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.sandbox.calls import CallLog
from gateway.sandbox.connection import cut, hang_up, transport_of
from gateway.sandbox.control import CONTROL_PREFIX, Control
from gateway.sandbox.faults import Fault, FaultKind, FaultSwitches

_CHUNK = b" " * 65_536
_OVERSIZED_BYTES = 32 * 1024 * 1024
_HTML_PAGE = """<!DOCTYPE html>
<html><head><title>Temporarily unavailable</title></head>
<body><h1>Temporarily unavailable</h1><p>Please try again in a few minutes.</p></body></html>
"""


class FaultInjection:
    """Counts the calls, and applies the faults that are in force."""

    def __init__(
        self, app: ASGIApp, *, faults: FaultSwitches, calls: CallLog, clock: Callable[[], float]
    ) -> None:
        self._app = app
        self._faults = faults
        self._calls = calls
        self._clock = clock
        self._control = Control(faults=faults, calls=calls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call, well or badly."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        if path.startswith(CONTROL_PREFIX):
            await self._control(scope, receive, send)
            return
        self._calls.record(method=method, path=path)
        with self._calls.in_progress():
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        spoil: Fault | None = None
        for fault in self._faults.take(method=scope["method"], path=scope["path"]):
            if fault.kind == FaultKind.DELAY:
                await asyncio.sleep(fault.seconds or 0)
            else:
                spoil = fault
        if spoil is None:
            await self._app(scope, receive, send)
        else:
            exchange = _Exchange(app=self._app, scope=scope, receive=receive, send=send, clock=self._clock)
            await _APPLY[spoil.kind](spoil, exchange)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exchange:
    """One call and the way to its answer."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    clock: Callable[[], float]

    async def answer(self, response: Response) -> None:
        """Send an answer without asking the handler."""
        await response(self.scope, self.receive, self.send)

    async def handle(self) -> tuple[Message, bytes]:
        """Let the handler do its work, and keep its answer: how it starts, and the whole body."""
        starts: list[Message] = []
        body = bytearray()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                starts.append(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(self.scope, self.receive, keep)
        return starts[0], bytes(body)


async def _status(fault: Fault, exchange: _Exchange) -> None:
    media_type = "application/json" if fault.body else None
    await exchange.answer(Response(fault.body, status_code=fault.answer_status, media_type=media_type))


async def _html(fault: Fault, exchange: _Exchange) -> None:
    await exchange.answer(Response(_HTML_PAGE, status_code=fault.answer_status, media_type="text/html"))


async def _throttle(fault: Fault, exchange: _Exchange) -> None:
    headers = {}
    if fault.seconds is not None:
        headers["retry-after"] = (
            formatdate(exchange.clock() + fault.seconds, usegmt=True)
            if fault.as_date
            else f"{fault.seconds:.0f}"
        )
    await exchange.answer(Response(status_code=fault.answer_status, headers=headers))


async def _redirect(fault: Fault, exchange: _Exchange) -> None:
    headers = {"location": fault.location}
    await exchange.answer(Response(status_code=fault.answer_status, headers=headers))


async def _invalid_json(fault: Fault, exchange: _Exchange) -> None:
    body = fault.body if fault.body is not None else '{"success": true, "projects": [{"name": '
    await exchange.answer(Response(body, status_code=fault.answer_status, media_type="application/json"))


async def _oversized(fault: Fault, exchange: _Exchange) -> None:
    """Well-formed JSON, chunked, so that only counting tells its size."""
    left = fault.size_bytes if fault.size_bytes is not None else _OVERSIZED_BYTES
    headers = [(b"content-type", b"application/json")]
    await exchange.send({"type": "http.response.start", "status": fault.answer_status, "headers": headers})
    transport = transport_of(exchange.scope)
    while left > 2 and not transport.is_closing():
        chunk = _CHUNK[: left - 2]
        left -= len(chunk)
        await exchange.send({"type": "http.response.body", "body": chunk, "more_body": True})
    await exchange.send({"type": "http.response.body", "body": b"{}"})


async def _reset(fault: Fault, exchange: _Exchange) -> None:
    await (hang_up if fault.orderly else cut)(exchange.scope, exchange.receive)


async def _drop_after(fault: Fault, exchange: _Exchange) -> None:
    await exchange.handle()
    await _reset(fault, exchange)


async def _late_answer(fault: Fault, exchange: _Exchange) -> None:
    start, body = await exchange.handle()
    await asyncio.sleep(fault.seconds or 0)
    await exchange.send(start)
    await exchange.send({"type": "http.response.body", "body": body})


async def _truncated(fault: Fault, exchange: _Exchange) -> None:
    """The header promises the whole body (Starlette states its length), the connection ends before."""
    start, body = await exchange.handle()
    part = body[: fault.size_bytes if fault.size_bytes is not None else len(body) // 2]
    await exchange.send(start)
    await exchange.send({"type": "http.response.body", "body": part, "more_body": True})
    await hang_up(exchange.scope, exchange.receive)


async def _drip(fault: Fault, exchange: _Exchange) -> None:
    start, body = await exchange.handle()
    await exchange.send(start)
    transport = transport_of(exchange.scope)
    for index in range(len(body)):
        if transport.is_closing():  # the client has given up
            return
        await exchange.send(
            {"type": "http.response.body", "body": body[index : index + 1], "more_body": True}
        )
        await asyncio.sleep(fault.seconds or 0)
    await exchange.send({"type": "http.response.body", "body": b""})


_APPLY: dict[FaultKind, Callable[[Fault, _Exchange], Awaitable[None]]] = {
    FaultKind.STATUS: _status,
    FaultKind.EMPTY: _status,
    FaultKind.HTML: _html,
    FaultKind.THROTTLE: _throttle,
    FaultKind.REDIRECT: _redirect,
    FaultKind.INVALID_JSON: _invalid_json,
    FaultKind.OVERSIZED: _oversized,
    FaultKind.RESET: _reset,
    FaultKind.LATE_ANSWER: _late_answer,
    FaultKind.TRUNCATED: _truncated,
    FaultKind.DRIP: _drip,
    FaultKind.DROP_AFTER: _drop_after,
}
