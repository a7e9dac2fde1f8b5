"""What is sent to Testomato, endpoint by endpoint."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

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
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOKEN = "ready.token.text"
PROJECT = {"id": "50a9"}
USER = {"id": "7"}


@pytest.fixture
def client(transport: Transport) -> TestomatoClient:
    channel = UpstreamChannel(
        platform=PlatformKey.TESTOMATO,
        settings=TestomatoSettings(),
        transport=transport,
        now=lambda: NOW,
    )
    return TestomatoClient(
        base_url=f"{BASE}/",
        credential=Credential(token=TOKEN),
        token_lifetime="+1 hour",
        channel=channel,
        now=lambda: NOW,
    )


def add(client: TestomatoClient) -> Awaitable[object]:
    return client.add_user("50a9", email="jana@example.com", role=5)


def remove(client: TestomatoClient) -> Awaitable[object]:
    return client.remove_users("50a9", user_ids=[4211, 4212])


READS: list[tuple[Act, str, object]] = [
    (lambda client: client.verify_token(), "authenticate", {"id": 1}),
    (lambda client: client.get_project("50a9", whole), "project/50a9", PROJECT),
    (lambda client: client.list_user_projects("7"), "user/7/projects", [PROJECT]),
    (lambda client: client.list_users("50a9", whole), "project/50a9/users", [USER]),
    (lambda client: client.list_roles("50a9"), "project/50a9/roles", [{"id": "4"}]),
    (lambda client: client.get_permissions("50a9"), "project/50a9/permissions", {"read": True}),
]
WRITES: list[tuple[Act, str, dict[str, object], object]] = [
    (add, "POST", {"email": "jana@example.com", "role": 5}, USER),
    (
        lambda client: client.add_user("50a9", email="jana@example.com", role="5"),
        "POST",
        {"email": "jana@example.com", "role": "5"},
        USER,
    ),
    (remove, "DELETE", {"users": [4211, 4212]}, {"message": "ok", "success": True}),
]


@pytest.mark.parametrize(("act", "path", "reply"), READS)
async def test_every_read_is_a_get_without_a_body(
    *, act: Act, path: str, reply: object, client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer(reply)
    await act(client)
    assert [(one.method, one.url, one.body) for one in sent] == [("GET", f"{BASE}/{path}", b"")]
    assert sent[0].headers == {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}


@pytest.mark.parametrize(("act", "method", "body", "reply"), WRITES)
async def test_every_write_sends_exactly_the_documented_json(
    *,
    act: Act,
    method: str,
    body: dict[str, object],
    reply: object,
    client: TestomatoClient,
    answer: Answer,
    sent: Sent,
) -> None:
    answer(reply)
    await act(client)
    [request] = sent
    assert (request.method, request.url) == (method, f"{BASE}/project/50a9/users")
    assert json.loads(request.body) == body
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "act",
    [
        lambda client: client.get_project("../x?y#z", whole),
        lambda client: client.list_users("../x?y#z", whole),
        lambda client: client.list_roles("../x?y#z"),
        lambda client: client.get_permissions("../x?y#z"),
        lambda client: client.list_user_projects("../x?y#z"),
        lambda client: client.remove_users("../x?y#z", user_ids=[1]),
    ],
)
async def test_an_id_never_leaves_its_part_of_the_path(
    act: Act, client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer(b"", status=404)
    with pytest.raises(UpstreamError):
        await act(client)
    path = sent[0].url.removeprefix(f"{BASE}/")
    assert path.split("/")[1] == "..%2Fx%3Fy%23z"


@pytest.mark.parametrize("act", [add, remove])
@pytest.mark.parametrize("lost", [TransportTimeout(may_have_arrived=True), b"<html>", b'{"id":'])
async def test_a_write_whose_answer_was_lost_may_have_acted(
    act: Act, lost: object, client: TestomatoClient, answer: Answer
) -> None:
    answer(lost)
    with pytest.raises(UpstreamError) as caught:
        await act(client)
    assert caught.value.may_have_acted


@pytest.mark.parametrize("act", [add, remove])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 432])
async def test_a_write_that_was_refused_has_not_acted(
    act: Act, status: int, client: TestomatoClient, answer: Answer
) -> None:
    answer({"message": "no"}, status=status)
    with pytest.raises(UpstreamError) as caught:
        await act(client)
    assert not caught.value.may_have_acted


@pytest.mark.parametrize("act", [act for act, _, _ in READS])
@pytest.mark.parametrize(
    ("lost", "kind"),
    [(TransportTimeout(may_have_arrived=True), UpstreamTimeout), (b"<html>", UpstreamBroken)],
)
async def test_a_read_changes_nothing_even_when_its_answer_was_lost(
    act: Act, lost: object, kind: type[UpstreamError], client: TestomatoClient, answer: Answer
) -> None:
    answer(lost)
    with pytest.raises(kind) as caught:
        await act(client)
    assert not caught.value.may_have_acted


@pytest.mark.parametrize(("status", "kind"), [(401, TokenNotAccepted), (403, UpstreamDenied)])
async def test_a_ready_token_that_is_refused_ends_the_call(
    *, status: int, kind: type[UpstreamError], client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer(b"", status=status)
    with pytest.raises(kind):
        await client.get_project("50a9", whole)
    assert len(sent) == 1


async def test_a_removal_may_be_answered_with_nothing(client: TestomatoClient, answer: Answer) -> None:
    answer(b"")
    await remove(client)


async def test_no_permissions_at_all_may_be_a_list(client: TestomatoClient, answer: Answer) -> None:
    answer([])
    assert await client.get_permissions("50a9") == {}


async def test_no_error_holds_the_token_or_what_the_platform_said(
    client: TestomatoClient, answer: Answer, everything_in: Callable[[BaseException], str]
) -> None:
    answer({"message": f"{TOKEN} of jana@example.com", "ok": False})
    with pytest.raises(UpstreamError) as caught:
        await add(client)
    held = everything_in(caught.value)
    assert TOKEN not in held
    assert "jana" not in held


def test_a_credential_does_not_show_itself() -> None:
    credential = Credential(token="aa.bb.cc", email="jana@example.com", password="opensesame")
    for secret in ("aa.bb.cc", "jana", "opensesame"):
        assert secret not in f"{credential} {[credential]}"


async def test_a_request_does_not_show_its_token_or_its_body(
    client: TestomatoClient, answer: Answer, sent: Sent
) -> None:
    answer(USER)
    await add(client)
    assert TOKEN not in repr(sent)
    assert "jana" not in repr(sent)
