"""What one request may ask for, over a real socket: at each limit, and one beyond."""

import json

import httpx
import pytest

from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import MakeStand

pytestmark = pytest.mark.anyio

QUERY = "{ projects(first: 3) { nodes { name } } }"
ADD_SOMEBODY = """
mutation($project: ID!) {
  addMember(input: {projectId: $project, person: {email: "mateo.ferreira@example.com"}, role: VIEWER}) {
    outcome
  }
}
"""


def codes_of(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


def body_of(size_bytes: int) -> bytes:
    return json.dumps({"query": "{ __typename }"}).encode().ljust(size_bytes, b" ")


@pytest.mark.parametrize(("size_bytes", "status"), [(300, 200), (301, 413)])
async def test_a_body_may_be_as_large_as_the_limit(
    make_stand: MakeStand, size_bytes: int, status: int
) -> None:
    stand = await make_stand(settings={"GATEWAY_LIMITS__BODY_BYTES": "300"})
    response = await stand.client.post(
        "/graphql", content=body_of(size_bytes), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == status


async def test_the_cost_is_told_on_demand(make_stand: MakeStand) -> None:
    stand = await make_stand()
    response = await stand.client.post("/graphql", json={"query": QUERY, "extensions": {"cost": True}})
    assert response.json()["extensions"]["cost"] > 3


async def test_nobody_is_told_the_cost_unasked(make_stand: MakeStand) -> None:
    stand = await make_stand()
    assert "extensions" not in await stand.execute(QUERY)


async def test_an_operation_may_cost_as_much_as_the_limit_and_no_more(make_stand: MakeStand) -> None:
    free = await make_stand()
    asked = await free.client.post("/graphql", json={"query": QUERY, "extensions": {"cost": True}})
    cost = asked.json()["extensions"]["cost"]
    at_the_limit = await make_stand(settings={"GATEWAY_LIMITS__COST": str(cost)})
    assert (await at_the_limit.data(QUERY))["projects"]
    beyond = await make_stand(settings={"GATEWAY_LIMITS__COST": str(cost - 1)})
    response = await beyond.client.post("/graphql", json={"query": QUERY})
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "QUERY_TOO_COMPLEX", "limit": cost - 1, "actual": cost}
    assert len(beyond.quantconnect.calls) == 0


async def test_a_document_over_a_limit_is_too_complex(make_stand: MakeStand) -> None:
    stand = await make_stand(settings={"GATEWAY_LIMITS__DEPTH": "2"})
    response = await stand.client.post("/graphql", json={"query": QUERY})
    assert (response.status_code, codes_of(response)) == (400, ["QUERY_TOO_COMPLEX"])


async def test_a_caller_who_has_used_up_the_points_is_told_when_to_come_back(make_stand: MakeStand) -> None:
    stand = await make_stand(settings={"GATEWAY_LIMITS__POINTS_PER_MINUTE": "30"})
    first = await stand.client.post("/graphql", json={"query": QUERY})
    second = await stand.client.post("/graphql", json={"query": QUERY})
    third = await stand.client.post("/graphql", json={"query": QUERY})
    assert (first.status_code, second.status_code) == (200, 200)
    assert (third.status_code, codes_of(third)) == (429, ["RATE_LIMITED"])
    assert int(third.headers["retry-after"]) >= 1


async def test_a_read_that_takes_too_long_is_answered_with_what_has_arrived(make_stand: MakeStand) -> None:
    stand = await make_stand(settings={"GATEWAY_LIMITS__DEADLINE_SECONDS": "1"})
    stand.testomato.faults.add(Fault(kind=FaultKind.DELAY, seconds=60))
    data = await stand.data("{ projects { sources { platform state } } }")
    states = {source["platform"]: source["state"] for source in data["projects"]["sources"]}
    assert states == {"QUANTCONNECT": "FRESH", "TESTOMATO": "FAILED"}


async def test_a_write_that_takes_too_long_is_carried_through(make_stand: MakeStand) -> None:
    stand = await make_stand(settings={"GATEWAY_LIMITS__DEADLINE_SECONDS": "0.5"})
    found = await stand.data('{ projects(filter: {search: "Documentation"}) { nodes { id } } }')
    project = found["projects"]["nodes"][0]["id"]
    stand.testomato.faults.add(Fault(kind=FaultKind.DELAY, method="POST", seconds=1, times=1))
    hurried = await stand.client.post(
        "/graphql", json={"query": ADD_SOMEBODY, "variables": {"project": project}}
    )
    assert (hurried.status_code, codes_of(hurried)) == (504, ["DEADLINE_EXCEEDED"])
    outcome = None
    # Each further request waits its turn behind the first one, and in the end finds nothing left to do.
    for _ in range(20):
        patient = await stand.execute(ADD_SOMEBODY, project=project)
        if "data" in patient:
            outcome = patient["data"]["addMember"]["outcome"]
            break
    assert outcome == "UNCHANGED"


@pytest.mark.parametrize("header", ["Apollo-Require-Preflight", "X-Requested-With"])
async def test_a_get_with_a_header_that_no_link_can_carry_is_answered(
    make_stand: MakeStand, header: str
) -> None:
    stand = await make_stand()
    response = await stand.client.get("/graphql", params={"query": "{ __typename }"}, headers={header: "1"})
    assert response.status_code == 200


async def test_a_get_that_any_link_could_send_is_refused(make_stand: MakeStand) -> None:
    stand = await make_stand()
    response = await stand.client.get(
        "/graphql", params={"query": "{ __typename }"}, headers={"Accept": "*/*"}
    )
    assert (response.status_code, codes_of(response)) == (403, ["FORBIDDEN"])
