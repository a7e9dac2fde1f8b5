"""The Transport port (gateway/upstream/transport.py): connections that are not made, break or take too long.

A contract: every implementation passes the same tests (`TRANSPORTS` in conftest.py).
"""

import asyncio
import ssl
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress

import pytest
import trustme
from msgspec.structs import replace
from starlette.requests import Request

from gateway.sandbox.faults import Fault, FaultKind, FaultSwitches
from gateway.upstream.transport import (
    ConnectionFailed,
    HttpRequest,
    Transport,
    TransportFailure,
    TransportTimeout,
)
from tests.upstream.transfers import LIMITS, FailureOf, echo, get

pytestmark = pytest.mark.anyio

Saying = Callable[[bytes], AbstractAsyncContextManager[str]]

IMPATIENT = replace(LIMITS, total_timeout_seconds=0.1)
CONNECTING_IMPATIENTLY = replace(LIMITS, connect_timeout_seconds=0.05)
SECRET = "s3cret-t0ken"


def told(failure: TransportFailure) -> tuple[type[TransportFailure], bool]:
    return type(failure), failure.may_have_arrived


# ---------------------------------------------------------------- no connection


async def test_a_refused_connection_has_not_arrived(failure_of: FailureOf, refused_port: int) -> None:
    failure = await failure_of(get(f"http://127.0.0.1:{refused_port}"), LIMITS)
    assert told(failure) == (ConnectionFailed, False)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux drops attempts at a full queue")
async def test_a_connection_that_takes_too_long_has_not_arrived(
    failure_of: FailureOf, crowded_port: int
) -> None:
    failure = await failure_of(get(f"http://127.0.0.1:{crowded_port}"), CONNECTING_IMPATIENTLY)
    assert told(failure) == (TransportTimeout, False)


async def test_a_handshake_that_takes_too_long_has_not_arrived(
    failure_of: FailureOf, silent_port: int
) -> None:
    failure = await failure_of(get(f"https://127.0.0.1:{silent_port}"), CONNECTING_IMPATIENTLY)
    assert told(failure) == (TransportTimeout, False)


async def test_an_untrusted_certificate_is_refused(failure_of: FailureOf, tls_server: str) -> None:
    failure = await failure_of(get(tls_server), LIMITS)
    assert told(failure) == (ConnectionFailed, False)


async def test_nothing_is_sent_to_an_untrusted_server(
    failure_of: FailureOf, tls_server: str, handshakes: list[str]
) -> None:
    await failure_of(get(tls_server), LIMITS)
    assert handshakes == []


async def test_the_untrusted_server_serves_who_trusts_it(
    tls_server: str, authority: trustme.CA, handshakes: list[str]
) -> None:
    """Without this the two tests above would also pass with a server that is merely out of order."""
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    port = int(tls_server.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    await reader.read()
    writer.close()
    assert handshakes == ["complete"]


async def test_tls_towards_a_server_that_speaks_plain_http_has_not_arrived(
    failure_of: FailureOf, server: str
) -> None:
    failure = await failure_of(get(server.replace("http://", "https://")), LIMITS)
    assert told(failure) == (ConnectionFailed, False)


# ---------------------------------------------------------------- a connection that breaks


@pytest.mark.parametrize("orderly", [False, True], ids=["RST", "FIN"])
@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.DROP_AFTER])
async def test_a_connection_lost_before_the_answer_may_have_arrived(
    failure_of: FailureOf, server: str, faults: FaultSwitches, kind: FaultKind, *, orderly: bool
) -> None:
    faults.add(Fault(kind=kind, orderly=orderly))
    assert told(await failure_of(echo(server), LIMITS)) == (ConnectionFailed, True)


async def test_a_call_whose_connection_was_lost_is_not_sent_again(
    failure_of: FailureOf, server: str, faults: FaultSwitches, received: list[Request]
) -> None:
    faults.add(Fault(kind=FaultKind.DROP_AFTER))
    await failure_of(echo(server), LIMITS)
    assert len(received) == 1


@pytest.mark.parametrize("repeatable", [True, False])
async def test_a_call_over_a_kept_connection_that_is_lost_is_not_sent_again(
    transport: Transport, failure_of: FailureOf, *, repeatable: bool
) -> None:
    """Libraries try once more by themselves where a kept connection breaks before the answer."""
    requests: list[bytes] = []
    connections: list[asyncio.StreamWriter] = []

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        with suppress(asyncio.IncompleteReadError):
            while True:
                requests.append(await reader.readuntil(b"\r\n\r\n"))
                if b"/lost" in requests[-1]:
                    break
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()
        await writer.wait_closed()

    others = asyncio.all_tasks()
    async with await asyncio.start_server(on_connection, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        await transport.send(replace(get(f"{url}/kept"), repeatable=True), LIMITS)
        failure = await failure_of(replace(get(f"{url}/lost"), repeatable=repeatable), LIMITS)
        # Before the server is closed: asyncio forgets a connection that it is just accepting then.
        while serving := asyncio.all_tasks() - others:
            for connection in connections:
                connection.close()
            await asyncio.wait(serving, timeout=0.01)
    assert (told(failure), len(requests)) == ((ConnectionFailed, True), 2)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", id="shorter than stated"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", id="without its last chunk"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="within its headers"),
    ],
)
async def test_an_answer_that_stops_halfway_may_have_arrived(
    failure_of: FailureOf, saying: Saying, answer: bytes
) -> None:
    async with saying(answer) as url:
        assert told(await failure_of(get(url), LIMITS)) == (ConnectionFailed, True)


