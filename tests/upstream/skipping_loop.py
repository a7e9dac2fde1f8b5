"""An event loop whose time goes by only where there is nothing else to do."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVarTuple

Given = TypeVarTuple("Given")


class Skipping(selectors.SelectSelector):
    """Instead of waiting it moves its clock on."""

    seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits for ever"
        self.seconds += timeout
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """See the module.

    Attributes:
        timers: for when each was set.
    """

    def __init__(self) -> None:
        self._clock = Skipping()
        self.timers: list[float] = []
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.seconds

    def call_at(
        self,
        when: float,
        callback: Callable[[*Given], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        self.timers.append(when)
        return super().call_at(when, callback, *args, context=context)


def skipping(work: Coroutine[Any, Any, None]) -> SkippingLoop:
    """The loop that has done the work."""
    loops = [SkippingLoop()]
    with asyncio.Runner(loop_factory=lambda: loops[0]) as runner:
        runner.run(work)
    return loops[0]
