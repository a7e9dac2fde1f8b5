"""Sockets that are watched, and what is told of them."""

import asyncio
import io
import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pycurl

from gateway.upstream.socket_watch import SocketWatch


class Told:
    """What was told, by the sockets' numbers."""

    def __init__(self) -> None:
        self.events: dict[int, int] = {}

    def __call__(self, number: int, events: int) -> None:
        self.events[number] = self.events.get(number, 0) | events

    def of(self, watched: socket.socket) -> int:
        """All of one socket."""
        return self.events.get(watched.fileno(), 0)


class CountingLoop:
    """An event loop as far as it watches; counts how often it says that something is ready."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.calls = 0
        self.remove_reader = self._loop.remove_reader
        self.remove_writer = self._loop.remove_writer

    def add_reader(self, number: int, callback: Callable[..., object], *given: Any) -> None:  # noqa: ANN401
        self._loop.add_reader(number, self._counted, callback, *given)

    def add_writer(self, number: int, callback: Callable[..., object], *given: Any) -> None:  # noqa: ANN401
        self._loop.add_writer(number, self._counted, callback, *given)

    def _counted(self, callback: Callable[..., object], *given: Any) -> None:  # noqa: ANN401
        self.calls += 1
        callback(*given)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One watch, and the sockets that it may watch."""

    opened: ExitStack
    loop: CountingLoop
    told: Told
    watch: SocketWatch

    def pair(self) -> tuple[socket.socket, socket.socket]:
        """Two sockets that are connected."""
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
            self.opened.enter_context(end)
        return ours, theirs

    def pipe(self, *, ours: int) -> tuple[io.FileIO, io.FileIO]:
        """Two ends of a pipe; `ours` says what the first is for."""
        reading, writing = (
            self.opened.enter_context(io.FileIO(number, mode))
            for number, mode in zip(os.pipe(), "rw", strict=True)
        )
        os.set_blocking(writing.fileno(), False)
        return (reading, writing) if ours == pycurl.CSELECT_IN else (writing, reading)

    def put_in_place(self, closing: socket.socket, new: socket.socket) -> socket.socket:
        """Close one socket, and give another one its number."""
        number = closing.detach()
        os.dup2(new.fileno(), number)  # closes the former
        new.close()
        return self.opened.enter_context(socket.socket(fileno=number))
