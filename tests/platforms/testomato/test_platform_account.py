"""Testomato as a platform: the gateway's own account and what it may do."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from pydantic import SecretStr

from gateway.domain.member import Member
from gateway.domain.permission import ProjectAccess
from gateway.domain.platform import PlatformAccount
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, Role
from gateway.platforms.testomato import normalise, wire
from gateway.platforms.testomato.platform import TestomatoPlatform, connect
from gateway.platforms.testomato.settings import TestomatoSettings
from gateway.upstream.transport import HttpRequest, Transport
from tests.platforms.connecting import connect_over

pytestmark = pytest.mark.anyio

Answer = Callable[..., None]
Sent = list[HttpRequest]

BASE = "https://testomato.example/api"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = TestomatoSettings(base_url=BASE, token=SecretStr("aa.bb.cc"))
ACCOUNT = {"id": 7, "name": "Gateway", "email": "gateway@example.com"}


def project(permissions: wire.Switches = None) -> Project:
    return normalise.project(wire.Project(id="50a9", permissions=permissions))


def member(upstream_id: str, role: int, *, owner: bool = False) -> Member:
    user = wire.User(id=upstream_id, role=msgspec.Raw(msgspec.json.encode({"id": role})), is_payer=owner)
    return normalise.member(user, project_upstream_id="50a9")


def granted(access: ProjectAccess) -> set[Action]:
    return {permission.action for permission in access.permissions if permission.granted}


def paths(sent: Sent) -> list[str]:
    return [f"{request.method} {request.url.removeprefix(BASE)}" for request in sent]


@pytest.fixture
def platform(transport: Transport) -> TestomatoPlatform:
    return connect_over(transport, SETTINGS, connect=connect, now=lambda: NOW)


@pytest.mark.parametrize("written", [7, "7"])
async def test_the_account_is_the_one_of_the_token(
    written: object, platform: TestomatoPlatform, answer: Answer, sent: Sent
) -> None:
    answer({**ACCOUNT, "id": written, "exp": 1, "nbf": "1"})
    assert await platform.account() == PlatformAccount(
        upstream_id="7", name="Gateway", email="gateway@example.com"
    )
    assert paths(sent) == ["GET /authenticate"]


async def test_an_account_is_shown_nowhere_by_accident(platform: TestomatoPlatform, answer: Answer) -> None:
    answer(ACCOUNT)
    assert "gateway" not in repr(await platform.account())


async def test_the_viewers_rights_that_came_with_the_project_are_used(
    platform: TestomatoPlatform, answer: Answer, sent: Sent
) -> None:
    answer(ACCOUNT)
    access = await platform.viewer_access(project({"read": True, "run": True}), [member("7", 5)])
    assert (access.role, granted(access)) == (Role.EDITOR, {Action.READ, Action.RUN, Action.LEAVE})
    assert paths(sent) == ["GET /authenticate"]


@pytest.mark.parametrize(
    ("said", "actions"),
    [
        ({"read": True, "editTests": True}, {Action.READ, Action.WRITE, Action.LEAVE}),
        ({"read": True, "editTest": True}, {Action.READ, Action.WRITE, Action.LEAVE}),
        ({"read": True, "leave": False}, {Action.READ}),
        ([], {Action.LEAVE}),
    ],
)
@pytest.mark.parametrize("untold", [None, []])
async def test_the_viewers_rights_are_asked_for_where_they_did_not_come_along(
    *,
    said: object,
    actions: set[Action],
    untold: wire.Switches,
    platform: TestomatoPlatform,
    answer: Answer,
    sent: Sent,
) -> None:
    answer(said, ACCOUNT)
    access = await platform.viewer_access(project(untold), ())
    assert granted(access) == actions
    assert paths(sent) == ["GET /project/50a9/permissions", "GET /authenticate"]


@pytest.mark.parametrize(
    ("members", "role"),
    [
        ([member("8", 4), member("7", 6)], Role.VIEWER),
        ([member("7", 4)], Role.ADMIN),
        ([member("7", 17)], Role.CUSTOM),
        ([member("8", 4)], None),
        ([], None),
    ],
)
async def test_the_viewers_role_is_that_of_the_member_whose_token_it_is(
    members: list[Member], role: Role | None, platform: TestomatoPlatform, answer: Answer
) -> None:
    answer(ACCOUNT)
    access = await platform.viewer_access(project({"read": True}), members)
    assert (access.role, granted(access)) == (role, {Action.READ, Action.LEAVE})


@pytest.mark.parametrize("switches", [{"read": True}, {"read": True, "leave": True}])
async def test_a_viewer_who_owns_the_project_cannot_leave_it(
    switches: wire.Switches, platform: TestomatoPlatform, answer: Answer
) -> None:
    answer(ACCOUNT)
    access = await platform.viewer_access(project(switches), [member("7", 4, owner=True)])
    assert (access.role, granted(access)) == (Role.OWNER, {Action.READ})


async def test_whose_token_it_is_is_asked_only_once(
    platform: TestomatoPlatform, answer: Answer, sent: Sent
) -> None:
    answer(ACCOUNT)
    for _ in range(3):
        await platform.viewer_access(project({"read": True}), ())
    assert paths(sent) == ["GET /authenticate"]


async def test_whose_token_it_is_is_asked_again_after_a_failure(
    platform: TestomatoPlatform, answer: Answer, sent: Sent
) -> None:
    answer({"message": "no"}, status=403)
    without_a_role = await platform.viewer_access(project({"read": True}), [member("7", 6)])
    assert without_a_role.role is None
    answer(ACCOUNT)
    access = await platform.viewer_access(project({"read": True}), [member("7", 6)])
    assert access.role is Role.VIEWER
    assert len(sent) == 2
