"""What every way of authentication offers to the endpoint."""

from typing import Protocol

from starlette.datastructures import Headers

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

    async def caller(self, headers: Headers) -> Caller:
        """The caller that `headers` prove.

        Raises:
            Unauthenticated: they prove nobody.
        """


class NoAuthentication:
    """Everybody is let in: for the loopback address, or behind something that checks.

    Args:
        everybody: as whom.
    """

    def __init__(self, *, everybody: Caller = ANYBODY) -> None:
        self._everybody = everybody

    async def caller(self, headers: Headers) -> Caller:  # noqa: ARG002 - the port's
        """Anybody."""
        return self._everybody


def bearer_token(headers: Headers) -> str:
    """The token of `Authorization: Bearer …` (RFC 6750, 2.1).

    Raises:
        Unauthenticated: there is none.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.casefold() != "bearer" or not token:
        raise Unauthenticated("Send your key or token as `Authorization: Bearer …`.")
    return token
