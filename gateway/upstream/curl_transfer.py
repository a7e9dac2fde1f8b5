"""One transfer of libcurl's: our request as its options, and how it ended as a reply or a failure."""

import asyncio
import re
from functools import cached_property
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
# Visible ASCII, blanks and tabs (RFC 9110, 5.5): a line break would begin another header.
_FIELD: Final = re.compile(r"[\t -~]*", re.ASCII)
_UNREADABLE: Final = frozenset(
    {
        pycurl.E_WRITE_ERROR,  # a piece was not taken
        pycurl.E_UNSUPPORTED_PROTOCOL,
        pycurl.E_FTP_WEIRD_SERVER_REPLY,
    }
)
_NOT_TAKEN: Final = -1
_LOOKS_A_LIMIT: Final = 4  # how often in the time that one piece may take it is looked whether one came


class Transfer:
    """One request under way on one handle.

    Attributes:
        ended: done when it has ended, with libcurl's code: 0 for success.
    """

    def __init__(
        self,
        request: HttpRequest,
        limits: TransportLimits,
        *,
        handle: pycurl.Curl,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.ended: asyncio.Future[int] = loop.create_future()
        self._request = request
        self._limits = limits
        self._handle = handle
        self._loop = loop
        self._is_sent = False
        self._lines: list[bytes] = []
        self._body: ReplyBody | None = None
        self._unreadable: UnreadableReply | None = None
        self._look: asyncio.TimerHandle | None = None
        self._moved: tuple[int, ...] = ()
        self._moved_at = 0.0

    def prepare(self) -> None:
        """Tell the handle everything about this request, and nothing is left of the one before.

        Raises:
            ConnectionFailed: it cannot be written as HTTP.
        """
        request, limits, setopt = self._request, self._limits, self._handle.setopt
        try:
            setopt(pycurl.URL, request.url)
            setopt(pycurl.HTTPHEADER, _header_lines(request.headers))
        except (UnicodeError, ValueError, pycurl.error):
            raise ConnectionFailed(may_have_arrived=False) from None
        if request.body or request.method in {"POST", "PUT", "PATCH"}:
            setopt(pycurl.POSTFIELDS, request.body)
        else:
            setopt(pycurl.HTTPGET, 1)
        setopt(pycurl.CUSTOMREQUEST, request.method)
        # A kept connection may turn out to be lost, and nobody can tell then whether the request arrived.
        setopt(pycurl.FRESH_CONNECT, 0 if request.repeatable else 1)
        setopt(pycurl.PREREQFUNCTION, self._go_ahead)
        setopt(pycurl.CONNECTTIMEOUT_MS, round(limits.connect_timeout_seconds * 1000))
        setopt(pycurl.TIMEOUT_MS, round(limits.total_timeout_seconds * 1000))
        setopt(pycurl.HEADERFUNCTION, self._take_line)
        setopt(pycurl.WRITEFUNCTION, self._take_piece)
        if limits.read_timeout_seconds is not None or limits.write_timeout_seconds is not None:
            self._look_whether_it_moves()

    def end(self, code: int) -> None:
        """Libcurl is done with it."""
        if not self.ended.done():
            self.ended.set_result(code)

    def let_go(self) -> None:
        """Nobody waits for it any more."""
        if self._look is not None:
            self._look.cancel()

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
        if b"\r\n" not in self._lines:
            raise ConnectionFailed(may_have_arrived=True)  # within the headers, which libcurl lets pass
        body = b"" if self._body is None else self._body.whole()
        return HttpReply(status=self._handle.getinfo(pycurl.RESPONSE_CODE), headers=self._headers, body=body)

    def _failure(self, code: int) -> TransportFailure:
        arrived = self._is_sent
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return TransportTimeout(may_have_arrived=arrived)
        if arrived and code in _UNREADABLE:
            return UnreadableReply(may_have_arrived=True)
        return ConnectionFailed(may_have_arrived=arrived)

    @cached_property
    def _headers(self) -> dict[str, str]:
        pairs = (line.decode("latin-1").partition(":") for line in self._lines if b":" in line)
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    def _go_ahead(self, *_: object) -> int:
        """Once: libcurl would send a request again where a kept connection turns out to be lost."""
        go_ahead = pycurl.PREREQFUNC_ABORT if self._is_sent else pycurl.PREREQFUNC_OK
        self._is_sent = True
        return go_ahead

    def _take_line(self, line: bytes) -> None:
        if line.startswith(b"HTTP/"):
            self._lines.clear()  # what came before was an interim reply's (RFC 9110, 15.2)
        else:
            self._lines.append(line)

    def _take_piece(self, piece: bytes) -> int | None:
        try:
            if self._body is None:
                coding = content_coding(self._headers)
                self._body = ReplyBody(coding=coding, max_bytes=self._limits.max_reply_bytes)
            self._body.add(piece)
        except UnreadableReply as failure:
            self._unreadable = failure
            return _NOT_TAKEN
        return None

    def _look_whether_it_moves(self) -> None:
        """Give the transfer up when nothing has come, or could be sent, for as long as that may take."""
        limits, getinfo, now = self._limits, self._handle.getinfo, self._loop.time()
        sent_bytes = getinfo(pycurl.SIZE_UPLOAD_T)
        moved = (len(self._lines), sent_bytes, getinfo(pycurl.SIZE_DOWNLOAD_T))
        if moved != self._moved or not self._is_sent:
            self._moved, self._moved_at = moved, now
        sending = sent_bytes < len(self._request.body)
        limit = limits.write_timeout_seconds if sending else limits.read_timeout_seconds
        limit = limits.total_timeout_seconds if limit is None else limit
        if now - self._moved_at < limit:
            self._look = self._loop.call_later(limit / _LOOKS_A_LIMIT, self._look_whether_it_moves)
        elif not self.ended.done():
            self.ended.set_exception(TransportTimeout(may_have_arrived=True))


def _header_lines(headers: dict[str, str]) -> list[str]:
    """What libcurl is to write.

    Raises:
        ValueError: HTTP cannot carry one of them.
    """
    names = {name.lower() for name in headers}
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if not all(_FIELD.fullmatch(line) for line in lines):
        raise ValueError("a header that HTTP cannot carry")
    lines += [f"{name}: {value}" for name, value in _HEADERS.items() if name not in names]
    return lines + [line for line in _UNWANTED if line[:-1].lower() not in names]
