"""The ends of access in an SQLite database; they are set by `gateway.store.sqlite`, with outcomes."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from gateway.access.changing.end import AccessEnd, EndChange, MemberKey
from gateway.domain.vocabulary import PlatformKey
from gateway.store.instance import Instance
from gateway.store.rows import Values, moment_text
from gateway.store.transactions import Transactions

_ALL: Final = "SELECT * FROM access_end"
_FIND: Final = """
    SELECT * FROM access_end
    WHERE platform = :platform AND project_upstream_id = :project_upstream_id
      AND member_upstream_id = :member_upstream_id
"""
_SET: Final = """
    INSERT INTO access_end (platform, project_upstream_id, member_upstream_id, ends_at, email)
    VALUES (:platform, :project_upstream_id, :member_upstream_id, :ends_at, :email)
    ON CONFLICT DO UPDATE SET ends_at = excluded.ends_at, email = excluded.email
"""
_DROP: Final = """
    DELETE FROM access_end
    WHERE platform = :platform AND project_upstream_id = :project_upstream_id
      AND member_upstream_id = :member_upstream_id
"""
_FORGET: Final = f"{_DROP} AND ends_at = :ends_at"
_HOLDER: Final = "SELECT holder FROM lease WHERE name = 'ends'"
_TAKE: Final = """
    INSERT INTO lease (name, holder) VALUES ('ends', :holder)
    ON CONFLICT DO UPDATE SET holder = excluded.holder
"""


def _key_values(key: MemberKey) -> Values:
    """Columns of `access_end`."""
    return {
        "platform": key.platform.value,
        "project_upstream_id": key.project_upstream_id,
        "member_upstream_id": key.member_upstream_id,
    }


def _end_values(end: AccessEnd) -> Values:
    """Columns of `access_end`."""
    return {**_key_values(end.key), "ends_at": moment_text(end.at), "email": end.email}


class SqliteAccessEnds:
    """See `gateway.access.changing.ending.AccessEnds`."""

    def __init__(self, *, transactions: Transactions, instance: Instance) -> None:
        self._transactions = transactions
        self._instance = instance
        self._was_set = asyncio.Event()

    async def change(self, change: EndChange) -> EndChange:
        """Set or drop an end, within a transaction that is open; what is given makes it as it was."""
        found = await self._transactions.run(_FIND, _key_values(change.key))
        if change.end is None:
            await self._transactions.run(_DROP, _key_values(change.key))
        else:
            await self._transactions.run(_SET, _end_values(change.end))
            self._was_set.set()
        return EndChange(key=change.key, end=_end(found[0]) if found else None)

    async def wait_for_another(self, *, longest_seconds: float) -> None:
        """See `AccessEnds.wait_for_another`."""
        with suppress(TimeoutError):
            # Not `asyncio.wait_for`: before Python 3.12 it goes on when it is cancelled just then.
            async with asyncio.timeout(longest_seconds):
                await self._was_set.wait()
        self._was_set.clear()

    async def all(self) -> Mapping[MemberKey, AccessEnd]:
        """See `AccessEnds.all`."""
        async with self._transactions.writing():
            rows = await self._transactions.run(_ALL, {})
        ends = (_end(row) for row in rows if row["platform"] in _KNOWN)
        return {end.key: end for end in ends}

    async def forget(self, end: AccessEnd) -> None:
        """See `AccessEnds.forget`."""
        async with self._transactions.writing():
            await self._transactions.run(_FORGET, _end_values(end))

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
    return AccessEnd(key=key, at=datetime.fromisoformat(row["ends_at"]), email=row["email"])
