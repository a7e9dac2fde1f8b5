"""A client that does no more than it must, so that a long mix of requests does not take twice as long."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

_LENGTH = re.compile(r"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    head: str
    body: str = field(repr=False)

    @cached_property
    def json(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body, type=dict[str, Any])


class Connection:
    """One connection to a server, kept open as long as it is used in good order."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes, *, headers: Mapping[str, str]) -> Reply:
        """The answer to a POST. Whoever is cancelled while waiting for it hangs up."""
        lines = [f"POST {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        try:
            reader, writer = self._streams or await self._open()
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = _LENGTH.search(head)
            assert length is not None, head
            content = await reader.readexactly(int(length[1]))
        except BaseException:
            self.close()
            raise
        return Reply(int(head.split(maxsplit=2)[1]), head, content.decode())

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._streams = await asyncio.open_connection(self._host, self._port)
        return self._streams
