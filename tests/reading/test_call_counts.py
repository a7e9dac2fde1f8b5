"""What reading costs in calls to the platforms."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.faults import Fault, FaultKind
from gateway.sandbox.large import large_organisation
from tests.conftest import MakeStand, Stand
from tests.reading.questions import ask_nodes, ask_project, projects_document

pytestmark = pytest.mark.anyio

PROJECTS = 50
LIST = "/api/v2/projects/read"
MakeLarge = Callable[..., Awaitable[Stand]]
# A name, a role and a permission of every member of every project.
EVERYBODY = projects_document(
    "nodes { id name members { totalCount nodes { name role can(action: WRITE) } } }"
)


@pytest.fixture
def make_large(make_stand: MakeStand) -> MakeLarge:
    """Fifty projects with ten members on each platform; Testomato with a token, so that nobody signs in."""

    async def make(**settings: str) -> Stand:
        organisation = large_organisation(projects_per_platform=PROJECTS, members_per_project=10)
        testomato = create_testomato_sandbox(organisation=organisation, lists_projects=False)
        token = {
            "GATEWAY_TESTOMATO__EMAIL": "",
            "GATEWAY_TESTOMATO__PASSWORD": "",
            "GATEWAY_TESTOMATO__TOKEN": testomato.token,
        }
        return await make_stand(
            settings={**token, **settings},
            quantconnect=create_quantconnect_sandbox(organisation=organisation),
            testomato=testomato,
        )

    return make


@pytest.fixture
async def large(make_large: MakeLarge) -> Stand:
    return await make_large()


async def calls_of(stand: Stand, document: str, **variables: object) -> dict[str, int]:
    """How often each path of either platform is called for a document that must succeed."""
    stand.quantconnect.calls.clear()
    stand.testomato.calls.clear()
    await stand.data(document, **variables)
    return {**stand.quantconnect.calls.counts, **stand.testomato.calls.counts}


async def one_of_each(stand: Stand) -> list[dict[str, Any]]:
    """A project of QuantConnect and one of Testomato, each with its first member."""
    fields = "id platform upstreamId members(first: 1) { nodes { id } }"
    return [await ask_project(stand, name, fields) for name in ("Momentum Rotation", "Careers")]


async def test_a_hundred_projects_with_their_members_cost_one_call_and_two_a_site(large: Stand) -> None:
    calls = await calls_of(large, EVERYBODY, first=200)
    sites = large.testomato.state.projects
    own = [f"/api/project/{site}" for site in sites] + [f"/api/project/{site}/users" for site in sites]
    assert calls == {LIST: 1} | dict.fromkeys(own, 1)
    assert sum(calls.values()) == 1 + 2 * PROJECTS


async def test_a_page_costs_the_members_of_the_projects_on_it_only(large: Stand) -> None:
    document = projects_document("nodes { members { totalCount } }")
    calls = await calls_of(large, document, first=3, filter={"platforms": ["TESTOMATO"]})
    assert sum(count for path, count in calls.items() if path.endswith("/users")) == 3


async def test_projects_without_their_members_cost_no_call_for_members(large: Stand) -> None:
    calls = await calls_of(large, projects_document("totalCount nodes { name details { __typename } }"))
    assert sum(calls.values()) == 1 + PROJECTS


@pytest.mark.parametrize("limit", [None, 3], ids=["as it comes", "as it is set"])
async def test_calls_at_once_stay_below_the_setting(make_large: MakeLarge, limit: int | None) -> None:
    settings = {} if limit is None else {"GATEWAY_TESTOMATO__MAX_CONCURRENT_CALLS": str(limit)}
    stand = await make_large(**settings)
    stand.testomato.faults.add(Fault(kind=FaultKind.DELAY, seconds=0.02))
    await stand.data(EVERYBODY, first=200)
    assert 1 < stand.testomato.calls.most_at_once <= (limit or 10)


async def test_fifty_projects_of_quantconnect_by_their_ids_cost_one_call(large: Stand) -> None:
    nodes = await ask_nodes(large, "id", first=200, filter={"platforms": ["QUANTCONNECT"]})
    ids = [node["id"] for node in nodes]
    document = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Project {
      name owner { name } viewer { role } members { totalCount } } } }"""
    assert len(ids) == PROJECTS
    assert await calls_of(large, document, ids=ids) == {LIST: 1}


async def test_fifty_members_of_different_projects_cost_no_more_than_their_projects(large: Stand) -> None:
    nodes = await ask_nodes(large, "platform members(first: 2) { nodes { id } }", first=200)
    ids = [node["members"]["nodes"][1]["id"] for node in nodes if node["platform"] == "QUANTCONNECT"]
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Member { name } } }"
    assert await calls_of(large, document, ids=ids) == {LIST: 1}


