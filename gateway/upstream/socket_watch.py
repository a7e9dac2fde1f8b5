"""Which of libcurl's sockets are ready, told by the event loop.

libcurl says for every transfer anew which socket it waits for, also where that is a connection that it keeps.
On Linux the sockets are in an epoll set of their own, of which the loop watches only the one descriptor: that
costs a third of telling the loop about every socket, and one look finds all that are ready.
"""

import asyncio
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

import pycurl

Ready = Callable[[int, int], object]
"""Told of a socket, and of libcurl's events on it."""

_READ: Final = pycurl.CSELECT_IN
_WRITE: Final = pycurl.CSELECT_OUT
_MOST_AT_ONCE: Final = 256


class SocketWatch(Protocol):
    """Watches sockets."""

    def watch(self, socket: int, events: int) -> None:
        """Tell of these events on the socket, as often as they are there; 0 for none any more."""

    def close(self) -> None:
        """Watch nothing any more."""


def socket_watch(loop: asyncio.AbstractEventLoop, ready: Ready) -> SocketWatch:
    """The best that the machine has."""
    if sys.platform == "linux":
        return EpollWatch(loop, ready)
    return LoopWatch(loop, ready)


class EpollWatch:
    """By an epoll set: https://man7.org/linux/man-pages/man7/epoll.7.html."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ready: Ready) -> None:
        self._loop = loop
        self._ready = ready
        self._epoll = select.epoll()
        self._watched: dict[int, int] = {}
        loop.add_reader(self._epoll.fileno(), self._look)

    def watch(self, socket: int, events: int) -> None:
        """See `SocketWatch.watch`.

        A socket that nothing is waited for on stays in the set: mostly its connection is used again. If it is
        closed instead, the kernel takes it out, and another may come under its number.
        """
        self._watched[socket] = events
        if not events:
            return
        mask = (select.EPOLLIN if events & _READ else 0) | (select.EPOLLOUT if events & _WRITE else 0)
        try:
            self._epoll.modify(socket, mask)
        except FileNotFoundError:
            self._epoll.register(socket, mask)

    def close(self) -> None:
        """See `SocketWatch.close`."""
        if not self._epoll.closed:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

    def _look(self) -> None:
        for socket, mask in self._epoll.poll(0, _MOST_AT_ONCE):
            if self._epoll.closed:
                return
            events = self._watched.get(socket, 0)
            if events:
                is_over = mask & (select.EPOLLHUP | select.EPOLLERR)
                read = _READ if is_over or mask & select.EPOLLIN else 0
                write = _WRITE if is_over or mask & select.EPOLLOUT else 0
                self._ready(socket, events & (read | write))
            else:
                self._forget(socket)

    def _forget(self, socket: int) -> None:
        """A connection that nobody uses has ended: it would be ready for ever."""
        self._watched.pop(socket, None)
        with suppress(FileNotFoundError, OSError):
            self._epoll.unregister(socket)


class LoopWatch:
    """By the event loop itself, one socket at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ready: Ready) -> None:
        self._loop = loop
        self._ready = ready
        self._watched: dict[int, int] = {}

    def watch(self, socket: int, events: int) -> None:
        """See `SocketWatch.watch`."""
        before = self._watched.pop(socket, 0)
        if events:
            self._watched[socket] = events
        gone, new = before & ~events, events & ~before
        if gone & _READ:
            self._loop.remove_reader(socket)
        if gone & _WRITE:
            self._loop.remove_writer(socket)
        if new & _READ:
            self._loop.add_reader(socket, self._ready, socket, _READ)
        if new & _WRITE:
            self._loop.add_writer(socket, self._ready, socket, _WRITE)

    def close(self) -> None:
        """See `SocketWatch.close`."""
        for socket in tuple(self._watched):
            self.watch(socket, 0)
