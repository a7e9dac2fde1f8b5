"""What is told of the platforms themselves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest

from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import MakeStand, Stand
from tests.reading.questions import QUANTCONNECT, SOURCES, TESTOMATO, ask_names, ask_projects, source_of

pytestmark = pytest.mark.anyio

ACCOUNTS = "{ platforms { key account { upstreamId name email } } }"
STATUS = "{ platforms { key status retryAt } }"
WITHOUT = {
    QUANTCONNECT: {"GATEWAY_QUANTCONNECT__USER_ID": "", "GATEWAY_QUANTCONNECT__API_TOKEN": ""},
    TESTOMATO: {"GATEWAY_TESTOMATO__EMAIL": "", "GATEWAY_TESTOMATO__PASSWORD": ""},
}


async def by_key(stand: Stand, document: str) -> dict[str, dict[str, Any]]:
    answer = await stand.data(document)
    return {platform["key"]: platform for platform in answer["platforms"]}


async def test_both_platforms_are_told_in_the_same_order_always(stand: Stand) -> None:
    answer = await stand.data("{ platforms { key name } }")
    assert answer["platforms"] == [
        {"key": "QUANTCONNECT", "name": "QuantConnect"},
        {"key": "TESTOMATO", "name": "Testomato"},
    ]


@pytest.mark.parametrize(
    ("key", "capabilities"),
    [
        (
            QUANTCONNECT,
            (
                "LIST_PROJECTS CREATE_PROJECT UPDATE_PROJECT DELETE_PROJECT "
                "LIST_MEMBERS ADD_MEMBER UPDATE_MEMBER REMOVE_MEMBER"
            ),
        ),
        (TESTOMATO, "CREATE_PROJECT UPDATE_PROJECT DELETE_PROJECT LIST_MEMBERS ADD_MEMBER REMOVE_MEMBER"),
    ],
)
async def test_a_platform_says_what_its_api_can_do(stand: Stand, key: str, capabilities: str) -> None:
    platform = (await by_key(stand, "{ platforms { key capabilities } }"))[key]
    assert platform["capabilities"] == capabilities.split()


@pytest.mark.parametrize(
    ("key", "roles", "grantable"),
    [
        (QUANTCONNECT, {"EDITOR": "write", "VIEWER": "read"}, ["LIVE_CONTROL"]),
        (
            TESTOMATO,
            {"ADMIN": "project admin", "EDITOR": "project developer", "VIEWER": "project guest"},
            [],
        ),
    ],
)
async def test_a_platform_says_what_can_be_given_to_a_member(
    stand: Stand, key: str, roles: dict[str, str], grantable: list[str]
) -> None:
    document = "{ platforms { key roles { role nativeName actions } grantableActions } }"
    platform = (await by_key(stand, document))[key]
    assert {role["role"]: role["nativeName"] for role in platform["roles"]} == roles
    assert all("READ" in role["actions"] for role in platform["roles"])
    assert platform["grantableActions"] == grantable


async def test_asking_for_the_platforms_without_their_accounts_calls_nobody(stand: Stand) -> None:
    await stand.data(
        "{ platforms { id key name status capabilities roles { role } grantableActions retryAt } }"
    )
    assert (stand.quantconnect.calls.total_count, stand.testomato.calls.total_count) == (0, 0)


async def test_the_account_is_the_one_whose_credential_the_gateway_uses(stand: Stand) -> None:
    platforms = await by_key(stand, ACCOUNTS)
    assert platforms[QUANTCONNECT]["account"] == {
        "upstreamId": stand.quantconnect.credentials.user_id,
        "name": "Ingrid Solheim",
        "email": None,
    }
    assert platforms[TESTOMATO]["account"] == {
        "upstreamId": "4200",
        "name": "Ingrid Solheim",
        "email": "ingrid.solheim@example.com",
    }


async def test_an_account_has_no_name_where_the_call_that_tells_it_is_gone(stand: Stand) -> None:
    gone = '{"success": false, "errors": ["No such endpoint"]}'
    stand.quantconnect.faults.add(
        Fault(kind=FaultKind.STATUS, status=200, body=gone, path="/api/v2/user/read")
    )
    account = (await by_key(stand, ACCOUNTS))[QUANTCONNECT]["account"]
    assert (account["upstreamId"], account["name"]) == (stand.quantconnect.credentials.user_id, None)


@pytest.mark.parametrize("key", [QUANTCONNECT, TESTOMATO])
async def test_an_account_that_cannot_be_asked_for_is_null_with_an_error_and_the_other_is_there(
    stand: Stand, key: str
) -> None:
    sandbox = stand.quantconnect if key == QUANTCONNECT else stand.testomato
    sandbox.faults.add(Fault(kind=FaultKind.STATUS, status=503))
    answer = await stand.execute(ACCOUNTS)
    accounts = {platform["key"]: platform["account"] for platform in answer["data"]["platforms"]}
    assert {one for one, account in accounts.items() if account is None} == {key}
    [error] = answer["errors"]
    assert error["path"] == ["platforms", list(accounts).index(key), "account"]
    assert error["extensions"] == {"code": "UPSTREAM_UNAVAILABLE", "platform": key, "retryable": True}


@pytest.mark.parametrize("key", [QUANTCONNECT, TESTOMATO])
async def test_a_platform_without_a_credential_is_unconfigured_and_has_no_account(
    make_stand: MakeStand, key: str
) -> None:
    stand = await make_stand(settings=WITHOUT[key])
    platforms = await by_key(stand, "{ platforms { key status retryAt account { upstreamId } } }")
    assert platforms[key] == {"key": key, "status": "UNCONFIGURED", "retryAt": None, "account": None}
    [other] = [platform for platform in platforms.values() if platform["key"] != key]
    assert (other["status"], other["account"] is None) == ("UP", False)


@pytest.mark.parametrize("key", [QUANTCONNECT, TESTOMATO])
async def test_a_platform_is_degraded_while_it_fails_and_up_again_when_it_answers(
    stand: Stand, key: str
) -> None:
    sandbox = stand.quantconnect if key == QUANTCONNECT else stand.testomato
    seen = [(await by_key(stand, STATUS))[key]["status"]]
    for fails in (False, True, False):
        sandbox.faults.clear()
        if fails:
            sandbox.faults.add(Fault(kind=FaultKind.STATUS, status=503))
        await ask_names(stand)
        seen.append((await by_key(stand, STATUS))[key]["status"])
    assert seen == ["UP", "UP", "DEGRADED", "UP"]


@pytest.mark.parametrize("key", [QUANTCONNECT, TESTOMATO])
async def test_one_platforms_failures_say_nothing_of_the_other(stand: Stand, key: str) -> None:
    sandbox = stand.quantconnect if key == QUANTCONNECT else stand.testomato
    sandbox.faults.add(Fault(kind=FaultKind.STATUS, status=503))
    await ask_names(stand)
    platforms = await by_key(stand, STATUS)
    assert {one for one, platform in platforms.items() if platform["status"] == "UP"} == {
        QUANTCONNECT,
        TESTOMATO,
    } - {key}


async def test_a_platform_that_asks_for_fewer_calls_says_when_to_call_again(stand: Stand) -> None:
    asked_at = datetime.now(UTC)
    stand.quantconnect.faults.add(Fault(kind=FaultKind.THROTTLE, seconds=3_600))
    await ask_names(stand)
    platform = (await by_key(stand, STATUS))[QUANTCONNECT]
    wait = datetime.fromisoformat(platform["retryAt"]) - asked_at
    assert platform["status"] == "DEGRADED"
    assert timedelta(minutes=59) < wait < timedelta(minutes=65)


async def test_a_platform_that_asks_for_fewer_calls_gets_none_until_then(stand: Stand) -> None:
    stand.quantconnect.faults.add(Fault(kind=FaultKind.THROTTLE, seconds=3_600, times=1))
    await ask_names(stand)
    stand.quantconnect.calls.clear()
    connection = await ask_projects(stand, SOURCES)
    assert source_of(connection, QUANTCONNECT)["error"]["code"] == "UPSTREAM_THROTTLED"
    assert stand.quantconnect.calls.total_count == 0


@pytest.mark.parametrize("key", [QUANTCONNECT, TESTOMATO])
async def test_a_platform_that_keeps_failing_is_down_and_left_alone_for_a_while(
    make_stand: MakeStand, key: str
) -> None:
    stand = await make_stand(settings={f"GATEWAY_{key}__BREAKER_LEAST_CALLS": "2"})
    sandbox = stand.quantconnect if key == QUANTCONNECT else stand.testomato
    sandbox.faults.add(Fault(kind=FaultKind.STATUS, status=503))
    for _ in range(2):
        await ask_names(stand)
    sandbox.calls.clear()
    connection = await ask_projects(stand, SOURCES)
    platforms = await by_key(stand, STATUS)
    other = platforms[TESTOMATO if key == QUANTCONNECT else QUANTCONNECT]
    error = source_of(connection, key)["error"]
    assert sandbox.calls.total_count == 0
    assert (platforms[key]["status"], other["status"]) == ("DOWN", "UP")
    assert datetime.fromisoformat(platforms[key]["retryAt"]) > datetime.now(UTC)
    assert (error["code"], error["retryable"], error["retryAt"] is None) == (
        "UPSTREAM_UNAVAILABLE",
        True,
        False,
    )


@pytest.mark.parametrize("key", [QUANTCONNECT, TESTOMATO])
async def test_a_platform_that_was_down_is_up_again_once_it_answers(make_stand: MakeStand, key: str) -> None:
    hasty = {"BREAKER_LEAST_CALLS": "2", "BREAKER_OPEN_SECONDS": "0.1", "BREAKER_LONGEST_OPEN_SECONDS": "0.1"}
    stand = await make_stand(settings={f"GATEWAY_{key}__{name}": value for name, value in hasty.items()})
    sandbox = stand.quantconnect if key == QUANTCONNECT else stand.testomato
    sandbox.faults.add(Fault(kind=FaultKind.STATUS, status=503, times=2))
    for _ in range(2):
        await ask_names(stand)
    with anyio.fail_after(30):
        while (await by_key(stand, STATUS))[key]["status"] != "UP":
            await anyio.sleep(0.05)
            await ask_names(stand)
    assert source_of(await ask_projects(stand, SOURCES), key)["state"] == "FRESH"


async def test_a_refusal_on_the_merits_does_not_degrade_a_platform(stand: Stand) -> None:
    document = '{ projectByUpstreamId(platform: QUANTCONNECT, upstreamId: "1") { id } }'
    assert await stand.data(document) == {"projectByUpstreamId": None}
    assert (await by_key(stand, STATUS))[QUANTCONNECT]["status"] == "UP"
