"""gateway/direct_http: clients that go away, servers that stop, and connections that nobody uses."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from gateway.serving import serving
from tests.direct_http.two_way_teller import Teller, Watched, telling, watched_by
from tests.wire import LONGEST_SECONDS, Connection, connected, request

pytestmark = pytest.mark.anyio

IDLE_SECONDS = 0.05
SHORT_GRACE_SECONDS = 0.05
HALF, OTHER_HALF = request(b"in two halves")[:-6], b"halves"
Stop = Callable[[], None]


@pytest.fixture(params=["asyncio", pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop")])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """The gateway's own loop, and the one that tests have elsewhere."""
    return request.param


@asynccontextmanager
async def stoppable(
    *, grace_seconds: float = LONGEST_SECONDS
) -> AsyncIterator[tuple[str, Teller, type[Watched], Stop]]:
    """A served teller that can be told to stop while clients still have a connection; its end is awaited."""
    stop = asyncio.Event()
    started: asyncio.Future[tuple[str, Teller, type[Watched]]] = asyncio.get_running_loop().create_future()

    async def serve() -> None:
        async with telling(grace_seconds=grace_seconds) as served:
            started.set_result(served)
            await stop.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(serve())
        yield *(await started), stop.set
        stop.set()


async def rest_of(connection: Connection) -> bytes:
    """How a connection that is cut off shows itself differs between versions of Python."""
    with suppress(ConnectionResetError):
        return await connection.rest()
    return b""


# ---------------------------------------------------------------- a client that goes away


async def test_a_client_that_leaves_in_the_middle_of_a_body_is_no_request() -> None:
    async with telling() as (base_url, teller, watched), connected(base_url) as connection:
        await connection.send(HALF)
        await watched.read.get()
        connection.abort()
        await watched.lost.wait()
    assert (teller.shown, teller.scopes) == ([], [])


async def test_a_client_that_leaves_in_the_middle_of_a_body_leaves_no_task_behind() -> None:
    async with telling() as (base_url, _, watched), connected(base_url) as connection:
        before = asyncio.all_tasks()
        await connection.send(HALF)
        await watched.read.get()
        connection.abort()
        await watched.lost.wait()
        assert asyncio.all_tasks() == before


async def test_a_client_that_leaves_in_the_middle_of_a_body_does_not_hold_up_the_end() -> None:
    async with asyncio.timeout(LONGEST_SECONDS), telling(grace_seconds=2 * LONGEST_SECONDS) as served:
        base_url, _, watched = served
        async with connected(base_url) as connection:
            await connection.send(HALF)
            await watched.read.get()
            connection.abort()
            await watched.lost.wait()


async def test_what_is_waited_for_is_told_once_that_its_client_has_gone() -> None:
    async with telling() as (base_url, teller, watched), connected(base_url) as connection:
        await connection.send(request(b"stay"))
        await teller.begun.wait()
        connection.abort()
        await watched.lost.wait()
        assert teller.gone == 1


async def test_what_was_waited_for_is_not_told_when_its_client_goes_later() -> None:
    async with telling() as (base_url, teller, watched), connected(base_url) as connection:
        await connection.ask(request(b"wait"))
        connection.abort()
        await watched.lost.wait()
        assert teller.gone == 0


async def test_a_client_that_leaves_before_its_answer_leaves_no_task_behind() -> None:
    before = asyncio.all_tasks()
    async with telling() as (base_url, teller, watched), connected(base_url) as connection:
        await connection.send(request(b"stay"))
        await teller.begun.wait()
        connection.abort()
        await watched.lost.wait()
    assert asyncio.all_tasks() == before


# ---------------------------------------------------------------- a server that stops


async def test_a_request_that_has_half_come_when_the_server_stops_is_answered() -> None:
    async with stoppable() as (base_url, _, watched, stop), connected(base_url) as connection:
        await connection.send(HALF)
        await watched.read.get()
        stop()
        await watched.stopping.wait()
        assert (await connection.ask(OTHER_HALF)).body.endswith(b"in two halves")


async def test_the_last_answer_says_that_the_connection_ends_and_it_does() -> None:
    async with stoppable() as (base_url, _, watched, stop), connected(base_url) as connection:
        await connection.send(HALF)
        await watched.read.get()
        stop()
        await watched.stopping.wait()
        answer = await connection.ask(OTHER_HALF)
        assert (answer.all_of(b"connection"), await connection.rest()) == ([b"close"], b"")


@pytest.mark.parametrize("asked", [b"hold", b"stay"])
async def test_a_request_that_is_waited_for_when_the_server_stops_is_answered(asked: bytes) -> None:
    async with stoppable() as (base_url, teller, watched, stop), connected(base_url) as connection:
        await connection.send(request(asked))
        await teller.begun.wait()
        stop()
        await watched.stopping.wait()
        teller.opened.set()
        answer = await connection.answer()
        assert answer.body.endswith(asked)
        assert (answer.all_of(b"connection"), await connection.rest()) == ([b"close"], b"")


