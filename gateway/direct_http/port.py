"""What an application has to offer that answers requests directly, and what it answers with."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

__all__ = ["STATUS_LINE", "AnswersAtOnce", "Asked", "Fields", "InProgress", "lines"]

Fields = Sequence[tuple[bytes, bytes]]


class InProgress(Protocol):
    """A request whose answer has to be waited for."""

    @property
    def work(self) -> asyncio.Future[Any]:
        """Done as soon as there is a response; the server cancels it where it cannot wait any longer."""

    def response(self, server_fields: Fields) -> tuple[bytes, ...] | None:
        """The pieces of the response, when the work is done; None where nobody is there to read it.

        Args:
            server_fields: what the server adds to every response.

        Raises:
            CancelledError: the work was cancelled.
        """

    def client_gone(self) -> None:
        """The client went away; the work ends soon."""


class Asked(Protocol):
    """What a request asks for, as the application read it."""

    @property
    def lasts(self) -> bool:
        """Whether the same bytes will always ask for the same."""


AskedT = TypeVar("AskedT", bound=Asked)


class AnswersAtOnce(Protocol[AskedT]):
    """An application that can answer some requests without waiting.

    Attributes:
        target: of the requests that it wants to be shown.
    """

    target: bytes

    def read(self, *, fields: Fields, body: bytes) -> AskedT | None:
        """What a POST asks for; None: it is to go through ASGI. Never raises.

        Args:
            fields: the request's header fields, their names in lower case.
        """

    def at_once(
        self, asked: AskedT, *, scheme: str, client_host: str | None, server_fields: Fields
    ) -> tuple[bytes, ...] | InProgress | None:
        """The pieces of the response, what will have them, or None: it is to go through ASGI. Never raises.

        Args:
            server_fields: what the server adds to every response.
        """


def lines(fields: Fields) -> bytes:
    """Header fields as they are sent."""
    return b"".join(b"%b: %b\r\n" % field for field in fields)
