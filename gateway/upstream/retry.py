"""When a call that failed is made again: never a write, never for long, never by everybody at once.

Waits grow exponentially with full jitter
(https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), and a budget keeps retries to a
share of all calls, so that a platform in trouble is not given several times its usual load.
"""

from collections.abc import Callable

import msgspec


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how soon.

    Attributes:
        attempts: at most, the first one included.
        wait_seconds: the bound of the first wait; each further bound is twice the one before.
        longest_wait_seconds: the bound of every wait, and the longest `Retry-After` that is waited for.
        budget_ratio: how many retries each call allows on average.
        budget_reserve: how many retries are allowed at once.
    """

    attempts: int
    wait_seconds: float
    longest_wait_seconds: float
    budget_ratio: float
    budget_reserve: int


class RetryBudget:
    """A bucket that every call fills a little and every retry empties by one."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._tokens = float(policy.budget_reserve)

    def called(self) -> None:
        """A call was made that was no retry."""
        self._tokens = min(self._tokens + self._policy.budget_ratio, float(self._policy.budget_reserve))

    def take(self) -> bool:
        """Whether a retry may be made; it is counted."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def backoff_seconds(policy: RetryPolicy, *, attempt: int, random: Callable[[], float]) -> float:
    """How long to wait after the failed `attempt` (from 1); `random` gives numbers from 0 to 1."""
    bound: float = min(policy.wait_seconds * 2 ** (attempt - 1), policy.longest_wait_seconds)
    return random() * bound
