"""Replies that came before, byte for byte.

Platforms mostly say what they said last time. What is made of a reply depends on nothing but its bytes, so
the same bytes are not read again: they stand for the very values of last time, and for all that is kept
beside those. The platform is asked all the same.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from gateway.platforms.wire_struct import WireStruct
from gateway.upstream.transport import HttpReply

T = TypeVar("T")

# What is made of them takes about ten times as much, most of which is kept anyway.
DEFAULT_MAX_BYTES = 16 * 1024 * 1024


class FamiliarReplies:
    """The last good reply to each of one account's calls, with what was made of it.

    Args:
        max_bytes: of all bodies together; what was answered longest ago is forgotten first.
    """

    def __init__(self, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: dict[str, _Kept] = {}
        self._bytes = 0

    def read(self, call: str, reply: HttpReply, read: Callable[[HttpReply], T]) -> T:
        """What `read` makes of the reply, or made of the same one last time.

        Args:
            call: what was asked for. For one call `read` always makes the same of the same reply.

        Raises:
            UpstreamError: `read` does; such a reply is not kept.
        """
        kept = self._kept.pop(call, None)
        if kept is not None and kept.status == reply.status and kept.body == reply.body:
            self._kept[call] = kept
            return cast("T", kept.value)
        if kept is not None:
            self._bytes -= len(kept.body)
        value = read(reply)
        self._kept[call] = _Kept(status=reply.status, body=reply.body, value=value)
        self._bytes += len(reply.body)
        while self._bytes > self._max_bytes:
            self._bytes -= len(self._kept.pop(next(iter(self._kept))).body)
        return value


class _Kept(WireStruct, frozen=True):
    status: int
    body: bytes
    value: object
