"""The ends of access in an SQLite database; they are set by `gateway.store.sqlite`, with outcomes."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from gateway.access.end import AccessEnd, EndChange, MemberKey
from gateway.domain.vocabulary import PlatformKey
from gateway.store.instance import Instance
from gateway.store.rows import Values, moment_text
from gateway.store.transactions import Transactions

_ALL: Final = "SELECT * FROM access_end"
SET_END: Final = """
    INSERT INTO access_end (platform, project_upstream_id, member_upstream_id, ends_at, account, email)
    VALUES (:platform, :project_upstream_id, :member_upstream_id, :ends_at, :account, :email)
    ON CONFLICT DO UPDATE SET ends_at = excluded.ends_at, account = excluded.account, email = excluded.email
"""
DROP_END: Final = """
    DELETE FROM access_end
    WHERE platform = :platform AND project_upstream_id = :project_upstream_id
      AND member_upstream_id = :member_upstream_id
"""
_FORGET: Final = f"{DROP_END} AND ends_at = :ends_at"
_HOLDER: Final = "SELECT holder FROM lease WHERE name = 'ends'"
_TAKE: Final = """
    INSERT INTO lease (name, holder) VALUES ('ends', :holder)
    ON CONFLICT DO UPDATE SET holder = excluded.holder
"""


def end_values(change: EndChange) -> Values:
    """Columns of `access_end`."""
    key = {
        "platform": change.key.platform.value,
        "project_upstream_id": change.key.project_upstream_id,
        "member_upstream_id": change.key.member_upstream_id,
    }
    if change.end is None:
        return key
    end = change.end
    return {**key, "ends_at": moment_text(end.at), "account": end.account, "email": end.email}


class SqliteAccessEnds:
    """See `gateway.access.ending.AccessEnds`."""

    def __init__(self, *, transactions: Transactions, instance: Instance) -> None:
        self._transactions = transactions
        self._instance = instance
        self._was_set = asyncio.Event()

    def note_set(self) -> None:
        """An end was set by this process."""
        self._was_set.set()

    async def wait_for_another(self, *, longest_seconds: float) -> None:
        """See `AccessEnds.wait_for_another`."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._was_set.wait(), timeout=longest_seconds)
        self._was_set.clear()

    async def all(self) -> Mapping[MemberKey, AccessEnd]:
        """See `AccessEnds.all`."""
        async with self._transactions.writing():
            rows = await self._transactions.run(_ALL, {})
        ends = (_end(row) for row in rows if row["platform"] in _KNOWN)
        return {end.key: end for end in ends}

    async def forget(self, end: AccessEnd) -> None:
        """See `AccessEnds.forget`."""
        values = end_values(EndChange(key=end.key, end=end))
        async with self._transactions.writing():
            await self._transactions.run(_FORGET, values)

    async def take_lease(self) -> bool:
        """See `AccessEnds.take_lease`."""
        async with self._transactions.writing():
            found = await self._transactions.run(_HOLDER, {})
            holder = found[0]["holder"] if found else None
            if holder == self._instance.id:
                return True
            if holder is not None and self._instance.is_alive(holder):
                return False
            await self._transactions.run(_TAKE, {"holder": self._instance.id})
            return True


_KNOWN: Final = frozenset(key.value for key in PlatformKey)


def _end(row: sqlite3.Row) -> AccessEnd:
    key = MemberKey(PlatformKey(row["platform"]), row["project_upstream_id"], row["member_upstream_id"])
    return AccessEnd(
        key=key, at=datetime.fromisoformat(row["ends_at"]), account=row["account"], email=row["email"]
    )
