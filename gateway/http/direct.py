"""The way of a POST that asks for an operation: without ASGI, and without a task of its own.

The same endpoint answers it, with the same log, figures and header fields as on the way through ASGI.
"""

import asyncio
from collections.abc import Collection
from functools import lru_cache

import msgspec

from gateway.direct_http.port import STATUS_LINE, InProgress, lines
from gateway.engine.execution import Execution
from gateway.http import paths
from gateway.http.access_log import REQUEST_ID, AccessLog, Entry
from gateway.http.client_request import ClientRequest, Fields, RequestHead
from gateway.http.endpoint import CLIENT_GONE, Begun, GraphQLEndpoint, Posted
from gateway.http.response import JsonResponse
from gateway.http.security_headers import security_fields
from gateway.http.waiting import ClientGone

_FAMILIAR = 256


class DirectWay:
    """See `gateway.direct_http.port.AnswersAtOnce`.

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

    def read(self, *, fields: Fields, body: bytes) -> Posted | None:
        """See `AnswersAtOnce.read`."""
        if len(body) > self._max_body_bytes or self._access_log.needs_a_task or self._endpoint.charges:
            return None
        head = RequestHead(fields)
        if head.has_any(self._leave_alone):
            return None
        try:
            return self._endpoint.read_post(head, body)
        except Exception:  # noqa: BLE001 - it happens again on the other way, where it is logged
            return None

    def at_once(
        self, asked: Posted, *, scheme: str, client_host: str | None, server_fields: Fields
    ) -> tuple[bytes, ...] | InProgress | None:
        """See `AnswersAtOnce.at_once`."""
        entry = self._access_log.open(asked.head.field(REQUEST_ID))
        request = ClientRequest(
            head=asked.head,
            method="POST",
            scheme=scheme,
            client_host=client_host,
            request_id=entry.request_id,
        )
        try:
            response = self._endpoint.at_once(request, asked)
        except Exception as error:  # noqa: BLE001 - the last stop
            response = self._access_log.failed(error)
        if response is None:
            return None
        if isinstance(response, Begun):
            return _InProgress(self, entry, response, scheme)
        return self.whole(response, entry, scheme=scheme, server_fields=server_fields)

    def finish(self, begun: Begun, entry: Entry) -> JsonResponse | None:
        """What came of an operation; nothing, where its client has gone."""
        try:
            return self._endpoint.finish(begun)
        except ClientGone:
            self._close(entry, status=CLIENT_GONE)
            return None
        except asyncio.CancelledError:
            self._close(entry, status=0)
            raise
        except Exception as error:  # noqa: BLE001 - the last stop
            return self._access_log.failed(error)

    def whole(
        self, response: JsonResponse, entry: Entry, *, scheme: str, server_fields: Fields
    ) -> tuple[bytes, ...]:
        """The pieces of a response as they are sent; with this the request is over."""
        self._close(entry, status=response.status, turned_away=response.turns_away)
        if server_fields is not self._server_fields:  # they change once in a second
            self._server_fields, self._server_lines = server_fields, lines(server_fields)
        head = b"%b%bx-request-id: %b\r\ncontent-length: %d\r\n\r\n" % (
            _head(response.status, response.fields, scheme),
            self._server_lines,
            entry.request_id.encode(),
            response.length_bytes,
        )
        return (head, *response.pieces)

    def _close(self, entry: Entry, *, status: int, turned_away: bool = False) -> None:
        self._access_log.close(
            entry, method="POST", path=paths.GRAPHQL, status=status, turned_away=turned_away
        )


class _InProgress(msgspec.Struct, frozen=True):
    """See `gateway.direct_http.port.InProgress`."""

    way: DirectWay
    entry: Entry
    begun: Begun
    scheme: str

    @property
    def work(self) -> asyncio.Future[Execution]:
        return self.begun.underway.execution.work

    def response(self, server_fields: Fields) -> tuple[bytes, ...] | None:
        response = self.way.finish(self.begun, self.entry)
        if response is None:
            return None
        return self.way.whole(response, self.entry, scheme=self.scheme, server_fields=server_fields)

    def client_gone(self) -> None:
        self.begun.underway.execution.client_gone()


@lru_cache(_FAMILIAR)
def _head(status: int, fields: tuple[tuple[bytes, bytes], ...], scheme: str) -> bytes:
    """What is the same in many responses."""
    return STATUS_LINE[status] + lines(fields) + lines(security_fields(scheme))
