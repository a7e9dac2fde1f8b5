"""A circuit breaker: while a platform fails, do not call it; now and then let one call find out.

    CLOSED ──too many failures in the window──▶ OPEN ──after a while──▶ HALF_OPEN
      ▲                                          ▲                        │
      │                                          └────── probe fails ─────┤
      └───────────────────────────────────────────────── probe succeeds ──┘

A failure is a timeout, a lost or refused connection, a 5xx answer. A 4xx answer is none: the platform
works. A cancelled call is neither: nothing was learned. While half open exactly one call, the probe, is let
through; everybody else is refused, so that a platform that just came back is not run over. Each time the
probe fails, the circuit stays open twice as long, up to a bound.

After Michael Nygard, Release It!, chapter 5, and
https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum, auto

import msgspec


class CircuitState(Enum):
    """See the drawing above."""

    CLOSED = auto()
    OPEN = auto()
    HALF_OPEN = auto()


class CircuitIsOpen(Exception):
    """The call is not let through.

    Attributes:
        retry_in_seconds: when the next probe may be made.
    """

    def __init__(self, *, retry_in_seconds: float) -> None:
        super().__init__()
        self.retry_in_seconds = retry_in_seconds


class BreakerPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When a circuit opens.

    Attributes:
        window_seconds: how far back calls count.
        least_calls: fewer calls in the window prove nothing.
        failure_ratio: the share of failed calls at which the circuit opens.
        open_seconds: how long it stays open the first time.
        longest_open_seconds: how long at most.
    """

    window_seconds: float
    least_calls: int
    failure_ratio: float
    open_seconds: float
    longest_open_seconds: float


class CircuitBreaker:
    """One platform's circuit.

    Whoever calls asks `admit` first, and afterwards says `succeeded`, `failed` or `abandoned`, with what
    `admit` answered: calls that were under way when the circuit opened say nothing about the probe.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, policy: BreakerPolicy, clock: Callable[[], float]) -> None:
        self._policy = policy
        self._clock = clock
        self._calls: deque[tuple[float, bool]] = deque()
        self._open_until: float | None = None
        self._open_seconds = policy.open_seconds
        self._probing = False

    @property
    def state(self) -> CircuitState:
        """The state now."""
        if self._open_until is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if self._clock() < self._open_until else CircuitState.HALF_OPEN

    @property
    def retry_in_seconds(self) -> float | None:
        """When the next probe may be made; None while the circuit is closed."""
        return None if self._open_until is None else max(0.0, self._open_until - self._clock())

    def admit(self) -> bool:
        """Let a call through; whether it is the probe.

        Raises:
            CircuitIsOpen: not now.
        """
        if self._open_until is None:
            return False
        if self._clock() < self._open_until or self._probing:
            raise CircuitIsOpen(retry_in_seconds=max(0.0, self._open_until - self._clock()))
        self._probing = True
        return True

    def succeeded(self, *, probe: bool) -> None:
        """The platform answered."""
        if self._open_until is None:
            self._note(good=True)
        elif probe:
            self._open_until = None
            self._open_seconds = self._policy.open_seconds
            self._probing = False
            self._calls.clear()

    def failed(self, *, probe: bool) -> None:
        """The platform did not answer, or with a failure of its own."""
        if self._open_until is None:
            self._note(good=False)
            bad = sum(not good for _, good in self._calls)
            enough = len(self._calls) >= self._policy.least_calls
            if enough and bad >= self._policy.failure_ratio * len(self._calls):
                self._open()
        elif probe:
            self._open_seconds = min(self._open_seconds * 2, self._policy.longest_open_seconds)
            self._open()

    def abandoned(self, *, probe: bool) -> None:
        """The call was cancelled; if it was the probe, another may be made."""
        if probe:
            self._probing = False

    def _open(self) -> None:
        self._open_until = self._clock() + self._open_seconds
        self._probing = False
        self._calls.clear()

    def _note(self, *, good: bool) -> None:
        now = self._clock()
        self._calls.append((now, good))
        while self._calls[0][0] < now - self._policy.window_seconds:
            self._calls.popleft()
