"""planAccess of a declaration, and applyAccessPlan: things are made as they are declared."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.domain.vocabulary import Role
from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import MakeStand, Stand
from tests.mutations.access import Everywhere
from tests.mutations.ground import NEWCOMER, VIEWER

pytestmark = pytest.mark.anyio

PLAN = """query($text: String!) { planAccess(input: { declaration: $text }) {
  token
  userErrors { code message field }
  sources { platform state }
  steps { change before after warnings project { name } person { displayName } } } }"""
APPLY = """mutation($token: String!) { applyAccessPlan(input: { token: $token }) {
  complete
  userErrors { code }
  results { outcome project { name } userErrors { code } } } }"""
DRIFT = "query($text: String!) { accessDrift(declaration: $text) { clean items { kind } } }"
UNTIL = "{ accessExpiring(withinDays: 3660) { nodes { name accessUntil } } }"
OTHERS_IGNORED = 'version = 1\n[ignore]\nprojects = ["*:*"]\n'
MOMENTUM, CORPORATE = "QUANTCONNECT:Momentum Rotation", "TESTOMATO:Corporate site"
DOWN = Fault(kind=FaultKind.STATUS, status=503)
WITHOUT_TESTOMATO = {"GATEWAY_TESTOMATO__EMAIL": "", "GATEWAY_TESTOMATO__PASSWORD": ""}


def entry(person: str, *projects: str, role: str = "EDITOR", more: str = "") -> str:
    named = ", ".join(f'"{project}"' for project in projects)
    who = f"{person.replace('-', '.')}@example.com"
    return f'[[access]]\nwho = ["{who}"]\nprojects = [{named}]\nrole = "{role}"\n{more}\n'


@pytest.fixture
async def everywhere(stand: Stand) -> Everywhere:
    return Everywhere.of(stand)


async def planned(everywhere: Everywhere, *entries: str) -> dict[str, Any]:
    text = OTHERS_IGNORED + "".join(entries)
    plan: dict[str, Any] = (await everywhere.stand.data(PLAN, text=text))["planAccess"]
    return plan


async def applied(everywhere: Everywhere, plan: Mapping[str, Any]) -> dict[str, Any]:
    payload: dict[str, Any] = (await everywhere.stand.data(APPLY, token=plan["token"]))["applyAccessPlan"]
    return payload


def changes_in(plan: Mapping[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(step["change"], step["project"]["name"], step["after"]) for step in plan["steps"]]


async def test_what_is_missing_or_otherwise_is_planned_and_nothing_is_sent(everywhere: Everywhere) -> None:
    plan = await planned(everywhere, entry(NEWCOMER, MOMENTUM, CORPORATE), entry(VIEWER, MOMENTUM))
    assert changes_in(plan) == [
        ("ADD", "Momentum Rotation", "EDITOR"),
        ("UPDATE", "Momentum Rotation", "EDITOR"),
        ("ADD", "Corporate site", "EDITOR"),
    ]
    assert [step["person"]["displayName"] for step in plan["steps"]] == [
        "Tomasz Wierzbicki",
        "Caoimhe Doyle",
        "Tomasz Wierzbicki",
    ]
    assert (everywhere.writes, plan["userErrors"]) == ([], [])


async def test_a_plan_of_a_declaration_makes_it_so(everywhere: Everywhere) -> None:
    entries = (entry(NEWCOMER, MOMENTUM, CORPORATE), entry(VIEWER, MOMENTUM, role="EDITOR"))
    payload = await applied(everywhere, await planned(everywhere, *entries))
    assert (payload["complete"], payload["userErrors"]) == (True, [])
    assert [one["outcome"] for one in payload["results"]] == ["ADDED", "UPDATED", "ADDED"]
    for ground in everywhere.grounds:
        assert ground.role_of(NEWCOMER) is Role.EDITOR
    report = (await everywhere.stand.data(DRIFT, text=OTHERS_IGNORED + "".join(entries)))["accessDrift"]
    assert report == {"clean": True, "items": []}


async def test_where_all_is_as_declared_there_is_nothing_to_do(everywhere: Everywhere) -> None:
    plan = await planned(everywhere, entry(VIEWER, MOMENTUM, role="VIEWER"))
    assert (plan["steps"], plan["userErrors"]) == ([], [])
    payload = await applied(everywhere, plan)
    assert (payload["complete"], payload["results"], everywhere.writes) == (True, [], [])


async def test_whoever_is_unexpected_or_expired_stays(everywhere: Everywhere) -> None:
    plan = await planned(everywhere, entry(VIEWER, MOMENTUM, role="VIEWER", more="until = 2020-01-31"))
    assert plan["steps"] == []


async def test_what_a_platform_cannot_give_is_a_step_that_is_impossible(everywhere: Everywhere) -> None:
    """Left out, the plan would look as if it were all."""
    plan = await planned(everywhere, entry(NEWCOMER, "*:Momentum Rotation", role="ADMIN"))
    [step] = plan["steps"]
    assert step["change"] == "IMPOSSIBLE"
    assert any("gives nobody the role ADMIN" in warning for warning in step["warnings"])
    payload = await applied(everywhere, plan)
    assert (payload["complete"], everywhere.writes) == (False, [])
    [result] = payload["results"]
    assert [error["code"] for error in result["userErrors"]] == ["ROLE_NOT_AVAILABLE"]


async def test_where_somebody_has_come_meanwhile_nothing_is_done(everywhere: Everywhere) -> None:
    plan = await planned(everywhere, entry(NEWCOMER, MOMENTUM, CORPORATE))
    await everywhere.testomato.add(NEWCOMER, "VIEWER")
    written = len(everywhere.writes)
    payload = await applied(everywhere, plan)
    assert [error["code"] for error in payload["userErrors"]] == ["PLAN_STALE"]
    assert (payload["results"], len(everywhere.writes)) == ([], written)


async def test_the_end_that_is_declared_is_kept(everywhere: Everywhere) -> None:
    plan = await planned(everywhere, entry(NEWCOMER, MOMENTUM, more="until = 2030-01-31"))
    await applied(everywhere, plan)
    nodes = (await everywhere.stand.data(UNTIL))["accessExpiring"]["nodes"]
    assert nodes == [{"name": "Tomasz Wierzbicki", "accessUntil": "2030-02-01T00:00:00Z"}]


async def test_mistakes_are_told_of_the_argument_that_has_them(everywhere: Everywhere) -> None:
    plan = await planned(everywhere, entry(NEWCOMER, MOMENTUM, role="EDITR"))
    [error] = plan["userErrors"]
    assert (error["code"], error["field"]) == ("DECLARATION_INVALID", ["input", "declaration"])
    assert error["message"].startswith("access[1].role: there is no such role; did you mean EDITOR?")
    assert (plan["token"], plan["steps"]) == (None, [])


async def test_what_could_not_be_read_is_told_of_the_declaration(everywhere: Everywhere) -> None:
    everywhere.testomato.sandbox.faults.add(DOWN)
    plan = await planned(everywhere, entry(NEWCOMER, MOMENTUM, CORPORATE))
    [error] = plan["userErrors"]
    assert (error["code"], error["field"]) == ("UPSTREAM_UNAVAILABLE", ["input", "declaration"])
    assert "so more may have to be granted than these" in error["message"]
    assert changes_in(plan) == [("ADD", "Momentum Rotation", "EDITOR")]
    assert [source["state"] for source in plan["sources"]] == ["FRESH", "FAILED"]


async def test_a_platform_without_a_credential_is_told_by_the_sources(make_stand: MakeStand) -> None:
    everywhere = Everywhere.of(await make_stand(settings=WITHOUT_TESTOMATO))
    plan = await planned(everywhere, entry(NEWCOMER, MOMENTUM, CORPORATE))
    assert changes_in(plan) == [("ADD", "Momentum Rotation", "EDITOR")]
    assert [source["state"] for source in plan["sources"]] == ["FRESH", "UNCONFIGURED"]


async def test_a_declaration_of_too_much_is_told_to_be_divided(everywhere: Everywhere) -> None:
    people = ",\n".join(f'"person{number}@example.org"' for number in range(201))
    text = f'[[access]]\nwho = [{people}]\nprojects = ["{MOMENTUM}"]\nrole = "VIEWER"\n'
    plan = await planned(everywhere, text)
    [error] = plan["userErrors"]
    assert (error["code"], error["field"], plan["token"]) == (
        "TOO_MANY_TARGETS",
        ["input", "declaration"],
        None,
    )
