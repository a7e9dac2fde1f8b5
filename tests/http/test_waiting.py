"""gateway/http/waiting.py: work is waited for until its deadline, and as long as its client is there."""

import asyncio
from collections.abc import Callable

import pytest

from gateway.http.waiting import ClientGone, Waiting
from gateway.timers import Timers

pytestmark = pytest.mark.anyio

SOON_SECONDS = 0.01
NEVER_SECONDS = 600.0

Work = asyncio.Future[str]


def waiting(work: Work, *, stop: Callable[[], object], seconds: float = NEVER_SECONDS) -> Waiting[str]:
    return Waiting(work, stop=stop, deadline_seconds=seconds, timers=Timers())


def new_work() -> Work:
    return asyncio.get_running_loop().create_future()


def nothing() -> None:
    """Stops nothing: the work goes on."""


async def test_what_came_of_it_is_told() -> None:
    work = new_work()
    waits = waiting(work, stop=nothing)
    asyncio.get_running_loop().call_soon(work.set_result, "done")
    await waits.over()
    assert waits.result() == "done"


async def test_what_it_failed_with_is_raised_by_the_result_only() -> None:
    work = new_work()
    waits = waiting(work, stop=nothing)
    work.set_exception(ValueError("no"))
    await waits.over()
    with pytest.raises(ValueError, match="no"):
        waits.result()


@pytest.mark.parametrize("came_of_it", ["a result", "a failure"])
async def test_at_its_deadline_it_is_stopped_whatever_comes_of_it_then(came_of_it: str) -> None:
    work = new_work()

    def stop() -> None:
        if came_of_it == "a result":
            work.set_result("late")
        else:
            work.set_exception(ValueError("stopped"))

    waits = waiting(work, stop=stop, seconds=SOON_SECONDS)
    await waits.over()
    with pytest.raises(TimeoutError):
        waits.result()


async def test_work_that_does_not_end_when_it_is_stopped_is_cancelled() -> None:
    work = new_work()
    waits = waiting(work, stop=nothing, seconds=SOON_SECONDS)
    await waits.over()
    assert work.cancelled()
    with pytest.raises(TimeoutError):
        waits.result()


async def test_what_is_waited_for_by_nobody_any_more_is_stopped_once() -> None:
    work, stops = new_work(), list[str]()

    def stop() -> None:
        stops.append("stopped")
        work.set_result("late")

    waits = waiting(work, stop=stop)
    waits.client_gone()
    waits.client_gone()
    await waits.over()
    with pytest.raises(ClientGone):
        waits.result()
    assert stops == ["stopped"]


async def test_what_came_first_is_the_reason() -> None:
    work = new_work()
    waits = waiting(work, stop=nothing, seconds=SOON_SECONDS)
    waits.client_gone()
    await waits.over()
    with pytest.raises(ClientGone):
        waits.result()


async def test_whoever_is_cancelled_while_waiting_cancels_the_work() -> None:
    work = new_work()
    waits = waiting(work, stop=nothing)
    waiter = asyncio.create_task(waits.over())
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.wait({waiter})
    assert work.cancelled()
    with pytest.raises(asyncio.CancelledError):
        waits.result()


async def test_a_deadline_that_is_not_needed_any_more_stops_nothing() -> None:
    work, stops, timers, later = new_work(), list[str](), Timers(), asyncio.Event()
    waits = Waiting(work, stop=lambda: stops.append("stopped"), deadline_seconds=SOON_SECONDS, timers=timers)
    timers.call_later(2 * SOON_SECONDS, later.set)
    work.set_result("done")
    await waits.over()
    waits.result()
    await later.wait()
    assert stops == []
