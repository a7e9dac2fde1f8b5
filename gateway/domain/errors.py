"""Failure is a value with a name.

    GatewayError
    ├── BadUserInput            the caller's argument cannot be used
    ├── Forbidden               the caller lacks a scope
    └── UpstreamError           a platform could not serve us
        ├── UpstreamUnreachable no connection, or it was lost
        ├── UpstreamTimeout     no complete answer in time
        ├── UpstreamUnavailable it said that it cannot serve now (5xx)
        │   └── UpstreamCircuitOpen  it has been failing, so it was not called
        ├── UpstreamThrottled   it said that we call too often
        ├── UpstreamDenied      it does not accept our credential, or the account may not do this
        ├── UpstreamRejected    it understood and said no
        │   └── UpstreamNotFound  … because there is no such thing
        └── UpstreamBroken      its answer could not be understood

The gateway's own words only: what a platform said never enters a message, since platforms echo
credentials (QuantConnect answers a bad signature with the hash that it was sent).
Raised by `gateway.upstream` (from sockets and status codes) and by each platform's `protocol.py` (from
reply bodies); told to clients by `gateway.graph.errors`.
"""

from datetime import datetime
from typing import ClassVar

from gateway.domain.vocabulary import PlatformKey


class GatewayError(Exception):
    """Anything that may be told to a client.

    Attributes:
        code: the public name of the failure, for `extensions.code`.
        message: one sentence for a person.
    """

    code: ClassVar[str]

    def __init__(self, message: str) -> None:
        """`message` is shown to clients: it must hold no upstream text and no secret."""
        super().__init__(message)
        self.message = message


class BadUserInput(GatewayError):
    """An argument cannot be used; nothing was done."""

    code = "BAD_USER_INPUT"


class Forbidden(GatewayError):
    """The caller may not do this."""

    code = "FORBIDDEN"

    def __init__(self, scope: str) -> None:
        """`scope` is what the caller lacks."""
        super().__init__(f"This needs the scope {scope}.")


class UpstreamError(GatewayError):
    """A platform could not serve us.

    Attributes:
        platform: whose failure it is.
        retryable: whether the same call may well succeed later.
        retry_at: the earliest useful moment (UTC), where the platform named one.
        may_have_acted: whether a write that failed so may have taken effect all the same.
    """

    retryable: ClassVar[bool]
    says: ClassVar[str]

    def __init__(
        self, platform: PlatformKey, *, may_have_acted: bool = False, retry_at: datetime | None = None
    ) -> None:
        """The message is made from the class's own sentence and the platform's key."""
        super().__init__(f"{platform.value}: {self.says}")
        self.platform = platform
        self.may_have_acted = may_have_acted
        self.retry_at = retry_at


class UpstreamUnreachable(UpstreamError):
    """No connection could be made, or it was lost before the answer was complete."""

    code = "UPSTREAM_UNREACHABLE"
    retryable = True
    says = "the platform cannot be reached."


class UpstreamTimeout(UpstreamError):
    """No complete answer arrived in the time allowed."""

    code = "UPSTREAM_TIMEOUT"
    retryable = True
    says = "the platform did not answer in time."


class UpstreamUnavailable(UpstreamError):
    """The platform answered that it cannot serve now (RFC 9110, 15.6)."""

    code = "UPSTREAM_UNAVAILABLE"
    retryable = True
    says = "the platform reports a failure of its own."


class UpstreamCircuitOpen(UpstreamUnavailable):
    """The platform has been failing, so nothing was sent to it."""

    says = "the platform has been failing; the gateway waits before it calls again."


class UpstreamThrottled(UpstreamError):
    """The platform wants fewer calls (RFC 6585, 4)."""

    code = "UPSTREAM_THROTTLED"
    retryable = True
    says = "the platform asks for fewer calls; try again later."


class UpstreamDenied(UpstreamError):
    """The platform does not accept the gateway's credential, or its account may not do this."""

    code = "UPSTREAM_DENIED"
    retryable = False
    says = "the platform denied access to the gateway's account."


class UpstreamRejected(UpstreamError):
    """The platform understood the call and refused it."""

    code = "UPSTREAM_REJECTED"
    retryable = False
    says = "the platform refused the request."


class UpstreamNotFound(UpstreamRejected):
    """The platform knows no such thing."""

    says = "the platform knows no such object."


class UpstreamBroken(UpstreamError):
    """The platform's answer could not be understood: a web page, cut-off JSON, another shape."""

    code = "UPSTREAM_BROKEN"
    retryable = True
    says = "the platform's answer could not be understood."
