"""A gateway as far as it takes access away that has ended, a round at a time."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime

from gateway.access.changing.changes import Changes
from gateway.access.changing.end import AccessEnd, EndChange, MemberKey
from gateway.access.changing.ending import EndingAccess
from gateway.access.changing.ledger import LedgerError
from gateway.access.changing.membership import Membership
from gateway.domain.platform import Platforms
from gateway.store.ends import SqliteAccessEnds
from gateway.store.sqlite import open_ledger
from tests.access.world import KEY, OTHER_PROFILE, PROFILE, World


class SteppedEnds:
    """The ends in a database; whoever waits for another is woken when the test says so.

    Attributes:
        pauses: for how long each wait would have been.
        broken: raised by the next look.
    """

    def __init__(self, ends: SqliteAccessEnds) -> None:
        self._ends = ends
        self._waits, self._goes_on = asyncio.Event(), asyncio.Event()
        self.pauses: list[float] = []
        self.broken: Exception | None = None

    async def all(self) -> Mapping[MemberKey, AccessEnd]:
        broken, self.broken = self.broken, None
        if broken is not None:
            raise broken
        return await self._ends.all()

    async def forget(self, end: AccessEnd) -> None:
        await self._ends.forget(end)

    async def take_lease(self) -> bool:
        return await self._ends.take_lease()

    async def wait_for_another(self, *, longest_seconds: float) -> None:
        self.pauses.append(longest_seconds)
        self._waits.set()
        await self._goes_on.wait()
        self._goes_on.clear()

    async def end_of_round(self) -> None:
        """Until a round is over."""
        await self._waits.wait()

    async def another_round(self) -> None:
        self._waits.clear()
        self._goes_on.set()
        await self._waits.wait()


class EndingGateway:
    """One process; its clock is the test's.

    Args:
        is_connected: whether the platform is configured.
    """

    def __init__(
        self, world: World, database: str, *, now: Callable[[], datetime], is_connected: bool = True
    ) -> None:
        self._world = world
        self._database = database
        self._now = now
        self._accounts = {KEY: "accounts"} if is_connected else {}
        self._stack = AsyncExitStack()

    async def open(self) -> "EndingGateway":
        """With its database, and nothing going on."""
        self.ledger = await self._stack.enter_async_context(open_ledger(self._database))
        self.ends = SteppedEnds(self.ledger.ends)
        return self

    async def start(self) -> "EndingGateway":
        """Go on until the first round is over."""
        await self.open()
        platforms = Platforms(
            profiles={KEY: PROFILE, OTHER_PROFILE.key: OTHER_PROFILE},
            connected=dict.fromkeys(self._accounts, self._world),
            accounts=self._accounts,
        )
        changes = Changes(
            membership=Membership(settling_pauses_seconds=(0,)),
            ledger=self.ledger,
            platforms=platforms,
            now=self._now,
            waiting_pauses_seconds=(0,),
        )
        ending = EndingAccess(ends=self.ends, changes=changes, platforms=platforms, now=self._now)
        await self._stack.enter_async_context(ending.running())
        await self.ends.end_of_round()
        return self

    async def let_end(
        self,
        who: str,
        at: datetime,
        *,
        project: str = "1",
        email: str | None = None,
    ) -> AccessEnd:
        """Write down when somebody's access ends."""
        key = MemberKey(KEY, project, who)
        end = AccessEnd(key=key, at=at, email=email)
        async with self.ledger.transactions.writing():
            await self.ledger.ends.change(EndChange(key=key, end=end))
        return end

    async def ends_left(self) -> list[AccessEnd]:
        return list((await self.ledger.ends.all()).values())

    async def stop(self) -> None:
        await self._stack.aclose()


BROKEN = LedgerError("disk I/O error")
