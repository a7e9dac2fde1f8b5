"""access/batches/batches.py: many changes at once, each with a result of its own."""

import asyncio
from collections import Counter

import pytest
from msgspec.structs import replace

from gateway.access.batches.batches import MOST_AT_ONCE
from gateway.domain.membership import Addition
from gateway.domain.vocabulary import Outcome, PlatformKey, Role, UserErrorCode
from tests.access.batching import (
    INVALID,
    PROJECTS,
    WideWorld,
    batch,
    be_denied,
    be_unavailable,
    codes,
    get_lost,
    grant,
    grants,
    make,
    outcomes,
    revocation,
)
from tests.access.world import INGRID, MARA, OWNER, Process, person
from tests.mutations.line import Gate

pytestmark = pytest.mark.anyio

ADDED, REMOVED, REFUSED, UNKNOWN = Outcome.ADDED, Outcome.REMOVED, Outcome.REFUSED, Outcome.UNKNOWN
ALL_DONE = [ADDED] * len(PROJECTS)


# ---------------------------------------------------------------- one result for each


async def test_every_target_has_a_result_in_the_order_asked(process: Process, world: WideWorld) -> None:
    world.people["2"][MARA] = person(MARA, Role.VIEWER, project="2")
    world.people["3"][MARA] = person(MARA, Role.EDITOR, project="3")
    world.before["4"] = be_denied
    wanted = batch(grant("5"), grant("4"), grant("3"), INVALID, grant("2"), grant("13"), grant("1"))
    result = await make(process, wanted)
    assert outcomes(result) == [ADDED, REFUSED, Outcome.UPDATED, REFUSED, Outcome.UNCHANGED, REFUSED, ADDED]
    assert [codes(one) for one in result.results if one.outcome is REFUSED] == [
        [UserErrorCode.UPSTREAM_DENIED],
        [UserErrorCode.INVALID_ID],
        [UserErrorCode.PROJECT_NOT_FOUND],
    ]
    assert (result.parts, result.is_complete) == (wanted.parts, False)


async def test_results_do_not_come_in_the_order_in_which_they_are_known(
    process: Process, world: WideWorld, gate: Gate
) -> None:
    world.before["1"] = gate
    world.after["2"] = opening(gate)
    world.before["3"] = be_denied
    world.on_write = None
    assert outcomes(await make(process, batch(*map(grant, "123")))) == [ADDED, ADDED, REFUSED]


def opening(gate: Gate):  # noqa: ANN201 - a hook
    async def open_gate() -> None:
        gate.opened.set()

    return open_gate


async def test_what_becomes_of_one_target_does_not_touch_the_others(
    process: Process, world: WideWorld
) -> None:
    world.before |= {"2": be_denied, "5": get_lost, "7": be_unavailable}
    result = await make(process, grants())
    failed = {"2": REFUSED, "5": UNKNOWN, "7": REFUSED}
    assert outcomes(result) == [failed.get(project, ADDED) for project in PROJECTS]
    assert world.who_has(MARA) == [project for project in PROJECTS if project not in failed]


async def test_an_unexpected_failure_of_one_change_is_told_and_takes_no_other_one_along(
    process: Process, world: WideWorld
) -> None:
    async def break_down() -> None:
        raise ZeroDivisionError

    world.before["2"] = break_down
    result = await make(process, batch(*map(grant, "123")))
    assert outcomes(result) == [ADDED, UNKNOWN, ADDED]
    assert codes(result.results[1]) == [UserErrorCode.OUTCOME_UNKNOWN]


async def test_a_batch_of_nothing_is_complete(process: Process) -> None:
    results = [await make(process, batch(atomic=atomic, key=None)) for atomic in (False, True)]
    assert [(one.results, one.is_complete) for one in results] == [((), True)] * 2


async def test_a_platform_that_is_not_configured_refuses_its_own_targets_only(process: Process) -> None:
    elsewhere = replace(grant("1"), platform=PlatformKey.TESTOMATO)
    result = await make(process, batch(elsewhere, grant("1")))
    assert outcomes(result) == [REFUSED, ADDED]


async def test_two_accounts_are_taken_out_of_one_project_one_after_the_other(
    process: Process, world: WideWorld
) -> None:
    world.people["1"][MARA] = person(MARA, Role.VIEWER)
    mara = replace(revocation("1"), person=replace(revocation("1").person, upstream_user_id=MARA))
    result = await make(process, batch(revocation("1"), mara))
    assert (outcomes(result), list(world.people["1"])) == ([REMOVED, REMOVED], [OWNER])


# ---------------------------------------------------------------- a few at a time


@pytest.mark.parametrize("atomic", [False, True])
async def test_no_more_are_under_way_at_once_than_may_be(
    process: Process, world: WideWorld, *, atomic: bool
) -> None:
    held = 0
    all_held, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        nonlocal held
        held += 1
        if held == MOST_AT_ONCE:
            all_held.set()
        await go_on.wait()

    world.on_write = hold
    making = asyncio.ensure_future(make(process, grants(atomic=atomic)))
    await all_held.wait()
    for _ in range(50):
        await asyncio.sleep(0)  # another one could begin now
    at_first = list(world.written)
    go_on.set()
    assert outcomes(await making) == ALL_DONE
    assert (sorted(at_first), world.most_at_once) == (sorted(PROJECTS[:MOST_AT_ONCE]), MOST_AT_ONCE)


async def test_each_batch_has_places_of_its_own(process: Process, gate: Gate) -> None:
    slow = asyncio.ensure_future(make(process, batch(grant("1"), key="slow")))
    await gate.reached.wait()
    assert outcomes(await make(process, batch(*map(grant, PROJECTS[1:]), key="quick"))) == ALL_DONE[1:]
    gate.opened.set()
    assert outcomes(await slow) == [ADDED]


# ---------------------------------------------------------------- callers that go away


@pytest.mark.parametrize("atomic", [False, True])
async def test_a_caller_that_goes_away_does_not_stop_the_batch(
    process: Process, world: WideWorld, gate: Gate, *, atomic: bool
) -> None:
    caller = asyncio.ensure_future(make(process, grants(atomic=atomic)))
    await gate.reached.wait()
    caller.cancel()
    await asyncio.wait({caller})
    gate.opened.set()
    assert outcomes(await make(process, grants(atomic=atomic))) == ALL_DONE
    assert (caller.cancelled(), Counter(world.written)) == (True, Counter(PROJECTS))


async def test_a_caller_that_goes_away_takes_no_other_one_along(process: Process, gate: Gate) -> None:
    one, other = (asyncio.ensure_future(make(process, grants())) for _ in range(2))
    await gate.reached.wait()
    one.cancel()
    await asyncio.wait({one})
    gate.opened.set()
    assert outcomes(await other) == ALL_DONE


async def test_additions_are_sent_as_additions(process: Process, world: WideWorld) -> None:
    world.people["2"][MARA] = person(MARA, Role.EDITOR, project="2")
    await make(process, grants())
    sent = {write.project_upstream_id: type(write) for write in world.writes}
    assert sent.pop("2") is not Addition
    assert set(sent.values()) == {Addition}
    assert INGRID in world.people["2"]
