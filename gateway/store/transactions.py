"""Transactions on one connection: one waits for the other, and each is done whole or not at all."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import aiosqlite
import msgspec

from gateway.access.ledger import LedgerError

Values = Mapping[str, str | int | None]


class Transactions:
    """See the module."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    async def run(self, statement: str, values: Values) -> list[sqlite3.Row]:
        """What a statement within a transaction gives."""
        return list(await self._connection.execute_fetchall(statement, values))

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """All of the block or nothing of it.

        Raises:
            LedgerError: a statement failed, or a row cannot be read.
        """
        async with self._turn:
            try:
                await self._connection.execute_fetchall("BEGIN IMMEDIATE")
                yield
                await self._connection.commit()
            except BaseException as error:
                # Also where the block was cancelled while a statement ran: the thread takes one after
                # the other, so this comes after it.
                with suppress(sqlite3.Error):
                    await self._connection.rollback()
                if isinstance(error, sqlite3.Error | OSError):
                    raise LedgerError(str(error)) from None
                if isinstance(error, msgspec.MsgspecError):
                    raise LedgerError("an entry cannot be read") from None
                raise
