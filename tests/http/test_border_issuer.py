"""The issuer of tokens behind a served gateway: its keys change, and it fails."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response

from gateway.app import create_app
from gateway.domain.caller import ANYBODY
from gateway.http.authentication.api_keys import KeyFileError
from gateway.http.authentication.configured import configured_authentication
from gateway.http.authentication.port import Authentication, Unauthenticated
from gateway.runtime import Runtime
from gateway.serving import serving
from gateway.settings.loading import load_settings
from tests.http.issuer import FIRST_KEY, OTHER_KEY, Issuer, pem_of, published, settings_for
from tests.plain_http import NO_TLS

pytestmark = pytest.mark.anyio

MEMORY = {"GATEWAY_STORE__URL": "sqlite:///:memory:"}
QUESTION = {"query": "{ platforms { key } }"}


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def variables(issuer: Issuer) -> AsyncIterator[dict[str, str]]:
    async with issuer.running() as url:
        yield settings_for(jwks_url=url)


async def status_for(client: httpx.AsyncClient, token: str) -> int:
    response = await client.post("/graphql", json=QUESTION, headers={"Authorization": f"Bearer {token}"})
    return response.status_code


# ---------------------------------------------------------------- its keys


async def test_the_keys_are_not_asked_for_before_they_are_needed(
    client: httpx.AsyncClient, issuer: Issuer
) -> None:
    assert (await client.get("/readyz")).status_code == 200
    assert (await client.post("/graphql", json=QUESTION)).status_code == 401
    assert issuer.asked_count == 0


async def test_the_keys_are_asked_for_once(client: httpx.AsyncClient, issuer: Issuer) -> None:
    assert [await status_for(client, issuer.token()) for _ in range(5)] == [200] * 5
    assert issuer.asked_count == 1


async def test_a_key_that_is_published_before_the_first_token_is_known(
    client: httpx.AsyncClient, issuer: Issuer
) -> None:
    issuer.keys = {"second": OTHER_KEY}
    assert await status_for(client, issuer.token("second")) == 200


async def test_of_several_keys_the_one_that_a_token_names_counts(
    client: httpx.AsyncClient, issuer: Issuer
) -> None:
    issuer.keys["second"] = OTHER_KEY
    tokens = [issuer.token("first"), issuer.token("second"), issuer.token("second", headers={"kid": "first"})]
    assert [await status_for(client, token) for token in tokens] == [200, 200, 401]


async def test_keys_of_other_kinds_beside_ours_do_no_harm(client: httpx.AsyncClient, issuer: Issuer) -> None:
    odd = [
        {"kty": "XX", "kid": "odd"},
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXM", "kid": "shared", "alg": "HS256"},
        {"kty": "EC", "crv": "P-256", "x": "!", "y": "!", "kid": "broken"},
    ]
    issuer.answer = JSONResponse({"keys": [*odd, published(FIRST_KEY, "first")]})
    assert await status_for(client, issuer.token()) == 200


async def test_made_up_key_ids_do_not_make_the_gateway_ask_again(
    client: httpx.AsyncClient, issuer: Issuer
) -> None:
    made_up = [issuer.token(headers={"kid": f"made-up-{number}"}) for number in range(20)]
    assert {await status_for(client, token) for token in made_up} == {401}
    assert (issuer.asked_count, await status_for(client, issuer.token())) == (1, 200)


# ---------------------------------------------------------------- it fails


@pytest.mark.parametrize(
    "answer",
    [
        Response(status_code=500),
        Response(status_code=404),
        Response(b"\xff\xfe"),
        Response("<html>Temporarily unavailable</html>", media_type="text/html"),
        JSONResponse([]),
        JSONResponse({}),
        JSONResponse({"keys": []}),
        JSONResponse({"keys": "none"}),
        JSONResponse({"keys": [{"kty": "XX"}]}),
        Response(b"[" * 5_000, media_type="application/json"),
        Response(b" " * (1024 * 1024 + 1), media_type="application/json"),
    ],
    ids=range(11),
)
async def test_an_issuer_that_publishes_nothing_usable_makes_tokens_unknown_and_no_failure(
    client: httpx.AsyncClient, issuer: Issuer, answer: Response
) -> None:
    issuer.answer = answer
    assert [await status_for(client, issuer.token()) for _ in range(2)] == [401, 401]


async def test_keys_are_not_taken_from_where_the_issuer_s_address_leads_on_to(
    client: httpx.AsyncClient, issuer: Issuer
) -> None:
    async with Issuer().running() as elsewhere:
        issuer.answer = RedirectResponse(elsewhere)
        assert await status_for(client, issuer.token()) == 401


@pytest.fixture
def no_issuer() -> dict[str, str]:
    """Settings of a gateway whose issuer is down."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return settings_for(jwks_url=f"http://127.0.0.1:{listener.getsockname()[1]}/keys")


