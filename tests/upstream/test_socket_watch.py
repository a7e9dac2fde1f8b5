"""gateway/upstream/socket_watch.py: who is told what of which socket, by both ways of watching."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, suppress
from typing import cast

import pycurl
import pytest

from gateway.upstream.socket_watch import EpollWatch, LoopWatch, Ready, SocketWatch, socket_watch
from tests.upstream.sockets import CountingLoop, Scene, Told

pytestmark = pytest.mark.anyio

READ, WRITE = pycurl.CSELECT_IN, pycurl.CSELECT_OUT
MakeWatch = Callable[[asyncio.AbstractEventLoop, Ready], SocketWatch]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="epoll is Linux's")


@pytest.fixture(params=[pytest.param("EpollWatch", marks=on_linux), "LoopWatch"])
def make_watch(request: pytest.FixtureRequest) -> MakeWatch:
    return EpollWatch if request.param == "EpollWatch" else LoopWatch


@pytest.fixture
async def scene(make_watch: MakeWatch) -> AsyncIterator[Scene]:
    with ExitStack() as opened:
        loop, told = CountingLoop(), Told()
        watch = make_watch(cast("asyncio.AbstractEventLoop", loop), told)
        yield Scene(opened=opened, loop=loop, told=told, watch=watch)
        watch.close()


async def turns(count: int = 10) -> None:
    """The event loop looks so often what is ready."""
    for _ in range(count):
        await asyncio.sleep(0)


@on_linux
async def test_linux_has_its_own_way() -> None:
    made = socket_watch(asyncio.get_running_loop(), lambda *_: None)
    assert isinstance(made, EpollWatch)
    made.close()


# ---------------------------------------------------------------- what is there


async def test_a_socket_with_something_to_read_is_told(scene: Scene) -> None:
    ours, theirs = scene.pair()
    scene.watch.watch(ours.fileno(), READ)
    theirs.send(b"x")
    await turns()
    assert scene.told.of(ours) == READ


async def test_a_socket_with_nothing_to_read_is_not_told(scene: Scene) -> None:
    ours, _ = scene.pair()
    scene.watch.watch(ours.fileno(), READ)
    await turns()
    assert scene.told.events == {}


async def test_a_socket_that_can_be_written_to_is_told(scene: Scene) -> None:
    ours, _ = scene.pair()
    scene.watch.watch(ours.fileno(), WRITE)
    await turns()
    assert scene.told.of(ours) == WRITE


async def test_a_socket_that_is_full_is_not_told_whatever_there_is_to_read(scene: Scene) -> None:
    ours, theirs = scene.pair()
    theirs.send(b"x")
    with suppress(BlockingIOError):
        while True:
            ours.send(b"x" * 65_536)
    scene.watch.watch(ours.fileno(), WRITE)
    await turns()
    assert scene.told.events == {}


async def test_both_are_told_where_both_are_there(scene: Scene) -> None:
    ours, theirs = scene.pair()
    theirs.send(b"x")
    scene.watch.watch(ours.fileno(), READ | WRITE)
    await turns()
    assert scene.told.of(ours) == READ | WRITE


@pytest.mark.parametrize("events", [READ, WRITE])
async def test_nothing_is_told_that_was_not_asked_for(scene: Scene, events: int) -> None:
    ours, theirs = scene.pair()
    theirs.send(b"x")
    scene.watch.watch(ours.fileno(), events)
    await turns()
    assert scene.told.of(ours) == events


async def test_what_is_there_is_told_until_it_is_gone(scene: Scene) -> None:
    ours, theirs = scene.pair()
    scene.watch.watch(ours.fileno(), READ)
    theirs.send(b"x")
    await turns()
    scene.told.events.clear()
    await turns()
    again = scene.told.of(ours)
    ours.recv(1)
    await turns()  # what was found before is told yet
    scene.told.events.clear()
    await turns()
    assert (again, scene.told.of(ours)) == (READ, 0)


@pytest.mark.parametrize("events", [READ, WRITE, READ | WRITE])
async def test_a_peer_that_has_gone_is_told_as_what_is_waited_for(scene: Scene, events: int) -> None:
    ours, theirs = scene.pair()
    scene.watch.watch(ours.fileno(), events)
    theirs.close()
    await turns()
    assert scene.told.of(ours) == events


@pytest.mark.parametrize("events", [READ, WRITE])
async def test_an_end_that_comes_alone_is_told_as_what_is_waited_for(scene: Scene, events: int) -> None:
    """Of a pipe the kernel says that the other end was closed, and not that there is anything to be done."""
    ours, theirs = scene.pipe(ours=events)
    watched = ours.fileno()
    if events == WRITE:
        with suppress(BlockingIOError):
            while True:
                os.write(watched, b"x" * 65_536)
    theirs.close()
    scene.watch.watch(watched, events)
    await turns()
    assert scene.told.events == {watched: events}


async def test_each_socket_is_told_what_is_its_own(scene: Scene) -> None:
    (one, _), (other, others), (third, thirds) = scene.pair(), scene.pair(), scene.pair()
    for end in (one, other, third):
        scene.watch.watch(end.fileno(), READ)
    others.send(b"x")
    thirds.close()
    await turns()
    assert [scene.told.of(end) for end in (one, other, third)] == [0, READ, READ]


async def test_however_many_are_ready_each_is_told(scene: Scene) -> None:
    many = [scene.opened.enter_context(socket.socket(type=socket.SOCK_DGRAM)) for _ in range(300)]
    for one in many:
        scene.watch.watch(one.fileno(), WRITE)
    await turns()
    assert {scene.told.of(one) for one in many} == {WRITE}


# ---------------------------------------------------------------- what is asked for changes


@pytest.mark.parametrize(("before", "after"), [(READ, WRITE), (WRITE, READ), (READ | WRITE, READ)])
async def test_what_is_asked_for_last_is_told(scene: Scene, before: int, after: int) -> None:
    ours, theirs = scene.pair()
    theirs.send(b"x")
    scene.watch.watch(ours.fileno(), before)
    await turns()
    scene.watch.watch(ours.fileno(), after)
    scene.told.events.clear()
    await turns()
    assert scene.told.of(ours) == after


@pytest.mark.parametrize("events", [READ, WRITE, READ | WRITE])
async def test_nothing_is_told_where_nothing_is_waited_for_any_more(scene: Scene, events: int) -> None:
    ours, theirs = scene.pair()
    theirs.send(b"x")
    scene.watch.watch(ours.fileno(), events)
    scene.watch.watch(ours.fileno(), 0)
    await turns()
    assert scene.told.events == {}


@pytest.mark.parametrize("between", ["nothing", "something to read"])
async def test_a_socket_that_is_used_again_is_told_again(scene: Scene, between: str) -> None:
    ours, theirs = scene.pair()
    scene.watch.watch(ours.fileno(), READ)
    scene.watch.watch(ours.fileno(), 0)
    if between == "something to read":
        theirs.send(b"x")
        await turns()
        ours.recv(1)
    scene.watch.watch(ours.fileno(), READ)
    theirs.send(b"x")
    await turns()
    assert scene.told.of(ours) == READ


@pytest.mark.parametrize("before", [READ, WRITE, READ | WRITE])
@pytest.mark.parametrize("after", [READ, WRITE])
async def test_a_socket_under_the_number_of_one_that_was_closed_is_told(
    scene: Scene, before: int, after: int
) -> None:
    (first, _), (second, seconds) = scene.pair(), scene.pair()
    scene.watch.watch(first.fileno(), before)
    await turns()
    scene.watch.watch(first.fileno(), 0)
    new = scene.put_in_place(first, second)
    scene.told.events.clear()
    scene.watch.watch(new.fileno(), after)
    seconds.send(b"x")
    await turns()
    assert scene.told.of(new) == after


async def test_a_socket_under_such_a_number_that_nobody_watches_is_not_told(scene: Scene) -> None:
    (first, _), (second, seconds) = scene.pair(), scene.pair()
    scene.watch.watch(first.fileno(), READ)
    scene.watch.watch(first.fileno(), 0)
    scene.put_in_place(first, second)
    seconds.send(b"x")
    await turns()
    assert scene.told.events == {}


# ---------------------------------------------------------------- what nobody waits for


@pytest.mark.parametrize("events", [READ, WRITE, READ | WRITE])
async def test_a_connection_that_nobody_uses_and_that_has_ended_keeps_nobody_busy(
    scene: Scene, events: int
) -> None:
    ours, theirs = scene.pair()
    scene.watch.watch(ours.fileno(), events)
    await turns()
    scene.watch.watch(ours.fileno(), 0)
    theirs.close()
    scene.loop.calls = 0
    await turns(100)
    assert scene.loop.calls <= 1


async def test_a_socket_that_was_closed_keeps_nobody_busy(scene: Scene) -> None:
    ours, theirs = scene.pair()
    scene.watch.watch(ours.fileno(), READ)
    theirs.send(b"x")
    scene.watch.watch(ours.fileno(), 0)
    ours.close()
    await turns(100)
    assert scene.loop.calls <= 1


async def test_after_the_end_nothing_is_told(make_watch: MakeWatch, scene: Scene) -> None:
    ours, theirs = scene.pair()
    watch = make_watch(asyncio.get_running_loop(), scene.told)
    watch.watch(ours.fileno(), READ | WRITE)
    watch.close()
    theirs.send(b"x")
    await turns()
    assert scene.told.events == {}


async def test_after_the_end_the_sockets_are_whole(make_watch: MakeWatch, scene: Scene) -> None:
    ours, theirs = scene.pair()
    watch = make_watch(asyncio.get_running_loop(), scene.told)
    watch.watch(ours.fileno(), READ | WRITE)
    watch.close()
    theirs.send(b"x")
    assert ours.recv(1) == b"x"
