"""`GET /export/access.csv` of a gateway before both stand-ins: what is in it, and how it comes."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.faults import Fault, FaultKind
from gateway.sandbox.large import large_organisation
from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import MakeStand, Stand
from tests.http.exported import PATH, rows_of

pytestmark = pytest.mark.anyio

DOWN = Fault(kind=FaultKind.STATUS, status=503)
EVERYBODY = """{ people(first: 200) { nodes { id displayName accounts { platform upstreamId linkedBy }
  memberships(first: 200) { nodes { platform upstreamId name email role nativeRole confirmed
    permissions { action granted } project { name upstreamId archived } } } } } }"""


async def exported(stand: Stand) -> list[dict[str, str]]:
    response = await stand.client.get(PATH)
    assert response.status_code == 200, response.text
    return rows_of(response.text)


def expected(person: dict[str, Any], member: dict[str, Any]) -> dict[str, str]:
    """What the graph says of a membership, as the file has it."""
    [evidence] = {
        account["linkedBy"]
        for account in person["accounts"]
        if (account["platform"], account["upstreamId"]) == (member["platform"], member["upstreamId"])
    }
    project = member["project"]
    return {
        "person": person["displayName"] or "",
        "person_id": person["id"],
        "platform": member["platform"],
        "project": project["name"],
        "project_id": project["upstreamId"],
        "archived": json.dumps(project["archived"]),
        "account": member["upstreamId"],
        "name": member["name"] or "",
        "email": member["email"] or "",
        "linked_by": evidence,
        "role": member["role"],
        "native_role": member["nativeRole"],
        "granted": " ".join(one["action"] for one in member["permissions"] if one["granted"]),
        "confirmed": "" if member["confirmed"] is None else json.dumps(member["confirmed"]),
        "missing": "",
    }


# ---------------------------------------------------------------- what is in it


async def test_the_file_says_of_everybody_what_the_graph_says_in_the_same_order(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand(settings={"GATEWAY_LIMITS__COST": "1000000"})
    people = (await stand.data(EVERYBODY))["people"]["nodes"]
    told = [expected(person, member) for person in people for member in person["memberships"]["nodes"]]
    assert await exported(stand) == told
    assert len(told) > 90


async def test_deleted_projects_are_in_it_too(stand: Stand) -> None:
    archived = {row["project"] for row in await exported(stand) if row["archived"] == "true"}
    assert archived == {f"Recycle Bin/{one.name}" for one in TIDEWATER.trading_projects if one.archived}


async def test_who_is_joined_by_the_links_file_is_said_to_be(make_stand: MakeStand, tmp_path: Path) -> None:
    file = tmp_path / "links.toml"
    file.write_text(
        '["Ingrid & Hanna"]\nquantconnect = ["ingrid-solheim", "hanna-virtanen"]\n', encoding="utf-8"
    )
    stand = await make_stand(settings={"GATEWAY_PEOPLE__LINKS_FILE": str(file)})
    rows = [row for row in await exported(stand) if row["person"] == "Ingrid & Hanna"]
    assert {(row["platform"], row["linked_by"]) for row in rows} == {
        ("QUANTCONNECT", "DECLARED"),
        ("TESTOMATO", "EMAIL"),
    }
    assert len({row["person_id"] for row in rows}) == 1


# ---------------------------------------------------------------- what is missing


async def test_a_platform_that_fails_is_the_last_row(stand: Stand) -> None:
    stand.quantconnect.faults.add(DOWN)
    *rows, last = await exported(stand)
    assert {row["platform"] for row in rows} == {"TESTOMATO"}
    assert {name: value for name, value in last.items() if value} == {
        "platform": "QUANTCONNECT",
        "missing": "UPSTREAM_UNAVAILABLE",
    }


async def test_a_project_whose_members_cannot_be_read_has_a_row_of_its_own(stand: Stand) -> None:
    lost = next(iter(stand.testomato.state.projects))
    stand.testomato.faults.add(Fault(kind=FaultKind.STATUS, status=403, path=f"/api/project/{lost}/users"))
    *rows, project, platform = await exported(stand)
    assert lost not in {row["project_id"] for row in rows}
    assert {name: value for name, value in project.items() if value and name != "project"} == {
        "platform": "TESTOMATO",
        "project_id": lost,
        "archived": "false",
        "missing": "UPSTREAM_DENIED",
    }
    assert (platform["platform"], platform["project"], platform["missing"]) == (
        "TESTOMATO",
        "",
        "UPSTREAM_DENIED",
    )


async def test_where_everything_fails_the_file_says_so(stand: Stand) -> None:
    for sandbox in (stand.quantconnect, stand.testomato):
        sandbox.faults.add(DOWN)
    rows = await exported(stand)
    assert [(row["platform"], row["missing"]) for row in rows] == [
        ("QUANTCONNECT", "UPSTREAM_UNAVAILABLE"),
        ("TESTOMATO", "UPSTREAM_UNAVAILABLE"),
    ]


async def test_a_platform_without_a_credential_is_not_missing(make_stand: MakeStand) -> None:
    without = {"GATEWAY_QUANTCONNECT__USER_ID": "", "GATEWAY_QUANTCONNECT__API_TOKEN": ""}
    rows = await exported(await make_stand(settings=without))
    assert {(row["platform"], row["missing"]) for row in rows} == {("TESTOMATO", "")}


# ---------------------------------------------------------------- how it comes


async def test_it_is_a_file_that_nobody_keeps(stand: Stand) -> None:
    headers = (await stand.client.get(PATH)).headers
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert headers["content-disposition"] == 'attachment; filename="access.csv"'
    assert headers["cache-control"] == "no-store"


async def test_it_costs_one_call_for_each_list_and_for_each_sites_members(stand: Stand) -> None:
    await exported(stand)
    counts = {**stand.quantconnect.calls.counts, **stand.testomato.calls.counts}
    assert set(counts.values()) == {1}
    assert sum(path.endswith("/users") for path in counts) == len(stand.testomato.state.projects)


@pytest.fixture
async def large(make_stand: MakeStand) -> Stand:
    organisation = large_organisation(projects_per_platform=40, members_per_project=30)
    return await make_stand(
        quantconnect=create_quantconnect_sandbox(organisation=organisation),
        testomato=create_testomato_sandbox(organisation=organisation, lists_projects=False),
    )


async def test_it_comes_in_pieces_while_it_is_made(large: Stand) -> None:
    async with large.client.stream("GET", PATH) as response:
        assert response.headers["transfer-encoding"] == "chunked"
        assert "content-length" not in response.headers
        text = "".join([piece async for piece in response.aiter_text()])
    assert len(rows_of(text)) == 2 * 40 * 30


async def until_there_is_one(lines: Sequence[object]) -> None:
    async with asyncio.timeout(30):
        while True:
            if lines:
                return
            await asyncio.sleep(0.01)


async def test_a_client_that_does_not_wait_for_the_end_does_no_harm(large: Stand) -> None:
    with capture_logs() as lines:
        async with large.client.stream("GET", PATH) as response:
            await anext(response.aiter_raw())
        await until_there_is_one(lines)
        assert (await large.client.get("/readyz")).status_code == 200
    assert [line["event"] for line in lines] == ["request"]


async def test_head_says_what_get_would_without_the_file(stand: Stand) -> None:
    head, get = await stand.client.head(PATH), await stand.client.get(PATH)
    of_the_moment = {"date", "x-request-id", "transfer-encoding"}
    told = [
        {name: value for name, value in response.headers.items() if name not in of_the_moment}
        for response in (head, get)
    ]
    assert (head.status_code, head.content, told[0]) == (200, b"", told[1])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_refused_and_nothing_is_read(stand: Stand, method: str) -> None:
    response = await stand.client.request(method, PATH)
    [error] = response.json()["errors"]
    assert (response.status_code, response.headers["allow"], error["extensions"]["code"]) == (
        405,
        "GET, HEAD",
        "BAD_USER_INPUT",
    )
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert stand.quantconnect.calls.total_count + stand.testomato.calls.total_count == 0