async def test_a_gateway_starts_and_answers_probes_while_the_issuer_is_down(
    no_issuer: dict[str, str], issuer: Issuer
) -> None:
    settings = load_settings(environment={**MEMORY, **no_issuer}, dotenv_file=None)
    async with (
        serving(create_app(settings)) as base_url,
        httpx.AsyncClient(verify=NO_TLS, base_url=base_url, timeout=30) as client,
    ):
        response = await client.post(
            "/graphql", json=QUESTION, headers={"Authorization": f"Bearer {issuer.token()}"}
        )
        assert (response.status_code, (await client.get("/readyz")).status_code) == (401, 200)
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["UNAUTHENTICATED"]


# ---------------------------------------------------------------- as time passes


@dataclass
class Clocked:
    """A running gateway's authentication, on a clock of its own."""

    authentication: Authentication
    seconds: list[float]

    async def accepts(self, token: str) -> bool:
        try:
            await self.authentication.caller(f"Bearer {token}")
        except Unauthenticated:
            return False
        return True

    def pass_by(self, seconds: float) -> None:
        self.seconds.append(self.seconds[-1] + seconds)


@pytest.fixture
async def clocked(variables: dict[str, str]) -> AsyncIterator[Clocked]:
    settings = load_settings(environment={**MEMORY, **variables}, dotenv_file=None)
    runtime, seconds = Runtime(settings), [0.0]
    async with runtime.running():
        authentication = configured_authentication(
            settings.auth,
            everybody=ANYBODY,
            fetch_key_set=runtime.fetch_key_set,
            clock=lambda: seconds[-1],
        )
        yield Clocked(authentication, seconds)


async def test_a_key_that_the_issuer_adds_later_is_found(clocked: Clocked, issuer: Issuer) -> None:
    assert await clocked.accepts(issuer.token())
    issuer.keys["second"] = OTHER_KEY
    clocked.pass_by(31)
    assert await clocked.accepts(issuer.token("second"))


async def test_a_key_that_the_issuer_withdraws_is_forgotten(clocked: Clocked, issuer: Issuer) -> None:
    token = issuer.token()
    assert await clocked.accepts(token)
    issuer.keys = {"second": OTHER_KEY}
    clocked.pass_by(601)
    assert not await clocked.accepts(token)


async def test_the_keys_at_hand_stay_good_while_the_issuer_fails(clocked: Clocked, issuer: Issuer) -> None:
    assert await clocked.accepts(issuer.token())
    issuer.answer = Response(status_code=503)
    clocked.pass_by(601)
    assert (await clocked.accepts(issuer.token()), issuer.asked_count) == (True, 2)


async def test_an_issuer_that_is_back_is_asked_again(clocked: Clocked, issuer: Issuer) -> None:
    issuer.answer = Response(status_code=503)
    assert not await clocked.accepts(issuer.token())
    issuer.answer = None
    clocked.pass_by(31)
    assert await clocked.accepts(issuer.token())


# ---------------------------------------------------------------- a key in a file


@pytest.mark.parametrize("content", ["", "no key", pem_of(FIRST_KEY)[:-40], "\N{SNOWMAN}"])
def test_a_file_that_holds_no_public_key_is_told_at_the_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "issuer.pem"
    file.write_text(content, encoding="utf-8")
    variables = {**MEMORY, **settings_for(public_key_file=str(file))}
    with pytest.raises(KeyFileError, match=r"issuer\.pem holds no public key"):
        create_app(load_settings(environment=variables, dotenv_file=None))
