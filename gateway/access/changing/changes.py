"""Changes, each made once: the same request made twice has one effect and one answer, crash or no crash.

Before anything is sent the intent is in the ledger, and after it the outcome. What came of a change that was
sent by a process which died in between is learned by reading the members; nothing is ever sent twice. The
ledger says what is remembered of whom (`ledger`), `membership` makes the change.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from typing import Final

import msgspec
import structlog
from msgspec.structs import replace

from gateway.access.changing import rules
from gateway.access.changing.audit_record import audit_record
from gateway.access.changing.change import Change, ChangeResult, SentChange
from gateway.access.changing.end import end_change
from gateway.access.changing.ledger import (
    Begun,
    EntryId,
    Intent,
    Interrupted,
    KeyReused,
    KeyScope,
    Ledger,
    LedgerError,
    ProjectBusy,
    Sent,
    Settled,
    UnderWay,
    Unsettled,
)
from gateway.access.changing.membership import Membership, unknown
from gateway.access.changing.remembered_projects import RememberedProjects
from gateway.domain.errors import UpstreamError
from gateway.domain.member import Member
from gateway.domain.platform import Platforms
from gateway.domain.vocabulary import Outcome, PlatformKey

log = structlog.get_logger("gateway.access")

# While another process makes the same change; half a minute in all.
WAITING_PAUSES_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, *(1.0,) * 29)

Attempt = ChangeResult | UnderWay | ProjectBusy
"""What came of a change, or why it could not be begun yet: another process works on it or on its project."""

ChangeTask = asyncio.Task[Attempt]
Check = Callable[[], Awaitable[object]]


class _Work(msgspec.Struct, frozen=True, kw_only=True):
    change: Change
    task: ChangeTask


class Changes:
    """Makes changes; lives as long as the gateway.

    A refusal that may pass (the platform was down) is not kept: nothing was changed, and the same request
    may be made again under its key.

    Args:
        platforms: with the accounts in the settings, by which what was left open is settled.
        now: the current moment in UTC.
        on_replay: called when an outcome is given again.
        on_change: called when a project may have been changed, and again when it is known to have been.
        waiting_pauses_seconds: between looks at a change that another process makes.
    """

    def __init__(  # noqa: PLR0913 - what making changes takes
        self,
        *,
        membership: Membership,
        ledger: Ledger,
        platforms: Platforms,
        now: Callable[[], datetime],
        on_replay: Callable[[], object] = lambda: None,
        on_change: Callable[[PlatformKey, str], object] = lambda *_: None,
        waiting_pauses_seconds: Sequence[float] = WAITING_PAUSES_SECONDS,
    ) -> None:
        self._membership = membership
        self._ledger = ledger
        self._platforms = platforms
        self._now = now
        self._on_replay = on_replay
        self._on_change = on_change
        self._waiting_pauses_seconds = waiting_pauses_seconds
        self._running: set[ChangeTask] = set()
        self._under_way: dict[KeyScope, _Work] = {}
        self._projects = RememberedProjects()

    async def once(  # noqa: PLR0913 - what is asked for, and by whom
        self,
        change: Change,
        *,
        platforms: Platforms,
        key: str | None,
        caller_id: str,
        request_id: str,
        plan_token: str | None = None,
        before_sending: Check | None = None,
    ) -> ChangeResult:
        """The result of `change`, made now or, under the same `key`, earlier or by someone waiting.

        A caller that goes away does not stop the change.

        Args:
            platforms: with the accounts by which it is to be made.
            plan_token: names the plan that it is a step of.
            before_sending: awaited when the project's turn has come; where it raises, nothing is sent.

        Raises:
            LedgerError: the intent could not be written down, so nothing was sent.
        """
        intent = Intent(
            change=change,
            key=key,
            caller_id=caller_id,
            credential=platforms.fingerprint,
            request_id=request_id,
            at=self._now(),
            plan_token=plan_token,
        )
        attempt = await self._attempt(intent, platforms, before_sending)
        for pause_seconds in self._waiting_pauses_seconds:
            if isinstance(attempt, ChangeResult):
                return attempt
            await asyncio.sleep(pause_seconds)
            attempt = await self._attempt(intent, platforms, before_sending)
        match attempt:
            case UnderWay():
                return ChangeResult(outcome=Outcome.UNKNOWN, user_errors=(rules.still_under_way(),))
            case ProjectBusy():
                return ChangeResult.refused(rules.project_busy(change))
        return attempt

    async def was_sent(self, scope: KeyScope) -> bool:
        """See `Ledger.was_sent`."""
        return await self._ledger.was_sent(scope)

    async def restore_end(self, scope: KeyScope, *, member_upstream_id: str | None) -> None:
        """See `Ledger.restore_end`."""
        await self._ledger.restore_end(scope, member_upstream_id=member_upstream_id)

    async def drain(self, *, longest_seconds: float | None = None) -> None:
        """Wait for every change that is under way.

        Args:
            longest_seconds: what is not finished then is given up: it was written down before it was sent,
                and the next start settles it.
        """
        ends_at = None if longest_seconds is None else asyncio.get_running_loop().time() + longest_seconds
        while self._running:
            left = None if ends_at is None else ends_at - asyncio.get_running_loop().time()
            if left is not None and left <= 0:
                log.warning("changes are left for the next start to settle", count=len(self._running))
                for task in self._running:
                    task.cancel()
                left = None
            await asyncio.wait(self._running, timeout=left)

    async def take_up(self) -> list[ChangeTask]:
        """Begin to settle what was sent by somebody who no longer works on it.

        Each task ends when its change is settled or cannot be for the time being.

        Raises:
            LedgerError: the ledger could not be read or written.
        """
        entries = await self._ledger.take_unsettled()
        return [
            self._start(entry.intent, self._settle_by_reading(entry, self._platforms)) for entry in entries
        ]

    async def _attempt(self, intent: Intent, platforms: Platforms, check: Check | None) -> Attempt:
        work = None if intent.scope is None else self._under_way.get(intent.scope)
        if work is None:
            return await asyncio.shield(self._start(intent, self._make(intent, platforms, check)))
        if work.change != intent.change:
            return ChangeResult.refused(rules.key_reused())
        attempt = await asyncio.shield(work.task)
        # Who is in the project may have changed meanwhile: the members are read anew.
        return replace(attempt, members=None) if isinstance(attempt, ChangeResult) else attempt

    def _start(self, intent: Intent, steps: Coroutine[None, None, Attempt]) -> ChangeTask:
        task = asyncio.create_task(steps)
        work = _Work(change=intent.change, task=task)
        scope = intent.scope
        self._running.add(task)
        if scope is not None:
            self._under_way[scope] = work

        def end(_: object) -> None:
            self._running.discard(task)
            if scope is not None and self._under_way.get(scope) is work:
                del self._under_way[scope]
            if not task.cancelled():
                task.exception()  # the caller may have gone; taking it keeps asyncio from logging it

        task.add_done_callback(end)
        return task

    async def _make(self, intent: Intent, platforms: Platforms, check: Check | None) -> Attempt:
        match await self._ledger.begin(intent):
            case Begun(entry_id=entry_id):
                return await self._carry_out(entry_id, intent, platforms, check)
            case Settled() as settled:
                self._on_replay()
                return await self._give_again(settled, intent, platforms)
            case Interrupted(entry=entry):
                return await self._settle_by_reading(entry, platforms)
            case KeyReused():
                return ChangeResult.refused(rules.key_reused())
            case (UnderWay() | ProjectBusy()) as waiting:
                return waiting

    async def _carry_out(
        self, entry_id: EntryId, intent: Intent, platforms: Platforms, check: Check | None
    ) -> ChangeResult:
        sent: Sent | None = None

        async def mark_sent(change: SentChange, before: Member | None) -> None:
            nonlocal sent
            if check is not None:
                await check()
            about_to_send = Sent(change=change, before=before)
            await self._ledger.mark_sent(entry_id, about_to_send, at=self._now())
            sent = about_to_send
            self._on_change(change.platform, change.project_upstream_id)

        try:
            result = await self._membership.carry_out(intent.change, platforms=platforms, on_send=mark_sent)
            await self._close(entry_id, intent, sent=sent, result=result)
        finally:
            # Where all went well this says nothing new. Otherwise what was never sent is free again, and
            # what was is settled by reading.
            self._ledger.let_go(entry_id)
            if sent is not None:
                self._on_change(sent.change.platform, sent.change.project_upstream_id)
        if result.project is not None:
            self._projects.remember(intent.credential, result.project)
        return result

    async def _settle_by_reading(self, entry: Unsettled, platforms: Platforms) -> ChangeResult:
        """The outcome as the members show it; where they cannot be read the entry stays as it is."""
        sent = entry.sent
        try:
            result = await self._membership.settle(sent.change, platforms=platforms, before=sent.before)
            await self._close(entry.entry_id, entry.intent, sent=sent, result=result)
        except UpstreamError:
            result = unknown(sent.change, platforms)
        finally:
            self._ledger.let_go(entry.entry_id)
        return self._as_stored(result, entry.intent)

    async def _give_again(self, settled: Settled, intent: Intent, platforms: Platforms) -> ChangeResult:
        """The stored outcome; one that was unknown is looked for once more."""
        result = settled.result
        sent = settled.sent
        if result.outcome is Outcome.UNKNOWN and sent is not None:
            try:
                found = await self._membership.settle(sent.change, platforms=platforms, before=sent.before)
            except UpstreamError:
                found = result
            if found.outcome is not Outcome.UNKNOWN:
                await self._close(settled.entry_id, intent, sent=sent, result=found)
                result = found
        return self._as_stored(result, intent)

    async def _close(
        self, entry_id: EntryId, intent: Intent, *, sent: Sent | None, result: ChangeResult
    ) -> None:
        """Write down what came of a change. Where that fails the caller is told the truth all the same."""
        try:
            if result.may_pass:
                await self._ledger.release(entry_id)
            else:
                audit = audit_record(intent, sent=sent, result=result, at=self._now())
                end = end_change(intent.change, result)
                await self._ledger.settle(entry_id, result=result, audit=audit, end=end)
        except LedgerError as error:
            log.error("an outcome could not be stored", request_id=intent.request_id, error=repr(error))

    def _as_stored(self, result: ChangeResult, intent: Intent) -> ChangeResult:
        """A result that did not come of a change just made, with the project as far as it is remembered."""
        key = (intent.change.platform, intent.change.project_upstream_id)
        project = self._projects.find(intent.credential, key)
        return replace(result, project=project, members=None, project_key=key)
