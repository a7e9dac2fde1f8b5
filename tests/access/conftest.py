"""What the tests of changes share."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.access.world import Process, World


class StartProcess(Protocol):
    """Starts a gateway process, all on the same file; see `Process`."""

    async def __call__(
        self, *, credential: str = "accounts", looks: int = 0, world: World | None = None
    ) -> Process: ...


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
async def process(world: World) -> AsyncIterator[Process]:
    """A process that keeps its ledger in memory."""
    process = await Process(world, ":memory:").start()
    yield process
    await process.end()


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "changes.sqlite3")


@pytest.fixture
async def start_process(world: World, database: str) -> AsyncIterator[StartProcess]:
    """Starts processes on one file; those that have not ended end with the test."""
    async with AsyncExitStack() as stack:

        async def start(*, credential: str = "accounts", looks: int = 0, world: World = world) -> Process:
            process = Process(world, database, credential=credential, looks=looks)
            stack.push_async_callback(process.end)
            return await process.start()

        yield start
