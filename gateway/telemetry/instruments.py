"""Figures and traces in one hand: what the ways in and out report to."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from gateway.domain.vocabulary import PlatformKey
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.tracing import Tracing

_CANCELLED = "CANCELLED"


class UpstreamAttempt:
    """One attempt to call a platform, for as long as its `with` block runs."""

    def __init__(self, *, instruments: "Instruments", platform: PlatformKey, operation: str) -> None:
        self._instruments = instruments
        self._platform = platform
        self._operation = operation
        self._span = instruments.tracing.upstream_call(platform=platform, endpoint=operation)
        self._code: str | None = None
        self._started = 0.0

    @property
    def seconds(self) -> float:
        """Since the block was entered."""
        return self._instruments.clock() - self._started

    def failed(self, code: str) -> None:
        """The attempt failed; `code` is the public one."""
        self._code = code

    def __enter__(self) -> Self:
        self._started = self._instruments.clock()
        self._span.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._code is not None:
            self._span.failed(self._code)
            self._span.__exit__(None, None, None)
        else:
            self._span.__exit__(kind, error, trace)
        self._instruments.metrics.upstream_called(
            platform=self._platform,
            operation=self._operation,
            seconds=self.seconds,
            code=self._code or (None if error is None else _CANCELLED),
        )


class Instruments:
    """One gateway's.

    Args:
        tracing: closed by whoever opened it.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        metrics: Metrics | None = None,
        tracing: Tracing | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.metrics = metrics or Metrics(clock=clock)
        self.tracing = tracing or Tracing()
        self.clock = clock

    def upstream_attempt(self, *, platform: PlatformKey, operation: str) -> UpstreamAttempt:
        """Enter it around one attempt; `operation` is the gateway's own name for the endpoint."""
        return UpstreamAttempt(instruments=self, platform=platform, operation=operation)
