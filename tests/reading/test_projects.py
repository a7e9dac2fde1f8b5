"""Which projects are given, and what is said of each."""

import re
from dataclasses import replace
from typing import Any

import pytest

from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import Stand
from tests.reading.questions import (
    ARCHIVED_NAMES,
    NAMES,
    QUANTCONNECT,
    SITE_NAMES,
    TESTOMATO,
    TRADING_NAMES,
    ask_names,
    ask_nodes,
    ask_project,
    ask_projects,
)

pytestmark = pytest.mark.anyio

RFC_3339_IN_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)


async def test_every_project_of_both_platforms_is_there(stand: Stand) -> None:
    connection = await ask_projects(stand, "totalCount nodes { name }")
    assert sorted(node["name"] for node in connection["nodes"]) == sorted(NAMES)
    assert connection["totalCount"] == len(NAMES)


async def test_a_project_has_the_id_that_its_platform_shows(stand: Stand) -> None:
    nodes = await ask_nodes(stand, "platform upstreamId", filter={"includeArchived": True})
    assert {node["upstreamId"] for node in nodes if node["platform"] == QUANTCONNECT} == {
        str(project_id) for project_id in stand.quantconnect.state.projects
    }
    assert {node["upstreamId"] for node in nodes if node["platform"] == TESTOMATO} == set(
        stand.testomato.state.projects
    )


async def test_a_slash_in_front_of_a_name_is_left_out(stand: Stand) -> None:
    written = {project.name for project in stand.quantconnect.state.projects.values()}
    assert "/Crypto Basis Carry" in written
    assert "Crypto Basis Carry" in await ask_names(stand)


@pytest.mark.parametrize(
    ("platforms", "names"),
    [
        ([QUANTCONNECT], TRADING_NAMES),
        ([TESTOMATO], SITE_NAMES),
        ([TESTOMATO, QUANTCONNECT], NAMES),
        ([TESTOMATO, TESTOMATO], SITE_NAMES),
        ([], []),
        (None, NAMES),
    ],
)
async def test_projects_of_the_platforms_asked_for_are_given(
    stand: Stand, platforms: list[str] | None, names: list[str]
) -> None:
    connection = await ask_projects(
        stand, "totalCount nodes { name } sources { platform }", filter={"platforms": platforms}
    )
    assert sorted(node["name"] for node in connection["nodes"]) == sorted(names)
    wanted = {QUANTCONNECT, TESTOMATO} if platforms is None else set(platforms)
    assert {source["platform"] for source in connection["sources"]} == wanted
    assert len(connection["sources"]) == len(wanted)


async def test_a_platform_that_is_not_asked_for_is_not_called(stand: Stand) -> None:
    await ask_names(stand, filter={"platforms": [QUANTCONNECT]})
    assert stand.testomato.calls.total_count == 0


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("CARRY", ["Crypto Basis Carry", "FX Carry Baskets"]),
        ("portal", ["Client portal", "Staging portal"]),
        ("https://portal", ["Client portal"]),
        (".example.ORG", ["Research blog"]),
        ("23456137", ["Momentum Rotation"]),
        ("  energy  ", ["Pairs: Energy Majors"]),
        ("   ", NAMES),
        ("", NAMES),
        (None, NAMES),
        ("no such thing", []),
    ],
)
async def test_a_search_looks_at_name_address_and_upstream_id_in_any_case(
    stand: Stand, search: str | None, names: list[str]
) -> None:
    connection = await ask_projects(stand, "totalCount nodes { name }", filter={"search": search})
    assert sorted(node["name"] for node in connection["nodes"]) == sorted(names)
    assert connection["totalCount"] == len(names)


def names_with(key: str) -> list[str]:
    """The projects that are not deleted and have this person in them."""
    projects = [*TIDEWATER.trading_projects, *TIDEWATER.sites]
    names = [*(one.name for one in TIDEWATER.trading_projects), *SITE_NAMES]
    return [
        name
        for name, project in zip(names, projects, strict=True)
        if name in NAMES and any(one.person == key for one in project.memberships)
    ]


@pytest.mark.parametrize(
    ("email", "names"),
    [
        ("yuki.tanabe@example.com", names_with("yuki-tanabe")),
        ("YUKI.Tanabe@EXAMPLE.com", names_with("yuki-tanabe")),
        ("  yuki.tanabe@example.com ", names_with("yuki-tanabe")),
        # QuantConnect writes this one with capitals.
        ("mateo.ferreira@example.com", names_with("mateo-ferreira")),
        ("ingrid.solheim@example.com", NAMES),
        ("new.writer@example.org", ["Documentation"]),
        ("nobody@example.com", []),
    ],
)
async def test_projects_with_a_person_are_found_by_the_address_in_any_case(
    stand: Stand, email: str, names: list[str]
) -> None:
    connection = await ask_projects(stand, "totalCount nodes { name }", filter={"memberEmail": email})
    assert sorted(node["name"] for node in connection["nodes"]) == sorted(names)
    assert connection["totalCount"] == len(names)


async def test_somebody_whose_address_the_platform_withholds_is_not_found_by_it(stand: Stand) -> None:
    assert names_with("elena-petrova")
    assert await ask_names(stand, filter={"memberEmail": "elena.petrova@example.com"}) == []


