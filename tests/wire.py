"""HTTP/1.1 as bytes on a socket, for tests to which it matters how they come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

# Only against hanging.
LONGEST_SECONDS = 30

Field = tuple[bytes, bytes]


@dataclass(frozen=True)
class Answer:
    """One response; the names of its header fields are in lower case."""

    status: int
    fields: tuple[Field, ...]
    body: bytes

    def all_of(self, name: bytes) -> list[bytes]:
        """The values of the fields with this name."""
        return [value for one, value in self.fields if one == name]


class Connection:
    """A client's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Send this as it is."""
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self) -> Answer:
        """The next response."""
        async with asyncio.timeout(LONGEST_SECONDS):
            head = await self._reader.readuntil(b"\r\n\r\n")
            first, *lines = head[: -len(b"\r\n\r\n")].split(b"\r\n")
            fields = tuple(
                (name.lower(), value.strip()) for name, _, value in (x.partition(b":") for x in lines)
            )
            length = int(dict(fields).get(b"content-length", b"0"))
            return Answer(int(first.split()[1]), fields, await self._reader.readexactly(length))

    async def ask(self, data: bytes) -> Answer:
        """Send one request, and wait for its response."""
        await self.send(data)
        return await self.answer()

    async def rest(self) -> bytes:
        """What still comes until the server closes."""
        async with asyncio.timeout(LONGEST_SECONDS):
            return await self._reader.read()

    def half_close(self) -> None:
        """Tell that nothing more is sent."""
        self._writer.write_eof()

    def abort(self) -> None:
        """Go away."""
        self._writer.transport.abort()


@asynccontextmanager
async def connected(base_url: str) -> AsyncIterator[Connection]:
    """A connection for as long as the block lasts."""
    url = httpx.URL(base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        yield Connection(reader, writer)
    finally:
        writer.transport.abort()


def request(  # what a request consists of
    body: bytes = b"",
    *fields: str,
    method: str = "POST",
    target: str = "/graphql",
    version: str = "1.1",
) -> bytes:
    """One with a body of known length."""
    lines = [f"{method} {target} HTTP/{version}", "Host: gateway", *fields, f"Content-Length: {len(body)}"]
    return _head(lines) + body


def chunked(*pieces: bytes, fields: tuple[str, ...] = (), trailers: tuple[str, ...] = ()) -> bytes:
    """A POST whose body's length is not told before."""
    head = _head(["POST /graphql HTTP/1.1", "Host: gateway", *fields, "Transfer-Encoding: chunked"])
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return head + body + b"0\r\n" + _head(list(trailers) if trailers else [])


def _head(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"


def pieces_of(data: bytes, size: int) -> list[bytes]:
    """The same in pieces of this many bytes."""
    return [data[start : start + size] for start in range(0, len(data), size)]
