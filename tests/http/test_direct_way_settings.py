"""gateway/http/direct.py: whatever the gateway is told, a request's answer is the same on both ways."""

import json
from pathlib import Path

import pytest

from gateway.domain.caller import Scope
from gateway.http.authentication.api_keys import new_key
from tests.http.asking import persisted, sha256
from tests.http.operations_asked import EVERY_KIND, GRAPHQL, JSON, QUESTION, REMOVE, ask, post
from tests.http.two_ways import two_ways
from tests.wire import Answer, chunked

pytestmark = pytest.mark.anyio

LIMIT_BYTES = 200
OURS = "https://app.example.org"
INTROSPECTION = "{ __schema { types { name } } }"
NEARLY = "{ platform { key } }"  # for which a field would be suggested
TWENTY = "{ " + " ".join(f"a{n}: platforms {{ key }}" for n in range(20)) + " }"


async def on_both(variables: dict[str, str], sent: bytes) -> tuple[Answer, int]:
    """The answer, which must be the same, to what goes so often through ASGI on the direct way."""
    async with two_ways(variables) as (direct, through_asgi):
        answer = await direct.ask(sent)
        assert answer == await through_asgi.ask(sent)
        assert await direct.figures() == await through_asgi.figures()
        return answer, direct.app.operations


# ---------------------------------------------------------------- limits


def of_length(length: int) -> bytes:
    """A body of so many bytes."""
    body = json.dumps({"query": QUESTION}).encode()
    return body + b" " * (length - len(body))


@pytest.mark.parametrize(
    ("length", "expected"),
    [(LIMIT_BYTES - 1, (200, 0)), (LIMIT_BYTES, (200, 0)), (LIMIT_BYTES + 1, (413, 1)), (70_000, (413, 1))],
)
@pytest.mark.parametrize("told", ["before", "in chunks"])
async def test_a_body_may_be_as_long_as_the_limit(length: int, expected: tuple[int, int], told: str) -> None:
    body = of_length(length)
    sent = chunked(body, fields=(JSON, GRAPHQL)) if told == "in chunks" else post(body)
    answer, through_asgi = await on_both({"GATEWAY_LIMITS__BODY_BYTES": str(LIMIT_BYTES)}, sent)
    assert (answer.status, through_asgi) == expected


@pytest.mark.parametrize("length", [64 * 1024, 64 * 1024 + 1, 1024 * 1024, 1024 * 1024 + 1])
async def test_a_long_body_is_answered_the_same_either_way(length: int) -> None:
    answer, _ = await on_both({}, post(of_length(length)))
    assert answer.status == (200 if length <= 1024 * 1024 else 413)


@pytest.mark.parametrize(
    "variables",
    [
        {"GATEWAY_LIMITS__ALIASES": "3"},
        {"GATEWAY_LIMITS__COST": "3"},
        {"GATEWAY_LIMITS__DOCUMENT_BYTES": "30"},
        {"GATEWAY_LIMITS__TOKENS": "10"},
        {"GATEWAY_LIMITS__ROOT_FIELDS": "3"},
    ],
    ids=str,
)
async def test_what_is_too_complex_is_refused_the_same_either_way(variables: dict[str, str]) -> None:
    answer, through_asgi = await on_both({"GATEWAY_LIMITS__ALIASES": "30", **variables}, ask(TWENTY))
    assert (answer.status, b"TOO_COMPLEX" in answer.body, through_asgi) == (400, True, 0)


@pytest.mark.parametrize("points", ["1", "1000"])
@pytest.mark.parametrize("query", [QUESTION, "{ nothing }", "{", INTROSPECTION])
async def test_where_points_are_counted_requests_go_through_asgi(points: str, query: str) -> None:
    _, through_asgi = await on_both({"GATEWAY_LIMITS__POINTS_PER_MINUTE": points}, ask(query))
    assert through_asgi == 1


