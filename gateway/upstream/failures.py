"""What went wrong with a call, in the domain's terms: what every platform's failures have in common. Pure."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import msgspec

from gateway.domain.errors import (
    UpstreamBroken,
    UpstreamError,
    UpstreamThrottled,
    UpstreamTimeout,
    UpstreamUnavailable,
    UpstreamUnreachable,
)
from gateway.domain.vocabulary import PlatformKey
from gateway.upstream.transport import ConnectionFailed, HttpReply, TransportFailure, TransportTimeout

# Nobody is told to stay away for longer than this, whatever a platform says.
_LONGEST_WAIT = timedelta(days=1)


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why one attempt failed.

    Attributes:
        error: for whoever called.
        is_passing: whether the same attempt may well succeed a moment later.
        is_outage: whether it speaks against the platform's health.
    """

    error: UpstreamError
    is_passing: bool = False
    is_outage: bool = False


def of_transport(failure: TransportFailure, *, platform: PlatformKey, repeatable: bool) -> Failure:
    """No usable reply came."""
    may_have_acted = failure.may_have_arrived and not repeatable
    if isinstance(failure, TransportTimeout):
        # Not repeated: whoever waits has waited long enough.
        return Failure(error=UpstreamTimeout(platform, may_have_acted=may_have_acted), is_outage=True)
    if isinstance(failure, ConnectionFailed):
        error = UpstreamUnreachable(platform, may_have_acted=may_have_acted)
        return Failure(error=error, is_passing=True, is_outage=True)
    return Failure(error=UpstreamBroken(platform, may_have_acted=may_have_acted))


def of_status(reply: HttpReply, *, platform: PlatformKey, repeatable: bool, now: datetime) -> Failure | None:
    """What the statuses mean that are the same on every platform (RFC 9110, 15; RFC 6585, 4)."""
    may_have_acted = not repeatable
    match reply.status:
        case 429:
            throttled = UpstreamThrottled(platform, retry_at=retry_at(reply, now=now))
            return Failure(error=throttled, is_passing=True)
        case 502:
            # A proxy lost the platform's answer: the platform may have acted.
            lost = UpstreamUnreachable(platform, may_have_acted=may_have_acted)
            return Failure(error=lost, is_passing=True, is_outage=True)
        case 504:
            late = UpstreamTimeout(platform, may_have_acted=may_have_acted)
            return Failure(error=late, is_passing=True, is_outage=True)
        case status if status >= 500:
            failed = UpstreamUnavailable(
                platform, may_have_acted=may_have_acted, retry_at=retry_at(reply, now=now)
            )
            return Failure(error=failed, is_passing=status == 503, is_outage=True)
        case status if status < 200 or 300 <= status < 400:
            # A redirect could carry the credential to another host.
            return Failure(error=UpstreamBroken(platform, may_have_acted=may_have_acted))
    return None


def retry_at(reply: HttpReply, *, now: datetime) -> datetime | None:
    """`Retry-After` as a moment: seconds or an HTTP date (RFC 9110, 10.2.3); None where it is neither."""
    value = reply.headers.get("retry-after", "").strip()
    latest = now + _LONGEST_WAIT
    try:
        if value.isdecimal():
            return min(now + timedelta(seconds=int(value)), latest)
        moment = parsedate_to_datetime(value)
        return min((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC), latest)
    except ValueError:
        return None
    except OverflowError:
        return latest  # beyond what a datetime can say
