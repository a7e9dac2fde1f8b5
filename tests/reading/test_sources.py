"""Where an answer came from: partial data is never silent."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.sandbox.faults import Fault, FaultKind
from gateway.sandbox.handle import Sandbox
from tests.conftest import MakeStand, Stand
from tests.reading.questions import (
    NAMES,
    QUANTCONNECT,
    SITE_NAMES,
    SOURCES,
    TESTOMATO,
    TRADING_NAMES,
    ask_names,
    ask_project,
    ask_projects,
    projects_document,
    source_of,
)

pytestmark = pytest.mark.anyio

PLATFORMS = [QUANTCONNECT, TESTOMATO]
DOWN = Fault(kind=FaultKind.STATUS, status=503)
WITHOUT_QUANTCONNECT = {"GATEWAY_QUANTCONNECT__USER_ID": "", "GATEWAY_QUANTCONNECT__API_TOKEN": ""}


def sandbox_of(stand: Stand, platform: str) -> Sandbox:
    return stand.quantconnect if platform == QUANTCONNECT else stand.testomato


async def sources(stand: Stand, **arguments: object) -> dict[str, Any]:
    return await ask_projects(stand, SOURCES, **arguments)


async def refusal(stand: Stand, **arguments: object) -> dict[str, Any]:
    """The one error of a question for projects, all of which must be there."""
    answer = await stand.execute(
        projects_document("nodes { id }"), requireComplete=True, first=200, **arguments
    )
    assert answer["data"] == {"projects": None}
    [error] = answer["errors"]
    return error


async def test_a_platform_that_answered_is_fresh_as_of_now(stand: Stand) -> None:
    asked_at = datetime.now(UTC)
    connection = await sources(stand)
    for platform in PLATFORMS:
        source = source_of(connection, platform)
        assert (source["state"], source["error"]) == ("FRESH", None)
        assert asked_at <= datetime.fromisoformat(source["asOf"]) <= datetime.now(UTC)


async def test_a_platform_without_a_credential_is_said_to_be_unconfigured(make_stand: MakeStand) -> None:
    stand = await make_stand(settings=WITHOUT_QUANTCONNECT)
    source = source_of(await sources(stand), QUANTCONNECT)
    assert source == {"platform": QUANTCONNECT, "state": "UNCONFIGURED", "asOf": None, "error": None}
    assert sorted(await ask_names(stand)) == sorted(SITE_NAMES)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_platform_that_never_answered_has_failed_as_of_no_moment(stand: Stand, platform: str) -> None:
    asked_at = datetime.now(UTC)
    sandbox_of(stand, platform).faults.add(DOWN)
    source = source_of(await sources(stand), platform)
    since = datetime.fromisoformat(source["error"].pop("failingSince"))
    assert source.pop("error").pop("message")
    assert source == {"platform": platform, "state": "FAILED", "asOf": None}
    assert asked_at <= since <= datetime.now(UTC)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_failure_is_told_with_its_name_and_since_when(stand: Stand, platform: str) -> None:
    sandbox_of(stand, platform).faults.add(DOWN)
    error = source_of(await sources(stand), platform)["error"]
    assert (error["code"], error["retryable"], error["retryAt"]) == ("UPSTREAM_UNAVAILABLE", True, None)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_platform_that_failed_is_as_old_as_its_last_answer_and_fails_since_then(
    stand: Stand, platform: str
) -> None:
    asked_at = datetime.now(UTC)
    await sources(stand)
    answered_at = datetime.now(UTC)
    sandbox_of(stand, platform).faults.add(DOWN)
    first = source_of(await sources(stand), platform)
    again = source_of(await sources(stand), platform)
    assert asked_at <= datetime.fromisoformat(first["asOf"]) <= answered_at
    assert answered_at <= datetime.fromisoformat(first["error"]["failingSince"])
    assert (again["asOf"], again["error"]["failingSince"]) == (first["asOf"], first["error"]["failingSince"])


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_platform_that_answers_again_is_fresh_again(stand: Stand, platform: str) -> None:
    sandbox_of(stand, platform).faults.add(DOWN)
    await sources(stand)
    sandbox_of(stand, platform).faults.clear()
    source = source_of(await sources(stand), platform)
    assert (source["state"], source["error"]) == ("FRESH", None)


async def test_a_throttled_source_says_when_to_come_back(stand: Stand) -> None:
    stand.testomato.faults.add(Fault(kind=FaultKind.THROTTLE, seconds=3_600))
    error = source_of(await sources(stand), TESTOMATO)["error"]
    wait = datetime.fromisoformat(error["retryAt"]) - datetime.now(UTC)
    assert (error["code"], error["retryable"]) == ("UPSTREAM_THROTTLED", True)
    assert 3_000 < wait.total_seconds() <= 3_600


async def test_a_source_of_which_one_project_is_missing_says_so_and_gives_the_others(stand: Stand) -> None:
    lost = await ask_project(stand, "Careers", "upstreamId")
    stand.testomato.faults.add(
        Fault(kind=FaultKind.STATUS, status=503, path=f"/api/project/{lost['upstreamId']}")
    )
    connection = await ask_projects(stand, f"nodes {{ name }} {SOURCES}")
    assert {node["name"] for node in connection["nodes"]} == set(NAMES) - {"Careers"}
    source = source_of(connection, TESTOMATO)
    assert (source["state"], source["error"]["code"]) == ("FAILED", "UPSTREAM_UNAVAILABLE")
    assert "1 of 10 projects could not be read" in source["error"]["message"]
    assert source["asOf"] is not None


async def test_a_configured_project_that_does_not_exist_is_said_to_be_missing(make_stand: MakeStand) -> None:
    stand = await make_stand(settings={"GATEWAY_TESTOMATO__PROJECT_IDS": "0" * 24})
    connection = await ask_projects(stand, f"nodes {{ name }} {SOURCES}")
    assert sorted(node["name"] for node in connection["nodes"]) == sorted(TRADING_NAMES)
    source = source_of(connection, TESTOMATO)
    assert (source["state"], source["error"]["code"]) == ("FAILED", "UPSTREAM_REJECTED")
    assert not source["error"]["retryable"]


async def test_a_project_that_cannot_be_understood_is_missing_and_said_to_be(stand: Stand) -> None:
    odd = '{"success": true, "projects": [{"projectId": 7, "name": "Whole"}, {"name": ["odd"]}]}'
    stand.quantconnect.faults.add(Fault(kind=FaultKind.INVALID_JSON, body=odd))
    connection = await ask_projects(stand, f"nodes {{ name platform }} {SOURCES}")
    names = [node["name"] for node in connection["nodes"] if node["platform"] == QUANTCONNECT]
    source = source_of(connection, QUANTCONNECT)
    assert (names, source["state"], source["error"]["code"]) == (["Whole"], "FAILED", "UPSTREAM_BROKEN")


async def test_projects_by_person_say_so_where_members_could_not_be_looked_at(stand: Stand) -> None:
    lost = await ask_project(stand, "Corporate site", "upstreamId")
    stand.testomato.faults.add(
        Fault(kind=FaultKind.STATUS, status=503, path=f"/api/project/{lost['upstreamId']}/users")
    )
    wanted = {"memberEmail": "isla.campbell@example.com"}
    connection = await ask_projects(stand, f"nodes {{ name }} {SOURCES}", filter=wanted)
    assert [node["name"] for node in connection["nodes"]] == ["Investor relations"]
    source = source_of(connection, TESTOMATO)
    assert (source["state"], source["error"]["code"]) == ("FAILED", "UPSTREAM_UNAVAILABLE")
    assert source_of(connection, QUANTCONNECT)["state"] == "FRESH"
    error = await refusal(stand, filter=wanted)
    assert error["extensions"]["platform"] == TESTOMATO


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_one_failed_source_fails_projects_that_must_be_complete(stand: Stand, platform: str) -> None:
    sandbox_of(stand, platform).faults.add(DOWN)
    error = await refusal(stand)
    assert error["path"] == ["projects"]
    assert error["extensions"] == {"code": "UPSTREAM_UNAVAILABLE", "platform": platform, "retryable": True}


async def test_one_missing_project_fails_projects_that_must_be_complete(stand: Stand) -> None:
    lost = await ask_project(stand, "Careers", "upstreamId")
    stand.testomato.faults.add(
        Fault(kind=FaultKind.STATUS, status=403, path=f"/api/project/{lost['upstreamId']}")
    )
    error = await refusal(stand)
    assert error["extensions"] == {"code": "UPSTREAM_DENIED", "platform": TESTOMATO, "retryable": False}


async def test_projects_that_must_be_complete_say_how_long_to_wait(stand: Stand) -> None:
    stand.quantconnect.faults.add(Fault(kind=FaultKind.THROTTLE, seconds=3_600))
    error = await refusal(stand)
    assert error["extensions"]["code"] == "UPSTREAM_THROTTLED"
    assert 3_000 < error["extensions"]["retryAfterSeconds"] <= 3_600


async def test_of_several_failures_one_that_will_not_pass_is_told(stand: Stand) -> None:
    stand.quantconnect.faults.add(DOWN)
    stand.testomato.faults.add(Fault(kind=FaultKind.STATUS, status=403))
    error = await refusal(stand)
    assert error["extensions"] == {"code": "UPSTREAM_DENIED", "platform": TESTOMATO, "retryable": False}


async def test_a_failed_platform_that_is_not_asked_for_fails_nothing(stand: Stand) -> None:
    stand.testomato.faults.add(DOWN)
    names = await ask_names(stand, requireComplete=True, filter={"platforms": [QUANTCONNECT]})
    assert sorted(names) == sorted(TRADING_NAMES)


async def test_a_platform_without_a_credential_is_no_failure(make_stand: MakeStand) -> None:
    stand = await make_stand(settings=WITHOUT_QUANTCONNECT)
    assert sorted(await ask_names(stand, requireComplete=True)) == sorted(SITE_NAMES)


@pytest.mark.parametrize("complete", [True, False, None])
async def test_projects_that_are_complete_are_given_whether_they_must_be_or_not(
    stand: Stand, *, complete: bool | None
) -> None:
    assert sorted(await ask_names(stand, requireComplete=complete)) == sorted(NAMES)
