"""gateway/direct_http: responses leave together, whatever has become of one client or another."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from gateway.direct_http.outbox import Outbox

pytestmark = pytest.mark.anyio

Line = tuple[asyncio.Transport, asyncio.StreamReader]
"""A transport, and what its other end receives."""


@pytest.fixture
async def lines() -> AsyncIterator[list[Line]]:
    opened: list[Line] = []
    writers = []
    for _ in range(3):
        near, far = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=far)
        transport, _protocol = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=near)
        opened.append((transport, reader))
        writers.append(writer)
    yield opened
    for transport, _ in opened:
        transport.close()
    for writer in writers:
        writer.close()
        await writer.wait_closed()


async def test_every_response_goes_to_its_own_client(lines: list[Line]) -> None:
    outbox, loop = Outbox(), asyncio.get_running_loop()
    for number, (transport, _) in enumerate(lines):
        outbox.put(transport, (b"to ", b"%d" % number), loop=loop)
    assert [await reader.readexactly(4) for _, reader in lines] == [b"to 0", b"to 1", b"to 2"]


async def test_several_responses_to_one_client_stay_in_their_order(lines: list[Line]) -> None:
    [(transport, reader), *_] = lines
    outbox, loop = Outbox(), asyncio.get_running_loop()
    big = b"x" * 20_000
    for pieces in ((b"1",), (b"2", big), (b"3",)):
        outbox.put(transport, pieces, loop=loop)
    assert await reader.readexactly(20_003) == b"12" + big + b"3"


async def test_a_client_that_has_gone_takes_no_other_s_response_along(lines: list[Line]) -> None:
    outbox, loop = Outbox(), asyncio.get_running_loop()
    for transport, _ in lines:
        outbox.put(transport, (b"there",), loop=loop)
    lines[0][0].abort()
    assert [await reader.readexactly(5) for _, reader in lines[1:]] == [b"there"] * 2


async def test_nothing_is_sent_before_the_turn_is_over_unless_it_is_asked_for(lines: list[Line]) -> None:
    [(transport, reader), *_] = lines
    outbox, loop = Outbox(), asyncio.get_running_loop()
    outbox.put(transport, (b"now",), loop=loop)
    turn = outbox.turn
    outbox.send()
    assert (outbox.turn != turn, await reader.readexactly(3)) == (True, b"now")
