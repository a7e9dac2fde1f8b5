"""Work that is waited for until its deadline, and only as long as its client is there.

Where either ends, what the work itself waits for is stopped, so that it comes to an end by itself where it
can: cancelled between two of its steps, graphql-core would leave some that nobody takes. Only where that does
not help it is cancelled.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec
from starlette.types import Receive

from gateway.timers import Timer, Timers

T = TypeVar("T")

_LONGEST_END_SECONDS = 0.05


class ClientGone(Exception):
    """The client has closed the connection before it had its answer."""


class Waiting(msgspec.Struct, Generic[T], eq=False):
    """One piece of work, from now on.

    Attributes:
        work: what is waited for.
        stop: ends what the work itself waits for.
        deadline_seconds: for the work.
        timers: one of them is for the deadline.
    """

    work: asyncio.Future[T]
    stop: Callable[[], object]
    deadline_seconds: float
    timers: Timers
    _deadline: Timer | None = None
    _insistence: Timer | None = None
    _ended_by: type[ClientGone | TimeoutError] | None = None

    def __post_init__(self) -> None:
        """The time runs."""
        self._deadline = self.timers.call_later(self.deadline_seconds, self._too_late)

    def __repr__(self) -> str:
        """What comes of the work is personal data."""
        return "Waiting(…)"

    async def over(self) -> None:
        """Wait until the work is done; who stops waiting for it stops it."""
        with suppress(Exception, asyncio.CancelledError):  # `result` tells
            await self.work

    def result(self) -> T:
        """What came of the work, which is done.

        Raises:
            ClientGone: the client went away first.
            TimeoutError: it took too long.
            CancelledError: it was cancelled.
        """
        if self._deadline is not None:
            self._deadline.cancel()
        if self._insistence is not None:
            self._insistence.cancel()
        if self._ended_by is None:
            return self.work.result()
        if not self.work.cancelled():
            self.work.exception()  # taken, so that asyncio does not log it
        raise self._ended_by

    def client_gone(self) -> None:
        """Nobody waits for it any more."""
        self._end(ClientGone)

    def _too_late(self) -> None:
        self._end(TimeoutError)

    def _end(self, why: type[ClientGone | TimeoutError]) -> None:
        if self._ended_by is None:
            self._ended_by = why
            self.stop()
            self._insistence = self.timers.call_later(_LONGEST_END_SECONDS, self._insist)

    def _insist(self) -> None:
        self.work.cancel()


async def until_disconnect(receive: Receive, waiting: Waiting[T]) -> None:
    """Tell of the client's end, as ASGI does.

    Args:
        receive: of a request whose body was read, so that only its end can still come.
    """
    # https://asgi.readthedocs.io/en/latest/specs/www.html#disconnect-receive-event
    while (await receive())["type"] != "http.disconnect":
        pass
    waiting.client_gone()
