"""What the tests of the command share: ways to run it, and stand-ins for it to call."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from tests.cli.command import Finished, Running, run_to_the_end, running
from tests.cli.desk import Desk
from tests.cli.stand_ins import StandIns, variables_for


class Run(Protocol):
    """Runs a command to its end, with these variables and no other."""

    def __call__(self, *arguments: str, **environment: str) -> Finished: ...


class Start(Protocol):
    """Starts a command that goes on; it ends with the test."""

    def __call__(self, *arguments: str, **environment: str) -> Running: ...


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(*arguments: str, **environment: str) -> Finished:
        return run_to_the_end(tmp_path, *arguments, environment=environment)

    return run


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as stack:

        def start(*arguments: str, **environment: str) -> Running:
            return stack.enter_context(running(tmp_path, *arguments, environment=environment))

        yield start


@pytest.fixture
def dead_address() -> Iterator[str]:
    """Where nobody listens, nor can anybody begin to while the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
async def stand_ins() -> AsyncIterator[StandIns]:
    quantconnect = create_quantconnect_sandbox()
    testomato = create_testomato_sandbox(lists_projects=False)
    async with quantconnect.running() as quantconnect_url, testomato.running() as testomato_url:
        yield StandIns(
            quantconnect=quantconnect,
            testomato=testomato,
            quantconnect_variables=variables_for(quantconnect, quantconnect_url),
            testomato_variables=variables_for(testomato, testomato_url),
        )


@pytest.fixture
def desk(tmp_path: Path, stand_ins: StandIns) -> Desk:
    return Desk(folder=tmp_path, stand_ins=stand_ins)
