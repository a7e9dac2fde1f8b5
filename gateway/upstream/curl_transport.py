"""The fast transport, on libcurl: its multi interface driven by the event loop.

libcurl carries many transfers at once in the loop's own thread. It says which sockets it waits for
(`_watch_socket`) and when it wants to be called at the latest (`_set_timer`); the loop calls it when one of
them is ready (`_act`), and what has ended then is handed to whoever waits for it (`_hand_out`). A transfer
belongs to one easy handle (`curl_handle`), which serves the next one after it.

https://curl.se/libcurl/c/libcurl-multi.html, "multi_socket".
"""

import asyncio
import math
import ssl
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pycurl

from gateway.upstream.curl_handle import Handle
from gateway.upstream.socket_watch import socket_watch
from gateway.upstream.transport import LONGEST_IDLE_SECONDS, HttpReply, HttpRequest, TransportLimits

_SPARE_HANDLES: Final = 64
_EVENTS: Final = {
    pycurl.POLL_NONE: 0,
    pycurl.POLL_IN: pycurl.CSELECT_IN,
    pycurl.POLL_OUT: pycurl.CSELECT_OUT,
    pycurl.POLL_INOUT: pycurl.CSELECT_IN | pycurl.CSELECT_OUT,
    pycurl.POLL_REMOVE: 0,
}


class CurlTransport:
    """One pool of connections.

    Args:
        max_connections: the pool's size; what is sent beyond it waits in libcurl.
        idle_seconds: a connection that was idle for longer is not used again.
        ca_file: certificate authorities to trust beside the system's, in PEM.
    """

    def __init__(
        self, *, max_connections: int, idle_seconds: int = LONGEST_IDLE_SECONDS, ca_file: Path | None = None
    ) -> None:
        self._max_connections = max_connections
        self._idle_seconds = idle_seconds
        self._ca_file = ca_file
        self._running: dict[pycurl.Curl, Handle] = {}
        self._spare: list[Handle] = []
        self._timer: asyncio.Handle | None = None
        self._due_at = math.inf
        self._files = ExitStack()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._options: dict[int, str | int] = {
            pycurl.NOSIGNAL: 1,
            pycurl.FOLLOWLOCATION: 0,
            pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
            pycurl.HTTP_CONTENT_DECODING: 0,  # see `ReplyBody`
            pycurl.MAXAGE_CONN: self._idle_seconds,
            **_authorities(self._ca_file, self._files),
        }
        self._sockets = socket_watch(self._loop, self._act)
        multi = self._multi = pycurl.CurlMulti()
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch_socket)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, self._max_connections)
        multi.setopt(pycurl.M_MAXCONNECTS, self._max_connections)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for curl, handle in list(self._running.items()):
            self._multi.remove_handle(curl)
            handle.ended.cancel()
        self._running.clear()
        self._multi.close()
        self._sockets.close()
        for handle in self._spare:
            handle.curl.close()
        if self._timer is not None:
            self._timer.cancel()
        self._files.close()

    async def send(self, request: HttpRequest, limits: TransportLimits) -> HttpReply:
        """See `Transport.send`."""
        handle = self._spare.pop() if self._spare else Handle(self._options, loop=self._loop)
        try:
            handle.prepare(request, limits)
            self._running[handle.curl] = handle
            self._multi.add_handle(handle.curl)
            await handle.ended
            return handle.reply()
        finally:
            handle.let_go()
            if self._running.pop(handle.curl, None) is not None:
                # Given up: its connection is closed, so that a late answer can reach nobody.
                self._multi.remove_handle(handle.curl)
            if len(self._spare) < _SPARE_HANDLES:
                self._spare.append(handle)
            else:
                handle.curl.close()

    def _watch_socket(self, what: int, socket: int, _multi: object, _data: object) -> None:
        self._sockets.watch(socket, _EVENTS[what])

    def _set_timer(self, timeout_milliseconds: int) -> None:
        # Called too early, libcurl says once more when its time is. So a timer that goes off before that will
        # do: it asks for a new one with each transfer, nearly always for some seconds later.
        due_at = self._loop.time() + timeout_milliseconds / 1000
        if timeout_milliseconds < 0 or due_at >= self._due_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due_at = due_at if timeout_milliseconds else 0.0
        # Never at once: libcurl must not be called out of its own callback.
        if timeout_milliseconds:
            self._timer = self._loop.call_at(due_at, self._act, pycurl.SOCKET_TIMEOUT, 0)
        else:
            self._timer = self._loop.call_soon(self._act, pycurl.SOCKET_TIMEOUT, 0)

    def _act(self, socket: int, event: int) -> None:
        if socket == pycurl.SOCKET_TIMEOUT:
            self._timer, self._due_at = None, math.inf
        self._multi.socket_action(socket, event)
        self._hand_out()

    def _hand_out(self) -> None:
        more = 1
        while more:
            more, succeeded, failed = self._multi.info_read()
            for handle in succeeded:
                self._end(handle, 0)
            for handle, code, _ in failed:
                self._end(handle, code)

    def _end(self, curl: Any, code: int) -> None:  # noqa: ANN401 - as the library gives it
        self._multi.remove_handle(curl)
        self._running.pop(curl).end(code)


def _authorities(ca_file: Path | None, files: ExitStack) -> dict[int, str]:
    """The options that name the authorities of the system, as Python finds them, and of `ca_file`."""
    system = ssl.get_default_verify_paths()
    options = {pycurl.CAPATH: system.capath, pycurl.CAINFO: system.cafile}
    if ca_file is not None:
        options[pycurl.CAINFO] = str(ca_file)
        if system.cafile:
            # libcurl takes one file.
            folder = Path(files.enter_context(tempfile.TemporaryDirectory(prefix="accessgraph-")))
            together = folder / "authorities.pem"
            together.write_bytes(Path(system.cafile).read_bytes() + b"\n" + ca_file.read_bytes())
            options[pycurl.CAINFO] = str(together)
    return {option: path for option, path in options.items() if path}
