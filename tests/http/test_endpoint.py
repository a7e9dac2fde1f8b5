"""gateway/http/endpoint.py: GraphQL over HTTP, Response.

https://graphql.github.io/graphql-over-http/draft/#sec-Response
"""

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
MEDIA_TYPES = (GRAPHQL_RESPONSE, JSON)
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

REMOVE = 'mutation { removeMember(input: {memberId: "none"}) { outcome } }'
ADD = "mutation ($input: AddMemberInput!) { addMember(input: $input) { outcome } }"


async def post(
    client: httpx.AsyncClient, query: str, *, accept: str = GRAPHQL_RESPONSE, **parameters: object
) -> httpx.Response:
    return await client.post("/graphql", json={"query": query, **parameters}, headers={"Accept": accept})


async def get(
    client: httpx.AsyncClient, *, accept: str = GRAPHQL_RESPONSE, **parameters: str
) -> httpx.Response:
    return await client.get("/graphql", params=parameters, headers={"Accept": accept})


def codes_of(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


# ---------------------------------------------------------------- media types


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (JSON, JSON),
        ("*/*", JSON),
        (f"{JSON}, {GRAPHQL_RESPONSE};q=0.9", JSON),
        (CHROMIUM, JSON),
    ],
)
async def test_the_answer_comes_in_the_media_type_that_was_asked_for(
    client: httpx.AsyncClient, accept: str, media_type: str
) -> None:
    response = await post(client, "{ __typename }", accept=accept)
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


async def test_without_an_accept_header_the_answer_is_plain_json(client: httpx.AsyncClient) -> None:
    request = client.build_request("POST", "/graphql", json={"query": "{ __typename }"})
    del request.headers["accept"]
    response = await client.send(request)
    assert response.headers["content-type"] == f"{JSON}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "application/json;q=0"])
async def test_a_client_that_takes_neither_media_type_is_refused(
    client: httpx.AsyncClient, accept: str
) -> None:
    response = await post(client, "{ __typename }", accept=accept)
    assert (response.status_code, codes_of(response)) == (406, ["BAD_USER_INPUT"])


@pytest.mark.parametrize("query", ["{ __typename }", "{", "{ nothing }"])
async def test_no_answer_may_be_kept_or_guessed_at(client: httpx.AsyncClient, query: str) -> None:
    headers = (await post(client, query)).headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


# ---------------------------------------------------------------- the status


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
async def test_an_operation_that_was_executed_is_answered_with_200(
    client: httpx.AsyncClient, media_type: str
) -> None:
    response = await post(client, "{ __typename }", accept=media_type)
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
async def test_a_field_that_fails_leaves_the_status_at_200_and_the_data_in_place(
    client: httpx.AsyncClient, media_type: str
) -> None:
    response = await post(client, "{ projects(first: 0) { totalCount } __typename }", accept=media_type)
    assert response.status_code == 200
    assert response.json()["data"] == {"projects": None, "__typename": "Query"}


NOT_EXECUTED: dict[str, dict[str, Any]] = {
    "a syntax error": {"query": "{"},
    "a document too deep to parse": {"query": "{ a" * 5000},
    "an unknown field": {"query": "{ nothing }"},
    "an unknown variable": {"query": "query { node(id: $id) { id } }"},
    "a definition that is no operation": {"query": "{ __typename } type A { b: Int }"},
    "no operation at all": {"query": "fragment F on Query { __typename }"},
    "a subscription": {"query": "subscription { __typename }"},
    "several operations, none named": {"query": "query A { __typename } query B { __typename }"},
    "an unknown operation": {"query": "query A { __typename }", "operationName": "B"},
    "a missing variable": {"query": "query ($id: ID!) { node(id: $id) { id } }"},
    "a variable that is null": {
        "query": "query ($id: ID!) { node(id: $id) { id } }",
        "variables": {"id": None},
    },
    "a variable of another type": {
        "query": "query ($first: Int) { projects(first: $first) { totalCount } }",
        "variables": {"first": "many"},
    },
    "a variable with a field too many": {"query": ADD, "variables": {"input": {"nothing": 1}}},
}


@pytest.mark.parametrize(("media_type", "status"), [(GRAPHQL_RESPONSE, 400), (JSON, 200)])
@pytest.mark.parametrize("request_", NOT_EXECUTED.values(), ids=NOT_EXECUTED)
async def test_what_cannot_be_executed_is_a_400_unless_the_client_takes_json_only(
    client: httpx.AsyncClient, request_: dict[str, Any], media_type: str, status: int
) -> None:
    assert (await post(client, accept=media_type, **request_)).status_code == status


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@pytest.mark.parametrize("request_", NOT_EXECUTED.values(), ids=NOT_EXECUTED)
async def test_what_cannot_be_executed_has_no_data_entry(
    client: httpx.AsyncClient, request_: dict[str, Any], media_type: str
) -> None:
    assert list((await post(client, accept=media_type, **request_)).json()) == ["errors"]


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
async def test_what_is_no_request_is_a_400_for_every_client(
    client: httpx.AsyncClient, media_type: str
) -> None:
    response = await client.post("/graphql", json={"variables": {}}, headers={"Accept": media_type})
    assert response.status_code == 400


