"""What is sent to QuantConnect, endpoint by endpoint."""

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.errors import UpstreamBroken, UpstreamError, UpstreamTimeout, UpstreamUnavailable
from gateway.domain.vocabulary import PlatformKey
from gateway.platforms.quantconnect.client import Credential, QuantConnectClient
from gateway.platforms.quantconnect.settings import QuantConnectSettings
from gateway.upstream.channel import UpstreamChannel
from gateway.upstream.transport import HttpRequest, Transport, TransportTimeout
from tests.platforms.connecting import whole

pytestmark = pytest.mark.anyio

Act = Callable[[QuantConnectClient], Awaitable[object]]

CREDENTIAL = Credential(user_id="123456", api_token="a-secret-token")
PROJECTS = {"success": True, "projects": []}
PEOPLE = {"success": True, "collaborators": []}


@dataclass(kw_only=True)
class Clock:
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(transport: Transport, clock: Clock) -> QuantConnectClient:
    channel = UpstreamChannel(
        platform=PlatformKey.QUANTCONNECT,
        settings=QuantConnectSettings(retry_attempts=1),
        transport=transport,
        now=clock,
    )
    return QuantConnectClient(
        base_url="https://quantconnect.example/api/v2/", credential=CREDENTIAL, channel=channel, now=clock
    )


def add(client: QuantConnectClient) -> Awaitable[object]:
    return client.create_collaborator(project_id=7, public_id="mia-ai", write=True, live_control=False)


def change(client: QuantConnectClient) -> Awaitable[object]:
    return client.update_collaborator(project_id=7, public_id="mia-ai", write=False, live_control=True)


def remove(client: QuantConnectClient) -> Awaitable[object]:
    return client.delete_collaborator(project_id=7, public_id="mia-ai")


def read_all(client: QuantConnectClient) -> Awaitable[object]:
    return client.read_projects(whole)


def read_people(client: QuantConnectClient) -> Awaitable[object]:
    return client.read_collaborators(project_id=7)


CALLS: list[tuple[Act, str, dict[str, object], dict[str, object]]] = [
    (lambda client: client.authenticate(), "authenticate", {}, {"success": True}),
    (lambda client: client.read_user(), "user/read", {}, {"success": True, "user": {"name": "Mia"}}),
    (read_all, "projects/read", {}, PROJECTS),
    (lambda client: client.read_projects(whole, project_id=7), "projects/read", {"projectId": 7}, PROJECTS),
    (
        lambda client: client.read_projects(whole, start=0, end=2),
        "projects/read",
        {"start": 0, "end": 2},
        PROJECTS,
    ),
    (read_people, "projects/collaboration/read", {"projectId": 7}, PEOPLE),
    (
        add,
        "projects/collaboration/create",
        {
            "projectId": 7,
            "collaboratorUserId": "mia-ai",
            "collaborationWrite": True,
            "collaborationLiveControl": False,
        },
        PEOPLE,
    ),
    (
        change,
        "projects/collaboration/update",
        {"projectId": 7, "collaboratorUserId": "mia-ai", "write": False, "liveControl": True},
        PEOPLE,
    ),
    (remove, "projects/collaboration/delete", {"projectId": 7, "collaboratorId": "mia-ai"}, PEOPLE),
]


@pytest.mark.parametrize(("act", "path", "body", "reply"), CALLS)
async def test_every_call_is_a_post_of_exactly_the_documented_json(
    *,
    act: Act,
    path: str,
    body: dict[str, object],
    reply: dict[str, object],
    client: QuantConnectClient,
    answer: Callable[..., None],
    sent: list[HttpRequest],
) -> None:
    answer(reply)
    await act(client)
    [request] = sent
    assert (request.method, request.url) == ("POST", f"https://quantconnect.example/api/v2/{path}")
    assert json.loads(request.body) == body
    assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("live_control", [True, False])
async def test_flags_are_sent_as_they_are_asked_for(
    *,
    write: bool,
    live_control: bool,
    client: QuantConnectClient,
    answer: Callable[..., None],
    sent: list[HttpRequest],
) -> None:
    answer(PEOPLE, PEOPLE)
    await client.create_collaborator(project_id=7, public_id="mia-ai", write=write, live_control=live_control)
    await client.update_collaborator(project_id=7, public_id="mia-ai", write=write, live_control=live_control)
    created, updated = (json.loads(request.body) for request in sent)
    assert (created["collaborationWrite"], created["collaborationLiveControl"]) == (write, live_control)
    assert (updated["write"], updated["liveControl"]) == (write, live_control)


