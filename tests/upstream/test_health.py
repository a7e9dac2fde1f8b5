"""How the calls went (gateway/upstream/health.py): what the channel remembers of them, and what it logs."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from gateway.domain.errors import (
    UpstreamBroken,
    UpstreamDenied,
    UpstreamError,
    UpstreamNotFound,
    UpstreamRejected,
    UpstreamThrottled,
    UpstreamUnreachable,
)
from gateway.domain.platform import PlatformHealth
from gateway.domain.vocabulary import PlatformKey, PlatformStatus
from gateway.upstream.channel import Call, UpstreamChannel
from gateway.upstream.health import HealthRecord
from gateway.upstream.transport import ConnectionFailed, HttpReply, HttpRequest, TransportLimits

pytestmark = pytest.mark.anyio

QUANTCONNECT = PlatformKey.QUANTCONNECT
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = "s3cret-t0ken"

Send = Callable[[HttpRequest, TransportLimits], Awaitable[HttpReply]]
ChannelThrough = Callable[..., UpstreamChannel]


def minutes(count: int) -> datetime:
    return NOON + timedelta(minutes=count)


def record_of(*happenings: UpstreamError | None) -> PlatformHealth:
    """The picture after what happened at noon, a minute past noon and so on; None is a success."""
    moments = iter([minutes(count) for count in range(len(happenings))])
    record = HealthRecord(now=lambda: next(moments))
    for happening in happenings:
        if happening is None:
            record.succeeded()
        else:
            record.failed(happening)
    return record.current()


def lost() -> UpstreamError:
    return UpstreamUnreachable(QUANTCONNECT)


def throttled(*, until: datetime) -> UpstreamError:
    return UpstreamThrottled(QUANTCONNECT, retry_at=until)


# ---------------------------------------------------------------- the record


def test_before_the_first_call_a_platform_is_up() -> None:
    assert record_of() == PlatformHealth(status=PlatformStatus.UP)


def test_after_a_success_a_platform_is_up() -> None:
    assert record_of(None) == PlatformHealth(status=PlatformStatus.UP, last_success_at=NOON)


def test_after_a_failure_a_platform_is_degraded() -> None:
    assert record_of(lost()) == PlatformHealth(status=PlatformStatus.DEGRADED, failing_since=NOON)


def test_the_first_of_several_failures_stays_the_beginning() -> None:
    assert record_of(None, lost(), lost(), lost()).failing_since == minutes(1)


def test_failures_leave_the_last_success_standing() -> None:
    assert record_of(None, None, lost(), lost()).last_success_at == minutes(1)


def test_a_success_ends_the_failures() -> None:
    assert record_of(throttled(until=minutes(9)), None) == PlatformHealth(
        status=PlatformStatus.UP, last_success_at=minutes(1)
    )


def test_failures_after_a_success_begin_anew() -> None:
    assert record_of(lost(), None, lost()).failing_since == minutes(2)


def test_the_moment_to_retry_is_the_latest_failures() -> None:
    assert record_of(throttled(until=minutes(5)), throttled(until=minutes(9))).retry_at == minutes(9)


# ---------------------------------------------------------------- what the channel notes


def answering(*, read_as: UpstreamError | None = None) -> Call[bytes]:
    """A call that holds a secret wherever one can be, and whose reply is read as told."""
    request = HttpRequest(
        method="POST",
        url=f"https://host/projects/{SECRET}",
        headers={"Authorization": SECRET},
        body=SECRET.encode(),
    )

    def read(reply: HttpReply) -> bytes:
        if read_as is not None:
            raise read_as
        return reply.body

    return Call(operation="projects/read", repeatable=True, prepare=lambda: request, read=read)


async def reply(_: HttpRequest, __: TransportLimits) -> HttpReply:
    return HttpReply(status=200, headers={"x-secret": SECRET}, body=SECRET.encode())


async def reset(_: HttpRequest, __: TransportLimits) -> HttpReply:
    raise ConnectionFailed(may_have_arrived=True)


async def unavailable(_: HttpRequest, __: TransportLimits) -> HttpReply:
    return HttpReply(status=503, headers={"retry-after": "60", "x-secret": SECRET}, body=SECRET.encode())


async def health_after(channel: UpstreamChannel, call: Call[bytes]) -> PlatformHealth:
    await ended(channel, call)
    return channel.health()


async def ended(channel: UpstreamChannel, call: Call[bytes]) -> None:
    try:
        await channel.call(call)
    except UpstreamError:
        return


async def test_an_answered_call_is_a_success(channel_through: ChannelThrough) -> None:
    health = await health_after(channel_through(reply, now=lambda: NOON), answering())
    assert health == PlatformHealth(status=PlatformStatus.UP, last_success_at=NOON)


@pytest.mark.parametrize("refusal", [UpstreamRejected, UpstreamNotFound])
async def test_a_refusal_on_the_merits_shows_that_the_platform_works(
    channel_through: ChannelThrough, refusal: type[UpstreamError]
) -> None:
    call = answering(read_as=refusal(QUANTCONNECT))
    health = await health_after(channel_through(reply, now=lambda: NOON), call)
    assert health == PlatformHealth(status=PlatformStatus.UP, last_success_at=NOON)


@pytest.mark.parametrize("error", [UpstreamBroken, UpstreamDenied, UpstreamThrottled])
async def test_an_answer_that_does_not_serve_is_a_failure(
    channel_through: ChannelThrough, error: type[UpstreamError]
) -> None:
    health = await health_after(channel_through(reply), answering(read_as=error(QUANTCONNECT)))
    assert health.status is PlatformStatus.DEGRADED


async def test_a_lost_connection_is_a_failure(channel_through: ChannelThrough) -> None:
    health = await health_after(channel_through(reset), answering())
    assert health.status is PlatformStatus.DEGRADED


async def test_the_platforms_own_moment_to_retry_is_remembered(channel_through: ChannelThrough) -> None:
    health = await health_after(channel_through(unavailable, now=lambda: NOON), answering())
    assert health.retry_at == minutes(1)


async def test_a_cancelled_call_says_nothing_about_the_platform(channel_through: ChannelThrough) -> None:
    begun = asyncio.Event()

    async def hang(_: HttpRequest, __: TransportLimits) -> HttpReply:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    channel = channel_through(hang)
    calling = asyncio.create_task(channel.call(answering()))
    await begun.wait()
    calling.cancel()
    await asyncio.wait({calling})
    assert channel.health() == PlatformHealth(status=PlatformStatus.UP)


# ---------------------------------------------------------------- what is logged


async def test_a_failure_is_logged_once(channel_through: ChannelThrough) -> None:
    with capture_logs() as lines:
        await ended(channel_through(unavailable), answering())
    [line] = lines
    assert isinstance(line.pop("seconds"), float)
    assert line == {
        "event": "upstream call failed",
        "log_level": "warning",
        "platform": "QUANTCONNECT",
        "operation": "projects/read",
        "code": "UPSTREAM_UNAVAILABLE",
    }


@pytest.mark.parametrize("send", [reset, unavailable])
async def test_a_logged_failure_holds_nothing_of_the_call(
    channel_through: ChannelThrough, send: Send
) -> None:
    with capture_logs() as lines:
        await ended(channel_through(send), answering())
    assert SECRET not in str(lines)


@pytest.mark.parametrize("read_as", [None, UpstreamRejected(QUANTCONNECT)], ids=["answered", "rejected"])
async def test_a_call_that_the_platform_could_serve_is_not_logged(
    channel_through: ChannelThrough, read_as: UpstreamError | None
) -> None:
    with capture_logs() as lines:
        await ended(channel_through(reply), answering(read_as=read_as))
    assert lines == []


async def test_a_failure_holds_nothing_of_the_call(channel_through: ChannelThrough) -> None:
    with pytest.raises(UpstreamError) as caught:
        await channel_through(reset).call(answering())
    assert (SECRET not in repr(caught.value), caught.value.__cause__) == (True, None)
