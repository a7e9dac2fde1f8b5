"""gateway/upstream/slots.py: nobody waits for ever, and all wait equally long."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.slots import Slots
from tests.upstream.skipping_loop import skipping

pytestmark = pytest.mark.anyio


def taken(*, timeout_seconds: float = 10) -> Slots:
    """The slots of a platform that has one, and that is taken."""
    slots = Slots(1, timeout_seconds=timeout_seconds)
    assert slots.take_at_once()
    return slots


async def told_too_late(slots: Slots, *, coming_at: float = 0) -> float:
    """When whoever comes at some time is told that it is too late."""
    await asyncio.sleep(coming_at)
    with pytest.raises(TimeoutError):
        await slots.take()
    return asyncio.get_running_loop().time()


async def test_whoever_waits_too_long_is_told() -> None:
    with pytest.raises(TimeoutError):
        await taken(timeout_seconds=0.001).take()


async def test_whoever_waited_too_long_takes_no_slot_along() -> None:
    slots = taken(timeout_seconds=0.001)
    await told_too_late(slots)
    slots.give_back()
    assert slots.take_at_once()


async def test_whoever_waited_too_long_leaves_no_slot_that_it_had_not() -> None:
    slots = taken(timeout_seconds=0.001)
    await told_too_late(slots)
    assert not slots.take_at_once()


@given(st.lists(st.floats(min_value=0, max_value=30), min_size=1, max_size=8))
def test_everybody_waits_equally_long(coming: list[float]) -> None:
    async def wait() -> None:
        slots = taken()
        told = await asyncio.gather(*(told_too_late(slots, coming_at=at) for at in coming))
        assert told == pytest.approx([at + 10 for at in coming])

    skipping(wait())


def test_whoever_is_served_in_time_is_not_told_later() -> None:
    async def wait() -> None:
        slots = taken()
        waits = asyncio.create_task(slots.take())
        await asyncio.sleep(9)
        slots.give_back()
        await asyncio.sleep(9)
        assert waits.result() is None

    skipping(wait())


def test_whoever_comes_after_a_slot_was_free_waits_its_whole_time() -> None:
    async def wait() -> None:
        slots = taken()
        served = asyncio.create_task(slots.take())
        await asyncio.sleep(4)
        slots.give_back()
        await served
        slots.give_back()
        assert slots.take_at_once()
        assert await told_too_late(slots, coming_at=1) == pytest.approx(15)

    skipping(wait())


def test_whoever_goes_in_the_moment_when_it_is_too_late_leaves_no_slot_that_it_had_not() -> None:
    async def wait() -> None:
        slots = taken()
        going = asyncio.create_task(slots.take())
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_at(10, going.cancel)
        await asyncio.wait([going])
        assert going.cancelled()
        assert not slots.take_at_once()

    skipping(wait())


def test_one_timer_serves_all_who_wait() -> None:
    async def wait() -> None:
        slots = taken()
        await asyncio.gather(*(told_too_late(slots) for _ in range(100)))

    assert skipping(wait()).timers == [10]
