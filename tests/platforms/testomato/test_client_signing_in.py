"""How the client gets its token, and what it does when the token is refused."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.errors import UpstreamBroken, UpstreamDenied, UpstreamError, UpstreamTimeout
from gateway.domain.vocabulary import PlatformKey
from gateway.platforms.testomato.client import Credential, TestomatoClient
from gateway.platforms.testomato.protocol import TokenNotAccepted
from gateway.platforms.testomato.settings import TestomatoSettings
from gateway.upstream.channel import UpstreamChannel
from gateway.upstream.transport import HttpRequest, Transport, TransportTimeout
from tests.platforms.connecting import whole

pytestmark = pytest.mark.anyio

Answer = Callable[..., None]
Sent = list[HttpRequest]
Act = Callable[[TestomatoClient], Awaitable[object]]

BASE = "https://testomato.example/api"
START = datetime(2026, 1, 1, tzinfo=UTC)
PROJECT = {"id": "50a9"}
EXPIRED = {"message": "Access denied!", "code": 401, "ok": False, "error": True}


def token(name: str, **claims: object) -> bytes:
    payload = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{name}.{payload}.signature".encode()


FIRST = token("first", exp=int((START + timedelta(hours=1)).timestamp()))
SECOND = token("second", exp=int((START + timedelta(hours=2)).timestamp()))


@dataclass(kw_only=True)
class Clock:
    at: datetime = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(transport: Transport, clock: Clock) -> TestomatoClient:
    channel = UpstreamChannel(
        platform=PlatformKey.TESTOMATO, settings=TestomatoSettings(), transport=transport, now=clock
    )
    return TestomatoClient(
        base_url=BASE,
        credential=Credential(email="gateway@example.com", password="opensesame"),
        token_lifetime="+2 hours",
        channel=channel,
        now=clock,
    )


def read(client: TestomatoClient) -> Awaitable[object]:
    return client.get_project("50a9", whole)


def add(client: TestomatoClient) -> Awaitable[object]:
    return client.add_user("50a9", email="jana@example.com", role=5)


def remove(client: TestomatoClient) -> Awaitable[object]:
    return client.remove_users("50a9", user_ids=[7])


def steps(sent: Sent) -> list[str]:
    """What was sent: `sign in`, or whose token went with a call."""
    return [
        "sign in"
        if request.url == f"{BASE}/authenticate"
        else request.headers["Authorization"].removeprefix("Bearer ").partition(".")[0]
        for request in sent
    ]


async def test_the_address_and_the_password_are_sent_to_sign_in_and_nothing_else(
    client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer(FIRST, PROJECT)
    await read(client)
    request = sent[0]
    assert (request.method, request.url) == ("POST", f"{BASE}/authenticate")
    assert json.loads(request.body) == {
        "email": "gateway@example.com",
        "password": "opensesame",
        "exp": "+2 hours",
    }
    assert "Authorization" not in request.headers


@pytest.mark.parametrize("written", [FIRST, b'"' + FIRST + b'"', FIRST + b"\r\n"])
async def test_the_token_goes_with_the_call_without_quotes_or_blanks(
    written: bytes, client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer(written, PROJECT)
    await read(client)
    assert sent[1].headers["Authorization"] == f"Bearer {FIRST.decode()}"


async def test_one_sign_in_serves_many_calls(client: TestomatoClient, answer: Answer, sent: Sent) -> None:
    answer(FIRST, PROJECT, PROJECT)
    await read(client)
    await read(client)
    assert steps(sent) == ["sign in", "first", "first"]


async def test_calls_at_the_same_time_share_one_sign_in(
    client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer(FIRST, PROJECT, PROJECT, PROJECT)
    await asyncio.gather(read(client), read(client), read(client))
    assert steps(sent) == ["sign in", "first", "first", "first"]


async def test_a_token_is_renewed_before_it_ends(
    client: TestomatoClient, clock: Clock, answer: Answer, sent: Sent
) -> None:
    answer(FIRST, PROJECT, SECOND, PROJECT)
    await read(client)
    clock.at += timedelta(minutes=59)
    await read(client)
    assert steps(sent) == ["sign in", "first", "sign in", "second"]


@pytest.mark.parametrize("status", [401, 200])
@pytest.mark.parametrize(("act", "good"), [(read, PROJECT), (add, {"id": 7}), (remove, b"")])
async def test_a_refused_token_is_renewed_and_the_call_sent_once_more(
    *, status: int, act: Act, good: object, client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer(FIRST)
    answer(EXPIRED, status=status)
    answer(SECOND, good)
    await act(client)
    assert steps(sent) == ["sign in", "first", "sign in", "second"]
    assert (sent[1].method, sent[1].url, sent[1].body) == (sent[3].method, sent[3].url, sent[3].body)


@pytest.mark.parametrize("act", [read, add, remove])
async def test_a_call_is_never_sent_a_third_time(
    act: Act, client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer(FIRST)
    answer(EXPIRED, status=401)
    answer(SECOND)
    answer(EXPIRED, status=401)
    with pytest.raises(TokenNotAccepted):
        await act(client)
    assert steps(sent) == ["sign in", "first", "sign in", "second"]


async def test_calls_refused_at_the_same_time_share_one_renewal(
    client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer(FIRST)
    answer(EXPIRED, EXPIRED, EXPIRED, status=401)
    answer(SECOND, PROJECT, PROJECT, PROJECT)
    await asyncio.gather(read(client), read(client), read(client))
    assert steps(sent) == ["sign in", *["first"] * 3, "sign in", *["second"] * 3]


async def test_a_forbidden_call_does_not_renew_the_token(
    client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer(FIRST)
    answer({"message": "Sorry!", "code": 403}, status=403)
    with pytest.raises(UpstreamDenied):
        await read(client)
    assert steps(sent) == ["sign in", "first"]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refused_sign_in_is_not_tried_again_for_the_same_call(
    status: int, client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer({"message": "Wrong password"}, status=status)
    with pytest.raises(UpstreamDenied):
        await read(client)
    assert steps(sent) == ["sign in"]


async def test_a_failed_sign_in_does_not_spoil_the_next_call(
    client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer(b"<html>", FIRST, PROJECT)
    with pytest.raises(UpstreamBroken):
        await read(client)
    await read(client)
    assert steps(sent) == ["sign in", "sign in", "first"]


@pytest.mark.parametrize("act", [add, remove])
async def test_a_write_whose_sign_in_was_lost_has_not_acted(
    act: Act, client: TestomatoClient, answer: Answer
) -> None:
    answer(TransportTimeout(may_have_arrived=True))
    with pytest.raises(UpstreamTimeout) as caught:
        await act(client)
    assert not caught.value.may_have_acted


@pytest.mark.parametrize(
    "said", [b'{"message": "opensesame"}', b'"opensesame', b"opensesame \xff", b'{"error": "opensesame"}']
)
async def test_no_error_of_signing_in_holds_the_password_or_the_address(
    said: bytes, client: TestomatoClient, answer: Answer, everything_in: Callable[[BaseException], str]
) -> None:
    answer(said)
    with pytest.raises(UpstreamError) as caught:
        await read(client)
    held = everything_in(caught.value)
    assert "opensesame" not in held
    assert "gateway@example.com" not in held


async def test_no_error_of_a_renewed_call_holds_a_token(
    client: TestomatoClient, answer: Answer, everything_in: Callable[[BaseException], str]
) -> None:
    answer(FIRST)
    answer({"message": FIRST.decode(), "code": 401}, status=401)
    answer(SECOND)
    answer({"message": SECOND.decode(), "code": 401}, status=401)
    with pytest.raises(TokenNotAccepted) as caught:
        await read(client)
    held = everything_in(caught.value)
    assert FIRST.decode() not in held
    assert SECOND.decode() not in held
