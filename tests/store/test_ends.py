"""gateway/store/ends.py: the ends of access, kept with what set them, and who carries them out."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.access.changing.audit_record import audit_record
from gateway.access.changing.end import AccessEnd, EndChange, MemberKey
from gateway.access.changing.ledger import KeyScope
from gateway.domain.vocabulary import PlatformKey
from gateway.store.sqlite import SqliteLedger, open_ledger
from tests.access.world import NOON
from tests.store.test_sqlite import ADDED, INTENT, UNKNOWN, send

pytestmark = pytest.mark.anyio

Open = Callable[[], Awaitable[SqliteLedger]]

KEY = MemberKey(PlatformKey.QUANTCONNECT, "1", "mara")
END = AccessEnd(key=KEY, at=NOON, email="mara@example.org")
SET, DROP = EndChange(key=KEY, end=END), EndChange(key=KEY, end=None)
LATER = EndChange(key=KEY, end=AccessEnd(key=KEY, at=NOON + timedelta(days=1)))
# Takes the lease, says so, and lives on.
HOLDER = """
import asyncio, sys
from gateway.store.sqlite import open_ledger
async def hold():
    async with open_ledger(sys.argv[1]) as ledger:
        print(await ledger.ends.take_lease(), flush=True)
        await asyncio.Event().wait()
