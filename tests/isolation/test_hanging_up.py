"""A client that hangs up in the middle: whenever it does, whatever was begun for it comes to an end."""

import asyncio
import gc
import warnings
from contextlib import suppress

import pytest

from gateway.sandbox.faults import Fault, FaultKind
from tests.isolation.accounts import Account
from tests.isolation.border import EVERYTHING, Border
from tests.isolation.visitors import QUESTIONS, Change
from tests.isolation.wire import Connection

pytestmark = pytest.mark.anyio

# As long as any answer takes, and as long as it takes until the gateway has noticed.
_MOST_TURNS = 300
_TURNS_TO_NOTICE = 30
_ASKED = [*QUESTIONS, Change(1)]


async def hang_up_after(turns: int, connection: Connection, body: bytes, headers: dict[str, str]) -> bool:
    """Whether the answer had not come by then."""
    asking = asyncio.create_task(connection.post("/graphql", body, headers=headers))
    for _ in range(turns):
        if asking.done():
            break
        await asyncio.sleep(0)
    came = asking.done()
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking
    for _ in range(_TURNS_TO_NOTICE):
        await asyncio.sleep(0)
    return not came


@pytest.mark.parametrize("in_trouble", [False, True], ids=["well", "in trouble"])
@pytest.mark.parametrize("number", range(len(_ASKED)))
async def test_whenever_a_client_hangs_up_no_step_is_left_that_nobody_takes(
    shared: Border, amber: Account, number: int, *, in_trouble: bool
) -> None:
    """Python complains of a coroutine that is never awaited, long after and far away."""
    asks = _ASKED[number]
    if in_trouble:
        # Then graphql-core answers, step by step.
        for sandbox in amber.sandboxes:
            sandbox.faults.add(Fault(kind=FaultKind.STATUS, status=503))
    is_change = isinstance(asks, Change)
    body = asks.body(amber) if is_change else asks.body(amber, by_hash=False, with_text=True)
    headers = {
        **amber.headers,
        "Authorization": f"Bearer {shared.keys.of(EVERYTHING)}",
        "Content-Type": "application/json",
        "Cache-Control": "no-cache",
    }
    url = shared.client.base_url
    connection = Connection(url.host, url.port or 0)
    failed_steps: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, step: failed_steps.append(step))
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        turns = 0
        while turns < _MOST_TURNS and await hang_up_after(turns, connection, body, headers):
            turns += 1
        gc.collect()
    connection.close()
    assert [str(complaint.message) for complaint in complaints] == []
    assert failed_steps == []
    assert turns > 3
