"""gateway/store/batches.py: several processes on one file, and a file of an earlier version."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.access.batches.batch import BatchEntry
from gateway.access.changing.change import AddMember
from gateway.access.changing.ledger import Intent, Sent, Settled, UnderWay
from gateway.domain.membership import Person
from gateway.domain.vocabulary import Outcome, Role
from gateway.store import rows
from gateway.store.schema import APPLICATION_ID, MIGRATIONS
from gateway.store.sqlite import SqliteLedger, open_ledger
from tests.access.batching import batch, grant
from tests.access.world import KEY, MARA, NOON
from tests.store.test_batches import RESULTS, WANTED, begin, outcomes_of

pytestmark = pytest.mark.anyio

Open = Callable[[], Awaitable[SqliteLedger]]
APART = replace(WANTED, atomic=False)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "changes.sqlite3")


@pytest.fixture
async def open_another(database: str) -> AsyncIterator[Open]:
    """Opens the file once more, as another process would."""
    async with AsyncExitStack() as stack:
        yield lambda: stack.enter_async_context(open_ledger(database))


async def test_what_a_living_process_holds_nobody_else_gets(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    await begin(one.batches)
    assert (await other.batches.begin(WANTED), await other.batches.take_unsettled()) == (UnderWay(), ())


async def test_what_a_living_process_has_let_go_is_its_own_to_take(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    one.batches.let_go((await begin(one.batches)).batch_id)
    taken = [len(await ledger.batches.take_unsettled()) for ledger in (other, one)]
    assert taken == [0, 1]


@pytest.mark.parametrize("wanted", [WANTED, APART], ids=["atomic", "each for itself"])
async def test_what_a_living_process_has_put_down_is_given_to_whoever_asks(
    open_another: Open, wanted: object
) -> None:
    one, other = await open_another(), await open_another()
    entry = await begin(one.batches, wanted)
    await one.batches.rest(entry.batch_id)
    one.batches.let_go(entry.batch_id)
    assert await other.batches.begin(wanted) == replace(entry, is_new=False)
    assert await one.batches.begin(wanted) == UnderWay()


async def test_nobody_puts_down_what_another_process_has_taken(open_another: Open) -> None:
    one, other = await open_another(), await open_another()
    entry = await begin(one.batches)
    await other.batches.rest(entry.batch_id)
    assert await other.batches.begin(WANTED) == UnderWay()


async def test_what_a_dead_process_has_begun_is_taken_by_one_of_the_others(
    open_another: Open, database: str
) -> None:
    async with open_ledger(database) as dead:
        entry = await begin(dead.batches)
        await dead.batches.mark_undoing(entry.batch_id, RESULTS)
    ledgers = [await open_another() for _ in range(3)]
    taken = await asyncio.gather(*(ledger.batches.take_unsettled() for ledger in ledgers))
    [[given]] = [entries for entries in taken if entries]
    assert (given.batch, outcomes_of(given)) == (WANTED, outcomes_of(RESULTS))


async def test_what_a_dead_process_has_begun_is_given_to_one_of_those_who_ask(
    open_another: Open, database: str
) -> None:
    async with open_ledger(database) as dead:
        await begin(dead.batches, APART)
    ledgers = [await open_another() for _ in range(3)]
    begun = await asyncio.gather(*(ledger.batches.begin(APART) for ledger in ledgers))
    [given] = [one for one in begun if isinstance(one, BatchEntry)]
    assert (given.batch, given.is_new, begun.count(UnderWay())) == (APART, False, 2)


# ---------------------------------------------------------------- a file of an earlier version

# Before there were batches and plans, and before what is sent could be something else than what is asked for.
EARLIER = 3
ADDITION = AddMember(
    platform=KEY, project_upstream_id="1", person=Person(upstream_user_id=MARA), role=Role.VIEWER
)
INTENT = Intent(change=ADDITION, key="k", caller_id="me", credential="c", request_id="r", at=NOON)


def make_earlier(database: str, *, outcome: str | None) -> None:
    """A file as the earlier version has left it, with a change that was sent."""
    intent = {name: value for name, value in rows.intent_values(INTENT).items() if name != "plan_token"}
    values = {
        **intent,
        "instance": "gone",
        "sent_at": NOON.isoformat(),
        "sent_input": intent["input"],
        "settled_at": outcome and NOON.isoformat(),
        "outcome": outcome,
        "result": outcome and f'{{"outcome":"{outcome}","member":null,"user_errors":[]}}',
    }
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    with closing(sqlite3.connect(database)) as connection, connection:
        for statement in (one for migration in MIGRATIONS[:EARLIER] for one in migration):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {EARLIER}")
        connection.execute(f"INSERT INTO change ({names}) VALUES ({places})", values)  # noqa: S608 - our own names


async def test_what_an_earlier_version_has_sent_is_read_as_it_was_asked_for(
    open_another: Open, database: str
) -> None:
    make_earlier(database, outcome=None)
    [entry] = await (await open_another()).take_unsettled()
    assert (entry.intent, entry.sent) == (INTENT, Sent(change=ADDITION, before=None))


async def test_what_an_earlier_version_has_settled_is_given_again(open_another: Open, database: str) -> None:
    make_earlier(database, outcome="ADDED")
    settled = await (await open_another()).begin(INTENT)
    assert isinstance(settled, Settled)
    assert (settled.result.outcome, settled.sent) == (Outcome.ADDED, Sent(change=ADDITION, before=None))


async def test_a_file_of_an_earlier_version_takes_batches(open_another: Open, database: str) -> None:
    make_earlier(database, outcome="ADDED")
    assert (await begin((await open_another()).batches, batch(grant("1"), key="new"))).is_new
