"""Which implementation of the Transport port carries a platform's calls."""

from importlib.util import find_spec

from gateway.upstream.settings import TransportKind, UpstreamSettings
from gateway.upstream.transport import Transport


def make_transport(settings: UpstreamSettings) -> Transport:
    """One platform's connections."""
    # Each takes long to load, and only one is needed.
    if settings.transport is TransportKind.HTTPX or find_spec("pycurl") is None:
        from gateway.upstream.httpx_transport import HttpxTransport  # noqa: PLC0415

        return HttpxTransport(
            max_connections=settings.max_concurrent_calls,
            idle_seconds=settings.idle_connection_seconds,
            ca_file=settings.ca_file,
        )
    from gateway.upstream.curl_transport import CurlTransport  # noqa: PLC0415

    return CurlTransport(
        max_connections=settings.max_concurrent_calls,
        idle_seconds=settings.idle_connection_seconds,
        ca_file=settings.ca_file,
    )
