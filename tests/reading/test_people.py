"""Everybody of both platforms: who they are, how they are found, and what they are in."""

from typing import Any

import pytest

from gateway.domain.vocabulary import PlatformKey
from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import Stand
from tests.reading.questions import QUANTCONNECT, TESTOMATO, ask_id, ask_nodes, ask_project

pytestmark = pytest.mark.anyio

INGRID = TIDEWATER.person("ingrid-solheim")
NAMED = """nodes { id displayName emails accounts { platform upstreamId name email linkedBy } } totalCount"""
PERSON = "query ($email: EmailAddress, $id: ID) { person(email: $email, id: $id) { id displayName emails } }"
ON_BOTH = {person.name for person in TIDEWATER.people if len(person.platforms) == 2}


def people_document(fields: str) -> str:
    return (
        "query ($first: Int, $after: String, $filter: PersonFilter) "
        f"{{ people(first: $first, after: $after, filter: $filter) {{ {fields} }} }}"
    )


async def ask_people(stand: Stand, fields: str = NAMED, **arguments: object) -> dict[str, Any]:
    """The connection that `people` gives; there must be no error."""
    answer = await stand.data(people_document(fields), **{"first": 200, **arguments})
    connection: dict[str, Any] = answer["people"]
    return connection


async def names_of(stand: Stand, **filter_: object) -> list[str | None]:
    """The people whom a filter finds."""
    found = await ask_people(stand, "totalCount nodes { displayName }", filter=filter_)
    names = [one["displayName"] for one in found["nodes"]]
    assert found["totalCount"] == len(names)
    return names


async def ask_person(stand: Stand, **arguments: object) -> dict[str, Any] | None:
    person: dict[str, Any] | None = (await stand.data(PERSON, **arguments))["person"]
    return person


async def refusal(stand: Stand, document: str, **variables: object) -> tuple[str, str]:
    """Code and message of the one error of a document that gives no data."""
    answer = await stand.execute(document, **variables)
    [error] = answer["errors"]
    return error["extensions"]["code"], error["message"]


# ---------------------------------------------------------------- who is who


async def test_everybody_is_there_once_by_name_and_those_without_a_name_last(stand: Stand) -> None:
    names = [one["displayName"] for one in (await ask_people(stand))["nodes"]]
    known = [name for name in names if name is not None]
    assert known == sorted(known, key=str.casefold)
    assert names == known + [None] * (len(names) - len(known))
    assert len(known) == len(set(known)) > 35


async def test_who_has_accounts_on_both_platforms_at_one_address_is_one_person(stand: Stand) -> None:
    for person in (await ask_people(stand))["nodes"]:
        platforms = {account["platform"] for account in person["accounts"]}
        evidence = {account["linkedBy"] for account in person["accounts"]}
        assert (len(platforms) == 2) is (person["displayName"] in ON_BOTH)
        assert evidence == ({"SELF"} if len(person["accounts"]) == 1 else {"EMAIL"})


async def test_a_person_is_shown_with_their_accounts(stand: Stand) -> None:
    found = await ask_people(stand, filter={"search": INGRID.name})
    [person] = found["nodes"]
    user = stand.testomato.state.user_by_email(INGRID.email)
    assert user is not None
    assert {**person, "id": ""} == {
        "id": "",
        "displayName": INGRID.name,
        "emails": [INGRID.email],
        "accounts": [
            {
                "platform": platform,
                "upstreamId": upstream_id,
                "name": INGRID.name,
                "email": INGRID.email,
                "linkedBy": "EMAIL",
            }
            for platform, upstream_id in ((QUANTCONNECT, INGRID.key), (TESTOMATO, str(user.user_id)))
        ],
    }


