"""The bearer token: a ready one, or one that a password gets and that is renewed in time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.domain.errors import UpstreamError
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

    def good_token(self) -> str:
        """The token."""
        return self._token

    async def token(self) -> str:
        """The token."""
        return self._token

    async def replacement_for(self, refused: str) -> str | None:  # noqa: ARG002 - the other kind needs it
        """There is no other one."""
        return None


class PasswordSession:
    """Signs in when a token is needed and none is good.

    Callers at the same time share one sign-in, a failed one included: a queue of callers that each wait for
    their own would keep the last one waiting for long, and many wrong passwords in a row lock accounts.

    Args:
        sign_in: gets a new token; may raise `UpstreamError`.
        now: the current moment in UTC.
    """

    def __init__(self, *, sign_in: Callable[[], Awaitable[str]], now: Callable[[], datetime]) -> None:
        self._sign_in = sign_in
        self._now = now
        self._lock = asyncio.Lock()
        self._current: _Token | None = None
        self._failures = 0
        self._last_failure: UpstreamError | None = None

    async def token(self) -> str:
        """A token that is good for a while."""
        return self.good_token() or await self._other_than(None)

    async def replacement_for(self, refused: str) -> str | None:
        """Another token than the `refused` one: one that someone else just got, or a new one."""
        return await self._other_than(refused)

    async def _other_than(self, refused: str | None) -> str:
        failures_before = self._failures
        async with self._lock:
            current = self.good_token()
            if current is not None and current != refused:
                return current
            if self._last_failure is not None and self._failures != failures_before:
                raise self._last_failure
            return await self._renew()

    def good_token(self) -> str | None:
        """A token that is at hand and good for a while; None where one must be got."""
        current = self._current
        return current.text if current is not None and self._now() < current.good_until else None

    async def _renew(self) -> str:
        self._current = None
        try:
            text = await self._sign_in()
        except UpstreamError as failure:
            self._failures += 1
            self._last_failure = failure
            raise
        ends_at = expiry_of(text)
        good_until = self._now() + ASSUMED_LIFETIME if ends_at is None else ends_at - RENEWAL_MARGIN
        self._current = _Token(text=text, good_until=good_until)
        return text
