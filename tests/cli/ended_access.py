"""A database by which somebody's access to Momentum Rotation has ended while no gateway was running."""

from datetime import UTC, datetime

from gateway.access.changing.end import AccessEnd, EndChange, MemberKey
from gateway.domain.vocabulary import PlatformKey
from gateway.store.sqlite import open_ledger
from tests.cli.desk import Desk


async def let_end(desk: Desk, person: str) -> None:
    [first, *_] = desk.stand_ins.quantconnect.state.projects
    key = MemberKey(PlatformKey.QUANTCONNECT, str(first), person)
    end = AccessEnd(key=key, at=datetime(2020, 3, 1, tzinfo=UTC))
    async with open_ledger(str(desk.database)) as ledger, ledger.transactions.writing():
        await ledger.ends.change(EndChange(key=key, end=end))
