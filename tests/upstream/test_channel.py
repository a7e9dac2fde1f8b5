"""gateway/upstream/channel.py: what comes of a call, over a transport that does as it is told."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from gateway.domain.errors import (
    UpstreamBroken,
    UpstreamDenied,
    UpstreamError,
    UpstreamNotFound,
    UpstreamRejected,
    UpstreamThrottled,
    UpstreamTimeout,
    UpstreamUnavailable,
    UpstreamUnreachable,
)
from gateway.domain.vocabulary import PlatformKey
from gateway.upstream.channel import Call, UpstreamChannel
from gateway.upstream.transport import (
    ConnectionFailed,
    HttpReply,
    HttpRequest,
    TransportFailure,
    TransportLimits,
    TransportTimeout,
    UnreadableReply,
)

pytestmark = pytest.mark.anyio

QUANTCONNECT = PlatformKey.QUANTCONNECT
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REQUEST = HttpRequest(method="POST", url="https://host/projects/read")

ChannelThrough = Callable[..., UpstreamChannel]
Outcome = HttpReply | TransportFailure
Send = Callable[[HttpRequest, TransportLimits], Awaitable[HttpReply]]
FailureOf = Callable[..., Awaitable[UpstreamError]]
Read = Callable[[HttpReply], bytes]


def reply(status: int, **headers: str) -> HttpReply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpReply(status=status, headers=named, body=b"the body")


def ending_in(outcome: Outcome) -> Send:
    async def send(_: HttpRequest, __: TransportLimits) -> HttpReply:
        if isinstance(outcome, TransportFailure):
            raise outcome
        return outcome

    return send


def call_that(*, read: Read = lambda reply: reply.body, repeatable: bool = True) -> Call[bytes]:
    return Call(operation="projects/read", repeatable=repeatable, prepare=lambda: REQUEST, read=read)


def refusing(error: UpstreamError) -> Read:
    def read(_: HttpReply) -> bytes:
        raise error

    return read


@pytest.fixture
def failure_of(channel_through: ChannelThrough) -> FailureOf:
    async def failure_of(outcome: Outcome, call: Call[bytes] | None = None) -> UpstreamError:
        with pytest.raises(UpstreamError) as caught:
            await channel_through(ending_in(outcome)).call(call or call_that())
        return caught.value

    return failure_of


@pytest.mark.parametrize("status", [200, 201, 204, 400, 401, 403, 404, 409, 422])
async def test_a_reply_below_500_is_for_the_platform_to_read(
    channel_through: ChannelThrough, status: int
) -> None:
    assert await channel_through(ending_in(reply(status))).call(call_that()) == b"the body"


async def test_the_transport_is_held_to_the_settings(channel_through: ChannelThrough) -> None:
    given: list[TransportLimits] = []

    async def send(_: HttpRequest, limits: TransportLimits) -> HttpReply:
        given.append(limits)
        return reply(200)

    await channel_through(send).call(call_that())
    assert given == [
        TransportLimits(connect_timeout_seconds=1.5, total_timeout_seconds=2.5, max_reply_bytes=4096)
    ]


# What ends a call, what it is called, and whether a write that ends so may have taken effect.
NEVER_ARRIVED = [
    (ConnectionFailed(may_have_arrived=False), UpstreamUnreachable, False),
    (TransportTimeout(may_have_arrived=False), UpstreamTimeout, False),
    (reply(429), UpstreamThrottled, False),
]
MAY_HAVE_ARRIVED = [
    (ConnectionFailed(may_have_arrived=True), UpstreamUnreachable, True),
    (TransportTimeout(may_have_arrived=True), UpstreamTimeout, True),
    (UnreadableReply(may_have_arrived=True), UpstreamBroken, True),
    *[(reply(status), UpstreamBroken, True) for status in (101, 199, 300, 301, 304, 308, 399)],
    *[(reply(status), UpstreamUnavailable, True) for status in (500, 501, 503, 505, 599)],
    (reply(502), UpstreamUnreachable, True),
    (reply(504), UpstreamTimeout, True),
]


def shown(outcome: object) -> str:
    if isinstance(outcome, HttpReply):
        return str(outcome.status)
    return outcome.__name__ if isinstance(outcome, type) else type(outcome).__name__


@pytest.mark.parametrize(
    ("outcome", "error", "may_have_acted"), [*NEVER_ARRIVED, *MAY_HAVE_ARRIVED], ids=shown
)
async def test_a_write_that_fails_says_whether_it_may_have_acted(
    failure_of: FailureOf, outcome: Outcome, error: type[UpstreamError], *, may_have_acted: bool
) -> None:
    failure = await failure_of(outcome, call_that(repeatable=False))
    assert (type(failure), failure.may_have_acted) == (error, may_have_acted)


@pytest.mark.parametrize(("outcome", "error", "_"), MAY_HAVE_ARRIVED, ids=shown)
async def test_a_call_that_may_be_repeated_leaves_no_doubt(
    failure_of: FailureOf, outcome: Outcome, error: type[UpstreamError], *, _: bool
) -> None:
    failure = await failure_of(outcome, call_that(repeatable=True))
    assert (type(failure), failure.may_have_acted) == (error, False)


# ---------------------------------------------------------------- what the platform's own reading says


@pytest.mark.parametrize(
    "error", [UpstreamDenied, UpstreamRejected, UpstreamNotFound, UpstreamThrottled], ids=shown
)
async def test_a_write_that_the_platform_refuses_has_not_acted(
    failure_of: FailureOf, error: type[UpstreamError]
) -> None:
    refusal = error(QUANTCONNECT)
    failure = await failure_of(reply(200), call_that(read=refusing(refusal), repeatable=False))
    assert (failure, failure.may_have_acted) == (refusal, False)


@pytest.mark.parametrize(
    ("error", "says_so"), [(UpstreamBroken, False), (UpstreamUnavailable, True)], ids=shown
)
@pytest.mark.parametrize("repeatable", [False, True])
async def test_an_answer_that_settles_nothing_leaves_doubt_about_a_write_only(
    failure_of: FailureOf, error: type[UpstreamError], *, says_so: bool, repeatable: bool
) -> None:
    read = refusing(error(QUANTCONNECT, may_have_acted=says_so))
    failure = await failure_of(reply(200), call_that(read=read, repeatable=repeatable))
    assert failure.may_have_acted is not repeatable


# ---------------------------------------------------------------- Retry-After


RETRY_AFTER = {
    "0": NOW,
    "7": NOW + timedelta(seconds=7),
    " 7 ": NOW + timedelta(seconds=7),
    format_datetime(NOW + timedelta(seconds=90), usegmt=True): NOW + timedelta(seconds=90),
    "Sat, 21 Nov 2026 13:01:00 +0100": NOW + timedelta(minutes=1),
    "Sat, 21 Nov 2026 12:01:00 -0000": NOW + timedelta(minutes=1),
    "Sat, 21 Nov 2026 11:59:00 GMT": NOW - timedelta(minutes=1),
    "86401": NOW + timedelta(days=1),
    "9" * 30: NOW + timedelta(days=1),
    "Sat, 21 Nov 99999999999 12:00:00 GMT": NOW + timedelta(days=1),
    "Fri, 31 Dec 9999 23:59:59 -1200": NOW + timedelta(days=1),
    "Fri, 31 Dec 9999 23:59:59 GMT": NOW + timedelta(days=1),
    "": None,
    "soon": None,
    "-1": None,
    "1.5": None,
    "9" * 5000: None,
}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("value", "moment"), RETRY_AFTER.items(), ids=lambda value: str(value)[:40])
async def test_retry_after_is_a_moment_at_most_a_day_ahead(
    failure_of: FailureOf, status: int, value: str, moment: datetime | None
) -> None:
    assert (await failure_of(reply(status, retry_after=value))).retry_at == moment


async def test_the_moment_to_retry_is_in_utc(failure_of: FailureOf) -> None:
    failure = await failure_of(reply(429, retry_after="Sat, 21 Nov 2026 13:01:00 +0100"))
    assert failure.retry_at is not None
    assert failure.retry_at.tzinfo is UTC


async def test_without_retry_after_no_moment_is_known(failure_of: FailureOf) -> None:
    assert (await failure_of(reply(429))).retry_at is None


# ---------------------------------------------------------------- how many at once


class Turnstile:
    """Lets requests through when it is told to, and counts those that wait in it."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.opened = asyncio.Event()
        self.under_way = 0
        self.most_under_way = 0

    async def send(self, _: HttpRequest, __: TransportLimits) -> HttpReply:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self.begun.set()
        await self.opened.wait()
        await asyncio.sleep(0)
        self.under_way -= 1
        return reply(200)


