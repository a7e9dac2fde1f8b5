"""JSON Web Tokens (RFC 7519) of an issuer whose keys are configured or fetched (RFC 7517).

The algorithms are pinned: what the token's own header says is never trusted to choose one
(RFC 8725, 3.1). Scopes come from the claim `scope` (RFC 8693, 4.2) or `scp`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import jwt
import msgspec
import structlog
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gateway.domain.caller import Caller, Scope
from gateway.http.authentication.port import Unauthenticated, bearer_token

log = structlog.get_logger("gateway.http")

# A key that is not known may have been added since; asking again is bounded, so that made-up key ids
# cannot make the gateway call the issuer all the time.
LEAST_SECONDS_BETWEEN_FETCHES = 30.0
KEYS_GOOD_FOR_SECONDS = 600.0
_LONGEST_TOKEN = 8_192
_REFUSED = "This token is not accepted."


class TokenPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Which tokens are accepted.

    Attributes:
        algorithms: the only ones, whatever a token says.
        leeway_seconds: how far the issuer's clock and ours may be apart.
    """

    issuer: str
    audience: str
    algorithms: Sequence[str]
    leeway_seconds: float


class KeySource:
    """The issuer's keys, fetched when they are first needed and when an unknown one turns up.

    Args:
        fetch: gets the JSON Web Key Set; may raise anything.
        clock: monotonic seconds.
    """

    def __init__(self, *, fetch: Callable[[], Awaitable[bytes]], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: Mapping[str | None, jwt.PyJWK] = {}
        self._asked_at: float | None = None
        self._lock = asyncio.Lock()

    async def key(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key with this id; a token without an id means the only key."""
        if self._is_older_than(KEYS_GOOD_FOR_SECONDS) or self._known(key_id) is None:
            async with self._lock:
                stale = self._is_older_than(KEYS_GOOD_FOR_SECONDS)
                missing = self._known(key_id) is None and self._is_older_than(LEAST_SECONDS_BETWEEN_FETCHES)
                if stale or missing:
                    await self._refresh()
        return self._known(key_id)

    def _known(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _is_older_than(self, seconds: float) -> bool:
        return self._asked_at is None or self._clock() - self._asked_at >= seconds

    async def _refresh(self) -> None:
        """Fetch the keys; where that fails the ones at hand stay good."""
        self._asked_at = self._clock()
        try:
            key_set = jwt.PyJWKSet.from_json((await self._fetch()).decode())
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the issuer must not stop us
            log.warning("the issuer's keys cannot be fetched", error=type(error).__name__)
            return
        self._keys = {key.key_id: key for key in key_set.keys}


class FixedKey:
    """One public key from the settings, in PEM.

    Raises:
        ValueError: it is none.
    """

    def __init__(self, pem: str) -> None:
        load_pem_public_key(pem.encode())
        self._pem = pem

    async def key(self, key_id: str | None) -> str:  # noqa: ARG002 - there is one key
        """The key."""
        return self._pem


class JsonWebTokens:
    """Knows callers by tokens of one issuer."""

    def __init__(self, *, policy: TokenPolicy, keys: KeySource | FixedKey) -> None:
        self._policy = policy
        self._keys = keys

    def caller_at_once(self, authorization: str) -> Caller | None:  # noqa: ARG002 - the port's
        """The issuer's keys may have to be fetched."""
        return None

    async def caller(self, authorization: str) -> Caller:
        """See `Authentication.caller`."""
        token = bearer_token(authorization)
        if len(token) > _LONGEST_TOKEN:
            raise Unauthenticated(_REFUSED)
        try:
            key = await self._keys.key(_key_id(token))
            if key is None:
                raise Unauthenticated(_REFUSED)
            claims = jwt.decode(
                token,
                key=key,
                algorithms=list(self._policy.algorithms),
                issuer=self._policy.issuer,
                audience=self._policy.audience,
                leeway=self._policy.leeway_seconds,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("This token has expired.") from None
        except jwt.PyJWTError:
            raise Unauthenticated(_REFUSED) from None
        return Caller(id=f"sub:{claims['sub']}", scopes=_scopes(claims))


def _key_id(token: str) -> str | None:
    key_id = jwt.get_unverified_header(token).get("kid")
    return key_id if isinstance(key_id, str) else None


def _scopes(claims: Mapping[str, object]) -> frozenset[Scope]:
    """The scopes that are ours; a token may hold others' too."""
    given = claims.get("scope", claims.get("scp", ""))
    names = given.split() if isinstance(given, str) else given if isinstance(given, list) else []
    return frozenset(scope for scope in Scope if scope.value in names)