async def test_everything_that_a_filter_says_must_hold(stand: Stand) -> None:
    wanted = {"memberEmail": "yuki.tanabe@example.com", "platforms": [TESTOMATO], "search": "data"}
    assert await ask_names(stand, filter=wanted) == ["Market data API"]


@pytest.mark.parametrize(
    ("given", "archived"),
    [
        ({}, []),
        ({"filter": {}}, []),
        ({"filter": None}, []),
        ({"filter": {"includeArchived": None}}, []),
        ({"filter": {"includeArchived": False}}, []),
        ({"filter": {"includeArchived": True}}, ARCHIVED_NAMES),
    ],
)
async def test_deleted_projects_are_given_only_when_they_are_asked_for(
    stand: Stand, given: dict[str, object], archived: list[str]
) -> None:
    nodes = await ask_nodes(stand, "name archived", **given)
    assert [node["name"] for node in nodes if node["archived"]] == archived
    assert sorted(node["name"] for node in nodes if not node["archived"]) == sorted(NAMES)


async def test_every_moment_is_written_in_utc_as_rfc_3339_says(stand: Stand) -> None:
    connection = await ask_projects(
        stand,
        "sources { asOf } nodes { createdAt updatedAt details { "
        "... on QuantConnectProject { lastLiveDeployment } ... on TestomatoProject { sslExpiresAt } } }",
    )
    moments = [source["asOf"] for source in connection["sources"]]
    for node in connection["nodes"]:
        moments += [node["createdAt"], node["updatedAt"], *node["details"].values()]
    written = [moment for moment in moments if moment is not None]
    assert len(written) > 30
    assert [moment for moment in written if not RFC_3339_IN_UTC.fullmatch(moment)] == []


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("2024-11-02 08:15:30", "2024-11-02T08:15:30Z"),
        ("2025-02-14T15:59:51+00:00", "2025-02-14T15:59:51Z"),
        ("2025-02-14T15:59:51+05:30", "2025-02-14T10:29:51Z"),
        ("2025-02-14T15:59:51.250Z", "2025-02-14T15:59:51.250000Z"),
        ("0000-00-00 00:00:00", None),
        ("soon", None),
        (None, None),
    ],
)
async def test_a_moment_is_understood_however_the_platform_writes_it(
    stand: Stand, written: str | None, given: str | None
) -> None:
    state = stand.quantconnect.state
    project = next(iter(state.projects.values()))
    state.put(replace(project, shown={**project.shown, "created": written}))
    assert (await ask_project(stand, project.name, "createdAt"))["createdAt"] == given


@pytest.mark.parametrize(
    ("name", "details"),
    [
        (
            "Momentum Rotation",
            {
                "__typename": "QuantConnectProject",
                "language": "Py",
                "leanVersionId": 16_501,
                "leanPinnedToMaster": True,
                "lastLiveDeployment": "2026-08-30T13:31:00Z",
                "codeRunning": True,
                "encrypted": False,
            },
        ),
        (
            "Volatility Term Structure",
            {
                "__typename": "QuantConnectProject",
                "language": "Py",
                "leanVersionId": None,
                "leanPinnedToMaster": None,
                "lastLiveDeployment": None,
                "codeRunning": None,
                "encrypted": None,
            },
        ),
        (
            "Corporate site",
            {
                "__typename": "TestomatoProject",
                "checkInterval": "30 minutes",
                "uptimeIntervalSeconds": 15,
                "location": "de",
                "timeoutSeconds": 3.0,
                "delayMilliseconds": 50,
                "checkDefaultErrors": True,
                "sslStatus": "ok",
                "sslExpiresAt": "2027-02-11T23:59:59Z",
                "sslDaysLeft": 82,
            },
        ),
        (
            "Careers",
            {
                "__typename": "TestomatoProject",
                "checkInterval": None,
                "uptimeIntervalSeconds": None,
                "location": "eu",
                "timeoutSeconds": 3.0,
                "delayMilliseconds": 70,
                "checkDefaultErrors": True,
                "sslStatus": None,
                "sslExpiresAt": None,
                "sslDaysLeft": None,
            },
        ),
    ],
)
async def test_what_only_one_platform_says_stands_in_the_details(
    stand: Stand, name: str, details: dict[str, Any]
) -> None:
    fields = " ".join(key for key in details if key != "__typename")
    found = await ask_project(
        stand, name, f"details {{ __typename ... on {details['__typename']} {{ {fields} }} }}"
    )
    assert found["details"] == details


async def test_a_project_of_quantconnect_knows_its_organisation(stand: Stand) -> None:
    found = await ask_project(
        stand, "Momentum Rotation", "details { ... on QuantConnectProject { organizationId } }"
    )
    assert found["details"] == {"organizationId": stand.quantconnect.state.organization_id}


async def test_only_a_web_site_has_an_address_and_only_a_strategy_a_description(stand: Stand) -> None:
    nodes = await ask_nodes(stand, "name platform url description")
    assert {node["name"]: node["url"] for node in nodes if node["platform"] == TESTOMATO} == {
        site.title: site.url for site in TIDEWATER.sites
    }
    assert {node["url"] for node in nodes if node["platform"] == QUANTCONNECT} == {None}
    described = {node["name"]: node["description"] for node in nodes}
    assert described["Momentum Rotation"] == "Monthly rotation into the strongest sectors."
    assert (described["Crypto Basis Carry"], described["Corporate site"]) == ("", None)
