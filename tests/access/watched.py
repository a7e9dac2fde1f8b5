"""Ledgers that can be told to fail or to stop, and that tell what they were asked for."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.access.batches.batch import Batch, BatchEntry, BatchLedger
from gateway.access.changing.change import ChangeResult
from gateway.access.changing.end import EndChange
from gateway.access.changing.ledger import (
    AuditRecord,
    Beginning,
    EntryId,
    Intent,
    KeyReused,
    Ledger,
    LedgerError,
    UnderWay,
)


class _Watched:
    """Any ledger.

    Attributes:
        broken: the names of the methods that fail.
        failed: set when something that is broken was tried.
        looked: set when the key of a request has been looked up.
        on_step: awaited before and after whatever is read or written.
    """

    def __init__(self, ledger: Ledger | BatchLedger) -> None:
        self._ledger = ledger
        self.broken: set[str] = set()
        self.failed = asyncio.Event()
        self.looked = asyncio.Event()
        self.on_step: Callable[[], Awaitable[object]] | None = None

    def __getattr__(self, name: str) -> Callable[..., object]:
        method: Callable[..., Awaitable[object]] = getattr(self._ledger, name)
        if name == "let_go":
            return method

        async def call(*args: object, **kwargs: object) -> object:
            if name in self.broken:
                self.failed.set()
                raise LedgerError("database or disk is full")
            await self._step()
            given = await method(*args, **kwargs)
            await self._step()
            return given

        return call

    async def _step(self) -> None:
        if self.on_step is not None:
            await self.on_step()


class WatchedLedger(_Watched):
    """The ledger of changes.

    Attributes:
        settled: set when an outcome has been stored.
    """

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.settled = asyncio.Event()

    async def begin(self, intent: Intent) -> Beginning:
        beginning: Beginning = await self.__getattr__("begin")(intent)
        self.looked.set()
        return beginning

    async def settle(
        self,
        entry_id: EntryId,
        *,
        result: ChangeResult,
        audit: AuditRecord,
        end: EndChange | None = None,
    ) -> None:
        await self.__getattr__("settle")(entry_id, result=result, audit=audit, end=end)
        self.settled.set()


class WatchedBatches(_Watched):
    """The ledger of batches."""

    async def begin(
        self, batch: Batch, *, only_known: bool = False
    ) -> BatchEntry | KeyReused | UnderWay | None:
        begun: BatchEntry | KeyReused | UnderWay | None = await self.__getattr__("begin")(
            batch, only_known=only_known
        )
        self.looked.set()
        return begun
