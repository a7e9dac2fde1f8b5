"""The Transport port: carry one HTTP request to a platform, bring back one whole reply.

A transport knows nothing of platforms, retries or JSON. It verifies TLS, follows no redirect, keeps no
cookie, and reads no more than it is allowed to.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Final, Protocol, Self

import msgspec


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it goes out.

    Attributes:
        repeatable: whether it may be sent again. A transport sends it once all the same, but only such a
            request over a kept connection, which may turn out to be lost (RFC 9112, 9.3.1).
    """

    method: str
    url: str
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: bytes = b""
    repeatable: bool = False

    def __repr__(self) -> str:
        """Headers and bodies hold secrets."""
        return f"HttpRequest({self.method})"


LONGEST_IDLE_SECONDS: Final = 30
"""A connection that was idle for longer is not used again, unless it is set otherwise.

Servers close theirs in the end (nginx after 75 s), and what is sent at that moment is lost.
"""


class HttpReply(msgspec.Struct, frozen=True, kw_only=True):
    """One whole reply; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Headers and bodies hold personal data."""
        return f"HttpReply({self.status})"


class TransportFailure(Exception):
    """No usable reply.

    Attributes:
        may_have_arrived: whether the platform may have received the request and acted on it.
    """

    def __init__(self, *, may_have_arrived: bool) -> None:
        """Nothing else is kept: library messages can hold addresses and headers."""
        super().__init__()
        self.may_have_arrived = may_have_arrived


class ConnectionFailed(TransportFailure):
    """No connection, or it broke before the reply was complete."""


class TransportTimeout(TransportFailure):
    """Connecting, sending or receiving took longer than allowed."""


class UnreadableReply(TransportFailure):
    """The reply breaks HTTP, cannot be decompressed, or is larger than allowed."""


class TransportLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one request may take.

    Attributes:
        read_timeout_seconds: between two pieces of the reply; None leaves it to the total.
        write_timeout_seconds: between two pieces of the request; None leaves it to the total.
        total_timeout_seconds: from the first byte sent to the last byte received, connecting included.
        max_reply_bytes: of the decompressed body.
    """

    connect_timeout_seconds: float
    total_timeout_seconds: float
    max_reply_bytes: int
    read_timeout_seconds: float | None = None
    write_timeout_seconds: float | None = None


class Transport(Protocol):
    """Carries requests; used as an async context manager that owns the connections."""

    async def __aenter__(self) -> Self:
        """Open what is needed."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""

    async def send(self, request: HttpRequest, limits: TransportLimits) -> HttpReply:
        """Send once and read the whole reply, whatever its status.

        Raises:
            TransportFailure: one of its three kinds.
        """
