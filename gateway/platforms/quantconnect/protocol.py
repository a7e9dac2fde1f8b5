"""Sign a request and read a reply, without I/O.

Authentication: https://www.quantconnect.com/docs/v2/cloud-platform/api-reference/authentication.
Within the lifetime of its time stamp a captured header pair opens every endpoint, so neither header may
be logged.
"""

import base64
import hashlib
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import msgspec

from gateway.domain.errors import (
    UpstreamBroken,
    UpstreamDenied,
    UpstreamError,
    UpstreamRejected,
    UpstreamThrottled,
    UpstreamUnavailable,
)
from gateway.domain.vocabulary import PlatformKey
from gateway.platforms.quantconnect.wire import Envelope
from gateway.platforms.wire_struct import read_json
from gateway.upstream.transport import HttpReply

T = TypeVar("T")
Reply = TypeVar("Reply", bound=Envelope)

QUANTCONNECT = PlatformKey.QUANTCONNECT

# Beginnings and parts of complaints whose meaning is known, in lower case; there are no error codes.
_DENIED_BEGINNINGS = ("hash doesn't match", "userid not valid")
_THROTTLED_PARTS = ("slow down",)
_FAILURE_BEGINNINGS = ("internal error",)


def signed_headers(*, user_id: str, api_token: str, now: datetime) -> dict[str, str]:
    """The two headers that prove who calls, good for about two hours from `now`."""
    timestamp = str(int(now.timestamp()))
    digest = hashlib.sha256(f"{api_token}:{timestamp}".encode()).hexdigest()
    pair = base64.b64encode(f"{user_id}:{digest}".encode()).decode()
    return {"Authorization": f"Basic {pair}", "Timestamp": timestamp}


def read_reply(reply: HttpReply, shape: type[Reply]) -> Reply:
    """The reply's content as `shape`.

    Raises:
        UpstreamDenied: the credential is not accepted, whether said with 401, 403 or `success: false`.
        UpstreamThrottled: a "slow down" in words; there is no 429 in the documentation.
        UpstreamRejected: any other refusal.
        UpstreamBroken: not JSON, not an object, or not of this shape.
    """
    if reply.status in {401, 403}:
        raise UpstreamDenied(QUANTCONNECT)
    # The envelope is read apart only where the content cannot be: most replies are good.
    with suppress(UpstreamBroken):
        content = decode(reply.body, shape)
        if reply.status < 400 and content.is_good:
            return content
    envelope = decode(reply.body, Envelope)
    if not envelope.is_good or reply.status >= 400:
        raise _refusal(envelope.complaints)
    raise UpstreamBroken(QUANTCONNECT)


def decode(body: bytes | msgspec.Raw, shape: type[T]) -> T:
    """JSON, or a part of it that was left as it came, as `shape`.

    Raises:
        UpstreamBroken: not JSON, or not of this shape.
    """
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return read_json(body, shape)
    # Not raised while the parser's error is handled: that one can hold the body, and would stay attached.
    raise UpstreamBroken(QUANTCONNECT)


def _refusal(complaints: tuple[str, ...]) -> UpstreamError:
    texts = [complaint.casefold() for complaint in complaints]
    if any(text.startswith(_DENIED_BEGINNINGS) for text in texts):
        return UpstreamDenied(QUANTCONNECT)
    if any(part in text for text in texts for part in _THROTTLED_PARTS):
        return UpstreamThrottled(QUANTCONNECT)
    if any(text.startswith(_FAILURE_BEGINNINGS) for text in texts):
        return UpstreamUnavailable(QUANTCONNECT, may_have_acted=True)
    return UpstreamRejected(QUANTCONNECT)