# ---------------------------------------------------------------- mutations


async def test_a_mutation_may_be_posted(client: httpx.AsyncClient) -> None:
    assert (await post(client, REMOVE)).json() == {"data": {"removeMember": {"outcome": "REFUSED"}}}


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@pytest.mark.parametrize(
    "parameters",
    [
        {"query": REMOVE},
        {"query": "query A { __typename } " + REMOVE.replace("mutation", "mutation B"), "operationName": "B"},
    ],
    ids=["alone", "beside a query"],
)
async def test_a_mutation_is_never_executed_by_get(
    client: httpx.AsyncClient, parameters: dict[str, str], media_type: str
) -> None:
    response = await get(client, accept=media_type, **parameters)
    assert (response.status_code, response.headers["allow"], "data" in response.json()) == (
        405,
        "POST",
        False,
    )


async def test_a_query_beside_a_mutation_may_be_had_by_get(client: httpx.AsyncClient) -> None:
    document = "query A { __typename } " + REMOVE.replace("mutation", "mutation B")
    response = await get(client, query=document, operationName="A")
    assert response.json() == {"data": {"__typename": "Query"}}


# ---------------------------------------------------------------- which operation


@pytest.mark.parametrize("name", [None, "", "A"])
async def test_the_only_operation_needs_no_name(client: httpx.AsyncClient, name: str | None) -> None:
    response = await post(client, "query A { a: __typename }", operationName=name)
    assert response.json() == {"data": {"a": "Query"}}


@pytest.mark.parametrize(("name", "field"), [("A", "a"), ("B", "b")])
async def test_of_several_operations_the_named_one_is_executed(
    client: httpx.AsyncClient, name: str, field: str
) -> None:
    document = "query A { a: __typename } query B { b: __typename }"
    response = await post(client, document, operationName=name)
    assert response.json() == {"data": {field: "Query"}}


@pytest.mark.parametrize("name", [None, "C", "a"])
async def test_of_several_operations_one_must_be_named(client: httpx.AsyncClient, name: str | None) -> None:
    document = "query A { a: __typename } query B { b: __typename }"
    [error] = (await post(client, document, operationName=name)).json()["errors"]
    assert "`operationName`" in error["message"]


# ---------------------------------------------------------------- codes


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ a" * 5000, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ node { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ projects(first: many) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ projects(first: 0) { totalCount } }", "BAD_USER_INPUT"),
        ("{ projects(first: 201) { totalCount } }", "BAD_USER_INPUT"),
        ('{ projects(after: "x") { totalCount } }', "BAD_USER_INPUT"),
        ("query ($id: ID!) { node(id: $id) { id } }", "BAD_USER_INPUT"),
    ],
)
async def test_an_error_has_a_code(client: httpx.AsyncClient, query: str, code: str) -> None:
    assert codes_of(await post(client, query)) == [code]


async def test_a_variable_that_turns_out_null_too_late_is_the_callers_mistake(
    client: httpx.AsyncClient,
) -> None:
    """A default makes `$id` good enough for validation; given as null it is not."""
    query = 'query ($id: ID = "none") { node(id: $id) { id } }'
    assert codes_of(await post(client, query, variables={"id": None})) == ["BAD_USER_INPUT"]


# ---------------------------------------------------------------- the explorer


async def test_a_browser_gets_the_explorer(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql", headers={"Accept": CHROMIUM})
    assert response.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("accept", ["*/*", JSON, GRAPHQL_RESPONSE, f"text/html;q=0.5, {JSON}"])
async def test_another_client_gets_no_explorer(client: httpx.AsyncClient, accept: str) -> None:
    assert (await get(client, accept=accept)).status_code == 400


async def test_a_query_in_a_link_is_not_run_for_a_browser(client: httpx.AsyncClient) -> None:
    response = await get(client, accept=CHROMIUM, query="{ __typename }")
    assert (response.status_code, codes_of(response)) == (403, ["FORBIDDEN"])


async def test_a_browser_that_posts_gets_its_answer(client: httpx.AsyncClient) -> None:
    assert (await post(client, "{ __typename }", accept=CHROMIUM)).status_code == 200


@pytest.mark.parametrize("variables", [{"GATEWAY_EXPLORER": "false"}])
async def test_a_browser_gets_no_explorer_where_it_is_turned_off(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql", headers={"Accept": CHROMIUM})
    assert (response.status_code, codes_of(response)) == (400, ["BAD_USER_INPUT"])
