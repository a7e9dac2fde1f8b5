"""gateway/timers.py."""

import asyncio
from collections.abc import Callable

import pytest

from gateway.timers import TICK_SECONDS, Timers

pytestmark = pytest.mark.anyio

SOON_SECONDS = 0.02
LATER_SECONDS = 30.0


async def ended(
    begin: Callable[[Timers, Callable[[str], Callable[[], None]]], object], *, after: int
) -> list[str]:
    """What went off, in its order, when so many have."""
    timers, told = Timers(), asyncio.Queue[str]()
    begin(timers, lambda word: lambda: told.put_nowait(word))
    async with asyncio.timeout(LATER_SECONDS):
        return [await told.get() for _ in range(after)]


async def test_a_timer_goes_off() -> None:
    assert await ended(lambda timers, tell: timers.call_later(SOON_SECONDS, tell("one")), after=1) == ["one"]


async def test_a_timer_goes_off_no_earlier_than_it_should() -> None:
    loop, timers, gone_off = asyncio.get_running_loop(), Timers(), asyncio.Event()
    timer = timers.call_later(SOON_SECONDS, gone_off.set)
    await gone_off.wait()
    assert loop.time() >= timer.when


async def test_timers_go_off_in_the_order_of_their_ticks() -> None:
    def begin(timers: Timers, tell: Callable[[str], Callable[[], None]]) -> None:
        for ticks in (6, 2, 4):
            timers.call_later(ticks * TICK_SECONDS, tell(str(ticks)))

    assert await ended(begin, after=3) == ["2", "4", "6"]


async def test_several_of_one_tick_all_go_off() -> None:
    def begin(timers: Timers, tell: Callable[[str], Callable[[], None]]) -> None:
        for number in range(3):
            timers.call_later(0, tell(str(number)))

    assert await ended(begin, after=3) == ["0", "1", "2"]


async def test_one_that_is_begun_when_another_goes_off_goes_off() -> None:
    def begin(timers: Timers, tell: Callable[[str], Callable[[], None]]) -> None:
        timers.call_later(SOON_SECONDS, lambda: timers.call_later(SOON_SECONDS, tell("second")))

    assert await ended(begin, after=1) == ["second"]


async def test_one_that_is_taken_back_does_not_go_off() -> None:
    def begin(timers: Timers, tell: Callable[[str], Callable[[], None]]) -> None:
        timers.call_later(SOON_SECONDS, tell("taken back")).cancel()
        timers.call_later(3 * SOON_SECONDS, tell("left"))

    assert await ended(begin, after=1) == ["left"]


async def test_one_that_another_of_the_same_tick_takes_back_does_not_go_off() -> None:
    def begin(timers: Timers, tell: Callable[[str], Callable[[], None]]) -> None:
        def take_back() -> None:
            second.cancel()

        timers.call_later(0, take_back)
        second = timers.call_later(0, tell("taken back"))
        timers.call_later(2 * SOON_SECONDS, tell("left"))

    assert await ended(begin, after=1) == ["left"]


async def test_one_that_fails_takes_no_other_along() -> None:
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: told.append(str(what["exception"])))

    def fail() -> None:
        raise ValueError("failed")

    def begin(timers: Timers, tell: Callable[[str], Callable[[], None]]) -> None:
        timers.call_later(0, fail)
        timers.call_later(0, tell("other"))

    assert (await ended(begin, after=1), told) == (["other"], ["failed"])


async def test_taking_one_back_after_it_went_off_does_nothing() -> None:
    timers, gone_off = Timers(), asyncio.Event()
    timer = timers.call_later(0, gone_off.set)
    await gone_off.wait()
    timer.cancel()
