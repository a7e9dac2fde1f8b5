"""What many tests need: a gateway in front of both stand-ins, all on real sockets."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import httpx
import pytest

from gateway.app import create_app
from gateway.platforms.quantconnect.sandbox import QuantConnectSandbox
from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import TestomatoSandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.runtime import current_moment
from gateway.sandbox.handle import Sandbox
from gateway.serving import serving
from gateway.settings.loading import load_settings
from gateway.settings.model import GatewaySettings

# So that a fault is met once for each call, none keeps the gateway from making the next, and what was said
# before does not keep it from asking.
ONE_ATTEMPT_A_CALL = {
    f"GATEWAY_{platform}__{name}": value
    for platform in ("QUANTCONNECT", "TESTOMATO")
    for name, value in (
        ("RETRY_ATTEMPTS", "1"),
        ("BREAKER_LEAST_CALLS", "1000"),
        ("CACHE_FRESH_SECONDS", "0"),
        ("CACHE_STALE_WHILE_REVALIDATE_SECONDS", "0"),
        ("CACHE_STALE_IF_ERROR_SECONDS", "0"),
    )
}


# As clients do that know the specification: its statuses then hold.
TAKES_GRAPHQL = {"Accept": "application/graphql-response+json"}


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A running gateway with what stands behind it."""

    base_url: str
    client: httpx.AsyncClient
    quantconnect: QuantConnectSandbox
    testomato: TestomatoSandbox
    settings: GatewaySettings

    async def execute(self, document: str, **variables: object) -> dict[str, Any]:
        """The whole answer to one operation, which must be well-formed GraphQL over HTTP."""
        response = await self.client.post("/graphql", json={"query": document, "variables": variables})
        assert response.headers["content-type"].startswith("application/graphql-response+json")
        answer: dict[str, Any] = response.json()
        return answer

    async def data(self, document: str, **variables: object) -> dict[str, Any]:
        """The data of an operation that must have no error."""
        answer = await self.execute(document, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data


class MakeStand(Protocol):
    """Starts a stand; see `make_stand`."""

    async def __call__(
        self,
        *,
        settings: Mapping[str, str] | None = None,
        quantconnect: QuantConnectSandbox | None = None,
        testomato: TestomatoSandbox | None = None,
        now: Callable[[], datetime] = current_moment,
    ) -> Stand: ...


@pytest.fixture
def anyio_backend() -> str:
    """The only event loop that the gateway runs on."""
    return "asyncio"


@asynccontextmanager
async def _variables_for(name: str, sandbox: Sandbox) -> AsyncIterator[dict[str, str]]:
    async with sandbox.running() as base_url:
        given = sandbox.gateway_settings(base_url)
        yield {f"GATEWAY_{name}__{key.upper()}": value for key, value in given.items()}


@pytest.fixture
async def make_stand() -> AsyncIterator[MakeStand]:
    """Starts gateways in front of fresh stand-ins; everything ends with the test.

    `settings` are variables that win over those that point at the stand-ins; an empty one removes.
    """
    async with AsyncExitStack() as stack:

        async def make(
            *,
            settings: Mapping[str, str] | None = None,
            quantconnect: QuantConnectSandbox | None = None,
            testomato: TestomatoSandbox | None = None,
            now: Callable[[], datetime] = current_moment,
        ) -> Stand:
            quantconnect = quantconnect or create_quantconnect_sandbox()
            # Without the retired list: the gateway's default is to read the configured projects.
            testomato = testomato or create_testomato_sandbox(lists_projects=False)
            variables = {
                "GATEWAY_STORE__URL": "sqlite:///:memory:",
                **ONE_ATTEMPT_A_CALL,
                **await stack.enter_async_context(_variables_for("QUANTCONNECT", quantconnect)),
                **await stack.enter_async_context(_variables_for("TESTOMATO", testomato)),
                **(settings or {}),
            }
            loaded = load_settings(environment=variables, dotenv_file=None)
            base_url = await stack.enter_async_context(serving(create_app(loaded, now=now)))
            client = await stack.enter_async_context(
                httpx.AsyncClient(base_url=base_url, timeout=60, headers=TAKES_GRAPHQL)
            )
            return Stand(
                base_url=base_url,
                client=client,
                quantconnect=quantconnect,
                testomato=testomato,
                settings=loaded,
            )

        yield make


@pytest.fixture
async def stand(make_stand: MakeStand) -> Stand:
    """A gateway with its settings at their defaults, but without retries and circuit breaker."""
    return await make_stand()
