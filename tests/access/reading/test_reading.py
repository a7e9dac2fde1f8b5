"""access/reading/request_reads.py, flights.py: each thing is read once, whoever asks for it or goes away."""

import asyncio

import pytest

from gateway.access.reading.snapshots import Read
from gateway.access.reading.soon import arrival
from gateway.domain.errors import UpstreamTimeout
from gateway.domain.vocabulary import PlatformKey, SourceState
from tests.access.reads import FAILURE, FRESH, Request, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world() -> World:
    return World()


async def value_of(
    request: Request, upstream_id: str, *, account: str = "mine"
) -> tuple[object, SourceState]:
    read = await arrival(request.get(upstream_id, account=account))
    assert isinstance(read, Read)
    return read.value, read.state


async def cancelled(task: "asyncio.Future[object]") -> None:
    task.cancel()
    await asyncio.wait({task})


async def test_what_is_asked_for_at_once_is_read_in_one_batch(world: World) -> None:
    request = world.request()
    answers = await asyncio.gather(*(value_of(request, one) for one in "abc"))
    assert (world.source.asked, [value for value, _ in answers]) == ([["a", "b", "c"]], ["a 1", "b 1", "c 1"])


async def test_what_is_in_memory_is_there_at_once(world: World) -> None:
    await value_of(world.request(), "a")
    found = world.request().get("a")
    assert isinstance(found, Read)
    assert (found.value, found.state) == ("a 1", SourceState.CACHED)


async def test_one_request_reads_nothing_twice_whatever_its_age_may_be(world: World) -> None:
    request = world.request(longest_age_seconds=0)
    first = await value_of(request, "a")
    world.clock.pass_seconds(3600)
    assert (first, await value_of(request, "a"), len(world.source.asked)) == (first, first, 1)


async def test_two_requests_at_once_share_one_read(world: World) -> None:
    answers = await asyncio.gather(*(value_of(world.request(), "a") for _ in range(5)))
    assert (len(world.source.asked), {value for value, _ in answers}) == (1, {"a 1"})


async def test_what_is_asked_for_while_a_batch_is_about_to_begin_gets_its_own_answer(world: World) -> None:
    """The library takes the keys some turns of the event loop before it reads them."""
    asking = []
    for number in range(20):
        asking.append(asyncio.ensure_future(value_of(world.request(), f"a{number}")))
        await asyncio.sleep(0)
    answers = [await one for one in asking]
    assert [value.split()[0] for value, _ in answers] == [f"a{number}" for number in range(20)]


async def test_two_accounts_never_share_a_read(world: World) -> None:
    await asyncio.gather(*(value_of(world.request(), "a", account=one) for one in ("mine", "yours")))
    assert world.source.asked == [["a"], ["a"]]


async def test_who_asks_for_what_is_new_does_not_join_an_older_read(world: World) -> None:
    world.source.hold()
    first = asyncio.ensure_future(value_of(world.request(), "a"))
    await world.source.begun.wait()
    second = asyncio.ensure_future(value_of(world.request(longest_age_seconds=0), "a"))
    await asyncio.sleep(0)
    world.source.open.set()
    await asyncio.gather(first, second)
    assert len(world.source.asked) == 2


async def test_who_asks_after_a_change_does_not_join_a_read_from_before_it(world: World) -> None:
    world.source.hold()
    before = asyncio.ensure_future(value_of(world.request(), "a"))
    await world.source.begun.wait()
    world.store.forget_project(PlatformKey.TESTOMATO, "a")
    after = asyncio.ensure_future(value_of(world.request(), "a"))
    await asyncio.sleep(0)
    world.source.open.set()
    await asyncio.gather(before, after)
    assert len(world.source.asked) == 2


async def test_a_read_that_one_of_two_has_left_goes_on_for_the_other(world: World) -> None:
    world.source.hold()
    one, other = world.request(), world.request()
    leaving = asyncio.ensure_future(value_of(one, "a"))
    staying = asyncio.ensure_future(value_of(other, "a"))
    await world.source.begun.wait()
    one.reading.close()
    await cancelled(leaving)
    world.source.open.set()
    assert ((await staying)[0], world.source.stopped) == ("a 1", 0)


async def test_a_read_that_all_have_left_is_stopped(world: World) -> None:
    world.source.hold()
    requests = [world.request(), world.request()]
    waiting = [asyncio.ensure_future(value_of(one, "a")) for one in requests]
    await world.source.begun.wait()
    for one, task in zip(requests, waiting, strict=True):
        one.reading.close()
        await cancelled(task)
    await asyncio.sleep(0)
    assert world.source.stopped == 1


async def test_a_batch_is_not_stopped_as_long_as_somebody_waits_for_any_of_it(world: World) -> None:
    world.source.hold()
    one, other = world.request(), world.request()
    leaving = asyncio.ensure_future(value_of(one, "a"))
    staying = asyncio.ensure_future(value_of(other, "b"))
    await world.source.begun.wait()
    one.reading.close()
    await cancelled(leaving)
    world.source.open.set()
    assert ((await staying)[0], world.source.asked) == ("b 1", [["a", "b"]])


