"""A way out without a network, and a search of everything that an error holds."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import anyio.lowlevel
import pytest
from hypothesis import HealthCheck, settings

from gateway.upstream.transport import HttpReply, HttpRequest, TransportFailure, TransportLimits

# A machine with other things to do is no reason to fail.
settings.register_profile(
    "unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")


class FakeTransport:
    """Answers with what was prepared, in that order, and remembers what was sent."""

    def __init__(self) -> None:
        self.prepared: deque[HttpReply | TransportFailure] = deque()
        self.sent: list[HttpRequest] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    async def send(self, request: HttpRequest, limits: TransportLimits) -> HttpReply:  # noqa: ARG002 - the port's
        self.sent.append(request)
        assert self.prepared, f"{request.method} {request.url} was not expected"
        reply = self.prepared.popleft()
        await anyio.lowlevel.checkpoint()  # others get their turn, as while a network is waited for
        if isinstance(reply, TransportFailure):
            raise reply
        return reply


@pytest.fixture
def transport() -> Iterator[FakeTransport]:
    fake = FakeTransport()
    yield fake
    assert not fake.prepared, "an answer that was prepared was never asked for"


@pytest.fixture
def sent(transport: FakeTransport) -> list[HttpRequest]:
    """What was sent so far."""
    return transport.sent


@pytest.fixture
def answer(transport: FakeTransport) -> Callable[..., None]:
    """Prepare answers: bytes go as they are, a failure is raised, anything else goes as JSON."""

    def prepare(*bodies: object, status: int = 200) -> None:
        for body in bodies:
            if isinstance(body, TransportFailure):
                transport.prepared.append(body)
                continue
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            transport.prepared.append(HttpReply(status=status, headers={}, body=content))

    return prepare


@pytest.fixture
def everything_in() -> Callable[[BaseException], str]:
    """Whatever an error holds, with every error that hangs on it."""

    def look(error: BaseException | None) -> str:
        if error is None:
            return ""
        own = f"{error} {error!r} {error.args!r} {vars(error)!r} {getattr(error, 'object', '')!r}"
        return " ".join((own, look(error.__cause__), look(error.__context__)))

    return look
