"""One stand-in, ready to be run."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.types import ASGIApp

from gateway.domain.vocabulary import PlatformKey
from gateway.sandbox.calls import CallLog
from gateway.sandbox.connection import BreakableConnection
from gateway.sandbox.faults import FaultSwitches
from gateway.serving import serving

Clock = Callable[[], float]
"""Seconds since the epoch: `time.time`, or a test's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """What every platform's stand-in offers to the demo and the tests.

    Attributes:
        platform: for which it stands in.
        app: the ASGI application, fault injection included.
        faults: what goes wrong at present.
        calls: the calls received so far.
        base_path: where the platform's API begins.
        secrets: strings that its answers hold and that must not get out of a gateway.
        access: what the platform's section of the gateway's settings says to call it, the URL apart.
    """

    platform: PlatformKey
    app: ASGIApp
    faults: FaultSwitches
    calls: CallLog
    base_path: str
    secrets: frozenset[str] = field(repr=False)
    access: Mapping[str, str] = field(repr=False)

    def gateway_settings(self, base_url: str) -> dict[str, str]:
        """The platform's section of the gateway's settings, with `base_url` as given by `running`."""
        return {"base_url": base_url, **self.access}

    @asynccontextmanager
    async def running(self, *, port: int = 0, grace_seconds: float = 0.2) -> AsyncIterator[str]:
        """Serve the stand-in on loopback until the block is left; gives the API's base URL."""
        async with serving(
            self.app, port=port, http=BreakableConnection, grace_seconds=grace_seconds
        ) as base_url:
            yield base_url + self.base_path
