"""One platform fails, in every way there is: the other's data arrives, and nothing is silent."""

from typing import Any

import anyio
import pytest

from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.faults import Fault, FaultKind
from gateway.sandbox.handle import Sandbox
from tests.conftest import ONE_ATTEMPT_A_CALL, MakeStand, Stand
from tests.reading.questions import (
    QUANTCONNECT,
    SITE_NAMES,
    SOURCES,
    TESTOMATO,
    TRADING_NAMES,
    ask_members,
    ask_nodes,
    ask_project,
    ask_projects,
    projects_document,
    source_of,
)

pytestmark = pytest.mark.anyio

NAMES_OF = {QUANTCONNECT: TRADING_NAMES, TESTOMATO: SITE_NAMES}
OTHER = {QUANTCONNECT: TESTOMATO, TESTOMATO: QUANTCONNECT}
# Where a fault strikes: reading projects, or signing in before that.
PLACES = [
    (QUANTCONNECT, "/api/v2/projects/read"),
    (TESTOMATO, "/api/project/"),
    (TESTOMATO, "/api/authenticate"),
]
FAULTS = [
    (Fault(kind=FaultKind.DELAY, seconds=60), "UPSTREAM_TIMEOUT"),
    (Fault(kind=FaultKind.STATUS, status=401), "UPSTREAM_DENIED"),
    (Fault(kind=FaultKind.STATUS, status=403), "UPSTREAM_DENIED"),
    (Fault(kind=FaultKind.STATUS, status=500), "UPSTREAM_UNAVAILABLE"),
    (Fault(kind=FaultKind.STATUS, status=502), "UPSTREAM_UNREACHABLE"),
    (Fault(kind=FaultKind.STATUS, status=503), "UPSTREAM_UNAVAILABLE"),
    (Fault(kind=FaultKind.STATUS, status=504), "UPSTREAM_TIMEOUT"),
    (Fault(kind=FaultKind.EMPTY), "UPSTREAM_BROKEN"),
    (Fault(kind=FaultKind.HTML), "UPSTREAM_BROKEN"),
    (Fault(kind=FaultKind.HTML, status=503), "UPSTREAM_UNAVAILABLE"),
    (Fault(kind=FaultKind.THROTTLE), "UPSTREAM_THROTTLED"),
    (Fault(kind=FaultKind.REDIRECT), "UPSTREAM_BROKEN"),
    (Fault(kind=FaultKind.INVALID_JSON), "UPSTREAM_BROKEN"),
    (Fault(kind=FaultKind.OVERSIZED, size_bytes=300_000), "UPSTREAM_BROKEN"),
    (Fault(kind=FaultKind.RESET), "UPSTREAM_UNREACHABLE"),
    (Fault(kind=FaultKind.RESET, orderly=True), "UPSTREAM_UNREACHABLE"),
    (Fault(kind=FaultKind.LATE_ANSWER, seconds=60), "UPSTREAM_TIMEOUT"),
    (Fault(kind=FaultKind.TRUNCATED), "UPSTREAM_UNREACHABLE"),
    (Fault(kind=FaultKind.DRIP, seconds=1), "UPSTREAM_TIMEOUT"),
    (Fault(kind=FaultKind.DROP_AFTER), "UPSTREAM_UNREACHABLE"),
]
TAKES_LONG = {FaultKind.DELAY, FaultKind.LATE_ANSWER, FaultKind.DRIP}
RETRYABLE = {
    "UPSTREAM_TIMEOUT",
    "UPSTREAM_UNREACHABLE",
    "UPSTREAM_UNAVAILABLE",
    "UPSTREAM_THROTTLED",
    "UPSTREAM_BROKEN",
}
DOWN = Fault(kind=FaultKind.STATUS, status=503)


def sandbox_of(stand: Stand, platform: str) -> Sandbox:
    return stand.quantconnect if platform == QUANTCONNECT else stand.testomato


def at(fault: Fault, path: str) -> Fault:
    names = ("kind", "seconds", "status", "size_bytes", "orderly")
    return Fault(path=path, **{name: getattr(fault, name) for name in names})


def name(value: object) -> str | None:
    if not isinstance(value, Fault):
        return None
    return " ".join(str(part) for part in (value.kind, value.status, "orderly" * value.orderly) if part)


def test_every_kind_of_fault_is_among_those_tried() -> None:
    assert {fault.kind for fault, _ in FAULTS} == set(FaultKind)


