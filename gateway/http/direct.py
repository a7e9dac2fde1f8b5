"""Operations that are answered at once: the way of a POST that needs neither ASGI nor to wait for anything.

The same endpoint answers them, with the same log, figures and header fields as on the way through ASGI.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import Any

import msgspec

from gateway.direct_http import STATUS_LINE, HandOver, lines
from gateway.http import paths
from gateway.http.access_log import REQUEST_ID, AccessLog, Entry
from gateway.http.client_request import ClientRequest, Fields
from gateway.http.endpoint import Begun, GraphQLEndpoint
from gateway.http.security_headers import security_fields

_FAMILIAR = 256


class DirectWay:
    """See `gateway.direct_http.AnswersAtOnce`.

    Args:
        max_body_bytes: longer bodies are refused, which is for the other way to do.
        leave_alone: requests with any of these header fields go the other way.
    """

    target = paths.GRAPHQL.encode()

    def __init__(
        self,
        endpoint: GraphQLEndpoint,
        access_log: AccessLog,
        *,
        max_body_bytes: int,
        leave_alone: Collection[bytes] = (),
    ) -> None:
        self._endpoint = endpoint
        self._access_log = access_log
        self._max_body_bytes = max_body_bytes
        self._leave_alone = frozenset(leave_alone)
        self._server_fields: Fields = ()
        self._server_lines = b""

    def at_once(
        self, *, fields: Fields, body: bytes, scheme: str, client_host: str | None, server_fields: Fields
    ) -> tuple[bytes, ...] | HandOver | None:
        """See `AnswersAtOnce.at_once`."""
        if len(body) > self._max_body_bytes or self._access_log.needs_a_task:
            return None
        request = ClientRequest(
            method="POST", fields=fields, query_string=b"", scheme=scheme, client_host=client_host
        )
        if request.has_any(self._leave_alone):
            return None
        entry = self._access_log.open(request.field(REQUEST_ID))
        request.request_id = entry.request_id
        try:
            response = self._endpoint.at_once(request, body)
        except Exception as error:  # noqa: BLE001 - the last stop
            response = self._access_log.failed(error)
        if response is None:
            return None
        if isinstance(response, Begun):
            return _Continued(entry, response)
        self._access_log.close(
            entry, method="POST", path=paths.GRAPHQL, status=response.status, turned_away=response.turns_away
        )
        if server_fields is not self._server_fields:  # they change once in a second
            self._server_fields, self._server_lines = server_fields, lines(server_fields)
        head = b"%b%bx-request-id: %b\r\ncontent-length: %d\r\n\r\n" % (
            _head(response.status, response.fields, scheme),
            self._server_lines,
            entry.request_id.encode(),
            response.length_bytes,
        )
        return (head, *response.pieces)


class _Continued(msgspec.Struct, frozen=True):
    """An operation that is waited for on the way through ASGI."""

    entry: Entry
    begun: Begun

    def hand_over(self, state: dict[str, Any]) -> None:
        self.entry.hand_over(state)
        self.begun.hand_over(state)


@lru_cache(_FAMILIAR)
def _head(status: int, fields: tuple[tuple[bytes, bytes], ...], scheme: str) -> bytes:
    """What is the same in many responses."""
    return STATUS_LINE[status] + lines(fields) + lines(security_fields(scheme))
