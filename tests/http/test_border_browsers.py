"""What browsers are told, and what a foreign page cannot have them do."""

from typing import Any

import httpx
import pytest

from tests.http.asking import persisted, sha256

pytestmark = pytest.mark.anyio

OURS = "https://app.example.org"
LOCAL = "http://localhost:3000"
FOREIGN = [
    "https://elsewhere.example",
    "http://app.example.org",
    "https://app.example.org:8443",
    "https://app.example.org.elsewhere.example",
    "https://xapp.example.org",
    "https://APP.example.org",
    "null",
    "*",
]
QUESTION = "{ platforms { key } }"
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture
def variables() -> dict[str, str]:
    return {"GATEWAY_CORS__ORIGINS": f"{OURS}, {LOCAL}", "GATEWAY_LIMITS__BODY_BYTES": "1000"}


async def preflight(
    client: httpx.AsyncClient, origin: str, *, method: str = "POST", headers: str = ""
) -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = headers
    return await client.options("/graphql", headers=asked)


def allows(response: httpx.Response) -> dict[str, str]:
    """What another site's page is allowed."""
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


# ---------------------------------------------------------------- other sites' pages


@pytest.mark.parametrize("origin", [OURS, LOCAL])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_page_of_an_allowed_site_may_ask(client: httpx.AsyncClient, origin: str, method: str) -> None:
    response = await preflight(client, origin, method=method, headers="content-type, authorization")
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, origin)


@pytest.mark.parametrize(
    "name",
    [
        "Content-Type",
        "Authorization",
        "Apollo-Require-Preflight",
        "X-Requested-With",
        "X-Request-ID",
        "X-QuantConnect-User-Id",
        "X-QuantConnect-Token",
        "X-Testomato-Token",
    ],
)
async def test_a_page_of_an_allowed_site_may_send_what_clients_send(
    client: httpx.AsyncClient, name: str
) -> None:
    response = await preflight(client, OURS, headers=name.lower())
    allowed = response.headers["access-control-allow-headers"].lower().split(", ")
    assert (response.status_code, name.lower() in allowed) == (200, True)


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_page_of_another_site_may_not_ask(client: httpx.AsyncClient, origin: str) -> None:
    response = await preflight(client, origin, headers="content-type")
    assert (response.status_code, "access-control-allow-origin" in response.headers) == (400, False)


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
async def test_no_page_may_ask_with_another_method(client: httpx.AsyncClient, method: str) -> None:
    assert (await preflight(client, OURS, method=method)).status_code == 400


async def test_no_page_may_send_a_header_that_means_nothing_here(client: httpx.AsyncClient) -> None:
    assert (await preflight(client, OURS, headers="x-forwarded-for")).status_code == 400


async def test_a_page_of_an_allowed_site_sees_the_answer_and_what_belongs_to_it(
    client: httpx.AsyncClient,
) -> None:
    response = await client.post("/graphql", json={"query": QUESTION}, headers={"Origin": OURS})
    assert response.status_code == 200
    assert allows(response) == {
        "access-control-allow-origin": OURS,
        "access-control-expose-headers": "ETag, Retry-After, X-Request-ID",
    }


@pytest.mark.parametrize(
    ("body", "status"), [({"query": "{ nothing }"}, 400), ({"query": "x" * 2_000}, 413), ({}, 400)]
)
async def test_a_page_of_an_allowed_site_sees_why_it_was_refused(
    client: httpx.AsyncClient, body: dict[str, str], status: int
) -> None:
    response = await client.post("/graphql", json=body, headers={"Origin": OURS})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (status, OURS)


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_page_of_another_site_sees_no_answer(client: httpx.AsyncClient, origin: str) -> None:
    response = await client.post("/graphql", json={"query": QUESTION}, headers={"Origin": origin})
    assert "access-control-allow-origin" not in response.headers


async def test_no_page_may_use_a_visitor_s_cookies(client: httpx.AsyncClient) -> None:
    answers = [
        await preflight(client, OURS),
        await client.post("/graphql", json={"query": QUESTION}, headers={"Origin": OURS, "Cookie": "a=b"}),
    ]
    assert not [answer for answer in answers if "access-control-allow-credentials" in answer.headers]


async def test_a_cache_is_told_that_answers_differ_by_origin(client: httpx.AsyncClient) -> None:
    response = await client.post("/graphql", json={"query": QUESTION}, headers={"Origin": OURS})
    assert "Origin" in response.headers["vary"]


