"""`accessgraph serve` in front of stand-ins of both platforms."""

import json
import signal
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import httpx
import pytest

from gateway.sandbox.faults import Fault, FaultKind
from tests.cli.command import LONGEST_SECONDS, Finished, Running
from tests.cli.conftest import Start
from tests.cli.stand_ins import StandIns

pytestmark = pytest.mark.anyio

SOURCES = {"query": "{ projects { totalCount sources { platform state } } }"}


async def address_of(serving: Running) -> str:
    return await anyio.to_thread.run_sync(serving.address)


async def ask(address: str) -> object:
    async with httpx.AsyncClient(timeout=LONGEST_SECONDS, trust_env=False) as client:
        return (await client.post(address, json=SOURCES)).json()


async def end(serving: Running, number: signal.Signals) -> Finished:
    return await anyio.to_thread.run_sync(partial(serving.end, number))


async def test_settings_come_from_a_file_from_dotenv_from_a_secrets_file_and_from_the_environment(
    start: Start, stand_ins: StandIns, tmp_path: Path
) -> None:
    quantconnect, testomato = stand_ins.quantconnect_variables, stand_ins.testomato_variables
    (tmp_path / "gateway.toml").write_text(
        f'port = 0\n[quantconnect]\nbase_url = "{quantconnect["GATEWAY_QUANTCONNECT__BASE_URL"]}"\n'
    )
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in testomato.items()))
    (tmp_path / "token").write_text(quantconnect["GATEWAY_QUANTCONNECT__API_TOKEN"] + "\n")
    serving = start(
        "serve",
        *("--config", "gateway.toml"),
        GATEWAY_QUANTCONNECT__API_TOKEN_FILE="token",
        GATEWAY_QUANTCONNECT__USER_ID=quantconnect["GATEWAY_QUANTCONNECT__USER_ID"],
    )
    assert await ask(await address_of(serving)) == {
        "data": {
            "projects": {
                "totalCount": 21,
                "sources": [
                    {"platform": "QUANTCONNECT", "state": "FRESH"},
                    {"platform": "TESTOMATO", "state": "FRESH"},
                ],
            }
        }
    }


async def test_a_request_that_is_under_way_gets_its_answer_before_the_end(
    start: Start, stand_ins: StandIns
) -> None:
    stand_ins.testomato.faults.add(Fault(kind=FaultKind.LATE_ANSWER, seconds=0.5))
    serving = start("serve", GATEWAY_PORT="0", **stand_ins.testomato_variables)
    address = await address_of(serving)
    answers: list[object] = []

    async def ask_once() -> None:
        answers.append(await ask(address))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_once)
        with anyio.fail_after(LONGEST_SECONDS):
            while not stand_ins.testomato.calls:  # noqa: ASYNC110 - a stand-in sets no event
                await anyio.sleep(0.01)
        serving.send(signal.SIGTERM)
    fresh = [
        {"platform": "QUANTCONNECT", "state": "UNCONFIGURED"},
        {"platform": "TESTOMATO", "state": "FRESH"},
    ]
    assert answers == [{"data": {"projects": {"totalCount": 10, "sources": fresh}}}]
    assert (await anyio.to_thread.run_sync(serving.wait)).exit_code == 0


async def test_a_log_for_machines_counts_failed_calls_in_the_requests_line_and_tells_no_secret(
    start: Start, stand_ins: StandIns
) -> None:
    stand_ins.quantconnect.faults.add(Fault(kind=FaultKind.HTML))
    serving = start("serve", GATEWAY_PORT="0", GATEWAY_LOG_FORMAT="json", **stand_ins.variables)
    await ask(await address_of(serving))
    said = (await end(serving, signal.SIGTERM)).everything
    [request] = [line for line in map(json.loads, said.splitlines()) if line["event"] == "request"]
    assert request["upstream_failures"] == {"QUANTCONNECT projects/read UPSTREAM_BROKEN": 1}
    secrets = stand_ins.quantconnect.secrets | stand_ins.testomato.secrets
    assert [secret for secret in (*secrets, "@example.com") if secret in said] == []
