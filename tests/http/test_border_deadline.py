"""A whole operation has a deadline: in time comes what has arrived, or that it took too long."""

import httpx
import pytest

from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import MakeStand, Stand

pytestmark = pytest.mark.anyio

# Far beyond the deadline, and beyond the time that a test is given.
FOREVER = Fault(kind=FaultKind.DELAY, seconds=600)
SOURCES = "sources { platform state error { code retryable } }"
PROJECTS = f"{{ projects {{ totalCount {SOURCES} }} }}"
ADD = """mutation ($input: AddMemberInput!) {
  addMember(input: $input) { outcome userErrors { code } } }"""


@pytest.fixture
async def hurried(make_stand: MakeStand) -> Stand:
    """Time enough for a platform that answers, once its connection is there."""
    stand = await make_stand(settings={"GATEWAY_LIMITS__DEADLINE_SECONDS": "2"})
    await stand.execute(PROJECTS)
    return stand


@pytest.fixture
async def pressed(make_stand: MakeStand) -> Stand:
    """No time for a change that takes a second or more."""
    return await make_stand(settings={"GATEWAY_LIMITS__DEADLINE_SECONDS": "0.5"})


def addition(stand: Stand, **more: object) -> dict[str, object]:
    """A change that nothing stands against."""
    project_id = next(iter(stand.testomato.state.projects))
    return {
        "projectId": ids.project_id(PlatformKey.TESTOMATO, project_id),
        "person": {"email": "somebody.new@example.org"},
        "role": "VIEWER",
        **more,
    }


async def post(stand: Stand, query: str, accept: str | None = None, **variables: object) -> httpx.Response:
    headers = {} if accept is None else {"Accept": accept}
    return await stand.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


@pytest.mark.parametrize("hanging", ["quantconnect", "testomato"])
async def test_when_one_platform_hangs_the_other_s_projects_come_in_time(
    hurried: Stand, hanging: str
) -> None:
    getattr(hurried, hanging).faults.add(FOREVER)
    projects = (await hurried.data(PROJECTS))["projects"]
    states = {source["platform"].lower(): source["state"] for source in projects["sources"]}
    assert [platform for platform, state in states.items() if state == "FAILED"] == [hanging]
    assert projects["totalCount"] > 0


async def test_when_both_platforms_hang_their_sources_say_so_in_time(hurried: Stand) -> None:
    hurried.quantconnect.faults.add(FOREVER)
    hurried.testomato.faults.add(FOREVER)
    projects = (await hurried.data(PROJECTS))["projects"]
    assert [source["error"] for source in projects["sources"]] == [
        {"code": "UPSTREAM_TIMEOUT", "retryable": True}
    ] * 2


async def test_when_everything_is_wanted_and_one_platform_hangs_the_field_fails_in_time(
    hurried: Stand,
) -> None:
    hurried.testomato.faults.add(FOREVER)
    answer = await hurried.execute("{ projects(requireComplete: true) { totalCount } __typename }")
    assert answer["data"] == {"projects": None, "__typename": "Query"}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UPSTREAM_TIMEOUT"]


async def test_members_that_do_not_come_are_missing_from_projects_that_do(hurried: Stand) -> None:
    hurried.testomato.faults.add(Fault(kind=FaultKind.DELAY, seconds=600, path="/api/project/*/users"))
    answer = await hurried.execute(
        "{ projects(filter: {platforms: [TESTOMATO]}) { nodes { name members { totalCount } } } }"
    )
    nodes = answer["data"]["projects"]["nodes"]
    assert (len(nodes) > 0, {node["members"] for node in nodes}) == (True, {None})
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UPSTREAM_TIMEOUT"}


@pytest.mark.parametrize("accept", ["application/graphql-response+json", "application/json"])
async def test_a_change_that_hangs_is_told_to_have_taken_too_long(pressed: Stand, accept: str) -> None:
    pressed.testomato.faults.add(Fault(kind=FaultKind.DELAY, seconds=1.5, method="POST", path="/api/project"))
    response = await post(pressed, ADD, accept, input=addition(pressed))
    [error] = response.json().pop("errors")
    assert (response.status_code, error["extensions"]) == (504, {"code": "DEADLINE_EXCEEDED"})
    assert "idempotency key" in error["message"]


async def test_a_change_that_took_too_long_is_told_under_its_key_when_it_is_done(pressed: Stand) -> None:
    """Sent once, and its outcome is in the ledger."""
    fault = Fault(kind=FaultKind.LATE_ANSWER, seconds=1, method="POST", path="/api/project", times=1)
    pressed.testomato.faults.add(fault)
    given = addition(pressed, idempotencyKey="monday-1")
    answers = [(await post(pressed, ADD, input=given)).json()]
    while "data" not in answers[-1] and len(answers) < 20:  # each waits as long as it may
        answers.append((await post(pressed, ADD, input=given)).json())
    assert answers[0]["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
    assert answers[-1]["data"]["addMember"] == {"outcome": "INVITED", "userErrors": []}
    assert [call.method for call in pressed.testomato.calls if call.path.endswith("/users")].count(
        "POST"
    ) == 1


async def test_the_next_request_has_a_deadline_of_its_own(hurried: Stand) -> None:
    hurried.testomato.faults.add(FOREVER)
    await hurried.data(PROJECTS)
    hurried.testomato.faults.clear()
    projects = (await hurried.data(PROJECTS))["projects"]
    assert {source["state"] for source in projects["sources"]} == {"FRESH"}
