"""`GATEWAY_PROFILE=production`: the schema is shown to callers with the scope `explorer` only."""

from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from gateway.domain.caller import Scope
from gateway.http.authentication.api_keys import new_key

pytestmark = pytest.mark.anyio

Way = tuple[str, Iterable[Scope] | None]
"""A profile, and the scopes of the caller's key; None where nobody is asked for one."""

ALL_BUT_EXPLORER = [scope for scope in Scope if scope is not Scope.EXPLORER]
hidden = pytest.mark.parametrize(
    "way",
    [("production", None), ("production", ALL_BUT_EXPLORER)],
    ids=["anybody", "a key without the scope"],
)
shown = pytest.mark.parametrize(
    "way",
    [("production", [Scope.EXPLORER]), ("development", None), ("development", [])],
    ids=["a key with the scope", "anybody in development", "any key in development"],
)

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
FOR_THE_SCHEMA = [
    "{ __schema { queryType { name } } }",
    '{ __type(name: "Query") { fields { name } } }',
    "{ platforms { key } __schema { types { name } } }",
    "{ ...F } fragment F on Query { ... { hidden: __schema { types { name } } } }",
]
MISSPELLED = "{ platform { key } projects { nodes { nam } } }"
UNFITTING = {
    "message": "The document does not fit the schema.",
    "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
}
PROJECTS = "query ($filter: ProjectFilter) { projects(filter: $filter) { totalCount } }"
BAD_FILTER = {"platforms": ["GITHUB"], "serach": "x"}


@pytest.fixture
def way() -> Way:
    return "production", None


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.toml"
    new_key(path, name="spare", scopes=[])
    return path


@pytest.fixture
def variables(way: Way, file: Path) -> dict[str, str]:
    profile, scopes = way
    keys = {"GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": str(file)}
    return {"GATEWAY_PROFILE": profile, **({} if scopes is None else keys)}


@pytest.fixture
def caller(client: httpx.AsyncClient, way: Way, file: Path) -> httpx.AsyncClient:
    """The client, with its key where it has one."""
    _, scopes = way
    if scopes is not None:
        client.headers["Authorization"] = f"Bearer {new_key(file, name='caller', scopes=scopes)}"
    return client


async def ask(client: httpx.AsyncClient, query: str, **variables: object) -> httpx.Response:
    return await client.post("/graphql", json={"query": query, "variables": variables})


async def page(client: httpx.AsyncClient) -> httpx.Response:
    return await client.get("/graphql", headers={"Accept": CHROMIUM})


# ---------------------------------------------------------------- who is told nothing


@hidden
@pytest.mark.parametrize("query", FOR_THE_SCHEMA)
async def test_the_schema_is_not_told_in_production(caller: httpx.AsyncClient, query: str) -> None:
    response = await ask(caller, query)
    assert (response.status_code, response.json()) == (400, {"errors": [UNFITTING]})


async def test_an_operation_that_is_not_asked_for_may_not_ask_for_the_schema_either(
    caller: httpx.AsyncClient,
) -> None:
    query = "query A { platforms { key } } query B { __schema { types { name } } }"
    response = await caller.post("/graphql", json={"query": query, "operationName": "A"})
    assert response.json() == {"errors": [UNFITTING]}


@hidden
async def test_nothing_is_suggested_in_production(caller: httpx.AsyncClient) -> None:
    response = await ask(caller, MISSPELLED)
    assert (response.status_code, response.json()) == (400, {"errors": [UNFITTING]})


@hidden
async def test_a_value_that_does_not_fit_is_told_no_type_in_production(caller: httpx.AsyncClient) -> None:
    errors = (await ask(caller, PROJECTS, filter=BAD_FILTER)).json()["errors"]
    assert {error["message"] for error in errors} == {"A value does not fit its type."}
    assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}


@hidden
@pytest.mark.parametrize("value", ["1", "[[1]]", "many", '"mara at example"'])
async def test_a_literal_that_does_not_fit_is_told_no_type_in_production(
    caller: httpx.AsyncClient, value: str
) -> None:
    """Not even where the type is one of ours, whose messages are."""
    response = await ask(caller, f"{{ projects(filter: {{memberEmail: {value}}}) {{ totalCount }} }}")
    assert (response.status_code, response.json()) == (400, {"errors": [UNFITTING]})


@hidden
async def test_the_explorer_s_page_is_forbidden_in_production(caller: httpx.AsyncClient) -> None:
    response = await page(caller)
    assert response.status_code == 403
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["FORBIDDEN"]


@hidden
async def test_the_explorer_s_query_by_get_is_refused_in_production(caller: httpx.AsyncClient) -> None:
    response = await caller.get("/graphql", params={"query": FOR_THE_SCHEMA[0]})
    assert response.json() == {"errors": [UNFITTING]}


@pytest.mark.parametrize("way", [("production", [])], ids=["a key without the scope"])
async def test_the_page_asks_for_a_key_before_it_asks_for_the_scope(client: httpx.AsyncClient) -> None:
    assert (await page(client)).status_code == 401


# ---------------------------------------------------------------- what is told all the same


@hidden
async def test_a_document_that_is_no_graphql_is_told_where(caller: httpx.AsyncClient) -> None:
    [error] = (await ask(caller, "{ platforms {")).json()["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
    assert error["locations"] == [{"line": 1, "column": 14}]


@hidden
async def test_clients_that_ask_for_type_names_are_answered(caller: httpx.AsyncClient) -> None:
    """Most client libraries do, of every object; it names only what was asked for."""
    response = await ask(caller, "{ __typename platforms { __typename } }")
    assert response.json()["data"]["platforms"] == [{"__typename": "Platform"}] * 2


@pytest.mark.parametrize("way", [("production", [])], ids=["two keys"])
async def test_what_was_learned_with_the_scope_is_not_told_without_it(
    client: httpx.AsyncClient, file: Path
) -> None:
    """Prepared documents are kept; those of one caller must not answer another."""
    holders = [
        {"Authorization": f"Bearer {new_key(file, name=name, scopes=scopes)}"}
        for name, scopes in (("with", [Scope.EXPLORER]), ("without", ALL_BUT_EXPLORER))
    ]
    body = {"query": FOR_THE_SCHEMA[0]}
    answers = [await client.post("/graphql", json=body, headers=holder) for holder in (*holders, *holders)]
    assert [answer.status_code for answer in answers] == [200, 400, 200, 400]


# ---------------------------------------------------------------- who is told everything


@shown
@pytest.mark.parametrize("query", FOR_THE_SCHEMA)
async def test_the_schema_is_told_to_whom_it_may_be(caller: httpx.AsyncClient, query: str) -> None:
    response = await ask(caller, query)
    assert (response.status_code, "errors" in response.json()) == (200, False)


@shown
async def test_names_are_suggested_to_whom_they_may_be(caller: httpx.AsyncClient) -> None:
    text = (await ask(caller, MISSPELLED)).text
    assert ("Did you mean 'platforms'" in text, "Did you mean 'name'" in text) == (True, True)


@shown
async def test_types_are_named_to_whom_they_may_be(caller: httpx.AsyncClient) -> None:
    text = (await ask(caller, PROJECTS, filter=BAD_FILTER)).text
    assert ("'PlatformKey' enum" in text, "Did you mean 'search'" in text) == (True, True)


@shown
async def test_the_explorer_s_page_is_given_to_whom_it_may_be(caller: httpx.AsyncClient) -> None:
    response = await page(caller)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
