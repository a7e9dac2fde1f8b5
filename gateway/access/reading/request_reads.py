"""What one request reads: each thing once, from memory where it may, each platform within its time."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from gateway.access.reading.flights import Flight, Flights
from gateway.access.reading.snapshots import Read, Snapshot, SnapshotKey, SnapshotStore
from gateway.access.reading.soon import Soon, fail, has_come
from gateway.domain.errors import UpstreamError, UpstreamTimeout
from gateway.domain.vocabulary import PlatformKey, SourceState
from gateway.telemetry.upstream_wait import UpstreamWait, upstream_wait
from gateway.timers import Timer

T = TypeVar("T")

Begin = Callable[[bool], Flight]
"""Gives the flight that reads something; told whether one that began earlier will not do."""


class Reading(msgspec.Struct, kw_only=True, eq=False):
    """One request's reads.

    Attributes:
        budget_seconds: for all that is read from one platform; while nothing is, the time stands still.
        longest_age_seconds: how old what is kept may be; None leaves it to each platform's policy.
        takes_old_in_need: whether what is kept and older will do where reading it anew fails.
    """

    store: SnapshotStore
    flights: Flights
    budget_seconds: float
    longest_age_seconds: float | None = None
    takes_old_in_need: bool = True
    _known: dict[SnapshotKey, Soon[Read[Any]]] = msgspec.field(default_factory=dict)
    _used: dict[SnapshotKey, Soon[Read[Any]]] | None = None
    _budgets: "dict[PlatformKey, _Budget]" = msgspec.field(default_factory=dict)
    _wait: UpstreamWait = msgspec.field(default_factory=upstream_wait)
    _has_asked: bool = False
    _closed: bool = False

    def __repr__(self) -> str:
        """What was read is personal data."""
        return "Reading(…)"

    @property
    def edition(self) -> int | None:
        """Of what is kept, where nothing else was read; None where something was."""
        return None if self._has_asked or self.longest_age_seconds is not None else self.store.edition

    @property
    def fresh_seconds(self) -> float:
        """How long all that was read stays fresh; 0 where something could not be read, or nothing was."""
        if self._known and self.edition is not None:
            # Parts of the answer may have been kept for the edition, and what they are made of not been read.
            return self.store.edition_fresh_seconds
        return min((self._fresh_seconds(key, known) for key, known in self._known.items()), default=0.0)

    def get(self, key: SnapshotKey, begin: Begin) -> Soon[Read[Any]]:
        """What `key` names.

        The future may fail with an `UpstreamError`, and is cancelled when the request is over. Nobody else
        must cancel it.
        """
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._find(key, begin)
        elif isinstance(known, asyncio.Future) and has_come(known):
            known = self._known[key] = known.result()
        if self._used is not None:
            self._used[key] = known
        return known

    def used_by(self, make: Callable[[], T]) -> tuple[T, Mapping[SnapshotKey, Soon[Read[Any]]]]:
        """What `make` gives, and what it has read before it gave that."""
        used: dict[SnapshotKey, Soon[Read[Any]]] = {}
        before, self._used = self._used, used
        try:
            return make(), used
        finally:
            self._used = before
            if before is not None:
                before.update(used)

    def know(self, reads: Mapping[SnapshotKey, Soon[Read[Any]]]) -> None:
        """What another request has read of the same edition: this one is given what was made of it."""
        for key, read in reads.items():
            self._known.setdefault(key, read)
        if self._used is not None:
            self._used.update(reads)

    @property
    def has_begun(self) -> bool:
        """Whether anything was read."""
        return bool(self._known)

    def is_known(self, key: SnapshotKey) -> bool:
        """Whether it was read, or is being read."""
        return key in self._known

    def put(self, key: SnapshotKey, read: Read[Any]) -> None:
        """Something that the request has learned otherwise."""
        self._has_asked = True
        self._known.setdefault(key, read)

    def forget(self, *keys: SnapshotKey) -> None:
        """Read these anew when they are asked for again."""
        for key in keys:
            self._known.pop(key, None)

    def close(self) -> None:
        """The request is over: stop whatever is read for nobody else, and read no more."""
        self._closed = True
        for budget in self._budgets.values():
            budget.close()

    def _find(self, key: SnapshotKey, begin: Begin) -> Soon[Read[Any]]:
        if self._closed:
            # Not raised: every step of what was begun is to end, and none to fail.
            never: asyncio.Future[Read[Any]] = self.flights.timers.loop.create_future()
            never.cancel()
            return never
        found = self.store.find(key, longest_age_seconds=self.longest_age_seconds)
        if found is None:
            self._has_asked = True
            return self._fly(key, begin)
        if found.state is SourceState.STALE:
            self._has_asked = True
            # Somebody waits for it: nobody in particular.
            self.flights.join(begin(False), lambda _: None)
        return found

    def _fly(self, key: SnapshotKey, begin: Begin) -> asyncio.Future[Read[Any]]:
        budget = self._budgets.get(key.platform)
        if budget is None:
            budget = self._budgets[key.platform] = _Budget(self.budget_seconds, self.flights, self._wait)
        read: asyncio.Future[Read[Any]] = self.flights.timers.loop.create_future()
        if budget.is_used_up:
            self._fail(read, key, UpstreamTimeout(key.platform))
            return read
        flight = begin(self.longest_age_seconds is not None or not self.store.keeps(key.platform))
        budget.wait_for(_Wait(flight, read, key, budget, self._fail))
        return read

    def _fresh_seconds(self, key: SnapshotKey, known: Soon[Read[Any]]) -> float:
        if isinstance(known, asyncio.Future):
            if not has_come(known):
                return 0.0
            known = known.result()
        return self.store.fresh_seconds_left(key, known)

    def _fail(self, read: "asyncio.Future[Read[Any]]", key: SnapshotKey, failure: UpstreamError) -> None:
        in_need = self.store.find_in_need(key, failure) if self.takes_old_in_need else None
        if in_need is None:
            fail(read, failure)
        else:
            read.set_result(in_need)


class _Wait(msgspec.Struct, eq=False):
    """One request's wait for one flight; called when that has landed."""

    flight: Flight
    read: "asyncio.Future[Read[Any]]"
    key: SnapshotKey
    budget: "_Budget"
    fail: Callable[["asyncio.Future[Read[Any]]", SnapshotKey, UpstreamError], None]

    def __call__(self, source: "asyncio.Future[Snapshot[Any]]") -> None:
        self.budget.over(self)
        read = self.read
        if read.done():
            return
        if source.cancelled():
            read.cancel()
        elif isinstance(failure := source.exception(), UpstreamError):
            self.fail(read, self.key, failure)
        elif failure is not None:
            fail(read, failure)
        else:
            read.set_result(Read(snapshot=source.result(), state=SourceState.FRESH))

    def give_up(self) -> None:
        """There is no more time."""
        self.fail(self.read, self.key, UpstreamTimeout(self.key.platform))


