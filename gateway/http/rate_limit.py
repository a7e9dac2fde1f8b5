"""How much one caller may ask for in a minute, counted in cost points and not in requests."""

import math
import time


class RateLimited(Exception):
    """The caller has used up the points of this minute.

    Attributes:
        retry_after_seconds: when there are some again.
    """

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class RateLimit:
    """Counts the points of each key, which stands for a caller, over a sliding minute, in this process."""

    def __init__(self, *, points_per_minute: int) -> None:
        # Most gateways have no limit, and the library takes long to load.
        from limits import RateLimitItemPerMinute  # noqa: PLC0415
        from limits.aio.storage import MemoryStorage  # noqa: PLC0415
        from limits.aio.strategies import SlidingWindowCounterRateLimiter  # noqa: PLC0415

        self._item = RateLimitItemPerMinute(points_per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def charge(self, key: str, *, points: int) -> None:
        """Take `points` from what is left under `key`; what costs more than a minute's takes all of them.

        Raises:
            RateLimited: there are not enough.
        """
        if await self._limiter.hit(self._item, key, cost=min(max(points, 1), self._item.amount)):
            return
        window = await self._limiter.get_window_stats(self._item, key)
        wait_seconds = max(1, math.ceil(window.reset_time - time.time()))
        raise RateLimited(retry_after_seconds=wait_seconds)
