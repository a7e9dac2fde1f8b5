"""`accessgraph serve` and the file in which it keeps what must outlive it."""

import signal
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store.schema import MIGRATIONS
from tests.cli.conftest import Run, Start

MEMORY = {"GATEWAY_STORE__URL": "sqlite:///:memory:"}


def test_the_file_lies_in_the_working_folder_and_is_its_owners_only(start: Start, tmp_path: Path) -> None:
    serving = start("serve", GATEWAY_PORT="0")
    serving.address()
    serving.end(signal.SIGTERM)
    assert stat.S_IMODE((tmp_path / "accessgraph.sqlite3").stat().st_mode) == 0o600


def test_in_memory_nothing_is_left(start: Start, tmp_path: Path) -> None:
    serving = start("serve", GATEWAY_PORT="0", **MEMORY)
    serving.address()
    serving.end(signal.SIGTERM)
    assert list(tmp_path.glob("*sqlite*")) == []


def test_the_demo_leaves_nothing(start: Start, tmp_path: Path) -> None:
    demo = start("demo", "--port", "0")
    demo.wait_for("Ctrl-C ends everything")
    demo.end(signal.SIGTERM)
    assert list(tmp_path.glob("*sqlite*")) == []


def test_two_gateways_may_share_a_file(start: Start, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.sqlite3'}"
    first = start("serve", GATEWAY_PORT="0", GATEWAY_STORE__URL=url)
    first.address()
    second = start("serve", GATEWAY_PORT="0", GATEWAY_STORE__URL=url)
    second.address()
    assert [gateway.end(signal.SIGTERM).exit_code for gateway in (first, second)] == [0, 0]


def not_a_database(file: Path) -> None:
    file.write_text("[testomato]\n" * 100)


def a_folder(file: Path) -> None:
    file.mkdir()


def of_the_future(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA user_version = 999")


PROBLEMS = {
    not_a_database: "accessgraph.sqlite3 cannot be opened: it is no SQLite database",
    a_folder: "accessgraph.sqlite3 cannot be opened: Is a directory",
    of_the_future: "accessgraph.sqlite3 was written by a newer version of this program: "
    f"its tables have version 999, and this one knows them up to {len(MIGRATIONS)}",
}


@pytest.mark.parametrize("make", PROBLEMS)
def test_a_file_that_cannot_be_used_is_told_in_one_line(run: Run, tmp_path: Path, make: object) -> None:
    make(tmp_path / "accessgraph.sqlite3")
    refused = run("serve", GATEWAY_PORT="0")
    assert (refused.exit_code, refused.everything) == (1, f"Error: {PROBLEMS[make]}\n")


def test_a_file_that_cannot_be_made_is_told_in_one_line(run: Run) -> None:
    refused = run("serve", GATEWAY_PORT="0", GATEWAY_STORE__URL="sqlite:///missing/changes.sqlite3")
    told = "Error: missing/changes.sqlite3 cannot be opened: No such file or directory\n"
    assert (refused.exit_code, refused.everything) == (1, told)


def test_an_address_of_another_kind_is_a_wrong_setting(run: Run) -> None:
    refused = run("serve", GATEWAY_STORE__URL="postgresql://localhost/accessgraph")
    assert refused.exit_code == 2
    assert "GATEWAY_STORE__URL: must be sqlite:/// and a path, or sqlite:///:memory:" in refused.everything
