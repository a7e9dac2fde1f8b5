"""Work that nobody waits for any more is stopped."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.types import Receive

T = TypeVar("T")

_LONGEST_END_SECONDS = 0.05


class ClientGone(Exception):
    """The client has closed the connection before it had its answer."""


async def unless_gone(work: Awaitable[T], receive: Receive, *, stop: Callable[[], object]) -> T:
    """What comes of `work`, which is cancelled when the client goes away.

    Args:
        stop: ends what the work waits for, so that it comes to an end by itself where it can.
        receive: of a request whose body was read, so that only its end can still come.

    Raises:
        ClientGone: the client went away first.
    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_end_of_request(receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGone
        return working.result()
    finally:
        watching.cancel()
        stop()
        if not working.done():
            # Cancelled between two of its steps, graphql-core would leave some that nobody takes.
            await asyncio.wait({working}, timeout=_LONGEST_END_SECONDS)
        working.cancel()
        await asyncio.wait({working, watching})


async def _end_of_request(receive: Receive) -> None:
    # https://asgi.readthedocs.io/en/latest/specs/www.html#disconnect-receive-event
    while (await receive())["type"] != "http.disconnect":
        pass
