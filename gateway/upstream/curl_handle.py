"""One of libcurl's easy handles: it carries one transfer after another.

What is the same from one transfer to the next (certificates, callbacks, mostly the timeouts) is told to
libcurl once. Everything that a reply brings is forgotten when the next transfer begins.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from io import BytesIO
from typing import Final

import pycurl

from gateway.upstream.reply_body import ReplyBody, content_coding
from gateway.upstream.transport import (
    ConnectionFailed,
    HttpReply,
    HttpRequest,
    TransportFailure,
    TransportLimits,
    TransportTimeout,
    UnreadableReply,
)

_HEADERS: Final = {"accept": "*/*", "accept-encoding": "gzip", "user-agent": "accessgraph"}
# libcurl adds these by itself: a name with nothing behind it keeps it from doing so.
_UNWANTED: Final = ("Expect:", "Content-Type:")
_FAMILIAR: Final = 64
# Visible ASCII, blanks and tabs (RFC 9110, 5.5): a line break would begin another header.
_FIELD_LINE: Final = re.compile(r"[\t -~]*", re.ASCII)
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_UNREADABLE: Final = frozenset(
    {
        pycurl.E_WRITE_ERROR,  # a piece was not taken
        pycurl.E_UNSUPPORTED_PROTOCOL,
        pycurl.E_FTP_WEIRD_SERVER_REPLY,
    }
)
_END_OF_HEAD: Final = b"\r\n\r\n"
_NOT_TAKEN: Final = -1
_LOOKS_A_LIMIT: Final = 4  # how often in the time that one piece may take it is looked whether one came


_Kind = tuple[str, bool, bool, TransportLimits]
"""Of a request: its method, whether it has a body, whether it may be sent again, what it may take."""


class Handle:
    """One easy handle.

    Args:
        options: what is true of all its transfers.

    Attributes:
        curl: libcurl's own.
        ended: of the transfer under way: done when it has ended, with libcurl's code: 0 for success.
    """

    ended: asyncio.Future[int]
    _request: HttpRequest | None = None
    _look: asyncio.TimerHandle | None = None
    _url: str | None = None
    _kind: _Kind | None = None

    def __init__(self, options: dict[int, str | int], *, loop: asyncio.AbstractEventLoop) -> None:
        self.curl = pycurl.Curl()
        self._loop = loop
        for option, value in options.items():
            self.curl.setopt(option, value)
        self._head = BytesIO()
        self.curl.setopt(pycurl.HEADERFUNCTION, self._head.write)
        self.curl.setopt(pycurl.PREREQFUNCTION, self._go_ahead)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._take_piece)
        self.let_go()

    def prepare(self, request: HttpRequest, limits: TransportLimits) -> None:
        """Tell libcurl everything about this request; nothing is left of the one before.

        Raises:
            ConnectionFailed: it cannot be written as HTTP.
        """
        self._request = request
        self._limits = limits
        self.ended = self._loop.create_future()
        try:
            if request.url != self._url:
                self.curl.setopt(pycurl.URL, request.url)
                self._url = request.url
            # Never remembered: credentials are among them.
            self.curl.setopt(pycurl.HTTPHEADER, _header_lines(request.headers))
        except (UnicodeError, ValueError, pycurl.error):
            raise ConnectionFailed(may_have_arrived=False) from None
        has_body = bool(request.body) or request.method in _WITH_BODY
        kind = (request.method, has_body, request.repeatable, limits)
        if kind != self._kind:
            self._tell_kind(kind)
            self._kind = kind
        if has_body:
            self.curl.setopt(pycurl.POSTFIELDS, request.body)
        if limits.read_timeout_seconds is not None or limits.write_timeout_seconds is not None:
            self._look_whether_it_moves()

    def end(self, code: int) -> None:
        """Libcurl is done with the transfer."""
        if not self.ended.done():
            self.ended.set_result(code)

    def let_go(self) -> None:
        """Nobody waits for it any more: nothing of it is kept."""
        if self._look is not None:
            self._look.cancel()
            self._look = None
        self._request = None
        self._is_sent = False
        self._head.seek(0)
        self._head.truncate()
        self._final_head = b""
        self._body: ReplyBody | None = None
        self._unreadable: UnreadableReply | None = None
        self._moved: tuple[int, ...] = ()
        self._moved_at = 0.0

    def reply(self) -> HttpReply:
        """What came, once it has ended.

        Raises:
            TransportFailure: no usable reply.
        """
        code = self.ended.result()
        if self._unreadable is not None:
            raise self._unreadable
        if code:
            raise self._failure(code)
        head = self._final_head or _last_head(self._head.getvalue())
        if _END_OF_HEAD not in head:
            raise ConnectionFailed(may_have_arrived=True)  # within the headers, which libcurl lets pass
        body = b"" if self._body is None else self._body.whole()
        return HttpReply(status=self.curl.getinfo(pycurl.RESPONSE_CODE), headers=_Headers(head), body=body)

    def _tell_kind(self, kind: _Kind) -> None:
        setopt, (method, has_body, repeatable, limits) = self.curl.setopt, kind
        if not has_body:
            setopt(pycurl.HTTPGET, 1)
        setopt(pycurl.CUSTOMREQUEST, method)
        # A kept connection may turn out to be lost, and nobody can tell then whether the request arrived.
        setopt(pycurl.FRESH_CONNECT, 0 if repeatable else 1)
        setopt(pycurl.CONNECTTIMEOUT_MS, round(limits.connect_timeout_seconds * 1000))
        setopt(pycurl.TIMEOUT_MS, round(limits.total_timeout_seconds * 1000))

    def _failure(self, code: int) -> TransportFailure:
        arrived = self._is_sent
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return TransportTimeout(may_have_arrived=arrived)
        if arrived and code in _UNREADABLE:
            return UnreadableReply(may_have_arrived=True)
        return ConnectionFailed(may_have_arrived=arrived)

    def _go_ahead(self, *_: object) -> int:
        """Once: libcurl would send a request again where a kept connection turns out to be lost."""
        go_ahead = pycurl.PREREQFUNC_ABORT if self._is_sent else pycurl.PREREQFUNC_OK
        self._is_sent = True
        return go_ahead

    def _take_piece(self, piece: bytes) -> int | None:
        try:
            if self._body is None:
                head = self._final_head = _last_head(self._head.getvalue())
                has_coding = b"content-encoding" in head.lower()
                coding = content_coding(_Headers(head)) if has_coding else "identity"
                self._body = ReplyBody(coding=coding, max_bytes=self._limits.max_reply_bytes)
            self._body.add(piece)
        except UnreadableReply as failure:
            self._unreadable = failure
            return _NOT_TAKEN
        return None

    def _look_whether_it_moves(self) -> None:
        """Give the transfer up when nothing has come, or could be sent, for as long as that may take."""
        limits, getinfo, now = self._limits, self.curl.getinfo, self._loop.time()
        sent_bytes = getinfo(pycurl.SIZE_UPLOAD_T)
        moved = (self._head.tell(), sent_bytes, getinfo(pycurl.SIZE_DOWNLOAD_T))
        if moved != self._moved or not self._is_sent:
            self._moved, self._moved_at = moved, now
        sending = self._request is not None and sent_bytes < len(self._request.body)
        limit = limits.write_timeout_seconds if sending else limits.read_timeout_seconds
        limit = limits.total_timeout_seconds if limit is None else limit
        if now - self._moved_at < limit:
            self._look = self._loop.call_later(limit / _LOOKS_A_LIMIT, self._look_whether_it_moves)
        elif not self.ended.done():
            self.ended.set_exception(TransportTimeout(may_have_arrived=True))


def _last_head(received: bytes) -> bytes:
    """What came before was an interim reply's (RFC 9110, 15.2)."""
    start = received.rfind(b"\r\nHTTP/")
    return received if start < 0 else received[start + 2 :]


