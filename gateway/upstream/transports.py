"""Which implementation of the Transport port carries a platform's calls."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from gateway.upstream.settings import TransportKind, UpstreamSettings
from gateway.upstream.transport import Transport

if TYPE_CHECKING:
    from gateway.upstream.curl_transport import CurlTransport
    from gateway.upstream.httpx_transport import HttpxTransport


def make_transport(settings: UpstreamSettings) -> Transport:
    """One platform's connections."""
    return _implementation(settings.transport)(
        max_connections=settings.max_concurrent_calls,
        idle_seconds=settings.idle_connection_seconds,
        ca_file=settings.ca_file,
    )


def _implementation(kind: TransportKind) -> "type[CurlTransport | HttpxTransport]":
    """Each takes long to load, and only one is needed."""
    if kind is TransportKind.HTTPX or find_spec("pycurl") is None:
        from gateway.upstream.httpx_transport import HttpxTransport  # noqa: PLC0415 - see above

        return HttpxTransport
    from gateway.upstream.curl_transport import CurlTransport  # noqa: PLC0415 - likewise

    return CurlTransport
