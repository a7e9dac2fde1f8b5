"""One connection of a client's; see the package."""

import asyncio
from contextvars import Context, copy_context
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from gateway.direct_http.familiar import Familiar
from gateway.direct_http.outbox import Outbox
from gateway.direct_http.port import AnswersAtOnce, Asked, Fields, InProgress

# Longer ones go through ASGI, where reading stops when they come faster than they are taken.
MAX_BODY_BYTES = 64 * 1024

_END_OF_HEAD = b"\r\n\r\n"
_NOBODY_WAITS = asyncio.Event()


class DirectHttp(HttpToolsProtocol):
    """One connection. A subclass names the application, and has what all connections to it share."""

    application: ClassVar[AnswersAtOnce[Asked]]
    outbox: ClassVar[Outbox]
    familiar: ClassVar[Familiar[Asked]]
    _between = True  # requests: none has come in part
    _received = b""  # between requests, as long as it is read; empty where something was there before
    _body: list[bytes] | None = None  # of a request that may be answered at once
    _in_progress: InProgress | None = None
    _idle_since: float | None = None
    _turn = -1  # of the outbox, when an answer was last put there
    _body_bytes = 0
    _field_count = 0

    def data_received(self, data: bytes) -> None:
        """Bytes came: a request as a rule, or a part of one, or several."""
        if self._between:
            asked = self.familiar.find(data)
            if asked is not None and self._is_ready() and self._answer(asked):
                return
            self._received = data
        super().data_received(data)
        self._received = b""

    def on_message_begin(self) -> None:
        """A request begins to come, maybe behind another one."""
        self._between = False
        self._idle_since = None
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head of a request is there."""
        if self._is_ready() and self._may_be_direct():
            self._body, self._body_bytes, self._field_count = [], 0, len(self.headers)
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of its body is there."""
        if self._body is None:
            super().on_body(body)
            return
        self._body.append(body)
        self._body_bytes += len(body)
        if self._body_bytes > MAX_BODY_BYTES:
            self._go_through_asgi()

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._between = True
        if self._body is not None:
            body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            # What stands behind the body is none of the head's (RFC 9110, 6.5.1).
            del self.headers[self._field_count :]
            asked = self.application.read(fields=self.headers, body=body)
            if asked is not None and self._answer(asked):
                self._body = None
                if asked.lasts and _is_all(self._received, body):
                    self.familiar.keep(self._received, asked)
                return
            self._go_through_asgi()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went away, or was sent away."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        if self._in_progress is not None:
            self._in_progress.client_gone()

    def send_400_response(self, msg: str) -> None:
        """What came is no request; those before it have been answered."""
        self.outbox.send()
        super().send_400_response(msg)

    def shutdown(self) -> None:
        """Answer what has begun to come, and close."""
        if self._body is not None:
            self._go_through_asgi()
        self.outbox.send()
        super().shutdown()

    def on_response_complete(self) -> None:
        """A response is sent: what came behind its request is next, or the connection is idle."""
        if self.pipeline:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._close_when_idle_for(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """It may be time to close an idle connection: one timer serves for many requests on it."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left_seconds = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left_seconds > 0:
            self._close_when_idle_for(left_seconds)
        else:
            super().timeout_keep_alive_handler()

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def _close_when_idle_for(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _answer(self, asked: Asked) -> bool:
        """Answer it, now or later; False where it is to go through ASGI."""
        # What is noted of this request is no other one's, and what goes on for it knows it too.
        context = copy_context()
        answer = context.run(
            self.application.at_once,
            asked,
            scheme="http" if self.scheme is None else self.scheme,
            client_host=None if self.client is None else self.client[0],
            server_fields=self.server_state.default_headers,
        )
        if answer is None:
            return False
        if isinstance(answer, tuple):
            self._turn = self.outbox.turn
            self.outbox.put(self.transport, answer, loop=self.loop)
            self.on_response_complete()
        else:
            self._idle_since = None
            self._wait_for(answer, context)
        return True

    def _is_ready(self) -> bool:
        """Whether the next request may be answered directly.

        Answers leave in the order of their requests, and no faster than the client takes them.
        """
        if self._turn == self.outbox.turn:
            # Its last answer has not left: how much of that the client takes must be known first.
            self.outbox.send()
        cycle: RequestResponseCycle | None = self.cycle
        return (cycle is None or cycle.response_complete) and not self.flow.write_paused

    def _may_be_direct(self) -> bool:
        parser = self.parser
        return (
            self.url == self.application.target
            and parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
            and not self.expect_100_continue
        )

    def _go_through_asgi(self) -> None:
        pieces, self._body = self._body or [], None
        super().on_headers_complete()
        for piece in pieces:
            super().on_body(piece)

    def _wait_for(self, in_progress: InProgress, context: Context) -> None:
        """Keep the connection, and what comes on it meanwhile, as for a request that ASGI answers."""
        self._in_progress = in_progress
        cycle, work = _WaitingCycle(), in_progress.work
        self.cycle = cycle  # type: ignore[assignment]  # what uvicorn asks of it, it has
        self.tasks.add(work)  # type: ignore[arg-type]  # likewise
        work.add_done_callback(lambda _: self._finish(in_progress, cycle), context=context)

    def _finish(self, in_progress: InProgress, cycle: "_WaitingCycle") -> None:
        self.tasks.discard(in_progress.work)
        self._in_progress = None
        try:
            pieces = in_progress.response(self._server_fields(cycle))
        except asyncio.CancelledError:
            self.transport.close()  # the server ends, and has waited long enough
            return
        if pieces is None or cycle.disconnected:
            return
        cycle.response_complete = True
        self.outbox.put(self.transport, pieces, loop=self.loop)
        if not cycle.keep_alive:
            self.outbox.send()
            self.transport.close()
        self.on_response_complete()

    def _server_fields(self, cycle: "_WaitingCycle") -> Fields:
        fields = self.server_state.default_headers
        return fields if cycle.keep_alive else [*fields, (b"connection", b"close")]


class _WaitingCycle:
    """What stands for uvicorn's cycle where a response is waited for without ASGI.

    Attributes:
        disconnected: the client has gone.
        keep_alive: whether the connection stays after the response.
    """

    __slots__ = ("disconnected", "keep_alive", "response_complete")

    def __init__(self) -> None:
        self.disconnected = False
        self.keep_alive = True
        self.response_complete = False

    @property
    def message_event(self) -> asyncio.Event:
        """Nobody waits for more of the request."""
        return _NOBODY_WAITS


def _is_all(received: bytes, body: bytes) -> bool:
    """Whether the bytes are those of one request with this body, and nothing else."""
    return received.find(_END_OF_HEAD) + len(_END_OF_HEAD) + len(body) == len(received)