async def test_a_request_of_which_the_other_half_never_comes_does_not_hold_up_the_end() -> None:
    async with (
        asyncio.timeout(LONGEST_SECONDS),
        stoppable(grace_seconds=SHORT_GRACE_SECONDS) as (base_url, _, watched, stop),
        connected(base_url) as connection,
    ):
        await connection.send(HALF)
        await watched.read.get()
        stop()
        assert await rest_of(connection) == b""


@pytest.mark.parametrize("sent", [HALF, request(b"hold"), request(b"stay")])
async def test_a_server_that_stops_leaves_no_task_behind(sent: bytes) -> None:
    before = asyncio.all_tasks()
    async with (
        stoppable(grace_seconds=SHORT_GRACE_SECONDS) as (base_url, _, watched, stop),
        connected(base_url) as connection,
    ):
        await connection.send(sent)
        await watched.read.get()
        stop()
        await rest_of(connection)
    assert asyncio.all_tasks() == before


async def test_a_connection_without_a_request_is_closed_when_the_server_stops() -> None:
    async with stoppable() as (base_url, _, __, stop), connected(base_url) as connection:
        await connection.ask(request(b"hello"))
        stop()
        assert await connection.rest() == b""


async def test_an_answer_that_is_not_yet_read_when_the_server_stops_arrives_whole() -> None:
    length = 32 * 1024 * 1024  # more than all buffers on the way
    async with stoppable() as (base_url, _, watched, stop), connected(base_url) as connection:
        await connection.send(request(b"big %d" % length))
        await watched.full.wait()
        stop()
        await watched.stopping.wait()
        assert len((await connection.answer()).body) == length


class StopsHavingRead(Watched):
    """The server is told to stop before it has come to anything else."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.shutdown()


async def test_an_answer_that_was_just_given_when_the_server_stops_arrives() -> None:
    teller = Teller()
    http = type("StopsHavingReadOfOne", (StopsHavingRead, watched_by(teller)), {})
    async with serving(teller, http=http) as base_url, connected(base_url) as connection:
        assert (await connection.ask(request(b"hello"))).body == b"at once hello"
        assert await connection.rest() == b""


# ---------------------------------------------------------------- a connection that nobody uses


@pytest.mark.parametrize("asked", [b"hello", b"leave", b"wait"])
async def test_a_connection_that_nobody_uses_is_closed(asked: bytes) -> None:
    async with telling(idle_seconds=IDLE_SECONDS) as (base_url, _, __), connected(base_url) as connection:
        await connection.ask(request(asked))
        assert await connection.rest() == b""


@pytest.mark.parametrize("asked", [b"hold", b"stay"])
async def test_a_connection_is_in_use_while_a_request_is_waited_for(asked: bytes) -> None:
    async with telling(idle_seconds=IDLE_SECONDS) as (base_url, teller, _), connected(base_url) as connection:
        await connection.ask(request(b"first"))
        await connection.send(request(asked))
        await later_than_idle(teller)
        assert (await connection.answer()).body.endswith(asked)


@pytest.mark.parametrize("asked", [b"hold", b"stay"])
async def test_a_connection_is_in_use_while_a_request_that_came_with_another_is_waited_for(
    asked: bytes,
) -> None:
    async with telling(idle_seconds=IDLE_SECONDS) as (base_url, teller, _), connected(base_url) as connection:
        await connection.send(request(b"first") + request(asked))
        await connection.answer()
        await later_than_idle(teller)
        assert (await connection.answer()).body.endswith(asked)


@pytest.mark.parametrize(
    "pieces", [[request(b"first"), HALF], [request(b"first") + HALF]], ids=["two", "one"]
)
async def test_a_connection_is_in_use_while_a_request_comes(pieces: list[bytes]) -> None:
    async with (
        telling(idle_seconds=IDLE_SECONDS) as (base_url, _, watched),
        connected(base_url) as connection,
    ):
        for piece in pieces:
            await connection.send(piece)
            await watched.read.get()
        await connection.answer()
        timer = asyncio.Event()
        # Timers end in their order: that of a connection without use was there before.
        asyncio.get_running_loop().call_later(3 * IDLE_SECONDS, timer.set)
        await timer.wait()
        assert (await connection.ask(OTHER_HALF)).body.endswith(b"in two halves")


async def later_than_idle(teller: Teller) -> None:
    """Let what is held go on after the timer of a connection without use, were there one, has ended."""
    await teller.begun.wait()
    # Timers end in their order, whatever the machine has to do.
    asyncio.get_running_loop().call_later(3 * IDLE_SECONDS, teller.opened.set)
    await teller.opened.wait()