class _Budget(msgspec.Struct, eq=False):
    """How long one request waits for one platform, all waits together."""

    left_seconds: float
    flights: Flights
    upstream_wait: UpstreamWait
    waits: dict[_Wait, None] = msgspec.field(default_factory=dict)
    timer: Timer | None = None

    @property
    def is_used_up(self) -> bool:
        """Whether there is no time left."""
        return self.left_seconds <= 0

    def wait_for(self, wait: _Wait) -> None:
        """Join a flight, for as long as there is time."""
        if not self.waits:
            self.upstream_wait.__enter__()
            self.timer = self.flights.timers.call_later(self.left_seconds, self._expire)
        self.waits[wait] = None
        self.flights.join(wait.flight, wait)

    def over(self, wait: _Wait) -> None:
        """One wait is over."""
        self.waits.pop(wait, None)
        if not self.waits and self.timer is not None:
            self.upstream_wait.__exit__(None, None, None)
            self.left_seconds = self.timer.when - self.flights.timers.loop.time()
            self.timer.cancel()
            self.timer = None

    def close(self) -> None:
        """Leave every flight."""
        for wait in tuple(self.waits):
            self.flights.leave(wait.flight, wait)
            wait.read.cancel()
            self.over(wait)

    def _expire(self) -> None:
        self.left_seconds = 0.0
        for wait in tuple(self.waits):
            self.flights.leave(wait.flight, wait)
            self.over(wait)
            wait.give_up()
