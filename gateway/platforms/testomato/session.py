"""The bearer token: a ready one, or one that a password gets and that is renewed in time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.platforms.testomato.protocol import expiry_of

# A token is renewed this long before it ends, so that none ends on its way.
RENEWAL_MARGIN = timedelta(seconds=60)
# How long a token is trusted that does not say when it ends; what is asked for is an hour.
ASSUMED_LIFETIME = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    text: str = field(repr=False)
    good_until: datetime


class ReadyToken:
    """A token that was given in the settings: it cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str:
        """The token."""
        return self._token

    async def replacement_for(self, refused: str) -> str | None:  # noqa: ARG002 - the other kind needs it
        """There is no other one."""
        return None


class PasswordSession:
    """Signs in when a token is needed and none is good; callers at the same time share one sign-in.

    Args:
        sign_in: gets a new token; may raise `UpstreamError`.
        now: the current moment in UTC.
    """

    def __init__(self, *, sign_in: Callable[[], Awaitable[str]], now: Callable[[], datetime]) -> None:
        self._sign_in = sign_in
        self._now = now
        self._lock = asyncio.Lock()
        self._current: _Token | None = None

    async def token(self) -> str:
        """A token that is good for a while."""
        if (token := self._good_token()) is not None:
            return token
        async with self._lock:
            return self._good_token() or await self._renew()

    async def replacement_for(self, refused: str) -> str | None:
        """Another token than the `refused` one: one that someone else just got, or a new one."""
        async with self._lock:
            current = self._good_token()
            return current if current not in {None, refused} else await self._renew()

    def _good_token(self) -> str | None:
        current = self._current
        return current.text if current is not None and self._now() < current.good_until else None

    async def _renew(self) -> str:
        self._current = None
        text = await self._sign_in()
        ends_at = expiry_of(text)
        good_until = self._now() + ASSUMED_LIFETIME if ends_at is None else ends_at - RENEWAL_MARGIN
        self._current = _Token(text=text, good_until=good_until)
        return text
