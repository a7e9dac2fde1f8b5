"""Ends of access in batches, wherever a process stops: what was done has its end, what was not has none."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from msgspec.structs import replace

from gateway.access.batches.batch import GOOD, Batch
from gateway.access.changing.change import GrantAccess
from gateway.access.changing.end import AccessEnd, EndChange, MemberKey
from gateway.domain.vocabulary import Outcome, Role
from gateway.store.sqlite import open_ledger
from tests.access.batches.test_batches_after_a_crash import MANY, SOME, Stop, go_on, run_until
from tests.access.batching import WideWorld, batch, be_denied, grant, outcomes
from tests.access.world import KEY, MARA, NOON, person

BEFORE, UNTIL = NOON + timedelta(days=3), NOON + timedelta(days=30)


def until(project: str) -> GrantAccess:
    return replace(grant(project, role=Role.EDITOR), until=UNTIL)


def end(project: str, at: datetime = UNTIL) -> tuple[MemberKey, datetime]:
    return MemberKey(KEY, project, MARA), at


def world_with_an_end() -> WideWorld:
    """Mara is in project 1 for a while, and in no other."""
    world = WideWorld()
    world.people["1"][MARA] = person(MARA, Role.VIEWER, project="1")
    return world


async def ends_after(
    stop: Stop, wanted: Batch, world: WideWorld
) -> tuple[bool, list[Outcome], dict[MemberKey, datetime]]:
    """Whether the first process came to its end, what was told in the end, and the ends that there are."""
    key = MemberKey(KEY, "1", MARA)
    before = AccessEnd(key=key, at=BEFORE)
    with TemporaryDirectory() as folder:
        database = str(Path(folder) / "changes.sqlite3")
        async with open_ledger(database) as ledger, ledger.transactions.writing():
            await ledger.ends.change(EndChange(key=key, end=before))
        has_ended = await run_until(stop, wanted, world, database)
        _, result = await go_on(wanted, world, database)
        async with open_ledger(database) as ledger:
            ends = {key: end.at for key, end in (await ledger.ends.all()).items()}
    return has_ended, outcomes(result), ends


@pytest.mark.parametrize("is_atomic", [True, False])
def test_wherever_it_stops_there_are_the_ends_of_what_was_done(*, is_atomic: bool) -> None:
    """What was about to be sent may be lost, and is told as unknown; an atomic batch is undone then."""
    for at in range(MANY):
        wanted = batch(*map(until, SOME), atomic=is_atomic)
        has_ended, told, ends = asyncio.run(ends_after(Stop(at), wanted, world_with_an_end()))
        good = [project for project, outcome in zip(SOME, told, strict=True) if outcome in GOOD]
        done = good if not is_atomic or len(good) == len(SOME) else []
        assert ends == dict([end("1", BEFORE), *map(end, done)]), at
        if has_ended:
            assert done == list(SOME)
            return
    pytest.fail("it never came to its end")


def test_wherever_it_stops_a_batch_that_is_undone_leaves_ends_as_they_were() -> None:
    for at in range(MANY):
        world = world_with_an_end()
        world.before["3"] = be_denied
        wanted = batch(*map(until, SOME), atomic=True)
        has_ended, told, ends = asyncio.run(ends_after(Stop(at), wanted, world))
        assert not set(told) & GOOD
        at_first = dict([end("1", BEFORE)])
        for project, one in zip(SOME, told, strict=True):
            key, _ = end(project)
            # Whoever may not have been taken out again may go when the grant has said.
            allowed = {at_first.get(key), UNTIL} if one is Outcome.UNKNOWN else {at_first.get(key)}
            assert ends.get(key) in allowed, (at, project)
        if has_ended:
            return
    pytest.fail("it never came to its end")
