"""gateway/http/request.py: GraphQL over HTTP, Request.

https://graphql.github.io/graphql-over-http/draft/#sec-Request
"""

import json
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

GRAPHQL_RESPONSE = "application/graphql-response+json"
TYPENAME = {"data": {"__typename": "Query"}}
SECRET = "mara at example"


async def post(
    client: httpx.AsyncClient, body: object, *, content_type: str | None = "application/json", **headers: str
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    if content_type is not None:
        headers["Content-Type"] = content_type
    return await client.post("/graphql", content=content, headers={"Accept": GRAPHQL_RESPONSE, **headers})


async def get(client: httpx.AsyncClient, **parameters: str) -> httpx.Response:
    return await client.get("/graphql", params=parameters, headers={"Accept": GRAPHQL_RESPONSE})


def message_of(response: httpx.Response) -> str:
    """The one message of a refusal, which must be well-formed."""
    answer: dict[str, Any] = response.json()
    [error] = answer.pop("errors")
    assert (answer, error["extensions"]["code"]) == ({}, "BAD_USER_INPUT")
    message: str = error["message"]
    return message


# ---------------------------------------------------------------- the body's media type


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json; charset=utf8",
        "Application/JSON",
    ],
)
async def test_json_in_utf_8_is_taken(client: httpx.AsyncClient, content_type: str) -> None:
    response = await post(client, {"query": "{ __typename }"}, content_type=content_type)
    assert (response.status_code, response.json()) == (200, TYPENAME)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "application/json-patch+json",
    ],
)
async def test_another_media_type_is_not_taken(client: httpx.AsyncClient, content_type: str | None) -> None:
    """The types that a web page may send anywhere without asking are among them."""
    response = await post(client, {"query": "{ __typename }"}, content_type=content_type)
    assert (response.status_code, response.headers["accept"]) == (415, "application/json")


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "utf-7"])
async def test_another_encoding_is_not_taken(client: httpx.AsyncClient, charset: str) -> None:
    body = '{"query": "{ __typename }"}'.encode(charset)
    response = await post(client, body, content_type=f"application/json; charset={charset}")
    assert response.status_code == 415


