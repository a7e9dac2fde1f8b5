"""gateway/store/verification.py: how the trail is read, and what cannot be."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store.database import StoreError, open_database
from gateway.store.schema import MIGRATIONS
from gateway.store.sqlite import open_ledger
from gateway.store.verification import ENTRIES_A_PAGE, verify
from tests.store.trails import ENTRIES, make_long, make_older, record, tamper, write


@pytest.fixture
def database(tmp_path: Path) -> Path:
    database = tmp_path / "changes.sqlite3"
    write(database, *ENTRIES)
    return database


# ---------------------------------------------------------------- how it is read


def test_a_long_trail_is_walked_page_by_page(tmp_path: Path) -> None:
    count = 2 * ENTRIES_A_PAGE + 7
    make_long(tmp_path / "long.sqlite3", count=count)
    progress: list[tuple[int, int]] = []
    verdict = verify(
        str(tmp_path / "long.sqlite3"), on_progress=lambda walked, of: progress.append((walked, of))
    )
    assert (verdict.flaw, verdict.entry_count) == (None, count)
    assert progress == [(ENTRIES_A_PAGE, count), (2 * ENTRIES_A_PAGE, count)]


@pytest.mark.parametrize("number", [ENTRIES_A_PAGE, ENTRIES_A_PAGE + 1, 2 * ENTRIES_A_PAGE])
@pytest.mark.parametrize("statement", ["DELETE FROM audit", "UPDATE audit SET actor = 'nobody'"])
def test_nothing_is_passed_over_between_two_pages(tmp_path: Path, number: int, statement: str) -> None:
    database = tmp_path / "long.sqlite3"
    make_long(database, count=2 * ENTRIES_A_PAGE)
    tamper(database, f"{statement} WHERE id = {number}")
    assert (verify(str(database)).flaw or "").startswith(f"Entry {number} ")


@pytest.mark.anyio
async def test_it_is_read_while_a_gateway_writes(database: Path) -> None:
    async with open_ledger(str(database)) as ledger, open_database(str(database)) as another:
        await record(ledger, ENTRIES[0])
        await another.execute_fetchall("BEGIN IMMEDIATE")
        verdict = verify(str(database))
        await another.rollback()
    assert (verdict.flaw, verdict.entry_count) == (None, 6)


def test_the_file_is_left_as_it_is(database: Path) -> None:
    before = database.read_bytes()
    verify(str(database))
    assert database.read_bytes() == before


@pytest.mark.anyio
async def test_what_a_gateway_that_was_killed_has_left_beside_the_file_is_read_and_left(
    tmp_path: Path,
) -> None:
    running, left = tmp_path / "running.sqlite3", tmp_path / "left.sqlite3"
    async with open_ledger(str(running)) as ledger:
        await record(ledger, *ENTRIES)
        for suffix in ("", "-wal"):
            shutil.copy(f"{running}{suffix}", f"{left}{suffix}")
    before = [Path(f"{left}{suffix}").read_bytes() for suffix in ("", "-wal")]
    assert verify(str(left)).entry_count == len(ENTRIES)
    assert [Path(f"{left}{suffix}").read_bytes() for suffix in ("", "-wal")] == before


def test_a_file_whose_name_holds_anything_is_found(tmp_path: Path) -> None:
    database = tmp_path / "100% ours?#é.sqlite3"
    write(database, *ENTRIES)
    assert verify(str(database)).entry_count == len(ENTRIES)


# ---------------------------------------------------------------- what cannot be verified


def problem_of(database: Path) -> str:
    with pytest.raises(StoreError) as caught:
        verify(str(database))
    return str(caught.value)


def test_a_file_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "missing.sqlite3"
    assert problem_of(missing) == f"{missing} cannot be opened: No such file or directory"
    assert not missing.exists()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no database at all" * 100)
    assert problem_of(tmp_path / "notes").endswith("cannot be opened: it is no SQLite database")


def test_another_programs_database_is_told(tmp_path: Path) -> None:
    database = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    assert problem_of(database) == f"{database} is the database of another program"


def test_a_database_in_which_no_chain_was_begun_is_told(tmp_path: Path) -> None:
    database = tmp_path / "older.sqlite3"
    make_older(database, count=3)
    assert problem_of(database) == (
        f"{database} was written by a version of this program that made no chain: "
        "it begins when this version's gateway is started with it"
    )


def test_a_newer_versions_database_is_told(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    assert "was written by a newer version of this program" in problem_of(database)
