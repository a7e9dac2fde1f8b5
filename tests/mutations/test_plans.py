"""planAccess and applyAccessPlan: what would be done is shown, and just that is done."""

from typing import Any

import pytest

from gateway.domain.vocabulary import PlannedChange, PlatformKey, Role
from tests.mutations.ground import NEWCOMER, OWNER, VIEWER, Ground, QuantConnectGround

pytestmark = pytest.mark.anyio

PLAN = """query($input: PlanAccessInput!) { planAccess(input: $input) { token expiresAt
  userErrors { code message } sources { platform state }
  steps { projectId project { id } person { displayName } change before after actionsGained actionsLost
    upstreamCall warnings } } }"""
APPLY = """mutation($token: String!, $key: String) {
  applyAccessPlan(input: {token: $token, idempotencyKey: $key}) {
    complete userErrors { code message } results { projectId outcome userErrors { code } } } }"""
RIGHTS = """query($id: ID!) { project(id: $id) { members(first: 100) {
  nodes { upstreamId permissions { action granted } } } } }"""
AUDIT = "{ auditLog { nodes { operation planToken idempotencyKey outcome } } }"


async def planned(ground: Ground, **given: object) -> dict[str, Any]:
    plan: dict[str, Any] = (await ground.stand.data(PLAN, input=given))["planAccess"]
    return plan


async def applied(ground: Ground, token: str, *, key: str | None = None) -> dict[str, Any]:
    payload: dict[str, Any] = (await ground.stand.data(APPLY, token=token, key=key))["applyAccessPlan"]
    return payload


def grant(ground: Ground, person: str, role: Role = Role.EDITOR, *, atomic: bool = False) -> dict[str, Any]:
    """A grant in project 1."""
    target: dict[str, Any] = {"projectId": ground.project_id(), "role": role}
    reference = ground.reference(person)
    if "upstreamUserId" in reference:
        target |= reference
    return {"person": reference, "targets": [target], "atomic": atomic}


async def test_a_newcomer_would_be_added(ground: Ground) -> None:
    [step] = (await planned(ground, grant=grant(ground, NEWCOMER)))["steps"]
    assert (step["change"], step["before"], step["after"]) == (PlannedChange.ADD, None, Role.EDITOR)
    assert ("READ" in step["actionsGained"], step["actionsLost"]) == (True, [])
    assert step["projectId"] == step["project"]["id"] == ground.project_id()


async def test_who_is_there_so_already_would_be_left_alone(ground: Ground) -> None:
    [step] = (await planned(ground, grant=grant(ground, VIEWER, Role.VIEWER)))["steps"]
    assert (step["change"], step["before"], step["upstreamCall"]) == (PlannedChange.NONE, Role.VIEWER, None)


async def test_another_role_would_be_given_where_the_platform_can(ground: Ground) -> None:
    [step] = (await planned(ground, grant=grant(ground, VIEWER)))["steps"]
    can = ground.key is PlatformKey.QUANTCONNECT
    assert step["change"] == (PlannedChange.UPDATE if can else PlannedChange.IMPOSSIBLE)
    assert (step["before"], any("no call" in one for one in step["warnings"])) == (Role.VIEWER, not can)


async def test_an_owner_would_stay(ground: Ground) -> None:
    given = {"person": ground.reference(OWNER), "projectIds": [ground.project_id()]}
    [step] = (await planned(ground, revoke=given))["steps"]
    assert (step["change"], step["warnings"] != []) == (PlannedChange.IMPOSSIBLE, True)


async def test_a_member_would_be_removed(ground: Ground) -> None:
    given = {"person": ground.reference(VIEWER), "projectIds": [ground.project_id()]}
    [step] = (await planned(ground, revoke=given))["steps"]
    assert (step["change"], step["before"], step["after"]) == (PlannedChange.REMOVE, Role.VIEWER, None)
    assert (step["person"]["displayName"], "READ" in step["actionsLost"]) == ("Caoimhe Doyle", True)


async def test_the_call_to_the_platform_is_told_without_values(ground: Ground) -> None:
    [step] = (await planned(ground, grant=grant(ground, NEWCOMER)))["steps"]
    method, path = step["upstreamCall"].split()
    assert (method, ground.project_upstream_id(1) in path) == ("POST", False)


async def test_planning_sends_nothing(ground: Ground) -> None:
    await planned(ground, grant=grant(ground, NEWCOMER))
    assert ground.writes == []


async def test_a_plan_is_carried_out(ground: Ground) -> None:
    plan = await planned(ground, grant=grant(ground, NEWCOMER))
    payload = await applied(ground, plan["token"])
    assert ([one["outcome"] for one in payload["results"]], payload["complete"]) == (["ADDED"], True)
    assert ground.role_of(NEWCOMER) is Role.EDITOR