@pytest.mark.parametrize("variables", [{}], ids=["no site is allowed"])
@pytest.mark.parametrize("origin", [OURS, *FOREIGN])
async def test_without_the_setting_no_other_site_s_page_may_ask(
    client: httpx.AsyncClient, origin: str
) -> None:
    answers = [
        await preflight(client, origin),
        await client.post("/graphql", json={"query": QUESTION}, headers={"Origin": origin}),
    ]
    assert [allows(answer) for answer in answers] == [{}, {}]


# ---------------------------------------------------------------- headers on every answer


@pytest.mark.parametrize(
    ("method", "url", "given", "status"),
    [
        ("POST", "/graphql", {"json": {"query": QUESTION}}, 200),
        ("POST", "/graphql", {"json": {"query": "{"}}, 400),
        ("POST", "/graphql", {"content": b"{"}, 415),
        ("POST", "/graphql", {"content": b"x" * 1_001}, 413),
        ("GET", "/graphql", {"params": {"query": QUESTION}, "headers": {"Accept": "*/*"}}, 403),
        ("POST", "/graphql", {"json": {}, "headers": {"Accept": "text/csv"}}, 406),
        ("DELETE", "/graphql", {}, 405),
        ("POST", "/graphql", {"json": {"documentId": "x"}}, 404),
        ("GET", "/nothing", {}, 404),
        ("POST", "/livez", {}, 405),
        ("GET", "/livez", {}, 200),
        ("GET", "/readyz", {}, 200),
        ("GET", "/metrics", {}, 200),
        ("OPTIONS", "/graphql", {"headers": {"Origin": OURS, "Access-Control-Request-Method": "POST"}}, 200),
        ("OPTIONS", "/graphql", {"headers": {"Origin": "x", "Access-Control-Request-Method": "POST"}}, 400),
    ],
)
async def test_every_answer_tells_browsers_not_to_run_frame_or_guess(
    client: httpx.AsyncClient, method: str, url: str, given: dict[str, Any], status: int
) -> None:
    response = await client.request(method, url, **given)
    headers = response.headers
    assert (response.status_code, headers["content-security-policy"], headers["x-frame-options"]) == (
        status,
        "default-src 'none'; frame-ancestors 'none'",
        "DENY",
    )
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


async def test_the_explorer_s_page_keeps_its_own_policy_and_is_not_framed_either(
    client: httpx.AsyncClient,
) -> None:
    headers = (await client.get("/graphql", headers={"Accept": CHROMIUM})).headers
    assert headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["referrer-policy"], headers["x-frame-options"]) == ("same-origin", "DENY")


@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-Proto": "https"}], ids=["plain", "said to be TLS"])
async def test_nothing_is_said_of_tls_where_there_is_none(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    response = await client.get("/livez", headers=headers)
    assert "strict-transport-security" not in response.headers


# ---------------------------------------------------------------- what a link can have sent


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": QUESTION},
        {"documentId": sha256(QUESTION)},
        {"extensions": str(persisted(sha256(QUESTION))).replace("'", '"')},
        {"query": ""},
    ],
    ids=["text", "id", "hash", "nothing"],
)
@pytest.mark.parametrize(
    "accept", ["*/*", CHROMIUM, "text/html", "image/avif,image/webp,*/*;q=0.8", "text/event-stream"]
)
async def test_a_get_as_a_link_a_form_or_an_image_sends_it_is_refused(
    client: httpx.AsyncClient, parameters: dict[str, str], accept: str
) -> None:
    response = await client.get("/graphql", params=parameters, headers={"Accept": accept})
    assert response.status_code == 403
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["FORBIDDEN"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "application/json"},
        {"Accept": "application/graphql-response+json; charset=utf-8, */*;q=0.1"},
        {"Accept": "*/*", "Apollo-Require-Preflight": ""},
        {"Accept": "*/*", "X-Requested-With": "XMLHttpRequest"},
    ],
    ids=["JSON", "newer JSON", "Apollo's header", "the old header"],
)
async def test_a_get_as_only_a_program_sends_it_is_answered(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    response = await client.get("/graphql", params={"query": QUESTION}, headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_post_as_a_form_sends_it_makes_no_change(client: httpx.AsyncClient, media_type: str) -> None:
    body = b'{"query": "mutation { removeMember(input: {memberId: \\"none\\"}) { outcome } }"}'
    response = await client.post("/graphql", content=body, headers={"Content-Type": media_type})
    assert (response.status_code, "data" in response.json()) == (415, False)
