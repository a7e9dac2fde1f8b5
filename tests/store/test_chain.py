"""gateway/store/chain.py, and that the gateway makes the chain as it writes, whoever else writes."""

import asyncio
import hashlib
import subprocess
import sys
import textwrap
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.changing.ledger import LedgerError
from gateway.store import chain
from gateway.store.sqlite import open_ledger
from gateway.store.verification import verify
from tests.access.world import rows_of
from tests.store.trails import ENTRIES, digests_of, make_older, record, tamper, write

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
ROWS = st.fixed_dictionaries(
    {name: st.none() | TEXTS for name in chain.COLUMNS if name != "id"} | {"id": st.integers()}
)

PROGRAM = """
    import asyncio
    import sys
    from gateway.store.sqlite import open_ledger
    from tests.store.trails import ENTRIES, record

    async def run():
        async with open_ledger(sys.argv[1]) as ledger:
            print("ready", flush=True)
            sys.stdin.readline()
            for _ in range(8):
                await record(ledger, *ENTRIES)

    asyncio.run(run())
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "changes.sqlite3"


# ---------------------------------------------------------------- the digest


def test_a_digest_is_made_as_it_says_it_is() -> None:
    entry = dict.fromkeys(chain.COLUMNS) | {"id": 7, "actor": "Zoë \N{SNOWMAN}", "reason": 'a\n\x1f\x7f"\\/'}
    text = '{"actor":"Zoë ☃","id":7,"reason":"a\\n\\u001f\x7f\\"\\\\/"}'
    assert chain.digest_after("ab", entry) == hashlib.sha256(f"ab{text}".encode()).hexdigest()


def test_a_digest_is_what_every_version_makes_of_the_entry() -> None:
    """Otherwise what was verified yesterday is broken tomorrow."""
    entry = {name: str(place) for place, name in enumerate(chain.COLUMNS)} | {"id": 7, "plan_token": None}
    assert chain.digest_after(chain.START, entry) == (
        "8437314436231d9715478ece7e1fabef08aef97695ba8b6a319c0f7f1cac8c08"
    )


@given(one=ROWS, other=ROWS)
def test_two_entries_have_the_same_digest_only_where_they_are_the_same(
    one: dict[str, str | int | None], other: dict[str, str | int | None]
) -> None:
    same = chain.digest_after(chain.START, one) == chain.digest_after(chain.START, other)
    assert same is (one == other)


@given(entry=ROWS, name=st.sampled_from(chain.COLUMNS), text=TEXTS)
def test_a_changed_column_changes_the_digest(
    entry: dict[str, str | int | None], name: str, text: str
) -> None:
    same = chain.digest_after(chain.START, entry) == chain.digest_after(chain.START, {**entry, name: text})
    assert same is (entry[name] == text)


@given(entry=ROWS)
def test_the_digest_before_it_changes_the_digest(entry: dict[str, str | int | None]) -> None:
    assert chain.digest_after(chain.START, entry) != chain.digest_after("1" * 64, entry)


# ---------------------------------------------------------------- writing


def test_each_entry_has_the_digest_that_follows_from_the_one_before(database: Path) -> None:
    write(database, *ENTRIES)
    digest = chain.START
    for row in rows_of(str(database), "audit"):
        digest = chain.digest_after(digest, row)
        assert row["digest"] == digest


def test_the_chain_goes_on_where_the_last_gateway_left_it(database: Path) -> None:
    for one in ENTRIES:
        write(database, one)
    verdict = verify(str(database))
    assert (verdict.flaw, verdict.entry_count) == (None, len(ENTRIES))


@pytest.mark.anyio
async def test_an_entry_that_cannot_be_stored_leaves_no_gap(database: Path) -> None:
    async with open_ledger(str(database)) as ledger:
        await record(ledger, ENTRIES[0])
        with pytest.raises(LedgerError):
            await record(ledger, replace(ENTRIES[1], request_id=None))
        await record(ledger, ENTRIES[2])
    verdict = verify(str(database))
    assert (verdict.flaw, verdict.entry_count) == (None, 2)


def test_a_number_is_not_given_twice_where_the_last_entry_was_removed(database: Path) -> None:
    write(database, *ENTRIES[:2])
    tamper(database, "DELETE FROM audit WHERE id = 2")
    write(database, ENTRIES[2])
    assert [row["id"] for row in rows_of(str(database), "audit")] == [1, 3]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sqlite_sequence SET seq = 0 WHERE name = 'audit'",
        "DELETE FROM audit_chain",
        "UPDATE audit SET digest = NULL",
        "DELETE FROM audit",
    ],
)
def test_a_trail_that_was_tampered_with_keeps_no_change_from_being_recorded(
    database: Path, statement: str
) -> None:
    """Whoever could stop the gateway so would leave no trace of what comes next."""
    write(database, *ENTRIES[:2])
    tamper(database, statement)
    write(database, ENTRIES[2])
    assert rows_of(str(database), "audit")[-1]["actor"] == ENTRIES[2].actor


@pytest.mark.anyio
async def test_a_beginning_that_is_removed_meanwhile_keeps_no_change_from_being_recorded(
    database: Path,
) -> None:
    async with open_ledger(str(database)) as ledger:
        tamper(database, "DELETE FROM audit_chain")
        await record(ledger, ENTRIES[0])
    assert len(rows_of(str(database), "audit")) == 1


# ---------------------------------------------------------------- several at once


@pytest.mark.anyio
async def test_connections_that_write_at_once_make_one_chain(database: Path) -> None:
    async with AsyncExitStack() as stack:
        ledgers = [await stack.enter_async_context(open_ledger(str(database))) for _ in range(4)]
        await asyncio.gather(*(record(ledger, *ENTRIES * 4) for ledger in ledgers))
    verdict = verify(str(database))
    assert (verdict.flaw, verdict.entry_count) == (None, 4 * 4 * len(ENTRIES))


def test_processes_that_write_at_once_make_one_chain(database: Path) -> None:
    with ExitStack() as stack:
        processes = []
        for _ in range(2):
            program = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(database)]
            process = stack.enter_context(
                subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - as above
            )
            stack.callback(process.kill)
            processes.append(process)
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.wait() for process in processes] == [0, 0]
    verdict = verify(str(database))
    assert (verdict.flaw, verdict.entry_count) == (None, 2 * 8 * len(ENTRIES))


# ---------------------------------------------------------------- what was there before the chain


def test_entries_from_before_the_chain_are_left_as_they_were(database: Path) -> None:
    make_older(database, count=3)
    before = rows_of(str(database), "audit")
    write(database)
    after = rows_of(str(database), "audit")
    assert [{name: row[name] for name in before[0]} for row in after] == before
    assert digests_of(database) == [None, None, None]


def test_the_chain_begins_after_them_with_one_digest_for_all_of_them(database: Path) -> None:
    make_older(database, count=3)
    write(database)
    digest = chain.START
    for row in rows_of(str(database), "audit"):
        digest = chain.digest_after(digest, row)
    [began] = rows_of(str(database), "audit_chain")
    assert began == {"id": 1, "after_entry": 3, "digest": digest}
    write(database, ENTRIES[0])
    [*_, first] = rows_of(str(database), "audit")
    assert first["digest"] == chain.digest_after(digest, first)


def test_the_one_digest_is_for_however_many_there_are(database: Path) -> None:
    make_older(database, count=2_005)
    write(database, ENTRIES[0])
    verdict = verify(str(database))
    assert (verdict.flaw, verdict.entry_count) == (None, 2_006)


def test_where_the_chain_begins_is_written_once(database: Path) -> None:
    make_older(database, count=3)
    write(database)
    before = rows_of(str(database), "audit_chain")
    write(database, *ENTRIES)
    write(database)
    assert rows_of(str(database), "audit_chain") == before


def test_a_new_database_s_chain_begins_with_its_first_entry(database: Path) -> None:
    write(database)
    assert rows_of(str(database), "audit_chain") == [{"id": 1, "after_entry": 0, "digest": chain.START}]
