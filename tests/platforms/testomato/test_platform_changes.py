"""Testomato as a platform: changing who is in a project."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from gateway.domain.errors import UpstreamError, UpstreamNotFound, UpstreamRejected
from gateway.domain.member import Member
from gateway.domain.membership import Addition, Removal, RoleChange
from gateway.domain.platform import MembershipReply
from gateway.domain.vocabulary import Capability, Role
from gateway.platforms.testomato import normalise, wire
from gateway.platforms.testomato.platform import TestomatoPlatform, connect
from gateway.platforms.testomato.settings import RoleEncoding, TestomatoSettings
from gateway.upstream.transport import HttpRequest, Transport
from tests.platforms.connecting import connect_over

pytestmark = pytest.mark.anyio

Answer = Callable[..., None]
Sent = list[HttpRequest]
Make = Callable[[TestomatoPlatform], Awaitable[MembershipReply]]
Connect = Callable[[RoleEncoding], TestomatoPlatform]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BASE = "https://testomato.example/api"
NEW_USER = {"id": 4211, "email": "jana@example.com", "confirmed": False, "role": {"id": "5"}}
NUMBERS = [(Role.ADMIN, 4), (Role.EDITOR, 5), (Role.VIEWER, 6)]


def member(upstream_id: str = "4211") -> Member:
    return normalise.member(wire.User(id=upstream_id), project_upstream_id="50a9")


def addition(role: Role = Role.EDITOR) -> Addition:
    return Addition(project_upstream_id="50a9", person_id="jana@example.com", role=role, grant=frozenset())


def add(platform: TestomatoPlatform) -> Awaitable[MembershipReply]:
    return platform.add_member(addition())


def remove(platform: TestomatoPlatform) -> Awaitable[MembershipReply]:
    return platform.remove_member(Removal(project_upstream_id="50a9", member=member()))


def only_call(sent: Sent) -> tuple[str, str, object]:
    [request] = sent
    return request.method, request.url.removeprefix(BASE), json.loads(request.body)


@pytest.fixture
def connected(transport: Transport) -> Connect:
    def with_encoding(encoding: RoleEncoding) -> TestomatoPlatform:
        settings = TestomatoSettings(base_url=BASE, token=SecretStr("aa.bb.cc"), role_encoding=encoding)
        return connect_over(transport, settings, connect=connect, now=lambda: NOW)

    return with_encoding


@pytest.fixture
def platform(connected: Connect) -> TestomatoPlatform:
    return connected(TestomatoSettings().role_encoding)


@pytest.mark.parametrize(("role", "number"), NUMBERS)
async def test_a_role_is_sent_as_a_whole_number_unless_told_otherwise(
    *, role: Role, number: int, platform: TestomatoPlatform, answer: Answer, sent: Sent
) -> None:
    answer(NEW_USER)
    await platform.add_member(addition(role))
    body = {"email": "jana@example.com", "role": number}
    assert only_call(sent) == ("POST", "/project/50a9/users", body)


@pytest.mark.parametrize(("role", "number"), NUMBERS)
async def test_a_role_can_be_sent_as_text(
    *, role: Role, number: int, connected: Connect, answer: Answer, sent: Sent
) -> None:
    answer(NEW_USER)
    await connected(RoleEncoding.STRING).add_member(addition(role))
    body = {"email": "jana@example.com", "role": str(number)}
    assert only_call(sent) == ("POST", "/project/50a9/users", body)


async def test_the_answer_to_an_addition_shows_the_person_and_not_the_others(
    platform: TestomatoPlatform, answer: Answer
) -> None:
    answer(NEW_USER)
    reply = await add(platform)
    assert reply.member is not None
    assert (reply.member.upstream_id, reply.member.role) == ("4211", Role.EDITOR)
    assert reply.member.confirmed is False
    assert reply.members is None


@pytest.mark.parametrize("answered", [b"", {"message": "ok", "success": True, "error": False}])
async def test_a_removal_sends_whole_numbers_in_the_body_of_a_delete(
    answered: object, platform: TestomatoPlatform, answer: Answer, sent: Sent
) -> None:
    answer(answered)
    assert await remove(platform) == MembershipReply()
    assert only_call(sent) == ("DELETE", "/project/50a9/users", {"users": [4211]})


@pytest.mark.parametrize("make", [add, remove])
@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        ({"message": "no"}, 400, UpstreamRejected),
        ({"message": "no", "success": False, "ok": False, "error": True}, 200, UpstreamRejected),
        ({"message": "Object not found", "code": 404}, 404, UpstreamNotFound),
    ],
)
async def test_a_refused_change_has_changed_nothing(
    *,
    make: Make,
    said: object,
    status: int,
    kind: type[UpstreamError],
    platform: TestomatoPlatform,
    answer: Answer,
) -> None:
    answer(said, status=status)
    with pytest.raises(kind) as caught:
        await make(platform)
    assert not caught.value.may_have_acted


async def test_a_role_cannot_be_changed_which_the_profile_says(
    platform: TestomatoPlatform, sent: Sent
) -> None:
    assert Capability.UPDATE_MEMBER not in platform.profile.capabilities
    change = RoleChange(project_upstream_id="50a9", member=member(), role=Role.ADMIN, grant=frozenset())
    with pytest.raises(AssertionError):
        await platform.update_member(change)
    assert sent == []