async def test_points_are_taken_once_either_way() -> None:
    async with two_ways({"GATEWAY_LIMITS__POINTS_PER_MINUTE": "3"}) as ways:
        direct, through_asgi = [
            [(await way.ask(ask("{ __typename }"))).status for _ in range(6)] for way in ways
        ]
    assert (direct, direct[-1]) == (through_asgi, 429)


# ---------------------------------------------------------------- who may call


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


@pytest.fixture
def with_keys(keys_file: Path) -> dict[str, str]:
    return {"GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": str(keys_file)}


@pytest.mark.parametrize("scopes", [[], [Scope.MEMBERS_READ], list(Scope)], ids=["none", "one", "all"])
@pytest.mark.parametrize("query", [QUESTION, REMOVE, INTROSPECTION, "{ nothing }"])
@pytest.mark.parametrize("profile", ["development", "production"])
async def test_the_holder_of_a_key_is_answered_the_same_either_way(
    keys_file: Path, with_keys: dict[str, str], scopes: list[Scope], query: str, profile: str
) -> None:
    key = new_key(keys_file, name="one", scopes=scopes)
    sent = ask(query, JSON, GRAPHQL, f"Authorization: Bearer {key}")
    answer, through_asgi = await on_both({**with_keys, "GATEWAY_PROFILE": profile}, sent)
    assert (answer.status in {200, 400}, through_asgi) == (True, 0)


@pytest.mark.parametrize(
    "fields",
    [
        [],
        ["Authorization: "],
        ["Authorization: Bearer"],
        ["Authorization: Bearer x"],
        [f"Authorization: Bearer ag_one_{'A' * 43}"],
        ["Authorization: Basic YTpi"],
        ["Accept: text/csv"],
    ],
    ids=str,
)
@pytest.mark.parametrize("accept", [GRAPHQL, "Accept: application/json"])
async def test_a_stranger_is_refused_the_same_either_way(
    keys_file: Path, with_keys: dict[str, str], fields: list[str], accept: str
) -> None:
    new_key(keys_file, name="one", scopes=Scope)
    answer, through_asgi = await on_both(with_keys, ask(QUESTION, JSON, *(fields or ["X-Some: x"]), accept))
    assert (answer.status in {401, 406}, b"data" in answer.body, through_asgi) == (True, False, 0)


@pytest.mark.parametrize("sent", EVERY_KIND.values(), ids=EVERY_KIND.keys())
async def test_a_stranger_learns_the_same_either_way(
    keys_file: Path, with_keys: dict[str, str], sent: bytes
) -> None:
    new_key(keys_file, name="one", scopes=Scope)
    async with two_ways(with_keys) as (direct, through_asgi):
        assert await direct.ask(sent) == await through_asgi.ask(sent)


@pytest.mark.parametrize(
    "query", [QUESTION, INTROSPECTION, NEARLY, "{ projects(first: true) { nodes { x } } }"]
)
async def test_in_production_the_schema_is_as_secret_either_way(query: str) -> None:
    answer, through_asgi = await on_both({"GATEWAY_PROFILE": "production"}, ask(query))
    assert (b"Did you mean" in answer.body, through_asgi) == (False, 0)


# ---------------------------------------------------------------- documents


@pytest.mark.parametrize("mode", ["enforce", "allow"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"query": QUESTION},
        {"query": REMOVE},
        {"documentId": sha256(QUESTION)},
        {"documentId": sha256(REMOVE)},
        {"extensions": persisted(sha256(QUESTION))},
        {"extensions": persisted(sha256(REMOVE))},
        {"extensions": persisted(sha256(REMOVE)), "query": REMOVE},
    ],
    ids=str,
)
async def test_trusted_documents_are_the_same_either_way(
    tmp_path: Path, mode: str, parameters: dict[str, object]
) -> None:
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({sha256(QUESTION): QUESTION}))
    variables = {"GATEWAY_DOCUMENTS__FILE": str(file), "GATEWAY_DOCUMENTS__MODE": mode}
    assert (await on_both(variables, post(parameters)))[1] == 0


