"""Many changes at once: each is made as any other, a few at a time, and each has a result of its own.

Of an **atomic** batch nothing is sent where it can be told beforehand that one change is refused: its id is
none, or the platform has no such role. Where one fails all the same, no further one is begun, and what was
done is undone by changes of its own, newest first. What cannot be undone is told as UNKNOWN, with the reason;
where the reason may pass it is tried again, by the recovery and by whoever repeats the key.

A batch goes on when its caller goes away. What a process leaves unfinished is gone on with under the same
keys, so nothing that was done is done again: see `gateway.access.batches.batch`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Final

import structlog

from gateway.access.batches import batch_rules
from gateway.access.batches.batch import GOOD, Batch, BatchEntry, BatchLedger, BatchResult
from gateway.access.batches.work import BatchWork
from gateway.access.changing import rules
from gateway.access.changing.change import ChangeResult
from gateway.access.changing.changes import WAITING_PAUSES_SECONDS, Changes
from gateway.access.changing.ledger import KeyReused, KeyScope, LedgerError, UnderWay
from gateway.domain.membership import UserError
from gateway.domain.platform import Platforms
from gateway.domain.vocabulary import Outcome

log = structlog.get_logger("gateway.access")

MOST_AT_ONCE: Final = 8

BatchTask = asyncio.Task[BatchResult | UnderWay]


class Batches:
    """Makes batches; lives as long as the gateway.

    Args:
        platforms: with the accounts in the settings, by which what was left open is gone on with.
        now: the current moment in UTC.
        most_at_once: how many changes of one batch are under way at once.
        waiting_pauses_seconds: between looks at a batch that another process works on.
    """

    def __init__(  # noqa: PLR0913 - what making batches takes
        self,
        *,
        changes: Changes,
        ledger: BatchLedger,
        platforms: Platforms,
        now: Callable[[], datetime],
        most_at_once: int = MOST_AT_ONCE,
        waiting_pauses_seconds: Sequence[float] = WAITING_PAUSES_SECONDS,
    ) -> None:
        self._changes = changes
        self._ledger = ledger
        self._platforms = platforms
        self._now = now
        self._most_at_once = most_at_once
        self._waiting_pauses_seconds = waiting_pauses_seconds
        self._running: set[BatchTask] = set()
        self._under_way: dict[KeyScope, tuple[str, BatchTask]] = {}

    async def once(
        self, batch: Batch, *, platforms: Platforms, refusals: Sequence[UserError] = ()
    ) -> BatchResult:
        """What comes of `batch`, made now or, under the same key, earlier or by someone waiting.

        Args:
            platforms: with the accounts by which it is to be made.
            refusals: why it cannot be begun; what was begun under its key is gone on with all the same.

        Raises:
            LedgerError: it could not be written down, so nothing was sent.
        """
        found = await self._attempt(batch, platforms, refusals)
        for pause_seconds in self._waiting_pauses_seconds:
            if isinstance(found, BatchResult):
                return found
            await asyncio.sleep(pause_seconds)
            found = await self._attempt(batch, platforms, refusals)
        if isinstance(found, BatchResult):
            return found
        return BatchResult(user_errors=(rules.still_under_way(),))

    async def take_up(self) -> list[BatchTask]:
        """Go on with every atomic batch that a process which is gone has left unfinished.

        Raises:
            LedgerError: the ledger could not be read or written.
        """
        entries = await self._ledger.take_unsettled()
        good = [entry for entry in entries if entry.batch.credential == self._platforms.fingerprint]
        for entry in entries:
            if entry not in good:
                self._ledger.let_go(entry.batch_id)  # with the caller's own accounts, which are not here
        return [self._start(entry.batch, self._go_on(entry, self._platforms)) for entry in good]

    async def close(self) -> None:
        """Begin nothing more. What is not finished is gone on with later; changes under way go on."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    async def _attempt(
        self, batch: Batch, platforms: Platforms, refusals: Sequence[UserError]
    ) -> BatchResult | UnderWay:
        found = self._under_way.get(batch.scope)
        if found is None:
            return await asyncio.shield(self._start(batch, self._make(batch, platforms, refusals)))
        digest, task = found
        if digest != batch.digest:
            return BatchResult(user_errors=(rules.key_reused(),))
        return await asyncio.shield(task)

    def _start(self, batch: Batch, steps: Coroutine[None, None, BatchResult | UnderWay]) -> BatchTask:
        task = asyncio.create_task(steps)
        scope, work = batch.scope, (batch.digest, task)
        self._running.add(task)
        self._under_way[scope] = work

        def end(_: object) -> None:
            self._running.discard(task)
            if self._under_way.get(scope) is work:
                del self._under_way[scope]
            if not task.cancelled():
                task.exception()  # the caller may have gone; taking it keeps asyncio from logging it

        task.add_done_callback(end)
        return task

    async def _make(
        self, batch: Batch, platforms: Platforms, refusals: Sequence[UserError]
    ) -> BatchResult | UnderWay:
        match await self._ledger.begin(batch, only_known=bool(refusals)):
            case None:
                return BatchResult(user_errors=tuple(refusals))
            case KeyReused():
                return BatchResult(user_errors=(rules.key_reused(),))
            case UnderWay() as waiting:
                return waiting
            case begun:
                return await self._go_on(begun, platforms)

    async def _go_on(self, entry: BatchEntry, platforms: Platforms) -> BatchResult:
        """From wherever it stands to its end, or as far as can be."""
        work = BatchWork(
            entry=entry, platforms=platforms, changes=self._changes, most_at_once=self._most_at_once
        )
        try:
            if entry.is_settled and entry.results is not None:
                results = await self._given_again(work, entry.results)
            else:
                results = await (self._all_or_nothing(work) if entry.batch.atomic else work.each())
                results = await self._close(entry, results)
        finally:
            self._ledger.let_go(entry.batch_id)
        return BatchResult(parts=entry.batch.parts, results=tuple(results), is_open=entry.batch.is_open)

    async def _given_again(self, work: BatchWork, results: Sequence[ChangeResult]) -> Sequence[ChangeResult]:
        """The stored outcomes; those that were unknown are looked for once more."""
        if all(result.outcome is not Outcome.UNKNOWN for result in results):
            return results
        return await work.undo(results, again=True)

    async def _all_or_nothing(self, work: BatchWork) -> Sequence[ChangeResult]:
        if work.entry.results is not None:
            return await work.undo(work.entry.results, again=True)
        results = await work.each_as_long_as_all_go_well()
        if all(result.outcome in GOOD for result in results):
            return results
        try:
            await self._ledger.mark_undoing(work.entry.batch_id, results)
        except LedgerError as error:
            # Were it undone without a mark, whoever goes on could take it for done.
            log.error("a batch cannot be undone yet", error=repr(error))
            return batch_rules.to_be_undone(results)
        return await work.undo(results, again=False)

    async def _close(self, entry: BatchEntry, results: Sequence[ChangeResult]) -> Sequence[ChangeResult]:
        """Write down how a batch stands, and give what is told of it, also where that fails."""
        try:
            if not entry.batch.atomic or batch_rules.has_more_to_do(results):
                await self._ledger.rest(entry.batch_id)
            elif batch_rules.may_pass(results):
                await self._ledger.release(entry.batch_id)
            else:
                results = batch_rules.for_good(results)
                await self._ledger.settle(entry.batch_id, results, at=self._now())
        except LedgerError as error:
            log.error(
                "how a batch stands could not be stored",
                request_id=entry.batch.request_id,
                error=repr(error),
            )
        return results
