"""One batch being made: its changes, a few at a time, and the way back. See `batches`."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog
from msgspec.structs import replace

from gateway.access.batches import batch_rules
from gateway.access.batches.batch import DONE, GOOD, BatchEntry, Part
from gateway.access.batches.undo import undo_of
from gateway.access.changing import rules
from gateway.access.changing.change import Change, ChangeResult
from gateway.access.changing.changes import Changes
from gateway.access.changing.ledger import PLACE_MARK, KeyScope, LedgerError
from gateway.domain.member import Member
from gateway.domain.membership import UserError
from gateway.domain.platform import Platforms
from gateway.domain.vocabulary import Outcome
from gateway.telemetry.logs import where

log = structlog.get_logger("gateway.access")

_SKIPPED: Final = ChangeResult(outcome=Outcome.SKIPPED)


class BatchWork(msgspec.Struct, frozen=True, kw_only=True):
    """One batch being made.

    Attributes:
        platforms: with the accounts by which it is made.
        most_at_once: how many changes are under way at once.
    """

    entry: BatchEntry
    platforms: Platforms
    changes: Changes
    most_at_once: int

    async def each(self) -> Sequence[ChangeResult]:
        """Make every change, whatever comes of the others."""
        slots = asyncio.Semaphore(self.most_at_once)

        async def make(place: int, part: Part) -> ChangeResult:
            if part.change is None or part.refusal is not None:
                return _refused(part.refusal)
            async with slots:
                return await self._once(part.change, str(place))

        return await asyncio.gather(*(make(place, part) for place, part in enumerate(self.entry.batch.parts)))

    async def each_as_long_as_all_go_well(self) -> Sequence[ChangeResult]:
        """Make every change; after one that fails no further one is begun."""
        parts = self.entry.batch.parts
        refusals = [self._refusal_of(part) for part in parts]
        if any(refusals):
            return [_SKIPPED if refusal is None else _refused(refusal) for refusal in refusals]
        slots, failed = asyncio.Semaphore(self.most_at_once), asyncio.Event()

        async def make(place: int, change: Change) -> ChangeResult:
            async with slots:
                if failed.is_set() and not await self._was_sent(place):
                    return _SKIPPED
                result = await self._once(change, str(place))
                if result.outcome not in GOOD:
                    failed.set()
                return result

        changes = [part.change for part in parts if part.change is not None]
        return await asyncio.gather(*(make(place, change) for place, change in enumerate(changes)))

    async def undo(self, results: Sequence[ChangeResult], *, again: bool) -> Sequence[ChangeResult]:
        """Undo what was done, newest first.

        Args:
            again: whether what is not known is looked for once more.
        """
        undone = list(results)
        for place in reversed(range(len(results))):
            result = results[place]
            if again and result.outcome is Outcome.UNKNOWN and await self._was_sent(place):
                undone[place] = result = await self._once(self._change_at(place), str(place))
            if result.outcome in DONE:
                undone[place] = await self._undo(result, place)
            elif result.outcome is Outcome.UNCHANGED:
                undone[place] = await self._with_end_restored(result, place)
        return undone

    def _refusal_of(self, part: Part) -> UserError | None:
        """Why a change needs not even be tried, as far as that can be told without asking a platform."""
        if part.change is None or part.refusal is not None:
            return part.refusal
        return rules.offered(self.platforms.profiles[part.change.platform], part.change)

    def _change_at(self, place: int) -> Change:
        change = self.entry.batch.parts[place].change
        if change is None:
            raise AssertionError("what cannot be tried is refused")
        return change

    async def _undo(self, result: ChangeResult, place: int) -> ChangeResult:
        undoing = undo_of(result, self.platforms.profiles[self._change_at(place).platform])
        if isinstance(undoing, UserError):
            return replace(result, outcome=Outcome.UNKNOWN, user_errors=(undoing,))
        undone = await self._once(undoing, f"{place}{PLACE_MARK}undo")
        if undone.outcome in GOOD:
            compensated = replace(undone, outcome=Outcome.COMPENSATED, member=None, user_errors=())
            return await self._with_end_restored(compensated, place, member=undone.member)
        reasons = tuple(map(batch_rules.of_undoing, undone.user_errors))
        return replace(undone, outcome=Outcome.UNKNOWN, member=None, user_errors=reasons)

    async def _with_end_restored(
        self, result: ChangeResult, place: int, *, member: Member | None = None
    ) -> ChangeResult:
        """The result, once the access ends again when it did before the change."""
        try:
            upstream_id = None if member is None else member.upstream_id
            await self.changes.restore_end(self._scope(place), member_upstream_id=upstream_id)
        except LedgerError as error:
            log.error("an end could not be restored", error=repr(error))
            return replace(result, outcome=Outcome.UNKNOWN, user_errors=(batch_rules.end_not_restored(),))
        return result

    async def _was_sent(self, place: int) -> bool:
        """Whether an earlier process may have made the change; where that cannot be told, that it may."""
        if self.entry.is_new:
            return False
        try:
            return await self.changes.was_sent(self._scope(place))
        except LedgerError as error:
            log.error("the ledger cannot be read", error=repr(error))
            return True

    def _scope(self, place: int) -> KeyScope:
        return KeyScope(
            caller_id=self.entry.batch.caller_id,
            credential=self.platforms.fingerprint,
            key=self._key(str(place)),
        )

    def _key(self, place: str) -> str:
        """With the entry's number: when this one is forgotten, the same key may stand for another batch."""
        return PLACE_MARK.join((self.entry.batch.key, str(self.entry.batch_id), place))

    async def _once(self, change: Change, place: str) -> ChangeResult:
        batch = self.entry.batch
        try:
            return await self.changes.once(
                change,
                platforms=self.platforms,
                key=self._key(place),
                plan_token=batch.plan,
                caller_id=batch.caller_id,
                request_id=batch.request_id,
            )
        except LedgerError as error:
            log.error("a change could not be written down", error=repr(error))
            if self.entry.is_new:
                return _refused(rules.not_written_down(change))
            return ChangeResult(outcome=Outcome.UNKNOWN, user_errors=(batch_rules.not_read(),))
        except Exception as error:  # noqa: BLE001 - the others' results must not be lost
            log.error("a change failed unexpectedly", error=type(error).__name__, at=where(error))
            return ChangeResult(outcome=Outcome.UNKNOWN, user_errors=(batch_rules.failed(),))


def _refused(refusal: UserError | None) -> ChangeResult:
    return ChangeResult(outcome=Outcome.REFUSED, user_errors=() if refusal is None else (refusal,))
