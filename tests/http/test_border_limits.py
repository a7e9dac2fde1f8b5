"""What one request may ask for, at each limit and one beyond it, through a served gateway."""

from collections.abc import Callable

import httpx
import pytest

pytestmark = pytest.mark.anyio

Make = Callable[[int], str]


def document_bytes(count: int) -> str:
    return "{ __typename # é\n}".ljust(count - 1)  # é has two bytes


def tokens(count: int) -> str:
    return "{" + " __typename" * (count - 2) + "}"


def depth(count: int) -> str:
    """Projects, and in them their members, and their projects, and so on."""
    levels = ["projects", "nodes", *["members", "nodes", "project"] * count][: count - 1]
    return "".join(f"{{ {level} " for level in levels) + "{ __typename }" + " }" * len(levels)


def depth_in_fragments(count: int) -> str:
    levels = (["owner", "project"] * count)[: count - 3]
    inside = "".join(f"{level} {{ " for level in levels) + "name" + " }" * len(levels)
    return f"{{ projects {{ nodes {{ ...P }} }} }} fragment P on Project {{ {inside} }}"


def aliases(count: int) -> str:
    return "{ platforms { name" + "".join(f" a{number}: key" for number in range(count)) + " } }"


def aliases_in_fragments(count: int) -> str:
    return f"{{ platforms {{ name{' ...F' * count} }} }} fragment F on Platform {{ a: key }}"


def directives(count: int) -> str:
    return "{ a: __typename" + " __typename @include(if: true)" * count + " }"


def root_fields(count: int) -> str:
    return "{" + " __typename" * count + "}"


def root_fields_of_a_change(count: int) -> str:
    return "mutation {" + " __typename" * count + "}"


LIMIT = 5
MEASURED = [
    pytest.param(depth, "DEPTH", id="depth"),
    pytest.param(depth_in_fragments, "DEPTH", id="depth in fragments"),
    pytest.param(aliases, "ALIASES", id="aliases"),
    pytest.param(aliases_in_fragments, "ALIASES", id="aliases in fragments"),
    pytest.param(directives, "DIRECTIVES", id="directives"),
    pytest.param(root_fields, "ROOT_FIELDS", id="root fields"),
    pytest.param(root_fields_of_a_change, "ROOT_FIELDS", id="root fields of a change"),
]


@pytest.fixture
def name() -> str:
    """Of the limit that a test is about."""
    return "DOCUMENT_BYTES"


@pytest.fixture
def limit() -> int:
    return LIMIT


@pytest.fixture
def variables(name: str, limit: int) -> dict[str, str]:
    return {f"GATEWAY_LIMITS__{name}": str(limit)}


async def ask(client: httpx.AsyncClient, query: str, **variables: object) -> httpx.Response:
    return await client.post("/graphql", json={"query": query, "variables": variables})


def assert_too_complex(response: httpx.Response, *, limit: int, actual: int) -> None:
    [error] = response.json().pop("errors")
    assert (response.status_code, "data" in response.json()) == (400, False)
    assert error["extensions"] == {"code": "QUERY_TOO_COMPLEX", "limit": limit, "actual": actual}


# ---------------------------------------------------------------- documents


@pytest.mark.parametrize(("make", "name"), MEASURED)
async def test_a_document_at_a_limit_is_answered(client: httpx.AsyncClient, make: Make) -> None:
    response = await ask(client, make(LIMIT))
    assert (response.status_code, "errors" in response.json()) == (200, False), response.text


@pytest.mark.parametrize(("make", "name"), MEASURED)
async def test_a_document_beyond_a_limit_is_refused_with_both_figures(
    client: httpx.AsyncClient, make: Make
) -> None:
    assert_too_complex(await ask(client, make(LIMIT + 1)), limit=LIMIT, actual=LIMIT + 1)


@pytest.mark.parametrize("limit", [40])
async def test_a_document_may_have_as_many_bytes_as_the_limit(client: httpx.AsyncClient) -> None:
    assert (await ask(client, document_bytes(40))).status_code == 200