asyncio.run(hold())
"""


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "changes.sqlite3")


@pytest.fixture
async def open_another(database: str) -> AsyncIterator[Open]:
    """Opens the file once more, as another process would."""
    async with AsyncExitStack() as stack:
        yield lambda: stack.enter_async_context(open_ledger(database))


async def settle(ledger: SqliteLedger, end: EndChange, *, key: str = "k") -> None:
    """A change that does this to an end."""
    intent = replace(INTENT, key=key)
    audit = audit_record(intent, sent=None, result=ADDED, at=NOON)
    await ledger.settle(await send(ledger, intent), result=ADDED, audit=audit, end=end)


def scope_of(key: str) -> KeyScope:
    return KeyScope(caller_id=INTENT.caller_id, credential=INTENT.credential, key=key)


async def ends_of(ledger: SqliteLedger) -> list[AccessEnd]:
    found = await ledger.ends.all()
    assert all(key == end.key for key, end in found.items())
    return list(found.values())


# ---------------------------------------------------------------- kept with what set them


async def test_an_end_is_there_after_a_restart(database: str) -> None:
    async with open_ledger(database) as ledger:
        await settle(ledger, SET)
    async with open_ledger(database) as ledger:
        assert await ends_of(ledger) == [END]


async def test_a_member_has_one_end_the_last_that_was_set(open_another: Open) -> None:
    ledger = await open_another()
    await settle(ledger, SET)
    await settle(ledger, LATER, key="another")
    assert await ends_of(ledger) == [LATER.end]


async def test_an_end_is_dropped_by_what_makes_it_void(open_another: Open) -> None:
    ledger = await open_another()
    await settle(ledger, SET)
    await settle(ledger, DROP, key="another")
    assert await ends_of(ledger) == []


async def test_an_outcome_that_is_not_kept_sets_no_end(open_another: Open) -> None:
    """Somebody else has settled the change already."""
    ledger = await open_another()
    entry_id = await send(ledger)
    audit = audit_record(INTENT, sent=None, result=ADDED, at=NOON)
    await ledger.settle(entry_id, result=ADDED, audit=audit)
    await ledger.settle(entry_id, result=UNKNOWN, audit=audit, end=SET)
    assert await ends_of(ledger) == []


async def test_an_end_that_was_set_anew_is_not_forgotten_for_the_old_one(open_another: Open) -> None:
    ledger = await open_another()
    await settle(ledger, LATER)
    await ledger.ends.forget(END)
    assert await ends_of(ledger) == [LATER.end]
    assert LATER.end is not None
    await ledger.ends.forget(LATER.end)
    assert await ends_of(ledger) == []


async def test_what_one_process_sets_the_others_see(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    await settle(one, SET)
    assert await ends_of(other) == [END]


async def test_an_end_on_a_platform_that_is_not_known_is_left_alone(open_another: Open) -> None:
    ledger = await open_another()
    await settle(ledger, SET)
    async with ledger.transactions.writing():
        await ledger.transactions.run("UPDATE access_end SET platform = 'ELSEWHERE'", {})
    assert await ends_of(ledger) == []


async def test_an_end_is_restored_once(open_another: Open) -> None:
    ledger = await open_another()
    await settle(ledger, SET)
    await settle(ledger, LATER, key="another")
    scope = scope_of("another")
    await ledger.restore_end(scope, member_upstream_id=None)
    assert await ends_of(ledger) == [END]
    await settle(ledger, LATER, key="a third")
    await ledger.restore_end(scope, member_upstream_id=None)
    assert await ends_of(ledger) == [LATER.end]


async def test_where_there_was_no_end_there_is_none_again(open_another: Open) -> None:
    ledger = await open_another()
    await settle(ledger, SET)
    await ledger.restore_end(scope_of("k"), member_upstream_id=None)
    assert await ends_of(ledger) == []


async def test_an_end_is_restored_after_a_restart(database: str) -> None:
    async with open_ledger(database) as ledger:
        await settle(ledger, SET)
        await settle(ledger, DROP, key="another")
    async with open_ledger(database) as ledger:
        await ledger.restore_end(scope_of("another"), member_upstream_id=None)
        assert await ends_of(ledger) == [END]


async def test_whoever_is_known_by_another_id_since_has_the_end(open_another: Open) -> None:
    ledger = await open_another()
    await settle(ledger, SET)
    await settle(ledger, DROP, key="another")
    await ledger.restore_end(scope_of("another"), member_upstream_id="mara-2")
    [end] = await ends_of(ledger)
    assert (end.key, end.at, end.email) == (KEY._replace(member_upstream_id="mara-2"), END.at, END.email)


async def test_a_key_under_which_there_is_nothing_restores_nothing(open_another: Open) -> None:
    ledger = await open_another()
    await settle(ledger, SET)
    await ledger.restore_end(scope_of("never"), member_upstream_id=None)
    assert await ends_of(ledger) == [END]


texts = st.text(min_size=1)
ends = st.builds(
    AccessEnd,
    key=st.builds(MemberKey, st.sampled_from(PlatformKey), texts, texts),
    at=st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - see timezones
    email=st.none() | texts,
)


@settings(deadline=None, max_examples=30)
@given(st.lists(ends, max_size=5, unique_by=lambda end: end.key))
def test_every_end_comes_back_as_it_was(given_ends: list[AccessEnd]) -> None:
    async def write_and_read(database: str) -> list[AccessEnd]:
        async with open_ledger(database) as ledger, ledger.transactions.writing():
            for end in given_ends:
                await ledger.ends.change(EndChange(key=end.key, end=end))
        async with open_ledger(database) as ledger:
            return await ends_of(ledger)

    with TemporaryDirectory() as folder:
        found = asyncio.run(write_and_read(f"{folder}/changes.sqlite3"))
    assert sorted(found, key=lambda end: end.key) == sorted(given_ends, key=lambda end: end.key)


# ---------------------------------------------------------------- waiting


async def test_whoever_waits_is_woken_by_an_end_that_is_set_here(open_another: Open) -> None:
    ledger = await open_another()
    waiting = asyncio.ensure_future(ledger.ends.wait_for_another(longest_seconds=3600))
    await settle(ledger, SET)
    await asyncio.wait_for(waiting, timeout=20)


async def test_an_end_that_was_set_before_is_not_waited_for(open_another: Open) -> None:
    ledger = await open_another()
    await settle(ledger, SET)
    await asyncio.wait_for(ledger.ends.wait_for_another(longest_seconds=3600), timeout=20)


async def test_nobody_waits_for_longer_than_was_said(open_another: Open) -> None:
    ledger = await open_another()
    await asyncio.wait_for(ledger.ends.wait_for_another(longest_seconds=0), timeout=20)


@pytest.mark.parametrize("turns", range(6))
async def test_whoever_waits_can_be_stopped_in_the_moment_in_which_an_end_is_set(
    open_another: Open, turns: int
) -> None:
    """Otherwise a gateway would never end that is told to just then."""
    ledger = await open_another()

    async def go_on() -> None:
        while True:
            await ledger.ends.wait_for_another(longest_seconds=3600)

    rounds = asyncio.ensure_future(go_on())
    async with ledger.transactions.writing():
        await ledger.ends.change(SET)
        for _ in range(turns):
            await asyncio.sleep(0)
        rounds.cancel()
    await asyncio.wait({rounds}, timeout=5)
    assert rounds.cancelled()


# ---------------------------------------------------------------- who carries them out


async def test_of_several_processes_one_carries_ends_out_as_long_as_it_lives(open_another: Open) -> None:
    ledgers = [await open_another() for _ in range(3)]
    taken = await asyncio.gather(*(ledger.ends.take_lease() for ledger in ledgers))
    assert sorted(taken) == [False, False, True]
    assert await asyncio.gather(*(ledger.ends.take_lease() for ledger in ledgers)) == taken


async def test_when_it_ends_another_follows(database: str, open_another: Open) -> None:
    async with open_ledger(database) as first:
        assert await first.ends.take_lease()
        second = await open_another()
        assert not await second.ends.take_lease()
    assert await second.ends.take_lease()
    assert not await (await open_another()).ends.take_lease()


async def test_one_that_is_killed_is_followed_at_once(database: str, open_another: Open) -> None:
    """Its lock on a file tells whether it lives: no clock has to run out."""
    ledger = await open_another()
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, database], stdout=subprocess.PIPE)  # noqa: ASYNC220, S603
    try:
        assert holder.stdout is not None
        assert await asyncio.to_thread(holder.stdout.readline) == b"True\n"
        assert not await ledger.ends.take_lease()
        holder.send_signal(signal.SIGKILL)
        await asyncio.to_thread(holder.wait)
        assert await ledger.ends.take_lease()
    finally:
        holder.kill()
        holder.communicate()
