"""Trusted documents and automatic persisted queries through a served gateway, by POST and by GET."""

import json
from pathlib import Path
from typing import Literal, Protocol

import httpx
import pytest

from tests.http.asking import persisted, sha1, sha256

pytestmark = pytest.mark.anyio

TRUSTED = "query Platforms { platforms { key } }"
TRUSTED_WITH_VARIABLES = "query Nodes($ids: [ID!]!) { nodes(ids: $ids) { id } }"
TRUSTED_CHANGE = "mutation Remove($id: ID!) { removeMember(input: {memberId: $id}) { outcome } }"
OTHER = "query Names { platforms { name } }"
OTHER_CHANGE = 'mutation { removeMember(input: {memberId: "other"}) { outcome } }'
KEYS = {"data": {"platforms": [{"key": "QUANTCONNECT"}, {"key": "TESTOMATO"}]}}

Method = Literal["GET", "POST"]
by_either_method = pytest.mark.parametrize("method", ["GET", "POST"])


class Ask(Protocol):
    """Sends parameters of a request as GraphQL over HTTP has them."""

    async def __call__(self, method: Method, **parameters: object) -> httpx.Response: ...


@pytest.fixture
def mode() -> str:
    return "enforce"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Of trusted documents; one stands under its SHA-1, as GraphQL Code Generator writes by default."""
    path = tmp_path / "documents.json"
    documents = {
        sha256(TRUSTED): TRUSTED,
        f"sha256:{sha256(TRUSTED_WITH_VARIABLES)}": TRUSTED_WITH_VARIABLES,
        sha1(TRUSTED_CHANGE): TRUSTED_CHANGE,
    }
    path.write_text(json.dumps(documents))
    return path


@pytest.fixture
def variables(file: Path, mode: str) -> dict[str, str]:
    return {"GATEWAY_DOCUMENTS__FILE": str(file), "GATEWAY_DOCUMENTS__MODE": mode}


@pytest.fixture
def ask(client: httpx.AsyncClient) -> Ask:
    async def ask(method: Method, **parameters: object) -> httpx.Response:
        if method == "POST":
            return await client.post("/graphql", json=parameters)
        texts = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()
        }
        return await client.get("/graphql", params=texts)

    return ask


def refusal(response: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal, which repeats nothing."""
    body = response.json()
    [error] = body.pop("errors")
    assert (body, "Names" in response.text, sha256(OTHER) in response.text) == ({}, False, False)
    return response.status_code, error["extensions"]["code"]


in_either_mode = pytest.mark.parametrize("mode", ["enforce", "allow"])

# ---------------------------------------------------------------- trusted documents


@in_either_mode
@by_either_method
@pytest.mark.parametrize(
    "parameters",
    [
        {"documentId": f"sha256:{sha256(TRUSTED)}"},
        {"documentId": sha256(TRUSTED)},
        {"documentId": f"sha256:{sha256(TRUSTED)}", "query": ""},
        {"extensions": persisted(sha256(TRUSTED))},
        {"extensions": persisted(sha256(TRUSTED)), "query": TRUSTED},
        {"query": TRUSTED},
    ],
    ids=["id", "bare id", "id and blank text", "hash", "hash and text", "text"],
)
async def test_a_trusted_document_is_run_however_it_is_named(
    ask: Ask, method: Method, parameters: dict[str, object]
) -> None:
    response = await ask(method, **parameters)
    assert (response.status_code, response.json()) == (200, KEYS)


@by_either_method
async def test_a_trusted_document_takes_variables_and_the_name_of_its_operation(
    ask: Ask, method: Method
) -> None:
    response = await ask(
        method,
        documentId=f"sha256:{sha256(TRUSTED_WITH_VARIABLES)}",
        variables={"ids": ["x", "y"]},
        operationName="Nodes",
    )
    assert response.json() == {"data": {"nodes": [None, None]}}


@pytest.mark.parametrize("name", [sha1(TRUSTED_CHANGE), sha256(TRUSTED_CHANGE)])
async def test_a_trusted_change_may_be_posted(ask: Ask, name: str) -> None:
    response = await ask("POST", documentId=name, variables={"id": "none"})
    assert response.json() == {"data": {"removeMember": {"outcome": "REFUSED"}}}


