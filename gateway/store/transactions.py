"""Transactions on one connection: one waits for the other.

Statements run on a thread of the connection's own, so that nothing holds up the event loop.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import aiosqlite
import msgspec

from gateway.access.changing.ledger import LedgerError


class Transactions:
    """What is read and written on `connection`."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    async def run(self, statement: str, values: Mapping[str, str | int | None]) -> list[sqlite3.Row]:
        """What a statement gives; only within a transaction."""
        return list(await self._connection.execute_fetchall(statement, values))

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """All of the block or nothing of it; meanwhile no other process writes.

        Raises:
            LedgerError: a statement failed.
        """
        async with self._turn:
            try:
                await self._connection.execute_fetchall("BEGIN IMMEDIATE")
                yield
                await self._connection.commit()
            except BaseException as error:
                # Also where the block was cancelled while a statement ran: the thread takes one after
                # the other, so this comes after it.
                await self._roll_back()
                _raise_in_our_words(error)
                raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Everything in the block is read as it is at one moment.

        Raises:
            LedgerError: a statement failed.
        """
        async with self._turn:
            try:
                await self._connection.execute_fetchall("BEGIN")
                yield
            except BaseException as error:
                # Where nobody waits any more: a search may still take long.
                await self._connection.interrupt()
                _raise_in_our_words(error)
                raise
            finally:
                await self._roll_back()

    async def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            await self._connection.rollback()


def _raise_in_our_words(error: BaseException) -> None:
    """Raise what the library's errors are told as; nothing where it is another's error."""
    if isinstance(error, sqlite3.Error | OSError):
        raise LedgerError(str(error)) from None
    if isinstance(error, msgspec.MsgspecError):
        raise LedgerError("an entry cannot be read") from None
