"""gateway/upstream/socket_watch.py: who is told what of which socket, by both ways of watching."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any, cast

import pycurl
import pytest

from gateway.upstream.socket_watch import EpollWatch, LoopWatch, Ready, SocketWatch, socket_watch

pytestmark = pytest.mark.anyio

READ, WRITE = pycurl.CSELECT_IN, pycurl.CSELECT_OUT
Pair = tuple[socket.socket, socket.socket]
MakePair = Callable[[], Pair]
MakeWatch = Callable[[asyncio.AbstractEventLoop, Ready], SocketWatch]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="epoll is Linux's")


class Told:
    """What was told, by the sockets' numbers."""

    def __init__(self) -> None:
        self.events: dict[int, list[int]] = {}

    def __call__(self, number: int, events: int) -> None:
        self.events.setdefault(number, []).append(events)

    def of(self, watched: socket.socket) -> int:
        """All events together."""
        together = 0
        for events in self.events.get(watched.fileno(), ()):
            together |= events
        return together


class CountingLoop:
    """Adds readers to an event loop, and counts how often they are called."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.calls = 0

    def add_reader(self, number: int, callback: Callable[..., object], *given: Any) -> None:  # noqa: ANN401
        def counted() -> None:
            self.calls += 1
            callback(*given)

        self._loop.add_reader(number, counted)

    def add_writer(self, number: int, callback: Callable[..., object], *given: Any) -> None:  # noqa: ANN401
        def counted() -> None:
            self.calls += 1
            callback(*given)

        self._loop.add_writer(number, counted)

    def remove_reader(self, number: int) -> bool:
        return self._loop.remove_reader(number)

    def remove_writer(self, number: int) -> bool:
        return self._loop.remove_writer(number)


@pytest.fixture(params=[pytest.param("EpollWatch", marks=on_linux), "LoopWatch"])
def make_watch(request: pytest.FixtureRequest) -> MakeWatch:
    return EpollWatch if request.param == "EpollWatch" else LoopWatch


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Closes sockets, after whatever watches them."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def make_pair(opened: ExitStack) -> MakePair:
    def make() -> Pair:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
            opened.enter_context(end)
        return ours, theirs

    return make


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def loop() -> CountingLoop:
    return CountingLoop()


@pytest.fixture
async def watch(
    make_watch: MakeWatch,
    loop: CountingLoop,
    told: Told,
    opened: ExitStack,  # noqa: ARG001 - to be closed after the watch
) -> AsyncIterator[SocketWatch]:
    made = make_watch(cast("asyncio.AbstractEventLoop", loop), told)
    yield made
    made.close()


async def turns(count: int = 10) -> None:
    """The event loop looks so often what is ready."""
    for _ in range(count):
        await asyncio.sleep(0)


def put_in_place(closing: socket.socket, new: socket.socket, opened: ExitStack) -> socket.socket:
    """Close one socket, and give another one its number."""
    number = closing.detach()
    os.dup2(new.fileno(), number)  # closes the former
    new.close()
    return opened.enter_context(socket.socket(fileno=number))


@on_linux
async def test_linux_has_its_own_way() -> None:
    made = socket_watch(asyncio.get_running_loop(), lambda *_: None)
    assert isinstance(made, EpollWatch)
    made.close()


# ---------------------------------------------------------------- what is there


async def test_a_socket_with_something_to_read_is_told(
    watch: SocketWatch, told: Told, make_pair: MakePair
) -> None:
    ours, theirs = make_pair()
    watch.watch(ours.fileno(), READ)
    theirs.send(b"x")
    await turns()
    assert told.of(ours) == READ


async def test_a_socket_with_nothing_to_read_is_not_told(
    watch: SocketWatch, told: Told, make_pair: MakePair
) -> None:
    ours, _ = make_pair()
    watch.watch(ours.fileno(), READ)
    await turns()
    assert told.events == {}


async def test_a_socket_that_can_be_written_to_is_told(
    watch: SocketWatch, told: Told, make_pair: MakePair
) -> None:
    ours, _ = make_pair()
    watch.watch(ours.fileno(), WRITE)
    await turns()
    assert told.of(ours) == WRITE


async def test_a_socket_that_is_full_is_not_told(watch: SocketWatch, told: Told, make_pair: MakePair) -> None:
    ours, _ = make_pair()
    with suppress(BlockingIOError):
        while True:
            ours.send(b"x" * 65_536)
    watch.watch(ours.fileno(), WRITE)
    await turns()
    assert told.events == {}


async def test_both_are_told_where_both_are_there(
    watch: SocketWatch, told: Told, make_pair: MakePair
) -> None:
    ours, theirs = make_pair()
    theirs.send(b"x")
    watch.watch(ours.fileno(), READ | WRITE)
    await turns()
    assert told.of(ours) == READ | WRITE


@pytest.mark.parametrize("events", [READ, WRITE])
async def test_nothing_is_told_that_was_not_asked_for(
    watch: SocketWatch, told: Told, make_pair: MakePair, events: int
) -> None:
    ours, theirs = make_pair()
    theirs.send(b"x")
    watch.watch(ours.fileno(), events)
    await turns()
    assert told.of(ours) == events


async def test_what_is_there_is_told_until_it_is_gone(
    watch: SocketWatch, told: Told, make_pair: MakePair
) -> None:
    ours, theirs = make_pair()
    watch.watch(ours.fileno(), READ)
    theirs.send(b"x")
    await turns()
    before = len(told.events[ours.fileno()])
    await turns()
    between = len(told.events[ours.fileno()])
    ours.recv(1)
    await turns()
    assert before < between == len(told.events[ours.fileno()])


@pytest.mark.parametrize("events", [READ, WRITE, READ | WRITE])
async def test_a_peer_that_has_gone_is_told_as_what_is_waited_for(
    watch: SocketWatch, told: Told, make_pair: MakePair, events: int
) -> None:
    ours, theirs = make_pair()
    watch.watch(ours.fileno(), events)
    theirs.close()
    await turns()
    assert told.of(ours) == events


async def test_each_socket_is_told_what_is_its_own(
    watch: SocketWatch, told: Told, make_pair: MakePair
) -> None:
    (one, _), (other, others), (third, thirds) = make_pair(), make_pair(), make_pair()
    for end in (one, other, third):
        watch.watch(end.fileno(), READ)
    others.send(b"x")
    thirds.close()
    await turns()
    assert [told.of(end) for end in (one, other, third)] == [0, READ, READ]


async def test_however_many_are_ready_each_is_told(watch: SocketWatch, told: Told, opened: ExitStack) -> None:
    many = [opened.enter_context(socket.socket(type=socket.SOCK_DGRAM)) for _ in range(300)]
    for one in many:
        watch.watch(one.fileno(), WRITE)
    await turns()
    assert {told.of(one) for one in many} == {WRITE}


# ---------------------------------------------------------------- what is asked for changes


@pytest.mark.parametrize(("before", "after"), [(READ, WRITE), (WRITE, READ), (READ | WRITE, READ)])
async def test_what_is_asked_for_last_is_told(
    watch: SocketWatch, told: Told, make_pair: MakePair, before: int, after: int
) -> None:
    ours, theirs = make_pair()
    theirs.send(b"x")
    watch.watch(ours.fileno(), before)
    await turns()
    watch.watch(ours.fileno(), after)
    told.events.clear()
    await turns()
    assert told.of(ours) == after


@pytest.mark.parametrize("events", [READ, WRITE, READ | WRITE])
async def test_nothing_is_told_where_nothing_is_waited_for_any_more(
    watch: SocketWatch, told: Told, make_pair: MakePair, events: int
) -> None:
    ours, theirs = make_pair()
    theirs.send(b"x")
    watch.watch(ours.fileno(), events)
    watch.watch(ours.fileno(), 0)
    await turns()
    assert told.events == {}


@pytest.mark.parametrize("between", ["nothing", "something to read"])
async def test_a_socket_that_is_used_again_is_told_again(
    watch: SocketWatch, told: Told, make_pair: MakePair, between: str
) -> None:
    ours, theirs = make_pair()
    watch.watch(ours.fileno(), READ)
    watch.watch(ours.fileno(), 0)
    if between == "something to read":
        theirs.send(b"x")
        await turns()
        ours.recv(1)
    watch.watch(ours.fileno(), READ)
    theirs.send(b"x")
    await turns()
    assert told.of(ours) == READ


@pytest.mark.parametrize("before", [READ, WRITE, READ | WRITE])
@pytest.mark.parametrize("after", [READ, WRITE])
async def test_a_socket_under_the_number_of_one_that_was_closed_is_told(
    watch: SocketWatch, told: Told, make_pair: MakePair, opened: ExitStack, before: int, after: int
) -> None:
    (first, _), (second, seconds) = make_pair(), make_pair()
    watch.watch(first.fileno(), before)
    await turns()
    watch.watch(first.fileno(), 0)
    new = put_in_place(first, second, opened)
    told.events.clear()
    watch.watch(new.fileno(), after)
    seconds.send(b"x")
    await turns()
    assert told.of(new) == after


async def test_a_socket_under_such_a_number_that_nobody_watches_is_not_told(
    watch: SocketWatch, told: Told, make_pair: MakePair, opened: ExitStack
) -> None:
    (first, _), (second, seconds) = make_pair(), make_pair()
    watch.watch(first.fileno(), READ)
    watch.watch(first.fileno(), 0)
    put_in_place(first, second, opened)
    seconds.send(b"x")
    await turns()
    assert told.events == {}


# ---------------------------------------------------------------- what nobody waits for


@pytest.mark.parametrize("events", [READ, WRITE, READ | WRITE])
async def test_a_connection_that_nobody_uses_and_that_has_ended_keeps_nobody_busy(
    watch: SocketWatch, loop: CountingLoop, make_pair: MakePair, events: int
) -> None:
    ours, theirs = make_pair()
    watch.watch(ours.fileno(), events)
    await turns()
    watch.watch(ours.fileno(), 0)
    theirs.close()
    loop.calls = 0
    await turns(100)
    assert loop.calls <= 1


async def test_a_socket_that_was_closed_keeps_nobody_busy(
    watch: SocketWatch, loop: CountingLoop, make_pair: MakePair
) -> None:
    ours, theirs = make_pair()
    watch.watch(ours.fileno(), READ)
    theirs.send(b"x")
    watch.watch(ours.fileno(), 0)
    ours.close()
    await turns(100)
    assert loop.calls <= 1


async def test_after_the_end_nothing_is_told(make_watch: MakeWatch, told: Told, make_pair: MakePair) -> None:
    ours, theirs = make_pair()
    watch = make_watch(asyncio.get_running_loop(), told)
    watch.watch(ours.fileno(), READ | WRITE)
    watch.close()
    theirs.send(b"x")
    await turns()
    assert told.events == {}


async def test_after_the_end_the_sockets_are_whole(
    make_watch: MakeWatch, told: Told, make_pair: MakePair
) -> None:
    ours, theirs = make_pair()
    watch = make_watch(asyncio.get_running_loop(), told)
    watch.watch(ours.fileno(), READ | WRITE)
    watch.close()
    theirs.send(b"x")
    assert ours.recv(1) == b"x"
