"""Reads of one request, each made once however often it is asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

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
