"""How the calls to one platform went lately."""

from collections.abc import Callable
from datetime import datetime

from gateway.domain.errors import UpstreamError
from gateway.domain.platform import PlatformHealth
from gateway.domain.vocabulary import PlatformStatus


class HealthRecord:
    """Remembers the last success and the failures since.

    Args:
        now: the current moment in UTC.
    """

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._last_success_at: datetime | None = None
        self._failing_since: datetime | None = None
        self._retry_at: datetime | None = None

    def succeeded(self) -> None:
        """A call was answered well, or refused on its merits: the platform works."""
        self._last_success_at = self._now()
        self._failing_since = None
        self._retry_at = None

    def failed(self, error: UpstreamError) -> None:
        """A call could not be served."""
        self._failing_since = self._failing_since or self._now()
        self._retry_at = error.retry_at

    def current(self) -> PlatformHealth:
        """The picture now; before the first call the platform is given the benefit of the doubt."""
        return PlatformHealth(
            status=PlatformStatus.DEGRADED if self._failing_since else PlatformStatus.UP,
            last_success_at=self._last_success_at,
            failing_since=self._failing_since,
            retry_at=self._retry_at,
        )
