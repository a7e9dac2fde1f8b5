"""The audit trail in an SQLite database, as it is read: see `gateway.access.changing.audit.AuditTrail`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from gateway.access.changing.audit import AuditPage, AuditPosition, AuditSelection
from gateway.store import rows
from gateway.store.database import IN_MEMORY, open_for_reading
from gateway.store.sqlite import SqliteLedger
from gateway.store.transactions import Transactions

Values = dict[str, str | int | None]

_CONDITIONS: Final = {
    "since": "at >= :since",
    "until": "at < :until",
    "actor": "actor = :actor",
    "project": "platform = :platform AND project_upstream_id = :project",
    "address": "address = :address",
}
_OLDER: Final = "(at, id) < (:after_at, :after_number)"
_NOT_OLDER: Final = "(at, id) >= (:after_at, :after_number)"


@asynccontextmanager
async def open_audit_trail(database: str, *, beside: SqliteLedger) -> AsyncIterator["SqliteAuditTrail"]:
    """The trail that a ledger writes, until the block is left.

    It has a connection of its own, so that a long search holds up no change. What is in memory has but one.

    Args:
        database: the ledger's: a path, or `:memory:`.

    Raises:
        StoreError: the database cannot be used.
    """
    if database == IN_MEMORY:
        yield SqliteAuditTrail(beside.transactions)
        return
    async with open_for_reading(database) as connection:
        yield SqliteAuditTrail(Transactions(connection))


class SqliteAuditTrail:
    """See `gateway.access.changing.audit.AuditTrail`."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def page(
        self, selection: AuditSelection, *, size: int, after: AuditPosition | None = None
    ) -> AuditPage:
        """See `AuditTrail.page`."""
        conditions, values = _conditions(selection)
        older, newer = [*conditions], [*conditions, "FALSE"]
        if after is not None:
            older, newer = [*conditions, _OLDER], [*conditions, _NOT_OLDER]
            values |= {"after_at": rows.moment_text(after.at), "after_number": after.number}
        page = _select("*", older, "ORDER BY at DESC, id DESC LIMIT :count")
        async with self._transactions.reading():
            found = await self._transactions.run(page, {**values, "count": size + 1})
            [counted] = await self._transactions.run(_select("count(*)", conditions), values)
            ahead = await self._transactions.run(_select("1", newer, "LIMIT 1"), values)
            # What cannot be read fails as what cannot be found does.
            entries = tuple(rows.audit_entry(row) for row in found[:size])
        return AuditPage(
            entries=entries,
            total_count=counted[0],
            has_newer=bool(ahead),
            has_older=len(found) > size,
        )


def _conditions(selection: AuditSelection) -> tuple[list[str], Values]:
    """What must hold of an entry, and the values that it names."""
    platform, project = selection.project or (None, None)
    email = selection.person_email
    values: Values = {
        "since": None if selection.since is None else rows.moment_text(selection.since),
        "until": None if selection.until is None else rows.moment_text(selection.until),
        "actor": selection.actor,
        "project": project,
        "address": None if email is None else rows.address_text(email),
    }
    conditions = [condition for name, condition in _CONDITIONS.items() if values[name] is not None]
    values["platform"] = platform
    if selection.outcomes is not None:
        outcomes = {f"outcome_{place}": outcome.value for place, outcome in enumerate(selection.outcomes)}
        conditions.append(f"outcome IN ({', '.join(f':{name}' for name in outcomes)})")
        values |= outcomes
    return conditions, values


def _select(what: str, conditions: list[str], end: str = "") -> str:
    """A query of words that stand in this module; values are named in it only."""
    return f"SELECT {what} FROM audit WHERE {' AND '.join(conditions) or 'TRUE'} {end}"  # noqa: S608 - see above
