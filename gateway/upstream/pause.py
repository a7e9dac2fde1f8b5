"""What a platform's `Retry-After` asked of one caller, all of them keep to (RFC 9110, 10.2.3)."""

from collections.abc import Callable
from datetime import datetime


class Pause:
    """Until when a platform is not to be called; over until somebody is asked to wait.

    Args:
        now: the current moment in UTC.
    """

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._until: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """The end of the pause; None while there is none."""
        if self._until is not None and self._until <= self._now():
            self._until = None
        return self._until

    def left_seconds(self) -> float:
        """How long the pause still lasts; 0 while there is none."""
        until = self.until
        return 0.0 if until is None else (until - self._now()).total_seconds()

    def extend(self, until: datetime) -> None:
        """Wait until then, or longer where that was asked for before."""
        self._until = max(until, self._until or until)
