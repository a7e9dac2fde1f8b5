"""Anything by its id."""

import base64

import pytest

from tests.conftest import MakeStand, Stand
from tests.reading.questions import (
    QUANTCONNECT,
    SITE_NAMES,
    TESTOMATO,
    ask_id,
    ask_nodes,
    ask_project,
    ask_projects,
)

pytestmark = pytest.mark.anyio

NODE = """query ($id: ID!) { node(id: $id) { __typename id
  ... on Platform { platformName: name }
  ... on Project { projectName: name }
  ... on Member { memberName: name } } }"""
NODES = NODE.replace("$id: ID!", "$ids: [ID!]!").replace("node(id: $id)", "nodes(ids: $ids)")
PROJECT = "query ($id: ID!) { project(id: $id) { name } }"
BY_UPSTREAM_ID = """query ($platform: PlatformKey!, $id: String!) {
  projectByUpstreamId(platform: $platform, upstreamId: $id) { id name } }"""


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


NOBODYS_IDS = {
    "a project that QuantConnect does not have": encoded("Project:QUANTCONNECT:1"),
    "a project that Testomato does not have": encoded("Project:TESTOMATO:000000000000000000000000"),
    "a member of a project that does not exist": encoded("Member:QUANTCONNECT:1:ingrid-solheim"),
    "a member whom the project does not have": encoded("Member:QUANTCONNECT:23456137:nobody"),
    "an upstream id that cannot be": encoded("Project:QUANTCONNECT:..%2Fprojects"),
    "a platform that there is not": encoded("Platform:GITHUB"),
    "a type that there is not": encoded("Role:QUANTCONNECT:1"),
    "a person whom nobody knows": encoded(f"Person:QUANTCONNECT:{'0' * 24}"),
    "a person by something else": encoded("Person:QUANTCONNECT:ingrid-solheim"),
    "an id with too many parts": encoded("Project:QUANTCONNECT:23456137:2"),
    "an id with too few parts": encoded("Member:QUANTCONNECT:23456137"),
    "an upstream id": "23456137",
    "another spelling of an id": encoded("Project:QUANTCONNECT:%32%33456137"),
    "an id with its padding": base64.urlsafe_b64encode(b"Project:QUANTCONNECT:23456137").decode(),
    "nothing": "",
    "a word": "nothing at all",
    "letters of elsewhere": "идентификатор",
}


@pytest.mark.parametrize("name", ["Momentum Rotation", "Corporate site", "Recycle Bin/Legacy Mean Reversion"])
async def test_a_project_is_found_by_its_id(stand: Stand, name: str) -> None:
    project_id = await ask_id(stand, name)
    answer = await stand.data(NODE, id=project_id)
    assert answer["node"] == {"__typename": "Project", "id": project_id, "projectName": name}
    assert (await stand.data(PROJECT, id=project_id))["project"] == {"name": name}


@pytest.mark.parametrize("name", ["Momentum Rotation", "Dividend Capture EU", "Investor relations"])
async def test_every_member_of_a_project_is_found_by_their_id(stand: Stand, name: str) -> None:
    project = await ask_project(stand, name, "members { nodes { id name } }")
    for member in project["members"]["nodes"]:
        answer = await stand.data(NODE, id=member["id"])
        assert answer["node"] == {"__typename": "Member", "id": member["id"], "memberName": member["name"]}


async def test_a_platform_is_found_by_its_id(stand: Stand) -> None:
    platforms = (await stand.data("{ platforms { id name } }"))["platforms"]
    for platform in platforms:
        answer = await stand.data(NODE, id=platform["id"])
        assert answer["node"] == {
            "__typename": "Platform",
            "id": platform["id"],
            "platformName": platform["name"],
        }


async def test_things_of_every_type_are_found_together_in_the_order_of_their_ids(stand: Stand) -> None:
    found = await ask_nodes(stand, "id name members(first: 2) { nodes { id name } }")
    [platform, *_] = (await stand.data("{ platforms { id name } }"))["platforms"]
    expected = [{"__typename": "Platform", "id": platform["id"], "platformName": platform["name"]}]
    for project in found:
        expected.append({"__typename": "Project", "id": project["id"], "projectName": project["name"]})
        expected += [
            {"__typename": "Member", "id": member["id"], "memberName": member["name"]}
            for member in project["members"]["nodes"]
        ]
    answer = await stand.data(NODES, ids=[one["id"] for one in reversed(expected)])
    assert answer["nodes"] == expected[::-1]