@pytest.mark.parametrize(("platform", "path"), PLACES)
@pytest.mark.parametrize(("fault", "code"), FAULTS, ids=name)
async def test_one_platforms_failure_is_told_and_takes_nothing_from_the_other(
    make_stand: MakeStand, platform: str, path: str, fault: Fault, code: str
) -> None:
    settings = {f"GATEWAY_{platform}__MAX_REPLY_BYTES": "200000"}
    if fault.kind in TAKES_LONG:
        settings[f"GATEWAY_{platform}__CALL_TIMEOUT_SECONDS"] = "0.5"
    stand = await make_stand(settings=settings)
    sandbox_of(stand, platform).faults.add(at(fault, path))
    connection = await ask_projects(stand, f"totalCount nodes {{ name }} {SOURCES}")
    other = OTHER[platform]
    assert sorted(node["name"] for node in connection["nodes"]) == sorted(NAMES_OF[other])
    assert connection["totalCount"] == len(NAMES_OF[other])
    failed, fresh = source_of(connection, platform), source_of(connection, other)
    assert (failed["state"], failed["error"]["code"]) == ("FAILED", code)
    assert failed["error"]["retryable"] is (code in RETRYABLE)
    assert (fresh["state"], fresh["error"]) == ("FRESH", None)


async def test_both_platforms_failing_leave_an_empty_page_that_says_why(stand: Stand) -> None:
    stand.quantconnect.faults.add(DOWN)
    stand.testomato.faults.add(Fault(kind=FaultKind.RESET))
    connection = await ask_projects(stand, f"totalCount nodes {{ name }} {SOURCES}")
    assert (connection["nodes"], connection["totalCount"]) == ([], 0)
    codes = {source["platform"]: source["error"]["code"] for source in connection["sources"]}
    assert codes == {QUANTCONNECT: "UPSTREAM_UNAVAILABLE", TESTOMATO: "UPSTREAM_UNREACHABLE"}


async def test_one_failing_members_call_blanks_one_field_and_nothing_else(stand: Stand) -> None:
    fields = "nodes { name members { nodes { name } } }"
    whole = await ask_projects(stand, fields)
    lost = await ask_project(stand, "Careers", "upstreamId")
    stand.testomato.faults.add(Fault(kind=FaultKind.HTML, path=f"/api/project/{lost['upstreamId']}/users"))
    answer = await stand.execute(projects_document(fields))
    place = [node["name"] for node in whole["nodes"]].index("Careers")
    expected = [node | {"members": None} if node["name"] == "Careers" else node for node in whole["nodes"]]
    assert answer["data"]["projects"]["nodes"] == expected
    [error] = answer["errors"]
    assert error["path"] == ["projects", "nodes", place, "members"]
    assert error["extensions"] == {"code": "UPSTREAM_BROKEN", "platform": TESTOMATO, "retryable": True}


@pytest.mark.parametrize("field", ["owner { name }", "members { totalCount }", "roles { role }"])
async def test_a_field_that_needs_a_failing_call_is_null_and_the_rest_of_the_project_is_there(
    stand: Stand, field: str
) -> None:
    found = await ask_project(stand, "Careers", "upstreamId")
    stand.testomato.faults.add(Fault(kind=FaultKind.STATUS, status=503, path="/api/project/*/*"))
    document = f"""query ($id: String!) {{ projectByUpstreamId(platform: TESTOMATO, upstreamId: $id) {{
      name url {field} }} }}"""
    answer = await stand.execute(document, id=found["upstreamId"])
    field_name = field.split(maxsplit=1)[0]
    assert answer["data"]["projectByUpstreamId"] == {
        "name": "Careers",
        "url": "https://careers.example.com",
        field_name: None,
    }
    [error] = answer["errors"]
    assert error["path"] == ["projectByUpstreamId", field_name]
    assert error["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"


@pytest.mark.parametrize("platform", [QUANTCONNECT, TESTOMATO])
async def test_nodes_that_cannot_be_read_are_gaps_with_an_error_each(stand: Stand, platform: str) -> None:
    nodes = await ask_nodes(stand, "id platform", first=200)
    sandbox_of(stand, platform).faults.add(DOWN)
    ids = [node["id"] for node in nodes]
    answer = await stand.execute("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    lost = [place for place, node in enumerate(nodes) if node["platform"] == platform]
    assert [place for place, node in enumerate(answer["data"]["nodes"]) if node is None] == lost
    assert sorted(error["path"][1] for error in answer["errors"]) == lost
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UPSTREAM_UNAVAILABLE"}


@pytest.mark.parametrize(
    "fields", ["can(action: $action) project { name }", "project { name } can(action: $action)"]
)
@pytest.mark.parametrize("project", ["Momentum Rotation", "Corporate site"])
async def test_a_failing_part_does_not_take_along_another_that_waits_for_the_same_read(
    stand: Stand, project: str, fields: str
) -> None:
    """A null where none may be cancels its siblings; what they were waiting for is shared."""
    [member, *_] = await ask_members(stand, project, "id")
    document = f"""query ($member: ID!, $action: Action = READ) {{
      a: node(id: $member) {{ ... on Member {{ {fields} }} }}
      b: node(id: $member) {{ ... on Member {{ role project {{ name viewer {{ role }} }} }} }} }}"""
    body = {"query": document, "variables": {"member": member["id"], "action": None}}
    response = await stand.client.post("/graphql", json=body)
    answer = response.json()
    assert response.status_code == 200
    assert answer["data"] == {
        "a": None,
        "b": {"role": "OWNER", "project": {"name": project, "viewer": {"role": "OWNER"}}},
    }
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]) == (["a", "can"], {"code": "BAD_USER_INPUT"})


