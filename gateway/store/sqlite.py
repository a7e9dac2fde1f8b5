"""The ledger in an SQLite database.

Every coroutine of `SqliteLedger` is one transaction, and one waits for the other: they share a connection.
Several processes may use one file; each entry names the one (`instance`) that holds it or was the last to
hold it.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import structlog

from gateway.access.changing.change import ChangeResult
from gateway.access.changing.end import EndChange
from gateway.access.changing.ledger import (
    AuditRecord,
    Beginning,
    Begun,
    EntryId,
    Intent,
    Interrupted,
    KeyReused,
    KeyScope,
    LedgerError,
    ProjectBusy,
    Sent,
    UnderWay,
    Unsettled,
)
from gateway.store import chain, rows
from gateway.store.batches import SqliteBatches
from gateway.store.database import IN_MEMORY, explained, open_database
from gateway.store.ends import SqliteAccessEnds
from gateway.store.instance import Instance
from gateway.store.transactions import Transactions

log = structlog.get_logger("gateway.store")

_FIND: Final = """
    SELECT * FROM change
    WHERE caller_id = :caller_id AND credential = :credential AND idempotency_key = :key
"""
_FIND_BATCH: Final = """
    SELECT id FROM batch
    WHERE caller_id = :caller_id AND credential = :credential AND idempotency_key = :key
"""
_INSERT: Final = """
    INSERT INTO change (caller_id, credential, idempotency_key, input_digest, operation, input, project,
                        plan_token, request_id, instance, begun_at)
    VALUES (:caller_id, :credential, :idempotency_key, :input_digest, :operation, :input, :project,
            :plan_token, :request_id, :instance, :begun_at)
    RETURNING id
"""
_WHO_CHANGES: Final = """
    SELECT DISTINCT instance FROM change
    WHERE project = :project AND settled_at IS NULL AND instance <> :instance
"""
_HOLD: Final = "UPDATE change SET instance = :instance WHERE id = :id"
_MARK_SENT: Final = """
    UPDATE change SET sent_at = :at, sent_operation = :sent_operation, sent_input = :sent_input,
                      member_before = :member_before
    WHERE id = :id AND instance = :instance AND sent_at IS NULL
    RETURNING id
"""
_SETTLE: Final = """
    UPDATE change SET settled_at = :at, outcome = :outcome, result = :result
    WHERE id = :id AND (outcome IS NULL OR (outcome = 'UNKNOWN' AND :outcome <> 'UNKNOWN'))
    RETURNING idempotency_key
"""
_SET_END_BACK: Final = "UPDATE change SET end_back = :end_back WHERE id = :id"
# Numbers are given out here, since a digest covers them; none is given twice, nor any left out.
_END_OF_TRAIL: Final = """
    SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0),
               coalesce((SELECT max(id) FROM audit), 0)) AS number,
           coalesce((SELECT digest FROM audit ORDER BY id DESC LIMIT 1),
                    (SELECT digest FROM audit_chain), :start) AS digest
"""
_RECORD: Final = """
    INSERT INTO audit (id, at, actor, operation, platform, project_upstream_id, person, member_upstream_id,
                       member_email, before, after, outcome, reason, idempotency_key, plan_token, request_id,
                       digest)
    VALUES (:id, :at, :actor, :operation, :platform, :project_upstream_id, :person, :member_upstream_id,
            :member_email, :before, :after, :outcome, :reason, :idempotency_key, :plan_token, :request_id,
            :digest)
