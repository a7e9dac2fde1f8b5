"""The Transport port (gateway/upstream/transport.py): each transfer has its own time, whatever else runs.

A contract: every implementation passes the same tests (`TRANSPORTS` in conftest.py).
"""

import asyncio
from contextlib import suppress

import pytest
from msgspec.structs import replace

from gateway.upstream.transport import (
    HttpRequest,
    Transport,
    TransportTimeout,
)
from tests.upstream.transfers import LIMITS, FailureOf, echo, get

pytestmark = pytest.mark.anyio


IMPATIENT = replace(LIMITS, total_timeout_seconds=0.02)
LESS_IMPATIENT = replace(LIMITS, total_timeout_seconds=0.3)


@pytest.fixture
def silent(silent_port: int) -> HttpRequest:
    """What is never answered."""
    return get(f"http://127.0.0.1:{silent_port}")


@pytest.fixture
def answered(server: str) -> HttpRequest:
    return echo(server)


async def test_a_shorter_time_ends_before_a_longer_one_that_began_earlier(
    transport: Transport, failure_of: FailureOf, silent: HttpRequest
) -> None:
    patient = asyncio.ensure_future(transport.send(silent, LIMITS))
    assert isinstance(await failure_of(silent, IMPATIENT), TransportTimeout)
    assert not patient.done()
    patient.cancel()
    with suppress(asyncio.CancelledError):
        await patient


async def test_a_longer_time_that_began_earlier_ends_after_shorter_ones(
    transport: Transport, failure_of: FailureOf, silent: HttpRequest, answered: HttpRequest
) -> None:
    patient = asyncio.ensure_future(failure_of(silent, LESS_IMPATIENT))
    for _ in range(3):
        await transport.send(answered, LIMITS)
        assert isinstance(await failure_of(silent, IMPATIENT), TransportTimeout)
    assert isinstance(await patient, TransportTimeout)


async def test_a_time_ends_after_that_of_a_transfer_that_went_well(
    transport: Transport, failure_of: FailureOf, silent: HttpRequest, answered: HttpRequest
) -> None:
    await transport.send(answered, replace(LIMITS, total_timeout_seconds=0.25))
    assert isinstance(await failure_of(silent, LESS_IMPATIENT), TransportTimeout)
