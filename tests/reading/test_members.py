"""Who is in a project."""

from typing import Any

import pytest

from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import Stand
from tests.reading.questions import NAMES, ask_id, ask_members, ask_nodes, ask_project

pytestmark = pytest.mark.anyio

EVERYTHING = (
    "platform upstreamId name email avatarUrl bio timezone role nativeRole isOwner isRemovable confirmed"
)


async def chosen(stand: Stand, name: str, **arguments: object) -> list[str]:
    """The names of the members that the arguments choose."""
    document = """query ($id: ID!, $roles: [Role!], $search: String) {
      project(id: $id) { members(roles: $roles, search: $search) { totalCount nodes { name } } } }"""
    answer = await stand.data(document, id=await ask_id(stand, name), **arguments)
    found = answer["project"]["members"]
    assert found["totalCount"] == len(found["nodes"])
    return [member["name"] for member in found["nodes"]]


async def test_everybody_is_in_the_projects_that_they_work_in(stand: Stand) -> None:
    nodes = await ask_nodes(stand, "name members(first: 100) { nodes { name } totalCount }")
    projects = {one.name: one for one in TIDEWATER.trading_projects} | {
        one.title: one for one in TIDEWATER.sites
    }
    for node in nodes:
        project = projects[node["name"]]
        people = {TIDEWATER.person(one.person).name for one in project.memberships}
        people |= {None for _ in getattr(project, "invitations", ())}
        assert {member["name"] for member in node["members"]["nodes"]} == people
        assert node["members"]["totalCount"] == len(people)
    assert len(nodes) == len(NAMES)


@pytest.mark.parametrize(
    ("project", "name", "shown"),
    [
        (
            "Momentum Rotation",
            "Ingrid Solheim",
            {
                "platform": "QUANTCONNECT",
                "upstreamId": "ingrid-solheim",
                "name": "Ingrid Solheim",
                "email": "ingrid.solheim@example.com",
                "avatarUrl": "https://cdn.example.net/profiles/ingrid-solheim.png",
                "bio": "Runs the platform team.",
                "timezone": None,
                "role": "OWNER",
                "nativeRole": "owner",
                "isOwner": True,
                "isRemovable": False,
                "confirmed": None,
            },
        ),
        (
            "Momentum Rotation",
            "Oliver Thackeray",
            {
                "platform": "QUANTCONNECT",
                "upstreamId": "oliver-thackeray",
                "name": "Oliver Thackeray",
                "email": "oliver.thackeray@example.net",
                "avatarUrl": None,
                "bio": None,
                "timezone": None,
                "role": "VIEWER",
                "nativeRole": "read",
                "isOwner": False,
                "isRemovable": True,
                "confirmed": None,
            },
        ),
        (
            "Documentation",
            "Ondřej Beneš",
            {
                "platform": "TESTOMATO",
                "upstreamId": "4291",
                "name": "Ondřej Beneš",
                "email": "ondrej.benes@example.com",
                "avatarUrl": None,
                "bio": None,
                "timezone": "Europe/Prague",
                "role": "EDITOR",
                "nativeRole": "project developer",
                "isOwner": False,
                "isRemovable": True,
                "confirmed": True,
            },
        ),
        (
            "Documentation",
            None,
            {
                "platform": "TESTOMATO",
                "upstreamId": "4375",
                "name": None,
                "email": "new.writer@example.org",
                "avatarUrl": None,
                "bio": None,
                "timezone": "UTC",
                "role": "VIEWER",
                "nativeRole": "project guest",
                "isOwner": False,
                "isRemovable": True,
                "confirmed": False,
            },
        ),
        (
            # The platform withholds the only name that it takes back in a change.
            "Dividend Capture EU",
            "Hugo Delacroix",
            {
                "platform": "QUANTCONNECT",
                "upstreamId": "uid:412253",
                "name": "Hugo Delacroix",
                "email": "hugo.delacroix@example.org",
                "avatarUrl": None,
                "bio": "Contractor, C#.",
                "timezone": None,
                "role": "EDITOR",
                "nativeRole": "write",
                "isOwner": False,
                "isRemovable": False,
                "confirmed": None,
            },
        ),
    ],
)
async def test_a_member_is_shown_as_the_platform_knows_them(
    stand: Stand, project: str, name: str | None, shown: dict[str, Any]
) -> None:
    members = await ask_members(stand, project, EVERYTHING)
    assert [member for member in members if member["name"] == name] == [shown]


