"""Ids that name nothing which could be changed: refused by name, and mostly without asking anybody."""

import base64
from collections.abc import Callable

import pytest

from gateway.domain.vocabulary import PlatformKey, UserErrorCode
from gateway.graph import ids
from tests.mutations.ground import (
    NEWCOMER,
    VIEWER,
    Change,
    Ground,
    Payload,
    QuantConnectGround,
    TestomatoGround,
    codes_of,
)

pytestmark = pytest.mark.anyio

every_change = pytest.mark.parametrize("change", Change)
FOR_ALL_CHANGES = len(Change)


def base64url(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param("", id="empty"),
        pytest.param(" ", id="blank"),
        pytest.param("4711", id="number as text"),
        pytest.param(4711, id="number"),
        pytest.param("%%%", id="not base64"),
        pytest.param("Přehled", id="not ASCII"),
        pytest.param("_____w", id="not UTF-8 inside"),
        pytest.param("A" * 5_000, id="long"),
        pytest.param(base64url("Project"), id="only a type"),
        pytest.param(base64url("Account:TESTOMATO:1"), id="unknown type"),
        pytest.param(base64url("Project:GITHUB:1"), id="project of an unknown platform"),
        pytest.param(base64url("Member:GITHUB:1:2"), id="member of an unknown platform"),
        pytest.param(base64url("Project:TESTOMATO:"), id="project without an id"),
        pytest.param(base64url("Member:TESTOMATO:1:"), id="member without an id"),
        pytest.param(base64url("Project:TESTOMATO:1:2"), id="project with two ids"),
        pytest.param(base64url("Member:TESTOMATO:1:2:3"), id="member with three ids"),
        pytest.param(ids.platform_id(PlatformKey.TESTOMATO), id="of a platform"),
    ],
)
async def test_what_was_never_an_id_is_invalid(garbage: object, testomato: TestomatoGround) -> None:
    codes = await codes_of_all_changes(testomato, lambda _: garbage)
    assert codes == [UserErrorCode.INVALID_ID] * FOR_ALL_CHANGES
    assert testomato.sandbox.calls.total_count == 0


def with_unused_bits(text: str) -> str:
    """The same to most decoders: the last letter stands for fewer than its six bits."""
    assert len(text) % 4
    return text[:-1] + chr(ord(text[-1]) + 1)


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda text: text[:-1], id="cut"),
        pytest.param(lambda text: f"{text}=", id="padded"),
        pytest.param(lambda text: f" {text}", id="indented"),
        pytest.param(lambda text: text.swapcase(), id="in the other case"),
        pytest.param(lambda text: f"x{text[1:]}", id="first letter"),
        pytest.param(with_unused_bits, id="unused bits"),
        pytest.param(lambda text: text + text, id="twice"),
    ],
)
async def test_an_id_that_was_tampered_with_is_invalid(
    tamper: Callable[[str], str], testomato: TestomatoGround
) -> None:
    def tampered(change: Change) -> str:
        good = (id_in(testomato, change, project=project) for project in ("a", "ab"))
        return tamper(next(text for text in good if len(text) % 4))

    codes = await codes_of_all_changes(testomato, tampered)
    assert codes == [UserErrorCode.INVALID_ID] * FOR_ALL_CHANGES
    assert testomato.sandbox.calls.total_count == 0


@every_change
async def test_an_id_of_another_type_is_invalid_and_it_is_said_which_is_wanted(
    change: Change, testomato: TestomatoGround
) -> None:
    other = testomato.member_id(VIEWER) if change is Change.ADD else testomato.project_id()
    [error] = (await ask(testomato, change, other))["userErrors"]
    wanted = "projectId: this is not the id of a project" if change is Change.ADD else "of a member"
    assert error["code"] == UserErrorCode.INVALID_ID
    assert wanted in error["message"]


@pytest.mark.parametrize("project", ["../authenticate", "a/b", "?x=1", " 7", "7%2e", "\0"])
async def test_a_project_that_the_platform_could_not_have_is_not_found_and_not_asked_for(
    project: str, ground: Ground
) -> None:
    codes = await codes_of_all_changes(ground, lambda change: id_in(ground, change, project=project))
    assert codes == [UserErrorCode.PROJECT_NOT_FOUND] * FOR_ALL_CHANGES
    assert ground.sandbox.calls.total_count == 0


@pytest.mark.parametrize("project", ["0", "-1", "007", "1e9", "9" * 40, "\N{ARABIC-INDIC DIGIT ONE}"])
async def test_a_quantconnect_project_has_a_plain_positive_number(
    project: str, quantconnect: QuantConnectGround
) -> None:
    codes = await codes_of_all_changes(
        quantconnect, lambda change: id_in(quantconnect, change, project=project)
    )
    assert codes == [UserErrorCode.PROJECT_NOT_FOUND] * FOR_ALL_CHANGES
    assert quantconnect.sandbox.calls.total_count == 0


@every_change
async def test_a_project_that_does_not_exist_is_not_found(change: Change, ground: Ground) -> None:
    payload = await ask(ground, change, id_in(ground, change, project="424242"))
    assert (codes_of(payload), payload["project"]) == ([UserErrorCode.PROJECT_NOT_FOUND], None)


@pytest.mark.parametrize("change", [Change.UPDATE, Change.REMOVE])
async def test_a_member_of_another_project_is_not_found(change: Change, ground: Ground) -> None:
    elsewhere = "leila-benhaddou" if ground.key is PlatformKey.QUANTCONNECT else "samir-aziz"
    payload = await ask(ground, change, ground.member_id(elsewhere))
    assert (codes_of(payload), ground.writes) == ([UserErrorCode.MEMBER_NOT_FOUND], [])


@pytest.mark.parametrize("change", [Change.UPDATE, Change.REMOVE])
async def test_a_refusal_over_a_member_still_shows_the_project(change: Change, ground: Ground) -> None:
    payload = await ask(ground, change, ground.member_id(NEWCOMER))
    assert payload["project"] == {"id": ground.project_id()}


async def ask(ground: Ground, change: Change, object_id: object) -> Payload:
    given: dict[Change, dict[str, object]] = {
        Change.ADD: {"projectId": object_id, "person": ground.reference(NEWCOMER), "role": "EDITOR"},
        Change.UPDATE: {"memberId": object_id, "role": "EDITOR"},
        Change.REMOVE: {"memberId": object_id},
    }
    return await ground.ask(change, given[change])


async def codes_of_all_changes(ground: Ground, make_id: Callable[[Change], object]) -> list[str]:
    return [code for change in Change for code in codes_of(await ask(ground, change, make_id(change)))]


def id_in(ground: Ground, change: Change, *, project: str) -> str:
    if change is Change.ADD:
        return ids.project_id(ground.key, project)
    return ids.member_id(ground.key, project, ground.upstream_id(VIEWER))
