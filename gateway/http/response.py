"""Answers in JSON: https://graphql.github.io/graphql-over-http/draft/#sec-Response."""

from collections.abc import Mapping
from functools import lru_cache

import msgspec
from starlette.types import Send

from gateway.http.negotiation import GRAPHQL_RESPONSE
from gateway.http.request import RequestRefused

_FAMILIAR = 64
_NOT_MODIFIED = 304


class JsonResponse(msgspec.Struct, frozen=True):
    """An answer in JSON.

    Attributes:
        fields: its header fields without its length: names in lower case.
        pieces: of its content.
        turns_away: nothing was executed, whatever the status says: older clients get a 200 for that.
    """

    status: int
    fields: tuple[tuple[bytes, bytes], ...]
    pieces: tuple[bytes, ...]
    turns_away: bool

    @property
    def length_bytes(self) -> int:
        """Of its content."""
        return sum(map(len, self.pieces))

    async def send_to(self, send: Send) -> None:
        """As ASGI has it: https://asgi.readthedocs.io/en/latest/specs/www.html#response-start-send-event."""
        # What is not sent has no length (RFC 9110, 15.4.5).
        length = [] if self.status == _NOT_MODIFIED else [(b"content-length", b"%d" % self.length_bytes)]
        fields = [*self.fields, *length]
        await send({"type": "http.response.start", "status": self.status, "headers": fields})
        await send({"type": "http.response.body", "body": b"".join(self.pieces)})


def executed(pieces: tuple[bytes, ...], media_type: str) -> JsonResponse:
    """The answer of an operation that was executed, in the media type that was agreed on."""
    return JsonResponse(200, _fields(media_type), pieces, turns_away=False)


def not_executed(pieces: tuple[bytes, ...], media_type: str) -> JsonResponse:
    """The answer to an operation that cannot be executed: errors and no data."""
    status = 400 if media_type == GRAPHQL_RESPONSE else 200
    return JsonResponse(status, _fields(media_type), pieces, turns_away=True)


def refusal(refused: RequestRefused, media_type: str) -> JsonResponse:
    """Why a request was not taken, as one error without data."""
    error = {"message": refused.message, "extensions": {"code": refused.code}}
    return JsonResponse(
        refused.status if media_type == GRAPHQL_RESPONSE else refused.legacy_status,
        (*_fields(media_type), *_encoded(refused.headers)),
        (msgspec.json.encode({"errors": [error]}),),
        turns_away=refused.reason is not None,
    )


@lru_cache(_FAMILIAR)
def _fields(media_type: str) -> tuple[tuple[bytes, bytes], ...]:
    return _encoded({"Content-Type": f"{media_type}; charset=utf-8", "Cache-Control": "no-store"})


def _encoded(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())
