"""gateway/store/database.py: the file is made, brought up to date, or refused in words that help."""

import asyncio
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store.database import StoreError, open_database
from gateway.store.schema import APPLICATION_ID, MIGRATIONS
from gateway.store.sqlite import open_ledger
from tests.access.world import rows_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "changes.sqlite3")


def ask(database: str, question: str) -> object:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(question).fetchone()[0]


async def problem_of(database: str) -> str:
    with pytest.raises(StoreError) as caught:
        async with open_ledger(database):
            raise AssertionError("it opened")
    return str(caught.value)


# ---------------------------------------------------------------- the file


async def test_a_new_file_is_its_owners_only_with_all_that_lies_beside_it(
    database: str, tmp_path: Path
) -> None:
    before = os.umask(0)
    try:
        async with open_ledger(database):
            modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {0o600}


async def test_a_file_that_is_closed_stands_alone(database: str, tmp_path: Path) -> None:
    async with open_ledger(database):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["changes.sqlite3"]


async def test_a_write_is_kept_also_when_the_process_dies_and_when_the_power_fails(database: str) -> None:
    async with open_database(database) as connection:
        [[journal]] = await connection.execute_fetchall("PRAGMA journal_mode")
        [[synchronous]] = await connection.execute_fetchall("PRAGMA synchronous")
        [[foreign_keys]] = await connection.execute_fetchall("PRAGMA foreign_keys")
    assert (journal, synchronous, foreign_keys) == ("wal", 2, 1)


async def test_a_file_says_whose_it_is_and_which_version_it_has(database: str) -> None:
    async with open_ledger(database):
        pass
    marks = (ask(database, "PRAGMA application_id"), ask(database, "PRAGMA user_version"))
    assert marks == (APPLICATION_ID, len(MIGRATIONS))


async def test_a_file_is_opened_again_as_it_was_left(database: str) -> None:
    for _ in range(2):
        async with open_database(database) as connection:
            await connection.execute_fetchall(
                "INSERT INTO audit (at, actor, operation, platform, project_upstream_id, person, outcome, request_id)"
                " VALUES ('', '', '', '', '', '', '', '')"
            )
    assert len(rows_of(database, "audit")) == 2


async def test_processes_that_start_at_once_make_the_tables_once(database: str) -> None:
    async def open_and_close() -> None:
        async with open_ledger(database):
            await asyncio.sleep(0)

    await asyncio.gather(*(open_and_close() for _ in range(8)))
    assert ask(database, "PRAGMA user_version") == len(MIGRATIONS)


# ---------------------------------------------------------------- the audit trail


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'somebody else'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT 1, at, 'somebody else', operation, platform, project_upstream_id,"
        " person, member_upstream_id, before, after, outcome, reason, idempotency_key, request_id FROM audit",
    ],
)
async def test_a_record_can_be_neither_changed_nor_removed(database: str, statement: str) -> None:
    async with open_database(database) as connection:
        await connection.execute_fetchall(
            "INSERT INTO audit (at, actor, operation, platform, project_upstream_id, person, outcome, request_id)"
            " VALUES ('', 'me', '', '', '', '', '', '')"
        )
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            await connection.execute_fetchall(statement)
    assert [row["actor"] for row in rows_of(database, "audit")] == ["me"]


# ---------------------------------------------------------------- files that cannot be used


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    database = str(tmp_path / "missing" / "changes.sqlite3")
    assert await problem_of(database) == f"{database} cannot be opened: No such file or directory"


async def test_a_folder_in_the_files_place_is_told(tmp_path: Path) -> None:
    assert await problem_of(str(tmp_path)) == f"{tmp_path} cannot be opened: Is a directory"


async def test_a_file_that_is_no_database_is_told_and_left_alone(database: str) -> None:
    Path(database).write_text("[testomato]\n" * 100)
    assert await problem_of(database) == f"{database} cannot be opened: it is no SQLite database"
    assert Path(database).read_text() == "[testomato]\n" * 100


async def test_another_programs_database_is_told_and_left_alone(database: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    assert await problem_of(database) == f"{database} is the database of another program"
    assert ask(database, "SELECT count(*) FROM sqlite_schema") == 1
    assert ask(database, "PRAGMA journal_mode") == "delete"


async def test_a_newer_versions_database_is_told_and_left_alone(database: str) -> None:
    async with open_ledger(database):
        pass
    newer = len(MIGRATIONS) + 1
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(f"PRAGMA user_version = {newer}")
    assert await problem_of(database) == (
        f"{database} was written by a newer version of this program: its tables have version {newer}, "
        f"and this one knows them up to {len(MIGRATIONS)}"
    )
    assert ask(database, "PRAGMA user_version") == newer


async def test_a_database_that_is_damaged_is_told(database: str) -> None:
    async with open_ledger(database):
        pass
    with Path(database).open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 2_000)
    assert (await problem_of(database)).startswith(f"{database} cannot be opened: ")


async def test_an_empty_file_becomes_a_database(database: str) -> None:
    Path(database).touch()
    async with open_ledger(database):
        pass
    assert ask(database, "PRAGMA user_version") == len(MIGRATIONS)
