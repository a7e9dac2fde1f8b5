"""The Transport port (gateway/upstream/transport.py): many calls, and calls that are given up.

A contract: every implementation passes the same tests (`TRANSPORTS` in conftest.py).
"""

import asyncio
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from starlette.datastructures import Address
from starlette.requests import Request

from gateway.sandbox.faults import Fault, FaultKind, FaultSwitches
from gateway.upstream.transport import (
    HttpRequest,
    Transport,
    TransportLimits,
    TransportTimeout,
    UnreadableReply,
)

pytestmark = pytest.mark.anyio

MakeTransport = Callable[..., Transport]

LIMITS = TransportLimits(connect_timeout_seconds=5, total_timeout_seconds=30, max_reply_bytes=100_000)
IMPATIENT = replace(LIMITS, total_timeout_seconds=0.1)


def echo(server: str, body: bytes = b"") -> HttpRequest:
    return HttpRequest(method="POST", url=f"{server}/echo", body=body, repeatable=True)


def held(server: str) -> HttpRequest:
    return HttpRequest(method="GET", url=f"{server}/held")


def clients_of(received: list[Request]) -> set[Address | None]:
    return {request.client for request in received}


async def cancel_when(begun: asyncio.Event, sending: asyncio.Task[object]) -> None:
    await begun.wait()
    sending.cancel()
    await asyncio.wait({sending})


async def test_calls_one_after_the_other_share_a_connection(
    transport: Transport, server: str, received: list[Request]
) -> None:
    for _ in range(3):
        await transport.send(echo(server), LIMITS)
    assert len(clients_of(received)) == 1


async def test_a_connection_that_was_idle_for_too_long_is_not_used_again(
    make_transport: MakeTransport, server: str, received: list[Request]
) -> None:
    async with make_transport(10, idle_seconds=1) as transport:
        await transport.send(echo(server), LIMITS)
        await asyncio.sleep(2.1)  # the time itself is what is tested; libcurl counts whole seconds
        await transport.send(echo(server), LIMITS)
    assert len(clients_of(received)) == 2


async def test_two_hundred_calls_at_once_each_get_their_own_answer(transport: Transport, server: str) -> None:
    bodies = [f"call {number}".encode() for number in range(200)]
    replies = await asyncio.gather(*(transport.send(echo(server, body), LIMITS) for body in bodies))
    assert [reply.body for reply in replies] == bodies


async def test_two_hundred_calls_at_once_keep_to_the_pools_ten_connections(
    transport: Transport, server: str, received: list[Request]
) -> None:
    await asyncio.gather(*(transport.send(echo(server), LIMITS) for _ in range(200)))
    assert len(clients_of(received)) <= 10


async def test_a_cancelled_call_frees_its_connection(
    make_transport: MakeTransport, server: str, begun: asyncio.Event
) -> None:
    async with make_transport(1) as transport:
        await cancel_when(begun, asyncio.create_task(transport.send(held(server), LIMITS)))
        assert (await transport.send(echo(server), LIMITS)).status == 200


async def test_a_cancelled_call_hangs_up(
    transport: Transport, server: str, begun: asyncio.Event, hung_up: asyncio.Event
) -> None:
    await cancel_when(begun, asyncio.create_task(transport.send(held(server), LIMITS)))
    await hung_up.wait()


async def test_a_cancelled_call_is_no_failure(
    transport: Transport, server: str, begun: asyncio.Event
) -> None:
    sending = asyncio.create_task(transport.send(held(server), LIMITS))
    await cancel_when(begun, sending)
    assert sending.cancelled()


async def test_a_call_cancelled_while_it_waits_for_a_connection_leaves_the_pool_whole(
    make_transport: MakeTransport, server: str, begun: asyncio.Event
) -> None:
    async with make_transport(1) as transport:
        first = asyncio.create_task(transport.send(held(server), LIMITS))
        waiting = asyncio.create_task(transport.send(echo(server), LIMITS))
        await cancel_when(begun, waiting)
        await cancel_when(begun, first)
        assert (await transport.send(echo(server), LIMITS)).status == 200


async def test_a_late_answer_never_reaches_the_next_call(
    make_transport: MakeTransport, server: str, faults: FaultSwitches
) -> None:
    faults.add(Fault(kind=FaultKind.LATE_ANSWER, seconds=0.2, times=1))
    async with make_transport(1) as transport:
        with pytest.raises(TransportTimeout):
            await transport.send(echo(server, b"first"), IMPATIENT)
        reply = await transport.send(echo(server, b"second"), LIMITS)
    assert reply.body == b"second"


async def test_an_answer_that_was_not_read_to_its_end_never_reaches_the_next_call(
    make_transport: MakeTransport, server: str
) -> None:
    async with make_transport(1) as transport:
        with pytest.raises(UnreadableReply):
            await transport.send(echo(server, b"first" * 100), replace(LIMITS, max_reply_bytes=10))
        reply = await transport.send(echo(server, b"second"), LIMITS)
    assert reply.body == b"second"


async def test_closing_the_transport_hangs_up(
    make_transport: MakeTransport, server: str, begun: asyncio.Event, hung_up: asyncio.Event
) -> None:
    async with make_transport(1) as transport:
        sending = asyncio.create_task(transport.send(held(server), LIMITS))
        await begun.wait()
    await hung_up.wait()
    await cancel_when(begun, sending)