async def test_as_many_calls_as_allowed_are_under_way_and_never_more(channel_through: ChannelThrough) -> None:
    turnstile = Turnstile()
    turnstile.opened.set()
    channel = channel_through(turnstile.send, max_concurrent_calls=3)
    await asyncio.gather(*(channel.call(call_that()) for _ in range(50)))
    assert turnstile.most_under_way == 3


async def test_a_request_is_made_only_when_it_can_be_sent(channel_through: ChannelThrough) -> None:
    """A signature carries the time: one made before a long wait would be too old."""
    made: list[HttpRequest] = []

    def prepare() -> HttpRequest:
        made.append(REQUEST)
        return REQUEST

    turnstile = Turnstile()
    channel = channel_through(turnstile.send, max_concurrent_calls=1)
    call = Call(operation="projects/read", repeatable=True, prepare=prepare, read=lambda reply: reply.body)
    calls = asyncio.gather(channel.call(call), channel.call(call))
    await turnstile.begun.wait()
    made_while_the_first_is_under_way = len(made)
    turnstile.opened.set()
    await calls
    assert (made_while_the_first_is_under_way, len(made)) == (1, 2)


async def test_a_call_that_fails_makes_room_for_the_next(channel_through: ChannelThrough) -> None:
    outcomes = iter([ConnectionFailed(may_have_arrived=False), reply(200)])

    async def send(request: HttpRequest, limits: TransportLimits) -> HttpReply:
        return await ending_in(next(outcomes))(request, limits)

    channel = channel_through(send, max_concurrent_calls=1)
    with pytest.raises(UpstreamUnreachable):
        await channel.call(call_that())
    assert await channel.call(call_that()) == b"the body"


async def test_a_call_that_is_cancelled_makes_room_for_the_next(channel_through: ChannelThrough) -> None:
    turnstile = Turnstile()
    channel = channel_through(turnstile.send, max_concurrent_calls=1)
    cancelled = asyncio.create_task(channel.call(call_that()))
    await turnstile.begun.wait()
    cancelled.cancel()
    await asyncio.wait({cancelled})
    turnstile.opened.set()
    assert await channel.call(call_that()) == b"the body"
