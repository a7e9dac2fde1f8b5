"""What comes of an operation, at once or later."""

import asyncio
from collections.abc import Callable, Coroutine
from enum import StrEnum

import msgspec
from graphql import ExecutionResult

from gateway.engine.departures import Discarded
from gateway.engine.plan import Started


class Way(StrEnum):
    """How an operation was executed."""

    PLAN = "plan"
    REFERENCE = "reference"


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an operation: JSON from a plan, or the reference's result.

    Attributes:
        data: the `data` as JSON; None where `result` holds the answer.
    """

    data: bytes | None = None
    result: ExecutionResult | None = None

    @property
    def way(self) -> Way:
        """How it was executed."""
        return Way.REFERENCE if self.data is None else Way.PLAN


class PlanUnderWay(asyncio.Future[Execution]):
    """A plan that waits for something, with the reference behind it.

    To cancel it stops what was begun for it alone.

    Args:
        refer: begins the reference's execution, where the plan is discarded.
    """

    def __init__(self, started: Started, refer: Callable[[], Coroutine[None, None, Execution]]) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self._started = started
        self._refer = refer
        self._reference: asyncio.Task[Execution] | None = None
        started.when_over(self._plan_over)

    def cancel(self, msg: object = None) -> bool:
        """See `asyncio.Future.cancel`."""
        if self._reference is not None:
            return self._reference.cancel(msg)
        self._started.give_up()
        return super().cancel(msg)

    def _plan_over(self) -> None:
        try:
            self.set_result(Execution(data=self._started.encoded()))
        except Discarded:
            self._reference = asyncio.ensure_future(self._refer())
            self._reference.add_done_callback(self._reference_over)

    def _reference_over(self, reference: asyncio.Task[Execution]) -> None:
        if reference.cancelled():
            super().cancel()
        elif (failure := reference.exception()) is not None:
            self.set_exception(failure)
        else:
            self.set_result(reference.result())
