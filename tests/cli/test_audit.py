"""`accessgraph audit verify`: is the trail in order, and what does it say."""

import os
import pty
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.store.verification import ENTRIES_A_PAGE
from tests.cli.command import COMMAND, LONGEST_SECONDS
from tests.cli.conftest import Run, Start
from tests.store.trails import ENTRIES, digests_of, make_long, tamper, write


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The trail of five changes, where the settings say that it is when they say nothing."""
    database = tmp_path / "accessgraph.sqlite3"
    write(database, *ENTRIES)
    return database


def test_a_trail_in_order_is_told_with_its_last_digest(run: Run, database: Path) -> None:
    said = run("audit", "verify")
    digest = digests_of(database)[-1]
    assert (said.exit_code, said.everything) == (0, f"5 entries are in order.\nLast digest: {digest}\n")


@pytest.mark.parametrize(("count", "told"), [(0, "0 entries are in order.\n"), (1, "1 entry is in order.\n")])
def test_a_short_trail_is_told_in_proper_words(run: Run, tmp_path: Path, count: int, told: str) -> None:
    write(tmp_path / "accessgraph.sqlite3", *ENTRIES[:count])
    said = run("audit", "verify")
    assert (said.exit_code, said.output.startswith(told)) == (0, True)
    assert ("Last digest" in said.output) is (count > 0)


def test_the_first_entry_that_was_changed_is_named(run: Run, database: Path) -> None:
    tamper(database, "UPDATE audit SET actor = 'nobody' WHERE id = 3")
    said = run("audit", "verify")
    digest = digests_of(database)[1]
    assert (said.exit_code, said.output.splitlines()) == (
        1,
        [
            "2 entries are in order.",
            "Entry 3 of 2026-11-21T15:00:00Z was changed, or put in the place of another.",
            f"Last digest: {digest}",
        ],
    )


def test_the_first_entry_that_is_missing_is_named(run: Run, database: Path) -> None:
    tamper(database, "DELETE FROM audit WHERE id = 3")
    said = run("audit", "verify")
    assert said.exit_code == 1
    assert said.output.splitlines()[1].startswith(
        "Entry 3 is missing after entry 2 of 2026-11-21T14:00:00Z: "
    )


@pytest.mark.parametrize("spelled", [str, str.upper])
def test_a_digest_that_was_noted_is_found_again(run: Run, database: Path, spelled: type[str]) -> None:
    noted = digests_of(database)[2] or ""
    said = run("audit", "verify", "--expect", spelled(noted))
    assert said.exit_code == 0
    assert "Entry 3 has the digest that was expected.\n" in said.output


def test_a_digest_that_was_noted_and_is_gone_is_told(run: Run, database: Path) -> None:
    noted = digests_of(database)[-1] or ""
    tamper(
        database,
        "DELETE FROM audit WHERE id > 3",
        "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'audit'",
    )
    assert run("audit", "verify").exit_code == 0
    said = run("audit", "verify", "--expect", noted)
    assert (said.exit_code, said.output.splitlines()[0]) == (1, "3 entries are in order.")
    assert said.output.splitlines()[1].startswith("No entry has the digest that was expected: ")


def test_it_works_while_a_gateway_runs(start: Start, run: Run, database: Path) -> None:
    serving = start("serve", GATEWAY_PORT="0")
    serving.address()
    said = run("audit", "verify")
    serving.end(signal.SIGTERM)
    assert (said.exit_code, said.output.splitlines()[0]) == (0, "5 entries are in order.")
    assert digests_of(database)


def test_the_file_that_the_settings_name_is_taken(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere.sqlite3", *ENTRIES[:2])
    (tmp_path / "gateway.toml").write_text('[store]\nurl = "sqlite:///elsewhere.sqlite3"\n')
    said = run("audit", "verify", "--config", "gateway.toml")
    assert said.output.splitlines()[0] == "2 entries are in order."


def test_a_terminal_shows_how_far_it_is(tmp_path: Path) -> None:
    make_long(tmp_path / "accessgraph.sqlite3", count=ENTRIES_A_PAGE + 1)
    ours, theirs = pty.openpty()
    process = subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, "audit", "verify"],
        cwd=tmp_path,
        env={},
        stdout=subprocess.PIPE,
        stderr=theirs,
        timeout=LONGEST_SECONDS,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    with suppress(OSError):
        os.close(ours)
    assert f"{ENTRIES_A_PAGE:,} of {ENTRIES_A_PAGE + 1:,} entries" in shown
    assert process.stdout.decode().startswith(f"{ENTRIES_A_PAGE + 1} entries are in order.\n")


def test_what_is_no_terminal_is_told_of_no_progress(run: Run, tmp_path: Path) -> None:
    make_long(tmp_path / "accessgraph.sqlite3", count=ENTRIES_A_PAGE + 1)
    assert run("audit", "verify").complaints == ""


# ---------------------------------------------------------------- what cannot be verified


def test_a_file_that_is_not_there_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    said = run("audit", "verify")
    told = "Error: accessgraph.sqlite3 cannot be opened: No such file or directory\n"
    assert (said.exit_code, said.everything) == (1, told)
    assert list(tmp_path.iterdir()) == []


def test_a_trail_in_memory_is_a_wrong_setting(run: Run) -> None:
    said = run("audit", "verify", GATEWAY_STORE__URL="sqlite:///:memory:")
    assert said.exit_code == 2
    assert "what is kept in memory cannot be verified: set GATEWAY_STORE__URL." in said.complaints


@pytest.mark.parametrize("expected", ["", "abc", "g" * 64, "a" * 63, f"{'a' * 64}\n"])
def test_what_is_no_digest_is_a_wrong_usage(run: Run, database: Path, expected: str) -> None:
    said = run("audit", "verify", "--expect", expected)
    assert (said.exit_code, database.exists()) == (2, True)
    assert "--expect: a digest is 64 hexadecimal digits" in said.complaints
