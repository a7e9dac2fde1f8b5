"""`accessgraph demo`: everything at once, on this machine alone, until Ctrl-C."""

import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway.demo import QUERIES
from gateway.domain.vocabulary import PlatformKey
from tests.cli.command import LONGEST_SECONDS, Running, running
from tests.cli.conftest import Start

LAST_LINE = r"Ctrl-C ends everything\."


def queries_in(text: str) -> dict[str, str]:
    """What the demo suggests to try: its titles, and the line below each."""
    return dict(re.findall(r"^  # (.+)\n  (\{.+\})$", text, re.MULTILINE))


def rows_for(address: str, query: str) -> list[dict[str, object]]:
    """The things that a query without errors brings."""
    response = httpx.post(address, json={"query": query}, timeout=LONGEST_SECONDS, trust_env=False)
    answer = response.json()
    assert "errors" not in answer
    [found] = answer["data"].values()
    rows: list[dict[str, object]] = found["nodes"] if isinstance(found, dict) else found
    return rows


def platforms_of(rows: list[dict[str, object]]) -> set[str]:
    return {str(row.get("platform") or row["name"]).upper() for row in rows}


def ports_in(text: str) -> list[int]:
    return [int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+)/", text)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("demo"), "demo", "--port", "0") as demo:
        demo.wait_for(LAST_LINE)
        yield demo


@pytest.mark.parametrize("title", [title for title, _ in QUERIES])
def test_a_printed_query_brings_data_of_every_platform(demo: Running, title: str) -> None:
    query = queries_in(demo.everything())[title]
    assert platforms_of(rows_for(demo.address(), query)) == set(PlatformKey)


def test_the_printed_queries_show_who_may_do_what(demo: Running) -> None:
    query = queries_in(demo.everything())["Every project of both platforms, and who may write in it"]
    rights = {
        (row["platform"], member["role"], member["can"])
        for row in rows_for(demo.address(), query)
        for member in row["members"]["nodes"]  # type: ignore[index]
    }
    assert {(key, "OWNER", True) for key in PlatformKey} <= rights
    assert {(key, "VIEWER", False) for key in PlatformKey} <= rights


def test_the_printed_address_opens_the_explorer(demo: Running) -> None:
    page = httpx.get(demo.address(), headers={"Accept": "text/html"}, trust_env=False)
    assert "<title>Accessgraph</title>" in page.text


def test_it_says_where_the_dashboard_is(demo: Running) -> None:
    said = demo.wait_for(r"  Dashboard +(http://\S+/dashboard)\n")
    assert "<title>Accessgraph dashboard</title>" in httpx.get(said[1], trust_env=False).text


def test_it_says_where_each_stand_in_listens(demo: Running) -> None:
    said = demo.everything()
    for platform in ("QuantConnect", "Testomato"):
        address = re.search(
            rf"^  {platform} +(http://127\.0\.0\.1:\d+)/\S+ \(stand-in\)$", said, re.MULTILINE
        )
        assert address is not None
        assert httpx.get(f"{address[1]}/_sandbox/calls", trust_env=False).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_without_ado_while_clients_keep_their_connections(
    start: Start, number: signal.Signals
) -> None:
    demo = start("demo", "--port", "0")
    demo.wait_for(LAST_LINE)
    with httpx.Client(timeout=LONGEST_SECONDS, trust_env=False) as client:
        assert client.get(demo.address()).status_code == 400
        ended = demo.end(number)
    assert (ended.exit_code, ended.complaints) == (0, "")
    assert ended.output.endswith("Ctrl-C ends everything.\n\nStopping.\n")
    assert not demo.has_left_processes
    assert len(set(ports_in(ended.output))) == 1 + len(PlatformKey)
    assert [port for port in ports_in(ended.output) if is_open(port)] == []


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_free_port_takes_the_place_of_a_taken_one_and_that_is_said(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo = start("demo", "--port", str(port))
        demo.wait_for(LAST_LINE)
        assert f"Port {port} is taken; using a free one.\n" in demo.everything()
        assert httpx.URL(demo.address()).port != port
        assert rows_for(demo.address(), "{ platforms { name } }") != []


def test_neither_settings_nor_proxies_of_the_users_machine_come_between(
    start: Start, tmp_path: Path, dead_address: str
) -> None:
    (tmp_path / ".env").write_text("GATEWAY_READ_BUDGET_SECONDS=none\n")
    demo = start(
        "demo",
        *("--port", "0"),
        GATEWAY_PORT="wrong",
        GATEWAY_TESTOMATO__BASE_URL=dead_address,
        GATEWAY_EXPLORER="false",
        HTTP_PROXY=dead_address,
        ALL_PROXY=dead_address,
    )
    demo.wait_for(LAST_LINE)
    [query] = [query for query in queries_in(demo.everything()).values() if "WRITE" in query]
    assert platforms_of(rows_for(demo.address(), query)) == set(PlatformKey)
