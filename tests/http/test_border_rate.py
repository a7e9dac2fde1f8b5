"""`GATEWAY_LIMITS__POINTS_PER_MINUTE`: how much each caller may ask for, counted in points.

The minute slides, and a test that stands on the edge of one could be given back a point: budgets here leave
room for that.
"""

import asyncio
from pathlib import Path

import httpx
import pytest

from gateway.domain.caller import Scope
from gateway.http.authentication.api_keys import new_key
from tests.conftest import MakeStand
from tests.plain_http import NO_TLS

pytestmark = pytest.mark.anyio

PLATFORMS = {"query": "{ platforms { key } }"}
PROJECTS = {"query": "{ projects(first: 100) { nodes { name } } }"}
REMOVE = {"query": 'mutation { removeMember(input: {memberId: "none"}) { outcome } }'}


@pytest.fixture
def points() -> int:
    """Enough for two questions for projects, and for no third one."""
    return 300


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.toml"
    new_key(path, name="spare", scopes=[])
    return path


@pytest.fixture
def variables(points: int) -> dict[str, str]:
    return {"GATEWAY_LIMITS__POINTS_PER_MINUTE": str(points)}


@pytest.fixture
def with_keys(variables: dict[str, str], file: Path) -> dict[str, str]:
    return {**variables, "GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": str(file)}


async def statuses(client: httpx.AsyncClient, body: dict[str, str], *, count: int) -> list[int]:
    return [(await client.post("/graphql", json=body)).status_code for _ in range(count)]


async def cost_of(client: httpx.AsyncClient, body: dict[str, str]) -> int:
    response = await client.post("/graphql", json={**body, "extensions": {"cost": True}})
    cost: int = response.json()["extensions"]["cost"]
    return cost


# ---------------------------------------------------------------- what is told


@pytest.mark.parametrize(
    "accept", ["application/graphql-response+json", "application/json"], ids=["newer", "legacy"]
)
async def test_a_caller_without_points_is_told_when_there_are_some(
    client: httpx.AsyncClient, accept: str
) -> None:
    client.headers["Accept"] = accept
    assert await statuses(client, PROJECTS, count=2) == [200, 200]
    response = await client.post("/graphql", json=PROJECTS)
    [error] = response.json().pop("errors")
    assert (response.status_code, error["extensions"]) == (429, {"code": "RATE_LIMITED"})
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert f"in {response.headers['retry-after']} seconds" in error["message"]


async def test_what_is_cheap_enough_is_still_answered(client: httpx.AsyncClient) -> None:
    """A refused question takes no points."""
    assert await statuses(client, PROJECTS, count=4) == [200, 200, 429, 429]
    assert await statuses(client, PLATFORMS, count=1) == [200]


@pytest.mark.parametrize("variables", [{}])
async def test_without_the_setting_nobody_runs_out_of_points(client: httpx.AsyncClient) -> None:
    assert await statuses(client, PROJECTS, count=10) == [200] * 10


# ---------------------------------------------------------------- what costs


async def test_a_question_costs_what_the_answer_says(client: httpx.AsyncClient, points: int) -> None:
    cost = await cost_of(client, PROJECTS)
    assert 2 * cost < points < 3 * cost - 1


@pytest.mark.parametrize("points", [5])
@pytest.mark.parametrize(
    "query", ["{", "{ nothing }", "{" + " __typename" * 25 + "}", "query A { __typename } { a }"]
)
async def test_a_document_that_is_refused_costs_too(client: httpx.AsyncClient, query: str) -> None:
    assert await statuses(client, {"query": query}, count=7) == [400] * 5 + [429] * 2


@pytest.mark.parametrize("points", [5])
async def test_a_question_that_costs_nothing_costs_a_point(client: httpx.AsyncClient) -> None:
    assert await cost_of(client, {"query": "{ __typename }"}) == 0
    assert await statuses(client, {"query": "{ __typename }"}, count=5) == [200] * 4 + [429]


