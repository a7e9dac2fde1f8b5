"""QuantConnect as a platform: the gateway's own account and what it may do."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from gateway.domain.errors import UpstreamDenied
from gateway.domain.permission import ProjectAccess
from gateway.domain.platform import PlatformAccount
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, Role
from gateway.platforms.quantconnect import normalise, wire
from gateway.platforms.quantconnect.platform import PROFILE, QuantConnectPlatform, connect
from gateway.platforms.quantconnect.settings import QuantConnectSettings
from gateway.upstream.transport import HttpRequest, Transport
from tests.platforms.connecting import connect_over

pytestmark = pytest.mark.anyio

Answer = Callable[..., None]
Sent = list[HttpRequest]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = QuantConnectSettings(
    base_url="https://quantconnect.example", user_id="123456", api_token=SecretStr("token")
)
REFUSED = {"success": False, "errors": ["Invalid argument"]}
DENIED = {"success": False, "errors": ["Hash doesn't match."]}


def project(*, owner: bool = False) -> Project:
    return normalise.project(wire.Project(project_id=7, owner=owner), account_user_id="123456")


def calls(sent: Sent) -> list[tuple[str, dict[str, object]]]:
    return [
        (request.url.removeprefix("https://quantconnect.example/"), json.loads(request.body))
        for request in sent
    ]


def granted(access: ProjectAccess) -> set[Action]:
    return {permission.action for permission in access.permissions if permission.granted}


@pytest.fixture
def platform(transport: Transport) -> QuantConnectPlatform:
    return connect_over(transport, SETTINGS, connect=connect, now=lambda: NOW)


async def test_the_viewers_access_that_came_with_the_project_is_used(
    platform: QuantConnectPlatform, sent: Sent
) -> None:
    access = await platform.viewer_access(project(owner=True), ())
    assert access.role is Role.OWNER
    assert sent == []


@pytest.mark.parametrize(
    ("said", "role", "actions"),
    [
        (
            {"userPermissions": "write", "userLiveControl": True},
            Role.EDITOR,
            {Action.READ, Action.WRITE, Action.LIVE_CONTROL, Action.LEAVE},
        ),
        (
            {"userPermissions": "read", "userLiveControl": False},
            Role.VIEWER,
            {Action.READ, Action.LEAVE},
        ),
        ({"userPermissions": "administer"}, Role.CUSTOM, {Action.LEAVE}),
        ({"userPermissions": None, "userLiveControl": None}, Role.CUSTOM, {Action.LEAVE}),
        ({}, Role.CUSTOM, {Action.LEAVE}),
    ],
)
async def test_the_viewers_access_is_asked_for_where_it_did_not_come_along(
    *,
    said: dict[str, object],
    role: Role,
    actions: set[Action],
    platform: QuantConnectPlatform,
    answer: Answer,
    sent: Sent,
) -> None:
    answer({"success": True, "collaborators": [], **said})
    access = await platform.viewer_access(project(), ())
    assert (access.role, granted(access)) == (role, actions)
    assert calls(sent) == [("projects/collaboration/read", {"projectId": 7})]


async def test_the_account_has_the_name_that_the_platform_tells(
    platform: QuantConnectPlatform, answer: Answer, sent: Sent
) -> None:
    answer({"success": True, "user": {"name": "Mia", "profile": "mia-ai"}})
    assert await platform.account() == PlatformAccount(upstream_id="123456", name="Mia", email=None)
    assert calls(sent) == [("user/read", {})]


@pytest.mark.parametrize("unserved", [REFUSED, {"success": True}, {"success": True, "user": []}, b"<html>"])
async def test_where_the_name_is_not_told_the_account_is_still_proven(
    unserved: object, platform: QuantConnectPlatform, answer: Answer, sent: Sent
) -> None:
    answer(unserved, {"success": True})
    assert await platform.account() == PlatformAccount(upstream_id="123456", name=None, email=None)
    assert [path for path, _ in calls(sent)] == ["user/read", "authenticate"]


@pytest.mark.parametrize("answers", [[DENIED], [REFUSED, DENIED]])
async def test_an_account_that_is_denied_is_none(
    answers: list[object], platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer(*answers)
    with pytest.raises(UpstreamDenied):
        await platform.account()


async def test_every_project_offers_the_same_roles_and_nothing_is_sent(
    platform: QuantConnectPlatform, sent: Sent
) -> None:
    assert await platform.list_roles(project()) == PROFILE.roles
    assert sent == []
