"""Walking through projects and members page by page, while others change them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.platforms.quantconnect.sandbox_state import Collaboration
from tests.conftest import Stand
from tests.reading.questions import NAMES, ask_id, ask_members, ask_names, ask_projects

pytestmark = pytest.mark.anyio

PAGE = """totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
          edges { cursor node { id name } } nodes { id name }"""
MEMBERS = f"""query ($id: ID!, $first: Int, $after: String, $roles: [Role!], $search: String) {{
  project(id: $id) {{
    members(first: $first, after: $after, roles: $roles, search: $search) {{ {PAGE} }} }} }}"""
ORDERS = [
    {"field": field, "direction": direction}
    for field in ("NAME", "CREATED_AT", "UPDATED_AT")
    for direction in ("ASC", "DESC")
]
LIVELY, CROWDED = "Momentum Rotation", "Client portal"


async def project_pages(stand: Stand, **arguments: object) -> AsyncIterator[dict[str, Any]]:
    """Every page, asked for as it is taken."""
    after = None
    while True:
        page = await ask_projects(stand, PAGE, after=after, **arguments)
        yield page
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


async def member_pages(stand: Stand, project_id: str, **arguments: object) -> AsyncIterator[dict[str, Any]]:
    after = None
    while True:
        answer = await stand.data(MEMBERS, id=project_id, after=after, **arguments)
        page = answer["project"]["members"]
        yield page
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def names(pages: list[dict[str, Any]]) -> list[str]:
    return [node["name"] for page in pages for node in page["nodes"]]


@pytest.mark.parametrize("first", [1, 2, 7, 20, 21, 22, 200])
async def test_pages_of_any_size_hold_every_project_once_and_in_order(stand: Stand, first: int) -> None:
    pages = [page async for page in project_pages(stand, first=first)]
    assert names(pages) == await ask_names(stand)
    assert [len(page["nodes"]) for page in pages[:-1]] == [first] * (len(pages) - 1)
    assert {page["totalCount"] for page in pages} == {len(NAMES)}


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: f"{order['field']} {order['direction']}")
async def test_pages_hold_every_project_once_in_every_order(stand: Stand, order: dict[str, str]) -> None:
    pages = [page async for page in project_pages(stand, first=4, orderBy=order)]
    assert names(pages) == await ask_names(stand, orderBy=order)


@pytest.mark.parametrize("first", [1, 3, 8, 200])
async def test_pages_of_any_size_hold_every_member_once_and_in_order(stand: Stand, first: int) -> None:
    project_id = await ask_id(stand, CROWDED)
    pages = [page async for page in member_pages(stand, project_id, first=first)]
    assert names(pages) == [member["name"] for member in await ask_members(stand, CROWDED, "name")]
    assert {page["totalCount"] for page in pages} == {8}


async def test_edges_are_the_nodes_with_their_cursors(stand: Stand) -> None:
    page = await ask_projects(stand, PAGE, first=5)
    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    cursors = [edge["cursor"] for edge in page["edges"]]
    assert len(set(cursors)) == 5
    assert (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]) == (cursors[0], cursors[-1])


async def test_a_page_begins_behind_whichever_cursor_is_given(stand: Stand) -> None:
    whole = await ask_projects(stand, PAGE)
    for place, edge in enumerate(whole["edges"]):
        page = await ask_projects(stand, "nodes { id name }", after=edge["cursor"])
        assert page["nodes"] == whole["nodes"][place + 1 :]


async def test_every_page_says_whether_there_is_another_on_either_side(stand: Stand) -> None:
    infos = [page["pageInfo"] async for page in project_pages(stand, first=8)]
    assert [(info["hasPreviousPage"], info["hasNextPage"]) for info in infos] == [
        (False, True),
        (True, True),
        (True, False),
    ]


async def test_an_empty_page_has_no_cursors(stand: Stand) -> None:
    page = await ask_projects(stand, PAGE, filter={"search": "no such thing"})
    nowhere = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert (page["pageInfo"], page["edges"], page["totalCount"]) == (nowhere, [], 0)


@pytest.mark.parametrize("first", [{}, {"first": None}], ids=["left out", "null"])
async def test_a_page_holds_fifty_when_no_size_is_asked_for(stand: Stand, first: dict[str, None]) -> None:
    state = stand.quantconnect.state
    project = next(iter(state.projects.values()))
    for number in range(50):
        state.put(replace(project, project_id=90_000_000 + number, name=f"Copy {number}"))
    page = await ask_projects(stand, PAGE, **first)
    assert (len(page["nodes"]), page["totalCount"]) == (50, len(NAMES) + 50)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: f"{order['field']} {order['direction']}")
async def test_a_project_that_appears_before_the_cursor_moves_nothing(
    stand: Stand, order: dict[str, str]
) -> None:
    expected = await ask_names(stand, orderBy=order)
    state = stand.quantconnect.state
    first = next(one for one in state.projects.values() if one.name.removeprefix("/") in expected)
    seen: list[str] = []
    async for page in project_pages(stand, first=5, orderBy=order):
        seen += names([page])
        if len(seen) == 5:
            ahead = {"ASC": ("!", "1999-01-01T00:00:00Z"), "DESC": ("~", "2999-01-01T00:00:00Z")}
            name, moment = ahead[order["direction"]]
            shown = {**first.shown, "created": moment}
            state.put(replace(first, project_id=1, name=name, modified=moment, shown=shown))
    assert seen == expected


async def test_a_project_that_disappears_before_the_cursor_moves_nothing(stand: Stand) -> None:
    expected = await ask_names(stand)
    seen: list[str] = []
    async for page in project_pages(stand, first=5):
        seen += names([page])
        if len(seen) == 5:
            state = stand.quantconnect.state
            gone = next(one for one in state.projects.values() if one.name.removeprefix("/") in seen)
            del state.projects[gone.project_id]
    assert seen == expected


async def test_the_page_goes_on_where_the_project_of_its_cursor_was(stand: Stand) -> None:
    expected = await ask_names(stand)
    place = expected.index("Momentum Rotation")
    before = await ask_projects(stand, PAGE, first=place + 1)
    state = stand.quantconnect.state
    del state.projects[next(key for key, one in state.projects.items() if one.name == "Momentum Rotation")]
    after = await ask_projects(stand, PAGE, after=before["pageInfo"]["endCursor"])
    assert names([after]) == expected[place + 1 :]


async def test_a_project_that_appears_behind_the_cursor_is_on_the_way(stand: Stand) -> None:
    state = stand.quantconnect.state
    seen: list[str] = []
    async for page in project_pages(stand, first=5):
        seen += names([page])
        if len(seen) == 5:
            state.put(replace(next(iter(state.projects.values())), project_id=1, name="~ the very last"))
    assert seen[-1] == "~ the very last"


async def test_a_member_who_joins_or_leaves_before_the_cursor_moves_nothing(stand: Stand) -> None:
    expected = [member["name"] for member in await ask_members(stand, LIVELY, "name")]
    project_id = await ask_id(stand, LIVELY)
    state = stand.quantconnect.state
    seen: list[str] = []
    async for page in member_pages(stand, project_id, first=2):
        seen += names([page])
        [project] = [one for one in state.projects.values() if one.name == LIVELY]
        if len(seen) == 2:
            # Aaron would be the second editor, right before the cursor.
            state.accounts["aaron"] = replace(
                state.accounts["nadia-haddad"], public_id="aaron", shown={"name": "Aaron", "uid": 7}
            )
            state.put_collaboration(
                project, Collaboration(public_id="aaron", permission="write", live_control=False)
            )
        elif len(seen) == 4:
            state.drop_collaboration(project, "andrei-ionescu")
    assert seen == expected


async def test_pages_of_members_hold_those_who_are_searched_for(stand: Stand) -> None:
    project_id = await ask_id(stand, CROWDED)
    wanted = {"roles": ["VIEWER", "EDITOR"], "search": "a", "first": 2}
    pages = [page async for page in member_pages(stand, project_id, **wanted)]
    assert names(pages) == [
        "Lucie Horáková",
        "Samir Aziz",
        "Caoimhe Doyle",
        "Daniel O'Rourke",
        "Mateo Ferreira",
    ]
    assert {page["totalCount"] for page in pages} == {5}
