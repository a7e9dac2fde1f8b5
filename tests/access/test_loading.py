"""gateway/access/loading.py: every read of a request is made once, whoever else asks for it or goes away."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.access.loading import SharedLoader, SharedReads, shared
from gateway.domain.errors import UpstreamError, UpstreamTimeout
from gateway.domain.vocabulary import PlatformKey

pytestmark = pytest.mark.anyio

FAILURE = UpstreamTimeout(PlatformKey.TESTOMATO)


class Source:
    """Where the loaders read: notes what it is asked for, and answers when it may.

    Attributes:
        failing: these keys fail.
    """

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.begun = asyncio.Event()
        self.open = asyncio.Event()
        self.failing: set[str] = set()

    async def many(self, keys: list[str]) -> list[str | UpstreamError]:
        self.asked.append(list(keys))
        self.begun.set()
        await self.open.wait()
        return [FAILURE if key in self.failing else key.upper() for key in keys]

    async def one(self, key: str) -> str:
        [answer] = await self.many([key])
        if isinstance(answer, UpstreamError):
            raise answer
        return answer


@pytest.fixture
async def held() -> Source:
    """A source that does not answer before it is opened."""
    return Source()


@pytest.fixture
async def source(held: Source) -> Source:
    """A source that answers at once."""
    held.open.set()
    return held


Load = Callable[[str], Awaitable[str]]


def loader_of(source: Source) -> Load:
    return SharedLoader(source.many).load


def reads_of(source: Source) -> Load:
    reads: SharedReads[str, str] = SharedReads()

    def load(key: str) -> Awaitable[str]:
        reads.begin(key, lambda: source.one(key))
        return reads.result(key)

    return load


BOTH_WAYS = pytest.mark.parametrize("made_of", [loader_of, reads_of])


@pytest.fixture
async def complaints() -> list[str]:
    """What asyncio says of exceptions that nobody took."""
    messages: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: messages.append(context["message"]))
    return messages


async def settled() -> None:
    """Let whatever is ready run, and what nobody holds any more be collected."""
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()


async def cancel(waiting: "asyncio.Future[Any]") -> None:
    waiting.cancel()
    await asyncio.wait({waiting})


# ---------------------------------------------------------------- in batches


async def test_keys_asked_for_at_once_are_read_in_one_batch(source: Source) -> None:
    load = loader_of(source)
    assert await asyncio.gather(load("a"), load("b"), load("c")) == ["A", "B", "C"]
    assert source.asked == [["a", "b", "c"]]


async def test_one_keys_failure_leaves_the_others_their_values(source: Source) -> None:
    source.failing = {"b"}
    load = loader_of(source)
    answers = await asyncio.gather(load("a"), load("b"), load("c"), return_exceptions=True)
    assert answers == ["A", FAILURE, "C"]


async def test_a_batch_that_breaks_fails_all_of_its_keys() -> None:
    async def broken(_: list[str]) -> list[str | UpstreamError]:
        raise ZeroDivisionError

    load = SharedLoader(broken).load
    answers = await asyncio.gather(load("a"), load("b"), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ZeroDivisionError] * 2


async def test_a_batch_of_the_wrong_length_gives_nobody_anothers_value() -> None:
    async def short(_: list[str]) -> list[str | UpstreamError]:
        return ["B"]

    load = SharedLoader(short).load
    answers = await asyncio.gather(load("a"), load("b"), return_exceptions=True)
    assert not any(isinstance(answer, str) for answer in answers)


async def test_what_is_known_is_not_read(source: Source) -> None:
    loader = SharedLoader(source.many)
    loader.prime("a", "known")
    assert (await loader.load("a"), source.asked) == ("known", [])


async def test_what_was_read_goes_before_what_is_known_later(source: Source) -> None:
    loader = SharedLoader(source.many)
    await loader.load("a")
    loader.prime("a", "known")
    assert await loader.load("a") == "A"


async def test_what_is_forgotten_is_read_again(source: Source) -> None:
    loader = SharedLoader(source.many)
    await loader.load("a")
    loader.forget("a")
    await loader.load("a")
    assert source.asked == [["a"], ["a"]]


async def test_what_was_never_read_can_be_forgotten(source: Source) -> None:
    SharedLoader(source.many).forget("a")
    SharedReads[str, str]().forget("a")
    assert source.asked == []


# ---------------------------------------------------------------- one by one


async def test_a_read_is_known_to_have_begun(source: Source) -> None:
    reads: SharedReads[str, str] = SharedReads()
    before = reads.has_begun("a")
    reads.begin("a", lambda: source.one("a"))
    assert (before, reads.has_begun("a"), reads.has_begun("b")) == (False, True, False)
    await reads.result("a")


async def test_a_read_that_is_forgotten_is_made_again(source: Source) -> None:
    reads: SharedReads[str, str] = SharedReads()
    for _ in range(2):
        reads.begin("a", lambda: source.one("a"))
        await reads.result("a")
        reads.forget("a")
    assert source.asked == [["a"], ["a"]]


# ---------------------------------------------------------------- once, whoever asks


@BOTH_WAYS
async def test_whoever_asks_at_once_shares_one_read(
    source: Source, made_of: Callable[[Source], Load]
) -> None:
    load = made_of(source)
    assert await asyncio.gather(load("a"), load("a"), load("a")) == ["A", "A", "A"]
    assert source.asked == [["a"]]


@BOTH_WAYS
async def test_whoever_asks_while_it_is_being_read_waits_for_it(
    held: Source, made_of: Callable[[Source], Load]
) -> None:
    load = made_of(held)
    first = asyncio.ensure_future(load("a"))
    await held.begun.wait()
    second = asyncio.ensure_future(load("a"))
    held.open.set()
    assert (await first, await second, held.asked) == ("A", "A", [["a"]])


@BOTH_WAYS
async def test_whoever_asks_later_gets_what_was_read(
    source: Source, made_of: Callable[[Source], Load]
) -> None:
    load = made_of(source)
    assert (await load("a"), await load("a"), source.asked) == ("A", "A", [["a"]])


@BOTH_WAYS
async def test_a_failure_too_is_read_once(source: Source, made_of: Callable[[Source], Load]) -> None:
    source.failing = {"a"}
    load = made_of(source)
    for _ in range(2):
        with pytest.raises(UpstreamTimeout):
            await load("a")
    assert source.asked == [["a"]]


# ---------------------------------------------------------------- whoever goes away


@BOTH_WAYS
async def test_a_waiter_that_is_cancelled_takes_nobody_along(
    held: Source, made_of: Callable[[Source], Load]
) -> None:
    load = made_of(held)
    first, second, third = (asyncio.ensure_future(load("a")) for _ in range(3))
    await held.begun.wait()
    await cancel(first)
    held.open.set()
    assert (first.cancelled(), await second, await third) == (True, "A", "A")


@BOTH_WAYS
async def test_a_read_that_everybody_left_is_there_for_who_comes_later(
    held: Source, made_of: Callable[[Source], Load]
) -> None:
    load = made_of(held)
    only = asyncio.ensure_future(load("a"))
    await held.begun.wait()
    await cancel(only)
    held.open.set()
    assert (await load("a"), held.asked) == ("A", [["a"]])


@BOTH_WAYS
async def test_a_failure_that_everybody_left_is_not_complained_of(
    held: Source, complaints: list[str], made_of: Callable[[Source], Load]
) -> None:
    held.failing = {"a"}
    only = asyncio.ensure_future(made_of(held)("a"))
    await held.begun.wait()
    await cancel(only)
    held.open.set()
    await settled()
    assert complaints == []


async def test_a_failure_that_nobody_ever_waited_for_is_not_complained_of(
    source: Source, complaints: list[str]
) -> None:
    source.failing = {"a"}
    SharedReads[str, str]().begin("a", lambda: source.one("a"))
    await settled()
    assert (source.asked, complaints) == ([["a"]], [])


async def test_a_shared_future_that_is_cancelled_cancels_its_waiters() -> None:
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(shared(future))
    await asyncio.sleep(0)
    future.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()
