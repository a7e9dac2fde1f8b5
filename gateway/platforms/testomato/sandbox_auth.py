"""How Testomato's stand-in knows its callers: bearer tokens, JWTs signed with HS256 (RFC 7519).

Made here with the standard library: the stand-in only ever reads tokens that it made itself.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest

import msgspec

from gateway.platforms.testomato.sandbox_state import RefusedError, SandboxState, User

_NOT_LOGGED_IN = "Access denied! Please log in to access this resource."
_SIGNING_KEY = sha256(b"the stand-in's own signing key").digest()
_HEADER = msgspec.json.encode({"alg": "HS256", "typ": "JWT"})
_PERIOD = re.compile(r"\+?\s*(?P<count>\d{1,6})\s*(?P<unit>sec|min|hour|day|week|month|year)[a-z]*", re.ASCII)
_SECONDS = {
    "sec": 1,
    "min": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_592_000,
    "year": 31_536_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a person signs in with."""

    email: str
    password: str = field(repr=False)


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says, and `GET /authenticate` repeats.

    Attributes:
        nbf: declared as text by the specification, unlike its neighbours.
    """

    id: int
    name: str | None
    email: str
    exp: int
    tid: str
    iat: int
    nbf: str


class TokenMint:
    """Makes and reads tokens."""

    def __init__(self, *, state: SandboxState, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock
        self._claims_of: dict[
            str, Claims
        ] = {}  # reading a signature again and again would cost the benchmark

    def issue(self, user: User, *, lifetime_seconds: float) -> str:
        """A token for `user`, good from now on."""
        now = int(self._clock())
        claims = Claims(
            id=user.user_id,
            name=user.name,
            email=user.email,
            exp=int(now + lifetime_seconds),
            tid=sha256(f"{user.user_id}:{now}:{lifetime_seconds}".encode()).hexdigest()[:10],
            iat=now,
            nbf=str(now),
        )
        signed = f"{_encode(_HEADER)}.{_encode(msgspec.json.encode(claims))}"
        return f"{signed}.{_signature(signed)}"

    def sign_in(self, credentials: Credentials, *, period: str) -> str:
        """A token against a password.

        Raises:
            RefusedError: 400 for a period that makes no sense, 401 for wrong credentials.
        """
        parsed = _PERIOD.fullmatch(period.strip())
        if parsed is None:
            raise RefusedError(400, "Invalid expiration.", bare=True)
        user = self._state.user_by_email(credentials.email)
        expected = user.password if user is not None else None
        if (
            user is None
            or expected is None
            or not compare_digest(expected.encode(), credentials.password.encode())
        ):
            raise RefusedError(401, "Invalid e-mail or password.")
        return self.issue(user, lifetime_seconds=int(parsed["count"]) * _SECONDS[parsed["unit"]])

    def claims(self, authorization: str) -> Claims:
        """What the token in an `Authorization` header says.

        Raises:
            RefusedError: 401 where it is missing, malformed, not ours or expired.
        """
        scheme, _, token = authorization.partition(" ")
        claims = self._claims_of.get(token)
        if claims is None and scheme.lower() == "bearer":
            claims = _read(token)
            if claims is not None:
                self._claims_of[token] = claims
        if claims is None or scheme.lower() != "bearer" or not self._is_good(claims):
            raise RefusedError(401, _NOT_LOGGED_IN)
        return claims

    def _is_good(self, claims: Claims) -> bool:
        return int(claims.nbf) <= self._clock() < claims.exp


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _signature(signed: str) -> str:
    return _encode(hmac_digest(_SIGNING_KEY, signed.encode(), "sha256"))


def _read(token: str) -> Claims | None:
    signed, _, signature = token.rpartition(".")
    if not compare_digest(signature.encode(), _signature(signed).encode()):
        return None
    payload = signed.partition(".")[2]
    try:
        return msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=Claims)
    except ValueError:  # neither base64 nor such JSON; msgspec's errors are ValueErrors too
        return None
