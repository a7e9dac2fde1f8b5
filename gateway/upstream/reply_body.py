"""The body of a reply, put together and unpacked piece by piece, and never more of it than is allowed."""

import zlib
from collections.abc import Mapping

from gateway.upstream.transport import UnreadableReply

_GZIP_FRAME = 16


class ReplyBody:
    """One reply's body.

    Unpacked here, and not by the library that reads it from the wire: libraries unpack a bomb whole before it
    can be counted, and take half a body for a whole one.

    Args:
        coding: the reply's Content-Encoding.
        max_bytes: of the body as it comes, and unpacked.

    Raises:
        UnreadableReply: the coding is none that was asked for.
    """

    def __init__(self, *, coding: str, max_bytes: int) -> None:
        if coding not in {"identity", "gzip"}:
            raise UnreadableReply(may_have_arrived=True)
        self._unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | _GZIP_FRAME) if coding == "gzip" else None
        self._max_bytes = max_bytes
        self._received_bytes = 0
        self._body = bytearray()

    def add(self, piece: bytes) -> None:
        """The next piece as it came.

        Raises:
            UnreadableReply: it makes the body too large, or cannot be unpacked.
        """
        self._received_bytes += len(piece)
        if self._unpacker is None:
            self._body += piece
        else:
            try:
                self._body += self._unpacker.decompress(piece, self._max_bytes + 1 - len(self._body))
            except zlib.error:
                raise UnreadableReply(may_have_arrived=True) from None
        if max(len(self._body), self._received_bytes) > self._max_bytes:
            raise UnreadableReply(may_have_arrived=True)

    def whole(self) -> bytes:
        """All of it.

        Raises:
            UnreadableReply: the packed body was cut off.
        """
        if self._unpacker is not None and self._received_bytes and not self._unpacker.eof:
            raise UnreadableReply(may_have_arrived=True)
        return bytes(self._body)


def content_coding(headers: Mapping[str, str]) -> str:
    """How the body is packed (RFC 9110, 8.4)."""
    return headers.get("content-encoding", "identity").strip().lower()
