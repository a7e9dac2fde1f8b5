"""At most so many calls to a platform under way at once; whoever comes later waits in turn, and not for ever.

`asyncio.Semaphore` does the same, but with a timeout around it each wait costs as much as all the rest of the
way to the wire: here one timer serves all who wait, since all wait equally long.
"""

import asyncio
from collections import deque


class Slots:
    """The slots of one platform.

    Args:
        count: how many there are.
        timeout_seconds: how long one waits for a slot at most.
    """

    def __init__(self, count: int, *, timeout_seconds: float) -> None:
        self._free = count
        self._timeout_seconds = timeout_seconds
        self._waiting: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def take_at_once(self) -> bool:
        """Take a slot if one is free."""
        if self._free:
            self._free -= 1
            return True
        return False

    async def take(self) -> None:
        """Take a slot as soon as it is one's turn.

        Raises:
            TimeoutError: that is too late.
        """
        if self.take_at_once():
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append((loop.time() + self._timeout_seconds, turn))
        if self._timer is None:
            self._timer = loop.call_later(self._timeout_seconds, self._expire)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back()
            raise

    def give_back(self) -> None:
        """Give a slot to whoever has waited longest."""
        while self._waiting:
            _, turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._waiting:
            until, turn = self._waiting[0]
            if until > loop.time() and not turn.done():
                self._timer = loop.call_later(until - loop.time(), self._expire)
                return
            self._waiting.popleft()
            if not turn.done():
                turn.set_exception(TimeoutError())
