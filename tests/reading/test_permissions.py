"""What people may do, in the graph's words and in the platform's."""

from typing import Any

import pytest

from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import MakeStand, Stand
from tests.reading.questions import ask_members, ask_nodes, ask_project

pytestmark = pytest.mark.anyio

ACTIONS = ["READ", "WRITE", "RUN", "LIVE_CONTROL", "EDIT_SETTINGS", "MANAGE_MEMBERS", "VIEW_API_KEY", "LEAVE"]
QUANTCONNECT_WORDS = {
    "READ": "read",
    "WRITE": "write",
    "LIVE_CONTROL": "liveControl",
    "MANAGE_MEMBERS": "owner",
    "LEAVE": "not owner",
}
TESTOMATO_WORDS = {
    "READ": "read",
    "WRITE": "editTests",
    "RUN": "run",
    "EDIT_SETTINGS": "edit",
    "MANAGE_MEMBERS": "manageUsers",
    "VIEW_API_KEY": "apiKey",
    "LEAVE": "leave",
}
# Investor relations is a project in which Testomato spells one word as its specification does.
OTHER_WORDS = TESTOMATO_WORDS | {"WRITE": "editTest"}
PERMISSIONS = "permissions { action granted nativeName }"

MEMBERS = [
    ("Momentum Rotation", "Ingrid Solheim", "READ WRITE LIVE_CONTROL MANAGE_MEMBERS", QUANTCONNECT_WORDS),
    ("Momentum Rotation", "Mateo Ferreira", "READ WRITE LIVE_CONTROL LEAVE", QUANTCONNECT_WORDS),
    ("Momentum Rotation", "Hanna Virtanen", "READ WRITE LEAVE", QUANTCONNECT_WORDS),
    ("Momentum Rotation", "Yuki Tanabe", "READ LEAVE", QUANTCONNECT_WORDS),
    ("Crypto Basis Carry", "Leïla Benhaddou", "READ LIVE_CONTROL LEAVE", QUANTCONNECT_WORDS),
    # A permission that nobody has heard of grants nothing.
    ("Overnight Gap Fade", "Kwame Boateng", "LEAVE", QUANTCONNECT_WORDS),
    (
        "Corporate site",
        "Ingrid Solheim",
        "READ WRITE RUN EDIT_SETTINGS MANAGE_MEMBERS VIEW_API_KEY",
        TESTOMATO_WORDS,
    ),
    (
        "Corporate site",
        "Petra Nováková",
        "READ WRITE RUN EDIT_SETTINGS MANAGE_MEMBERS VIEW_API_KEY LEAVE",
        TESTOMATO_WORDS,
    ),
    ("Corporate site", "Jakub Dvořák", "READ WRITE RUN VIEW_API_KEY LEAVE", TESTOMATO_WORDS),
    ("Corporate site", "Isla Campbell", "READ LEAVE", TESTOMATO_WORDS),
    ("Investor relations", "Isla Campbell", "READ WRITE RUN VIEW_API_KEY LEAVE", OTHER_WORDS),
]


async def member_of(stand: Stand, project: str, name: str, fields: str) -> dict[str, Any]:
    [found] = [one for one in await ask_members(stand, project, f"name {fields}") if one["name"] == name]
    return found


@pytest.mark.parametrize(("project", "name", "granted", "words"), MEMBERS)
async def test_every_action_that_the_platform_knows_is_there_with_the_platforms_own_word(
    stand: Stand, project: str, name: str, granted: str, words: dict[str, str]
) -> None:
    member = await member_of(stand, project, name, PERMISSIONS)
    assert member["permissions"] == [
        {"action": action, "granted": action in granted.split(), "nativeName": word}
        for action, word in words.items()
    ]


@pytest.mark.parametrize(("project", "name", "granted", "words"), MEMBERS)
async def test_a_member_can_do_what_is_granted_and_nothing_that_the_platform_does_not_know(
    stand: Stand, project: str, name: str, granted: str, words: dict[str, str]
) -> None:
    asked = " ".join(f"{action}: can(action: {action})" for action in ACTIONS)
    member = await member_of(stand, project, name, asked)
    assert {action for action in ACTIONS if member[action]} == set(granted.split()) <= set(words)


async def test_a_custom_role_grants_what_its_definition_says(stand: Stand) -> None:
    member = await member_of(stand, "Investor relations", "Tariq Rahimi", f"role nativeRole {PERMISSIONS}")
    granted = {one["action"] for one in member["permissions"] if one["granted"]}
    assert (member["role"], member["nativeRole"], granted) == (
        "CUSTOM",
        "auditor",
        {"READ", "RUN", "LEAVE"},
    )


