"""JSON Web Tokens: which are accepted, and how the issuer's keys are kept."""

import json
import time
from dataclasses import dataclass, field

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm

from gateway.domain.caller import Scope
from gateway.http.authentication.jwt import FixedKey, JsonWebTokens, KeySource, TokenPolicy
from gateway.http.authentication.port import Unauthenticated

pytestmark = pytest.mark.anyio

POLICY = TokenPolicy(
    issuer="https://issuer.example", audience="accessgraph", algorithms=["ES256"], leeway_seconds=5
)
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def token(*, key: ec.EllipticCurvePrivateKey = KEY, key_id: str | None = None, **changed: object) -> str:
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": POLICY.issuer,
        "aud": POLICY.audience,
        "sub": "ada",
        "exp": now + 60,
        "scope": "members:read openid",
        **changed,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm="ES256", headers={"kid": key_id} if key_id else None)


def bearer(text: str) -> str:
    return f"Bearer {text}"


@pytest.fixture
def tokens() -> JsonWebTokens:
    return JsonWebTokens(policy=POLICY, keys=FixedKey(PEM))


async def test_a_good_token_names_its_subject_and_the_scopes_that_are_ours(tokens: JsonWebTokens) -> None:
    caller = await tokens.caller(bearer(token()))
    assert (caller.id, caller.scopes) == ("sub:ada", {Scope.MEMBERS_READ})


async def test_scopes_may_come_as_a_list(tokens: JsonWebTokens) -> None:
    caller = await tokens.caller(bearer(token(scope=None, scp=["pii:read", "members:write"])))
    assert caller.scopes == {Scope.PII_READ, Scope.MEMBERS_WRITE}


async def test_a_token_without_scopes_may_do_nothing(tokens: JsonWebTokens) -> None:
    assert (await tokens.caller(bearer(token(scope=None)))).scopes == frozenset()


async def test_an_expired_token_says_so(tokens: JsonWebTokens) -> None:
    with pytest.raises(Unauthenticated, match="expired"):
        await tokens.caller(bearer(token(exp=int(time.time()) - 60)))


async def test_clocks_may_be_apart_by_the_leeway(tokens: JsonWebTokens) -> None:
    assert (await tokens.caller(bearer(token(exp=int(time.time()) - 2)))).id == "sub:ada"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example"},
        {"aud": "somebody-else"},
        {"aud": None},
        {"iss": None},
        {"exp": None},
        {"sub": None},
        {"nbf": 4_000_000_000},
    ],
)
async def test_a_token_that_is_not_for_us_is_refused(
    tokens: JsonWebTokens, changed: dict[str, object]
) -> None:
    with pytest.raises(Unauthenticated, match="not accepted"):
        await tokens.caller(bearer(token(**changed)))


async def test_a_token_signed_by_another_key_is_refused(tokens: JsonWebTokens) -> None:
    with pytest.raises(Unauthenticated, match="not accepted"):
        await tokens.caller(bearer(token(key=OTHER_KEY)))


async def test_a_token_cannot_choose_its_algorithm(tokens: JsonWebTokens) -> None:
    unsigned = jwt.encode({"sub": "ada"}, None, algorithm="none")
    with pytest.raises(Unauthenticated, match="not accepted"):
        await tokens.caller(bearer(unsigned))


@pytest.mark.parametrize("text", ["x", "a.b.c", "." * 9_000])
async def test_what_is_no_token_is_refused(tokens: JsonWebTokens, text: str) -> None:
    with pytest.raises(Unauthenticated, match="not accepted"):
        await tokens.caller(bearer(text))


@dataclass
class Issuer:
    """An issuer whose keys can change, on a clock of its own."""

    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=lambda: {"first": KEY})
    asked: int = 0
    seconds: float = 0.0
    down: bool = False

    async def fetch(self) -> bytes:
        self.asked += 1
        if self.down:
            raise OSError
        keys = [
            {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "alg": "ES256"}
            for key_id, key in self.keys.items()
        ]
        return json.dumps({"keys": keys}).encode()

    def tokens(self) -> JsonWebTokens:
        source = KeySource(fetch=self.fetch, clock=lambda: self.seconds)
        return JsonWebTokens(policy=POLICY, keys=source)


async def test_the_issuer_s_keys_are_fetched_once() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()
    for _ in range(3):
        await tokens.caller(bearer(token(key_id="first")))
    assert issuer.asked == 1


async def test_a_new_key_of_the_issuer_is_found() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()
    await tokens.caller(bearer(token(key_id="first")))
    issuer.keys["second"] = OTHER_KEY
    issuer.seconds = 31
    assert (await tokens.caller(bearer(token(key=OTHER_KEY, key_id="second")))).id == "sub:ada"


async def test_made_up_key_ids_do_not_make_the_gateway_ask_all_the_time() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()
    for number in range(20):
        with pytest.raises(Unauthenticated):
            await tokens.caller(bearer(token(key_id=f"made-up-{number}")))
    assert issuer.asked == 1


async def test_the_keys_at_hand_stay_good_while_the_issuer_is_down() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()
    await tokens.caller(bearer(token(key_id="first")))
    issuer.down, issuer.seconds = True, 10_000
    assert (await tokens.caller(bearer(token(key_id="first")))).id == "sub:ada"


async def test_a_key_that_the_issuer_withdrew_is_forgotten_in_time() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()
    await tokens.caller(bearer(token(key_id="first")))
    issuer.keys, issuer.seconds = {"second": OTHER_KEY}, 601
    with pytest.raises(Unauthenticated):
        await tokens.caller(bearer(token(key_id="first")))
