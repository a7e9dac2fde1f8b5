"""The portable transport, on httpx."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from gateway.upstream.reply_body import ReplyBody, content_coding
from gateway.upstream.transport import (
    LONGEST_IDLE_SECONDS,
    ConnectionFailed,
    HttpReply,
    HttpRequest,
    TransportLimits,
    TransportTimeout,
)


class HttpxTransport:
    """One pool of connections.

    Args:
        max_connections: the pool's size. Whoever sends keeps to that many at once: beyond it httpx's
            pool slows down for every request.
        idle_seconds: a connection that was idle for longer is not used again.
        ca_file: certificate authorities to trust beside the system's, in PEM.
    """

    def __init__(
        self, *, max_connections: int, idle_seconds: int = LONGEST_IDLE_SECONDS, ca_file: Path | None = None
    ) -> None:
        self._tls = _tls(ca_file)
        self._idle_seconds = idle_seconds
        self._turns = asyncio.Semaphore(max_connections)
        self._free: list[httpx.AsyncClient] = []
        self._all: list[httpx.AsyncClient] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._all:
            await client.aclose()

    @asynccontextmanager
    async def _client(self, *, timeout_seconds: float) -> AsyncIterator[httpx.AsyncClient]:
        """A connection that nobody else uses now: the one used last, which is the most likely to be open.

        httpcore's own pool (1.0.9) gives everybody who waits the same idle connection; all but one of them
        come back for the next, so that under load some wait until their time is over.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise TransportTimeout(may_have_arrived=False) from None
        client = self._free.pop() if self._free else self._another()
        try:
            yield client
        finally:
            self._free.append(client)
            self._turns.release()

    def _another(self) -> httpx.AsyncClient:
        # A platform's cookie kept for one caller must never travel with another's request.
        no_cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        client = httpx.AsyncClient(
            cookies=no_cookies,
            follow_redirects=False,
            verify=self._tls,
            headers={"Accept-Encoding": "gzip"},
            limits=httpx.Limits(
                max_connections=1, max_keepalive_connections=1, keepalive_expiry=self._idle_seconds
            ),
        )
        self._all.append(client)
        return client

    async def send(self, request: HttpRequest, limits: TransportLimits) -> HttpReply:
        """See `Transport.send`."""
        with _failures_named():
            async with (
                self._client(timeout_seconds=limits.total_timeout_seconds) as client,
                asyncio.timeout(limits.total_timeout_seconds),
                client.stream(
                    request.method,
                    request.url,
                    headers=request.headers,
                    content=request.body,
                    timeout=httpx.Timeout(
                        limits.total_timeout_seconds,
                        connect=limits.connect_timeout_seconds,
                        read=limits.read_timeout_seconds or limits.total_timeout_seconds,
                        write=limits.write_timeout_seconds or limits.total_timeout_seconds,
                    ),
                ) as response,
            ):
                headers = {name.lower(): value for name, value in response.headers.items()}
                body = ReplyBody(coding=content_coding(headers), max_bytes=limits.max_reply_bytes)
                async for piece in response.aiter_raw():
                    body.add(piece)
                return HttpReply(status=response.status_code, headers=headers, body=body.whole())


@cache  # reading the authorities takes tens of milliseconds, and every platform needs them
def _tls(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates are verified, against the system's authorities and those in `ca_file`."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


@contextmanager
def _failures_named() -> Iterator[None]:
    """Turn httpx's exceptions into ours; `from None`, since theirs hold the request with its headers."""
    try:
        yield
    except (httpx.ConnectTimeout, httpx.PoolTimeout):
        raise TransportTimeout(may_have_arrived=False) from None
    except (httpx.TimeoutException, TimeoutError):
        raise TransportTimeout(may_have_arrived=True) from None
    except (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol, httpx.InvalidURL):
        raise ConnectionFailed(may_have_arrived=False) from None
    except (httpx.LocalProtocolError, UnicodeError):
        # A header that HTTP cannot carry, such as a credential with a letter beyond ASCII.
        raise ConnectionFailed(may_have_arrived=False) from None
    except httpx.HTTPError:
        # ReadError, WriteError and RemoteProtocolError: a reset or a reply that stops halfway.
        raise ConnectionFailed(may_have_arrived=True) from None
