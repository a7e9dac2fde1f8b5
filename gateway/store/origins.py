"""The origins of persons in the database: by which account each person is named in the graph.

Each holder of upstream accounts has their own: what one account was told is no business of another's. Those
of the last few holders are in memory, and what other processes have learned is read before they are given.
What is learned here is known at once and written soon after. Where that fails it is tried again with what is
learned next; at worst a person gets another name after a restart, and nothing else is lost.
"""

import asyncio
import sqlite3
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiosqlite
import structlog

from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import PlatformKey
from gateway.store.database import open_database

log = structlog.get_logger("gateway.store")

HOLDERS_IN_MEMORY: Final = 32
# Nobody waits for what is written here, but what is read waits behind it.
_BUSY_MILLISECONDS: Final = 1_000
_NEWS: Final = """
    SELECT number, platform, upstream_id, origin_platform, origin_upstream_id
    FROM person_origin WHERE holder = ? AND number > ? ORDER BY number
"""
_WRITE: Final = """
    INSERT OR REPLACE INTO person_origin (holder, platform, upstream_id, origin_platform, origin_upstream_id)
    VALUES (?, ?, ?, ?, ?)
"""


@asynccontextmanager
async def open_origins(database: str) -> AsyncIterator["SqliteOrigins"]:
    """The origins in a file, or in memory, until the block is left; what was learned is written then.

    Args:
        database: a path, or `:memory:`.

    Raises:
        StoreError: the database cannot be used.
    """
    async with open_database(database) as connection:
        await connection.execute_fetchall(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        origins = SqliteOrigins(connection)
        try:
            yield origins
        finally:
            await origins.written()


class SqliteOrigins:
    """See `gateway.access.people.everybody.OriginStore`."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._holders: OrderedDict[str, _Kept] = OrderedDict()
        self._unwritten: dict[tuple[str, AccountKey], AccountKey] = {}
        self._writing: asyncio.Task[None] | None = None

    def known(self, holder: str) -> asyncio.Future[Mapping[AccountKey, AccountKey]]:
        """See `OriginStore.known`."""
        return asyncio.ensure_future(self._known(holder))

    def learn(self, holder: str, origins: Mapping[AccountKey, AccountKey]) -> None:
        """See `OriginStore.learn`."""
        self._unwritten |= {(holder, account): origin for account, origin in origins.items()}
        self._begin()

    async def written(self) -> None:
        """Wait until everything is written that was learned, or cannot be."""
        self._begin()
        if self._writing is not None:
            await self._writing

    async def _known(self, holder: str) -> Mapping[AccountKey, AccountKey]:
        kept = self._kept(holder)
        try:
            rows = await self._connection.execute_fetchall(_NEWS, (holder, kept.number))
        except sqlite3.Error as error:
            log.error("the origins of persons cannot be read", error=type(error).__name__)
        else:
            kept.add(rows)
        own = {account: origin for (whose, account), origin in self._unwritten.items() if whose == holder}
        return kept.origins | own

    def _kept(self, holder: str) -> "_Kept":
        kept = self._holders.setdefault(holder, _Kept())
        self._holders.move_to_end(holder)
        if len(self._holders) > HOLDERS_IN_MEMORY:
            self._holders.popitem(last=False)
        return kept

    def _begin(self) -> None:
        if self._unwritten and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._unwritten:
            taken = dict(self._unwritten)
            rows = [(holder, *account, *origin) for (holder, account), origin in taken.items()]
            try:
                await self._connection.execute_fetchall("BEGIN IMMEDIATE")
                await self._connection.executemany(_WRITE, rows)
                await self._connection.commit()
            except sqlite3.Error as error:
                with suppress(sqlite3.Error):
                    await self._connection.rollback()
                log.error("the origins of persons cannot be written", error=type(error).__name__)
                return
            # What was learned anew meanwhile is still to be written.
            for one, origin in taken.items():
                if self._unwritten[one] == origin:
                    del self._unwritten[one]


class _Kept:
    """What is in the database for one holder, as far as it was read.

    Attributes:
        number: of the last row.
    """

    def __init__(self) -> None:
        self.origins: dict[AccountKey, AccountKey] = {}
        self.number = 0

    def add(self, rows: Iterable[sqlite3.Row]) -> None:
        """Rows that are new, or were when they were asked for."""
        for number, platform, upstream_id, origin_platform, origin_upstream_id in rows:
            self.number = max(self.number, number)
            # A newer version may know more platforms.
            with suppress(ValueError):
                account = AccountKey(PlatformKey(platform), upstream_id)
                self.origins[account] = AccountKey(PlatformKey(origin_platform), origin_upstream_id)
