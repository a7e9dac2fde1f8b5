"""QuantConnect as a platform: its projects and the people in them."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from gateway.domain.errors import UpstreamBroken, UpstreamDenied, UpstreamRejected
from gateway.domain.platform import PlatformStatus
from gateway.domain.project import Project
from gateway.platforms.quantconnect.platform import QuantConnectPlatform, connect
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
MIA = {"publicId": "mia-ai", "permission": "write", "liveControl": True}
OLAF = {"publicId": "olaf", "permission": "read", "owner": True}
IMPOSSIBLE_IDS = ["", "abc", "../x", "007", "0", "-1", "+1", "1.0", "1e3", " 7", "7\n", "\u0667", "9" * 19]


def project(number: int, **more: object) -> dict[str, object]:
    return {"projectId": number, "name": f"Project {number}", "collaborators": [OLAF], **more}


def listing(*projects: object) -> dict[str, object]:
    return {"success": True, "projects": list(projects)}


def people(*collaborators: object, **more: object) -> dict[str, object]:
    return {"success": True, "collaborators": list(collaborators), **more}


def calls(sent: Sent) -> list[tuple[str, dict[str, object]]]:
    return [
        (request.url.removeprefix("https://quantconnect.example/"), json.loads(request.body))
        for request in sent
    ]


@pytest.fixture
def platform(transport: Transport) -> QuantConnectPlatform:
    return connect_over(transport, SETTINGS, connect=connect, now=lambda: NOW)


async def test_all_projects_are_listed_with_one_call(
    platform: QuantConnectPlatform, answer: Answer, sent: Sent
) -> None:
    answer(listing(project(7), project(8)))
    found = await platform.list_projects()
    assert [one.upstream_id for one in found.projects] == ["7", "8"]
    assert (found.failure, found.missing_count) == (None, 0)
    assert calls(sent) == [("projects/read", {})]


@pytest.mark.parametrize("odd", [b'{"name": "x"}', b"null", b"[]", b'{"projectId": 9, "name": "\xff"}'])
async def test_one_odd_project_does_not_hide_the_others(
    odd: bytes, platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer(b'{"success": true, "projects": [{"projectId": 7}, ' + odd + b', {"projectId": 8}]}')
    found = await platform.list_projects()
    assert [one.upstream_id for one in found.projects] == ["7", "8"]
    assert isinstance(found.failure, UpstreamBroken)
    assert found.missing_count == 1


async def test_projects_that_are_as_they_were_are_the_same_values(
    platform: QuantConnectPlatform, answer: Answer, sent: Sent
) -> None:
    answer(listing(project(7)), listing(project(7)), listing(project(7, name="Another name")))
    first, second, third = [(await platform.list_projects()).projects[0] for _ in range(3)]
    assert second is first
    assert (third.name, len(sent)) == ("Another name", 3)


async def test_the_list_and_one_project_of_it_are_told_apart(
    platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer(listing(project(7)), listing(project(7, name="Another name")), listing(project(7)))
    await platform.list_projects()
    [alone] = await platform.get_projects(["7"])
    listed = (await platform.list_projects()).projects[0]
    assert isinstance(alone, Project)
    assert (alone.name, listed.name) == ("Another name", "Project 7")


async def test_one_project_is_read_by_its_id(
    platform: QuantConnectPlatform, answer: Answer, sent: Sent
) -> None:
    answer(listing(project(7)))
    [found] = await platform.get_projects(["7"])
    assert isinstance(found, Project)
    assert found.upstream_id == "7"
    assert calls(sent) == [("projects/read", {"projectId": 7})]


async def test_many_projects_are_read_with_one_call_and_given_in_order(
    platform: QuantConnectPlatform, answer: Answer, sent: Sent
) -> None:
    answer(listing(project(7), project(8), project(9)))
    found = await platform.get_projects(["9", "1", "7", "9"])
    assert [one.upstream_id if isinstance(one, Project) else one for one in found] == ["9", None, "7", "9"]
    assert calls(sent) == [("projects/read", {})]


async def test_of_many_projects_one_that_may_be_the_unreadable_one_is_not_called_absent(
    platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer(listing(project(7), {"projectId": None}))
    found, unsure, impossible = await platform.get_projects(["7", "8", "abc"])
    assert isinstance(found, Project)
    assert isinstance(unsure, UpstreamBroken)
    assert impossible is None


@pytest.mark.parametrize("upstream_id", IMPOSSIBLE_IDS)
async def test_what_cannot_be_an_id_names_nothing_and_nothing_is_sent(
    upstream_id: str, platform: QuantConnectPlatform, sent: Sent
) -> None:
    assert await platform.get_projects([upstream_id]) == [None]
    assert await platform.list_members([upstream_id]) == [None]
    assert await platform.get_projects([upstream_id, "abc"]) == [None, None]
    assert await platform.list_members([upstream_id, "abc"]) == [None, None]
    assert sent == []


async def test_for_no_ids_nothing_is_sent(platform: QuantConnectPlatform, sent: Sent) -> None:
    assert await platform.get_projects([]) == []
    assert await platform.list_members([]) == []
    assert sent == []


async def test_a_refused_id_is_looked_up_in_the_whole_list(
    platform: QuantConnectPlatform, answer: Answer, sent: Sent
) -> None:
    answer(REFUSED, listing(project(6), project(7)))
    [found] = await platform.get_projects(["7"])
    assert isinstance(found, Project)
    assert found.upstream_id == "7"
    assert calls(sent) == [("projects/read", {"projectId": 7}), ("projects/read", {})]


async def test_a_refused_id_that_is_not_in_the_list_is_no_project(
    platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer(REFUSED, listing(project(6)))
    assert await platform.get_projects(["7"]) == [None]


async def test_a_refused_id_is_not_called_absent_where_the_list_could_not_be_read_whole(
    platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer(REFUSED, listing(project(6), {"projectId": None}))
    with pytest.raises(UpstreamBroken):
        await platform.get_projects(["7"])


async def test_a_reply_with_other_projects_does_not_answer_for_the_one_asked_for(
    platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer(listing(project(8)))
    assert await platform.get_projects(["7"]) == [None]


async def test_a_denied_credential_is_not_mistaken_for_an_unknown_id(
    platform: QuantConnectPlatform, answer: Answer, sent: Sent
) -> None:
    answer(DENIED)
    with pytest.raises(UpstreamDenied):
        await platform.get_projects(["7"])
    assert len(sent) == 1


async def test_the_members_of_one_project_are_read_by_its_id(
    platform: QuantConnectPlatform, answer: Answer, sent: Sent
) -> None:
    answer(people(OLAF, MIA))
    [members] = await platform.list_members(["7"])
    assert isinstance(members, tuple)
    assert [(one.upstream_id, one.project_upstream_id) for one in members] == [("olaf", "7"), ("mia-ai", "7")]
    assert calls(sent) == [("projects/collaboration/read", {"projectId": 7})]


async def test_the_members_of_many_projects_are_read_with_one_call(
    platform: QuantConnectPlatform, answer: Answer, sent: Sent
) -> None:
    answer(listing(project(7), project(8, collaborators=[])))
    found, empty, unknown = await platform.list_members(["7", "8", "9"])
    assert isinstance(found, tuple)
    assert [one.upstream_id for one in found] == ["olaf"]
    assert (empty, unknown) == ((), None)
    assert calls(sent) == [("projects/read", {})]


async def test_members_that_the_list_does_not_tell_are_asked_for_apart(
    platform: QuantConnectPlatform, answer: Answer, sent: Sent
) -> None:
    answer(listing(project(7), project(8, collaborators=None), project(9, collaborators=None)))
    answer(people(MIA), DENIED)
    told, asked, failed = await platform.list_members(["7", "8", "9"])
    assert isinstance(told, tuple)
    assert isinstance(asked, tuple)
    assert [one.upstream_id for one in (*told, *asked)] == ["olaf", "mia-ai"]
    assert isinstance(failed, UpstreamDenied)
    assert [body for _, body in calls(sent)] == [{}, {"projectId": 8}, {"projectId": 9}]


async def test_where_the_members_are_refused_those_that_came_with_the_project_are_given(
    platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer(REFUSED, listing(project(7)))
    [members] = await platform.list_members(["7"])
    assert isinstance(members, tuple)
    assert [one.upstream_id for one in members] == ["olaf"]


async def test_where_the_members_are_refused_an_unknown_project_has_none(
    platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer(REFUSED, REFUSED, listing())
    assert await platform.list_members(["7"]) == [None]


async def test_members_that_are_told_nowhere_do_not_make_a_project_unknown(
    platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer(REFUSED, listing(project(7, collaborators=None)))
    with pytest.raises(UpstreamRejected):
        await platform.list_members(["7"])


@pytest.mark.parametrize(
    ("reply", "status"), [(listing(), PlatformStatus.UP), (DENIED, PlatformStatus.DEGRADED)]
)
async def test_health_tells_how_the_calls_went(
    reply: object, status: PlatformStatus, platform: QuantConnectPlatform, answer: Answer
) -> None:
    answer(reply)
    with suppress(UpstreamDenied):
        await platform.list_projects()
    assert platform.health().status is status


def test_without_a_credential_there_is_no_platform(transport: Transport) -> None:
    with pytest.raises(ValueError, match="no credential"):
        connect_over(transport, QuantConnectSettings(), connect=connect, now=lambda: NOW)
