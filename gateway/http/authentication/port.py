"""What every way of authentication offers to the endpoint."""

from typing import Protocol

from gateway.domain.caller import ANYBODY, Caller


class Unauthenticated(Exception):
    """The request proves nobody's identity.

    Attributes:
        reason: for the client, without anything that it sent.
    """

    def __init__(self, reason: str) -> None:
        """`reason` is shown to the client."""
        super().__init__(reason)
        self.reason = reason


class Authentication(Protocol):
    """Tells who sent a request."""

    def caller_at_once(self, authorization: str) -> Caller | None:
        """The caller, where it takes no waiting to tell; see `caller`."""

    async def caller(self, authorization: str) -> Caller:
        """The caller that the request's `Authorization`, empty where there is none, proves.

        Raises:
            Unauthenticated: it proves nobody.
        """


class NoAuthentication:
    """Everybody is let in: for the loopback address, or behind something that checks.

    Args:
        everybody: as whom.
    """

    def __init__(self, *, everybody: Caller = ANYBODY) -> None:
        self._everybody = everybody

    def caller_at_once(self, authorization: str) -> Caller:  # noqa: ARG002 - the port's
        """Anybody."""
        return self._everybody

    async def caller(self, authorization: str) -> Caller:
        """Anybody."""
        return self.caller_at_once(authorization)


def bearer_token(authorization: str) -> str:
    """The token of `Authorization: Bearer …` (RFC 6750, 2.1).

    Raises:
        Unauthenticated: there is none.
    """
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.casefold() != "bearer" or not token:
        raise Unauthenticated("Send your key or token as `Authorization: Bearer …`.")
    return token
