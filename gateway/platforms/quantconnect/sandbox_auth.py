"""How QuantConnect's stand-in knows its callers.

`Authorization: Basic base64(userId:sha256(apiToken:timestamp))` beside a `Timestamp` header with the same
whole seconds, as the official clients sign (quantconnect.com/docs/v2, "Authentication").
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

from starlette.datastructures import Headers

from gateway.platforms.quantconnect.sandbox_state import Account, SandboxState

_WHOLE_SECONDS = re.compile(r"\d{1,12}", re.ASCII)


class DeniedError(Exception):
    """The signature does not hold; the text goes into `errors`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a caller signs with."""

    user_id: str
    api_token: str = field(repr=False)

    def headers(self, *, at: float) -> dict[str, str]:
        """The two headers of a call signed at this moment (seconds since the epoch)."""
        timestamp = str(int(at))
        pair = f"{self.user_id}:{_digest(self.api_token, timestamp)}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}", "Timestamp": timestamp}


class Doorkeeper:
    """Checks signatures.

    Args:
        lifetime_seconds: how far a timestamp may lie from the present, either way; LEAN's client relies on
            7200 s, and no source says anything of clocks that run ahead.
    """

    def __init__(self, state: SandboxState, *, clock: Callable[[], float], lifetime_seconds: float) -> None:
        self._by_uid = {str(account.uid): account for account in state.accounts.values()}
        self._clock = clock
        self._lifetime_seconds = lifetime_seconds

    def caller(self, headers: Headers) -> Account:
        """Whose call this is.

        Raises:
            DeniedError: nobody's. As the platform does, it repeats the hash that it was sent.
        """
        user_id, digest = _basic(headers.get("authorization", ""))
        timestamp = headers.get("timestamp", "")
        account = self._by_uid.get(user_id)
        if account is None:
            raise DeniedError(f"UserID not valid. UID: {user_id}")
        expected = _digest(account.api_token, timestamp)
        if not compare_digest(digest.encode(), expected.encode()) or not self._is_recent(timestamp):
            raise DeniedError(f"Hash doesn't match. UID: {user_id} Hash: {digest} Timestamp: '{timestamp}'")
        return account

    def _is_recent(self, timestamp: str) -> bool:
        if _WHOLE_SECONDS.fullmatch(timestamp) is None:
            return False
        return abs(self._clock() - int(timestamp)) <= self._lifetime_seconds


def _digest(api_token: str, timestamp: str) -> str:
    return sha256(f"{api_token}:{timestamp}".encode()).hexdigest()


def _basic(authorization: str) -> tuple[str, str]:
    """User id and hash from the header; two empty texts where it is not of that form."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user_id, _, digest = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # not ASCII, not base64, or not UTF-8 inside
        return "", ""
    return user_id, digest
