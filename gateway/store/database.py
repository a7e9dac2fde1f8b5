"""Open the database: make the file where there is none, and bring its tables up to date."""

import asyncio
import errno
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import aiosqlite

from gateway.store import chain
from gateway.store.schema import APPLICATION_ID, MIGRATIONS

IN_MEMORY: Final = ":memory:"
BUSY_SECONDS: Final = 10.0
"""How long another process may hold the write lock."""

_PAUSE_SECONDS: Final = 0.02
_ENTRIES_AT_ONCE: Final = 1_000


class StoreError(Exception):
    """The database cannot be opened; the message is for the operator."""


@asynccontextmanager
async def open_database(name: str) -> AsyncIterator[aiosqlite.Connection]:
    """A connection to the database, its tables as this version wants them.

    Args:
        name: a path, or `:memory:`.

    Raises:
        StoreError: with what is wrong with the file.
    """
    with explained(name):
        if name != IN_MEMORY:
            _make_file(Path(name))
        connection = await aiosqlite.connect(name, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        with explained(name):
            await _prepare(connection, name)
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def open_for_reading(name: str) -> AsyncIterator[aiosqlite.Connection]:
    """One more connection to a database that is open, to read only.

    Args:
        name: a path.

    Raises:
        StoreError: with what is wrong with the file.
    """
    with explained(name):
        connection = await aiosqlite.connect(name, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        with explained(name):
            await connection.execute_fetchall("PRAGMA query_only = ON")
        yield connection
    finally:
        await connection.close()


def _make_file(path: Path) -> None:
    """Make the file where there is none, readable to its owner only: it holds personal data.

    One that is there is not touched. To close it would take away the locks of every other connection of this
    process, and what they write would be lost as soon as another process closes the database: "How To
    Corrupt An SQLite Database File", 2.2 (https://www.sqlite.org/howtocorrupt.html).
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if path.is_dir():
            raise _os_error(errno.EISDIR) from None
        if not os.access(path, os.R_OK | os.W_OK):
            raise _os_error(errno.EACCES) from None


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


async def _prepare(connection: aiosqlite.Connection, name: str) -> None:
    connection.row_factory = sqlite3.Row
    await _check(connection, name)
    # Readers do not block the writer, and a process that dies leaves nothing to repair. FULL keeps the
    # promise also when the power fails: https://www.sqlite.org/pragma.html#pragma_synchronous
    await _write_ahead(connection)
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        await connection.execute_fetchall(f"PRAGMA {pragma}")
    await connection.execute_fetchall("BEGIN IMMEDIATE")  # of two that start at once, one migrates
    try:
        version = await _number(connection, "PRAGMA user_version")
        for statement in (one for migration in MIGRATIONS[version:] for one in migration):
            await connection.execute_fetchall(statement)
        await _begin_chain(connection)
        await connection.execute_fetchall(f"PRAGMA application_id = {APPLICATION_ID}")
        await connection.execute_fetchall(f"PRAGMA user_version = {max(version, len(MIGRATIONS))}")
        await connection.commit()
    except BaseException:
        await connection.rollback()
        raise


async def _write_ahead(connection: aiosqlite.Connection) -> None:
    """Turn to WAL; while another process does so, or writes, SQLite refuses at once and does not wait."""
    clock = asyncio.get_running_loop().time
    end = clock() + BUSY_SECONDS
    while True:
        try:
            await connection.execute_fetchall("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or clock() > end:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return


async def _begin_chain(connection: aiosqlite.Connection) -> None:
    """Cover what was recorded before there was a chain; once. See `gateway.store.chain`."""
    if await _number(connection, "SELECT count(*) FROM audit_chain"):
        return
    last, digest, start = 0, chain.START, chain.LOWEST_NUMBER
    while page := await _entries(connection, start):
        for row in page:
            last, digest = row["id"], chain.digest_after(digest, row)
        start = last + 1
    await connection.execute_fetchall(
        "INSERT INTO audit_chain (id, after_entry, digest) VALUES (1, ?, ?)", (last, digest)
    )


async def _entries(connection: aiosqlite.Connection, start: int) -> list[sqlite3.Row]:
    values = {"start": start, "count": _ENTRIES_AT_ONCE}
    return list(await connection.execute_fetchall(chain.PAGE, values))


async def _check(connection: aiosqlite.Connection, name: str) -> None:
    """Leave alone what another program or a newer version has made."""
    demand_known(
        name,
        is_empty=not await _number(connection, "SELECT count(*) FROM sqlite_schema"),
        application_id=await _number(connection, "PRAGMA application_id"),
        version=await _number(connection, "PRAGMA user_version"),
    )


def demand_known(name: str, *, is_empty: bool, application_id: int, version: int) -> None:
    """Refuse what another program or a newer version has made.

    Args:
        is_empty: whether there is no table in it yet.

    Raises:
        StoreError: that is so.
    """
    if not is_empty and application_id != APPLICATION_ID:
        raise StoreError(f"{name} is the database of another program")
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{name} was written by a newer version of this program: its tables have version {version}, "
            f"and this one knows them up to {len(MIGRATIONS)}"
        )


async def _number(connection: aiosqlite.Connection, query: str) -> int:
    [row] = await connection.execute_fetchall(query)
    return int(row[0])


@contextmanager
def explained(name: str) -> Iterator[None]:
    """In words of what to look for, in place of the library's."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{name} cannot be opened: {error.strerror}") from None
    except sqlite3.Error as error:
        reason = "it is no SQLite database" if error.sqlite_errorname == "SQLITE_NOTADB" else str(error)
        raise StoreError(f"{name} cannot be opened: {reason}") from None
