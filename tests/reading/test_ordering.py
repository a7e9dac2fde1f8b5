"""In which order projects and members are given."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import Stand
from tests.reading.questions import NAMES, TRADING_NAMES, ask_members, ask_names, ask_nodes

pytestmark = pytest.mark.anyio

KEYS: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "NAME": lambda node: node["name"].casefold(),
    "CREATED_AT": lambda node: node["createdAt"],
    "UPDATED_AT": lambda node: node["updatedAt"],
}


@pytest.fixture
def undated(stand: Stand) -> Stand:
    """With one project on each platform that nobody knows the beginning of."""
    trading, sites = stand.quantconnect.state, stand.testomato.state.projects
    project = next(iter(trading.projects.values()))
    trading.put(replace(project, shown={**project.shown, "created": None}))
    project_id, site = next(iter(sites.items()))
    sites[project_id] = replace(site, shown={**site.shown, "created": None})
    return stand


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", KEYS)
async def test_projects_come_in_the_order_asked_for_and_those_without_a_value_last(
    undated: Stand, field: str, direction: str
) -> None:
    nodes = await ask_nodes(
        undated, "name createdAt updatedAt", orderBy={"field": field, "direction": direction}
    )
    values = [KEYS[field](node) for node in nodes]
    known = [value for value in values if value is not None]
    assert values == sorted(known, reverse=direction == "DESC") + [None] * (len(values) - len(known))
    assert len(values) == len(NAMES)


async def test_both_kinds_of_projects_without_a_moment_are_among_the_last(undated: Stand) -> None:
    for direction in ("ASC", "DESC"):
        by_creation = {"field": "CREATED_AT", "direction": direction}
        names = await ask_names(undated, orderBy=by_creation)
        assert set(names[-2:]) == {"Momentum Rotation", "Corporate site"}


@pytest.mark.parametrize("order", [{}, {"orderBy": None}], ids=["left out", "null"])
async def test_projects_come_by_name_when_no_order_is_asked_for(stand: Stand, order: dict[str, None]) -> None:
    assert await ask_names(stand, **order) == sorted(NAMES, key=str.casefold)


async def test_a_name_is_placed_without_regard_to_its_case(stand: Stand) -> None:
    state = stand.quantconnect.state
    project = next(iter(state.projects.values()))
    state.put(replace(project, name="crypto basis carrier"))
    names = await ask_names(stand)
    assert names[names.index("crypto basis carrier") + 1] == "Crypto Basis Carry"


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_projects_that_are_equal_in_the_order_asked_for_always_come_in_the_same_one(
    stand: Stand, direction: str
) -> None:
    state = stand.quantconnect.state
    for project in list(state.projects.values()):
        state.put(replace(project, modified="2026-01-01T00:00:00Z"))
    order = {"field": "UPDATED_AT", "direction": direction}
    first = await ask_names(stand, orderBy=order)
    for project_id in sorted(state.projects, reverse=True):
        state.projects[project_id] = state.projects.pop(project_id)
    assert await ask_names(stand, orderBy=order) == first
    assert set(first[: len(TRADING_NAMES)]) == set(TRADING_NAMES)


async def test_members_come_with_the_most_powerful_first_and_then_by_name(stand: Stand) -> None:
    members = await ask_members(stand, "Client portal", "role name")
    assert [(member["role"], member["name"]) for member in members] == [
        ("OWNER", "Amara Okonkwo"),
        ("ADMIN", "Ingrid Solheim"),
        ("ADMIN", "Viktor Halvorsen"),
        ("EDITOR", "Lucie Horáková"),
        ("EDITOR", "Samir Aziz"),
        ("VIEWER", "Caoimhe Doyle"),
        ("VIEWER", "Daniel O'Rourke"),
        ("VIEWER", "Mateo Ferreira"),
    ]


async def test_a_member_without_a_name_comes_last_among_those_with_the_same_role(stand: Stand) -> None:
    members = await ask_members(stand, "Documentation", "role name email")
    assert [member["name"] for member in members if member["role"] == "VIEWER"] == ["Anouk de Vries", None]


async def test_a_role_that_only_the_project_knows_comes_last(stand: Stand) -> None:
    members = await ask_members(stand, "Investor relations", "role")
    assert [member["role"] for member in members] == ["OWNER", "EDITOR", "VIEWER", "CUSTOM"]
