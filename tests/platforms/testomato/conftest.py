"""What the tests of the stand-in share: one, and a client that calls it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.platforms.testomato.sandbox import TestomatoSandbox, create_sandbox
from tests.plain_http import NO_TLS
from tests.platforms.testomato.calling import with_token


@pytest.fixture
def sandbox() -> TestomatoSandbox:
    return create_sandbox()


@pytest.fixture
async def api(sandbox: TestomatoSandbox) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the stand-in with the operator's token where a test says nothing else."""
    async with sandbox.running() as base_url, httpx.AsyncClient(verify=NO_TLS, base_url=base_url) as client:
        yield with_token(client, sandbox.token)
