"""The Transport port (gateway/upstream/transport.py): authorities and proxies, which the surroundings name.

A contract: every implementation passes the same tests.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trustme

from gateway.upstream.curl_transport import CurlTransport
from gateway.upstream.httpx_transport import HttpxTransport
from gateway.upstream.transport import HttpRequest, Transport, TransportFailure, TransportLimits

pytestmark = pytest.mark.anyio

LIMITS = TransportLimits(connect_timeout_seconds=5, total_timeout_seconds=10, max_reply_bytes=100_000)
Make = Callable[[Path | None], Transport]


@pytest.fixture(params=["httpx", "curl"])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes a transport that trusts the authorities in a file beside the system's."""
    kind = {"httpx": HttpxTransport, "curl": CurlTransport}[request.param]
    return lambda ca_file: kind(max_connections=2, ca_file=ca_file)


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def request_lines() -> list[str]:
    """The first line of every request that `proxy` has got."""
    return []


@pytest.fixture
async def proxy(request_lines: list[str]) -> AsyncIterator[str]:
    """A proxy that answers everything itself."""

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        request_lines.append(head.decode().splitlines()[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nproxy")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(on_connection, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def test_an_authority_of_ones_own_is_trusted(
    make: Make, ca_file: Path, tls_server: str, handshakes: list[str]
) -> None:
    async with make(ca_file) as transport:
        with pytest.raises(TransportFailure):  # the server says nothing more
            await transport.send(HttpRequest(method="GET", url=tls_server), LIMITS)
    assert handshakes == ["complete"]


async def test_the_systems_authorities_stay_trusted_beside_ones_own(
    make: Make,
    ca_file: Path,
    tls_server: str,
    handshakes: list[str],
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    another = tmp_path / "another.pem"
    trustme.CA().cert_pem.write_to_path(another)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    async with make(another) as transport:
        with pytest.raises(TransportFailure):
            await transport.send(HttpRequest(method="GET", url=tls_server), LIMITS)
    assert handshakes == ["complete"]


async def test_a_proxy_that_the_environment_names_is_used(
    make: Make, proxy: str, request_lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    async with make(None) as transport:
        reply = await transport.send(HttpRequest(method="GET", url="http://platform.example/api"), LIMITS)
    assert (reply.body, request_lines) == (b"proxy", ["GET http://platform.example/api HTTP/1.1"])


async def test_where_the_environment_wants_no_proxy_none_is_used(
    make: Make, proxy: str, request_lines: list[str], server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with make(None) as transport:
        reply = await transport.send(HttpRequest(method="GET", url=f"{server}/status/201"), LIMITS)
    assert (reply.status, request_lines) == (201, [])
