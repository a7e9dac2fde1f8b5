"""What the channel does about failures: try again, keep away, wait its turn (gateway/upstream/channel.py)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.errors import (
    UpstreamCircuitOpen,
    UpstreamError,
    UpstreamThrottled,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from gateway.domain.vocabulary import PlatformStatus
from gateway.upstream.channel import Call, UpstreamChannel, Waiting
from gateway.upstream.transport import (
    ConnectionFailed,
    HttpReply,
    HttpRequest,
    TransportFailure,
    TransportLimits,
    TransportTimeout,
)

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
Outcome = HttpReply | TransportFailure
ChannelThrough = Callable[..., UpstreamChannel]


def reply(status: int, **headers: str) -> HttpReply:
    return HttpReply(
        status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=b"ok"
    )


GOOD = reply(200)
LOST = ConnectionFailed(may_have_arrived=True)


@dataclass
class World:
    """A platform that answers as it is told, on a clock that only waiting moves."""

    outcomes: list[Outcome] = field(default_factory=list)
    sent: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    async def send(self, _: HttpRequest, __: TransportLimits) -> HttpReply:
        self.sent += 1
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, TransportFailure):
            raise outcome
        return outcome

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    @property
    def waiting(self) -> Waiting:
        return Waiting(monotonic=lambda: self.seconds, sleep=self.sleep, chance=lambda: 1.0)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def channel(world: World, channel_through: ChannelThrough) -> Callable[..., UpstreamChannel]:
    def make(*outcomes: Outcome, **settings: object) -> UpstreamChannel:
        world.outcomes = list(outcomes)
        given = {"retry_attempts": 3, "breaker_least_calls": 4, **settings}
        return channel_through(world.send, now=world.now, waiting=world.waiting, **given)

    return make


def call_that(*, repeatable: bool = True) -> Call[bytes]:
    return Call(
        operation="read",
        repeatable=repeatable,
        prepare=lambda: HttpRequest(method="GET", url="https://host/"),
        read=lambda answer: answer.body,
    )


async def failure_of(call: Awaitable[bytes]) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        await call
    return caught.value


async def fail(channel: UpstreamChannel, times: int) -> None:
    for _ in range(times):
        await failure_of(channel.call(call_that(repeatable=False)))


# ---------------------------------------------------------------- trying again


@pytest.mark.parametrize("passing", [LOST, reply(502), reply(503), reply(504), reply(429)])
async def test_a_failure_that_may_pass_is_tried_again(
    world: World, channel: ChannelThrough, passing: Outcome
) -> None:
    assert await channel(passing, passing, GOOD).call(call_that()) == b"ok"
    assert world.sent == 3


@pytest.mark.parametrize("lasting", [TransportTimeout(may_have_arrived=True), reply(500), reply(302)])
async def test_a_failure_that_will_not_pass_is_not_tried_again(
    world: World, channel: ChannelThrough, lasting: Outcome
) -> None:
    await failure_of(channel(lasting).call(call_that()))
    assert world.sent == 1


@pytest.mark.parametrize("passing", [LOST, reply(502), reply(503), reply(504), reply(429)])
async def test_a_write_is_never_tried_again(world: World, channel: ChannelThrough, passing: Outcome) -> None:
    await failure_of(channel(passing).call(call_that(repeatable=False)))
    assert world.sent == 1


async def test_after_the_last_attempt_the_failure_is_told(world: World, channel: ChannelThrough) -> None:
    assert isinstance(await failure_of(channel(LOST).call(call_that())), UpstreamUnreachable)
    assert world.sent == 3


async def test_the_waits_grow(world: World, channel: ChannelThrough) -> None:
    await failure_of(channel(LOST, retry_wait_seconds=0.2).call(call_that()))
    assert world.waits == pytest.approx([0.2, 0.4])


async def test_an_empty_budget_allows_no_retry(world: World, channel: ChannelThrough) -> None:
    tired = channel(LOST, retry_budget_reserve=1, retry_budget_ratio=0, breaker_least_calls=1000)
    await failure_of(tired.call(call_that()))
    await failure_of(tired.call(call_that()))
    assert world.sent == 3


# ---------------------------------------------------------------- Retry-After


async def test_a_short_retry_after_is_waited_for(world: World, channel: ChannelThrough) -> None:
    assert await channel(reply(429, retry_after="2"), GOOD).call(call_that()) == b"ok"
    assert world.seconds >= 2


async def test_a_long_retry_after_is_told_at_once(world: World, channel: ChannelThrough) -> None:
    error = await failure_of(channel(reply(429, retry_after="60")).call(call_that()))
    assert (world.sent, error.retry_at) == (1, NOON + timedelta(seconds=60))


async def test_a_retry_after_keeps_every_caller_away(world: World, channel: ChannelThrough) -> None:
    throttled = channel(reply(429, retry_after="60"), GOOD)
    await failure_of(throttled.call(call_that()))
    error = await failure_of(throttled.call(call_that(repeatable=False)))
    assert isinstance(error, UpstreamThrottled)
    assert (world.sent, error.retry_at) == (1, NOON + timedelta(seconds=60))


async def test_refusing_during_a_pause_does_not_make_it_longer(world: World, channel: ChannelThrough) -> None:
    throttled = channel(reply(429, retry_after="60"), GOOD)
    await failure_of(throttled.call(call_that()))
    world.seconds = 30
    await failure_of(throttled.call(call_that()))
    world.seconds = 61
    assert await throttled.call(call_that()) == b"ok"


# ---------------------------------------------------------------- the circuit


async def test_a_platform_that_keeps_failing_is_not_called_for_a_while(
    world: World, channel: ChannelThrough
) -> None:
    failing = channel(reply(500))
    await fail(failing, 4)
    error = await failure_of(failing.call(call_that()))
    assert isinstance(error, UpstreamCircuitOpen)
    assert (world.sent, error.may_have_acted) == (4, False)


async def test_an_open_circuit_is_seen_as_down_with_its_next_probe(
    world: World, channel: ChannelThrough
) -> None:
    failing = channel(reply(500), breaker_open_seconds=10)
    await fail(failing, 4)
    world.seconds += 3
    health = failing.health()
    assert (health.status, health.retry_at) == (PlatformStatus.DOWN, NOON + timedelta(seconds=10))


async def test_a_good_probe_brings_the_platform_back_up(world: World, channel: ChannelThrough) -> None:
    recovering = channel(*[reply(500)] * 4, GOOD)
    await fail(recovering, 4)
    world.seconds += 10
    await recovering.call(call_that())
    assert recovering.health().status is PlatformStatus.UP


@pytest.mark.parametrize("answer", [reply(400), reply(404), reply(429), reply(302)])
async def test_a_platform_that_answers_is_no_outage(
    world: World, channel: ChannelThrough, answer: HttpReply
) -> None:
    answering = channel(answer, retry_attempts=1)
    for _ in range(10):
        with suppress(UpstreamError):
            await answering.call(call_that(repeatable=False))
    assert world.sent == 10


# ---------------------------------------------------------------- turns


async def test_whoever_waits_too_long_for_a_turn_is_told_that_nothing_was_sent(
    channel_through: ChannelThrough,
) -> None:
    release = asyncio.Event()

    async def hold(_: HttpRequest, __: TransportLimits) -> HttpReply:
        await release.wait()
        return GOOD

    crowded = channel_through(hold, max_concurrent_calls=1, pool_timeout_seconds=0.01)
    first = asyncio.ensure_future(crowded.call(call_that()))
    await asyncio.sleep(0)
    error = await failure_of(crowded.call(call_that(repeatable=False)))
    release.set()
    assert (await first, type(error), error.may_have_acted) == (b"ok", UpstreamTimeout, False)


async def test_calls_are_begun_no_faster_than_the_pace(channel_through: ChannelThrough) -> None:
    begun: list[float] = []
    loop = asyncio.get_running_loop()

    async def note(_: HttpRequest, __: TransportLimits) -> HttpReply:
        begun.append(loop.time())
        return GOOD

    paced = channel_through(note, max_calls_per_second=50)
    await asyncio.gather(*(paced.call(call_that()) for _ in range(60)))
    # A bucket of fifty empties at once; the other ten come a fiftieth of a second apart.
    assert max(begun) - min(begun) >= 9 / 50
