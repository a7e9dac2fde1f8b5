"""HTTP/1.1 requests that are answered as soon as they are read, without ASGI's messages and tasks.

uvicorn's own protocol reads every request. One that may be answered so (a short POST on a connection that
stays) is kept until it is all there, and shown to the application. What that cannot answer at once goes the
ordinary way through ASGI, as if nothing had been.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

# Longer ones go through ASGI, where reading stops when they come faster than they are taken.
__all__ = ["MAX_BODY_BYTES", "STATUS_LINE", "AnswersAtOnce", "DirectHttp", "HandOver", "lines"]

MAX_BODY_BYTES = 64 * 1024
# Pieces of less than this are put together: that takes less time than to hand them over one by one.
_LEAST_APART_BYTES = 16 * 1024

Fields = Sequence[tuple[bytes, bytes]]


class HandOver(Protocol):
    """Something that was begun and cannot be answered at once."""

    def hand_over(self, state: dict[str, Any]) -> None:
        """Let the application find it, when it is called with this ASGI state."""


class AnswersAtOnce(Protocol):
    """An application that can answer some requests without waiting.

    Attributes:
        target: of the requests that it wants to be shown.
    """

    target: bytes

    def at_once(
        self, *, fields: Fields, body: bytes, scheme: str, client_host: str | None, server_fields: Fields
    ) -> tuple[bytes, ...] | HandOver | None:
        """The pieces of the response to a POST; what was begun; or None, where it is to go through ASGI.

        Never raises.

        Args:
            fields: the request's header fields, their names in lower case.
            server_fields: what the server adds to every response.
        """


class DirectHttp(HttpToolsProtocol):
    """One connection. A subclass names the application."""

    application: ClassVar[AnswersAtOnce]
    _body: list[bytes] | None = None  # of a request that may be answered at once
    _body_bytes = 0

    def on_headers_complete(self) -> None:
        """The head of a request is there."""
        if self._may_be_direct():
            self._body, self._body_bytes = [], 0
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
            answer = self.application.at_once(
                fields=self.headers,
                body=body,
                scheme="http" if self.scheme is None else self.scheme,
                client_host=None if self.client is None else self.client[0],
                server_fields=self.server_state.default_headers,
            )
            if isinstance(answer, tuple):
                self._body = None
                if sum(map(len, answer)) > _LEAST_APART_BYTES:
                    self.transport.writelines(answer)
                else:
                    self.transport.write(b"".join(answer))
                self.on_response_complete()
                return
            if answer is not None:
                answer.hand_over(self.scope["state"])
            self._go_through_asgi()
        super().on_message_complete()

    def shutdown(self) -> None:
        """Answer what has begun to come, and close."""
        if self._body is not None:
            self._go_through_asgi()
        super().shutdown()

    def _may_be_direct(self) -> bool:
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


def lines(fields: Fields) -> bytes:
    """Header fields as they are sent."""
    return b"".join(b"%b: %b\r\n" % field for field in fields)
