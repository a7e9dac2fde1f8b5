"""Answers in JSON: https://graphql.github.io/graphql-over-http/draft/#sec-Response."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from gateway.http.negotiation import GRAPHQL_RESPONSE
from gateway.http.request import RequestRefused


def json_response(
    body: Mapping[str, object], status: int, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """`body` in the media type that was agreed on."""
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        headers={
            "Content-Type": f"{media_type}; charset=utf-8",
            "Cache-Control": "no-store",
            **(headers or {}),
        },
    )


def refusal(refused: RequestRefused, media_type: str) -> Response:
    """Why a request was not taken, as one error without data."""
    error = {"message": refused.message, "extensions": {"code": refused.code}}
    status = refused.status if media_type == GRAPHQL_RESPONSE else refused.legacy_status
    return json_response({"errors": [error]}, status, media_type, refused.headers)
