"""The Transport port (gateway/upstream/transport.py): a request and its reply on the wire.

A contract: every implementation passes the same tests (`TRANSPORTS` in conftest.py).
"""

import gzip
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from starlette.requests import Request

from gateway.upstream.transport import HttpRequest, Transport, TransportLimits

pytestmark = pytest.mark.anyio

Saying = Callable[[bytes], AbstractAsyncContextManager[str]]

LIMITS = TransportLimits(connect_timeout_seconds=5, total_timeout_seconds=10, max_reply_bytes=1_000_000)


def get(url: str, **headers: str) -> HttpRequest:
    return HttpRequest(method="GET", url=url, headers=headers)


# ---------------------------------------------------------------- the request


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_the_method_arrives(
    transport: Transport, server: str, received: list[Request], method: str
) -> None:
    await transport.send(HttpRequest(method=method, url=f"{server}/echo"), LIMITS)
    assert received[0].method == method


async def test_path_and_query_arrive_as_they_were_written(
    transport: Transport, server: str, received: list[Request]
) -> None:
    await transport.send(get(f"{server}/echo?a=1%2F2&b=%20"), LIMITS)
    assert (received[0].url.path, received[0].url.query) == ("/echo", "a=1%2F2&b=%20")


async def test_headers_arrive(transport: Transport, server: str, received: list[Request]) -> None:
    await transport.send(get(f"{server}/echo", Timestamp="1800000000"), LIMITS)
    assert received[0].headers["timestamp"] == "1800000000"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("body", [b"", b'{"users": [1]}', b"x" * 900_000], ids=["empty", "small", "large"])
async def test_the_body_arrives(
    transport: Transport, server: str, received: list[Request], method: str, body: bytes
) -> None:
    await transport.send(HttpRequest(method=method, url=f"{server}/echo", body=body), LIMITS)
    assert await received[0].body() == body


async def test_gzip_is_asked_for(transport: Transport, server: str, received: list[Request]) -> None:
    await transport.send(get(f"{server}/echo"), LIMITS)
    assert "gzip" in received[0].headers["accept-encoding"]


# ---------------------------------------------------------------- the reply


@pytest.mark.parametrize("status", [200, 201, 400, 401, 404, 429, 500, 503])
async def test_every_status_is_a_reply(transport: Transport, server: str, status: int) -> None:
    reply = await transport.send(get(f"{server}/status/{status}"), LIMITS)
    assert (reply.status, reply.body) == (status, f"status {status}".encode())


async def test_a_reply_without_content_has_an_empty_body(transport: Transport, saying: Saying) -> None:
    async with saying(b"HTTP/1.1 204 No Content\r\n\r\n") as url:
        reply = await transport.send(get(url), LIMITS)
    assert (reply.status, reply.body) == (204, b"")


async def test_header_names_are_in_lower_case(transport: Transport, saying: Saying) -> None:
    async with saying(b"HTTP/1.1 200 OK\r\nRetry-AFTER: Seven\r\nContent-Length: 0\r\n\r\n") as url:
        reply = await transport.send(get(url), LIMITS)
    assert reply.headers["retry-after"] == "Seven"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", id="of a stated length"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", id="until the connection ends"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            id="chunked",
        ),
        pytest.param(
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            id="after an interim reply",
        ),
    ],
)
async def test_the_whole_body_is_read(transport: Transport, saying: Saying, answer: bytes) -> None:
    async with saying(answer) as url:
        reply = await transport.send(get(url), LIMITS)
    assert (reply.status, reply.body) == (200, b"hello")


@pytest.mark.parametrize("framing", ["Content-Length: {}", "Connection: close"])
async def test_a_gzipped_body_is_unpacked(transport: Transport, saying: Saying, framing: str) -> None:
    packed = gzip.compress(b"hello" * 1000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n{framing.format(len(packed))}\r\n\r\n"
    async with saying(head.encode() + packed) as url:
        reply = await transport.send(get(url), LIMITS)
    assert reply.body == b"hello" * 1000


async def test_a_gzipped_reply_may_be_empty(transport: Transport, saying: Saying) -> None:
    async with saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n") as url:
        reply = await transport.send(get(url), LIMITS)
    assert reply.body == b""


# ---------------------------------------------------------------- what a transport must not do


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(
    transport: Transport, server: str, received: list[Request], status: int
) -> None:
    reply = await transport.send(get(f"{server}/status/{status}"), LIMITS)
    assert (reply.status, received) == (status, [])


async def test_a_cookie_is_never_sent_back(
    transport: Transport, server: str, received: list[Request]
) -> None:
    await transport.send(get(f"{server}/cookie"), LIMITS)
    await transport.send(get(f"{server}/echo"), LIMITS)
    assert "cookie" not in received[0].headers