"""
_DELETE: Final = "DELETE FROM change WHERE id = :id"
_RELEASE: Final = "DELETE FROM change WHERE id = :id AND settled_at IS NULL"
_UNSETTLED: Final = "SELECT * FROM change WHERE settled_at IS NULL ORDER BY id"
_PURGE: Final = "DELETE FROM change WHERE settled_at < :before"


@asynccontextmanager
async def open_ledger(database: str) -> AsyncIterator["SqliteLedger"]:
    """The ledger in a file, or in memory, until the block is left.

    Args:
        database: a path, or `:memory:`.

    Raises:
        StoreError: the database cannot be used.
    """
    instance = Instance(None if database == IN_MEMORY else Path(database))
    async with open_database(database) as connection:
        with ExitStack() as stack:
            with explained(database):
                stack.enter_context(instance.alive())
            yield SqliteLedger(Transactions(connection), instance=instance)


class SqliteLedger:
    """See `gateway.access.changing.ledger.Ledger`.

    Attributes:
        transactions: what it reads and writes by.
        instance: this process.
        ends: of access, which are set with outcomes.
        batches: kept beside it, under the same keys.
    """

    def __init__(self, transactions: Transactions, *, instance: Instance) -> None:
        self.transactions = transactions
        self._run = transactions.run
        self.instance = instance
        self.ends = SqliteAccessEnds(transactions=transactions, instance=instance)
        self.batches = SqliteBatches(transactions=transactions, instance=instance)
        self._held: set[int] = set()

    async def begin(self, intent: Intent) -> Beginning:
        """See `Ledger.begin`."""
        async with self.transactions.writing():
            row = None if intent.scope is None else await self._find(intent.scope)
            if await self._is_anothers(intent, row):
                return KeyReused()
            if row is not None and row["settled_at"] is not None:
                return rows.settled(row)
            if row is not None and self._is_held(row):
                return UnderWay()
            if row is not None and row["sent_at"] is not None:
                entry = rows.unsettled(row)
                await self._hold(entry.entry_id)
                return Interrupted(entry=entry)
            if await self._others_change(rows.project_text(intent.change)):
                return ProjectBusy()
            if row is not None:
                await self._run(_DELETE, {"id": row["id"]})
            values = {**rows.intent_values(intent), "instance": self.instance.id}
            [inserted] = await self._run(_INSERT, values)
            self._held.add(inserted["id"])
            return Begun(entry_id=EntryId(inserted["id"]))

    async def mark_sent(self, entry_id: EntryId, sent: Sent, *, at: datetime) -> None:
        """See `Ledger.mark_sent`."""
        values = {"instance": self.instance.id, "at": rows.moment_text(at), **rows.sent_values(sent)}
        async with self.transactions.writing():
            if not await self._run(_MARK_SENT, {"id": entry_id, **values}):
                raise LedgerError("the entry is not this process's any more")

    async def settle(
        self,
        entry_id: EntryId,
        *,
        result: ChangeResult,
        audit: AuditRecord,
        end: EndChange | None = None,
    ) -> None:
        """See `Ledger.settle`. Without a key nobody can ask again: the record is all that is kept."""
        record = rows.audit_values(audit)
        async with self.transactions.writing():
            values = {"id": entry_id, "at": record["at"], **rows.result_values(result)}
            settled = await self._run(_SETTLE, values)
            if settled:
                await self._record(record)
            if settled and end is not None:
                back = await self.ends.change(end)
                await self._run(_SET_END_BACK, {"id": entry_id, "end_back": rows.end_text(back)})
            if settled and settled[0]["idempotency_key"] is None:
                await self._run(_DELETE, {"id": entry_id})

    async def restore_end(self, scope: KeyScope, *, member_upstream_id: str | None) -> None:
        """See `Ledger.restore_end`."""
        async with self.transactions.writing():
            row = await self._find(scope)
            if row is not None and row["end_back"] is not None:
                await self.ends.change(rows.end_change(row["end_back"], member_upstream_id))
                await self._run(_SET_END_BACK, {"id": row["id"], "end_back": None})

    async def release(self, entry_id: EntryId) -> None:
        """See `Ledger.release`."""
        async with self.transactions.writing():
            await self._run(_RELEASE, {"id": entry_id})

    def let_go(self, entry_id: EntryId) -> None:
        """See `Ledger.let_go`."""
        self._held.discard(entry_id)

    async def take_unsettled(self) -> tuple[Unsettled, ...]:
        """See `Ledger.take_unsettled`."""
        taken: list[Unsettled] = []
        async with self.transactions.writing():
            for row in await self._run(_UNSETTLED, {}):
                if self._is_held(row):
                    continue
                if row["sent_at"] is None:
                    await self._run(_DELETE, {"id": row["id"]})
                    continue
                try:
                    taken.append(rows.unsettled(row))
                except msgspec.MsgspecError:
                    log.error("an entry of the ledger cannot be read", entry_id=row["id"])
                    continue
                await self._hold(taken[-1].entry_id)
        return tuple(taken)

    async def was_sent(self, scope: KeyScope) -> bool:
        """See `Ledger.was_sent`."""
        async with self.transactions.reading():
            row = await self._find(scope)
        return row is not None and row["sent_at"] is not None

    async def purge(self, *, settled_before: datetime) -> None:
        """See `Ledger.purge`."""
        async with self.transactions.writing():
            await self._run(_PURGE, {"before": rows.moment_text(settled_before)})

    async def _record(self, record: rows.Values) -> None:
        """Put a record at the end of the trail, which nobody else can reach until the transaction ends."""
        [end] = await self._run(_END_OF_TRAIL, {"start": chain.START})
        numbered = {**record, "id": end["number"] + 1}
        digest = chain.digest_after(end["digest"], numbered)
        await self._run(_RECORD, {**numbered, "digest": digest})

    async def _find(self, scope: KeyScope) -> sqlite3.Row | None:
        found = await self._run(_FIND, _scope_values(scope))
        return found[0] if found else None

    async def _is_anothers(self, intent: Intent, row: sqlite3.Row | None) -> bool:
        """Whether the key stands for something else: another change, or a batch."""
        if row is not None:
            return bool(row["input_digest"] != intent.input_digest)
        scope = intent.scope
        return scope is not None and bool(await self._run(_FIND_BATCH, _scope_values(scope)))

    async def _others_change(self, project: str) -> bool:
        """Whether another living process changes the project; who waits in this one does so in memory."""
        found = await self._run(_WHO_CHANGES, {"project": project, "instance": self.instance.id})
        return any(self.instance.is_alive(row["instance"]) for row in found)

    def _is_held(self, row: sqlite3.Row) -> bool:
        if row["instance"] == self.instance.id:
            return row["id"] in self._held
        return self.instance.is_alive(row["instance"])

    async def _hold(self, entry_id: EntryId) -> None:
        await self._run(_HOLD, {"id": entry_id, "instance": self.instance.id})
        self._held.add(entry_id)


def _scope_values(scope: KeyScope) -> rows.Values:
    return {"caller_id": scope.caller_id, "credential": scope.credential, "key": scope.key}