class _Headers(Mapping[str, str]):
    """A reply's headers by their names in lower case; read when one is asked for, which is seldom."""

    def __init__(self, head: bytes) -> None:
        self._head = head

    def __getitem__(self, name: str) -> str:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    @cached_property
    def _fields(self) -> dict[str, str]:
        lines = self._head.decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in lines[1:] if ":" in line]
        return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _header_lines(headers: dict[str, str]) -> list[str]:
    """What libcurl is to write.

    Raises:
        ValueError: HTTP cannot carry one of them.
    """
    lines = [f"{name}: {value}" for name, value in headers.items()]
    text = "".join(lines)
    # Nearly always all are as they should be, which is seen fastest of all together.
    if not (text.isascii() and text.isprintable()) and not all(map(_FIELD_LINE.fullmatch, lines)):
        raise ValueError("a header that HTTP cannot carry")
    return [*lines, *_other_lines(tuple(headers))]


@lru_cache(_FAMILIAR)
def _other_lines(names: tuple[str, ...]) -> tuple[str, ...]:
    """The lines beside those with these names."""
    given = {name.lower() for name in names}
    return (
        *(f"{name}: {value}" for name, value in _HEADERS.items() if name not in given),
        *(line for line in _UNWANTED if line[:-1].lower() not in given),
    )
