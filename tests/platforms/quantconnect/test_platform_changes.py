"""QuantConnect as a platform: changing who is in a project."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from gateway.domain.errors import UpstreamBroken, UpstreamError, UpstreamRejected, UpstreamThrottled
from gateway.domain.member import Member
from gateway.domain.membership import Addition, Removal, RoleChange
from gateway.domain.platform import MembershipReply
from gateway.domain.vocabulary import Action, Role
from gateway.platforms.quantconnect import normalise, wire
from gateway.platforms.quantconnect.platform import QuantConnectPlatform, connect
from gateway.platforms.quantconnect.settings import QuantConnectSettings
from gateway.upstream.transport import HttpRequest, Transport
from tests.platforms.connecting import connect_over

pytestmark = pytest.mark.anyio

Answer = Callable[..., None]
Sent = list[HttpRequest]
Make = Callable[[QuantConnectPlatform], Awaitable[MembershipReply]]

SETTINGS = QuantConnectSettings(
    base_url="https://quantconnect.example", user_id="123456", api_token=SecretStr("token")
)
OLAF = {"publicId": "olaf", "permission": "read", "owner": True}
MIA = {"publicId": "mia-ai", "permission": "write", "liveControl": True}
NOBODY = frozenset[Action]()
LIVE = frozenset({Action.LIVE_CONTROL})
# What a role with its grants is on the platform: (write, live control).
FLAGS = [
    (Role.EDITOR, NOBODY, (True, False)),
    (Role.EDITOR, LIVE, (True, True)),
    (Role.VIEWER, NOBODY, (False, False)),
    (Role.VIEWER, LIVE, (False, True)),
]


def member(**said: object) -> Member:
    return normalise.member(wire.Collaborator(public_id="mia-ai", **said), project_upstream_id="7")


def add(platform: QuantConnectPlatform) -> Awaitable[MembershipReply]:
    return platform.add_member(
        Addition(project_upstream_id="7", person_id="mia-ai", role=Role.EDITOR, grant=LIVE)
    )


def change(platform: QuantConnectPlatform) -> Awaitable[MembershipReply]:
    return platform.update_member(
        RoleChange(project_upstream_id="7", member=member(), role=Role.EDITOR, grant=LIVE)
    )


def remove(platform: QuantConnectPlatform) -> Awaitable[MembershipReply]:
    return platform.remove_member(Removal(project_upstream_id="7", member=member()))


def only_call(sent: Sent) -> tuple[str, dict[str, object]]:
    [request] = sent
    return request.url.removeprefix("https://quantconnect.example/"), json.loads(request.body)


@pytest.fixture
def platform(transport: Transport) -> QuantConnectPlatform:
    return connect_over(transport, SETTINGS, connect=connect, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(("role", "grant", "flags"), FLAGS)
async def test_an_addition_sends_the_role_as_the_flags_of_create(
    *,
    role: Role,
    grant: frozenset[Action],
    flags: tuple[bool, bool],
    platform: QuantConnectPlatform,
    answer: Answer,
    sent: Sent,
) -> None:
    answer({"success": True, "collaborators": [OLAF, MIA]})
    await platform.add_member(Addition(project_upstream_id="7", person_id="mia-ai", role=role, grant=grant))
    write, live_control = flags
    assert only_call(sent) == (
        "projects/collaboration/create",
        {
            "projectId": 7,
            "collaboratorUserId": "mia-ai",
            "collaborationWrite": write,
            "collaborationLiveControl": live_control,
        },
    )


@pytest.mark.parametrize(("role", "grant", "flags"), FLAGS)
async def test_a_change_sends_the_role_as_the_flags_of_update(
    *,
    role: Role,
    grant: frozenset[Action],
    flags: tuple[bool, bool],
    platform: QuantConnectPlatform,
    answer: Answer,
    sent: Sent,
) -> None:
    answer({"success": True, "collaborators": [OLAF, MIA]})
    await platform.update_member(RoleChange(project_upstream_id="7", member=member(), role=role, grant=grant))
    write, live_control = flags
    assert only_call(sent) == (
        "projects/collaboration/update",
        {"projectId": 7, "collaboratorUserId": "mia-ai", "write": write, "liveControl": live_control},
    )


async def test_a_removal_names_the_person_by_the_other_key(
    platform: QuantConnectPlatform, answer: Answer, sent: Sent
) -> None:
    answer({"success": True, "collaborators": [OLAF]})
    await remove(platform)
    assert only_call(sent) == (
        "projects/collaboration/delete",
        {"projectId": 7, "collaboratorId": "mia-ai"},
    )


@pytest.mark.parametrize("make", [add, change])
async def test_the_answer_shows_the_person_and_everybody_else(
    make: Make, platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer({"success": True, "collaborators": [OLAF, MIA]})
    reply = await make(platform)
    assert reply.member == member(permission="write", live_control=True)
    assert reply.members is not None
    assert [one.upstream_id for one in reply.members] == ["olaf", "mia-ai"]


@pytest.mark.parametrize("make", [add, change, remove])
async def test_an_answer_without_the_person_shows_only_the_others(
    make: Make, platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer({"success": True, "collaborators": [OLAF, {"uid": 1, "publicId": None}]})
    reply = await make(platform)
    assert reply.member is None
    assert reply.members is not None
    assert [one.upstream_id for one in reply.members] == ["olaf", "uid:1"]


@pytest.mark.parametrize("make", [add, change, remove])
@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"success": False}, UpstreamRejected),
        ({"success": False, "errors": ["slow down"]}, UpstreamThrottled),
    ],
)
async def test_a_refused_change_has_changed_nothing(
    make: Make, said: object, kind: type[UpstreamError], platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer(said)
    with pytest.raises(kind) as caught:
        await make(platform)
    assert not caught.value.may_have_acted


@pytest.mark.parametrize("make", [add, change, remove])
async def test_a_change_whose_answer_lists_nobody_may_have_been_made(
    make: Make, platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer({"success": True})
    with pytest.raises(UpstreamBroken) as caught:
        await make(platform)
    assert caught.value.may_have_acted
