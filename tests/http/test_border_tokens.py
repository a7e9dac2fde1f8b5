"""JSON Web Tokens at a served gateway: the same are good whether the key is in a file or fetched."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from gateway.app import create_app
from gateway.serving import serving
from gateway.settings.loading import load_settings
from tests.http.issuer import FIRST_KEY, OTHER_KEY, Issuer, claims, pem_of, settings_for
from tests.plain_http import NO_TLS

pytestmark = pytest.mark.anyio

QUESTION = {"query": "{ platforms { key } }"}
REMOVE = {"query": 'mutation { removeMember(input: {memberId: "none"}) { outcome } }'}
LONG_AGO, FAR_AHEAD = 1_000_000_000, 4_000_000_000


@pytest.fixture(params=["public_key_file", "jwks_url"])
async def variables(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Both ways in which a gateway can be told the issuer's key."""
    if request.param == "public_key_file":
        file = tmp_path / "issuer.pem"
        file.write_text(pem_of(FIRST_KEY))
        yield settings_for(public_key_file=str(file))
    else:
        async with Issuer().running() as url:
            yield settings_for(jwks_url=url)


def encoded(part: bytes | object) -> str:
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signed_with_the_public_key(algorithm: str) -> str:
    """What a verifier accepts that lets the token choose: the public key taken for a shared secret."""
    message = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(claims())}"
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[algorithm]
    return f"{message}.{encoded(hmac.digest(pem_of(FIRST_KEY).encode(), message.encode(), digest))}"


def unsigned(algorithm: str) -> str:
    return f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(claims())}."


def with_another_header(**header: object) -> str:
    """The signature of a good token below another header."""
    _, payload, signature = Issuer().token().split(".")
    return f"{encoded(header)}.{payload}.{signature}"


def with_other_claims() -> str:
    header, _, signature = Issuer().token().split(".")
    return f"{header}.{encoded(claims(scope='members:write'))}.{signature}"


async def ask(client: httpx.AsyncClient, token: str, body: object = QUESTION) -> httpx.Response:
    return await client.post("/graphql", json=body, headers={"Authorization": f"Bearer {token}"})


def assert_unauthenticated(response: httpx.Response) -> None:
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_a_good_token_is_accepted(client: httpx.AsyncClient) -> None:
    assert (await ask(client, Issuer().token())).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example"},
        {"iss": "https://issuer.example/"},
        {"iss": None},
        {"aud": "somebody-else"},
        {"aud": ["somebody-else"]},
        {"aud": None},
        {"exp": LONG_AGO},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": FAR_AHEAD},
        {"iat": FAR_AHEAD},
        {"sub": None},
    ],
    ids=str,
)
async def test_a_token_with_claims_that_do_not_hold_is_refused(
    client: httpx.AsyncClient, changed: dict[str, Any]
) -> None:
    assert_unauthenticated(await ask(client, Issuer().token(**changed)))


async def test_a_token_for_several_audiences_is_accepted(client: httpx.AsyncClient) -> None:
    assert (await ask(client, Issuer().token(aud=["other", "accessgraph"]))).status_code == 200


@pytest.mark.parametrize(("seconds_over", "status"), [(10, 200), (60, 401)])
async def test_a_token_is_good_until_the_leeway_is_over(
    client: httpx.AsyncClient, seconds_over: int, status: int
) -> None:
    token = Issuer().token(exp=int(time.time()) - seconds_over)
    assert (await ask(client, token)).status_code == status