async def test_a_root_field_that_may_not_be_null_fails_with_the_whole_answer_well_formed(
    stand: Stand,
) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } projects { totalCount } }"
    answer = await stand.execute(document, ids=["x"] * 101)
    assert answer["data"] is None
    assert [error["path"] for error in answer["errors"]] == [["nodes"]]
    assert await stand.data("{ projects { totalCount } }")


@pytest.mark.parametrize("platform", [QUANTCONNECT, TESTOMATO])
async def test_a_platform_that_hangs_uses_up_only_its_own_budget_of_time(
    make_stand: MakeStand, platform: str
) -> None:
    stand = await make_stand(settings={"GATEWAY_READ_BUDGET_SECONDS": "2"})
    sandbox_of(stand, platform).faults.add(Fault(kind=FaultKind.DELAY, seconds=60))
    connection = await ask_projects(stand, f"nodes {{ name members {{ totalCount }} }} {SOURCES}")
    assert sorted(node["name"] for node in connection["nodes"]) == sorted(NAMES_OF[OTHER[platform]])
    assert source_of(connection, platform)["error"]["code"] == "UPSTREAM_TIMEOUT"


@pytest.mark.parametrize("platform", [QUANTCONNECT, TESTOMATO])
async def test_a_platform_that_hangs_does_not_keep_a_client_waiting_with_settings_as_they_come(
    make_stand: MakeStand, platform: str
) -> None:
    stand = await make_stand(settings=dict.fromkeys(ONE_ATTEMPT_A_CALL, ""))
    sandbox_of(stand, platform).faults.add(Fault(kind=FaultKind.DELAY, seconds=60))
    document = projects_document(f"nodes {{ name members {{ totalCount }} }} {SOURCES}")
    response = await stand.client.post("/graphql", json={"query": document}, timeout=15)
    answer = response.json()
    connection = answer["data"]["projects"]
    assert sorted(node["name"] for node in connection["nodes"]) == sorted(NAMES_OF[OTHER[platform]])
    assert source_of(connection, platform)["error"]["code"] == "UPSTREAM_TIMEOUT"
    assert "errors" not in answer


CREATE = {QUANTCONNECT: create_quantconnect_sandbox, TESTOMATO: create_testomato_sandbox}


@pytest.mark.parametrize("platform", [QUANTCONNECT, TESTOMATO])
async def test_a_platform_that_goes_away_between_two_requests_is_unreachable(
    make_stand: MakeStand, platform: str
) -> None:
    async with CREATE[platform]().running() as base_url:
        stand = await make_stand(settings={f"GATEWAY_{platform}__BASE_URL": base_url})
        before = source_of(await ask_projects(stand, SOURCES), platform)
    connection = await ask_projects(stand, f"nodes {{ name }} {SOURCES}")
    source = source_of(connection, platform)
    assert before["state"] == "FRESH"
    assert (source["state"], source["error"]["code"]) == ("FAILED", "UPSTREAM_UNREACHABLE")
    assert sorted(node["name"] for node in connection["nodes"]) == sorted(NAMES_OF[OTHER[platform]])


@pytest.mark.parametrize("platform", [QUANTCONNECT, TESTOMATO])
async def test_a_platform_that_goes_away_during_a_request_is_unreachable(
    make_stand: MakeStand, platform: str
) -> None:
    sandbox = CREATE[platform]()
    sandbox.faults.add(Fault(kind=FaultKind.DELAY, seconds=60))
    connections: list[dict[str, Any]] = []

    async def ask(stand: Stand) -> None:
        connections.append(await ask_projects(stand, f"nodes {{ name }} {SOURCES}"))

    async with anyio.create_task_group() as tasks, sandbox.running(grace_seconds=0) as base_url:
        stand = await make_stand(settings={f"GATEWAY_{platform}__BASE_URL": base_url})
        tasks.start_soon(ask, stand)
        while not sandbox.calls:  # noqa: ASYNC110 - it sets no event
            await anyio.sleep(0.01)
    [connection] = connections
    assert source_of(connection, platform)["error"]["code"] == "UPSTREAM_UNREACHABLE"
    assert sorted(node["name"] for node in connection["nodes"]) == sorted(NAMES_OF[OTHER[platform]])