async def test_everybody_with_an_address_is_found_with_one_call_a_project(large: Stand) -> None:
    email = "bruno.bergstrom@example.com"
    calls = await calls_of(
        large, projects_document("nodes { members { totalCount } }"), filter={"memberEmail": email}
    )
    users = {path: count for path, count in calls.items() if path.endswith("/users")}
    assert set(users.values()) == {1}
    assert len(users) == PROJECTS
    assert sum(calls.values()) == 1 + 2 * PROJECTS


async def test_one_project_under_two_aliases_costs_one_call(stand: Stand) -> None:
    for project in await one_of_each(stand):
        document = """query ($id: ID!, $platform: PlatformKey!, $upstreamId: String!) {
          a: project(id: $id) { name } b: project(id: $id) { url } c: node(id: $id) { id }
          d: projectByUpstreamId(platform: $platform, upstreamId: $upstreamId) { name }
          e: nodes(ids: [$id, $id]) { id } }"""
        named = {key: project[key] for key in ("id", "platform", "upstreamId")}
        calls = await calls_of(stand, document, **named)
        assert list(calls.values()) == [1], calls


async def test_members_under_several_aliases_and_filters_cost_one_call(stand: Stand) -> None:
    for project in await one_of_each(stand):
        document = """query ($id: ID!, $member: ID!) {
          a: project(id: $id) { all: members { totalCount } some: members(first: 1) { nodes { name } }
            editors: members(roles: [EDITOR]) { totalCount } a: members(search: "a") { totalCount }
            owner { name } }
          b: project(id: $id) { members { nodes { email } } } c: node(id: $member) { id } }"""
        member = project["members"]["nodes"][0]["id"]
        calls = await calls_of(stand, document, id=project["id"], member=member)
        assert set(calls.values()) == {1}, calls


async def test_roles_and_rights_under_two_aliases_cost_one_call_each(stand: Stand) -> None:
    for project in await one_of_each(stand):
        document = """query ($id: ID!) {
          a: project(id: $id) { roles { role } viewer { role } }
          b: project(id: $id) { roles { nativeName } viewer { permissions { granted } } } }"""
        calls = await calls_of(stand, document, id=project["id"])
        assert set(calls.values()) == {1}, calls


async def test_the_accounts_under_two_aliases_cost_one_call_each(stand: Stand) -> None:
    await stand.data("{ projects { totalCount } }")  # signs in
    document = "{ a: platforms { account { name } } b: platforms { account { upstreamId } } }"
    assert await calls_of(stand, document) == {"/api/v2/user/read": 1, "/api/authenticate": 1}


@pytest.mark.parametrize(
    "document",
    [
        "query ($project: ID!, $member: ID!) { projects %s platforms { name } node(id: $project) { id } %s }",
        "query ($project: ID!, $member: ID!) { node(id: $project) { id } %s platforms { name } projects %s }",
    ],
    ids=["projects first", "projects last"],
)
async def test_what_is_listed_anyway_is_not_asked_for_again(stand: Stand, document: str) -> None:
    every = "{ totalCount nodes { name members { totalCount } } }"
    one = "member: node(id: $member) { id } again: project(id: $project) { name }"
    filled = document % (
        (every, one) if document.index("projects") < document.index("node(") else (one, every)
    )
    for project in await one_of_each(stand):
        member = project["members"]["nodes"][0]["id"]
        calls = await calls_of(stand, filled, project=project["id"], member=member)
        assert set(calls.values()) == {1}, calls
        assert calls[LIST] == 1
        assert "/api/v2/projects/collaboration/read" not in calls


async def test_projects_under_two_aliases_and_orders_are_listed_once(stand: Stand) -> None:
    document = """{ a: projects { totalCount } b: projects(first: 1, filter: {search: "a"}) { totalCount }
      c: projects(orderBy: {field: UPDATED_AT, direction: DESC}, filter: {platforms: [TESTOMATO]}) {
        totalCount } }"""
    calls = await calls_of(stand, document)
    assert set(calls.values()) == {1}, calls


async def test_the_project_of_a_member_costs_nothing_where_it_was_read(stand: Stand) -> None:
    document = projects_document("nodes { members { nodes { name project { name } } } }")
    calls = await calls_of(stand, document)
    assert set(calls.values()) == {1}, calls


async def test_a_token_is_asked_for_once_however_many_calls_wait_for_it(stand: Stand) -> None:
    calls = await calls_of(stand, projects_document("nodes { members { totalCount } }"))
    assert calls["/api/authenticate"] == 1
