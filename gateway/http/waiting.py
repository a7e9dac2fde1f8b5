"""Work that is waited for until its deadline, and only as long as its client is there.

Where either ends, what the work itself waits for is stopped, so that it comes to an end by itself where it
can: cancelled between two of its steps, graphql-core would leave some that nobody takes. Only where that does
not help it is cancelled.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

from starlette.types import Receive

from gateway.timers import Timers

T = TypeVar("T")

_LONGEST_END_SECONDS = 0.05


class ClientGone(Exception):
    """The client has closed the connection before it had its answer."""


class Waiting(Generic[T]):
    """One piece of work.

    Args:
        stop: ends what the work waits for.
        deadline_seconds: for the work, from the moment when it is waited for.
        timers: one of them is for the deadline.
    """

    __slots__ = ("_deadline_seconds", "_ended_by", "_insistence", "_stop", "_task", "_timers", "_work")

    def __init__(
        self,
        work: Coroutine[None, None, T],
        *,
        stop: Callable[[], object],
        deadline_seconds: float,
        timers: Timers,
    ) -> None:
        self._work = work
        self._stop = stop
        self._deadline_seconds = deadline_seconds
        self._ended_by: type[ClientGone | TimeoutError] | None = None
        self._task: asyncio.Task[object] | None = None
        self._timers = timers
        self._insistence: asyncio.TimerHandle | None = None

    async def result(self) -> T:
        """What comes of the work.

        Raises:
            ClientGone: the client went away first.
            TimeoutError: it took too long.
        """
        self._task = asyncio.current_task()
        deadline = self._timers.call_later(self._deadline_seconds, lambda: self._end(TimeoutError))
        try:
            if self._ended_by is not None:  # before it was waited for
                self._end_soon()
            result = await self._work
            if self._ended_by is not None:
                raise self._ended_by
        except asyncio.CancelledError:
            if self._ended_by is None or self._task is None:
                raise
            self._task.uncancel()
            raise self._ended_by from None
        else:
            return result
        finally:
            deadline.cancel()
            if self._insistence is not None:
                self._insistence.cancel()

    def client_gone(self) -> None:
        """Nobody waits for it any more."""
        self._end(ClientGone)

    def _end(self, why: type[ClientGone | TimeoutError]) -> None:
        if self._ended_by is None:
            self._ended_by = why
            self._stop()
            if self._task is not None:
                self._end_soon()

    def _end_soon(self) -> None:
        if self._task is not None:
            loop = asyncio.get_running_loop()
            self._insistence = loop.call_later(_LONGEST_END_SECONDS, self._task.cancel)


async def until_disconnect(receive: Receive, waiting: Waiting[T]) -> None:
    """Tell of the client's end, as ASGI does.

    Args:
        receive: of a request whose body was read, so that only its end can still come.
    """
    # https://asgi.readthedocs.io/en/latest/specs/www.html#disconnect-receive-event
    while (await receive())["type"] != "http.disconnect":
        pass
    waiting.client_gone()