@pytest.mark.parametrize("points", [50])
async def test_a_question_that_costs_more_than_a_minute_has_takes_the_whole_minute(
    client: httpx.AsyncClient,
) -> None:
    """Otherwise it would be told for ever to come back later."""
    assert await statuses(client, PROJECTS, count=2) == [200, 429]
    assert await statuses(client, PLATFORMS, count=1) == [429]


@pytest.mark.parametrize("points", [5])
async def test_what_is_no_request_costs_nothing(client: httpx.AsyncClient) -> None:
    assert await statuses(client, {"text": "x"}, count=20) == [400] * 20
    assert await statuses(client, PLATFORMS, count=1) == [200]


async def test_requests_at_once_get_no_more_points_than_those_in_turn(client: httpx.AsyncClient) -> None:
    responses = await asyncio.gather(*(client.post("/graphql", json=PROJECTS) for _ in range(20)))
    found = [response.status_code for response in responses]
    assert (found.count(200), found.count(429)) == (2, 18)


# ---------------------------------------------------------------- whose points


async def test_each_caller_has_points_of_their_own(
    make_stand: MakeStand, with_keys: dict[str, str], file: Path
) -> None:
    stand = await make_stand(settings=with_keys)
    seen = []
    for name in ("one", "two"):
        stand.client.headers["Authorization"] = f"Bearer {new_key(file, name=name, scopes=Scope)}"
        seen.append(await statuses(stand.client, PROJECTS, count=3))
    assert seen == [[200, 200, 429]] * 2


async def test_where_nobody_is_asked_who_they_are_each_address_has_points_of_its_own(
    client: httpx.AsyncClient,
) -> None:
    seen = []
    for address in ("127.0.0.1", "127.0.0.2"):
        transport = httpx.AsyncHTTPTransport(verify=NO_TLS, local_address=address)
        async with httpx.AsyncClient(transport=transport, base_url=client.base_url, timeout=30) as other:
            seen.append(await statuses(other, PROJECTS, count=3))
    assert seen == [[200, 200, 429]] * 2


async def test_an_address_that_a_request_only_says_it_has_brings_it_no_points(
    client: httpx.AsyncClient,
) -> None:
    found = []
    for number in range(3):
        client.headers["X-Forwarded-For"] = f"192.0.2.{number}"
        found += await statuses(client, PROJECTS, count=1)
    assert found == [200, 200, 429]


async def test_a_stranger_uses_up_nobody_s_points(
    make_stand: MakeStand, with_keys: dict[str, str], file: Path
) -> None:
    stand = await make_stand(settings=with_keys)
    stand.client.headers["Authorization"] = "Bearer ag_one_" + "A" * 43
    assert await statuses(stand.client, PROJECTS, count=5) == [401] * 5
    stand.client.headers["Authorization"] = f"Bearer {new_key(file, name='one', scopes=Scope)}"
    assert await statuses(stand.client, PROJECTS, count=2) == [200] * 2


async def test_nothing_is_asked_of_a_platform_without_points(
    make_stand: MakeStand, variables: dict[str, str]
) -> None:
    stand = await make_stand(settings=variables)
    assert await statuses(stand.client, PROJECTS, count=2) == [200] * 2
    stand.quantconnect.calls.clear()
    stand.testomato.calls.clear()
    assert await statuses(stand.client, PROJECTS, count=1) == [429]
    assert stand.quantconnect.calls.total_count + stand.testomato.calls.total_count == 0


@pytest.mark.parametrize("points", [3])
async def test_no_change_is_made_without_points(client: httpx.AsyncClient) -> None:
    found = await statuses(client, REMOVE, count=4)
    assert (found[-1], sorted(found)) == (429, found)


async def test_probes_and_figures_cost_nothing(client: httpx.AsyncClient) -> None:
    await statuses(client, PROJECTS, count=3)
    answers = [await client.get(path) for path in ("/livez", "/readyz", "/metrics")]
    assert [answer.status_code for answer in answers] == [200] * 3
