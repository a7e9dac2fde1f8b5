"""Audit trails in files: written as the gateway writes them, and by somebody who has no business there."""

import asyncio
import sqlite3
import uuid
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import structs

from gateway.access.changing.audit import AuditEntry
from gateway.access.changing.ledger import AuditRecord, Begun
from gateway.domain.vocabulary import PlatformKey, Role
from gateway.store import chain
from gateway.store.schema import APPLICATION_ID, MIGRATIONS
from gateway.store.sqlite import SqliteLedger, open_ledger
from tests.access.trail import entry
from tests.access.world import ADD, NOON
from tests.store.test_sqlite import ADDED, INTENT

# Nothing in one of them is as in another, nor empty where anything can stand.
ENTRIES = tuple(
    replace(
        entry(
            number,
            at=NOON + timedelta(hours=number),
            actor=f"key:{number}",
            project_upstream_id=f"p{number}",
            platform=list(PlatformKey)[number % 2],
            member_email=f"{number}@example.org",
            before=Role.EDITOR if number % 2 else Role.ADMIN,
            idempotency_key=f"k{number}",
        ),
        plan_token=f"plan {number}",
        person=f"person {number}",
    )
    for number in range(1, 6)
)

OLD_COLUMNS = "at, actor, operation, platform, project_upstream_id, person, outcome, request_id"


async def record(ledger: SqliteLedger, *records: AuditRecord) -> None:
    """Let changes come to these ends, whatever other processes change meanwhile."""
    change = structs.replace(ADD, project_upstream_id=uuid.uuid4().hex)
    for one in records:
        beginning = await ledger.begin(structs.replace(INTENT, key=None, change=change))
        assert isinstance(beginning, Begun)
        await ledger.settle(beginning.entry_id, result=ADDED, audit=one)
        ledger.let_go(beginning.entry_id)


def write(database: Path, *records: AuditRecord) -> None:
    """What a gateway writes that is started and ended."""

    async def run() -> None:
        async with open_ledger(str(database)) as ledger:
            await record(ledger, *records)

    asyncio.run(run())


def tamper(database: Path, *statements: str) -> None:
    """What anybody can do who may write to the file: the triggers keep nobody from it."""
    with closing(sqlite3.connect(database)) as connection, connection:
        triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)


def digests_of(database: Path) -> list[str | None]:
    with closing(sqlite3.connect(database)) as connection:
        return [digest for (digest,) in connection.execute("SELECT digest FROM audit ORDER BY id")]


def make_older(database: Path, *, count: int) -> None:
    """A database of version 2 with so many entries in it."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for statement in (one for migration in MIGRATIONS[:2] for one in migration):
            connection.execute(statement)
        for number in range(1, count + 1):
            at = datetime(2025, 12, 31, tzinfo=UTC) + timedelta(days=number)
            values = (at.isoformat(timespec="microseconds"), "me", "addMember", "TESTOMATO", "a1")
            values += (f" Old{number}@Example.org ", "ADDED", f"old {number}")
            connection.execute(f"INSERT INTO audit ({OLD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)  # noqa: S608 - our own columns
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 2")


def make_long(database: Path, *, count: int) -> None:
    """A trail of so many entries, in no time."""
    write(database)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany(
            "INSERT INTO audit (id, at, actor, operation, platform, project_upstream_id, person, outcome, "
            "request_id, digest) VALUES (:id, :at, 'me', 'addMember', 'TESTOMATO', 'a1', 'x', 'ADDED', 'r', "
            ":digest)",
            _linked(count),
        )


def _linked(count: int) -> Iterable[dict[str, str | int | None]]:
    digest = chain.START
    for number in range(1, count + 1):
        row: dict[str, str | int | None] = dict.fromkeys(chain.COLUMNS)
        row |= {"id": number, "at": NOON.isoformat(timespec="microseconds"), "actor": "me"}
        row |= {"operation": "addMember", "platform": "TESTOMATO", "project_upstream_id": "a1"}
        row |= {"person": "x", "outcome": "ADDED", "request_id": "r"}
        digest = chain.digest_after(digest, row)
        yield {**row, "digest": digest}


def numbered(entries: Iterable[AuditEntry]) -> list[int]:
    return [one.number for one in entries]
