"""The time during which a request waits for at least one platform, whatever overlaps."""

import asyncio
import contextvars
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.telemetry.metrics import Metrics
from gateway.telemetry.upstream_wait import UpstreamWait, upstream_wait


@dataclass
class Clock:
    now: int = 1_000

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


Interval = tuple[int, int]
INTERVALS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda ends: (min(ends), max(ends))), max_size=12
)


def measure(intervals: list[Interval], *, until: int = 60) -> int:
    """Of the union, counted second by second."""
    return len({second for begin, end in intervals for second in range(begin, min(end, until))})


def waited(intervals: list[Interval], *, until: int = 60) -> float:
    clock = Clock()
    wait = UpstreamWait(clock=clock)
    for clock.now in range(until + 1):
        for _ in [begin for begin, _ in intervals if begin == clock.now]:
            wait.__enter__()
        for _ in [end for _, end in intervals if end == clock.now]:
            wait.__exit__(None, None, None)
    return wait.seconds


@given(intervals=INTERVALS)
def test_the_wait_is_the_measure_of_the_union(intervals: list[Interval]) -> None:
    assert waited(intervals) == measure(intervals)


@given(intervals=INTERVALS, moment=st.integers(0, 60))
def test_the_wait_so_far_is_known_at_any_moment(intervals: list[Interval], moment: int) -> None:
    assert waited(intervals, until=moment) == measure(intervals, until=moment)


# ---------------------------------------------------------------- whose wait it is


def seconds_of_overhead(metrics: Metrics) -> float:
    [line] = [
        line
        for line in metrics.render()[0].decode().splitlines()
        if line.startswith("accessgraph_overhead_seconds_sum")
    ]
    return float(line.rpartition(" ")[2])


async def call(*, begun: asyncio.Event, answered: asyncio.Event) -> None:
    with upstream_wait():
        begun.set()
        await answered.wait()


@pytest.mark.anyio
async def test_a_task_waits_for_the_operation_that_began_it(clock: Clock) -> None:
    metrics, begun, answered = Metrics(clock=clock), asyncio.Event(), asyncio.Event()
    measured = metrics.operation()
    task = asyncio.create_task(call(begun=begun, answered=answered))
    await begun.wait()
    clock.now += 10
    answered.set()
    await task
    clock.now += 3
    measured.ended("query")
    assert seconds_of_overhead(metrics) == 3


@pytest.mark.anyio
async def test_operations_at_once_do_not_mix_up_their_waits(clock: Clock) -> None:
    waiting, idle = Metrics(clock=clock), Metrics(clock=clock)
    begun, answered = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        measured = waiting.operation()
        await call(begun=begun, answered=answered)
        measured.ended("query")

    async def work() -> None:
        measured = idle.operation()
        await begun.wait()
        clock.now += 10
        answered.set()
        measured.ended("query")

    await asyncio.gather(wait(), work())
    assert (seconds_of_overhead(waiting), seconds_of_overhead(idle)) == (0, 10)


@pytest.mark.anyio
async def test_a_call_that_is_cancelled_is_waited_for_no_longer(clock: Clock) -> None:
    metrics, begun = Metrics(clock=clock), asyncio.Event()
    measured = metrics.operation()
    task = asyncio.create_task(call(begun=begun, answered=asyncio.Event()))
    await begun.wait()
    clock.now += 10
    task.cancel()
    await asyncio.wait([task])
    clock.now += 3
    measured.ended("query")
    assert seconds_of_overhead(metrics) == 3


@pytest.mark.anyio
async def test_a_call_that_outlives_its_operation_counts_up_to_its_end(clock: Clock) -> None:
    metrics, begun, answered = Metrics(clock=clock), asyncio.Event(), asyncio.Event()
    measured = metrics.operation()
    task = asyncio.create_task(call(begun=begun, answered=answered))
    await begun.wait()
    clock.now += 10
    measured.ended("mutation")
    answered.set()
    await task
    assert seconds_of_overhead(metrics) == 0


def test_outside_an_operation_nothing_is_measured(clock: Clock) -> None:
    def waiting_seconds() -> float:
        with upstream_wait() as nobody, upstream_wait():
            clock.now += 10
        return nobody.seconds

    assert contextvars.Context().run(waiting_seconds) == 0


def test_a_wait_after_an_operation_is_not_its_own(clock: Clock) -> None:
    metrics = Metrics(clock=clock)
    metrics.operation().ended("query")
    with upstream_wait():
        clock.now += 10
    assert seconds_of_overhead(metrics) == 0
