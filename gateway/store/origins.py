"""The origins of persons in the database: by which account each person is named in the graph.

They are few, and all of them are in memory. What is learned is known at once and written soon after; where
that fails a person may get another name after a restart, and nothing else is lost.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Final

import aiosqlite
import structlog

from gateway.access.ledger import LedgerError
from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import PlatformKey
from gateway.store.database import explained, open_database
from gateway.store.transactions import Transactions

log = structlog.get_logger("gateway.store")

_ALL: Final = "SELECT platform, upstream_id, origin_platform, origin_upstream_id FROM person_origin"
_WRITE: Final = """
    INSERT INTO person_origin (platform, upstream_id, origin_platform, origin_upstream_id)
    VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET origin_platform = excluded.origin_platform,
                              origin_upstream_id = excluded.origin_upstream_id
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
        with explained(database):
            rows = await connection.execute_fetchall(_ALL)
        origins = SqliteOrigins(
            connection=connection, known={_account(row[0], row[1]): _account(row[2], row[3]) for row in rows}
        )
        try:
            yield origins
        finally:
            await origins.written()


class SqliteOrigins:
    """See `gateway.access.everybody.OriginStore`."""

    def __init__(self, *, connection: aiosqlite.Connection, known: Mapping[AccountKey, AccountKey]) -> None:
        self._connection = connection
        self._transactions = Transactions(connection)
        self._known = dict(known)
        self._unwritten: dict[AccountKey, AccountKey] = {}
        self._writing: asyncio.Task[None] | None = None

    @property
    def known(self) -> Mapping[AccountKey, AccountKey]:
        """See `OriginStore.known`."""
        return MappingProxyType(self._known)

    def learn(self, origins: Mapping[AccountKey, AccountKey]) -> None:
        """See `OriginStore.learn`."""
        self._known.update(origins)
        self._unwritten.update(origins)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def written(self) -> None:
        """Wait until everything is written that was learned, or cannot be."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while self._unwritten:
            rows = [(*account, *origin) for account, origin in self._unwritten.items()]
            self._unwritten.clear()
            try:
                async with self._transactions.writing():
                    await self._connection.executemany(_WRITE, rows)
            except LedgerError as error:
                log.error("the origins of persons cannot be written", error=repr(error))  # noqa: TRY400


def _account(platform: str, upstream_id: str) -> AccountKey:
    return AccountKey(PlatformKey(platform), upstream_id)
