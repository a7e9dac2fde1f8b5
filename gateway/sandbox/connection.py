"""Connections that an application can cut off.

ASGI has no word for "hang up without an answer", so the transport travels in the request's state.
"""

import asyncio
import socket
import struct

from starlette.types import Receive, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TRANSPORT = "sandbox.transport"
_LINGER_NOT = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close() sends RST, see socket(7)


class BreakableConnection(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which lets the application reach the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put the transport where every request of this connection finds it (uvicorn copies the state)."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _TRANSPORT: transport}


def transport_of(scope: Scope) -> asyncio.Transport:
    """The connection on which a request came.

    Raises:
        RuntimeError: the application is not served with `BreakableConnection`.
    """
    transport = scope.get("state", {}).get(_TRANSPORT)
    if transport is None:
        raise RuntimeError("this fault needs a real socket: serve the application with BreakableConnection")
    return transport  # type: ignore[no-any-return]


async def cut(scope: Scope, receive: Receive) -> None:
    """Reset the connection: the client gets RST, whatever was still to be sent is lost."""
    transport = transport_of(scope)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()
    await _until_gone(receive)


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Close the connection in good order (FIN) after what was sent, complete or not."""
    transport_of(scope).close()
    await _until_gone(receive)


async def _until_gone(receive: Receive) -> None:
    """Wait until uvicorn knows of the loss: before that it would report a missing answer as our mistake."""
    while (await receive())["type"] != "http.disconnect":
        pass