@pytest.mark.parametrize("key", [None, "a key"])
async def test_a_plan_that_is_carried_out_twice_has_one_effect(ground: Ground, key: str | None) -> None:
    plan = await planned(ground, grant=grant(ground, NEWCOMER))
    first = await applied(ground, plan["token"], key=key)
    assert (await applied(ground, plan["token"], key=key), len(ground.writes)) == (first, 1)


async def test_where_things_have_changed_nothing_is_done(ground: Ground) -> None:
    plan = await planned(ground, grant=grant(ground, NEWCOMER))
    await ground.add(NEWCOMER, "VIEWER")
    written = len(ground.writes)
    payload = await applied(ground, plan["token"])
    assert [one["code"] for one in payload["userErrors"]] == ["PLAN_STALE"]
    assert (payload["results"], payload["complete"], len(ground.writes)) == ([], False, written)


async def test_what_is_impossible_may_change_as_it_will(ground: Ground) -> None:
    """It is not tried, so how the person stands there is no matter."""
    given = {"person": ground.reference(OWNER), "projectIds": [ground.project_id()]}
    plan = await planned(ground, revoke=given)
    payload = await applied(ground, plan["token"])
    assert [one["code"] for one in payload["results"][0]["userErrors"]] == ["OWNER_IMMUTABLE"]


async def test_a_token_that_is_none_is_told_so(ground: Ground) -> None:
    payload = await applied(ground, "no token")
    assert ([one["code"] for one in payload["userErrors"]], payload["results"]) == (["PLAN_EXPIRED"], [])


async def test_the_audit_log_names_the_plan_and_no_key_that_nobody_gave(ground: Ground) -> None:
    plan = await planned(ground, grant=grant(ground, NEWCOMER))
    await applied(ground, plan["token"])
    [entry] = (await ground.stand.data(AUDIT))["auditLog"]["nodes"]
    assert (entry["operation"], entry["outcome"], entry["idempotencyKey"]) == ("grantAccess", "ADDED", None)
    assert (len(entry["planToken"]), entry["planToken"] in plan["token"]) == (16, False)


async def test_a_plan_for_too_many_targets_is_none(ground: Ground) -> None:
    given = {**grant(ground, NEWCOMER), "targets": grant(ground, NEWCOMER)["targets"] * 201}
    plan = await planned(ground, grant=given)
    assert ([one["code"] for one in plan["userErrors"]], plan["token"]) == (["TOO_MANY_TARGETS"], None)


async def test_a_plan_of_an_end_that_is_past_says_so_of_its_project(ground: Ground) -> None:
    given = grant(ground, NEWCOMER)
    given["targets"][0]["until"] = "2020-01-01T00:00:00Z"
    [step] = (await planned(ground, grant=given))["steps"]
    assert (step["change"], step["project"]["id"]) == (PlannedChange.IMPOSSIBLE, ground.project_id())
    assert any("past" in warning for warning in step["warnings"])


async def test_a_plan_for_a_declaration_with_mistakes_is_none(ground: Ground) -> None:
    plan = await planned(ground, declaration="x")
    assert ([one["code"] for one in plan["userErrors"]], plan["token"]) == (["DECLARATION_INVALID"], None)


async def rights_of(ground: Ground, person: str) -> set[str]:
    """What the person may do in project 1."""
    found = (await ground.stand.data(RIGHTS, id=ground.project_id()))["project"]["members"]["nodes"]
    own = [node["permissions"] for node in found if node["upstreamId"] == ground.upstream_id(person)]
    return {one["action"] for permissions in own for one in permissions if one["granted"]}


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
async def test_what_is_said_to_be_gained_by_a_newcomer_is_what_they_get(ground: Ground, role: Role) -> None:
    plan = await planned(ground, grant=grant(ground, NEWCOMER, role))
    await applied(ground, plan["token"])
    [step] = plan["steps"]
    assert set(step["actionsGained"]) == await rights_of(ground, NEWCOMER)


async def test_what_is_said_to_be_gained_and_lost_by_a_member_is_what_changes(
    quantconnect: QuantConnectGround,
) -> None:
    await quantconnect.update(VIEWER, "VIEWER", grant=["LIVE_CONTROL"])
    before = await rights_of(quantconnect, VIEWER)
    plan = await planned(quantconnect, grant=grant(quantconnect, VIEWER, Role.EDITOR))
    await applied(quantconnect, plan["token"])
    after = await rights_of(quantconnect, VIEWER)
    [step] = plan["steps"]
    assert (set(step["actionsGained"]), set(step["actionsLost"])) == (after - before, before - after)
    assert (after - before, before - after) == ({"WRITE"}, {"LIVE_CONTROL"})


async def test_what_is_said_to_be_lost_by_whoever_goes_is_all_they_had(ground: Ground) -> None:
    before = await rights_of(ground, VIEWER)
    given = {"person": ground.reference(VIEWER), "projectIds": [ground.project_id()]}
    [step] = (await planned(ground, revoke=given))["steps"]
    assert set(step["actionsLost"]) == before
