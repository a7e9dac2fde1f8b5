"""The batches in an SQLite database: see `gateway.store.sqlite`, beside whose tables this one stands."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
import structlog
from msgspec.structs import replace

from gateway.access.batches.batch import Batch, BatchEntry, BatchId
from gateway.access.changing.change import ChangeResult
from gateway.access.changing.ledger import KeyReused, UnderWay
from gateway.store.batch_rows import batch_entry, batch_values, results_text
from gateway.store.instance import Instance
from gateway.store.rows import Values, moment_text
from gateway.store.transactions import Transactions

log = structlog.get_logger("gateway.store")

_FIND: Final = """
    SELECT * FROM batch
    WHERE caller_id = :caller_id AND credential = :credential AND idempotency_key = :idempotency_key
"""
_FIND_CHANGE: Final = """
    SELECT id FROM change
    WHERE caller_id = :caller_id AND credential = :credential AND idempotency_key = :idempotency_key
"""
_INSERT: Final = """
    INSERT INTO batch (caller_id, credential, idempotency_key, digest, parts, atomic, is_open, plan,
                       request_id, begun_at, instance)
    VALUES (:caller_id, :credential, :idempotency_key, :digest, :parts, :atomic, :is_open, :plan,
            :request_id, :begun_at, :instance)
    RETURNING *
"""
_GROW: Final = "UPDATE batch SET parts = :parts, is_open = :is_open WHERE id = :id"
_HOLD: Final = "UPDATE batch SET instance = :instance WHERE id = :id"
_MARK_UNDOING: Final = "UPDATE batch SET results = :results WHERE id = :id AND settled_at IS NULL"
_SETTLE: Final = """
    UPDATE batch SET results = :results, settled_at = :at WHERE id = :id AND settled_at IS NULL
"""
_RELEASE: Final = "DELETE FROM batch WHERE id = :id AND settled_at IS NULL"
# No process has this name, so none that lives holds it.
_REST: Final = "UPDATE batch SET instance = '' WHERE id = :id AND instance = :instance"
_UNSETTLED: Final = "SELECT * FROM batch WHERE settled_at IS NULL AND atomic = 1 ORDER BY id"
_PURGE: Final = "DELETE FROM batch WHERE begun_at < :before RETURNING id, atomic, settled_at"


class SqliteBatches:
    """See `gateway.access.batches.batch.BatchLedger`.

    Args:
        transactions: of the ledger, in whose database they are.
        instance: this process, as it is known to live.
    """

    def __init__(self, *, transactions: Transactions, instance: Instance) -> None:
        self._instance = instance
        self._transactions = transactions
        self._held: set[int] = set()

    async def begin(
        self, batch: Batch, *, only_known: bool = False
    ) -> BatchEntry | KeyReused | UnderWay | None:
        """See `BatchLedger.begin`."""
        values = batch_values(batch)
        async with self._transactions.writing():
            found = await self._transactions.run(_FIND, values)
            if not found and only_known:
                return None
            if not found:
                if await self._transactions.run(_FIND_CHANGE, values):
                    return KeyReused()
                new: Values = {**values, "instance": self._instance.id}
                [row] = await self._transactions.run(_INSERT, new)
                self._held.add(row["id"])
                return replace(batch_entry(row), is_new=True)
            [row] = found
            if row["digest"] != batch.digest:
                return KeyReused()
            if row["settled_at"] is None and self._is_held(row):
                return UnderWay()
            entry = batch_entry(row)
            await self._hold(row)
            return await self._grown(entry, batch) if entry.batch.is_open else entry

    async def mark_undoing(self, batch_id: BatchId, results: Sequence[ChangeResult]) -> None:
        """See `BatchLedger.mark_undoing`."""
        async with self._transactions.writing():
            await self._transactions.run(_MARK_UNDOING, {"id": batch_id, "results": results_text(results)})

    async def settle(self, batch_id: BatchId, results: Sequence[ChangeResult], *, at: datetime) -> None:
        """See `BatchLedger.settle`."""
        values: Values = {"id": batch_id, "results": results_text(results), "at": moment_text(at)}
        async with self._transactions.writing():
            await self._transactions.run(_SETTLE, values)

    async def release(self, batch_id: BatchId) -> None:
        """See `BatchLedger.release`."""
        async with self._transactions.writing():
            await self._transactions.run(_RELEASE, {"id": batch_id})

    async def rest(self, batch_id: BatchId) -> None:
        """See `BatchLedger.rest`."""
        async with self._transactions.writing():
            await self._transactions.run(_REST, {"id": batch_id, "instance": self._instance.id})

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
                    log.error("a batch cannot be read", batch_id=row["id"])
                    continue
                await self._hold(row)
        return tuple(taken)

    async def purge(self, *, begun_before: datetime) -> None:
        """See `BatchLedger.purge`."""
        async with self._transactions.writing():
            gone = await self._transactions.run(_PURGE, {"before": moment_text(begun_before)})
        unfinished = sum(row["atomic"] and row["settled_at"] is None for row in gone)
        if unfinished:
            log.warning("batches were forgotten that never came to an end", count=unfinished)

    async def _grown(self, entry: BatchEntry, batch: Batch) -> BatchEntry:
        """An open entry, with those parts of `batch` that it does not have."""
        kept = entry.batch.parts
        parts = (*kept, *(part for part in batch.parts if part not in kept))
        grown = replace(entry.batch, parts=parts, is_open=batch.is_open)
        await self._transactions.run(_GROW, {**batch_values(grown), "id": entry.batch_id})
        return replace(entry, batch=grown)

    def _is_held(self, row: sqlite3.Row) -> bool:
        if row["instance"] == self._instance.id:
            return row["id"] in self._held
        return self._instance.is_alive(row["instance"])

    async def _hold(self, row: sqlite3.Row) -> None:
        await self._transactions.run(_HOLD, {"id": row["id"], "instance": self._instance.id})
        self._held.add(row["id"])
