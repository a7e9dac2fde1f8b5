"""Many changes at once: each is made as any other, a few at a time, and each has a result of its own.

An **atomic** batch is tried first: where the rules refuse one change, none is sent. Where one fails all the
same, no further one is begun, and what was done is undone by changes of its own, newest first. What cannot be
undone is told as UNKNOWN, with the reason.

A batch goes on when its caller goes away. What a process leaves unfinished is gone on with under the same
keys, so nothing that was done is done again: see `gateway.access.batch`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from gateway.access import rules
from gateway.access.batch import (
    DONE,
    GOOD,
    Batch,
    BatchEntry,
    BatchLedger,
    BatchResult,
    Found,
    Part,
)
from gateway.access.change import Change, ChangeResult
from gateway.access.changes import WAITING_PAUSES_SECONDS, Changes
from gateway.access.ledger import PLACE_MARK, KeyReused, KeyScope, LedgerError, UnderWay
from gateway.access.undo import undo_of
from gateway.domain.membership import UserError
from gateway.domain.platform import Platforms
from gateway.domain.vocabulary import Outcome, UserErrorCode
from gateway.telemetry.logs import where

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
        self,
        batch: Batch,
        *,
        platforms: Platforms,
        find: Callable[[], Awaitable[Found]] | None = None,
    ) -> BatchResult:
        """What comes of `batch`, made now or, under the same key, earlier or by someone waiting.

        Args:
            find: gives the parts, where they are not known under the key; None where the batch has them.

        Raises:
            LedgerError: it could not be written down, so nothing was sent.
        """
        if find is not None and not await self._is_known(batch):
            found_parts = await find()
            if found_parts.refusals:
                return BatchResult(user_errors=found_parts.refusals)
            batch = replace(batch, parts=found_parts.parts, missing=found_parts.missing)
        found = await self._attempt(batch, platforms)
        for pause_seconds in self._waiting_pauses_seconds:
            if isinstance(found, BatchResult):
                return found
            await asyncio.sleep(pause_seconds)
            found = await self._attempt(batch, platforms)
        if isinstance(found, BatchResult):
            return found
        return BatchResult(user_errors=(rules.still_under_way(),))

    async def _is_known(self, batch: Batch) -> bool:
        return batch.scope in self._under_way or await self._ledger.knows(batch.scope)

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

    async def _attempt(self, batch: Batch, platforms: Platforms) -> BatchResult | UnderWay:
        found = self._under_way.get(batch.scope)
        if found is None:
            return await asyncio.shield(self._start(batch, self._make(batch, platforms)))
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

    async def _make(self, batch: Batch, platforms: Platforms) -> BatchResult | UnderWay:
        begun = await self._ledger.begin(batch)
        if isinstance(begun, KeyReused):
            return BatchResult(user_errors=(rules.key_reused(),))
        if isinstance(begun, UnderWay):
            return begun
        return await self._go_on(begun, platforms)

    async def _go_on(self, entry: BatchEntry, platforms: Platforms) -> BatchResult:
        """From wherever it stands to its end."""
        work = _Work(entry=entry, platforms=platforms, changes=self._changes, most=self._most_at_once)
        try:
            if entry.is_settled and entry.results is not None:
                results: Sequence[ChangeResult] = entry.results
            elif not entry.batch.atomic:
                results = await work.each()
            else:
                results = await self._all_or_nothing(work)
                await self._ledger.settle(entry.batch_id, results, at=self._now())
        finally:
            self._ledger.let_go(entry.batch_id)
        batch = entry.batch
        return BatchResult(parts=batch.parts, results=tuple(results), user_errors=batch.missing)

    async def _all_or_nothing(self, work: "_Work") -> Sequence[ChangeResult]:
        if work.entry.results is not None:
            return await work.undo(work.entry.results)
        results = await work.each_as_long_as_all_go_well()
        if all(result.outcome in GOOD for result in results):
            return results
        await self._ledger.mark_undoing(work.entry.batch_id, results)
        return await work.undo(results)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One batch being made.

    Attributes:
        most: how many changes are under way at once.
    """

    entry: BatchEntry
    platforms: Platforms
    changes: Changes
    most: int

    async def each(self) -> Sequence[ChangeResult]:
        """Make every change, whatever comes of the others."""
        slots = asyncio.Semaphore(self.most)

        async def make(place: int, part: Part) -> ChangeResult:
            if part.change is None or part.refusal is not None:
                return _refused(part)
            async with slots:
                return await self._once(part.change, str(place))

        return await asyncio.gather(*(make(place, part) for place, part in enumerate(self.entry.batch.parts)))

    async def each_as_long_as_all_go_well(self) -> Sequence[ChangeResult]:
        """Make every change; after one that fails no further one is begun."""
        parts = self.entry.batch.parts
        if any(part.refusal is not None for part in parts):
            return [_SKIPPED if part.refusal is None else _refused(part) for part in parts]
        slots, failed = asyncio.Semaphore(self.most), asyncio.Event()

        async def make(place: int, change: Change) -> ChangeResult:
            async with slots:
                if failed.is_set():
                    return _SKIPPED
                result = await self._once(change, str(place))
                if result.outcome not in GOOD:
                    failed.set()
                return result

        changes = [part.change for part in parts if part.change is not None]
        return await asyncio.gather(*(make(place, change) for place, change in enumerate(changes)))

    async def undo(self, results: Sequence[ChangeResult]) -> Sequence[ChangeResult]:
        """Undo what was done, newest first."""
        undone = list(results)
        for place in reversed(range(len(results))):
            if results[place].outcome in DONE:
                undone[place] = await self._undo(results[place], place)
        return undone

    async def _undo(self, result: ChangeResult, place: int) -> ChangeResult:
        change = self.entry.batch.parts[place].change
        if change is None:
            raise AssertionError("what cannot be tried is not done")
        undoing = undo_of(result, self.platforms.profiles[change.platform])
        if isinstance(undoing, UserError):
            return replace(result, outcome=Outcome.UNKNOWN, user_errors=(undoing,))
        undone = await self._once(undoing, f"{place}{PLACE_MARK}undo")
        if undone.outcome in GOOD:
            return replace(undone, outcome=Outcome.COMPENSATED, member=None, user_errors=())
        reasons = tuple(_of_undoing(error) for error in undone.user_errors)
        return replace(undone, outcome=Outcome.UNKNOWN, member=None, user_errors=reasons)

    async def _once(self, change: Change, place: str) -> ChangeResult:
        batch = self.entry.batch
        try:
            return await self.changes.once(
                change,
                platforms=self.platforms,
                key=f"{batch.key}{PLACE_MARK}{place}",
                plan_token=batch.plan,
                caller_id=batch.caller_id,
                request_id=batch.request_id,
            )
        except LedgerError as error:
            log.error("a change could not be written down", error=repr(error))  # noqa: TRY400 - no value in it
            return ChangeResult(outcome=Outcome.REFUSED, user_errors=(rules.not_written_down(change),))
        except Exception as error:  # noqa: BLE001 - the others' results must not be lost
            log.error("a change failed unexpectedly", error=type(error).__name__, at=where(error))  # noqa: TRY400 - likewise
            return ChangeResult(outcome=Outcome.UNKNOWN, user_errors=(_failed(),))


_SKIPPED: Final = ChangeResult(outcome=Outcome.SKIPPED)


def _refused(part: Part) -> ChangeResult:
    errors = () if part.refusal is None else (part.refusal,)
    return ChangeResult(outcome=Outcome.REFUSED, user_errors=errors)


def _of_undoing(error: UserError) -> UserError:
    return replace(error, message=f"What was done could not be undone. {error.message}")


def _failed() -> UserError:
    return UserError(
        code=UserErrorCode.OUTCOME_UNKNOWN,
        message="The gateway failed; the failure has been logged. Look at the project's members.",
        field=("input",),
    )
