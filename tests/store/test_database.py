"""gateway/store/database.py: the file is made, brought up to date, or refused in words that help."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store.database import StoreError, open_database
from gateway.store.schema import APPLICATION_ID, MIGRATIONS
from gateway.store.sqlite import open_ledger
from tests.access.world import rows_of

COLUMNS = "at, actor, operation, platform, project_upstream_id, person, outcome, request_id"
# No caller's input is in these.
RECORD = f"INSERT INTO audit ({COLUMNS}) VALUES ('', 'me', '', '', '', '', '', '')"  # noqa: S608
REPLACE = f"INSERT OR REPLACE INTO audit (id, {COLUMNS}) SELECT id, {COLUMNS} FROM audit"  # noqa: S608


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "changes.sqlite3"


@pytest.fixture
def any_mode() -> Iterator[None]:
    """A process that lets everybody read the files that it makes, unless it says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_and_close(database: Path, *, meanwhile: Callable[[], object] = lambda: None) -> None:
    async def run() -> None:
        async with open_ledger(str(database)):
            meanwhile()

    asyncio.run(run())


def execute(database: Path, *statements: str) -> list[tuple[object, ...]]:
    """What the last statement gives, on a connection just like the ledger's."""

    async def run() -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        async with open_database(str(database)) as connection:
            for statement in statements:
                rows = [tuple(row) for row in await connection.execute_fetchall(statement)]
        return rows

    return asyncio.run(run())


def ask(database: Path, question: str) -> object:
    """What anyone sees who opens the file."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(question).fetchone()[0]


def problem_of(database: Path) -> str:
    with pytest.raises(StoreError) as caught:
        open_and_close(database)
    return str(caught.value)


# ---------------------------------------------------------------- the file


@pytest.mark.usefixtures("any_mode")
def test_a_new_file_is_its_owners_only_with_all_that_lies_beside_it(database: Path) -> None:
    modes: dict[str, int] = {}

    def look() -> None:
        modes.update({file.name: stat.S_IMODE(file.stat().st_mode) for file in database.parent.iterdir()})

    open_and_close(database, meanwhile=look)
    assert {"changes.sqlite3", "changes.sqlite3-wal"} < set(modes)
    assert set(modes.values()) == {0o600}


def test_a_file_that_is_closed_stands_alone(database: Path) -> None:
    open_and_close(database)
    assert list(database.parent.iterdir()) == [database]


def test_what_is_written_is_kept_also_when_the_process_dies_and_when_the_power_fails(database: Path) -> None:
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    assert [execute(database, f"PRAGMA {pragma}") for pragma in pragmas] == [[("wal",)], [(2,)], [(1,)]]


def test_a_file_says_whose_it_is_and_which_version_it_has(database: Path) -> None:
    open_and_close(database)
    marks = (ask(database, "PRAGMA application_id"), ask(database, "PRAGMA user_version"))
    assert marks == (APPLICATION_ID, len(MIGRATIONS))


def test_a_file_is_opened_again_as_it_was_left(database: Path) -> None:
    for _ in range(2):
        execute(database, RECORD)
    assert len(rows_of(str(database), "audit")) == 2


def test_processes_that_start_at_once_make_the_tables_once(database: Path) -> None:
    async def open_one() -> None:
        async with open_ledger(str(database)):
            await asyncio.sleep(0)

    async def open_many() -> None:
        await asyncio.gather(*(open_one() for _ in range(8)))

    asyncio.run(open_many())
    assert ask(database, "PRAGMA user_version") == len(MIGRATIONS)


def test_an_empty_file_becomes_a_database(database: Path) -> None:
    database.touch()
    open_and_close(database)
    assert ask(database, "PRAGMA user_version") == len(MIGRATIONS)


def test_one_that_another_process_is_just_making_is_waited_for(database: Path) -> None:
    """SQLite itself refuses at once: whoever writes into a file that is not in WAL mode yet is in the way."""

    async def run() -> bool:
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            async with asyncio.TaskGroup() as group:
                opening = group.create_task(open_one())
                done, _ = await asyncio.wait({opening}, timeout=0.2)
                other.execute("ROLLBACK")
        return not done

    async def open_one() -> None:
        async with open_database(str(database)):
            pass

    assert asyncio.run(run())
    assert ask(database, "PRAGMA journal_mode") == "wal"


def count_in_another_process(database: Path) -> str:
    """How many records a process sees that opens the file, looks, and closes it."""
    look = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(c.execute(sys.argv[2]).fetchone()[0])"
    )
    question = "SELECT count(*) FROM audit"
    command = [sys.executable, "-I", "-c", f"{look}; c.close()", str(database), question]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()  # noqa: S603 - our own


def test_nothing_is_lost_where_one_process_has_it_open_twice_and_another_closes_it(database: Path) -> None:
    async def run() -> list[str]:
        counts = []
        async with open_database(str(database)) as first, open_database(str(database)):
            for _ in range(2):
                counts.append(count_in_another_process(database))
                await first.execute_fetchall(RECORD)
        return [*counts, count_in_another_process(database)]

    assert asyncio.run(run()) == ["0", "1", "2"]


# ---------------------------------------------------------------- the audit trail


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'you'", "DELETE FROM audit", REPLACE],
    ids=lambda statement: statement.partition(" audit")[0],
)
def test_a_record_can_be_neither_changed_nor_removed(database: Path, statement: str) -> None:
    execute(database, RECORD)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        execute(database, statement)
    assert [row["actor"] for row in rows_of(str(database), "audit")] == ["me"]


# ---------------------------------------------------------------- files that cannot be used


def test_a_folder_that_is_not_there_is_told(database: Path) -> None:
    inside = database / "changes.sqlite3"
    assert problem_of(inside) == f"{inside} cannot be opened: No such file or directory"


def test_a_folder_in_the_files_place_is_told(tmp_path: Path) -> None:
    assert problem_of(tmp_path) == f"{tmp_path} cannot be opened: Is a directory"


def test_a_file_that_is_no_database_is_told_and_left_alone(database: Path) -> None:
    database.write_text("[testomato]\n" * 100)
    assert problem_of(database) == f"{database} cannot be opened: it is no SQLite database"
    assert database.read_text() == "[testomato]\n" * 100


def test_another_programs_database_is_told_and_left_alone(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    before = database.read_bytes()
    assert problem_of(database) == f"{database} is the database of another program"
    assert database.read_bytes() == before


def test_a_newer_versions_database_is_told_and_left_alone(database: Path) -> None:
    open_and_close(database)
    newer = len(MIGRATIONS) + 1
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(f"PRAGMA user_version = {newer}")
    assert problem_of(database) == (
        f"{database} was written by a newer version of this program: its tables have version {newer}, "
        f"and this one knows them up to {len(MIGRATIONS)}"
    )
    assert ask(database, "PRAGMA user_version") == newer


def test_a_damaged_database_is_told(database: Path) -> None:
    open_and_close(database)
    whole = database.read_bytes()
    database.write_bytes(whole[:100] + b"\xff" * 2_000 + whole[2_100:])
    assert problem_of(database).startswith(f"{database} cannot be opened: ")
