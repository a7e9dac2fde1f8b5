"""gateway/store/audit.py: a search of the trail finds what it is to find, page by page."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.access.changing.audit import AuditEntry, AuditPage, AuditPosition, AuditSelection, AuditTrail
from gateway.access.changing.ledger import LedgerError
from gateway.domain.vocabulary import Outcome, PlatformKey, Role
from gateway.store.audit import SqliteAuditTrail, open_audit_trail
from gateway.store.database import open_for_reading
from gateway.store.sqlite import open_ledger
from gateway.store.transactions import Transactions
from tests.access.trail import ListedTrail, entry, position
from tests.access.world import NOON
from tests.store.trails import ENTRIES, make_older, numbered, record, tamper, write

EVERYTHING = AuditSelection()
QUANTCONNECT, TESTOMATO = PlatformKey.QUANTCONNECT, PlatformKey.TESTOMATO

# Few of each, so that many entries share one.
MOMENTS = st.sampled_from([NOON + timedelta(microseconds=one) for one in (-1, 0, 1, 10**6, 10**9)])
ACTORS = st.sampled_from(["key:hr", "key:HR", "sub:7", ""])
PROJECTS = st.tuples(st.sampled_from(PlatformKey), st.sampled_from(["1", "2"]))
ADDRESSES = st.sampled_from(["zoë@straße.example", "ZOË@STRASSE.example ", "other@example.org"])
OUTCOMES = st.sampled_from(Outcome)


@st.composite
def entries_in_order(draw: st.DrawFn) -> list[AuditEntry]:
    """As one gateway after another writes them, whose clocks do not agree."""
    return [
        entry(
            number,
            at=draw(MOMENTS),
            actor=draw(ACTORS),
            platform=(project := draw(PROJECTS))[0],
            project_upstream_id=project[1],
            member_email=draw(st.none() | ADDRESSES),
            outcome=draw(OUTCOMES),
            before=draw(st.none() | st.sampled_from(Role)),
            idempotency_key=draw(st.sampled_from([None, "k", "\N{SNOWMAN}"])),
        )
        for number in range(1, draw(st.integers(0, 12)) + 1)
    ]


SELECTIONS = st.builds(
    AuditSelection,
    since=st.none() | MOMENTS,
    until=st.none() | MOMENTS,
    actor=st.none() | ACTORS,
    project=st.none() | PROJECTS,
    person_email=st.none() | ADDRESSES,
    outcomes=st.none() | st.frozensets(OUTCOMES),
)


async def pages(trail: AuditTrail, selection: AuditSelection, *, size: int) -> list[AuditPage]:
    """All of them, one after the other."""
    found = [await trail.page(selection, size=size)]
    while found[-1].has_older and len(found) < 50:  # wrong positions might lead round in circles
        found.append(await trail.page(selection, size=size, after=position(found[-1].entries[-1])))
    return found


def as_kept(one: AuditEntry) -> AuditEntry:
    """Addresses are kept as they are compared."""
    email = one.member_email
    return one if email is None else replace(one, member_email=email.strip().casefold())


# ---------------------------------------------------------------- properties


@settings(deadline=None, max_examples=80)
@given(entries=entries_in_order(), selection=SELECTIONS, size=st.integers(1, 5))
def test_pages_one_after_the_other_are_what_plain_python_finds(
    entries: list[AuditEntry], selection: AuditSelection, size: int
) -> None:
    async def run() -> tuple[list[AuditPage], list[AuditPage]]:
        async with open_ledger(":memory:") as ledger, open_audit_trail(":memory:", beside=ledger) as trail:
            await record(ledger, *entries)
            found = await pages(trail, selection, size=size)
        return found, await pages(ListedTrail(map(as_kept, entries)), selection, size=size)

    found, expected = asyncio.run(run())
    assert found == expected


@settings(deadline=None, max_examples=40)
@given(entries=entries_in_order(), selection=SELECTIONS, size=st.integers(1, 5))
def test_pages_put_together_are_the_filtered_whole_the_newest_first(
    entries: list[AuditEntry], selection: AuditSelection, size: int
) -> None:
    async def run() -> tuple[list[AuditPage], AuditPage]:
        async with open_ledger(":memory:") as ledger, open_audit_trail(":memory:", beside=ledger) as trail:
            await record(ledger, *entries)
            return await pages(trail, selection, size=size), await trail.page(selection, size=200)

    found, whole = asyncio.run(run())
    together = [one for page in found for one in page.entries]
    assert together == list(whole.entries) == sorted(together, key=position, reverse=True)
    assert {page.total_count for page in found} == {len(together)}
    assert [page.has_newer for page in found] == [place > 0 for place in range(len(found))]


# ---------------------------------------------------------------- what is told


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Five entries that have nothing in common."""
    database = tmp_path / "changes.sqlite3"
    write(database, *ENTRIES)
    return database


