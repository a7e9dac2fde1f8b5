"""What the tests of the way out share: every transport, and servers on loopback that do as they are told."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import pytest
import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.domain.vocabulary import PlatformKey
from gateway.sandbox.calls import CallLog
from gateway.sandbox.connection import BreakableConnection
from gateway.sandbox.faults import FaultSwitches
from gateway.sandbox.injection import FaultInjection
from gateway.serving import serving
from gateway.upstream.channel import UpstreamChannel, Waiting
from gateway.upstream.curl_transport import CurlTransport
from gateway.upstream.httpx_transport import HttpxTransport
from gateway.upstream.settings import UpstreamSettings
from gateway.upstream.transport import (
    HttpReply,
    HttpRequest,
    Transport,
    TransportFailure,
    TransportLimits,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

MakeTransport = Callable[..., Transport]
Send = Callable[[HttpRequest, TransportLimits], Awaitable[HttpReply]]

# Every implementation of the port: all of them pass the same tests. The number is the pool's size.
TRANSPORTS: dict[str, MakeTransport] = {
    "httpx": lambda size, **more: HttpxTransport(max_connections=size, **more),
    "curl": lambda size, **more: CurlTransport(max_connections=size, **more),
}


@pytest.fixture(params=["asyncio", pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop")])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Both loops: sockets and their errors are different code."""
    return request.param


@pytest.fixture(params=TRANSPORTS)
def make_transport(request: pytest.FixtureRequest) -> MakeTransport:
    return TRANSPORTS[request.param]


@pytest.fixture
async def transport(make_transport: MakeTransport) -> AsyncIterator[Transport]:
    async with make_transport(10) as opened:
        yield opened


@pytest.fixture
def failure_of(transport: Transport) -> Callable[[HttpRequest, TransportLimits], Awaitable[TransportFailure]]:
    """What comes of a request that must fail."""

    async def send(request: HttpRequest, limits: TransportLimits) -> TransportFailure:
        with pytest.raises(TransportFailure) as caught:
            await transport.send(request, limits)
        return caught.value

    return send


@pytest.fixture
def faults() -> FaultSwitches:
    """What goes wrong at `server`."""
    return FaultSwitches()


@pytest.fixture
def received() -> list[Request]:
    """The requests to /echo, their bodies read."""
    return []


@pytest.fixture
def begun() -> asyncio.Event:
    """Set when a request to /held has come in; it is never answered."""
    return asyncio.Event()


@pytest.fixture
def hung_up() -> asyncio.Event:
    """Set when the client of a request to /held has closed the connection."""
    return asyncio.Event()


@pytest.fixture
async def server(
    faults: FaultSwitches, received: list[Request], begun: asyncio.Event, hung_up: asyncio.Event
) -> AsyncIterator[str]:
    """The base URL of a server with /echo, /status/<n>, /cookie and /held."""

    async def echo(request: Request) -> Response:
        received.append(request)
        return Response(await request.body())

    async def status(request: Request) -> Response:
        number: int = request.path_params["number"]
        elsewhere = str(request.url_for("echo"))
        return Response(f"status {number}", status_code=number, headers={"Location": elsewhere})

    async def cookie(_: Request) -> Response:
        return Response(headers={"Set-Cookie": "session=of-somebody; Path=/"})

    async def held(request: Request) -> Response:
        begun.set()
        while (await request.receive())["type"] != "http.disconnect":
            pass
        hung_up.set()
        return Response()

    app = Starlette(
        routes=[
            Route("/echo", echo, methods=["GET", "POST", "PUT", "DELETE"]),
            Route("/status/{number:int}", status),
            Route("/cookie", cookie),
            Route("/held", held),
        ]
    )
    faulty = FaultInjection(app, faults=faults, calls=CallLog(clock=lambda: 0), clock=lambda: 0)
    async with serving(faulty, http=BreakableConnection, grace_seconds=0.05) as base_url:
        yield base_url


@pytest.fixture
def saying() -> Callable[[bytes], AbstractAsyncContextManager[str]]:
    """Serves exactly these bytes to every request, then closes the connection."""

    @asynccontextmanager
    async def serve(answer: bytes) -> AsyncIterator[str]:
        async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
                await writer.drain()
            except (OSError, asyncio.IncompleteReadError):
                pass  # the client has hung up
            finally:
                writer.close()

        listening = await asyncio.start_server(on_connection, "127.0.0.1", 0)
        async with listening:
            yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"

    return serve


@pytest.fixture
def refused_port() -> Iterator[int]:
    """A port that is taken, so that nobody else listens on it, and where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where connections are made, by the kernel, and nobody ever says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def crowded_port() -> Iterator[int]:
    """A port whose queue of connections is full: Linux drops further attempts without a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, socket.socket() as first:
        first.connect(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.fixture
def authority() -> trustme.CA:
    """An authority for certificates that nobody knows."""
    return trustme.CA()


@pytest.fixture
def handshakes() -> list[str]:
    """One entry a client that has accepted the certificate of `tls_server`."""
    return []


@pytest.fixture
async def tls_server(authority: trustme.CA, handshakes: list[str]) -> AsyncIterator[str]:
    """A server with a certificate of `authority`; it says nothing and closes the connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async def on_connection(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handshakes.append("complete")
        writer.close()

    listening = await asyncio.start_server(on_connection, "127.0.0.1", 0, ssl=context)
    async with listening:
        yield f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


class FunctionTransport:
    """A transport that is nothing but a function."""

    def __init__(self, send: Send) -> None:
        self.send = send

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""


@pytest.fixture
def channel_through() -> Callable[..., UpstreamChannel]:
    """Makes a channel that sends through a function."""

    def make(
        send: Send,
        *,
        max_concurrent_calls: int = 10,
        now: Callable[[], datetime] = lambda: NOW,
        waiting: Waiting | None = None,
        **settings: Any,  # noqa: ANN401 - whatever the settings take
    ) -> UpstreamChannel:
        """One attempt a call, unless `settings` say otherwise."""
        given = UpstreamSettings(
            base_url="https://host",
            connect_timeout_seconds=1.5,
            call_timeout_seconds=2.5,
            max_reply_bytes=4096,
            max_concurrent_calls=max_concurrent_calls,
            **{"retry_attempts": 1, **settings},
        )
        return UpstreamChannel(
            platform=PlatformKey.QUANTCONNECT,
            settings=given,
            transport=FunctionTransport(send),
            now=now,
            waiting=waiting or Waiting(),
        )

    return make
