"""What the audit trail tells of changes, asked for in the graph."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey, Role
from gateway.graph import ids
from gateway.sandbox.faults import Fault, FaultKind
from gateway.sandbox.tidewater import TIDEWATER
from tests.mutations.conftest import MakeGround
from tests.mutations.ground import (
    NEWCOMER,
    OWNER,
    VIEWER,
    WRITES,
    Change,
    Ground,
    QuantConnectGround,
    TestomatoGround,
)

pytestmark = pytest.mark.anyio

any_write = pytest.mark.parametrize(("key", "change"), WRITES)

KEY = "3f1c9d3e-5a0b-4c77-9a55-0d4a2a5a8f10"
LOG = """query ($first: Int, $after: String, $filter: AuditFilter) {
  auditLog(first: $first, after: $after, filter: $filter) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id } }
    nodes {
      id at actor operation platform project { id } before after outcome idempotencyKey planToken requestId
    }
  }
}"""
ROLES = {
    Change.ADD: (None, Role.EDITOR),
    Change.UPDATE: (Role.VIEWER, Role.EDITOR),
    Change.REMOVE: (Role.VIEWER, None),
}


async def log_of(ground: Ground, **given: object) -> dict[str, Any]:
    log: dict[str, Any] = (await ground.stand.data(LOG, **given))["auditLog"]
    return log


async def outcomes_of(ground: Ground, **given: object) -> list[str]:
    return [node["outcome"] for node in (await log_of(ground, **given))["nodes"]]


# ---------------------------------------------------------------- what an entry holds


@any_write
async def test_a_change_is_told_with_who_made_it_and_what_the_person_was_before_and_after(
    key: PlatformKey, change: Change, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    begins = datetime.now(UTC)
    await ground.make(change, idempotencyKey=KEY)
    [node] = (await log_of(ground))["nodes"]
    at, request_id = datetime.fromisoformat(node.pop("at")), node.pop("requestId")
    before, after = ROLES[change]
    assert node == {
        "id": ids.audit_entry_id(1),
        "actor": "anybody",
        "operation": change,
        "platform": key,
        "project": {"id": ground.project_id()},
        "before": before,
        "after": after,
        "outcome": change.done,
        "idempotencyKey": KEY,
        "planToken": None,
    }
    assert (begins <= at <= datetime.now(UTC), bool(request_id)) == (True, True)


async def test_an_entry_names_the_request_as_its_answer_does(ground: Ground) -> None:
    response = await ground.stand.client.post(
        "/graphql",
        json={
            "query": Change.REMOVE.document(),
            "variables": {"input": {"memberId": ground.member_id(VIEWER)}},
        },
    )
    [node] = (await log_of(ground))["nodes"]
    assert (node["requestId"], node["idempotencyKey"]) == (response.headers["x-request-id"], None)


async def test_an_entry_is_no_node(ground: Ground) -> None:
    await ground.make(Change.ADD)
    [node] = (await log_of(ground))["nodes"]
    data = await ground.stand.data("query ($id: ID!) { node(id: $id) { id } }", id=node["id"])
    assert data == {"node": None}


async def test_what_was_so_already_and_what_was_refused_for_good_are_told_too(ground: Ground) -> None:
    await ground.add(VIEWER, "VIEWER")
    await ground.remove(OWNER)
    log = await log_of(ground)
    assert [(node["outcome"], node["before"], node["after"]) for node in log["nodes"]] == [
        (Outcome.REFUSED, Role.OWNER, Role.OWNER),
        (Outcome.UNCHANGED, Role.VIEWER, Role.VIEWER),
    ]


async def test_a_refusal_that_may_pass_is_told_only_when_it_has_passed(ground: Ground) -> None:
    ground.fail_reads(Fault(kind=FaultKind.STATUS, status=503, times=1))
    first = await ground.make(Change.ADD, idempotencyKey=KEY)
    before = await outcomes_of(ground)
    await ground.make(Change.ADD, idempotencyKey=KEY)
    assert (first["outcome"], before, await outcomes_of(ground)) == (Outcome.REFUSED, [], [Outcome.ADDED])


async def test_what_was_never_a_change_is_not_told(ground: Ground) -> None:
    await ground.ask(Change.REMOVE, {"memberId": "no such id", "idempotencyKey": KEY})
    assert await outcomes_of(ground) == []


@any_write
async def test_a_change_that_is_asked_for_again_makes_no_second_entry(
    key: PlatformKey, change: Change, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    for _ in range(3):
        await ground.make(change, idempotencyKey=KEY)
    assert await outcomes_of(ground) == [change.done]


async def test_an_outcome_that_was_unknown_and_is_found_out_has_two_entries(ground: Ground) -> None:
    ground.fail_write(Change.ADD, Fault(kind=FaultKind.DROP_AFTER, times=1))
    ground.fail_read_back_when_written(Fault(kind=FaultKind.STATUS, status=503))
    await ground.make(Change.ADD, idempotencyKey=KEY)
    ground.sandbox.faults.clear()
    ground.line.on_write = None
    for _ in range(2):
        await ground.make(Change.ADD, idempotencyKey=KEY)
    later, first = (await log_of(ground))["nodes"]
    assert [(one["outcome"], one["before"], one["after"]) for one in (first, later)] == [
        (Outcome.UNKNOWN, None, None),
        (Outcome.ADDED, None, Role.EDITOR),
    ]
    assert (first["idempotencyKey"], later["idempotencyKey"]) == (KEY, KEY)
    assert first["requestId"] != later["requestId"]


async def test_a_project_that_is_there_no_more_is_null_in_its_entries(
    testomato: TestomatoGround, quantconnect: QuantConnectGround
) -> None:
    for ground, projects in (
        (testomato, testomato.stand.testomato.state.projects),
        (quantconnect, quantconnect.stand.quantconnect.state.projects),
    ):
        await ground.make(Change.ADD)
        given = {"filter": {"projectId": ground.project_id()}}
        del projects[next(iter(projects))]
        [node] = (await log_of(ground, **given))["nodes"]
        assert (node["project"], node["outcome"]) == (None, Outcome.ADDED)


# ---------------------------------------------------------------- searches


async def test_entries_come_page_by_page_the_newest_first(ground: Ground) -> None:
    for _ in range(3):
        await ground.add(NEWCOMER)
        await ground.remove(NEWCOMER)
    found: list[str] = []
    after = None
    for expected in (4, 2):
        log = await log_of(ground, first=4, after=after)
        assert [edge["node"]["id"] for edge in log["edges"]] == [node["id"] for node in log["nodes"]]
        assert (len(log["nodes"]), log["totalCount"]) == (expected, 6)
        assert log["pageInfo"] == {
            "hasNextPage": after is None,
            "hasPreviousPage": after is not None,
            "startCursor": log["edges"][0]["cursor"],
            "endCursor": log["edges"][-1]["cursor"],
        }
        after = log["pageInfo"]["endCursor"]
        found += [node["outcome"] for node in log["nodes"]]
    assert found == [Outcome.REMOVED, Outcome.ADDED] * 3


async def test_a_search_finds_what_all_its_parts_hold_of(ground: Ground) -> None:
    email = TIDEWATER.person(VIEWER).email
    await ground.add(NEWCOMER)
    await ground.remove(VIEWER)
    await ground.add(VIEWER, "VIEWER", project=3)
    here, there = ({"projectId": ground.project_id(number)} for number in (1, 3))
    assert await outcomes_of(ground, filter=here) == [Outcome.REMOVED, Outcome.ADDED]
    assert len(await outcomes_of(ground, filter=there)) == 1
    assert await outcomes_of(ground, filter={**here, "outcomes": ["ADDED"]}) == [Outcome.ADDED]
    assert await outcomes_of(ground, filter={**here, "personEmail": f" {email.upper()} "}) == [
        Outcome.REMOVED
    ]
    assert await outcomes_of(ground, filter={**here, "actor": "somebody"}) == []
    assert await outcomes_of(ground, filter={"outcomes": []}) == []


async def test_a_search_may_begin_and_end_at_a_moment(ground: Ground) -> None:
    for _ in range(2):
        await ground.add(NEWCOMER)
        await ground.remove(NEWCOMER)
    *_, second, first = (node["at"] for node in (await log_of(ground))["nodes"])
    assert first < second
    assert await outcomes_of(ground, filter={"since": second, "outcomes": ["ADDED"]}) == [Outcome.ADDED]
    assert await outcomes_of(ground, filter={"until": second}) == [Outcome.ADDED]
    assert await outcomes_of(ground, filter={"since": second, "until": second}) == []


@pytest.mark.parametrize(
    "wrong",
    ["", "none", ids.platform_id(PlatformKey.TESTOMATO), ids.member_id(PlatformKey.TESTOMATO, "a", "1")],
)
async def test_an_id_that_is_none_of_a_project_is_refused_by_name(ground: Ground, wrong: str) -> None:
    answer = await ground.stand.execute(LOG, filter={"projectId": wrong})
    [error] = answer["errors"]
    assert error["message"] == (
        "filter.projectId: this is not the id of a project; use ids just as the graph gives them."
    )
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_a_page_is_no_larger_than_the_settings_allow(make_ground: MakeGround) -> None:
    ground = await make_ground(PlatformKey.TESTOMATO, settings={"GATEWAY_LIMITS__PAGE_SIZE": "60"})
    answer = await ground.stand.execute(LOG, first=61)
    assert [error["message"] for error in answer["errors"]] == ["first: must be from 1 to 60."]


async def test_no_platform_is_called_for_what_was_recorded(ground: Ground) -> None:
    await ground.make(Change.ADD)
    ground.sandbox.calls.clear()
    await ground.stand.data("{ auditLog { nodes { outcome before after } } }")
    assert ground.sandbox.calls.total_count == 0
