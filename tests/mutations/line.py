"""The line to a stand-in: what must not get out of a gateway is overheard on it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Line:
    """The line to a stand-in: it overhears what must not get out, and lets a test step in on writes.

    Attributes:
        overheard: credentials that came in, and error texts that went out.
        on_call: awaited when any call has come in, before it is carried out.
        on_write: likewise, of writes.
        on_answer: called when any call has been answered.
        write_answer: what is answered to a write in place of its own answer; it is carried out all the same.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.overheard: set[str] = set()
        self.on_call: Callable[[], Awaitable[object]] | None = None
        self.on_write: Callable[[], Awaitable[object]] | None = None
        self.on_answer: Callable[[], object] | None = None
        self.write_answer: Response | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writes = scope["type"] == "http" and is_write(scope["method"], scope["path"])
        headers = dict(scope.get("headers", ()))
        self.overheard.add(headers.get(b"authorization", b"").decode().rpartition(" ")[2])
        if scope["type"] == "http" and self.on_call is not None:
            await self.on_call()
        if writes and self.on_write is not None:
            await self.on_write()
        if writes and self.write_answer is not None:
            await self._app(scope, receive, _drop)
            await self.write_answer(scope, receive, send)
        else:
            await self._app(scope, receive, self._overhearing(send))
        if self.on_answer is not None:
            self.on_answer()

    def _overhearing(self, send: Send) -> Send:
        body = bytearray()

        async def overhear(message: Message) -> None:
            body.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.overheard.update(_texts(bytes(body)))
            await send(message)

        return overhear


class Gate:
    """Holds the first call up until it is opened; for `Line.on_call` and `Line.on_write`.

    Attributes:
        reached: set when the call has come.
        opened: to be set.
    """

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            await self.opened.wait()


async def _drop(_: Message) -> None:
    """The answer of a write that is answered otherwise."""


def _texts(body: bytes) -> Iterator[str]:
    """The error texts of an answer; all of it where it is not JSON: a web page, a token."""
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        yield from body.decode(errors="replace").splitlines()
        return
    found = answer if isinstance(answer, dict) else {}
    for value in (found.get("errors"), found.get("message")):
        yield from value if isinstance(value, list) else [str(value)]


def is_write(method: str, path: str) -> bool:
    """Whether a call to either platform changes who is in a project."""
    if path.startswith("/api/v2/"):
        return "/collaboration/" in path and not path.endswith("/read")
    return method in {"POST", "DELETE"} and path.endswith("/users")
