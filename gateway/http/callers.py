"""Who sent a request, and what they may still ask for in this minute."""

from gateway.domain.caller import ANYBODY, Caller
from gateway.http.authentication.port import Authentication, Unauthenticated
from gateway.http.client_request import ClientRequest
from gateway.http.rate_limit import RateLimit, RateLimited
from gateway.http.request import RequestRefused
from gateway.telemetry.metrics import Rejection


class Callers:
    """Knows callers.

    Args:
        authentication: tells who sent a request.
        rate_limit: how much one caller may ask for; None sets no limit.
    """

    def __init__(self, authentication: Authentication, *, rate_limit: RateLimit | None) -> None:
        self._authentication = authentication
        self._rate_limit = rate_limit

    @property
    def charges(self) -> bool:
        """Whether callers have a limit, for which `charge` must be awaited."""
        return self._rate_limit is not None

    async def caller(self, request: ClientRequest) -> Caller:
        """Who sent it.

        Raises:
            RequestRefused: it proves nobody's identity.
        """
        try:
            return await self._authentication.caller(request.field(b"authorization") or "")
        except Unauthenticated as unauthenticated:
            raise _refused(unauthenticated) from None

    def caller_at_once(self, authorization: str) -> Caller | None:
        """The caller, where it takes no waiting to tell.

        Raises:
            RequestRefused: nobody's identity is proved.
        """
        try:
            return self._authentication.caller_at_once(authorization)
        except Unauthenticated as unauthenticated:
            raise _refused(unauthenticated) from None

    async def charge(self, request: ClientRequest, caller: Caller, *, points: int) -> None:
        """Take the points from the caller's.

        Raises:
            RequestRefused: there are not enough.
        """
        if self._rate_limit is None:
            return
        try:
            await self._rate_limit.charge(_key(request, caller), points=points)
        except RateLimited as limited:
            seconds = limited.retry_after_seconds
            raise RequestRefused(
                429,
                f"The points of this minute are used up; try again in {seconds} seconds.",
                code="RATE_LIMITED",
                reason=Rejection.RATE_LIMITED,
                headers={"Retry-After": str(seconds)},
            ) from None


def _refused(unauthenticated: Unauthenticated) -> RequestRefused:
    return RequestRefused(
        401,
        unauthenticated.reason,
        code="UNAUTHENTICATED",
        reason=Rejection.UNAUTHENTICATED,
        # RFC 9110, 11.6.1
        headers={"WWW-Authenticate": "Bearer"},
    )


def _key(request: ClientRequest, caller: Caller) -> str:
    """The caller; where nobody is asked who they are, the address that the request comes from."""
    if caller.id != ANYBODY.id or request.client_host is None:
        return caller.id
    return f"address:{request.client_host}"
