"""Run an ASGI application on a real socket inside the running event loop, for as long as a block lasts.

    async with serving(app) as base_url:
        ...

The command, the demo and the tests serve with this: several servers share one loop, none of them touches
signals or the logging configuration, and leaving the block always ends, whatever clients and handlers are
up to.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Literal

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.direct_http.connection import DirectHttp
from gateway.direct_http.familiar import Familiar
from gateway.direct_http.outbox import Outbox
from gateway.direct_http.port import AnswersAtOnce, Asked

_IDLE_CONNECTION_SECONDS = 75  # nginx's default; uvicorn's 5 s makes pooled clients meet closed connections
_LEAST_CLOSING_SECONDS = 0.2
_POLL_SECONDS = 0.005  # how often the end of the last connection is looked for; uvicorn tells nobody
_TICK_SECONDS = 1.0  # the resolution of the Date header, which uvicorn renews at every tick


HttpProtocol = type[asyncio.Protocol] | Literal["auto", "h11", "httptools"]


class ServerStartError(RuntimeError):
    """The server could not start; the cause, where there is one, is chained."""


class ServerStopError(RuntimeError):
    """The application failed to close; the cause is chained."""


@asynccontextmanager
async def serving(  # noqa: PLR0913 - what a server is told
    app: ASGIApp,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    http: HttpProtocol | None = None,
    trusted_proxies: str | None = None,
    grace_seconds: float = 1.0,
    listener: socket.socket | None = None,
) -> AsyncIterator[str]:
    """Serve `app` until the block is left, and give its base URL, without a slash at the end.

    Args:
        app: it must speak the lifespan protocol.
        host: the address to listen on; IPv6 addresses are written without brackets.
        port: 0 takes any free port.
        http: the class that speaks HTTP on each connection; what an application answers at once (its
            attribute `direct`, if it has one) does without only where this is left out.
        trusted_proxies: whose forwarded addresses and schemes are believed; None: nobody's, they are forged.
        grace_seconds: how long running requests may go on after the block; then they are cancelled.
        listener: a listening socket instead of `host` and `port`; it is closed with the block.

    Raises:
        ServerStartError: the address is taken, or the application failed to start.
        ServerStopError: the application's lifespan failed after the block.
    """
    with listener or listening(host=host, port=port) as bound:
        base_url = base_url_of(bound)
        supervised = _Supervised(app)
        server = _EmbeddedServer(
            _config(supervised, http=http or protocol_for(app), trusted_proxies=trusted_proxies)
        )
        run = asyncio.create_task(server.run_on(bound), name=f"serving {base_url}")
        try:
            if not await server.has_started:
                raise ServerStartError("the application failed to start") from supervised.lifespan_failure
            yield base_url
        finally:
            await _stop(server, run=run, supervised=supervised, grace_seconds=grace_seconds)
            if server.started and supervised.lifespan_failure is not None:
                raise ServerStopError("the application failed to close") from supervised.lifespan_failure


def base_url_of(listener: socket.socket) -> str:
    """Where a listening socket is reached, without a slash at the end."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def listening(*, host: str, port: int) -> Generator[socket.socket]:
    """A listening socket, bound here rather than by uvicorn so that a taken port is an exception."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off (TCP_NODELAY) only where a socket says it speaks TCP; with it on, an
    # answer written in two pieces waits 40 ms for the client's acknowledgement of the first.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen()
        except OSError as error:
            raise ServerStartError(f"cannot listen on {host} port {port}: {error.strerror}") from error
        yield listener


def protocol_for(app: ASGIApp) -> HttpProtocol:
    """What speaks HTTP for `app`: without ASGI, as far as it can answer so."""
    direct: AnswersAtOnce[Asked] | None = getattr(app, "direct", None)
    if direct is None:
        return "auto"
    shared = {"application": direct, "outbox": Outbox(), "familiar": Familiar()}
    return type("DirectHttpOfOne", (DirectHttp,), shared)


def _config(app: ASGIApp, *, http: HttpProtocol, trusted_proxies: str | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=http,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=trusted_proxies is not None,
        forwarded_allow_ips=trusted_proxies,
        server_header=False,
        timeout_keep_alive=_IDLE_CONNECTION_SECONDS,
    )


async def _stop(
    server: "_EmbeddedServer", *, run: asyncio.Task[None], supervised: "_Supervised", grace_seconds: float
) -> None:
    """Ask, then insist, then cancel: each stage only where the one before did not do within the grace."""
    server.ask_to_stop()
    await asyncio.wait({run}, timeout=grace_seconds)
    if not run.done():
        supervised.stopping = True
        await server.drop_everything()
        # With the requests gone, the lifespan still has to close, however short the grace was.
        await asyncio.wait({run}, timeout=max(grace_seconds, _LEAST_CLOSING_SECONDS))
    left = [task for task in (run, supervised.lifespan_task) if task is not None]
    await asyncio.wait(left, timeout=grace_seconds)  # the lifespan may hang just as well
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


class _EmbeddedServer(uvicorn.Server):
    """uvicorn as a guest in somebody else's event loop.

    Attributes:
        has_started: resolved once: True when requests are served, False when the start failed.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.has_started: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._stop_asked = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals to the program: it decides what they mean for all of its servers."""
        yield

    async def run_on(self, listener: socket.socket) -> None:
        """Serve on `listener` until asked to stop."""
        try:
            # uvicorn leaves a failed start through sys.exit, which would end the whole event loop.
            with suppress(SystemExit):
                await self.serve(sockets=[listener])
        finally:
            if not self.has_started.done():
                self.has_started.set_result(False)

    async def main_loop(self) -> None:
        """Wait for the end. uvicorn's own loop polls ten times a second and notices the end late."""
        await self.on_tick(0)
        self.has_started.set_result(True)
        while not self._stop_asked.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop_asked.wait(), timeout=_TICK_SECONDS)
            await self.on_tick(0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let connections and requests end, then the lifespan. uvicorn's own waits in steps of 100 ms."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - they set no event
            await asyncio.sleep(_POLL_SECONDS)
        await self.lifespan.shutdown()

    def ask_to_stop(self) -> None:
        """Take no more requests, and end when the running ones have ended."""
        self.should_exit = True
        self._stop_asked.set()

    async def drop_everything(self) -> None:
        """Cut all connections and cancel all requests."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # the transports report the loss in the loop's next round
        for task in list(self.server_state.tasks):
            task.cancel()


class _Supervised:
    """The application, with an eye on what uvicorn keeps to itself.

    Attributes:
        lifespan_task: runs the application's lifespan; uvicorn starts it and forgets it.
        lifespan_failure: what the lifespan raised; uvicorn only logs it.
        stopping: running requests are being cancelled, so that a cancelled one is no error.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.lifespan_task: asyncio.Task[object] | None = None
        self.lifespan_failure: BaseException | None = None
        self.stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["type"] == "lifespan":
                self.lifespan_task = asyncio.current_task()
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not self.stopping:
                raise
        except Exception as failure:
            if scope["type"] == "lifespan":
                self.lifespan_failure = failure
            raise
