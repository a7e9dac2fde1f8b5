"""Many clients at once while both platforms are slow: all are answered, and the gateway stays as it is."""

import asyncio
import signal
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx
import pytest

from gateway.graph import ids
from gateway.platforms.quantconnect.sandbox import QuantConnectSandbox
from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import TestomatoSandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.connection import BreakableConnection
from gateway.sandbox.faults import Fault, FaultKind
from gateway.serving import serving
from gateway.upstream.settings import TransportKind
from tests.cli.command import LONGEST_SECONDS, Running, running
from tests.cli.stand_ins import variables_for
from tests.conftest import TAKES_GRAPHQL
from tests.soaking import soak, times

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900), soak]

CLIENTS = times(50, soaking=200)
SLOW = Fault(kind=FaultKind.DELAY, seconds=0.3)
# Loaded, not overloaded. Half of the clients ask each platform, one call a question, and there is a turn for
# every second one of them: who asks waits for about one other's call, 0.3 s, which is far from the 10 s after
# which a turn is no longer waited for. With the 6 or 10 turns that there are by default, 200 clients would.
TURNS = CLIENTS // 4
SECONDS_EACH = 2 * 0.3
WARMING_QUESTIONS = times(1, soaking=3)
QUESTIONS = round(times(3, soaking=30) / SECONDS_EACH)
QUESTION = "query($id: ID!) { project(id: $id) { id name platform url createdAt description } }"
# What the process may hold more at the end than when every client had been answered a few times: the
# allocator's leftovers, not something for each of some thousand requests.
MARGIN_KIB = 12 * 1024

Answer = tuple[int, dict[str, Any]]
"""Its status and its content."""

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # plain HTTP: do not load certificates for every client


@dataclass
class Connections:
    """Those that are open at a stand-in."""

    open_count: int = 0
    most_at_once: int = 0

    def protocol(self) -> type[asyncio.Protocol]:
        """A stand-in's HTTP, counted."""
        counted = self

        class Counted(BreakableConnection):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                counted.open_count += 1
                counted.most_at_once = max(counted.most_at_once, counted.open_count)

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                counted.open_count -= 1

        return Counted


@dataclass(frozen=True, kw_only=True)
class Slow:
    """A stand-in, its connections, and the variables that lead to it."""

    sandbox: QuantConnectSandbox | TestomatoSandbox
    connections: Connections
    variables: dict[str, str]

    @property
    def project_ids(self) -> list[str]:
        return [ids.project_id(self.sandbox.platform, str(one)) for one in self.sandbox.state.projects]


@asynccontextmanager
async def slow(
    sandbox: QuantConnectSandbox | TestomatoSandbox, transport: TransportKind
) -> AsyncIterator[Slow]:
    connections = Connections()
    async with serving(sandbox.app, http=connections.protocol(), grace_seconds=0.2) as base_url:
        variables = variables_for(sandbox, base_url + sandbox.base_path)
        variables |= {
            f"GATEWAY_{sandbox.platform}__MAX_CONCURRENT_CALLS": str(TURNS),
            f"GATEWAY_{sandbox.platform}__TRANSPORT": transport,
            # Every request reads: what was said before would take the load off the platforms.
            f"GATEWAY_{sandbox.platform}__CACHE_FRESH_SECONDS": "0",
            f"GATEWAY_{sandbox.platform}__CACHE_STALE_WHILE_REVALIDATE_SECONDS": "0",
            f"GATEWAY_{sandbox.platform}__CACHE_STALE_IF_ERROR_SECONDS": "0",
        }
        yield Slow(sandbox=sandbox, connections=connections, variables=variables)


def resident_kib(gateway: Running) -> int:
    """How much memory the process holds; see proc_pid_status(5)."""
    pid = gateway.pid
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    [line] = [line for line in text.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1])


@asynccontextmanager
async def clients() -> AsyncIterator[list[httpx.AsyncClient]]:
    """Each with a connection of its own, which it gives up sooner than the gateway does (after 5 s)."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    headers=TAKES_GRAPHQL,
                    timeout=LONGEST_SECONDS,
                    limits=httpx.Limits(keepalive_expiry=2),
                    trust_env=False,
                    verify=NO_TLS,
                )
            )
            for _ in range(CLIENTS)
        ]


async def ask(client: httpx.AsyncClient, address: str, project_id: str) -> Answer:
    response = await client.post(address, json={"query": QUESTION, "variables": {"id": project_id}})
    return response.status_code, response.json()


async def ask_again_and_again(
    crowd: list[httpx.AsyncClient], address: str, expected: Mapping[str, Answer], *, questions: int
) -> list[Answer]:
    """All clients at once, each so many questions, one after the other; gives the answers that are wrong."""
    wrong: list[Answer] = []
    # Neighbours ask different platforms.
    wanted = list(expected)

    async def ask_on(number: int) -> None:
        for question in range(questions):
            project_id = wanted[(number + 2 * question) % len(wanted)]
            answer = await ask(crowd[number], address, project_id)
            if answer != expected[project_id]:
                wrong.append(answer)

    async with anyio.create_task_group() as tasks:
        for number in range(len(crowd)):
            tasks.start_soon(ask_on, number)
    return wrong


@pytest.mark.parametrize("transport", [TransportKind.CURL, TransportKind.HTTPX])
async def test_under_load_every_answer_is_right_no_platform_gets_more_and_memory_stays(
    transport: TransportKind, tmp_path: Path
) -> None:
    async with (
        slow(create_quantconnect_sandbox(), transport) as quantconnect,
        slow(create_testomato_sandbox(lists_projects=False), transport) as testomato,
    ):
        variables = {"GATEWAY_PORT": "0", **quantconnect.variables, **testomato.variables}
        with running(tmp_path, "serve", environment=variables) as gateway:
            address = await anyio.to_thread.run_sync(gateway.address)
            async with clients() as crowd:
                pairs = zip(quantconnect.project_ids, testomato.project_ids, strict=False)
                expected = {one: await ask(crowd[0], address, one) for pair in pairs for one in pair}
                assert not any("errors" in answer for _, answer in expected.values())
                for platform in (quantconnect, testomato):
                    platform.sandbox.faults.add(SLOW)
                wrong = await ask_again_and_again(crowd, address, expected, questions=WARMING_QUESTIONS)
                warm_kib = resident_kib(gateway)
                wrong += await ask_again_and_again(crowd, address, expected, questions=QUESTIONS)
                end_kib = resident_kib(gateway)
            finished = await anyio.to_thread.run_sync(partial(gateway.end, signal.SIGTERM))
    assert wrong == []
    for platform in (quantconnect, testomato):
        assert platform.sandbox.calls.most_at_once <= TURNS
        assert platform.connections.most_at_once <= TURNS
    assert end_kib - warm_kib < MARGIN_KIB
    assert (finished.exit_code, gateway.has_left_processes) == (0, False)
