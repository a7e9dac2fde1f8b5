"""The batches in an SQLite database: see `gateway.store.sqlite`, beside whose tables this one stands."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import aiosqlite
import msgspec
import structlog

from gateway.access.batch import Batch, BatchEntry, BatchId
from gateway.access.change import ChangeResult
from gateway.access.ledger import KeyReused, KeyScope, UnderWay
from gateway.store.batch_rows import batch_entry, batch_values, results_text
from gateway.store.database import open_database
from gateway.store.instance import Instance
from gateway.store.rows import Values, moment_text
from gateway.store.transactions import Transactions

log = structlog.get_logger("gateway.store")

_FIND: Final = """
    SELECT * FROM batch
    WHERE caller_id = :caller_id AND credential = :credential AND idempotency_key = :idempotency_key
"""
_INSERT: Final = """
    INSERT INTO batch (caller_id, credential, idempotency_key, digest, parts, missing, atomic, plan,
                       request_id, begun_at, instance)
    VALUES (:caller_id, :credential, :idempotency_key, :digest, :parts, :missing, :atomic, :plan,
            :request_id, :begun_at, :instance)
    RETURNING *
"""
_HOLD: Final = "UPDATE batch SET instance = :instance WHERE id = :id"
_MARK_UNDOING: Final = "UPDATE batch SET results = :results WHERE id = :id AND settled_at IS NULL"
_SETTLE: Final = """
    UPDATE batch SET results = :results, settled_at = :at WHERE id = :id AND settled_at IS NULL
"""
_UNSETTLED: Final = "SELECT * FROM batch WHERE settled_at IS NULL AND atomic = 1 ORDER BY id"
_PURGE: Final = """
    DELETE FROM batch WHERE begun_at < :before AND (settled_at IS NOT NULL OR atomic = 0)
"""


@asynccontextmanager
async def open_batches(database: str, *, instance: Instance) -> AsyncIterator["SqliteBatches"]:
    """The batches in a file, or in memory, until the block is left.

    Args:
        database: a path, or `:memory:`.
        instance: this process, as it is known to live.

    Raises:
        StoreError: the database cannot be used.
    """
    async with open_database(database) as connection:
        yield SqliteBatches(connection=connection, instance=instance)


class SqliteBatches:
    """See `gateway.access.batch.BatchLedger`."""

    def __init__(self, *, connection: aiosqlite.Connection, instance: Instance) -> None:
        self._instance = instance
        self._transactions = Transactions(connection)
        self._held: set[int] = set()

    async def knows(self, scope: KeyScope) -> bool:
        """See `BatchLedger.knows`."""
        values: Values = {
            "caller_id": scope.caller_id,
            "credential": scope.credential,
            "idempotency_key": scope.key,
        }
        async with self._transactions.writing():
            return bool(await self._transactions.run(_FIND, values))

    async def begin(self, batch: Batch) -> BatchEntry | KeyReused | UnderWay:
        """See `BatchLedger.begin`."""
        values = batch_values(batch)
        async with self._transactions.writing():
            found = await self._transactions.run(_FIND, values)
            if not found:
                new: Values = {**values, "instance": self._instance.id}
                [row] = await self._transactions.run(_INSERT, new)
            elif found[0]["digest"] != batch.digest:
                return KeyReused()
            elif found[0]["settled_at"] is None and self._is_held(found[0]):
                return UnderWay()
            else:
                [row] = found
                await self._hold(row)
            self._held.add(row["id"])
            return batch_entry(row)

    async def mark_undoing(self, batch_id: BatchId, results: Sequence[ChangeResult]) -> None:
        """See `BatchLedger.mark_undoing`."""
        async with self._transactions.writing():
            await self._transactions.run(_MARK_UNDOING, {"id": batch_id, "results": results_text(results)})

    async def settle(self, batch_id: BatchId, results: Sequence[ChangeResult], *, at: datetime) -> None:
        """See `BatchLedger.settle`."""
        values: Values = {"id": batch_id, "results": results_text(results), "at": moment_text(at)}
        async with self._transactions.writing():
            await self._transactions.run(_SETTLE, values)

    def let_go(self, batch_id: BatchId) -> None:
        """See `BatchLedger.let_go`."""
        self._held.discard(batch_id)

    async def take_unsettled(self) -> tuple[BatchEntry, ...]:
        """See `BatchLedger.take_unsettled`."""
        taken: list[BatchEntry] = []
        async with self._transactions.writing():
            for row in await self._transactions.run(_UNSETTLED, {}):
                if self._is_held(row):
                    continue
                try:
                    taken.append(batch_entry(row))
                except msgspec.MsgspecError:
                    log.error("a batch cannot be read", batch_id=row["id"])  # noqa: TRY400 - it can hold anything
                    continue
                await self._hold(row)
                self._held.add(row["id"])
        return tuple(taken)

    async def purge(self, *, begun_before: datetime) -> None:
        """See `BatchLedger.purge`."""
        async with self._transactions.writing():
            await self._transactions.run(_PURGE, {"before": moment_text(begun_before)})

    def _is_held(self, row: sqlite3.Row) -> bool:
        if row["instance"] == self._instance.id:
            return row["id"] in self._held
        return self._instance.is_alive(row["instance"])

    async def _hold(self, row: sqlite3.Row) -> None:
        await self._transactions.run(_HOLD, {"id": row["id"], "instance": self._instance.id})
