"""Walk the chain of the audit trail, and say where it is broken first.

The database is opened to be read only, and read page by page, each in a transaction of its own: a trail of
any length needs no memory, and a gateway that runs meanwhile is not kept from writing. What it adds is walked
too.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from gateway.store import chain
from gateway.store.database import BUSY_SECONDS, StoreError, demand_known, explained

ENTRIES_A_PAGE: Final = 5_000
_HAS_CHAIN: Final = "SELECT count(*) FROM sqlite_schema WHERE name = 'audit_chain'"
_LAST_GIVEN: Final = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit'"

OnProgress = Callable[[int, int], object]
"""Told after each page but the last how many entries were walked, and of how many."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    Attributes:
        entry_count: how many entries are in order, up to the first that is not.
        digest: of the last of them.
        expected_at: the number of the entry that has the digest which was expected; None where none has.
        flaw: a sentence about the first entry that was changed or is missing; None where all is in order.
    """

    entry_count: int
    digest: str
    expected_at: int | None
    flaw: str | None


def verify(
    database: str, *, expected: str | None = None, on_progress: OnProgress = lambda *_: None
) -> Verdict:
    """Walk the whole trail.

    Args:
        database: a path.
        expected: a digest that some entry must have: the last one of an earlier walk.

    Raises:
        StoreError: the database cannot be used, or no chain was begun in it.
    """
    with explained(database), closing(_open(database)) as connection:
        _check(connection, database)
        walk = _Walk(connection, expected)
        flaw = walk.go(on_progress) or walk.beyond_the_end()
    if flaw is None and expected is not None and walk.expected_at is None:
        flaw = (
            "No entry has the digest that was expected: entries were taken away from the end of the trail, "
            "or all of it was made anew."
        )
    return Verdict(entry_count=walk.entry_count, digest=walk.digest, expected_at=walk.expected_at, flaw=flaw)


class _Walk:
    """One walk, from the first entry on.

    Attributes:
        entry_count: how many were in order so far.
        digest: of the last of them.
    """

    def __init__(self, connection: sqlite3.Connection, expected: str | None) -> None:
        self._connection = connection
        self._expected = expected
        began: sqlite3.Row | None = connection.execute("SELECT * FROM audit_chain").fetchone()
        self._chain_after: int = 0 if began is None else began["after_entry"]
        self._digest_before_chain: str | None = None if began is None else began["digest"]
        self._last_given = 0
        self._last_moment = ""
        self.entry_count = 0
        self.digest = chain.START
        self.expected_at: int | None = None

    def go(self, on_progress: OnProgress) -> str | None:
        """What is wrong with the first entry with which something is."""
        start = chain.LOWEST_NUMBER
        while True:
            with _at_one_moment(self._connection):
                page = self._connection.execute(
                    chain.PAGE, {"start": start, "count": ENTRIES_A_PAGE}
                ).fetchall()
                [self._last_given] = self._connection.execute(_LAST_GIVEN).fetchone()
            for row in page:
                flaw = self._step(row)
                if flaw is not None:
                    return flaw
            if len(page) < ENTRIES_A_PAGE:
                return None
            start = page[-1]["id"] + 1
            on_progress(self.entry_count, self._last_given)

    def beyond_the_end(self) -> str | None:
        """What is wrong where the trail ends: numbers were given out that no entry has."""
        if self._digest_before_chain is None:
            return "The digest that the chain begins with is missing."
        last = max(self._last_given, self._chain_after)
        if last <= self.entry_count:
            return None
        return f"{_missing(self.entry_count + 1, last)} from the end{self._after()}."

    def _step(self, row: sqlite3.Row) -> str | None:
        number, expected_number = row["id"], self.entry_count + 1
        moment = _moment_of(row)
        if number < expected_number:
            return f"Entry {number}{moment} was put in: the first entry has the number 1."
        if number > expected_number:
            return (
                f"{_missing(expected_number, number - 1)}{self._after()}: entry {number}{moment} comes next."
            )
        try:
            digest = chain.digest_after(self.digest, row)
        except TypeError:
            return f"Entry {number}{moment} was changed."
        if row["digest"] != (digest if number > self._chain_after else None):
            return f"Entry {number}{moment} was changed, or put in the place of another."
        if number == self._chain_after and digest != self._digest_before_chain:
            return (
                f"One of the entries 1 to {number} was changed, the last of which is{moment}: they are from "
                "before the chain, which has one digest for them all."
            )
        self.entry_count, self.digest, self._last_moment = number, digest, moment
        if digest == self._expected:
            self.expected_at = number
        return None

    def _after(self) -> str:
        return f" after entry {self.entry_count}{self._last_moment}" if self.entry_count else ""


def _open(database: str) -> sqlite3.Connection:
    """A connection that cannot write; a file that is not there is not made."""
    path = Path(database).absolute()
    path.stat()
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    connection.row_factory = sqlite3.Row
    # What is no UTF-8 was not written by us: it is a changed entry, and no reason to fail.
    connection.text_factory = lambda octets: octets.decode(errors="surrogateescape")
    return connection


def _check(connection: sqlite3.Connection, database: str) -> None:
    [tables] = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    [application_id] = connection.execute("PRAGMA application_id").fetchone()
    [version] = connection.execute("PRAGMA user_version").fetchone()
    demand_known(database, is_empty=not tables, application_id=application_id, version=version)
    [has_chain] = connection.execute(_HAS_CHAIN).fetchone()
    if not has_chain:
        raise StoreError(
            f"{database} was written by a version of this program that made no chain: "
            "it begins when this version's gateway is started with it"
        )


@contextmanager
def _at_one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.rollback()


def _missing(first: int, last: int) -> str:
    return f"Entry {first} is missing" if first == last else f"Entries {first} to {last} are missing"


def _moment_of(row: sqlite3.Row) -> str:
    """In words, and ours only: what stands there may be anybody's."""
    try:
        moment = datetime.fromisoformat(row["at"]).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return ""
    return f" of {moment.isoformat().replace('+00:00', 'Z')}"
