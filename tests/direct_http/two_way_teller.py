"""A tiny application for the tests of `gateway/direct_http`: it tells which way each request has come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from starlette.types import Receive, Scope, Send

from gateway.direct_http.connection import DirectHttp
from gateway.direct_http.port import STATUS_LINE, Fields, InProgress, lines
from gateway.serving import protocol_for, serving

# The first word of a body says what is to be done with it.
LEAVE = b"leave"  # to ASGI
HOLD = b"hold"  # there, until it is told to go on
WAIT = b"wait"  # for the answer, without ASGI
STAY = b"stay"  # waiting like that, until it is told to go on
BIG = b"big"  # an answer of so many bytes
ONCE = b"once"  # and the next time it may mean something else


class Told(NamedTuple):
    """What the application was told of a request."""

    fields: Fields
    body: bytes

    @property
    def lasts(self) -> bool:
        """See `gateway.direct_http.port.Asked`."""
        return not self.body.startswith(ONCE)


class Teller:
    """Answers every request with the way that it came and its body.

    Attributes:
        direct: see `gateway.direct_http.port.AnswersAtOnce`.
        read: how many requests that has read.
        shown: what it was to answer.
        scopes: what ASGI was called with.
        begun: set when a request is held.
        opened: when it is set, they go on.
        gone: how often it was told that a client went away.
    """

    def __init__(self) -> None:
        self.direct = _AtOnce(self)
        self.read = 0
        self.shown: list[dict[str, Any]] = []
        self.scopes: list[Scope] = []
        self.begun = asyncio.Event()
        self.opened = asyncio.Event()
        self.gone = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        self.scopes.append(scope)
        body = await _body(receive)
        if body.startswith(HOLD):
            await self.hold()
        told = b"asgi " + body
        fields = [(b"content-length", b"%d" % len(told))]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": told})

    async def hold(self) -> None:
        """Tell that a request is here, and keep it."""
        self.begun.set()
        await self.opened.wait()


async def _lifespan(receive: Receive, send: Send) -> None:
    for stage in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{stage}.complete"})


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


class _AtOnce:
    target = b"/graphql"

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def read(self, *, fields: Fields, body: bytes) -> Told:
        self._teller.read += 1
        return Told(fields, body)

    def at_once(
        self, asked: Told, *, scheme: str, client_host: str | None, server_fields: Fields
    ) -> tuple[bytes, ...] | InProgress | None:
        body = asked.body
        self._teller.shown.append(
            {
                "fields": asked.fields,
                "body": body,
                "scheme": scheme,
                "client_host": client_host,
                "server_fields": server_fields,
            }
        )
        word, _, rest = body.partition(b" ")
        if word in {LEAVE, HOLD}:
            return None
        if word in {WAIT, STAY}:
            return _Waiting(self._teller, body, stays=word == STAY)
        return _pieces(b"." * int(rest) if word == BIG else b"at once " + body, server_fields)


class _Waiting:
    def __init__(self, teller: Teller, body: bytes, *, stays: bool) -> None:
        self._teller = teller
        self._body = body
        self._gone = asyncio.Event()
        self.work = asyncio.ensure_future(self._until_opened() if stays else asyncio.sleep(0))

    def response(self, server_fields: Fields) -> tuple[bytes, ...] | None:
        self.work.result()
        return None if self._gone.is_set() else _pieces(b"later " + self._body, server_fields)

    def client_gone(self) -> None:
        self._teller.gone += 1
        self._gone.set()

    async def _until_opened(self) -> None:
        ends = [asyncio.create_task(work) for work in (self._teller.hold(), self._gone.wait())]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()


def _pieces(body: bytes, server_fields: Fields) -> tuple[bytes, ...]:
    half = len(body) // 2
    head = STATUS_LINE[200] + lines(server_fields) + b"content-length: %d\r\n\r\n" % len(body)
    return (head, body[:half], body[half:])


class Watched(DirectHttp):
    """Tells what happens on the server's end of a connection; what serving makes of it knows the application.

    Attributes:
        read: how many bytes came, an entry each time.
        full: set when a client does not take its answers.
        stopping: set when the server has been told to stop.
        lost: set when a connection has ended.
        idle_seconds: after which a connection is closed.
    """

    read: asyncio.Queue[int]
    full: asyncio.Event
    stopping: asyncio.Event
    lost: asyncio.Event
    idle_seconds: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*args, **kwargs)
        self.timeout_keep_alive = self.idle_seconds  # type: ignore[assignment]  # whole seconds are long

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.read.put_nowait(len(data))

    def pause_writing(self) -> None:
        super().pause_writing()
        self.full.set()

    def shutdown(self) -> None:
        super().shutdown()
        self.stopping.set()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.lost.set()


def watched_by(teller: Teller, *, idle_seconds: float = 75) -> type[Watched]:
    """The protocol for connections to this application."""
    served: Any = protocol_for(teller)
    attributes = {
        "read": asyncio.Queue(),
        "full": asyncio.Event(),
        "stopping": asyncio.Event(),
        "lost": asyncio.Event(),
        "idle_seconds": idle_seconds,
    }
    return type("WatchedOfOne", (Watched, served), attributes)


@asynccontextmanager
async def telling(
    *, idle_seconds: float = 75, grace_seconds: float = 1.0
) -> AsyncIterator[tuple[str, Teller, type[Watched]]]:
    """The address of a served teller, the teller, and what watches its connections."""
    teller = Teller()
    watched = watched_by(teller, idle_seconds=idle_seconds)
    async with serving(teller, http=watched, grace_seconds=grace_seconds) as base_url:
        yield base_url, teller, watched
