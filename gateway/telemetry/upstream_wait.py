"""The time that an operation takes, and how much of it at least one call to a platform was under way for it.

Calls overlap, so their durations do not add up: what is measured is their union.
"""

from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Self


class UpstreamWait:
    """The time during which at least one of the blocks that are entered with it is running.

    Args:
        clock: monotonic seconds.
    """

    __slots__ = ("_clock", "_seconds", "_since", "_under_way")

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._under_way = 0
        self._since = 0.0
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """The time so far; a block that is still running counts up to now."""
        return self._seconds + (self._clock() - self._since if self._under_way else 0.0)

    def __enter__(self) -> Self:
        if self._under_way == 0:
            self._since = self._clock()
        self._under_way += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._under_way -= 1
        if self._under_way == 0:
            self._seconds += self._clock() - self._since


# Whoever calls a platform does not know for which request: the context does, and tasks inherit it.
_waits: ContextVar[UpstreamWait | None] = ContextVar("upstream_wait", default=None)
_NOBODY = UpstreamWait(clock=lambda: 0.0)


def upstream_wait() -> UpstreamWait:
    """Enter it around every wait for a platform; outside an operation nothing is measured."""
    return _waits.get() or _NOBODY


class MeasuredOperation(UpstreamWait):
    """One operation from now on, and its wait: for whatever is called in this context."""

    __slots__ = ("_observe", "_started")

    def __init__(self, *, clock: Callable[[], float], observe: Callable[[str, float, float], None]) -> None:
        super().__init__(clock=clock)
        self._observe = observe
        self._started = clock()
        # Never taken back: whatever runs in this context after the operation's end waits for nobody.
        _waits.set(self)

    def ended(self, type_: str) -> None:
        """It is over; `type_` is `query` or `mutation`."""
        seconds = self._clock() - self._started
        self._observe(type_, seconds, max(0.0, seconds - self.seconds))