async def test_ids_under_several_aliases_are_all_answered(stand: Stand) -> None:
    first, second = await ask_id(stand, "Momentum Rotation"), await ask_id(stand, "Careers")
    document = """query ($first: ID!, $second: ID!) {
      one: node(id: $first) { id } two: node(id: $second) { id } again: node(id: $first) { id }
      three: project(id: $second) { id } all: nodes(ids: [$first, $second, $first]) { id } }"""
    assert await stand.data(document, first=first, second=second) == {
        "one": {"id": first},
        "two": {"id": second},
        "again": {"id": first},
        "three": {"id": second},
        "all": [{"id": first}, {"id": second}, {"id": first}],
    }


async def test_a_hundred_ids_are_answered_at_once(stand: Stand) -> None:
    ids = [node["id"] for node in await ask_nodes(stand, "id")]
    asked = (ids * 5)[:100]
    answer = await stand.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=asked)
    assert [node["id"] for node in answer["nodes"]] == asked


async def test_more_than_a_hundred_ids_are_refused_and_nothing_is_called(stand: Stand) -> None:
    project_id = await ask_id(stand, "Momentum Rotation")
    stand.quantconnect.calls.clear()
    answer = await stand.execute("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[project_id] * 101)
    [error] = answer["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["nodes"])
    assert stand.quantconnect.calls.total_count == 0


async def test_no_ids_give_no_nodes(stand: Stand) -> None:
    assert await stand.data(NODES, ids=[]) == {"nodes": []}


@pytest.mark.parametrize("unknown", NOBODYS_IDS.values(), ids=NOBODYS_IDS.keys())
async def test_an_unknown_id_gives_null_without_an_error(stand: Stand, unknown: str) -> None:
    assert await stand.data(NODE, id=unknown) == {"node": None}
    assert await stand.data(PROJECT, id=unknown) == {"project": None}


async def test_unknown_ids_leave_gaps_among_those_that_are_known(stand: Stand) -> None:
    known = await ask_id(stand, "Careers")
    asked = [*NOBODYS_IDS.values(), known]
    answer = await stand.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=asked)
    assert answer["nodes"] == [None] * len(NOBODYS_IDS) + [{"id": known}]


async def test_the_id_of_something_else_is_no_projects_id(stand: Stand) -> None:
    found = await ask_project(stand, "Careers", "members(first: 1) { nodes { id } }")
    [platform, *_] = (await stand.data("{ platforms { id } }"))["platforms"]
    stand.testomato.calls.clear()
    for other in (found["members"]["nodes"][0]["id"], platform["id"]):
        assert await stand.data(PROJECT, id=other) == {"project": None}
    assert stand.testomato.calls.total_count == 0


async def test_ids_are_the_same_after_a_restart(make_stand: MakeStand) -> None:
    fields = "id members(first: 3) { nodes { id } }"
    before = await ask_nodes(await make_stand(), fields)
    assert await ask_nodes(await make_stand(), fields) == before


async def test_every_project_is_found_by_the_id_that_its_platform_shows(stand: Stand) -> None:
    for node in await ask_nodes(stand, "id name platform upstreamId"):
        answer = await stand.data(BY_UPSTREAM_ID, platform=node["platform"], id=node["upstreamId"])
        assert answer["projectByUpstreamId"] == {"id": node["id"], "name": node["name"]}


@pytest.mark.parametrize("platform", [QUANTCONNECT, TESTOMATO])
@pytest.mark.parametrize(
    "upstream_id", ["1", "000000000000000000000000", "", " ", "no such/project", "../users", "%2e", "é"]
)
async def test_an_unknown_upstream_id_gives_null_without_an_error(
    stand: Stand, platform: str, upstream_id: str
) -> None:
    answer = await stand.data(BY_UPSTREAM_ID, platform=platform, id=upstream_id)
    assert answer == {"projectByUpstreamId": None}


async def test_a_project_is_not_found_under_the_other_platform(stand: Stand) -> None:
    answer = await stand.data(BY_UPSTREAM_ID, platform=TESTOMATO, id="23456137")
    assert answer == {"projectByUpstreamId": None}


async def test_what_belongs_to_a_platform_without_a_credential_is_null(make_stand: MakeStand) -> None:
    whole = await make_stand()
    project = await ask_project(
        whole, "Momentum Rotation", "id upstreamId members(first: 1) { nodes { id } }"
    )
    bare = {"GATEWAY_QUANTCONNECT__USER_ID": "", "GATEWAY_QUANTCONNECT__API_TOKEN": ""}
    stand = await make_stand(settings=bare)
    assert await stand.data(NODE, id=project["id"]) == {"node": None}
    assert await stand.data(NODE, id=project["members"]["nodes"][0]["id"]) == {"node": None}
    by_upstream_id = await stand.data(BY_UPSTREAM_ID, platform=QUANTCONNECT, id=project["upstreamId"])
    assert by_upstream_id == {"projectByUpstreamId": None}
    assert (await ask_projects(stand, "totalCount"))["totalCount"] == len(SITE_NAMES)
