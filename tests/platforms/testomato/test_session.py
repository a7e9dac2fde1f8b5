"""Signing in: when, how often, and for whom."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.domain.errors import UpstreamDenied, UpstreamError, UpstreamTimeout
from gateway.domain.vocabulary import PlatformKey
from gateway.platforms.testomato.session import PasswordSession, ReadyToken

pytestmark = pytest.mark.anyio

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def token(name: str, **claims: object) -> str:
    payload = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{name}.{payload}.signature"


def lasting(name: str, lifetime: timedelta, *, since: datetime = START) -> str:
    return token(name, exp=int((since + lifetime).timestamp()))


@dataclass(kw_only=True)
class Clock:
    at: datetime = START

    def __call__(self) -> datetime:
        return self.at


@dataclass(kw_only=True)
class SignIn:
    """Answers with what was prepared, once the gate is open."""

    prepared: deque[str | UpstreamError] = field(default_factory=deque)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    count: int = 0

    async def __call__(self) -> str:
        self.count += 1
        await self.gate.wait()
        answer = self.prepared.popleft()
        if isinstance(answer, UpstreamError):
            raise answer
        return answer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sign_in() -> SignIn:
    ready = SignIn()
    ready.gate.set()
    return ready


@pytest.fixture
def session(sign_in: SignIn, clock: Clock) -> PasswordSession:
    return PasswordSession(sign_in=sign_in, now=clock)


async def test_a_ready_token_is_used_as_it_is_and_has_no_replacement() -> None:
    ready = ReadyToken("aa.bb.cc")
    assert await ready.token() == "aa.bb.cc"
    assert await ready.replacement_for("aa.bb.cc") is None


async def test_nothing_is_signed_in_before_a_token_is_needed(
    session: PasswordSession, sign_in: SignIn
) -> None:
    sign_in.prepared.append(lasting("first", HOUR))
    assert sign_in.count == 0
    assert await session.token() == lasting("first", HOUR)


async def test_a_token_serves_many_calls(session: PasswordSession, sign_in: SignIn) -> None:
    sign_in.prepared.append(lasting("first", HOUR))
    assert await session.token() == await session.token()
    assert sign_in.count == 1


@pytest.mark.parametrize(("before_the_end", "name"), [(61 * SECOND, "first"), (60 * SECOND, "second")])
async def test_a_token_is_renewed_a_minute_before_it_ends(
    *, before_the_end: timedelta, name: str, session: PasswordSession, sign_in: SignIn, clock: Clock
) -> None:
    sign_in.prepared += [lasting("first", HOUR), lasting("second", 2 * HOUR)]
    await session.token()
    clock.at += HOUR - before_the_end
    assert (await session.token()).startswith(name)


@pytest.mark.parametrize(
    ("age", "name"), [(timedelta(minutes=30) - SECOND, "first"), (timedelta(minutes=30), "second")]
)
async def test_a_token_that_does_not_say_when_it_ends_is_trusted_for_half_an_hour(
    *, age: timedelta, name: str, session: PasswordSession, sign_in: SignIn, clock: Clock
) -> None:
    sign_in.prepared += [token("first"), token("second")]
    await session.token()
    clock.at += age
    assert (await session.token()).startswith(name)


async def test_a_token_that_ends_at_once_is_still_used_for_the_call_that_got_it(
    session: PasswordSession, sign_in: SignIn
) -> None:
    sign_in.prepared += [lasting("first", SECOND), lasting("second", SECOND)]
    assert (await session.token()).startswith("first")
    assert (await session.token()).startswith("second")


async def test_callers_at_the_same_time_share_one_sign_in(session: PasswordSession, sign_in: SignIn) -> None:
    sign_in.prepared.append(lasting("first", HOUR))
    sign_in.gate.clear()
    callers = [asyncio.create_task(session.token()) for _ in range(5)]
    await anyio.wait_all_tasks_blocked()
    sign_in.gate.set()
    assert set(await asyncio.gather(*callers)) == {lasting("first", HOUR)}
    assert sign_in.count == 1


async def test_callers_whose_token_was_refused_at_the_same_time_share_one_renewal(
    session: PasswordSession, sign_in: SignIn
) -> None:
    sign_in.prepared += [lasting("first", HOUR), lasting("second", HOUR)]
    refused = await session.token()
    sign_in.gate.clear()
    callers = [asyncio.create_task(session.replacement_for(refused)) for _ in range(5)]
    await anyio.wait_all_tasks_blocked()
    sign_in.gate.set()
    assert set(await asyncio.gather(*callers)) == {lasting("second", HOUR)}
    assert sign_in.count == 2


async def test_a_refused_token_is_replaced_by_the_one_that_someone_else_just_got(
    session: PasswordSession, sign_in: SignIn
) -> None:
    sign_in.prepared += [lasting("first", HOUR), lasting("second", HOUR)]
    refused = await session.token()
    assert await session.replacement_for(refused) == await session.replacement_for(refused)
    assert sign_in.count == 2


async def test_a_replacement_serves_the_calls_after_it(session: PasswordSession, sign_in: SignIn) -> None:
    sign_in.prepared += [lasting("first", HOUR), lasting("second", HOUR)]
    replacement = await session.replacement_for(await session.token())
    assert await session.token() == replacement


async def test_a_failed_sign_in_does_not_spoil_the_next(session: PasswordSession, sign_in: SignIn) -> None:
    sign_in.prepared += [UpstreamTimeout(PlatformKey.TESTOMATO), lasting("first", HOUR)]
    with pytest.raises(UpstreamTimeout):
        await session.token()
    assert (await session.token()).startswith("first")


async def test_a_refused_token_is_not_used_again_after_its_renewal_failed(
    session: PasswordSession, sign_in: SignIn
) -> None:
    failure = UpstreamTimeout(PlatformKey.TESTOMATO)
    sign_in.prepared += [lasting("first", HOUR), failure, lasting("second", HOUR)]
    refused = await session.token()
    with pytest.raises(UpstreamTimeout):
        await session.replacement_for(refused)
    assert (await session.token()).startswith("second")


async def test_callers_at_the_same_time_share_a_failed_sign_in(
    session: PasswordSession, sign_in: SignIn
) -> None:
    sign_in.prepared.append(UpstreamDenied(PlatformKey.TESTOMATO))
    sign_in.gate.clear()
    callers = [asyncio.create_task(session.token()) for _ in range(5)]
    await anyio.wait_all_tasks_blocked()
    sign_in.gate.set()
    answers = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(one) for one in answers] == [UpstreamDenied] * 5
    assert sign_in.count == 1


async def test_a_failure_before_does_not_fail_those_who_wait_for_a_later_sign_in(
    session: PasswordSession, sign_in: SignIn
) -> None:
    sign_in.prepared += [
        UpstreamDenied(PlatformKey.TESTOMATO),
        lasting("first", SECOND),
        lasting("second", HOUR),
    ]
    with pytest.raises(UpstreamDenied):
        await session.token()
    names = [text.partition(".")[0] for text in await asyncio.gather(session.token(), session.token())]
    assert names == ["first", "second"]


async def test_a_caller_who_goes_away_while_signing_in_does_not_take_the_others_along(
    session: PasswordSession, sign_in: SignIn
) -> None:
    sign_in.prepared.append(lasting("first", HOUR))
    sign_in.gate.clear()
    gone, waiting = (asyncio.create_task(session.token()) for _ in range(2))
    await anyio.wait_all_tasks_blocked()
    gone.cancel()
    sign_in.gate.set()
    assert (await waiting).startswith("first")
    assert gone.cancelled()


async def test_a_session_does_not_show_its_token(session: PasswordSession, sign_in: SignIn) -> None:
    sign_in.prepared.append(lasting("first", HOUR))
    await session.token()
    assert "first" not in f"{session} {vars(session)}"


@given(st.floats() | st.integers() | st.text())
@example(-62_135_596_800)  # the first second that a datetime can hold
def test_whatever_a_token_says_of_its_end_it_is_used(end: float | str) -> None:
    async def sign_in() -> str:
        return token("odd", exp=end)

    async def use() -> str:
        return await PasswordSession(sign_in=sign_in, now=lambda: START).token()

    assert asyncio.run(use()) == token("odd", exp=end)
