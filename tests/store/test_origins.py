"""gateway/store/origins.py: by what persons are named is remembered, whatever becomes of the process."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import PlatformKey
from gateway.store.origins import HOLDERS_IN_MEMORY, SqliteOrigins, open_origins

pytestmark = pytest.mark.anyio

QUANTCONNECT, TESTOMATO = PlatformKey
ONE, TWO, THREE = (AccountKey(QUANTCONNECT, "1"), AccountKey(TESTOMATO, "2"), AccountKey(TESTOMATO, "3"))
GATEWAY = ""
BREAK = "CREATE TRIGGER broken BEFORE INSERT ON person_origin BEGIN SELECT RAISE(ABORT, 'broken'); END"
REPAIR = "DROP TRIGGER broken"
INSERT = """INSERT INTO person_origin (holder, platform, upstream_id, origin_platform, origin_upstream_id)
    VALUES ('', ?, ?, ?, ?)"""

Open = Callable[[], Awaitable[SqliteOrigins]]


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "changes.sqlite3")


@pytest.fixture
async def open_another(database: str) -> AsyncIterator[Open]:
    """Opens the file once more, as another process would."""
    async with AsyncExitStack() as stack:
        yield lambda: stack.enter_async_context(open_origins(database))


@pytest.fixture
async def origins(open_another: Open) -> SqliteOrigins:
    return await open_another()


def execute(database: str, statement: str, *values: str) -> None:
    """As somebody else would who opens the file."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, values)


async def known_after(database: str, holder: str = GATEWAY) -> dict[AccountKey, AccountKey]:
    """What is known to a process that starts now."""
    async with open_origins(database) as origins:
        return dict(await origins.known(holder))


# ---------------------------------------------------------------- remembering


async def test_at_first_nothing_is_known(origins: SqliteOrigins) -> None:
    assert await origins.known(GATEWAY) == {}


async def test_what_is_learned_is_known_at_once(origins: SqliteOrigins) -> None:
    origins.learn(GATEWAY, {ONE: ONE, TWO: ONE})
    assert await origins.known(GATEWAY) == {ONE: ONE, TWO: ONE}


async def test_what_is_learned_anew_takes_the_place_of_what_was_known(origins: SqliteOrigins) -> None:
    for origin in (TWO, THREE, ONE):
        origins.learn(GATEWAY, {TWO: origin})
        assert await origins.known(GATEWAY) == {TWO: origin}
        await origins.written()
        assert await origins.known(GATEWAY) == {TWO: origin}


async def test_what_was_given_does_not_change_any_more(origins: SqliteOrigins) -> None:
    given_before = await origins.known(GATEWAY)
    origins.learn(GATEWAY, {ONE: ONE})
    await origins.written()
    await origins.known(GATEWAY)
    assert given_before == {}


async def test_what_was_learned_is_known_after_a_restart(database: str) -> None:
    async with open_origins(database) as origins:
        origins.learn(GATEWAY, {TWO: ONE})
        origins.learn(GATEWAY, {TWO: THREE, ONE: ONE})
    assert await known_after(database) == {TWO: THREE, ONE: ONE}


async def test_in_memory_it_is_remembered_until_the_end() -> None:
    async with open_origins(":memory:") as origins:
        origins.learn(GATEWAY, {TWO: ONE})
        await origins.written()
        assert await origins.known(GATEWAY) == {TWO: ONE}


async def test_what_is_learned_while_something_is_written_is_written_too(
    origins: SqliteOrigins, database: str
) -> None:
    for number in range(50):
        origins.learn(GATEWAY, {TWO: AccountKey(TESTOMATO, str(number))})
        for _ in range(number % 3):
            await asyncio.sleep(0)
    await origins.written()
    assert await known_after(database) == {TWO: AccountKey(TESTOMATO, "49")}


async def test_ids_of_any_kind_come_back_as_they_were(database: str) -> None:
    odd = {AccountKey(TESTOMATO, text): AccountKey(QUANTCONNECT, text) for text in ("'", "☃\n\0", "1", "1.0")}
    async with open_origins(database) as origins:
        origins.learn(GATEWAY, odd)
    assert await known_after(database) == odd


# ---------------------------------------------------------------- whose it is


async def test_each_holder_has_their_own(origins: SqliteOrigins, database: str) -> None:
    told: dict[str, Mapping[AccountKey, AccountKey]] = {
        GATEWAY: {TWO: ONE},
        "amber": {TWO: TWO},
        "cobalt": {},
    }
    for holder, learned in told.items():
        origins.learn(holder, learned)
    assert {holder: await origins.known(holder) for holder in told} == told
    await origins.written()
    assert {holder: await known_after(database, holder) for holder in told} == told


