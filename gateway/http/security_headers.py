"""What browsers are told about every answer: not to guess, not to frame, not to run anything in it.

https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html. An answer that says something of
its own, as the explorer's page does, keeps it.
"""

from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.client_request import Fields

_FIELDS: Final = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
# Only where the browser came over TLS: over plain HTTP it must be ignored (RFC 6797, 7.2).
_FIELDS_OVER_TLS: Final = (*_FIELDS, (b"strict-transport-security", b"max-age=31536000"))


def security_fields(scheme: str) -> Fields:
    """The header fields of an answer over `http` or `https`."""
    return _FIELDS_OVER_TLS if scheme == "https" else _FIELDS


class SecurityHeaders:
    """Adds the headers to whatever the application answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = with_security_fields(message["headers"], scope["scheme"])
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)


def with_security_fields(fields: Iterable[tuple[bytes, bytes]], scheme: str) -> Fields:
    """The header fields of an answer with those that it does not say otherwise."""
    said = list(fields)
    names = {name.lower() for name, _ in said}
    return [*said, *(field for field in security_fields(scheme) if field[0] not in names)]
