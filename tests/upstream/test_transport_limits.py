"""The Transport port (gateway/upstream/transport.py): replies that are too large or make no sense.

A contract: every implementation passes the same tests (`TRANSPORTS` in conftest.py).
"""

import gzip
import tracemalloc
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from gateway.sandbox.faults import Fault, FaultKind, FaultSwitches
from gateway.upstream.transport import (
    Transport,
    UnreadableReply,
)
from tests.upstream.transfers import LIMITS, FailureOf, echo, get

pytestmark = pytest.mark.anyio

Saying = Callable[[bytes], AbstractAsyncContextManager[str]]


def coded(content: bytes, coding: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def gzipped(content: bytes) -> bytes:
    return coded(gzip.compress(content), "gzip")


def gzipped_twice(content: bytes) -> bytes:
    return coded(gzip.compress(gzip.compress(content)), "gzip, gzip")


async def test_an_answer_as_large_as_allowed_is_read(transport: Transport, server: str) -> None:
    reply = await transport.send(echo(server, b"x" * LIMITS.max_reply_bytes), LIMITS)
    assert len(reply.body) == LIMITS.max_reply_bytes


async def test_an_answer_of_one_byte_too_many_is_unreadable(failure_of: FailureOf, server: str) -> None:
    failure = await failure_of(echo(server, b"x" * (LIMITS.max_reply_bytes + 1)), LIMITS)
    assert (type(failure), failure.may_have_arrived) == (UnreadableReply, True)


async def test_reading_an_endless_answer_stops_at_the_limit(
    failure_of: FailureOf, server: str, faults: FaultSwitches
) -> None:
    faults.add(Fault(kind=FaultKind.OVERSIZED, size_bytes=10**12))
    assert isinstance(await failure_of(echo(server), LIMITS), UnreadableReply)


async def test_an_answer_that_is_as_large_as_allowed_when_unpacked_is_read(
    transport: Transport, saying: Saying
) -> None:
    async with saying(gzipped(b"x" * LIMITS.max_reply_bytes)) as url:
        reply = await transport.send(get(url), LIMITS)
    assert len(reply.body) == LIMITS.max_reply_bytes


@pytest.mark.parametrize("pack", [gzipped, gzipped_twice])
async def test_an_answer_that_is_too_large_when_unpacked_is_unreadable(
    failure_of: FailureOf, saying: Saying, pack: Callable[[bytes], bytes]
) -> None:
    async with saying(pack(b"x" * (LIMITS.max_reply_bytes + 1))) as url:
        assert isinstance(await failure_of(get(url), LIMITS), UnreadableReply)


@pytest.mark.parametrize("pack", [gzipped, gzipped_twice])
async def test_a_bomb_is_not_unpacked_beyond_the_limit(
    failure_of: FailureOf, saying: Saying, pack: Callable[[bytes], bytes]
) -> None:
    async with saying(pack(b"0" * 50_000_000)) as url:
        tracemalloc.start()
        try:
            await failure_of(get(url), LIMITS)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak_bytes < 5_000_000


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(coded(b"this is not packed", "gzip"), id="not packed at all"),
        pytest.param(coded(gzip.compress(b"hello" * 1000)[:-20], "gzip"), id="packed, and cut off"),
        pytest.param(coded(b"\x0b\x02\x80hello\x03", "x-squeeze"), id="packed in an unknown way"),
    ],
)
async def test_an_answer_that_cannot_be_unpacked_is_unreadable(
    failure_of: FailureOf, saying: Saying, answer: bytes
) -> None:
    async with saying(answer) as url:
        failure = await failure_of(get(url), LIMITS)
    assert (type(failure), failure.may_have_arrived) == (UnreadableReply, True)


async def test_a_request_answered_in_something_else_than_http_may_have_arrived(
    failure_of: FailureOf, saying: Saying
) -> None:
    async with saying(b"SSH-2.0-OpenSSH_9.9\r\n") as url:
        assert (await failure_of(get(url), LIMITS)).may_have_arrived