async def test_of_more_holders_than_are_in_memory_none_is_forgotten(origins: SqliteOrigins) -> None:
    told = {str(number): {TWO: AccountKey(TESTOMATO, str(number))} for number in range(HOLDERS_IN_MEMORY + 5)}
    for holder, learned in told.items():
        origins.learn(holder, learned)
    await origins.written()
    for _ in range(2):
        assert {holder: await origins.known(holder) for holder in told} == told


# ---------------------------------------------------------------- several processes


async def test_what_one_process_has_learned_the_others_know(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    assert await other.known(GATEWAY) == {}
    one.learn(GATEWAY, {TWO: ONE})
    await one.written()
    assert await other.known(GATEWAY) == {TWO: ONE}


async def test_what_another_process_has_learned_anew_is_known_too(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    one.learn(GATEWAY, {TWO: ONE})
    await one.written()
    await other.known(GATEWAY)
    one.learn(GATEWAY, {TWO: THREE})
    await one.written()
    assert await other.known(GATEWAY) == {TWO: THREE}


LEARNED = st.dictionaries(st.sampled_from([ONE, TWO, THREE]), st.sampled_from([ONE, TWO, THREE]), min_size=1)
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([GATEWAY, "amber"]), LEARNED, st.integers(0, 2)), max_size=12
)


@settings(deadline=None, max_examples=30)
@given(steps=STEPS)
def test_whoever_learns_when_in_the_end_all_processes_know_the_same(
    steps: list[tuple[int, str, dict[AccountKey, AccountKey], int]],
) -> None:
    async def run(database: str) -> None:
        async with AsyncExitStack() as stack:
            processes = [await stack.enter_async_context(open_origins(database)) for _ in range(3)]
            learned: dict[str, set[AccountKey]] = {GATEWAY: set(), "amber": set()}
            for place, holder, origins, turns in steps:
                processes[place].learn(holder, origins)
                learned[holder] |= origins.keys()
                for _ in range(turns):
                    await processes[place].known(holder)
            for process in processes:
                await process.written()
            for holder, accounts in learned.items():
                known = [await process.known(holder) for process in processes]
                assert known[0].keys() == accounts
                assert known[1:] == known[:1] * 2

    with TemporaryDirectory() as folder:
        asyncio.run(run(f"{folder}/changes.sqlite3"))


# ---------------------------------------------------------------- what goes wrong


async def test_rows_of_a_platform_that_is_not_known_are_passed_over(database: str) -> None:
    """A newer version has written them, which was then taken back."""
    async with open_origins(database):
        execute(database, INSERT, "JIRA", "7", "TESTOMATO", "2")
        execute(database, INSERT, "TESTOMATO", "7", "JIRA", "2")
        execute(database, INSERT, "TESTOMATO", "8", "TESTOMATO", "2")
    assert await known_after(database) == {AccountKey(TESTOMATO, "8"): TWO}


async def test_what_cannot_be_written_is_known_and_written_with_what_comes_next(
    origins: SqliteOrigins, database: str
) -> None:
    execute(database, BREAK)
    origins.learn(GATEWAY, {TWO: ONE})
    await origins.written()
    assert await origins.known(GATEWAY) == {TWO: ONE}
    execute(database, REPAIR)
    origins.learn(GATEWAY, {THREE: THREE})
    await origins.written()
    assert await known_after(database) == {TWO: ONE, THREE: THREE}


async def test_what_could_not_be_written_is_tried_once_more_at_the_end(database: str) -> None:
    async with open_origins(database) as origins:
        execute(database, BREAK)
        origins.learn(GATEWAY, {TWO: ONE})
        await origins.written()
        execute(database, REPAIR)
    assert await known_after(database) == {TWO: ONE}


async def test_a_database_that_stays_broken_ends_in_good_order(database: str) -> None:
    async with open_origins(database) as origins:
        execute(database, BREAK)
        origins.learn(GATEWAY, {TWO: ONE})
    assert await known_after(database) == {}


async def test_what_cannot_be_read_is_given_as_it_was_known(origins: SqliteOrigins, database: str) -> None:
    origins.learn(GATEWAY, {TWO: ONE})
    await origins.written()
    await origins.known(GATEWAY)
    execute(database, "ALTER TABLE person_origin RENAME TO elsewhere")
    assert await origins.known(GATEWAY) == {TWO: ONE}


@pytest.mark.parametrize("statement", [BREAK, "ALTER TABLE person_origin RENAME TO elsewhere"])
async def test_a_failure_is_logged_without_whom_it_concerns(
    origins: SqliteOrigins, database: str, statement: str
) -> None:
    execute(database, statement)
    with capture_logs() as lines:
        origins.learn(GATEWAY, {AccountKey(TESTOMATO, "s3cret"): ONE})
        await origins.known(GATEWAY)
        await origins.written()
    assert {line["log_level"] for line in lines} == {"error"}
    assert "s3cret" not in str(lines)
