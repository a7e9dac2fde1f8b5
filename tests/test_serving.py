"""gateway/serving.py: a server as a guest in the running event loop."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.sandbox.connection import BreakableConnection, transport_of
from gateway.serving import ServerStartError, ServerStopError, serving
from tests.plain_http import NO_TLS

pytestmark = pytest.mark.anyio


PROMPT_SECONDS = 5.0


async def greet(_: Request) -> Response:
    return PlainTextResponse("hello")


def app_with(handler: object = greet, *, log: list[str] | None = None) -> Starlette:
    events: list[str] = [] if log is None else log

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        events.append("opened")
        yield
        events.append("closed")

    return Starlette(routes=[Route("/", handler)], lifespan=lifespan)  # type: ignore[arg-type]


class Gate:
    """A handler that says when it has begun, and goes on when it is told to."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.opened = asyncio.Event()

    async def handle(self, _: Request) -> Response:
        self.begun.set()
        await self.opened.wait()
        return PlainTextResponse("at last")


async def test_the_application_answers_at_the_given_base_url() -> None:
    async with serving(app_with()) as base_url, httpx.AsyncClient(verify=NO_TLS) as client:
        assert (await client.get(base_url)).text == "hello"


async def test_two_servers_share_one_loop() -> None:
    async with serving(app_with()) as one, serving(app_with()) as other:
        assert one != other


async def test_the_lifespan_has_opened_when_the_block_begins() -> None:
    log: list[str] = []
    async with serving(app_with(log=log)):
        assert log == ["opened"]


async def test_the_lifespan_is_closed_after_the_block() -> None:
    log: list[str] = []
    async with serving(app_with(log=log)):
        pass
    assert log == ["opened", "closed"]


async def test_the_server_stops_when_the_block_fails() -> None:
    log: list[str] = []
    with pytest.raises(ZeroDivisionError):
        async with serving(app_with(log=log)):
            raise ZeroDivisionError
    assert log == ["opened", "closed"]


async def test_nobody_listens_after_the_block() -> None:
    async with serving(app_with()) as base_url:
        pass
    async with httpx.AsyncClient(verify=NO_TLS) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(base_url)


async def test_a_taken_port_is_a_start_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServerStartError, match=f"port {port}"):
            async with serving(app_with(), port=port):
                pass


async def test_a_lifespan_that_fails_to_open_is_the_cause_of_a_start_error() -> None:
    @asynccontextmanager
    async def broken(_: Starlette) -> AsyncIterator[None]:
        raise LookupError("no database")
        yield

    with pytest.raises(ServerStartError) as caught:
        async with serving(Starlette(lifespan=broken)):
            pass
    assert isinstance(caught.value.__cause__, LookupError)


async def test_a_lifespan_that_fails_to_close_is_the_cause_of_a_stop_error() -> None:
    @asynccontextmanager
    async def broken(_: Starlette) -> AsyncIterator[None]:
        yield
        raise LookupError("cannot close")

    with pytest.raises(ServerStopError) as caught:
        async with serving(Starlette(lifespan=broken)):
            pass
    assert isinstance(caught.value.__cause__, LookupError)


async def test_an_application_without_a_lifespan_is_a_start_error() -> None:
    async def requests_only(scope: Scope, _: Receive, __: Send) -> None:
        assert scope["type"] == "http"

    with pytest.raises(ServerStartError):
        async with serving(requests_only):
            pass


async def test_a_failed_start_leaves_no_task_behind() -> None:
    @asynccontextmanager
    async def broken(_: Starlette) -> AsyncIterator[None]:
        raise LookupError("no database")
        yield

    before = asyncio.all_tasks()
    with pytest.raises(ServerStartError):
        async with serving(Starlette(lifespan=broken)):
            pass
    assert asyncio.all_tasks() == before


async def test_no_task_is_left_behind() -> None:
    before = asyncio.all_tasks()
    async with serving(app_with()) as base_url, httpx.AsyncClient(verify=NO_TLS) as client:
        await client.get(base_url)
    assert asyncio.all_tasks() == before


async def test_signal_handlers_stay_as_they_were() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with serving(app_with()):
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


async def test_a_running_request_may_end_within_the_grace() -> None:
    gate = Gate()
    async with httpx.AsyncClient(verify=NO_TLS) as client:
        async with serving(app_with(gate.handle), grace_seconds=PROMPT_SECONDS) as base_url:
            request = asyncio.create_task(client.get(base_url))
            await gate.begun.wait()
            asyncio.get_running_loop().call_later(0.05, gate.opened.set)
        assert (await request).text == "at last"


async def test_a_request_that_does_not_end_is_cut_off_after_the_grace() -> None:
    gate = Gate()
    async with asyncio.timeout(PROMPT_SECONDS), httpx.AsyncClient(verify=NO_TLS) as client:
        async with serving(app_with(gate.handle), grace_seconds=0.05) as base_url:
            request = asyncio.create_task(client.get(base_url))
            await gate.begun.wait()
        with pytest.raises(httpx.TransportError):
            await request


async def test_a_request_that_is_cut_off_leaves_no_task_behind() -> None:
    gate = Gate()
    before = asyncio.all_tasks()
    async with httpx.AsyncClient(verify=NO_TLS) as client:
        async with serving(app_with(gate.handle), grace_seconds=0.05) as base_url:
            request = asyncio.create_task(client.get(base_url))
            await gate.begun.wait()
        await asyncio.wait({request})
        request.exception()
    assert asyncio.all_tasks() == before


async def test_the_lifespan_is_closed_also_when_a_request_is_cut_off() -> None:
    log: list[str] = []
    gate = Gate()
    async with httpx.AsyncClient(verify=NO_TLS) as client:
        async with serving(app_with(gate.handle, log=log), grace_seconds=0.05) as base_url:
            request = asyncio.create_task(client.get(base_url))
            await gate.begun.wait()
        await asyncio.wait({request})
        request.exception()
    assert log == ["opened", "closed"]


async def test_a_client_that_never_finishes_its_request_does_not_hold_up_the_end() -> None:
    async with asyncio.timeout(PROMPT_SECONDS):
        async with serving(app_with(), grace_seconds=0.05) as base_url:
            reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(base_url).port)
            writer.write(b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 100\r\n\r\npart")
            await writer.drain()
        # How a connection that is cut off shows itself differs between versions of Python.
        with suppress(ConnectionResetError):
            await reader.read()
            writer.close()
            await writer.wait_closed()


async def test_a_lifespan_that_hangs_while_closing_does_not_hold_up_the_end() -> None:
    @asynccontextmanager
    async def sticky(_: Starlette) -> AsyncIterator[None]:
        yield
        await asyncio.Event().wait()

    before = asyncio.all_tasks()
    async with asyncio.timeout(PROMPT_SECONDS), serving(Starlette(lifespan=sticky), grace_seconds=0.05):
        pass
    assert asyncio.all_tasks() == before


async def test_small_answers_are_not_held_back_by_the_kernel() -> None:
    async def nodelay(request: Request) -> Response:
        connection = transport_of(request.scope).get_extra_info("socket")
        return PlainTextResponse(str(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))

    async with (
        serving(app_with(nodelay), http=BreakableConnection) as base_url,
        httpx.AsyncClient(verify=NO_TLS) as client,
    ):
        assert (await client.get(base_url)).text != "0"