# ---------------------------------------------------------------- too slow


async def test_no_answer_in_time_may_have_arrived(
    failure_of: FailureOf, server: str, faults: FaultSwitches
) -> None:
    faults.add(Fault(kind=FaultKind.LATE_ANSWER, seconds=60))
    assert told(await failure_of(echo(server), IMPATIENT)) == (TransportTimeout, True)


async def test_an_answer_that_drips_does_not_outlast_the_total_time(
    failure_of: FailureOf, server: str, faults: FaultSwitches
) -> None:
    """Every byte comes well within the time that one read may take, all of them would take a minute."""
    faults.add(Fault(kind=FaultKind.DRIP, seconds=0.02))
    failure = await failure_of(echo(server, b"x" * 3000), IMPATIENT)
    assert told(failure) == (TransportTimeout, True)


async def test_an_answer_that_does_not_begin_within_the_read_timeout_is_given_up(
    failure_of: FailureOf, server: str, faults: FaultSwitches
) -> None:
    faults.add(Fault(kind=FaultKind.LATE_ANSWER, seconds=60))
    failure = await failure_of(echo(server), replace(LIMITS, read_timeout_seconds=0.1))
    assert told(failure) == (TransportTimeout, True)


async def test_an_answer_that_stops_for_longer_than_the_read_timeout_is_given_up(
    failure_of: FailureOf, server: str, faults: FaultSwitches
) -> None:
    faults.add(Fault(kind=FaultKind.DRIP, seconds=60))
    failure = await failure_of(echo(server, b"x" * 3000), replace(LIMITS, read_timeout_seconds=0.1))
    assert told(failure) == (TransportTimeout, True)


async def test_an_answer_that_drips_faster_than_the_read_timeout_is_read(
    transport: Transport, server: str, faults: FaultSwitches
) -> None:
    faults.add(Fault(kind=FaultKind.DRIP, seconds=0.02))
    reply = await transport.send(echo(server, b"x" * 20), replace(LIMITS, read_timeout_seconds=0.3))
    assert reply.body == b"x" * 20


async def test_a_request_that_nobody_takes_is_given_up_after_the_write_timeout(
    failure_of: FailureOf, silent_port: int
) -> None:
    request = HttpRequest(method="POST", url=f"http://127.0.0.1:{silent_port}", body=b"x" * 50_000_000)
    failure = await failure_of(request, replace(LIMITS, write_timeout_seconds=0.1))
    assert told(failure) == (TransportTimeout, True)


# ---------------------------------------------------------------- not to be sent


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        pytest.param("http://", {}, id="no host"),
        pytest.param("gopher://127.0.0.1/", {}, id="another scheme"),
        pytest.param("{server}", {"Authorization": f"Bearer {SECRET}é"}, id="a header beyond ASCII"),
        pytest.param("{server}", {"Authorization": f"{SECRET}\r\nX: 1"}, id="a header of two lines"),
    ],
)
async def test_a_request_that_cannot_be_written_has_not_arrived(
    failure_of: FailureOf, server: str, url: str, headers: dict[str, str]
) -> None:
    request = HttpRequest(method="GET", url=url.format(server=server), headers=headers)
    assert told(await failure_of(request, LIMITS)) == (ConnectionFailed, False)


# ---------------------------------------------------------------- what a failure keeps to itself


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(kind=FaultKind.RESET), id="lost"),
        pytest.param(Fault(kind=FaultKind.LATE_ANSWER, seconds=60), id="late"),
        pytest.param(Fault(kind=FaultKind.TRUNCATED), id="cut off"),
        pytest.param(Fault(kind=FaultKind.OVERSIZED, size_bytes=200_000), id="too large"),
    ],
)
async def test_a_failure_holds_nothing_of_the_request(
    failure_of: FailureOf, server: str, faults: FaultSwitches, fault: Fault
) -> None:
    faults.add(fault)
    request = HttpRequest(
        method="POST",
        url=f"{server}/echo?{SECRET}",
        headers={"Authorization": SECRET},
        body=SECRET.encode() * 10,
    )
    assert_discreet(await failure_of(request, IMPATIENT))


async def test_a_refused_connection_holds_nothing_of_the_request(
    failure_of: FailureOf, refused_port: int
) -> None:
    assert_discreet(await failure_of(get(f"http://127.0.0.1:{refused_port}/{SECRET}"), LIMITS))


async def test_a_header_that_cannot_be_written_is_not_shown(failure_of: FailureOf, server: str) -> None:
    request = HttpRequest(method="GET", url=server, headers={"Authorization": f"Bearer {SECRET}é"})
    assert_discreet(await failure_of(request, LIMITS))


def assert_discreet(failure: TransportFailure) -> None:
    """Neither shown nor chained to an exception of the library's, which holds the whole request."""
    shown = [str(failure), repr(failure), *traceback.format_exception(failure)]
    assert not any(SECRET in text or "127.0.0.1" in text for text in shown)
    assert failure.__cause__ is None
    assert failure.__context__ is None or failure.__suppress_context__