@pytest.mark.parametrize(
    "make",
    [
        lambda: signed_with_the_public_key("HS256"),
        lambda: signed_with_the_public_key("HS512"),
        lambda: unsigned("none"),
        lambda: unsigned("None"),
        lambda: unsigned("ES256"),
        lambda: with_another_header(alg="RS256", kid="first"),
        lambda: with_another_header(alg="ES384", kid="first"),
        lambda: with_another_header(kid="first"),
        lambda: with_another_header(alg=["ES256"], kid="first"),
        lambda: with_another_header(alg="ES256", kid=["first"]),
        lambda: with_another_header(alg="ES256", kid="first", crit=["b64"], b64=False),
        lambda: with_another_header(alg="ES256", jwk={"kty": "oct", "k": "AA"}, jku="http://127.0.0.1:1/"),
        with_other_claims,
        lambda: jwt.encode(claims(), OTHER_KEY, algorithm="ES256", headers={"kid": "first"}),
        lambda: jwt.encode(claims(), "a shared secret of enough bytes....", algorithm="HS256"),
    ],
    ids=[
        "HS256 with the public key as the secret",
        "HS512 with the public key as the secret",
        "none",
        "None",
        "no signature",
        "an algorithm of another kind of key",
        "an algorithm that is not pinned",
        "no algorithm",
        "a list of algorithms",
        "a list of key ids",
        "a detached payload",
        "a key brought along",
        "changed claims",
        "another key under the same id",
        "a shared secret",
    ],
)
async def test_a_token_that_the_issuer_did_not_sign_is_refused(
    client: httpx.AsyncClient, make: Callable[[], str]
) -> None:
    assert_unauthenticated(await ask(client, make()))


@pytest.fixture
async def pinning(variables: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that takes another signature than the one that the issuer's key makes."""
    pinned = {"GATEWAY_STORE__URL": "sqlite:///:memory:", "GATEWAY_AUTH__ALGORITHMS": "EdDSA,RS256"}
    settings = load_settings(environment={**variables, **pinned}, dotenv_file=None)
    async with (
        serving(create_app(settings)) as base_url,
        httpx.AsyncClient(verify=NO_TLS, base_url=base_url, timeout=30) as client,
    ):
        yield client


async def test_a_token_with_a_good_signature_of_a_kind_that_is_not_pinned_is_refused(
    pinning: httpx.AsyncClient,
) -> None:
    assert_unauthenticated(await ask(pinning, Issuer().token()))


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "..",
        "a.b.c",
        "a.b.c.d.e",
        "." * 7_000,
        "A" * 8_193,
        encoded(b"[" * 5_000) + ".e30.AA",
        encoded(b'{"alg":"ES256","a":' + b"[" * 5_000) + ".e30.AA",
        encoded(b"\xff\xfe\x00") + ".e30.AA",
        encoded([]) + ".e30.AA",
        encoded({"alg": "ES256"}) + "." + encoded(b"\xff") + ".AA",
    ],
    ids=range(11),
)
async def test_what_is_no_token_is_refused(client: httpx.AsyncClient, token: str) -> None:
    assert_unauthenticated(await ask(client, token))


async def test_a_refusal_quotes_nothing_of_the_token(client: httpx.AsyncClient) -> None:
    token = Issuer().token(sub="mara.lindqvist", aud="s3cret-audience")
    response = await ask(client, token)
    told = response.text + str(response.headers)
    assert not [part for part in (*token.split("."), "mara", "s3cret", "ES256") if part in told]


# ---------------------------------------------------------------- scopes


@pytest.mark.parametrize(
    "given",
    [
        {"scope": "openid members:write profile"},
        {"scp": ["openid", "members:write"]},
        {"scp": "openid members:write"},
        {"scope": ["members:write"]},
    ],
    ids=str,
)
async def test_the_scopes_in_a_token_are_its_bearer_s(
    client: httpx.AsyncClient, given: dict[str, Any]
) -> None:
    answer = (await ask(client, Issuer().token(**given), REMOVE)).json()
    assert answer == {"data": {"removeMember": {"outcome": "REFUSED"}}}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"scope": "members:read pii:read explorer"},
        {"scope": "members:writer xmembers:write MEMBERS:WRITE"},
        {"scope": "members:read", "scp": ["members:write"]},
        {"scope": 7},
        {"scope": {"members:write": True}},
        {"scp": [["members:write"]]},
        {"roles": ["members:write"]},
    ],
    ids=str,
)
async def test_a_scope_that_is_not_in_a_token_is_not_its_bearer_s(
    client: httpx.AsyncClient, given: dict[str, Any]
) -> None:
    response = await ask(client, Issuer().token(**given), REMOVE)
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["FORBIDDEN"]
