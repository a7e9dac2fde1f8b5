"""Idempotency keys: the same request made twice has one effect and one answer.

Follows https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ for what a key means;
here it is an argument of the mutation. Kept in memory, so a restart forgets.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from gateway.access.change import Change, ChangeResult
from gateway.domain.membership import UserError
from gateway.domain.vocabulary import Outcome, UserErrorCode

DEFAULT_CAPACITY = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    change: Change
    running: asyncio.Task[ChangeResult]


class IdempotencyLedger:
    """Remembers what was asked under each key and what came of it.

    A refusal that may pass (the platform was down) is not kept: nothing was changed, and the same request
    may be made again under its key.

    Args:
        carry_out: makes the change.
        capacity: how many keys are remembered; of those whose request is finished the oldest goes first.
    """

    def __init__(
        self,
        *,
        carry_out: Callable[[Change], Awaitable[ChangeResult]],
        capacity: int = DEFAULT_CAPACITY,
    ) -> None:
        self._carry_out = carry_out
        self._capacity = capacity
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._running: set[asyncio.Task[ChangeResult]] = set()

    async def once(self, change: Change, *, key: str | None) -> ChangeResult:
        """The result of `change`, made now or, under the same `key`, earlier or by someone waiting.

        A caller that goes away does not stop the change.
        """
        if key is None:
            return await asyncio.shield(self._start(change))
        entry = self._entries.get(key)
        if entry is None:
            entry = _Entry(change=change, running=self._start(change))
            self._remember(key, entry)
            return await asyncio.shield(entry.running)
        if entry.change != change:
            return _reused()
        result = await asyncio.shield(entry.running)
        # Who is in the project may have changed since then: that is not to be shown again, but read anew.
        return result if result.members is None else replace(result, members=None)

    async def drain(self) -> None:
        """Wait for every change that is under way."""
        while self._running:
            await asyncio.wait(self._running)

    def _start(self, change: Change) -> asyncio.Task[ChangeResult]:
        async def carry_out() -> ChangeResult:
            return await self._carry_out(change)

        task = asyncio.get_running_loop().create_task(carry_out())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _remember(self, key: str, entry: _Entry) -> None:
        self._entries[key] = entry
        while len(self._entries) > self._capacity:
            oldest = next((old for old, one in self._entries.items() if one.running.done()), None)
            if oldest is None:
                break  # all are under way, and one that is forgotten could be made a second time
            del self._entries[oldest]

        def forget_what_may_pass(task: asyncio.Task[ChangeResult]) -> None:
            passes = task.cancelled() or task.exception() is not None or _may_pass(task.result())
            if passes and self._entries.get(key) is entry:
                del self._entries[key]

        entry.running.add_done_callback(forget_what_may_pass)


def _may_pass(result: ChangeResult) -> bool:
    return result.outcome is Outcome.REFUSED and any(error.retryable for error in result.user_errors)


def _reused() -> ChangeResult:
    error = UserError(
        code=UserErrorCode.IDEMPOTENCY_KEY_REUSED,
        message="This idempotency key was used for another change. Use a new key for a new change.",
        field=("input", "idempotencyKey"),
    )
    return ChangeResult(outcome=Outcome.REFUSED, user_errors=(error,))