@in_either_mode
@pytest.mark.parametrize(
    "parameters",
    [
        {"documentId": sha1(TRUSTED_CHANGE)},
        {"extensions": persisted(sha256(TRUSTED_CHANGE))},
        {"query": TRUSTED_CHANGE},
    ],
    ids=["id", "hash", "text"],
)
async def test_no_change_is_made_by_get_however_trusted(ask: Ask, parameters: dict[str, object]) -> None:
    response = await ask("GET", **parameters, variables={"id": "none"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert "data" not in response.json()


@by_either_method
@pytest.mark.parametrize(
    "parameters",
    [
        {"query": OTHER},
        {"query": f" {TRUSTED}"},
        {"query": f"{TRUSTED} {OTHER}", "operationName": "Platforms"},
        {"extensions": persisted(sha256(OTHER)), "query": OTHER},
        {"extensions": persisted(sha256(OTHER))},
        {"documentId": sha256(OTHER)},
        {"documentId": "Platforms"},
    ],
    ids=["text", "a blank more", "a document more", "hash and text", "hash", "id", "a name"],
)
async def test_nothing_but_trusted_documents_is_run_where_they_are_enforced(
    ask: Ask, method: Method, parameters: dict[str, object]
) -> None:
    assert refusal(await ask(method, **parameters)) == (403, "DOCUMENT_NOT_TRUSTED")


async def test_nothing_is_remembered_where_trusted_documents_are_enforced(ask: Ask) -> None:
    await ask("POST", extensions=persisted(sha256(OTHER)), query=OTHER)
    assert refusal(await ask("POST", extensions=persisted(sha256(OTHER)))) == (403, "DOCUMENT_NOT_TRUSTED")


@by_either_method
@pytest.mark.parametrize(
    "parameters",
    [
        {"extensions": persisted(sha256(TRUSTED)), "query": OTHER},
        {"documentId": sha256(TRUSTED), "query": OTHER},
        {"documentId": sha256(TRUSTED), "extensions": persisted(sha256(TRUSTED))},
    ],
    ids=["another text under its hash", "id and another text", "id and hash"],
)
async def test_a_trusted_name_lends_its_trust_to_nothing_else(
    ask: Ask, method: Method, parameters: dict[str, object]
) -> None:
    assert refusal(await ask(method, **parameters)) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("mode", ["allow"])
@by_either_method
async def test_other_documents_are_run_beside_trusted_ones_where_that_is_allowed(
    ask: Ask, method: Method
) -> None:
    assert (await ask(method, query=OTHER)).status_code == 200


@pytest.mark.parametrize("mode", ["allow"])
@by_either_method
async def test_an_id_that_no_document_has_is_not_found(ask: Ask, method: Method) -> None:
    assert refusal(await ask(method, documentId=sha256(OTHER))) == (404, "DOCUMENT_NOT_FOUND")


# ---------------------------------------------------------------- automatic persisted queries

without_file = pytest.mark.parametrize("variables", [{}], ids=["no file"])


@without_file
@by_either_method
async def test_a_hash_that_is_not_known_is_registered_with_its_text(ask: Ask, method: Method) -> None:
    """The three steps of a client: by the hash alone, with the text, by the hash alone."""
    named = persisted(sha256(OTHER))
    unknown = await ask(method, extensions=named)
    assert refusal(unknown) == (404, "PERSISTED_QUERY_NOT_FOUND")
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    answers = [await ask(method, extensions=named, query=OTHER), await ask(method, extensions=named)]
    assert [len(answer.json()["data"]["platforms"]) for answer in answers] == [2, 2]


@without_file
async def test_what_was_registered_by_post_is_found_by_get(ask: Ask) -> None:
    await ask("POST", extensions=persisted(sha256(OTHER)), query=OTHER)
    assert (await ask("GET", extensions=persisted(sha256(OTHER)))).status_code == 200


@without_file
async def test_a_client_that_reads_no_body_of_a_404_is_told_with_200(client: httpx.AsyncClient) -> None:
    client.headers["Accept"] = "application/json"
    response = await client.post("/graphql", json={"extensions": persisted(sha256(OTHER))})
    assert refusal(response) == (200, "PERSISTED_QUERY_NOT_FOUND")


@without_file
@by_either_method
async def test_a_text_under_a_hash_that_is_not_its_own_is_neither_run_nor_remembered(
    ask: Ask, method: Method
) -> None:
    wrong = persisted(sha256(TRUSTED))
    assert refusal(await ask(method, extensions=wrong, query=OTHER)) == (400, "BAD_USER_INPUT")
    assert refusal(await ask(method, extensions=wrong)) == (404, "PERSISTED_QUERY_NOT_FOUND")


@without_file
async def test_a_registered_change_is_not_made_by_get(ask: Ask) -> None:
    named = persisted(sha256(OTHER_CHANGE))
    registered = await ask("POST", extensions=named, query=OTHER_CHANGE)
    assert (registered.status_code, (await ask("GET", extensions=named)).status_code) == (200, 405)


@without_file
@pytest.mark.parametrize(
    "text", ["{", "{ nothing }", "{ __typename " * 25], ids=["cut off", "unknown", "deep"]
)
async def test_a_document_that_is_refused_is_not_remembered(ask: Ask, text: str) -> None:
    named = persisted(sha256(text))
    assert (await ask("POST", extensions=named, query=text)).status_code == 400
    assert refusal(await ask("POST", extensions=named)) == (404, "PERSISTED_QUERY_NOT_FOUND")


@pytest.mark.parametrize("variables", [{"GATEWAY_DOCUMENTS__AUTOMATIC": "false"}], ids=["turned off"])
@by_either_method
async def test_a_gateway_that_remembers_nothing_says_so(ask: Ask, method: Method) -> None:
    named = persisted(sha256(OTHER))
    assert refusal(await ask(method, extensions=named)) == (404, "PERSISTED_QUERY_NOT_SUPPORTED")
    assert (await ask(method, extensions=named, query=OTHER)).status_code == 200
    assert refusal(await ask(method, extensions=named)) == (404, "PERSISTED_QUERY_NOT_SUPPORTED")
