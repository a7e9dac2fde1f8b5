"""Reads of one request, each made once however often it is asked for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Hashable, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader

from gateway.domain.errors import UpstreamError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SharedLoader(Generic[K, V]):
    """Batches the keys asked for in one turn of the event loop, and keeps the answers.

    Args:
        load_many: one entry a key, in order; an `UpstreamError` in a key's place is that key's failure.
    """

    def __init__(self, load_many: Callable[[list[K]], Awaitable[Sequence[V | UpstreamError]]]) -> None:
        async def batch(keys: list[K]) -> list[V | UpstreamError]:
            return list(await load_many(keys))

        # The library takes an exception in a value's place, which its types do not say.
        self._loader: DataLoader[K, V] = DataLoader(batch)  # type: ignore[arg-type]

    async def load(self, key: K) -> V:
        """The key's value.

        Raises:
            UpstreamError: the key's failure.
        """
        # Shielded: when graphql-core cancels one of several fields that wait for the same key, the
        # others must still get their value.
        return await shared(self._loader.load(key))

    def prime(self, key: K, value: V) -> None:
        """Make `value` the key's answer unless there is one already."""
        self._loader.prime(key, value)

    def forget(self, key: K) -> None:
        """Ask again next time."""
        self._loader.clear(key)


class SharedReads(Generic[K, V]):
    """Reads that cannot be batched: begun when first asked for, shared with everybody who asks later."""

    def __init__(self) -> None:
        self._reads: dict[K, asyncio.Task[V]] = {}

    def begin(self, key: K, read: Callable[[], Coroutine[Any, Any, V]]) -> None:
        """Begin the key's read unless it was begun already."""
        if key not in self._reads:
            self._reads[key] = asyncio.ensure_future(read())
            # Whoever asked for it may have been cancelled meanwhile.
            self._reads[key].add_done_callback(_retrieve)

    def has_begun(self, key: K) -> bool:
        """Whether the key's read was begun."""
        return key in self._reads

    async def result(self, key: K) -> V:
        """What came of a read that was begun.

        Raises:
            UpstreamError: it failed.
        """
        return await shared(self._reads[key])

    def forget(self, key: K) -> None:
        """Read again next time."""
        self._reads.pop(key, None)


class RunningReads:
    """The tasks that read for one request; once they are told to stop, no further one begins."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        self._stopped = False

    @contextmanager
    def running(self) -> Generator[None]:
        """Around a read.

        Raises:
            asyncio.CancelledError: the request is over.
        """
        task = asyncio.current_task()
        if self._stopped or task is None:
            raise asyncio.CancelledError
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    def cancel(self) -> None:
        """Stop them all."""
        self._stopped = True
        for task in tuple(self._tasks):
            task.cancel()


class TimeBudget:
    """How long all reads together may take; while nothing is read the time stands still."""

    def __init__(self, seconds: float) -> None:
        self._left_seconds = seconds
        self._ends_at = 0.0
        self._reads = 0

    @asynccontextmanager
    async def spending(self) -> AsyncIterator[None]:
        """Around a read, which is not even begun when the time is over.

        Raises:
            TimeoutError: the time is over.
        """
        clock = asyncio.get_running_loop()
        if not self._reads:
            self._ends_at = clock.time() + self._left_seconds
        if clock.time() >= self._ends_at:
            raise TimeoutError
        self._reads += 1
        try:
            async with asyncio.timeout_at(self._ends_at):
                yield
        finally:
            self._reads -= 1
            if not self._reads:
                self._left_seconds = self._ends_at - clock.time()


async def shared(future: asyncio.Future[V]) -> V:
    """Wait for a future that others wait for too: cancelling this waiter does not cancel it."""
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        future.add_done_callback(_retrieve)
        raise


def _retrieve(future: asyncio.Future[V]) -> None:
    """Nobody may be left to take the exception; taking it keeps asyncio from logging it."""
    if not future.cancelled():
        future.exception()
