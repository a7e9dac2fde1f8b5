"""Everybody while people come and go: pages, names that stay, and what is missing."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from gateway.platforms.quantconnect.sandbox import QuantConnectSandbox
from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.sandbox.faults import Fault, FaultKind
from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import MakeStand, Stand
from tests.reading.questions import QUANTCONNECT, SOURCES, TESTOMATO, source_of
from tests.reading.test_caching import SETTINGS as KEEPS_ANSWERS
from tests.reading.test_people import ask_people, ask_person, names_of

pytestmark = pytest.mark.anyio

INGRID, MATEO = TIDEWATER.person("ingrid-solheim"), TIDEWATER.person("mateo-ferreira")
DOWN = Fault(kind=FaultKind.STATUS, status=503)
PAGE = "totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage endCursor }"
MEMBERSHIPS = f"""query ($first: Int, $after: String) {{ person(email: "{INGRID.email}") {{
  memberships(first: $first, after: $after) {{ {PAGE} }} }} }}"""
REMOVE = """mutation ($input: RemoveMemberInput!) { removeMember(input: $input) { outcome
  project { members(first: 100) { nodes { id person { id } } } } } }"""
ADD = """mutation ($input: AddMemberInput!) { addMember(input: $input) { outcome
  member { id person { displayName memberships(first: 100) { nodes { id } } } } } }"""


async def pages(stand: Stand, of: str, first: int) -> AsyncIterator[dict[str, Any]]:
    """Every page, asked for as it is taken."""
    after = None
    while True:
        if of == "people":
            page = await ask_people(stand, PAGE, first=first, after=after)
        else:
            page = (await stand.data(MEMBERSHIPS, first=first, after=after))["person"]["memberships"]
        yield page
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize("of", ["people", "memberships"])
@pytest.mark.parametrize("first", [1, 3, 7, 50, 200])
async def test_pages_of_any_size_hold_everybody_once_and_in_order(stand: Stand, of: str, first: int) -> None:
    [whole] = [page async for page in pages(stand, of, 200)]
    found = [page async for page in pages(stand, of, first)]
    assert [node for page in found for node in page["nodes"]] == whole["nodes"]
    assert {page["totalCount"] for page in found} == {len(whole["nodes"])}
    assert [len(page["nodes"]) for page in found[:-1]] == [first] * (len(found) - 1)


async def test_a_page_begins_behind_whichever_cursor_is_given(stand: Stand) -> None:
    whole = await ask_people(stand, PAGE)
    for place, edge in enumerate(whole["edges"]):
        page = await ask_people(stand, "nodes { id }", after=edge["cursor"])
        assert page["nodes"] == whole["nodes"][place + 1 :]


async def test_who_goes_before_the_cursor_moves_nothing(stand: Stand) -> None:
    [whole] = [page async for page in pages(stand, "people", 200)]
    seen: list[dict[str, Any]] = []
    async for page in pages(stand, "people", 10):
        seen += page["nodes"]
        leave(stand.quantconnect, "andrei-ionescu")
    assert seen == whole["nodes"]


def leave(sandbox: QuantConnectSandbox, person: str) -> None:
    """Somebody is in no project of QuantConnect any more."""
    for project in sandbox.state.projects.values():
        sandbox.state.drop_collaboration(project, person)


# ---------------------------------------------------------------- at once


@pytest.fixture
async def keeping(make_stand: MakeStand) -> Stand:
    """A gateway that keeps what platforms say."""
    return await make_stand(settings=KEEPS_ANSWERS)


async def test_a_removed_member_vanishes_at_once(keeping: Stand) -> None:
    people = (await ask_people(keeping, "nodes { displayName memberships { nodes { id isRemovable } } }"))[
        "nodes"
    ]
    name, member = next(
        (one["displayName"], one["memberships"]["nodes"][0]["id"])
        for one in people
        if len(one["memberships"]["nodes"]) == 1 and one["memberships"]["nodes"][0]["isRemovable"]
    )
    for _ in range(2):
        assert name in await names_of(keeping)
    answer = await keeping.data(REMOVE, input={"memberId": member})
    left = answer["removeMember"]["project"]["members"]["nodes"]
    assert answer["removeMember"]["outcome"] == "REMOVED"
    assert member not in {one["id"] for one in left}
    assert all(one["person"] is not None for one in left)
    assert name not in await names_of(keeping)


@pytest.mark.parametrize("key", PlatformKey)
async def test_an_added_member_is_their_persons_in_the_same_answer(keeping: Stand, key: PlatformKey) -> None:
    await names_of(keeping)
    person = {"upstreamUserId": "tomasz-wierzbicki"}
    project = str(next(iter(keeping.quantconnect.state.projects)))
    if key is PlatformKey.TESTOMATO:
        person = {"email": "tomasz.wierzbicki@example.com"}
        project = next(iter(keeping.testomato.state.projects))
    given = {"projectId": ids.project_id(key, project), "person": person, "role": "VIEWER"}
    member = (await keeping.data(ADD, input=given))["addMember"]["member"]
    assert member["person"]["displayName"] == "Tomasz Wierzbicki"
    assert member["id"] in {one["id"] for one in member["person"]["memberships"]["nodes"]}


async def test_everybody_costs_one_call_for_each_list_and_for_each_sites_members_and_then_none(
    keeping: Stand,
) -> None:
    memberships = "memberships(first: 50) { nodes { person { id } project { name } } }"
    counts = []
    for _ in range(2):
        await ask_people(keeping, f"nodes {{ id accounts {{ linkedBy }} {memberships} }}", first=20)
        paths = Counter(
            call.path for sandbox in (keeping.quantconnect, keeping.testomato) for call in sandbox.calls
        )
        counts.append(paths)
    assert set(counts[0].values()) == {1}
    assert sum(path.endswith("/users") for path in counts[0]) == len(keeping.testomato.state.projects)
    assert counts[1] == counts[0]


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize("platform", [QUANTCONNECT, TESTOMATO])
async def test_where_a_platform_fails_the_others_people_arrive(stand: Stand, platform: str) -> None:
    sandbox = stand.quantconnect if platform == QUANTCONNECT else stand.testomato
    sandbox.faults.add(DOWN)
    found = await ask_people(stand, f"nodes {{ accounts {{ platform }} }} {SOURCES}")
    platforms = {account["platform"] for one in found["nodes"] for account in one["accounts"]}
    assert platforms == {QUANTCONNECT, TESTOMATO} - {platform}
    source = source_of(found, platform)
    assert (source["state"], source["error"]["code"]) == ("FAILED", "UPSTREAM_UNAVAILABLE")


async def test_members_that_could_not_be_read_are_said_to_be_missing_also_of_a_persons_memberships(
    stand: Stand,
) -> None:
    lost = next(iter(stand.testomato.state.projects))
    stand.testomato.faults.add(Fault(kind=FaultKind.STATUS, status=403, path=f"/api/project/{lost}/users"))
    found = await ask_people(stand, f"{SOURCES} nodes {{ memberships {{ {SOURCES} }} }}", first=1)
    for connection in (found, found["nodes"][0]["memberships"]):
        source = source_of(connection, TESTOMATO)
        assert (source["state"], source["error"]["code"]) == ("FAILED", "UPSTREAM_DENIED")
        assert "The members of 1 project could not be read." in source["error"]["message"]
        assert source_of(connection, QUANTCONNECT)["state"] == "FRESH"


async def test_a_project_whose_members_are_not_found_is_missing_also_while_that_is_remembered(
    make_stand: MakeStand,
) -> None:
    keeping = await make_stand(settings=KEEPS_ANSWERS)
    lost = next(iter(keeping.testomato.state.projects))
    keeping.testomato.faults.add(Fault(kind=FaultKind.STATUS, status=404, path=f"/api/project/{lost}/users"))
    first = await ask_people(keeping, f"totalCount {SOURCES}")
    again = await ask_people(keeping, f"totalCount {SOURCES}")
    assert source_of(first, TESTOMATO)["state"] == source_of(again, TESTOMATO)["state"] == "FAILED"
    assert first["totalCount"] == again["totalCount"] > 0


# ---------------------------------------------------------------- names that stay


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "accessgraph.sqlite3"


@pytest.fixture
def store(database: Path) -> dict[str, str]:
    return {"GATEWAY_STORE__URL": f"sqlite:///{database}"}


async def until_it_is_written(database: Path) -> None:
    """What a gateway has learned is written while nobody waits for it."""
    async with asyncio.timeout(30):
        while True:
            with closing(sqlite3.connect(database)) as connection:
                [(count,)] = connection.execute("SELECT count(*) FROM person_origin")
            if count:
                return
            await asyncio.sleep(0.01)


async def id_of(stand: Stand, email: str) -> str:
    person = await ask_person(stand, email=email)
    assert person is not None
    found: str = person["id"]
    return found


async def test_ids_are_the_same_after_a_restart(make_stand: MakeStand) -> None:
    before = await ask_people(await make_stand(), "nodes { id }")
    assert await ask_people(await make_stand(), "nodes { id }") == before


async def test_an_id_stays_when_the_account_that_it_was_made_of_goes(stand: Stand) -> None:
    before = await id_of(stand, MATEO.email)
    leave(stand.quantconnect, MATEO.key)
    found = await ask_person(stand, email=MATEO.email)
    assert found is not None
    assert found["id"] == before


async def test_an_id_stays_when_the_account_goes_while_the_gateway_is_not_there(
    make_stand: MakeStand, store: dict[str, str], database: Path
) -> None:
    before = await id_of(await make_stand(settings=store), MATEO.email)
    await until_it_is_written(database)
    without = create_quantconnect_sandbox()
    leave(without, MATEO.key)
    assert await id_of(await make_stand(settings=store, quantconnect=without), MATEO.email) == before
    # Otherwise it would be another one.
    assert await id_of(await make_stand(quantconnect=without), MATEO.email) != before


async def test_an_id_is_the_same_at_every_process_that_has_the_same_database(
    make_stand: MakeStand, store: dict[str, str], database: Path
) -> None:
    """Also at one that was there before, and has asked nothing meanwhile."""
    without = create_quantconnect_sandbox()
    leave(without, MATEO.key)
    second = await make_stand(settings=store, quantconnect=without)
    first = await make_stand(settings=store)
    before = await id_of(first, MATEO.email)
    await until_it_is_written(database)
    assert await id_of(second, MATEO.email) == before


async def test_of_two_who_are_one_now_both_ids_find_them(
    make_stand: MakeStand, store: dict[str, str], database: Path, tmp_path: Path
) -> None:
    stand = await make_stand(settings=store)
    before = [await id_of(stand, one.email) for one in (INGRID, MATEO)]
    await until_it_is_written(database)
    file = tmp_path / "links.toml"
    file.write_text(
        f'["Ingrid and Mateo"]\nquantconnect = ["{INGRID.key}", "{MATEO.key}"]\n', encoding="utf-8"
    )
    stand = await make_stand(settings={**store, "GATEWAY_PEOPLE__LINKS_FILE": str(file)})
    found = [await ask_person(stand, id=one) for one in before]
    assert {one["displayName"] if one else None for one in found} == {"Ingrid and Mateo"}
    leave(stand.quantconnect, MATEO.key)
    assert await ask_person(stand, id=before[1]) is not None
