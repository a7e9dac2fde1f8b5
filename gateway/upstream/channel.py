"""One platform's way out: every call to it goes through here.

A platform folder describes a call (how to make the request, how to read the reply, whether it may be
repeated); the channel keeps to the concurrency cap, carries it, names what went wrong in the domain's
terms, and remembers how it went.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Generic, TypeVar

import structlog

from gateway.domain.errors import (
    UpstreamBroken,
    UpstreamError,
    UpstreamRejected,
    UpstreamThrottled,
    UpstreamTimeout,
    UpstreamUnavailable,
    UpstreamUnreachable,
)
from gateway.domain.platform import PlatformHealth
from gateway.domain.vocabulary import PlatformKey
from gateway.upstream.health import HealthRecord
from gateway.upstream.settings import UpstreamSettings
from gateway.upstream.transport import (
    ConnectionFailed,
    HttpReply,
    HttpRequest,
    Transport,
    TransportFailure,
    TransportLimits,
    TransportTimeout,
)

T = TypeVar("T")

log = structlog.get_logger("gateway.upstream")

# Nobody means more than this by "later", and a platform's slip must not shut it out for years.
_LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One call, described.

    Attributes:
        operation: the endpoint's name for logs; never holds an id or other value.
        repeatable: whether sending it twice does no more than sending it once.
        prepare: makes the request afresh for each attempt (signatures carry the time).
        read: turns a reply below status 500 into the answer, or raises `UpstreamError`.
    """

    operation: str
    repeatable: bool
    prepare: Callable[[], HttpRequest]
    read: Callable[[HttpReply], T]


class UpstreamChannel:
    """The way to one platform.

    Args:
        transport: carries the requests; opened and closed by whoever made it.
        now: the current moment in UTC.
    """

    def __init__(
        self,
        *,
        platform: PlatformKey,
        settings: UpstreamSettings,
        transport: Transport,
        now: Callable[[], datetime],
    ) -> None:
        self._platform = platform
        self._transport = transport
        self._now = now
        self._health = HealthRecord(now=now)
        self._slots = asyncio.Semaphore(settings.max_concurrent_calls)
        self._limits = TransportLimits(
            connect_timeout_seconds=settings.connect_timeout_seconds,
            total_timeout_seconds=settings.call_timeout_seconds,
            max_reply_bytes=settings.max_reply_bytes,
        )

    def health(self) -> PlatformHealth:
        """How the calls went lately."""
        return self._health.current()

    async def call(self, call: Call[T]) -> T:
        """Send `call` once and read its answer.

        Raises:
            UpstreamError: the call could not be served; `may_have_acted` is true only for a call that is
                not repeatable and may have reached the platform.
        """
        started = time.monotonic()
        try:
            async with self._slots:
                reply = await self._transport.send(call.prepare(), self._limits)
            self._check_status(reply, repeatable=call.repeatable)
            answer = call.read(reply)
        except TransportFailure as failure:
            error = self._named(failure, repeatable=call.repeatable)
            self._note(call, error, started)
            raise error from None
        except UpstreamError as error:
            in_doubt = error.may_have_acted or isinstance(error, UpstreamBroken)
            error.may_have_acted = in_doubt and not call.repeatable
            self._note(call, error, started)
            raise
        self._health.succeeded()
        return answer

    def _note(self, call: Call[T], error: UpstreamError, started: float) -> None:
        if isinstance(error, UpstreamRejected):
            self._health.succeeded()
            return
        self._health.failed(error)
        log.warning(
            "upstream call failed",
            platform=self._platform.value,
            operation=call.operation,
            code=error.code,
            seconds=round(time.monotonic() - started, 3),
        )

    def _named(self, failure: TransportFailure, *, repeatable: bool) -> UpstreamError:
        may_have_acted = failure.may_have_arrived and not repeatable
        if isinstance(failure, TransportTimeout):
            return UpstreamTimeout(self._platform, may_have_acted=may_have_acted)
        if isinstance(failure, ConnectionFailed):
            return UpstreamUnreachable(self._platform, may_have_acted=may_have_acted)
        return UpstreamBroken(self._platform, may_have_acted=may_have_acted)

    def _check_status(self, reply: HttpReply, *, repeatable: bool) -> None:
        """The statuses that mean the same on every platform (RFC 9110, 15; RFC 6585, 4)."""
        if reply.status == 429:
            raise UpstreamThrottled(self._platform, retry_at=self._retry_at(reply))
        if reply.status == 502:
            # A proxy lost the platform's answer: the platform may have acted.
            raise UpstreamUnreachable(self._platform, may_have_acted=not repeatable)
        if reply.status == 504:
            raise UpstreamTimeout(self._platform, may_have_acted=not repeatable)
        if reply.status >= 500:
            raise UpstreamUnavailable(
                self._platform, may_have_acted=not repeatable, retry_at=self._retry_at(reply)
            )
        if 300 <= reply.status < 400 or reply.status < 200:
            # A redirect could carry the credential to another host.
            raise UpstreamBroken(self._platform)

    def _retry_at(self, reply: HttpReply) -> datetime | None:
        """`Retry-After` as a moment: seconds or an HTTP date (RFC 9110, 10.2.3); None where it is neither."""
        value = reply.headers.get("retry-after", "").strip()
        latest = self._now() + _LONGEST_WAIT
        try:
            if value.isdecimal():
                return min(self._now() + timedelta(seconds=int(value)), latest)
            moment = parsedate_to_datetime(value)
            return min((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC), latest)
        except ValueError:
            return None
        except OverflowError:
            return latest  # beyond what a datetime can say