@pytest.fixture
async def trail(database: Path) -> AsyncIterator[SqliteAuditTrail]:
    async with open_ledger(str(database)) as ledger, open_audit_trail(str(database), beside=ledger) as trail:
        yield trail


@pytest.mark.anyio
async def test_an_entry_comes_back_as_it_was_recorded(trail: SqliteAuditTrail) -> None:
    page = await trail.page(EVERYTHING, size=5)
    assert page.entries == tuple(reversed(ENTRIES))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        (AuditSelection(since=ENTRIES[2].at), [5, 4, 3]),
        (AuditSelection(until=ENTRIES[2].at), [2, 1]),
        (AuditSelection(since=ENTRIES[1].at, until=ENTRIES[3].at), [3, 2]),
        (AuditSelection(since=datetime.max.replace(tzinfo=UTC)), []),
        (AuditSelection(until=datetime.min.replace(tzinfo=UTC)), []),
        (AuditSelection(actor="key:4"), [4]),
        (AuditSelection(actor="KEY:4"), []),
        (AuditSelection(actor="key:"), []),
        (AuditSelection(project=(TESTOMATO, "p3")), [3]),
        (AuditSelection(project=(QUANTCONNECT, "p3")), []),
        (AuditSelection(person_email=" 2@EXAMPLE.org"), [2]),
        (AuditSelection(person_email="example.org"), []),
        (AuditSelection(outcomes=frozenset({Outcome.UPDATED})), [5, 4, 3, 2, 1]),
        (AuditSelection(outcomes=frozenset({Outcome.ADDED, Outcome.REMOVED})), []),
        (AuditSelection(outcomes=frozenset()), []),
    ],
    ids=repr,
)
async def test_everything_that_is_asked_for_must_hold(
    trail: SqliteAuditTrail, selection: AuditSelection, numbers: list[int]
) -> None:
    page = await trail.page(selection, size=5)
    assert (numbered(page.entries), page.total_count) == (numbers, len(numbers))


@pytest.mark.anyio
async def test_a_moment_may_have_any_offset(trail: SqliteAuditTrail) -> None:
    since = ENTRIES[2].at.astimezone(datetime.fromisoformat("2026-01-01T00:00:00-11:30").tzinfo)
    page = await trail.page(AuditSelection(since=since), size=1)
    assert page.total_count == 3


@pytest.mark.anyio
async def test_what_comes_meanwhile_moves_nothing(database: Path, trail: SqliteAuditTrail) -> None:
    first = await trail.page(EVERYTHING, size=2)
    async with open_ledger(str(database)) as another:
        await record(another, replace(ENTRIES[0], at=NOON + timedelta(days=1)))
    second = await trail.page(EVERYTHING, size=2, after=position(first.entries[-1]))
    assert (numbered(second.entries), second.total_count) == ([3, 2], 6)


@pytest.mark.anyio
async def test_a_position_that_no_entry_has_is_as_good_as_any(trail: SqliteAuditTrail) -> None:
    page = await trail.page(EVERYTHING, size=5, after=AuditPosition(ENTRIES[2].at, 2**63 - 1))
    assert (numbered(page.entries), page.has_newer) == ([3, 2, 1], True)