async def test_everybody_is_in_what_the_projects_say_and_in_nothing_else(stand: Stand) -> None:
    shown = await ask_nodes(
        stand,
        "members(first: 100) { nodes { id person { id } } }",
        first=100,
        filter={"includeArchived": True},
    )
    of_projects = {
        member["id"]: member["person"]["id"] for node in shown for member in node["members"]["nodes"]
    }
    people = (await ask_people(stand, "nodes { id memberships(first: 100) { totalCount nodes { id } } }"))[
        "nodes"
    ]
    of_people = {member["id"]: one["id"] for one in people for member in one["memberships"]["nodes"]}
    assert of_people == of_projects
    assert all(one["memberships"]["totalCount"] == len(one["memberships"]["nodes"]) for one in people)


# ---------------------------------------------------------------- one person


@pytest.mark.parametrize("email", [INGRID.email, INGRID.email.upper(), f"  {INGRID.email} "])
async def test_a_person_is_found_by_an_address_in_any_case(stand: Stand, email: str) -> None:
    person = await ask_person(stand, email=email)
    assert person is not None
    assert person["displayName"] == INGRID.name


async def test_an_address_that_nobody_has_gives_null(stand: Stand) -> None:
    assert await ask_person(stand, email="nobody@example.net") is None


async def test_every_person_is_found_by_their_id_every_way(stand: Stand) -> None:
    document = """query ($id: ID!) { person(id: $id) { displayName }
      node(id: $id) { __typename id ... on Person { displayName } } nodes(ids: [$id]) { id } }"""
    for one in (await ask_people(stand, "nodes { id displayName }"))["nodes"]:
        assert await stand.data(document, id=one["id"]) == {
            "person": {"displayName": one["displayName"]},
            "node": {"__typename": "Person", **one},
            "nodes": [{"id": one["id"]}],
        }


async def test_ids_are_all_different(stand: Stand) -> None:
    ids = [one["id"] for one in (await ask_people(stand))["nodes"]]
    assert len(ids) == len(set(ids))


async def test_the_id_of_something_else_is_no_persons(stand: Stand) -> None:
    project = await ask_project(stand, "Careers", "id members(first: 1) { nodes { id } }")
    [platform, *_] = (await stand.data("{ platforms { id } }"))["platforms"]
    for other in (project["id"], project["members"]["nodes"][0]["id"], platform["id"], "nothing", ""):
        assert await ask_person(stand, id=other) is None


@pytest.mark.parametrize("arguments", [{}, {"email": INGRID.email, "id": "x"}], ids=["nothing", "both"])
async def test_a_person_is_named_by_an_address_or_by_an_id(stand: Stand, arguments: dict[str, str]) -> None:
    assert await refusal(stand, PERSON, **arguments) == (
        "BAD_USER_INPUT",
        "Name the person once: by `email` or by `id`.",
    )


# ---------------------------------------------------------------- filters


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("solheim", [INGRID.name]),
        ("  SOLHEIM ", [INGRID.name]),
        ("ingrid.solheim@", [INGRID.name]),
        ("ingrid-sol", [INGRID.name]),
        ("uid:412253", ["Hugo Delacroix"]),
        ("nobody", []),
    ],
)
async def test_people_are_found_by_a_part_of_a_name_an_address_or_an_accounts_id(
    stand: Stand, search: str, names: list[str]
) -> None:
    assert await names_of(stand, search=search) == names


@pytest.mark.parametrize(
    "filter_", [{}, {"search": " "}, {"search": None}, {"platforms": None, "roles": None}]
)
async def test_a_filter_that_says_nothing_finds_everybody(stand: Stand, filter_: dict[str, object]) -> None:
    assert await names_of(stand, **filter_) == [
        one["displayName"] for one in (await ask_people(stand, "nodes { displayName }"))["nodes"]
    ]


@pytest.mark.parametrize("wanted", [True, False])
async def test_people_on_more_than_one_platform_are_found_or_left_out(stand: Stand, *, wanted: bool) -> None:
    found = set(await names_of(stand, onMoreThanOnePlatform=wanted))
    assert (found == ON_BOTH) if wanted else not found & ON_BOTH


@pytest.mark.parametrize("platform", PlatformKey)
async def test_people_of_a_platform_are_those_in_its_projects(stand: Stand, platform: str) -> None:
    people = (await ask_people(stand, "nodes { displayName accounts { platform } }"))["nodes"]
    expected = [
        one["displayName"]
        for one in people
        if platform in {account["platform"] for account in one["accounts"]}
    ]
    assert await names_of(stand, platforms=[platform]) == expected


