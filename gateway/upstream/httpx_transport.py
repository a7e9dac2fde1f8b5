"""The portable transport, on httpx."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self

import httpx

from gateway.upstream.transport import (
    ConnectionFailed,
    HttpReply,
    HttpRequest,
    TransportLimits,
    TransportTimeout,
    UnreadableReply,
)


class HttpxTransport:
    """One connection pool.

    Args:
        max_connections: the pool's size. Whoever sends keeps to that many at once: beyond it httpx's
            pool slows down for every request.
    """

    def __init__(self, *, max_connections: int) -> None:
        # A platform's cookie kept for one caller must never travel with another's request.
        no_cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx.AsyncClient(
            cookies=no_cookies,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def send(self, request: HttpRequest, limits: TransportLimits) -> HttpReply:
        """See `Transport.send`."""
        with _failures_named():
            async with (
                asyncio.timeout(limits.total_timeout_seconds),
                self._client.stream(
                    request.method,
                    request.url,
                    headers=request.headers,
                    content=request.body,
                    timeout=httpx.Timeout(
                        limits.total_timeout_seconds, connect=limits.connect_timeout_seconds
                    ),
                ) as response,
            ):
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > limits.max_reply_bytes:
                        raise UnreadableReply(may_have_arrived=True)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return HttpReply(status=response.status_code, headers=headers, body=bytes(body))


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
    except httpx.DecodingError:
        raise UnreadableReply(may_have_arrived=True) from None
    except httpx.HTTPError:
        # ReadError, WriteError and RemoteProtocolError: a reset or a reply that stops halfway.
        raise ConnectionFailed(may_have_arrived=True) from None
