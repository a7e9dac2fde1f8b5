"""HTTP/1.1 requests that are answered without ASGI's messages, and without a task where none has to wait.

uvicorn's own protocol reads every request. One that may be answered so (a short POST on a connection that
stays) is kept until it is all there, and shown to the application, which answers at once, or later. What it
does not take goes the ordinary way through ASGI, as if nothing had been.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from typing import ClassVar, Protocol

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

# Longer ones go through ASGI, where reading stops when they come faster than they are taken.
__all__ = ["MAX_BODY_BYTES", "STATUS_LINE", "AnswersAtOnce", "DirectHttp", "InProgress", "lines"]

MAX_BODY_BYTES = 64 * 1024
# Pieces of less than this are put together: that takes less time than to hand them over one by one.
_LEAST_APART_BYTES = 16 * 1024

Fields = Sequence[tuple[bytes, bytes]]


class InProgress(Protocol):
    """A request whose answer has to be waited for."""

    async def response(self, server_fields: Callable[[], Fields]) -> tuple[bytes, ...] | None:
        """The pieces of the response; None where nobody is there to read it.

        Args:
            server_fields: what the server adds to every response, at the moment.
        """

    def client_gone(self) -> None:
        """The client went away; `response` ends soon."""


class AnswersAtOnce(Protocol):
    """An application that can answer some requests without waiting.

    Attributes:
        target: of the requests that it wants to be shown.
    """

    target: bytes

    def at_once(
        self, *, fields: Fields, body: bytes, scheme: str, client_host: str | None, server_fields: Fields
    ) -> tuple[bytes, ...] | InProgress | None:
        """The pieces of the response to a POST, what will have them, or None: it is to go through ASGI.

        Never raises.

        Args:
            fields: the request's header fields, their names in lower case.
            server_fields: what the server adds to every response.
        """


class Outbox:
    """Responses that leave together, at the end of the event loop's turn.

    Each write wakes its reader. Written one after the other, they find the readers of this machine awake;
    with the making of the next response between them, each would have to wake its own anew.

    Attributes:
        turn: changes with each sending.
    """

    def __init__(self) -> None:
        self.turn = 0
        self._responses: list[tuple[asyncio.Transport, tuple[bytes, ...]]] = []

    def put(
        self, transport: asyncio.Transport, pieces: tuple[bytes, ...], *, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Send a response with the others of this turn."""
        self._responses.append((transport, pieces))
        if len(self._responses) == 1:
            loop.call_soon(self.send)

    def send(self) -> None:
        """Send what there is now."""
        self.turn += 1
        responses, self._responses = self._responses, []
        for transport, pieces in responses:
            if transport.is_closing():
                continue  # its client has gone, in the same turn; the others are still there
            if sum(map(len, pieces)) > _LEAST_APART_BYTES:
                transport.writelines(pieces)
            else:
                transport.write(b"".join(pieces))


class DirectHttp(HttpToolsProtocol):
    """One connection. A subclass names the application, and has an outbox for all connections to it."""

    application: ClassVar[AnswersAtOnce]
    outbox: ClassVar[Outbox]
    _body: list[bytes] | None = None  # of a request that may be answered at once
    _in_progress: InProgress | None = None
    _idle_since: float | None = None
    _turn = -1  # of the outbox, when an answer was last put there
    _body_bytes = 0
    _field_count = 0

    def on_message_begin(self) -> None:
        """A request begins to come, maybe behind another one."""
        self._idle_since = None
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head of a request is there."""
        if self._may_be_direct():
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
        if self._body is not None:
            body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            # What stands behind the body is none of the head's (RFC 9110, 6.5.1).
            del self.headers[self._field_count :]
            # What is noted of this request is no other one's, and its task's too.
            context = copy_context()
            answer = context.run(
                self.application.at_once,
                fields=self.headers,
                body=body,
                scheme="http" if self.scheme is None else self.scheme,
                client_host=None if self.client is None else self.client[0],
                server_fields=self.server_state.default_headers,
            )
            if answer is not None:
                self._body = None
                if isinstance(answer, tuple):
                    self._turn = self.outbox.turn
                    self.outbox.put(self.transport, answer, loop=self.loop)
                    self.on_response_complete()
                else:
                    self._wait_for(answer, context)
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

    def _may_be_direct(self) -> bool:
        if self._turn == self.outbox.turn:
            # Its last answer has not left: how much of that the client takes must be known first.
            self.outbox.send()
        parser = self.parser
        return (
            self.url == self.application.target
            and parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
            and not self.expect_100_continue
            # Answers leave in the order of their requests, and no faster than the client takes them.
            and self._is_idle()
            and not self.flow.write_paused
        )

    def _is_idle(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _go_through_asgi(self) -> None:
        pieces, self._body = self._body or [], None
        super().on_headers_complete()
        for piece in pieces:
            super().on_body(piece)

    def _wait_for(self, in_progress: InProgress, context: Context) -> None:
        """Keep the connection, and what comes on it meanwhile, as for a request that ASGI answers."""
        self._in_progress = in_progress
        self.cycle = cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=[],
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=self.on_response_complete,
        )
        cycle.more_body = False
        task = self.loop.create_task(self._finish(in_progress, cycle), context=context)
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    async def _finish(self, in_progress: InProgress, cycle: RequestResponseCycle) -> None:
        try:
            pieces = await in_progress.response(lambda: self._server_fields(cycle))
        except asyncio.CancelledError:
            self.transport.close()  # the server ends, and has waited long enough
            raise
        finally:
            self._in_progress = None
        if pieces is None or cycle.disconnected:
            return
        cycle.response_complete = True
        self.outbox.put(self.transport, pieces, loop=self.loop)
        if not cycle.keep_alive:
            self.outbox.send()
            self.transport.close()
        self.on_response_complete()

    def _server_fields(self, cycle: RequestResponseCycle) -> Fields:
        fields = self.server_state.default_headers
        return fields if cycle.keep_alive else [*fields, (b"connection", b"close")]


def lines(fields: Fields) -> bytes:
    """Header fields as they are sent."""
    return b"".join(b"%b: %b\r\n" % field for field in fields)
