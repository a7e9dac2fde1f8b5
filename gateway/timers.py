"""Many timers on one of the event loop's own.

Nearly all timers of a server are taken back long before their time: they guard what as a rule goes well. A
timer of the event loop's takes microseconds to be made and taken back; here it is an entry in a table. The
price: it goes off up to `TICK_SECONDS` late. After G. Varghese and A. Lauck, "Hashed and Hierarchical Timing
Wheels", 1987.
"""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final

import msgspec

TICK_SECONDS: Final = 0.01


class Timer(msgspec.Struct, eq=False):
    """Something that is to happen.

    Attributes:
        when: in seconds of the event loop's clock.
        callback: it; None where it is not to happen any more.
        same_tick: whatever is to happen then.
    """

    when: float
    callback: Callable[[], object] | None
    same_tick: "dict[Timer, None]"

    def cancel(self) -> None:
        """It is not to happen any more; no use where it has happened."""
        self.callback = None  # which may well refer to whoever has the timer
        self.same_tick.pop(self, None)

    def go_off(self) -> None:
        """Its time has come."""
        if self.callback is not None:
            self.callback()


class Timers:
    """Timers of one event loop.

    It is looked up once: with CPython 3.11 each `asyncio.get_running_loop` takes a fifth of a microsecond.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._by_tick: dict[int, dict[Timer, None]] = {}
        self._ticks: list[int] = []  # a heap
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` after so many seconds, or a tick later."""
        when = self.loop.time() + seconds
        tick = int(when / TICK_SECONDS) + 1
        same_tick = self._by_tick.get(tick)
        if same_tick is None:
            same_tick = self._by_tick[tick] = {}
            heappush(self._ticks, tick)
            if self._ticks[0] == tick:
                self._set_alarm()
        timer = Timer(when, callback, same_tick)
        same_tick[timer] = None
        return timer

    def _set_alarm(self) -> None:
        """For the earliest tick, and no other."""
        if self._alarm is not None:
            self._alarm.cancel()
        when = self._ticks[0] * TICK_SECONDS
        self._alarm = self.loop.call_at(when, self._go_off)

    def _go_off(self) -> None:
        self._alarm = None
        now = self.loop.time()
        # What was taken back altogether needs no alarm of its own.
        while self._ticks and (self._ticks[0] * TICK_SECONDS <= now or not self._by_tick[self._ticks[0]]):
            for timer in self._by_tick.pop(heappop(self._ticks)):
                self.loop.call_soon(timer.go_off)
        if self._ticks:
            self._set_alarm()
