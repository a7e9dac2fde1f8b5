"""Responses on their way out."""

import asyncio

# Pieces of less than this are put together: that takes less time than to hand them over one by one.
_LEAST_APART_BYTES = 16 * 1024


class Outbox:
    """Responses that leave together, at the end of the event loop's turn.

    Each write wakes its reader. Written one after the other, they find the readers of this machine awake;
    with the making of the next response between them, each would have to wake its own anew.

    Attributes:
        turn: changes with each sending.
    """

    def __init__(self) -> None:
        self.turn = 0
        self._responses: list[tuple[asyncio.Transport, tuple[bytes, ...]]] = []

    def put(
        self, transport: asyncio.Transport, pieces: tuple[bytes, ...], *, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Send a response with the others of this turn."""
        self._responses.append((transport, pieces))
        if len(self._responses) == 1:
            loop.call_soon(self.send)

    def send(self) -> None:
        """Send what there is now."""
        self.turn += 1
        responses, self._responses = self._responses, []
        for transport, pieces in responses:
            if transport.is_closing():
                continue  # its client has gone, in the same turn; the others are still there
            if sum(map(len, pieces)) > _LEAST_APART_BYTES:
                transport.writelines(pieces)
            else:
                transport.write(b"".join(pieces))
