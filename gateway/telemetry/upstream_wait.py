"""The time that an operation takes, and how much of it at least one call to a platform was under way for it.

Calls overlap, so their durations do not add up: what is measured is their union.
"""

from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Self

import msgspec


class UpstreamWait(msgspec.Struct, kw_only=True, eq=False):
    """The time during which at least one of the blocks that are entered with it is running.

    Attributes:
        clock: monotonic seconds.
    """

    clock: Callable[[], float]
    _under_way: int = 0
    _since: float = 0.0
    _seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """The time so far; a block that is still running counts up to now."""
        return self._seconds + (self.clock() - self._since if self._under_way else 0.0)

    def __enter__(self) -> Self:
        if self._under_way == 0:
            self._since = self.clock()
        self._under_way += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._under_way -= 1
        if self._under_way == 0:
            self._seconds += self.clock() - self._since


# Whoever calls a platform does not know for which request: the context does, and tasks inherit it.
_waits: ContextVar[UpstreamWait | None] = ContextVar("upstream_wait", default=None)
_NOBODY = UpstreamWait(clock=lambda: 0.0)


def upstream_wait() -> UpstreamWait:
    """Enter it around every wait for a platform; outside an operation nothing is measured."""
    return _waits.get() or _NOBODY


class MeasuredOperation(UpstreamWait, kw_only=True, eq=False):
    """One operation and its wait.

    Attributes:
        observe: told of its type, the seconds that it took, and those in which it did not wait.
        started: on the clock.
    """

    observe: Callable[[str, float, float], None]
    started: float

    def ended(self, type_: str) -> None:
        """It is over; `type_` is `query` or `mutation`."""
        seconds = self.clock() - self.started
        self.observe(type_, seconds, max(0.0, seconds - self.seconds))


def measured_operation(
    *, clock: Callable[[], float], observe: Callable[[str, float, float], None]
) -> MeasuredOperation:
    """An operation that begins now: whatever is called in this context is called for it."""
    measured = MeasuredOperation(clock=clock, observe=observe, started=clock())
    # Never taken back: whatever runs in this context after the operation's end waits for nobody.
    _waits.set(measured)
    return measured