@pytest.mark.anyio
async def test_entries_from_before_there_were_addresses_are_found_by_the_name_that_was_one(
    tmp_path: Path,
) -> None:
    make_older(tmp_path / "older.sqlite3", count=3)
    name = str(tmp_path / "older.sqlite3")
    async with open_ledger(name) as ledger, open_audit_trail(name, beside=ledger) as trail:
        page = await trail.page(AuditSelection(person_email="OLD2@example.org"), size=5)
    assert [(one.number, one.person, one.member_email) for one in page.entries] == [
        (2, " Old2@Example.org ", None)
    ]


@pytest.mark.anyio
async def test_an_entry_that_cannot_be_read_is_told_as_a_failure_of_the_trail(
    database: Path, trail: SqliteAuditTrail
) -> None:
    tamper(database, "UPDATE audit SET outcome = 'WON' WHERE id = 3")
    with pytest.raises(LedgerError, match="an entry cannot be read"):
        await trail.page(EVERYTHING, size=5)
    assert numbered((await trail.page(EVERYTHING, size=2)).entries) == [5, 4]


# ---------------------------------------------------------------- how it is found


SERVED = {
    "audit_at": AuditSelection(since=NOON, until=NOON),
    "audit_actor": AuditSelection(actor="a", since=NOON),
    "audit_project": AuditSelection(project=(TESTOMATO, "1"), until=NOON),
    "audit_address": AuditSelection(person_email="a@example.org"),
    "audit_outcome": AuditSelection(outcomes=frozenset({Outcome.UNKNOWN})),
}


@pytest.mark.anyio
@pytest.mark.parametrize("after", [None, AuditPosition(NOON, 3)], ids=["first", "next"])
@pytest.mark.parametrize("index", SERVED)
async def test_every_search_is_served_by_an_index_in_whose_order_the_pages_are(
    database: Path, index: str, after: AuditPosition | None
) -> None:
    asked: list[str] = []
    async with open_for_reading(str(database)) as connection:
        await connection.set_trace_callback(asked.append)
        await SqliteAuditTrail(Transactions(connection)).page(SERVED[index], size=5, after=after)
    plans = plans_of(database, [one for one in asked if one.startswith("SELECT") and "FALSE" not in one])
    assert len(plans) == (2 if after is None else 3)
    assert [step for plan in plans for step in plan if f"INDEX {index} (" not in step] == []


def plans_of(database: Path, statements: list[str]) -> list[list[str]]:
    with closing(sqlite3.connect(database)) as connection:
        return [[step for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {one}")] for one in statements]


@pytest.mark.anyio
async def test_a_search_that_nobody_waits_for_any_more_is_stopped(database: Path) -> None:
    """One without an end: the block would never be left."""
    endless = "WITH RECURSIVE n(i) AS (SELECT started() UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    loop, has_started = asyncio.get_running_loop(), asyncio.Event()
    async with open_for_reading(str(database)) as connection:
        await connection.create_function(
            "started", 0, lambda: loop.call_soon_threadsafe(has_started.set) and 1
        )
        transactions = Transactions(connection)

        async def search() -> None:
            async with transactions.reading():
                await transactions.run(endless, {})

        searching = asyncio.create_task(search())
        await has_started.wait()
        searching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await searching
        page = await SqliteAuditTrail(transactions).page(EVERYTHING, size=1)
    assert page.total_count == len(ENTRIES)


@pytest.mark.anyio
async def test_a_search_keeps_no_change_from_being_recorded(database: Path) -> None:
    async with open_ledger(str(database)) as ledger, open_for_reading(str(database)) as connection:
        async with Transactions(connection).reading():
            await connection.execute_fetchall("SELECT count(*) FROM audit")
            await record(ledger, ENTRIES[0])
        async with open_audit_trail(str(database), beside=ledger) as trail:
            assert (await trail.page(EVERYTHING, size=1)).total_count == len(ENTRIES) + 1


@pytest.mark.anyio
async def test_the_connection_for_searches_writes_nothing(database: Path) -> None:
    async with open_for_reading(str(database)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await connection.execute_fetchall("DELETE FROM change")
