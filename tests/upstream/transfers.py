"""What the contract tests of the transports send, and what it may take."""

from collections.abc import Awaitable, Callable

from gateway.upstream.transport import HttpRequest, TransportFailure, TransportLimits

FailureOf = Callable[[HttpRequest, TransportLimits], Awaitable[TransportFailure]]

LIMITS = TransportLimits(connect_timeout_seconds=5, total_timeout_seconds=30, max_reply_bytes=100_000)


def get(url: str) -> HttpRequest:
    return HttpRequest(method="GET", url=url)


def echo(server: str, body: bytes = b"{}") -> HttpRequest:
    return HttpRequest(method="POST", url=f"{server}/echo", body=body)