@pytest.mark.parametrize("automatic", ["true", "false"])
async def test_a_document_that_was_sent_once_can_be_named_the_same_either_way(automatic: str) -> None:
    named = persisted(sha256(QUESTION))
    sent = [post({"extensions": named}), ask(QUESTION, extensions=named), post({"extensions": named})]
    async with two_ways({"GATEWAY_DOCUMENTS__AUTOMATIC": automatic}) as ways:
        direct, through_asgi = [[await way.ask(one) for one in sent] for way in ways]
    assert direct == through_asgi


async def test_a_document_that_was_sent_on_one_way_can_be_named_on_the_other() -> None:
    named = persisted(sha256(QUESTION))
    first, second = (
        ask(QUESTION, extensions=named),
        post({"extensions": named}, JSON, GRAPHQL, "Expect: 100-continue"),
    )
    async with two_ways() as (direct, _):
        await direct.ask(first)
        assert (await direct.ask(second)).status == 100
        assert ((await direct.connection.answer()).status, direct.app.operations) == (200, 1)


# ---------------------------------------------------------------- other sites' pages, and proxies


@pytest.mark.parametrize(
    ("fields", "through_asgi"),
    [([], 0), ([f"Origin: {OURS}"], 1), (["Origin: https://elsewhere.example"], 1), (["Origin: "], 1)],
    ids=str,
)
@pytest.mark.parametrize("query", [QUESTION, "{ nothing }"])
async def test_a_page_of_another_site_is_answered_the_same_either_way(
    fields: list[str], through_asgi: int, query: str
) -> None:
    variables = {"GATEWAY_CORS__ORIGINS": OURS}
    assert (await on_both(variables, ask(query, JSON, GRAPHQL, *fields)))[1] == through_asgi


@pytest.mark.parametrize("proxies", ["127.0.0.1", "*", "10.0.0.1"])
@pytest.mark.parametrize(
    ("fields", "through_asgi"),
    [
        ([], 0),
        (["X-Forwarded-For: 192.0.2.1"], 1),
        (["X-Forwarded-Proto: https"], 1),
        (["X-FORWARDED-PROTO: https", "x-forwarded-for: 192.0.2.1"], 1),
        (["Forwarded: for=192.0.2.1;proto=https"], 0),
    ],
    ids=str,
)
async def test_what_a_proxy_says_counts_the_same_either_way(
    proxies: str, fields: list[str], through_asgi: int
) -> None:
    sent = ask(QUESTION, JSON, GRAPHQL, *fields)
    assert (await on_both({"GATEWAY_TRUSTED_PROXIES": proxies}, sent))[1] == through_asgi


@pytest.mark.parametrize("client", ["127.0.0.1", "192.0.2.1"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_caller_s_own_credentials_are_taken_the_same_either_way(client: str, scheme: str) -> None:
    variables = {"GATEWAY_TESTOMATO__CREDENTIALS": "caller"}
    fields = [f"X-Forwarded-For: {client}", f"X-Forwarded-Proto: {scheme}", "X-Testomato-Token: s3cret"]
    answer, _ = await on_both(variables, ask(QUESTION, JSON, GRAPHQL, *fields))
    assert answer.status == (400 if (client, scheme) == ("192.0.2.1", "http") else 200)


@pytest.mark.parametrize("fields", [[], ["X-Testomato-Token: s3cret"], ["X-Testomato-Token: "]], ids=str)
async def test_a_caller_s_own_credentials_without_a_proxy_are_taken_the_same_either_way(
    fields: list[str],
) -> None:
    variables = {"GATEWAY_TESTOMATO__CREDENTIALS": "caller"}
    _, through_asgi = await on_both(variables, ask(QUESTION, JSON, GRAPHQL, *fields))
    assert through_asgi == 0