@pytest.mark.parametrize("limit", [40])
async def test_bytes_are_counted_and_not_characters(client: httpx.AsyncClient) -> None:
    query = document_bytes(41)
    assert len(query) == 40
    assert_too_complex(await ask(client, query), limit=40, actual=41)


@pytest.mark.parametrize(("name", "limit"), [("TOKENS", 20)])
async def test_a_document_may_have_as_many_tokens_as_the_limit(client: httpx.AsyncClient) -> None:
    assert (await ask(client, tokens(20))).status_code == 200


@pytest.mark.parametrize(("name", "limit"), [("TOKENS", 20)])
async def test_a_document_with_more_tokens_is_too_complex(client: httpx.AsyncClient) -> None:
    """How many it has is not found out: reading ends where there are too many."""
    response = await ask(client, tokens(21))
    [error] = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (400, "QUERY_TOO_COMPLEX")
    assert error["extensions"]["limit"] == 20
    assert error["extensions"]["actual"] > 20


@pytest.mark.parametrize(("name", "limit"), [("DEPTH", 2)])
async def test_every_limit_that_is_exceeded_is_told(client: httpx.AsyncClient) -> None:
    query = "{" + " a: projects { nodes { b: name } }" * 25 + "}"
    errors = (await ask(client, query)).json()["errors"]
    assert [error["extensions"]["limit"] for error in errors] == [2, 15, 20]


@pytest.mark.parametrize(("name", "limit"), [("DEPTH", 2)])
async def test_an_operation_that_is_not_asked_for_may_be_as_deep_as_it_likes(
    client: httpx.AsyncClient,
) -> None:
    query = f"query A {{ platforms {{ key }} }} query B {depth(8)}"
    response = await client.post("/graphql", json={"query": query, "operationName": "A"})
    assert response.status_code == 200


# ---------------------------------------------------------------- how much of something

IDS = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
PAGE = "query ($first: Int) { projects(first: $first) { totalCount } }"


def assert_bad_input(response: httpx.Response, *, message: str) -> None:
    [error] = response.json()["errors"]
    assert (error["extensions"], error["message"]) == ({"code": "BAD_USER_INPUT"}, message)


@pytest.mark.parametrize(("name", "limit"), [("NODES", 3)])
@pytest.mark.parametrize("count", [0, 1, 3])
async def test_as_many_ids_as_the_limit_may_be_asked_for(client: httpx.AsyncClient, count: int) -> None:
    response = await ask(client, IDS, ids=[f"id-{number}" for number in range(count)])
    assert response.json() == {"data": {"nodes": [None] * count}}


@pytest.mark.parametrize(("name", "limit"), [("NODES", 3)])
async def test_more_ids_are_refused_though_some_are_the_same(client: httpx.AsyncClient) -> None:
    response = await ask(client, IDS, ids=["id"] * 4)
    assert_bad_input(response, message="ids: at most 3 can be asked for at once.")


@pytest.mark.parametrize(("name", "limit"), [("PAGE_SIZE", 60)])
@pytest.mark.parametrize("first", [1, 60, None])
async def test_a_page_may_be_as_long_as_the_limit(client: httpx.AsyncClient, first: int | None) -> None:
    response = await ask(client, PAGE, first=first)
    assert response.json() == {"data": {"projects": {"totalCount": 0}}}


@pytest.mark.parametrize(("name", "limit"), [("PAGE_SIZE", 60)])
@pytest.mark.parametrize("first", [0, -1, 61, 2**31 - 1])
async def test_a_page_of_another_length_is_refused(client: httpx.AsyncClient, first: int) -> None:
    response = await ask(client, PAGE, first=first)
    assert_bad_input(response, message="first: must be from 1 to 60.")


@pytest.mark.parametrize(("name", "limit"), [("PAGE_SIZE", 60)])
@pytest.mark.parametrize("first", [2**31, 1.5, "1", True])
async def test_a_page_s_length_is_a_number_that_graphql_can_write(
    client: httpx.AsyncClient, first: object
) -> None:
    response = await ask(client, PAGE, first=first)
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (
        400,
        "BAD_USER_INPUT",
    )
