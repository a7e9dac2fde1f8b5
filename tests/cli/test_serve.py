"""`accessgraph serve`, from its first word to its end."""

import json
import re
import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.cli.command import LONGEST_SECONDS
from tests.cli.conftest import Run, Start

SIGNALS = [signal.SIGINT, signal.SIGTERM]
PLATFORMS = {"query": "{ platforms { name status } }"}


def ask(address: str, document: dict[str, str]) -> httpx.Response:
    return httpx.post(address, json=document, timeout=LONGEST_SECONDS, trust_env=False)


def test_it_prints_its_address_and_answers_there(start: Start) -> None:
    answer = ask(start("serve", GATEWAY_PORT="0").address(), PLATFORMS)
    assert answer.json() == {
        "data": {
            "platforms": [
                {"name": "QuantConnect", "status": "UNCONFIGURED"},
                {"name": "Testomato", "status": "UNCONFIGURED"},
            ]
        }
    }


def test_an_address_of_ip_version_6_can_be_clicked(start: Start) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 on this machine")
    address = start("serve", GATEWAY_PORT="0", GATEWAY_HOST="::1").address()
    assert address.startswith("http://[::1]:")
    assert ask(address, PLATFORMS).status_code == 200


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_it_without_ado_while_clients_keep_their_connections(
    start: Start, number: signal.Signals
) -> None:
    serving = start("serve", GATEWAY_PORT="0", GATEWAY_LOG_LEVEL="warning")
    address = serving.address()
    with httpx.Client(timeout=LONGEST_SECONDS, trust_env=False) as client:
        assert client.post(address, json=PLATFORMS).status_code == 200
        ended = serving.end(number)
    assert ended.exit_code == 0
    assert ended.everything == f"accessgraph: {address}\naccessgraph: stopped\n"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_it_without_ado_when_it_has_hardly_begun(start: Start, number: signal.Signals) -> None:
    serving = start("serve", GATEWAY_PORT="0")
    address = serving.address()
    ended = serving.end(number)
    assert ended.exit_code == 0
    assert ended.everything == f"accessgraph: {address}\naccessgraph: stopped\n"


def test_its_port_is_free_again_afterwards(start: Start) -> None:
    serving = start("serve", GATEWAY_PORT="0")
    port = httpx.URL(serving.address()).port
    serving.end(signal.SIGTERM)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port or 0))
    assert not serving.has_left_processes


def test_a_taken_port_is_told_in_one_line(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("serve", GATEWAY_PORT=str(port))
    assert refused.exit_code == 1
    assert refused.everything == f"Error: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


@pytest.mark.parametrize("workers", [(), ("--workers", "2")], ids=["one", "several"])
def test_a_links_file_that_cannot_be_used_is_told_in_one_line(
    run: Run, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    (tmp_path / "links.toml").write_text('["Mara"]\njira = "7"\n', encoding="utf-8")
    refused = run("serve", *workers, GATEWAY_PORT="0", GATEWAY_PEOPLE__LINKS_FILE="links.toml")
    complaint = "links.toml, line 1: a key of this person is none of quantconnect, testomato"
    assert (refused.exit_code, refused.everything) == (1, f"Error: {complaint}\n")


def test_every_line_of_a_log_for_machines_is_json(start: Start) -> None:
    serving = start("serve", GATEWAY_PORT="0", GATEWAY_LOG_FORMAT="json")
    ask(serving.address(), PLATFORMS)
    ended = serving.end(signal.SIGTERM)
    lines = [json.loads(line) for line in ended.everything.splitlines()]
    assert [line["event"] for line in lines] == ["serving", "request", "stopped"]
    assert {line["level"] for line in lines} == {"info"}
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/graphql", lines[0]["url"])