@pytest.mark.parametrize(
    ("project", "roles", "names"),
    [
        ("Client portal", ["OWNER"], ["Amara Okonkwo"]),
        ("Client portal", ["EDITOR", "OWNER"], ["Amara Okonkwo", "Lucie Horáková", "Samir Aziz"]),
        ("Investor relations", ["CUSTOM"], ["Tariq Rahimi"]),
        ("Overnight Gap Fade", ["CUSTOM"], ["Kwame Boateng"]),
        ("Overnight Gap Fade", ["ADMIN"], []),
        ("Careers", [], []),
        ("Careers", None, ["Ingrid Solheim", "Greta Hoffmann", "Rosa Castellanos"]),
    ],
)
async def test_members_with_the_roles_asked_for_are_given(
    stand: Stand, project: str, roles: list[str] | None, names: list[str]
) -> None:
    assert await chosen(stand, project, roles=roles) == names


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("OLIVER", ["Oliver Thackeray"]),
        ("mateo.ferreira@example.com", ["Mateo Ferreira"]),
        (".NET", ["Oliver Thackeray"]),
        ("  virtanen ", ["Hanna Virtanen"]),
        ("nobody", []),
    ],
)
async def test_members_are_found_by_a_part_of_their_name_or_address_in_any_case(
    stand: Stand, search: str, names: list[str]
) -> None:
    assert await chosen(stand, "Momentum Rotation", search=search) == names


@pytest.mark.parametrize("search", ["", "  ", None])
async def test_a_blank_search_finds_everybody(stand: Stand, search: str | None) -> None:
    assert len(await chosen(stand, "Momentum Rotation", search=search)) == 7


async def test_members_must_fit_both_the_roles_and_the_search(stand: Stand) -> None:
    assert await chosen(stand, "Client portal", roles=["ADMIN"], search="example.com") == [
        "Ingrid Solheim",
        "Viktor Halvorsen",
    ]


async def test_the_owner_of_every_project_is_the_member_to_whom_it_belongs(stand: Stand) -> None:
    nodes = await ask_nodes(
        stand, "name owner { id name role isOwner } members { nodes { id isOwner } }", first=100
    )
    owners = {one.name: one.memberships[0].person for one in TIDEWATER.trading_projects}
    owners |= {one.title: one.memberships[0].person for one in TIDEWATER.sites}
    for node in nodes:
        assert node["owner"]["name"] == TIDEWATER.person(owners[node["name"]]).name
        assert (node["owner"]["role"], node["owner"]["isOwner"]) == ("OWNER", True)
        members = node["members"]["nodes"]
        assert [member["id"] for member in members if member["isOwner"]] == [node["owner"]["id"]]


async def test_the_project_of_a_member_is_the_one_they_were_found_in(stand: Stand) -> None:
    project = await ask_project(stand, "Careers", "id members { nodes { project { id name } } }")
    found = [member["project"] for member in project["members"]["nodes"]]
    assert found == [{"id": project["id"], "name": "Careers"}] * 3


async def test_one_person_has_an_id_of_their_own_in_every_project(stand: Stand) -> None:
    nodes = await ask_nodes(stand, "members(first: 100) { nodes { id } }")
    ids = [member["id"] for node in nodes for member in node["members"]["nodes"]]
    assert len(ids) == len(set(ids)) > 90


async def test_members_say_where_they_come_from_and_when(stand: Stand) -> None:
    nodes = await ask_nodes(stand, "platform members { sources { platform state asOf error { code } } }")
    for node in nodes:
        [source] = node["members"]["sources"]
        assert (source["platform"], source["state"], source["error"]) == (node["platform"], "FRESH", None)
        assert source["asOf"].endswith("Z")
