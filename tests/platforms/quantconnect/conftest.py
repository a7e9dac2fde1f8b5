"""What the tests of the stand-in share: one, and a client that calls it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.platforms.quantconnect.sandbox import QuantConnectSandbox, create_sandbox
from tests.plain_http import NO_TLS
from tests.platforms.quantconnect.calling import NOW


@pytest.fixture
def sandbox() -> QuantConnectSandbox:
    return create_sandbox(clock=lambda: NOW)


@pytest.fixture
async def api(sandbox: QuantConnectSandbox) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the stand-in, signed by the operator where a test says nothing else."""
    headers = sandbox.credentials.headers(at=NOW)
    async with (
        sandbox.running() as base_url,
        httpx.AsyncClient(verify=NO_TLS, base_url=base_url, headers=headers) as client,
    ):
        yield client
