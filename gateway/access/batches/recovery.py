"""What goes on in the background as long as the gateway lives: nothing that was sent stays unsettled.

At the start, and then with pauses, whatever was sent by a process that is gone is settled by reading the
members; while a platform cannot be reached that is tried again. Keys that are too old are forgotten.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog

from gateway.access.batches.batch import BatchLedger
from gateway.access.batches.batches import Batches
from gateway.access.changing.changes import Changes
from gateway.access.changing.ledger import Ledger, LedgerError
from gateway.telemetry.logs import where

log = structlog.get_logger("gateway.access")

# After a round in which there was nothing to settle; after the first, the second … in a row with something.
PAUSES_SECONDS: Final = (60.0, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Recovery:
    """Settles what was left unsettled.

    Args:
        keep_keys: for how long after its change was settled a key is remembered.
        now: the current moment in UTC.
        drain_seconds: how long changes under way may take at the end; None: as long as they take.
        pauses_seconds: the first after a round with nothing to settle, the others after the first, second …
            round in a row with something.
    """

    def __init__(  # noqa: PLR0913 - what goes on in the background
        self,
        *,
        changes: Changes,
        batches: Batches,
        ledger: Ledger,
        batch_ledger: BatchLedger,
        keep_keys: timedelta,
        now: Callable[[], datetime],
        drain_seconds: float | None = None,
        pauses_seconds: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        self._changes = changes
        self._batches = batches
        self._ledger = ledger
        self._batch_ledger = batch_ledger
        self._keep_keys = keep_keys
        self._now = now
        self._drain_seconds = drain_seconds
        self._pauses_seconds = pauses_seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Go on until the block is left; then wait for every change that is under way.

        Raises:
            LedgerError: the ledger could not be read at the start.
        """
        # Begun before the first request comes in: a change to the same project waits for them.
        begun = await self._take_up()
        rounds = asyncio.create_task(self._go_on(begun))
        try:
            yield
        finally:
            rounds.cancel()
            for task in begun:
                task.cancel()  # the first round may not have come to wait for them yet
            await asyncio.wait({rounds})
            await self._batches.close()
            await self._changes.drain(longest_seconds=self._drain_seconds)

    async def _take_up(self) -> list[asyncio.Task[object]]:
        # Changes first: of those that a batch has begun it is known then what came of them.
        return [*await self._changes.take_up(), *await self._batches.take_up()]

    async def _go_on(self, begun: list[asyncio.Task[object]]) -> None:
        busy_rounds = 0
        while True:
            await _end_of(begun)
            busy_rounds = busy_rounds + 1 if begun else 0
            last = len(self._pauses_seconds) - 1
            await asyncio.sleep(self._pauses_seconds[min(busy_rounds, last)])
            begun = await self._next_round()

    async def _next_round(self) -> list[asyncio.Task[object]]:
        try:
            too_old = self._now() - self._keep_keys
            await self._ledger.purge(settled_before=too_old)
            await self._batch_ledger.purge(begun_before=too_old)
            return await self._take_up()
        except LedgerError as error:
            log.error("the ledger cannot be used", error=repr(error))
            return []


async def _end_of(tasks: list[asyncio.Task[object]]) -> None:
    """Wait for `tasks`. Being cancelled cancels them: whoever comes next goes on where they are."""
    for end in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(end, BaseException):
            log.error("a change could not be settled", error=type(end).__name__, at=where(end))
