"""The stand-in knows its callers as Testomato is documented to."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from gateway.platforms.testomato.sandbox import TestomatoSandbox, create_sandbox
from tests.plain_http import NO_TLS

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
EMIL = "emil.kowalczyk@example.com"  # has an account, takes part in nothing
INVITED = "new.writer@example.org"

SEEDED = create_sandbox()
CREDENTIALS = SEEDED.credentials
IDS = {str(project.shown["title"]): project.project_id for project in SEEDED.state.projects.values()}

Json = dict[str, object]


@dataclass(kw_only=True)
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> TestomatoSandbox:
    return create_sandbox(clock=clock)


@pytest.fixture
async def api(sandbox: TestomatoSandbox) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the stand-in with the operator's token where a test says nothing else."""
    async with sandbox.running() as base_url, httpx.AsyncClient(verify=NO_TLS, base_url=base_url) as client:
        yield with_token(client, sandbox.token)


def with_token(api: httpx.AsyncClient, token: str) -> httpx.AsyncClient:
    """Call with another token from now on."""
    api.headers["Authorization"] = f"Bearer {token}"
    return api


def four_keys(status: int, message: str) -> Json:
    return {"message": message, "code": status, "ok": False, "error": True}


async def sign_in(api: httpx.AsyncClient, **body: object) -> httpx.Response:
    right = {"email": CREDENTIALS.email, "password": CREDENTIALS.password}
    return await api.post("authenticate", json={**right, **body})


async def test_signing_in_answers_with_a_bare_token_as_text(api: httpx.AsyncClient) -> None:
    reply = await sign_in(api)
    assert (reply.headers["content-type"], reply.text.count(".")) == ("text/plain; charset=utf-8", 2)


async def test_the_token_of_a_sign_in_is_accepted(api: httpx.AsyncClient) -> None:
    fresh = with_token(api, (await sign_in(api)).text)
    assert (await fresh.get("authenticate")).status_code == 200


async def test_the_token_is_a_jwt_that_tells_its_end(api: httpx.AsyncClient) -> None:
    payload = (await sign_in(api)).text.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["exp"] == NOW + 3_600


@pytest.mark.parametrize(
    ("period", "seconds"), [("+1 hour", 3_600), ("+30 minutes", 1_800), ("2 days", 172_800), ("+90 sec", 90)]
)
async def test_the_lifetime_of_a_token_can_be_asked_for(
    api: httpx.AsyncClient, period: str, seconds: int
) -> None:
    fresh = with_token(api, (await sign_in(api, exp=period)).text)
    assert (await fresh.get("authenticate")).json()["exp"] == NOW + seconds


async def test_a_lifetime_without_sense_is_refused(api: httpx.AsyncClient) -> None:
    assert (await sign_in(api, exp="when pigs fly")).status_code == 400


@pytest.mark.parametrize(
    "wrong", [{"password": "guessed"}, {"email": "nobody@example.com"}, {"email": INVITED, "password": ""}]
)
async def test_wrong_credentials_are_denied(api: httpx.AsyncClient, wrong: Json) -> None:
    assert (await sign_in(api, **wrong)).status_code == 401


async def test_a_sign_in_that_is_no_json_is_refused(api: httpx.AsyncClient) -> None:
    assert (await api.post("authenticate", content="email=me")).status_code == 400


async def test_the_token_tells_whose_it_is(api: httpx.AsyncClient) -> None:
    claims = (await api.get("authenticate")).json()
    assert (claims["id"], claims["name"], claims["email"]) == (
        4_200,
        "Ingrid Solheim",
        "ingrid.solheim@example.com",
    )


async def test_nbf_is_text_unlike_its_neighbours(api: httpx.AsyncClient) -> None:
    claims = (await api.get("authenticate")).json()
    assert (claims["nbf"], claims["iat"]) == (str(NOW), NOW)


async def test_an_expired_token_is_denied(
    api: httpx.AsyncClient, sandbox: TestomatoSandbox, clock: Clock
) -> None:
    expiring = with_token(api, sandbox.token_of(EMIL, lifetime_seconds=60))
    accepted = (await expiring.get("authenticate")).status_code
    clock.now += 60
    assert (accepted, (await expiring.get("authenticate")).status_code) == (200, 401)


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer a.b.c", "Bearer é", "Basic x"])
async def test_without_a_good_token_the_answer_has_four_keys(
    api: httpx.AsyncClient, header: str | None
) -> None:
    del api.headers["Authorization"]
    headers = {} if header is None else {b"Authorization": header.encode()}
    reply = await api.get("authenticate", headers=headers)
    message = "Access denied! Please log in to access this resource."
    assert (reply.status_code, reply.json()) == (401, four_keys(401, message))


async def test_a_token_with_another_payload_is_denied(
    api: httpx.AsyncClient, sandbox: TestomatoSandbox
) -> None:
    head, _, signature = sandbox.token.split(".")
    payload = sandbox.token_of(EMIL).split(".")[1]
    forged = with_token(api, f"{head}.{payload}.{signature}")
    assert (await forged.get("authenticate")).status_code == 401


async def test_a_good_token_under_another_scheme_is_denied(
    api: httpx.AsyncClient, sandbox: TestomatoSandbox
) -> None:
    await api.get("authenticate")
    reply = await api.get("authenticate", headers={"Authorization": f"Token {sandbox.token}"})
    assert reply.status_code == 401


async def test_api_keys_are_rejected(api: httpx.AsyncClient) -> None:
    reply = await api.get(f"project/{IDS['Careers']}?apikey=4PJAOwTK")
    assert reply.json()["message"].startswith("API key authentication is deprecated.")


async def test_a_plan_without_api_is_forbidden() -> None:
    poor = create_sandbox(plan_has_api=False)
    async with poor.running() as base_url, httpx.AsyncClient(verify=NO_TLS, base_url=base_url) as client:
        reply = await client.get("authenticate", headers={"Authorization": f"Bearer {poor.token}"})
    message = "Sorry! Your current plan does not support access to Testomato API."
    assert (reply.status_code, reply.json()) == (403, four_keys(403, message))