async def test_who_comes_after_all_have_left_gets_a_read_of_its_own(world: World) -> None:
    world.source.hold()
    request = world.request()
    leaving = asyncio.ensure_future(value_of(request, "a"))
    await world.source.begun.wait()
    request.reading.close()
    await cancelled(leaving)
    world.source.open.set()
    assert (await value_of(world.request(), "a"))[0] == "a 2"


async def test_a_request_that_is_over_reads_no_more(world: World) -> None:
    request = world.request()
    request.reading.close()
    for _ in range(2):
        read = request.get("a")
        assert isinstance(read, asyncio.Future)
        assert read.cancelled()
    assert world.source.asked == []


async def test_one_failure_leaves_the_others_their_values(world: World) -> None:
    world.source.failing = {"b"}
    request = world.request()
    ends = await asyncio.gather(*(value_of(request, one) for one in "abc"), return_exceptions=True)
    assert ends[1] is FAILURE
    assert [end[0] for end in (ends[0], ends[2]) if isinstance(end, tuple)] == ["a 1", "c 1"]


async def test_a_failure_is_read_once_a_request_and_again_by_the_next(world: World) -> None:
    world.source.failing = {"a"}
    request = world.request()
    ends = [await asyncio.gather(value_of(request, "a"), return_exceptions=True) for _ in range(2)]
    world.source.failing = set()
    assert (ends, await value_of(world.request(), "a")) == ([[FAILURE]] * 2, ("a 2", SourceState.FRESH))


async def test_what_was_fresh_is_given_at_once_and_read_anew_for_the_next(world: World) -> None:
    await value_of(world.request(), "a")
    world.clock.pass_seconds(FRESH + 1)
    stale = await value_of(world.request(), "a")
    for _ in range(5):
        await asyncio.sleep(0)
    assert (stale, await value_of(world.request(), "a")) == (
        ("a 1", SourceState.STALE),
        ("a 2", SourceState.CACHED),
    )


async def test_what_was_said_is_given_where_reading_it_anew_fails(world: World) -> None:
    await value_of(world.request(), "a")
    world.clock.pass_seconds(300)
    world.source.failing = {"a"}
    read = await arrival(world.request().get("a"))
    assert isinstance(read, Read)
    assert (read.value, read.state, read.failure) == ("a 1", SourceState.STALE, FAILURE)


async def test_a_request_does_not_wait_for_longer_than_its_budget(world: World) -> None:
    world.source.hold()
    with pytest.raises(UpstreamTimeout):
        await arrival(world.request(budget_seconds=0.01).get("a"))


async def test_a_budget_that_is_used_up_lets_nothing_more_be_read(world: World) -> None:
    world.source.hold()
    request = world.request(budget_seconds=0.01)
    with pytest.raises(UpstreamTimeout):
        await arrival(request.get("a"))
    with pytest.raises(UpstreamTimeout):
        await arrival(request.get("b"))
    assert world.source.asked == [["a"]]


async def test_a_read_that_outlasts_one_requests_budget_goes_on_for_another(world: World) -> None:
    world.source.hold()
    patient = asyncio.ensure_future(value_of(world.request(), "a"))
    with pytest.raises(UpstreamTimeout):
        await arrival(world.request(budget_seconds=0.01).get("a"))
    world.source.open.set()
    assert (await patient)[0] == "a 1"


async def test_all_reads_are_stopped_when_the_gateway_ends(world: World) -> None:
    world.source.hold()
    waiting = asyncio.ensure_future(value_of(world.request(), "a"))
    await world.source.begun.wait()
    world.flights.close()
    await asyncio.sleep(0)
    await cancelled(waiting)
    assert world.source.stopped == 1


async def test_it_is_told_whether_what_was_looked_for_was_there(world: World) -> None:
    await value_of(world.request(), "a")
    await value_of(world.request(), "a")
    assert world.lookups == [False, True]


async def test_what_several_requests_want_anew_in_one_turn_is_asked_for_once(world: World) -> None:
    several = [world.request(longest_age_seconds=0) for _ in range(3)]
    answers = await asyncio.gather(*(value_of(one, upstream_id) for one in several for upstream_id in "ab"))
    assert (world.source.asked, [value for value, _ in answers]) == ([["a", "b"]], ["a 1", "b 1"] * 3)


async def test_what_is_read_within_is_used_by_what_is_made_around_it(world: World) -> None:
    request = world.request()
    await value_of(request, "a")

    def around() -> object:
        inner, of_inner = request.reading.used_by(lambda: request.get("a"))
        request.get("b")
        return inner, {key.upstream_id for key in of_inner}

    (_, of_inner), of_all = request.reading.used_by(around)
    assert (of_inner, {key.upstream_id for key in of_all}) == ({"a"}, {"a", "b"})
    request.get("c")
    assert {key.upstream_id for key in of_all} == {"a", "b"}


async def test_what_another_request_has_read_is_known_and_used(world: World) -> None:
    first, second = world.request(), world.request()
    await value_of(first, "a")
    _, reads = first.reading.used_by(lambda: first.get("a"))
    _, used = second.reading.used_by(lambda: second.reading.know(reads))
    assert (used, second.get("a") is first.get("a"), len(world.source.asked)) == (reads, True, 1)
