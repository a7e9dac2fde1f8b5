"""Several changes that are asked for at once, and the port of where they are written down.

A batch leaves its traces in this order:

    begin         what is asked for, all of it, under which key      nothing has been done
    each change   as any other (`changing.ledger`), under a key made of the batch's and its place
    mark_undoing  atomic ones: one has failed; what came of each     what was done is undone from here on
    settle        what came of each                                  the key gives this from now on
    release       … or: nothing of it is left, and it may well succeed later; the key is free again
    rest          … or: this is all that can be done now             whoever asks next goes on

Only atomic ones are settled or released. A batch that is neither is gone on with: by whoever repeats its key,
and where it is atomic by the next start of a gateway, or the next round of its recovery, as well.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NewType, Protocol

import msgspec

from gateway.access.changing.change import Change, ChangeResult
from gateway.access.changing.ledger import KeyReused, KeyScope, UnderWay
from gateway.domain.membership import UserError
from gateway.domain.vocabulary import Outcome

MAX_TARGETS: Final = 200

BatchId = NewType("BatchId", int)

DONE: Final = frozenset({Outcome.ADDED, Outcome.INVITED, Outcome.UPDATED, Outcome.REMOVED})
"""The outcomes of changes that have changed something."""

GOOD: Final = DONE | {Outcome.UNCHANGED}
"""The outcomes of changes after which things are as they were asked to be."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One of the changes.

    Attributes:
        target: for which of the targets it is, as they were asked for; None where they were not.
        change: None where what was asked for is none.
        refusal: why it is not even tried.
    """

    target: int | None = None
    change: Change | None = None
    refusal: UserError | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for.

    Attributes:
        atomic: all of it or nothing.
        digest: the same for equal requests only.
        key: the idempotency key; where none was given, one that nobody else has.
        is_open: whether there may be more to do than these parts: not everything could be read.
        credential: tells the upstream accounts apart from others, and gives no secret away.
        at: when it was asked for (UTC).
        plan: what names the plan that is carried out; None where there is none.
    """

    parts: tuple[Part, ...]
    atomic: bool
    digest: str
    key: str
    caller_id: str
    credential: str
    request_id: str
    at: datetime
    is_open: bool = False
    plan: str | None = None

    @property
    def scope(self) -> KeyScope:
        """The key as nobody else can have it."""
        return KeyScope(caller_id=self.caller_id, credential=self.credential, key=self.key)


class BatchEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that was begun, now or earlier; whoever is given it holds it.

    Attributes:
        batch: as it was written down.
        results: of each part, as far as they are written down; None before.
        is_settled: whether they are what is given from now on; otherwise what was done is to be undone.
        is_new: whether it was begun now.
    """

    batch_id: BatchId
    batch: Batch
    results: tuple[ChangeResult, ...] | None = None
    is_settled: bool = False
    is_new: bool = False


class BatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a batch.

    Attributes:
        results: one for each part; empty where nothing was even tried.
        user_errors: why nothing was tried.
        is_open: as in `Batch`.
    """

    parts: tuple[Part, ...] = ()
    results: tuple[ChangeResult, ...] = ()
    user_errors: tuple[UserError, ...] = ()
    is_open: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether everything is as it was asked to be."""
        return not self.user_errors and all(result.outcome in GOOD for result in self.results)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The parts that a request comes to.

    Attributes:
        missing: why there may be more to do than these.
        refusals: why nothing is to be begun.
    """

    parts: tuple[Part, ...] = ()
    missing: tuple[UserError, ...] = ()
    refusals: tuple[UserError, ...] = ()


class BatchLedger(Protocol):
    """Where batches are kept. Every coroutine may raise `LedgerError`."""

    async def begin(
        self, batch: Batch, *, only_known: bool = False
    ) -> BatchEntry | KeyReused | UnderWay | None:
        """Make an entry, or give the one that is there under the same key.

        An open one that is there takes on those parts that it does not have, and is open as `batch` is.

        Args:
            only_known: make none. None is given where there is none.
        """

    async def mark_undoing(self, batch_id: BatchId, results: Sequence[ChangeResult]) -> None:
        """Note what came of each part; from here on what was done is undone."""

    async def settle(self, batch_id: BatchId, results: Sequence[ChangeResult], *, at: datetime) -> None:
        """Keep what came of each part."""

    async def release(self, batch_id: BatchId) -> None:
        """Forget the entry: nothing was changed, and its key may be used again."""

    async def rest(self, batch_id: BatchId) -> None:
        """Leave the entry as it is to whoever asks next, in whatever process."""

    def let_go(self, batch_id: BatchId) -> None:
        """Leave the entry as it is to this process, or to any other once this one has ended."""

    async def take_unsettled(self) -> tuple[BatchEntry, ...]:
        """Take every atomic entry that is not settled and that nobody holds."""

    async def purge(self, *, begun_before: datetime) -> None:
        """Forget what was begun before this moment, however it stands: its changes are forgotten as well."""
