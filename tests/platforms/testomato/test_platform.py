"""Testomato as a platform: its projects and the people in them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from gateway.domain.errors import (
    UpstreamBroken,
    UpstreamDenied,
    UpstreamError,
    UpstreamNotFound,
    UpstreamTimeout,
)
from gateway.domain.permission import RoleMapping
from gateway.domain.platform import PlatformStatus
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, Role
from gateway.platforms.testomato import normalise, wire
from gateway.platforms.testomato.platform import TestomatoPlatform, connect
from gateway.platforms.testomato.settings import ProjectDiscovery, TestomatoSettings
from gateway.upstream.transport import HttpRequest, Transport, TransportTimeout
from tests.platforms.connecting import connect_over

pytestmark = pytest.mark.anyio

Answer = Callable[..., None]
Sent = list[HttpRequest]
Connect = Callable[..., TestomatoPlatform]

BASE = "https://testomato.example/api"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOT_FOUND = {"message": "Object not found", "code": 404, "ok": False, "error": True}
ACCOUNT = {"id": 7, "name": "Gateway", "email": "gateway@example.com"}
IMPOSSIBLE_IDS = ["", "..", "../x", "a/b", "a?b", "a#b", "a b", "50a9\n", "a%2Fb", "\u00e9", "a" * 129]


def project(upstream_id: str) -> dict[str, object]:
    return {"id": upstream_id, "title": f"Project {upstream_id}"}


def paths(sent: Sent) -> list[str]:
    return [f"{request.method} {request.url.removeprefix(BASE)}" for request in sent]


def ids(found: list[Project | None | UpstreamError]) -> list[object]:
    return [
        one.upstream_id if isinstance(one, Project) else None if one is None else type(one) for one in found
    ]


@pytest.fixture
def connected(transport: Transport) -> Connect:
    """Connect with the given settings on top of those that every test shares."""

    def with_settings(**settings: object) -> TestomatoPlatform:
        shared = {"base_url": BASE, "token": SecretStr("aa.bb.cc")}
        given = TestomatoSettings.model_validate(shared | settings)
        return connect_over(transport, given, connect=connect, now=lambda: NOW)

    return with_settings


@pytest.fixture
def platform(connected: Connect) -> TestomatoPlatform:
    return connected()


@pytest.fixture
def discovering(connected: Connect) -> TestomatoPlatform:
    return connected(project_discovery=ProjectDiscovery.LEGACY)


async def test_the_configured_projects_are_each_read_once(
    connected: Connect, answer: Answer, sent: Sent
) -> None:
    answer(project("a1"), project("b2"))
    found = await connected(project_ids="a1, b2, a1").list_projects()
    assert [one.upstream_id for one in found.projects] == ["a1", "b2"]
    assert (found.failure, found.missing_count) == (None, 0)
    assert paths(sent) == ["GET /project/a1", "GET /project/b2"]


async def test_a_project_that_is_as_it_was_is_the_same_value(
    connected: Connect, answer: Answer, sent: Sent
) -> None:
    platform = connected(project_ids="a1")
    answer(project("a1"), project("a1"), project("a1") | {"title": "Another title"})
    first, second, third = [(await platform.list_projects()).projects[0] for _ in range(3)]
    assert second is first
    assert (third.name, len(sent)) == ("Another title", 3)


async def test_members_who_are_as_they_were_are_the_same_value(
    platform: TestomatoPlatform, answer: Answer, sent: Sent
) -> None:
    answer([{"id": "7"}], [{"id": "7"}], [{"id": "8"}])
    first, second, third = [(await platform.list_members(["a1"]))[0] for _ in range(3)]
    assert second is first
    assert isinstance(third, tuple)
    assert ([one.upstream_id for one in third], len(sent)) == (["8"], 3)


async def test_without_configured_projects_there_are_none(connected: Connect, sent: Sent) -> None:
    found = await connected(project_ids="").list_projects()
    assert (found.projects, found.failure, found.missing_count) == ((), None, 0)
    assert sent == []


@pytest.mark.parametrize(
    ("odd", "status", "kind"),
    [
        (NOT_FOUND, 404, UpstreamNotFound),
        ({"message": "no"}, 403, UpstreamDenied),
        (b"<html>", 200, UpstreamBroken),
        ({"title": "without an id"}, 200, UpstreamBroken),
    ],
)
async def test_one_configured_project_that_cannot_be_read_does_not_hide_the_others(
    *, odd: object, status: int, kind: type[UpstreamError], connected: Connect, answer: Answer
) -> None:
    answer(project("a1"))
    answer(odd, status=status)
    answer(project("c3"))
    found = await connected(project_ids="a1,b2,c3").list_projects()
    assert [one.upstream_id for one in found.projects] == ["a1", "c3"]
    assert type(found.failure) is kind
    assert found.missing_count == 1


async def test_a_configured_id_that_cannot_be_one_is_missing(
    connected: Connect, answer: Answer, sent: Sent
) -> None:
    answer(project("a1"))
    found = await connected(project_ids="a1,../x").list_projects()
    assert (type(found.failure), found.missing_count) == (UpstreamNotFound, 1)
    assert paths(sent) == ["GET /project/a1"]


async def test_projects_are_discovered_by_the_retired_call_for_the_own_account(
    discovering: TestomatoPlatform, answer: Answer, sent: Sent
) -> None:
    answer(ACCOUNT, [project("a1"), project("b2")], [])
    found = await discovering.list_projects()
    assert [one.upstream_id for one in found.projects] == ["a1", "b2"]
    assert (found.failure, found.missing_count) == (None, 0)
    await discovering.list_projects()
    assert paths(sent) == ["GET /authenticate", "GET /user/7/projects", "GET /user/7/projects"]


@pytest.mark.parametrize("odd", [b"{}", b"null", b"[]", b'{"id": "x", "title": "\xff"}', b'{"id": false}'])
async def test_one_odd_discovered_project_does_not_hide_the_others(
    odd: bytes, discovering: TestomatoPlatform, answer: Answer
) -> None:
    answer(ACCOUNT, b'[{"id": "a1"}, ' + odd + b', {"id": "b2"}]')
    found = await discovering.list_projects()
    assert [one.upstream_id for one in found.projects] == ["a1", "b2"]
    assert (type(found.failure), found.missing_count) == (UpstreamBroken, 1)


async def test_a_retired_call_that_is_no_longer_served_is_an_error_and_no_empty_list(
    discovering: TestomatoPlatform, answer: Answer
) -> None:
    answer(ACCOUNT)
    answer(NOT_FOUND, status=404)
    with pytest.raises(UpstreamNotFound):
        await discovering.list_projects()


async def test_several_projects_are_given_in_order_with_each_failure_in_its_place(
    platform: TestomatoPlatform, answer: Answer, sent: Sent
) -> None:
    answer(project("a1"))
    answer(NOT_FOUND, status=404)
    answer(TransportTimeout(may_have_arrived=True))
    answer(NOT_FOUND)
    answer(b"<html>", project("f6"))
    found = await platform.get_projects(["a1", "b2", "c3", "d4", "e5", "f6"])
    assert ids(found) == ["a1", None, UpstreamTimeout, None, UpstreamBroken, "f6"]
    assert len(sent) == 6


@pytest.mark.parametrize("upstream_id", IMPOSSIBLE_IDS)
async def test_what_cannot_be_an_id_names_nothing_and_nothing_is_sent(
    upstream_id: str, platform: TestomatoPlatform, sent: Sent
) -> None:
    assert await platform.get_projects([upstream_id]) == [None]
    assert await platform.list_members([upstream_id]) == [None]
    assert sent == []


async def test_for_no_ids_nothing_is_sent(platform: TestomatoPlatform, sent: Sent) -> None:
    assert await platform.get_projects([]) == []
    assert await platform.list_members([]) == []
    assert sent == []


async def test_the_members_of_several_projects_are_given_in_order_with_each_failure_in_its_place(
    platform: TestomatoPlatform, answer: Answer, sent: Sent
) -> None:
    answer([{"id": "7"}, {"id": 8}])
    answer(NOT_FOUND, status=404)
    answer({"message": "no"}, status=403)
    answer([])
    found, unknown, denied, nobody = await platform.list_members(["a1", "b2", "c3", "d4"])
    assert isinstance(found, tuple)
    assert [(one.upstream_id, one.project_upstream_id) for one in found] == [("7", "a1"), ("8", "a1")]
    assert (unknown, nobody) == (None, ())
    assert isinstance(denied, UpstreamDenied)
    assert paths(sent) == [f"GET /project/{one}/users" for one in ("a1", "b2", "c3", "d4")]


async def test_a_project_offers_its_custom_roles_too(
    platform: TestomatoPlatform, answer: Answer, sent: Sent
) -> None:
    answer([{"id": "6", "name": "project guest", "permissions": ["read"]}, {"id": 17, "name": "auditor"}])
    found = await platform.list_roles(normalise.project(wire.Project(id="50a9")))
    assert found == (
        RoleMapping(role=Role.VIEWER, native_name="project guest", actions=(Action.READ, Action.LEAVE)),
        RoleMapping(role=Role.CUSTOM, native_name="auditor", actions=(Action.LEAVE,)),
    )
    assert paths(sent) == ["GET /project/50a9/roles"]


@pytest.mark.parametrize(
    ("reply", "code", "status"),
    [
        ({"id": 7}, 200, PlatformStatus.UP),
        (NOT_FOUND, 404, PlatformStatus.UP),
        ({"message": "no"}, 403, PlatformStatus.DEGRADED),
        (b"<html>", 200, PlatformStatus.DEGRADED),
    ],
)
async def test_health_tells_how_the_calls_went(
    *, reply: object, code: int, status: PlatformStatus, platform: TestomatoPlatform, answer: Answer
) -> None:
    answer(reply, status=code)
    with suppress(UpstreamError):
        await platform.account()
    assert platform.health().status is status


def test_without_a_credential_there_is_no_platform(transport: Transport) -> None:
    with pytest.raises(ValueError, match="no credential"):
        connect_over(transport, TestomatoSettings(), connect=connect, now=lambda: NOW)
