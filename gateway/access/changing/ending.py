"""Taking access away when it has ended, in one process at a time, and after a downtime what it has missed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec
import structlog

from gateway.access.changing.change import ChangeResult, RevokeAccess
from gateway.access.changing.changes import Changes
from gateway.access.changing.end import AccessEnd, MemberKey
from gateway.access.changing.ledger import LedgerError
from gateway.domain.member import is_anonymous
from gateway.domain.membership import Person
from gateway.domain.platform import Platforms
from gateway.domain.vocabulary import Outcome
from gateway.telemetry.logs import where

log = structlog.get_logger("gateway.access")

ACTOR: Final = "accessgraph"
"""Who takes access away that has ended, in the audit trail."""

LONGEST_PAUSE_SECONDS: Final = 30.0
_AFTER_A_FAILURE: Final = timedelta(minutes=5)
# Each is an entry of the audit trail, and nothing but somebody's doing will make the next one another.
_AFTER_A_REFUSAL: Final = timedelta(days=1)


class _SetAnew(Exception):
    """The end is not what it was: the access goes on."""


class AccessEnds(Protocol):
    """Where ends are kept. Every coroutine may raise `LedgerError`."""

    async def all(self) -> Mapping[MemberKey, AccessEnd]:
        """Every end that is known."""

    async def forget(self, end: AccessEnd) -> None:
        """It is carried out, or there is nothing to end any more; one that was set anew meanwhile stays."""

    async def wait_for_another(self, *, longest_seconds: float) -> None:
        """Until this process has set an end, or for so long."""

    async def take_lease(self) -> bool:
        """Whether this process is the one that carries ends out; it stays so as long as it lives."""


class EndsOfRequest(msgspec.Struct, eq=False):
    """The ends as one request sees them: read once, when they are asked for.

    Attributes:
        was_read: whether any of them was told: it may be otherwise the next moment.
    """

    ends: AccessEnds
    was_read: bool = False
    reading: asyncio.Future[Mapping[MemberKey, AccessEnd]] | None = None

    async def all(self) -> Mapping[MemberKey, AccessEnd]:
        """See `AccessEnds.all`."""
        self.was_read = True
        if self.reading is None:
            self.reading = asyncio.ensure_future(self.ends.all())
        return await asyncio.shield(self.reading)


class EndingAccess:
    """Carries ends out when their time has come, in one process at a time.

    Args:
        platforms: with the accounts in the settings, whichever they were when access was granted.
        now: the current moment in UTC.
        longest_pause_seconds: after which it is looked whether another process has set an end.
    """

    def __init__(
        self,
        *,
        ends: AccessEnds,
        changes: Changes,
        platforms: Platforms,
        now: Callable[[], datetime],
        longest_pause_seconds: float = LONGEST_PAUSE_SECONDS,
    ) -> None:
        self._ends = ends
        self._changes = changes
        self._platforms = platforms
        self._now = now
        self._longest_pause_seconds = longest_pause_seconds
        self._not_before: dict[AccessEnd, datetime] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Go on until the block is left."""
        rounds = asyncio.create_task(self._go_on())
        try:
            yield
        finally:
            rounds.cancel()
            await asyncio.wait({rounds})

    async def _go_on(self) -> None:
        while True:
            try:
                pause_seconds = await self._round()
            except Exception as error:  # noqa: BLE001 - what may end tomorrow must not be forgotten for it
                log.error("ending access failed", error=type(error).__name__, at=where(error))
                pause_seconds = self._longest_pause_seconds
            await self._ends.wait_for_another(longest_seconds=pause_seconds)

    async def _round(self) -> float:
        """Carry out what is due; how many seconds to wait then."""
        try:
            if await self._ends.take_lease():
                ends = (await self._ends.all()).values()
                ours = [end for end in ends if end.key.platform in self._platforms.connected]
                for end in [end for end in ours if self._due_at(end) <= self._now()]:
                    await self._carry_out(end)
                next_at = min(map(self._due_at, ours), default=None)
                if next_at is not None:
                    left_seconds = (next_at - self._now()).total_seconds()
                    return min(max(left_seconds, 0.1), self._longest_pause_seconds)
        except LedgerError as error:
            log.error("the ends of access cannot be read", error=repr(error))
        return self._longest_pause_seconds

    async def _carry_out(self, end: AccessEnd) -> None:
        """Take the access away, unless its end was set anew meanwhile."""
        pause = _AFTER_A_FAILURE
        try:
            result = await self._revoke(end)
        except _SetAnew:
            self._not_before.pop(end, None)
            return
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - the others' ends must not wait for this one
            log.error("ending access failed", error=type(error).__name__, at=where(error))
        else:
            if result.outcome in {Outcome.REMOVED, Outcome.UNCHANGED}:
                await self._ends.forget(end)
                self._not_before.pop(end, None)
                return
            codes = [error.code.value for error in result.user_errors]
            platform = end.key.platform.value
            log.warning("access that has ended could not be taken away", platform=platform, codes=codes)
            if result.outcome is Outcome.REFUSED and not result.may_pass:
                pause = _AFTER_A_REFUSAL
        self._not_before[end] = self._now() + pause

    async def _revoke(self, end: AccessEnd) -> ChangeResult:
        key = end.key
        by_address = is_anonymous(key.member_upstream_id) and end.email is not None

        async def demand_unchanged() -> None:
            if (await self._ends.all()).get(key) != end:
                raise _SetAnew

        return await self._changes.once(
            RevokeAccess(
                platform=key.platform,
                project_upstream_id=key.project_upstream_id,
                person=Person(email=end.email)
                if by_address
                else Person(upstream_user_id=key.member_upstream_id),
            ),
            platforms=self._platforms,
            key=None,
            caller_id=ACTOR,
            request_id=f"end-of-access-{end.at:%Y%m%dT%H%M%SZ}",
            before_sending=demand_unchanged,
        )

    def _due_at(self, end: AccessEnd) -> datetime:
        return max(end.at, self._not_before.get(end, end.at))