async def test_every_request_is_signed_afresh(
    client: QuantConnectClient, clock: Clock, answer: Callable[..., None], sent: list[HttpRequest]
) -> None:
    answer(PROJECTS, PROJECTS)
    await client.read_projects(whole)
    clock.at += timedelta(hours=3)
    await client.read_projects(whole)
    for request, hours in zip(sent, (0, 3), strict=True):
        timestamp = str(int(datetime(2026, 1, 1, hours, tzinfo=UTC).timestamp()))
        digest = hashlib.sha256(f"a-secret-token:{timestamp}".encode()).hexdigest()
        pair = base64.b64encode(f"123456:{digest}".encode()).decode()
        assert request.headers["Timestamp"] == timestamp
        assert request.headers["Authorization"] == f"Basic {pair}"


@pytest.mark.parametrize("act", [add, change, remove])
@pytest.mark.parametrize("lost", [TransportTimeout(may_have_arrived=True), b'{"success": true, "collab'])
async def test_a_write_whose_answer_was_lost_may_have_acted(
    act: Act, lost: object, client: QuantConnectClient, answer: Callable[..., None]
) -> None:
    answer(lost)
    with pytest.raises(UpstreamError) as caught:
        await act(client)
    assert caught.value.may_have_acted


@pytest.mark.parametrize("act", [add, change, remove])
async def test_a_write_that_was_refused_has_not_acted(
    act: Act, client: QuantConnectClient, answer: Callable[..., None]
) -> None:
    answer({"success": False, "errors": ["no"]})
    with pytest.raises(UpstreamError) as caught:
        await act(client)
    assert not caught.value.may_have_acted


@pytest.mark.parametrize("act", [read_all, read_people])
@pytest.mark.parametrize(
    ("lost", "kind"),
    [(TransportTimeout(may_have_arrived=True), UpstreamTimeout), (b"<html>", UpstreamBroken)],
)
async def test_a_read_changes_nothing_even_when_its_answer_was_lost(
    act: Act, lost: object, kind: type[UpstreamError], client: QuantConnectClient, answer: Callable[..., None]
) -> None:
    answer(lost)
    with pytest.raises(kind) as caught:
        await act(client)
    assert not caught.value.may_have_acted


@pytest.mark.parametrize("body", [b"", {"success": False, "errors": ["Hash doesn't match."]}])
async def test_a_500_is_never_a_denied_credential(
    body: object, client: QuantConnectClient, answer: Callable[..., None]
) -> None:
    answer(body, status=500)
    with pytest.raises(UpstreamUnavailable):
        await client.read_projects(whole)


@pytest.mark.parametrize("act", [add, change, remove, read_all, read_people])
async def test_nothing_is_sent_twice_by_the_client(
    act: Act, client: QuantConnectClient, answer: Callable[..., None], sent: list[HttpRequest]
) -> None:
    answer(b"", status=503)
    with pytest.raises(UpstreamUnavailable):
        await act(client)
    assert len(sent) == 1


async def test_no_error_holds_the_credential_or_the_signature(
    client: QuantConnectClient,
    answer: Callable[..., None],
    sent: list[HttpRequest],
    everything_in: Callable[[BaseException], str],
) -> None:
    answer({"success": False, "errors": ["Hash doesn't match. UID: 123456 Hash: a-secret-token"]})
    with pytest.raises(UpstreamError) as caught:
        await client.read_projects(whole)
    held = everything_in(caught.value)
    for secret in ("a-secret-token", "123456", sent[0].headers["Authorization"]):
        assert secret not in held


def test_a_credential_does_not_show_itself() -> None:
    assert f"{CREDENTIAL} {[CREDENTIAL]}" == "Credential(…) [Credential(…)]"


async def test_a_request_does_not_show_its_signature(
    client: QuantConnectClient, answer: Callable[..., None], sent: list[HttpRequest]
) -> None:
    answer(PROJECTS)
    await client.read_projects(whole)
    assert sent[0].headers["Authorization"] not in repr(sent)