async def test_platform_role_and_project_must_hold_of_one_membership(stand: Stand) -> None:
    project = await ask_project(stand, "Careers", "id members { nodes { name role } }")
    members = [(one["name"], one["role"]) for one in project["members"]["nodes"]]
    for role in ("OWNER", "ADMIN", "EDITOR", "VIEWER"):
        found = await names_of(stand, projectIds=[project["id"]], roles=[role])
        assert sorted(found, key=str) == sorted(name for name, given in members if given == role)
    assert await names_of(stand, projectIds=[project["id"]], platforms=[QUANTCONNECT]) == []


@pytest.mark.parametrize("nothing", [{"platforms": []}, {"roles": []}, {"projectIds": []}])
async def test_one_of_none_finds_nobody(stand: Stand, nothing: dict[str, list[str]]) -> None:
    assert await names_of(stand, **nothing) == []


async def test_an_id_in_the_filter_that_is_no_projects_is_refused(stand: Stand) -> None:
    for other in ("x", "", (await ask_people(stand))["nodes"][0]["id"]):
        code, message = await refusal(stand, people_document("totalCount"), filter={"projectIds": [other]})
        assert (code, message.startswith("filter.projectIds: ")) == ("BAD_USER_INPUT", True)


async def test_a_project_that_there_is_not_finds_nobody(stand: Stand) -> None:
    project = await ask_id(stand, "Careers")
    state = stand.testomato.state
    del state.projects[
        next(key for key, one in state.projects.items() if one.shown.get("title") == "Careers")
    ]
    assert await names_of(stand, projectIds=[project]) == []


# ---------------------------------------------------------------- memberships


async def test_memberships_stand_by_platform_and_project(stand: Stand) -> None:
    document = """query ($email: EmailAddress) { person(email: $email) {
      memberships(first: 100) { nodes { platform project { name } } } } }"""
    answer = await stand.data(document, email=INGRID.email)
    found = [(one["platform"], one["project"]["name"]) for one in answer["person"]["memberships"]["nodes"]]
    assert found == sorted(found, key=lambda one: (one[0], one[1].casefold()))
    assert {platform for platform, _ in found} == {QUANTCONNECT, TESTOMATO}


async def test_memberships_are_chosen_by_platform_and_role(stand: Stand) -> None:
    document = """query ($email: EmailAddress, $platforms: [PlatformKey!], $roles: [Role!]) {
      person(email: $email) { memberships(first: 100, platforms: $platforms, roles: $roles) {
        totalCount nodes { platform role } } } }"""

    async def chosen(**arguments: object) -> list[tuple[str, str]]:
        answer = await stand.data(document, email=INGRID.email, **arguments)
        found = answer["person"]["memberships"]
        assert found["totalCount"] == len(found["nodes"])
        return [(one["platform"], one["role"]) for one in found["nodes"]]

    everything = await chosen()
    for platforms, roles in (
        ([TESTOMATO], None),
        (None, ["OWNER"]),
        ([QUANTCONNECT], ["OWNER", "ADMIN"]),
        ([], None),
    ):
        assert await chosen(platforms=platforms, roles=roles) == [
            (platform, role)
            for platform, role in everything
            if (platforms is None or platform in platforms) and (roles is None or role in roles)
        ]
    assert len({role for _, role in everything}) > 1


async def test_the_person_of_a_member_is_in_the_project(stand: Stand) -> None:
    document = """query ($id: ID!) { project(id: $id) { members { nodes {
      name person { displayName memberships { nodes { project { name } } } } } } } }"""
    project = (await stand.data(document, id=await ask_id(stand, "Careers")))["project"]
    for member in project["members"]["nodes"]:
        person = member["person"]
        names = [one["project"]["name"] for one in person["memberships"]["nodes"]]
        assert (person["displayName"], "Careers" in names) == (member["name"], True)