@pytest.mark.parametrize(
    ("project", "role", "granted", "words"),
    [
        ("Momentum Rotation", "OWNER", "READ WRITE LIVE_CONTROL MANAGE_MEMBERS", QUANTCONNECT_WORDS),
        ("Options Wheel Screener", "EDITOR", "READ WRITE LIVE_CONTROL LEAVE", QUANTCONNECT_WORDS),
        ("FX Carry Baskets", "VIEWER", "READ LEAVE", QUANTCONNECT_WORDS),
        (
            "Corporate site",
            "OWNER",
            "READ WRITE RUN EDIT_SETTINGS MANAGE_MEMBERS VIEW_API_KEY",
            TESTOMATO_WORDS,
        ),
        (
            "Client portal",
            "ADMIN",
            "READ WRITE RUN EDIT_SETTINGS MANAGE_MEMBERS VIEW_API_KEY LEAVE",
            TESTOMATO_WORDS,
        ),
        ("Market data API", "EDITOR", "READ WRITE RUN VIEW_API_KEY LEAVE", TESTOMATO_WORDS),
        ("Partner extranet", "VIEWER", "READ LEAVE", OTHER_WORDS),
    ],
)
async def test_the_viewer_is_what_the_gateways_own_account_is_in_the_project(
    stand: Stand, project: str, role: str, granted: str, words: dict[str, str]
) -> None:
    found = await ask_project(stand, project, f"viewer {{ role {PERMISSIONS} }}")
    assert found["viewer"] == {
        "role": role,
        "permissions": [
            {"action": action, "granted": action in granted.split(), "nativeName": word}
            for action, word in words.items()
        ],
    }


async def test_the_viewer_of_every_project_is_the_member_with_the_gateways_account(stand: Stand) -> None:
    nodes = await ask_nodes(stand, "name viewer { role } members { nodes { name role } }")
    for node in nodes:
        [own] = [member for member in node["members"]["nodes"] if member["name"] == "Ingrid Solheim"]
        assert node["viewer"]["role"] == own["role"], node["name"]


async def test_an_account_with_a_custom_role_sees_itself_with_it(make_stand: MakeStand) -> None:
    sandbox = create_testomato_sandbox(lists_projects=False)
    stand = await make_stand(
        testomato=sandbox,
        settings={
            "GATEWAY_TESTOMATO__EMAIL": "",
            "GATEWAY_TESTOMATO__PASSWORD": "",
            "GATEWAY_TESTOMATO__TOKEN": sandbox.token_of("tariq.rahimi@example.net"),
        },
    )
    found = await ask_project(stand, "Investor relations", f"viewer {{ role {PERMISSIONS} }}")
    granted = {one["action"] for one in found["viewer"]["permissions"] if one["granted"]}
    assert (found["viewer"]["role"], granted) == ("CUSTOM", {"READ", "RUN", "LEAVE"})


async def test_an_account_with_an_unheard_of_permission_has_a_custom_role(make_stand: MakeStand) -> None:
    sandbox = create_quantconnect_sandbox()
    own = sandbox.credentials_of("kwame-boateng")
    stand = await make_stand(
        quantconnect=sandbox,
        settings={
            "GATEWAY_QUANTCONNECT__USER_ID": own.user_id,
            "GATEWAY_QUANTCONNECT__API_TOKEN": own.api_token,
        },
    )
    found = await ask_project(stand, "Overnight Gap Fade", "viewer { role }")
    assert found["viewer"] == {"role": "CUSTOM"}


async def test_the_viewers_permissions_are_known_even_where_the_members_are_not(stand: Stand) -> None:
    project = await ask_project(stand, "Corporate site", "upstreamId")
    document = """query ($id: String!) { projectByUpstreamId(platform: TESTOMATO, upstreamId: $id) {
      viewer { role permissions { action granted } } } }"""
    stand.testomato.faults.add(
        Fault(kind=FaultKind.STATUS, status=403, path=f"/api/project/{project['upstreamId']}/users")
    )
    answer = await stand.data(document, id=project["upstreamId"])
    viewer = answer["projectByUpstreamId"]["viewer"]
    assert viewer["role"] is None  # it stands in the list of members only
    assert {"action": "MANAGE_MEMBERS", "granted": True} in viewer["permissions"]


ROLES = {
    "Momentum Rotation": [("EDITOR", "write", "READ WRITE LEAVE"), ("VIEWER", "read", "READ LEAVE")],
    "Careers": [
        ("ADMIN", "project admin", "READ WRITE RUN EDIT_SETTINGS MANAGE_MEMBERS VIEW_API_KEY LEAVE"),
        ("EDITOR", "project developer", "READ WRITE RUN VIEW_API_KEY LEAVE"),
        ("VIEWER", "project guest", "READ LEAVE"),
    ],
}
ROLES["Investor relations"] = [*ROLES["Careers"], ("CUSTOM", "auditor", "READ RUN LEAVE")]


@pytest.mark.parametrize("project", ROLES)
async def test_the_roles_of_a_project_are_all_there_its_own_included(stand: Stand, project: str) -> None:
    found = await ask_project(stand, project, "roles { role nativeName actions }")
    assert [(one["role"], one["nativeName"], " ".join(one["actions"])) for one in found["roles"]] == ROLES[
        project
    ]
