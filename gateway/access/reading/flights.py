"""Reads that are under way, each shared by all who ask for the same meanwhile.

A flight goes on as long as somebody waits for it: when the last one has left, what it reads is not read any
further. What it brings is kept in the store of snapshots, for those who come later.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiodataloader import DataLoader

from gateway.access.reading.snapshots import Endpoint, Snapshot, SnapshotKey, SnapshotStore
from gateway.access.reading.soon import fail
from gateway.domain.vocabulary import PlatformKey
from gateway.timers import Timers

FetchOne = Callable[[], Awaitable[Any]]
FetchMany = Callable[[list[str]], Awaitable[Sequence[Any]]]
"""One entry an id, in order; an `UpstreamError` in an id's place is that id's failure."""

Arrived = Callable[["asyncio.Future[Snapshot[Any]]"], object]
_Group = tuple[PlatformKey, str, Endpoint]


class Flight:
    """One read under way.

    Attributes:
        snapshot: what it brings.
        generation: of what it reads, when it began.
        passengers: how many wait for it.
        task: reads it, and perhaps others with it; None before that has begun.
    """

    def __init__(self, *, generation: int) -> None:
        self.snapshot: asyncio.Future[Snapshot[Any]] = asyncio.get_running_loop().create_future()
        self.generation = generation
        self.passengers = 0
        self.task: asyncio.Task[Any] | None = None


class Flights:
    """All flights of one gateway.

    Attributes:
        timers: for those who wait for them.
    """

    def __init__(self, store: SnapshotStore) -> None:
        self.timers = Timers()
        self._store = store
        self._flights: dict[SnapshotKey, Flight] = {}
        self._loaders: dict[_Group, DataLoader[str, Any]] = {}
        self._boarding: dict[_Group, list[Flight]] = {}
        self._by_task: dict[asyncio.Task[Any], list[Flight]] = {}

    def one(self, key: SnapshotKey, fetch: FetchOne, *, only_new: bool = False) -> Flight:
        """A flight that reads what `key` names.

        Args:
            only_new: do not join one that reads already: its answer may be older than this moment.
        """
        flight = None if only_new else self._current(key)
        if flight is None:
            flight = self._begin(key)
            task = asyncio.ensure_future(_coroutine(fetch))
            self._take_off(task, [flight])
            self._land_with(task, key, flight)
        return flight

    def among_many(self, key: SnapshotKey, fetch: FetchMany, *, only_new: bool = False) -> Flight:
        """Likewise, where a platform can be asked for several: those that are asked for in one turn are."""
        flight = self._current(key)
        if flight is not None and only_new and flight.task is not None:
            flight = None
        if flight is None:
            flight = self._begin(key)
            future = self._loader(key[:3], fetch, flight).load(key.upstream_id)
            self._land_with(future, key, flight)
        return flight

    def join(self, flight: Flight, arrived: Arrived) -> None:
        """Wait for a flight: `arrived` is called with its future."""
        flight.passengers += 1
        flight.snapshot.add_done_callback(arrived)

    def leave(self, flight: Flight, arrived: Arrived) -> None:
        """Wait no longer. Where nobody else does, the read is stopped."""
        flight.passengers -= 1
        flight.snapshot.remove_done_callback(arrived)
        together = [] if flight.task is None else self._by_task.get(flight.task, [])
        if flight.task is not None and not any(other.passengers for other in together):
            flight.task.cancel()

    def close(self) -> None:
        """Stop all of them."""
        for task in tuple(self._by_task):
            task.cancel()

    def _current(self, key: SnapshotKey) -> Flight | None:
        """One that brings what is true now, and that will arrive."""
        flight = self._flights.get(key)
        if flight is None or not flight.passengers or flight.generation != self._store.generation(key):
            return None
        return flight

    def _begin(self, key: SnapshotKey) -> Flight:
        flight = self._flights[key] = Flight(generation=self._store.generation(key))
        return flight

    def _loader(self, group: _Group, fetch: FetchMany, flight: Flight) -> DataLoader[str, Any]:
        if group not in self._loaders:
            boarding: list[Flight] = []

            async def load(upstream_ids: list[str]) -> list[Any]:
                # Whoever comes now gets another loader. Some may have come since these ids were taken: they
                # are next.
                if self._boarding.get(group) is boarding:
                    del self._loaders[group], self._boarding[group]
                flights = boarding[: len(upstream_ids)]
                del boarding[: len(upstream_ids)]
                task = asyncio.current_task()
                if task is not None:
                    self._take_off(task, flights)
                return list(await fetch(upstream_ids))

            self._loaders[group], self._boarding[group] = DataLoader(load, cache=False), boarding
        self._boarding[group].append(flight)
        return self._loaders[group]

    def _take_off(self, task: asyncio.Task[Any], flights: list[Flight]) -> None:
        self._by_task[task] = flights
        task.add_done_callback(lambda _: self._by_task.pop(task, None))
        for flight in flights:
            flight.task = task

    def _land_with(self, source: asyncio.Future[Any], key: SnapshotKey, flight: Flight) -> None:
        def land(_: object) -> None:
            if self._flights.get(key) is flight:
                del self._flights[key]
            if source.cancelled():
                flight.snapshot.cancel()
            elif (failure := source.exception()) is not None:
                fail(flight.snapshot, failure)
            else:
                snapshot = self._store.keep(key, source.result(), generation=flight.generation)
                flight.snapshot.set_result(snapshot)

        source.add_done_callback(land)


async def _coroutine(fetch: FetchOne) -> Any:  # noqa: ANN401 - whatever is read
    return await fetch()
