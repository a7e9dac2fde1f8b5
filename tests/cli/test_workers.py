"""`accessgraph serve --workers`: several processes behind one address."""

import os
import re
import signal
from pathlib import Path

import httpx
import pytest

from tests.cli.command import Running
from tests.cli.conftest import Run, Start
from tests.conftest import TAKES_GRAPHQL

pytestmark = pytest.mark.anyio

TYPENAME = {"query": "{ __typename }"}


def children_of(pid: int) -> set[int]:
    """As the kernel knows them: https://man7.org/linux/man-pages/man5/proc_tid_children.5.html."""
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@pytest.fixture
def together(start: Start) -> Running:
    return start("serve", "--workers", "2", GATEWAY_PORT="0")


async def answers(url: str) -> bool:
    async with httpx.AsyncClient(timeout=30, headers=TAKES_GRAPHQL) as client:
        response = await client.post(url, json=TYPENAME)
        return bool(response.json() == {"data": {"__typename": "Query"}})


async def test_every_worker_answers(together: Running) -> None:
    url = together.address()
    beginnings = set()
    for _ in range(200):
        async with httpx.AsyncClient(timeout=30, headers=TAKES_GRAPHQL) as client:
            response = await client.post(url, json=TYPENAME)
            # What the ids of one process begin with.
            beginnings.add(response.headers["x-request-id"][:24])
        if len(beginnings) == 2:
            break
    assert len(beginnings) == 2


async def test_a_worker_that_is_killed_is_started_again(together: Running) -> None:
    url = together.address()
    assert await answers(url)
    killed = min(children_of(together.pid))
    os.kill(killed, signal.SIGKILL)
    together.wait_for("a worker has ended and is started again")
    assert await answers(url)
    assert killed not in children_of(together.pid)


async def test_all_end_when_they_are_told_to(together: Running) -> None:
    assert await answers(together.address())
    workers = children_of(together.pid)
    finished = together.end(signal.SIGTERM)
    assert (finished.exit_code, len(workers)) == (0, 2)
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    assert "Traceback" not in finished.everything


async def test_a_stop_while_they_are_still_starting_is_quiet(start: Start) -> None:
    for _ in range(10):
        starting = start("serve", "--workers", "2", GATEWAY_PORT="0")
        starting.address()  # told before the workers are there
        finished = starting.end(signal.SIGTERM)
        assert (finished.exit_code, "Traceback" in finished.everything) == (0, False)


async def test_a_worker_that_cannot_start_says_why_and_all_end_in_the_long_run(
    run: Run, start: Start, tmp_path: Path
) -> None:
    run("keys", "new", "somebody")
    serving = start(
        "serve",
        "--workers",
        "2",
        GATEWAY_PORT="0",
        GATEWAY_AUTH__MODE="api_key",
        GATEWAY_AUTH__KEYS_FILE="keys.toml",
    )
    serving.address()
    (tmp_path / "keys.toml").unlink()
    for worker in children_of(serving.pid):
        os.kill(worker, signal.SIGKILL)
    finished = serving.wait()
    assert finished.exit_code == 1
    assert re.search("a worker cannot serve.*keys.toml", finished.everything)
    assert finished.everything.endswith("Error: the workers end as soon as they are started\n")


async def test_no_worker_outlives_its_parent(together: Running) -> None:
    url = together.address()
    assert await answers(url)
    os.kill(together.pid, signal.SIGKILL)
    with pytest.raises(httpx.HTTPError):  # noqa: PT012 - nobody tells when it is
        while True:
            await answers(url)


async def test_several_workers_need_a_database_in_common(start: Start) -> None:
    serving = start("serve", "--workers", "2", GATEWAY_PORT="0", GATEWAY_STORE__URL="sqlite:///:memory:")
    serving.wait_for("several workers need a database file in common: set GATEWAY_STORE__URL")
