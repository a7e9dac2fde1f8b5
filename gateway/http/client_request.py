"""An HTTP request as it reached the gateway, whichever way it is answered."""

import ipaddress
from collections.abc import Sequence
from functools import cached_property
from typing import Self

import msgspec
from starlette.datastructures import Headers, QueryParams
from starlette.types import Receive, Scope

from gateway.http.waiting import ClientGone

Fields = Sequence[tuple[bytes, bytes]]
"""Header fields as they came: names in lower case, one entry a line."""


class RequestHead:
    """The header fields of a request.

    Attributes:
        fields: as they came.
    """

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self._by_name = dict(reversed(fields))

    def has_any(self, names: frozenset[bytes]) -> bool:
        """Whether there is a field with one of these names, which are in lower case."""
        return not names.isdisjoint(self._by_name)

    def field(self, name: bytes) -> str | None:
        """The value of the first field with this name, which is in lower case."""
        found = self._by_name.get(name)
        return None if found is None else found.decode("latin-1")

    @cached_property
    def headers(self) -> Headers:
        """By their names, in any case; of several lines the first one."""
        return Headers(raw=list(self.fields))


class ClientRequest(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One request without its body.

    Attributes:
        head: its header fields.
        scheme: `http` or `https`.
        client_host: the address that it comes from; None where the server does not know it.
        request_id: as in the log and in the answer's header.
    """

    head: RequestHead
    method: str
    query_string: bytes = b""
    scheme: str
    client_host: str | None
    request_id: str

    def __repr__(self) -> str:
        """Header fields hold credentials, and queries personal data."""
        return f"ClientRequest({self.method})"

    @classmethod
    def of_scope(cls, scope: Scope, *, request_id: str) -> Self:
        """As ASGI describes it: https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope."""
        client = scope.get("client")
        return cls(
            head=RequestHead(scope["headers"]),
            method=scope["method"],
            query_string=scope["query_string"],
            scheme=scope["scheme"],
            client_host=None if client is None else client[0],
            request_id=request_id,
        )

    def field(self, name: bytes) -> str | None:
        """The value of the first header field with this name, which is in lower case."""
        return self.head.field(name)

    @property
    def headers(self) -> Headers:
        """Its header fields by their names, in any case; of several lines the first one."""
        return self.head.headers

    @property
    def query_parameters(self) -> QueryParams:
        """Of the request's target."""
        return QueryParams(self.query_string)

    @property
    def is_confidential(self) -> bool:
        """Whether nobody between the client and the gateway can read it: TLS, or the same machine."""
        if self.scheme == "https":
            return True
        try:
            address = ipaddress.ip_address(self.client_host or "")
        except ValueError:
            return False
        # A socket for both kinds of address writes the old kind so (RFC 4291, 2.5.5.2).
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return (mapped or address).is_loopback


async def read_body(receive: Receive) -> bytes:
    """The whole body.

    Raises:
        ClientGone: it did not come.
    """
    pieces: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
