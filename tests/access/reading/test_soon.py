"""access/reading/soon.py: values that are there at once, or come later."""

import asyncio
import gc

import pytest

from gateway.access.reading.soon import Soon, all_of, arrival, settled, then

pytestmark = pytest.mark.anyio


class Expected(Exception):
    """What may go wrong."""


@pytest.fixture
async def complaints() -> list[str]:
    """What asyncio would log of failures that nobody took."""
    found: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context["message"]))
    return found


def later() -> "asyncio.Future[int]":
    return asyncio.get_running_loop().create_future()


def double(number: int) -> int:
    return 2 * number


async def test_what_is_there_is_made_into_something_at_once() -> None:
    assert then(3, double) == 6


async def test_what_comes_later_is_made_into_something_when_it_has_come() -> None:
    source = later()
    made = then(source, double)
    assert isinstance(made, asyncio.Future)
    source.set_result(3)
    assert await made == 6


async def test_what_is_made_may_come_later_itself() -> None:
    source, further = later(), later()
    made = then(source, lambda _: further)
    source.set_result(1)
    further.set_result(7)
    assert await arrival(made) == 7


@pytest.mark.parametrize("fails", ["source", "making", "further"])
async def test_a_failure_on_the_way_is_the_ends(fails: str) -> None:
    source, further = later(), later()

    def make(_: int) -> Soon[int]:
        if fails == "making":
            raise Expected
        return further

    made = then(source, make)
    if fails == "source":
        source.set_exception(Expected())
    else:
        source.set_result(1)
        further.set_exception(Expected())
    with pytest.raises(Expected):
        await arrival(made)
    if fails != "further" and not further.done():
        further.cancel()
    if further.done() and not further.cancelled():
        further.exception()


async def test_a_failure_is_the_ends_also_where_nothing_was_waited_for() -> None:
    def make(_: int) -> int:
        raise Expected

    assert isinstance(await arrival(settled(then(3, make), Expected)), Expected)


async def test_cancelling_what_was_made_leaves_the_source_to_others() -> None:
    source = later()
    one, other = then(source, double), then(source, double)
    assert isinstance(one, asyncio.Future)
    one.cancel()
    source.set_result(4)
    assert await arrival(other) == 8


async def test_who_waits_can_be_cancelled_without_harm_to_the_source() -> None:
    source = later()
    waiting = asyncio.ensure_future(arrival(source))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert (waiting.cancelled(), source.cancelled()) == (True, False)


async def test_a_source_that_is_cancelled_cancels_what_was_to_be_made() -> None:
    source = later()
    made = then(source, double)
    source.cancel()
    with pytest.raises(asyncio.CancelledError):
        await arrival(made)


async def test_an_expected_failure_becomes_a_value() -> None:
    source = later()
    made = settled(source, Expected)
    source.set_exception(Expected())
    assert isinstance(await arrival(made), Expected)


async def test_another_failure_stays_one() -> None:
    source = later()
    made = settled(source, Expected)
    source.set_exception(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await arrival(made)


async def test_several_that_are_there_are_there_at_once() -> None:
    assert all_of([1, 2, 3]) == [1, 2, 3]


async def test_several_come_when_the_last_has_come_in_their_order() -> None:
    source = later()
    together = all_of([1, source, 3])
    source.set_result(2)
    assert await arrival(together) == [1, 2, 3]


async def test_a_failure_that_nobody_takes_is_not_complained_of(complaints: list[str]) -> None:
    source = later()
    then(source, double)
    settled(source, Expected)
    source.set_exception(ZeroDivisionError())
    source.exception()
    await asyncio.sleep(0)
    del source
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []
