"""What platforms said is given again for a while: honestly, and never after a change."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.faults import Fault, FaultKind
from tests.access.reads import Clock
from tests.conftest import MakeStand, Stand
from tests.mutations.line import Gate, Line

pytestmark = pytest.mark.anyio

SETTINGS = {
    f"GATEWAY_{key}__{name}": value
    for key in PlatformKey
    for name, value in (
        ("CACHE_FRESH_SECONDS", "5"),
        ("CACHE_STALE_WHILE_REVALIDATE_SECONDS", "30"),
        ("CACHE_STALE_IF_ERROR_SECONDS", "600"),
    )
}
ALL = """{ projects {
  nodes { id name members { totalCount sources { state asOf } } }
  sources { platform state asOf error { code } }
} }"""
ADD = """mutation ($input: AddMemberInput!) { addMember(input: $input) { outcome } }"""
ROLE = """query ($id: ID!) { project(id: $id) { members(search: "Tomasz") { nodes { role } } } }"""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def caching(make_stand: MakeStand, clock: Clock) -> Stand:
    """A gateway that keeps what platforms say, its clock standing still, with a line to each stand-in."""
    quantconnect = create_quantconnect_sandbox(clock=lambda: clock().timestamp())
    testomato = create_testomato_sandbox(clock=lambda: clock().timestamp(), lists_projects=False)
    return await make_stand(
        settings=SETTINGS,
        quantconnect=replace(quantconnect, app=Line(quantconnect.app)),
        testomato=replace(testomato, app=Line(testomato.app)),
        now=clock,
    )


def calls_of(stand: Stand) -> int:
    return len([*stand.quantconnect.calls]) + len([*stand.testomato.calls])


def line_to(stand: Stand, key: PlatformKey) -> Line:
    sandbox = stand.quantconnect if key is PlatformKey.QUANTCONNECT else stand.testomato
    assert isinstance(sandbox.app, Line)
    return sandbox.app


async def ask(stand: Stand, *, cache_control: str | None = None) -> dict[str, Any]:
    headers = {} if cache_control is None else {"Cache-Control": cache_control}
    response = await stand.client.post("/graphql", json={"query": ALL}, headers=headers)
    projects: dict[str, Any] = response.json()["data"]["projects"]
    return projects


def states_of(projects: Mapping[str, Any]) -> set[str]:
    inner = [source for node in projects["nodes"] for source in node["members"]["sources"]]
    return {source["state"] for source in (*projects["sources"], *inner)}


async def test_what_was_just_said_is_given_again_without_a_call_and_says_how_old_it_is(
    caching: Stand, clock: Clock
) -> None:
    first = await ask(caching)
    calls = calls_of(caching)
    clock.pass_seconds(4)
    second = await ask(caching)
    assert (calls_of(caching), states_of(first), states_of(second)) == (calls, {"FRESH"}, {"CACHED"})
    moments = [[source["asOf"] for source in one["sources"]] for one in (first, second)]
    assert moments[0] == moments[1]


@pytest.mark.parametrize(
    ("cache_control", "state"),
    [
        ("no-cache", "FRESH"),
        ("max-age=0", "FRESH"),
        ("max-age=3", "FRESH"),
        ("max-age=4", "CACHED"),
        ("max-age=much", "CACHED"),
        ("only-if-cached", "CACHED"),
    ],
)
async def test_a_client_can_ask_for_newer_data(
    caching: Stand, clock: Clock, cache_control: str, state: str
) -> None:
    await ask(caching)
    clock.pass_seconds(4)
    assert states_of(await ask(caching, cache_control=cache_control)) == {state}


async def test_what_is_older_is_given_at_once_and_read_anew_for_the_next(
    caching: Stand, clock: Clock
) -> None:
    await ask(caching)
    calls = calls_of(caching)
    clock.pass_seconds(20)
    stale = await ask(caching)
    async with asyncio.timeout(30):
        while states_of(await ask(caching)) != {"CACHED"}:
            pass  # what is read in the background has not come yet
    # As many as before, but for signing in.
    assert (states_of(stale), calls_of(caching)) == ({"STALE"}, 2 * calls - 1)


async def test_what_is_much_older_is_given_where_the_platform_fails_and_says_why(
    caching: Stand, clock: Clock
) -> None:
    first = await ask(caching)
    clock.pass_seconds(300)
    caching.quantconnect.faults.add(Fault(kind=FaultKind.STATUS, status=503))
    second = await ask(caching)
    [source] = [one for one in second["sources"] if one["platform"] == "QUANTCONNECT"]
    assert (source["state"], source["error"]) == ("STALE", {"code": "UPSTREAM_UNAVAILABLE"})
    assert [node["name"] for node in second["nodes"]] == [node["name"] for node in first["nodes"]]


async def test_a_project_that_could_not_be_read_is_there_again_when_the_list_is_not_fresh_any_more(
    caching: Stand, clock: Clock
) -> None:
    lost = next(iter(caching.testomato.state.projects))
    caching.testomato.faults.add(Fault(kind=FaultKind.STATUS, status=503, path=f"/api/project/{lost}"))
    first = await ask(caching)
    caching.testomato.faults.clear()
    clock.pass_seconds(20)
    second = await ask(caching)
    assert len(second["nodes"]) == len(first["nodes"]) + 1
    [source] = [one for one in second["sources"] if one["platform"] == "TESTOMATO"]
    assert (source["state"], source["error"]) == ("FRESH", None)


async def test_a_platform_that_denies_access_is_not_answered_for(caching: Stand, clock: Clock) -> None:
    await ask(caching)
    clock.pass_seconds(300)
    caching.quantconnect.faults.add(Fault(kind=FaultKind.STATUS, status=403))
    [source] = [one for one in (await ask(caching))["sources"] if one["platform"] == "QUANTCONNECT"]
    assert (source["state"], source["error"]) == ("FAILED", {"code": "UPSTREAM_DENIED"})


async def test_what_is_asked_of_a_page_in_memory_is_in_memory_too(caching: Stand) -> None:
    """A page that was made for another request stands for the list that it was made of."""
    await ask(caching)
    calls = calls_of(caching)
    for selection in ("name", "id", "owner { name } members(first: 1) { nodes { project { name } } }"):
        query = f"{{ projects {{ nodes {{ {selection} }} sources {{ state }} }} }}"
        answer = (await caching.client.post("/graphql", json={"query": query})).json()
        assert {one["state"] for one in answer["data"]["projects"]["sources"]} == {"CACHED"}
        assert "errors" not in answer
    assert calls_of(caching) == calls


async def test_requests_at_once_share_their_calls(caching: Stand) -> None:
    await asyncio.gather(*(ask(caching) for _ in range(5)))
    counts = Counter(
        call.path for sandbox in (caching.quantconnect, caching.testomato) for call in sandbox.calls
    )
    assert {path: count for path, count in counts.items() if count > 1} == {}


@pytest.mark.parametrize("key", PlatformKey)
async def test_a_change_is_seen_by_the_next_read_always(caching: Stand, key: PlatformKey) -> None:
    project, given = addition(caching, key)
    before = await caching.data(ROLE, id=project)
    outcome = await caching.data(ADD, input=given)
    after = await caching.data(ROLE, id=project)
    everywhere = await ask(caching)
    assert (before["project"]["members"]["nodes"], outcome["addMember"]["outcome"]) == ([], "ADDED")
    assert after["project"]["members"]["nodes"] == [{"role": "VIEWER"}]
    [count] = [node["members"]["totalCount"] for node in everywhere["nodes"] if node["id"] == project]
    assert count == len(await people_in(caching, project))


@pytest.mark.parametrize("key", PlatformKey)
async def test_a_read_from_before_a_change_is_not_kept_after_it(caching: Stand, key: PlatformKey) -> None:
    project, given = addition(caching, key)
    await caching.data(ROLE, id=project)
    gate = Gate()
    line_to(caching, key).on_answer = None
    line_to(caching, key).on_call = gate
    response = asyncio.ensure_future(
        caching.client.post(
            "/graphql",
            json={"query": ROLE, "variables": {"id": project}},
            headers={"Cache-Control": "no-cache"},
        )
    )
    await gate.reached.wait()
    await caching.data(ADD, input=given)
    gate.opened.set()
    await response
    after = await caching.data(ROLE, id=project)
    assert after["project"]["members"]["nodes"] == [{"role": "VIEWER"}]


def addition(stand: Stand, key: PlatformKey) -> tuple[str, dict[str, object]]:
    """A project that Tomasz is not in, and what lets him in."""
    if key is PlatformKey.QUANTCONNECT:
        project = ids.project_id(key, str(next(iter(stand.quantconnect.state.projects))))
        person = {"upstreamUserId": "tomasz-wierzbicki"}
    else:
        project = ids.project_id(key, next(iter(stand.testomato.state.projects)))
        person = {"email": "tomasz.wierzbicki@example.com"}
    return project, {"projectId": project, "person": person, "role": "VIEWER"}


async def people_in(stand: Stand, project: str) -> list[object]:
    document = "query ($id: ID!) { project(id: $id) { members(first: 200) { nodes { id } } } }"
    headers = {"Cache-Control": "no-cache"}
    body = {"query": document, "variables": {"id": project}}
    answer = (await stand.client.post("/graphql", json=body, headers=headers)).json()
    nodes: list[object] = answer["data"]["project"]["members"]["nodes"]
    return nodes