# ---------------------------------------------------------------- the body


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \n", id="blank"),
        pytest.param(b"{", id="half an object"),
        pytest.param(b'{"query": "{ __typename }"} extra', id="more than an object"),
        pytest.param(b"{'query': '{ __typename }'}", id="no JSON"),
        pytest.param(b'{"query": "\xff"}', id="no UTF-8"),
        pytest.param('{"query": "é"}'.encode("latin-1"), id="Latin-1"),
        pytest.param(b'{"query": "\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'{"a":' * 100_000, id="deep, and cut off"),
        pytest.param(
            b'{"query":"{__typename}","variables":' + b'{"a":' * 5000 + b"1" + b"}" * 5001, id="deep"
        ),
        pytest.param(b'{"query":"{__typename}","x":' + b"[" * 5000 + b"]" * 5000 + b"}", id="deep elsewhere"),
        pytest.param(b'"{ __typename }"', id="text"),
        pytest.param(b"null", id="null"),
        pytest.param(b"1", id="a number"),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    response = await post(client, body)
    assert (response.status_code, bool(message_of(response))) == (400, True)


@pytest.mark.parametrize("body", [b"[]", b'[{"query": "{ __typename }"}]', b' \r\n[{"query": "{a}"}]'])
async def test_a_batch_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    response = await post(client, body)
    assert (response.status_code, message_of(response)[:7]) == (400, "Batches")


@pytest.mark.parametrize(
    "wrong",
    [
        {"query": 1},
        {"query": ["{ __typename }"]},
        {"query": {"kind": "Document"}},
        {"operationName": 1},
        {"operationName": {}},
        {"variables": []},
        {"variables": "{}"},
        {"variables": 1},
        {"extensions": []},
        {"extensions": "{}"},
        {"extensions": False},
    ],
    ids=json.dumps,
)
async def test_a_parameter_of_another_type_is_refused(
    client: httpx.AsyncClient, wrong: dict[str, object]
) -> None:
    response = await post(client, {"query": "{ __typename }", **wrong})
    assert response.status_code == 400
    assert f"`{next(iter(wrong))}`" in message_of(response)


@pytest.mark.parametrize("query", [{}, {"query": None}, {"query": ""}, {"query": " \n"}], ids=json.dumps)
async def test_a_request_without_a_document_is_refused(
    client: httpx.AsyncClient, query: dict[str, object]
) -> None:
    response = await post(client, query)
    assert response.status_code == 400
    assert "`query` is missing" in message_of(response)


@pytest.mark.parametrize("name", ["operationName", "variables", "extensions"])
async def test_a_parameter_that_is_null_is_absent(client: httpx.AsyncClient, name: str) -> None:
    response = await post(client, {"query": "{ __typename }", name: None})
    assert response.json() == TYPENAME


@pytest.mark.parametrize("extra", [{"extensions": {"a": [1]}}, {"id": 1}], ids=json.dumps)
async def test_what_means_nothing_here_is_left_aside(
    client: httpx.AsyncClient, extra: dict[str, object]
) -> None:
    response = await post(client, {"query": "{ __typename }", **extra})
    assert response.json() == TYPENAME


@pytest.mark.parametrize(
    "body",
    [
        f"{SECRET}".encode(),
        f'{{"query": ["{SECRET}"]}}'.encode(),
        f'{{"query": "{{a}}", "variables": "{SECRET}"}}'.encode(),
        f'{{"query": "{{a}}", "{SECRET}": '.encode(),
    ],
)
async def test_a_refusal_does_not_quote_the_request(client: httpx.AsyncClient, body: bytes) -> None:
    response = await post(client, body)
    assert (response.status_code, SECRET in response.text) == (400, False)


# ---------------------------------------------------------------- GET


async def test_a_query_may_come_in_the_query_string(client: httpx.AsyncClient) -> None:
    response = await get(client, query="{ __typename }")
    assert (response.status_code, response.json()) == (200, TYPENAME)


async def test_variables_in_the_query_string_are_json(client: httpx.AsyncClient) -> None:
    query = "query ($id: ID!) { node(id: $id) { id } }"
    response = await get(client, query=query, variables='{"id": "none"}', extensions="{}")
    assert response.json() == {"data": {"node": None}}


async def test_the_operation_may_be_named_in_the_query_string(client: httpx.AsyncClient) -> None:
    response = await get(
        client, query="query A { a: __typename } query B { b: __typename }", operationName="B"
    )
    assert response.json() == {"data": {"b": "Query"}}


@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize("value", ["{", "[]", "1", '"{}"', "{'a': 1}", '{"a":' * 5000, SECRET])
async def test_a_malformed_parameter_in_the_query_string_is_refused(
    client: httpx.AsyncClient, name: str, value: str
) -> None:
    response = await get(client, query="{ __typename }", **{name: value})
    assert response.status_code == 400
    assert message_of(response) == f"The parameter `{name}` must be a JSON object."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("variables", ""),
        ("variables", "null"),
        ("extensions", ""),
        ("extensions", "null"),
        ("operationName", ""),
    ],
)
async def test_an_empty_parameter_in_the_query_string_is_absent(
    client: httpx.AsyncClient, name: str, value: str
) -> None:
    response = await get(client, query="{ __typename }", **{name: value})
    assert response.json() == TYPENAME


@pytest.mark.parametrize(
    "parameters", [{}, {"query": ""}, {"query": " "}, {"variables": "{}"}], ids=json.dumps
)
async def test_a_query_string_without_a_document_is_refused(
    client: httpx.AsyncClient, parameters: dict[str, str]
) -> None:
    response = await get(client, **parameters)
    assert response.status_code == 400
    assert "`query` is missing" in message_of(response)


# ---------------------------------------------------------------- other methods


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "QUERY"])
async def test_only_get_and_post_are_taken(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql", params={"query": "{ __typename }"})
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")
