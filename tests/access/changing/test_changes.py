"""access/changing/changes.py: the same request made twice has one effect and one answer."""

import asyncio

import pytest
from msgspec.structs import replace

from gateway.access.changing.change import Change, ChangeResult
from gateway.domain.errors import UpstreamTimeout, UpstreamUnavailable
from gateway.domain.membership import Person
from gateway.domain.vocabulary import Action, Outcome, PlatformKey, Role, UserErrorCode
from tests.access.conftest import StartProcess
from tests.access.world import (
    ADD,
    INGRID,
    KEY,
    MARA,
    OWNER,
    REMOVE,
    UPDATE,
    Process,
    World,
    outcome_of,
    person,
)
from tests.mutations.line import Gate

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gate(world: World) -> Gate:
    """Holds the first write up."""
    world.on_write = gate = Gate()
    return gate


def codes_of(result: ChangeResult) -> list[UserErrorCode]:
    return [error.code for error in result.user_errors]


# ---------------------------------------------------------------- the same request


@pytest.mark.parametrize("change", [ADD, UPDATE, REMOVE], ids=lambda change: type(change).__name__)
async def test_a_request_made_again_has_one_effect_and_one_answer(
    process: Process, world: World, change: Change
) -> None:
    first, *others = [await process.once(change) for _ in range(3)]
    assert {outcome_of(other) for other in others} == {outcome_of(first)}
    assert len(world.writes) == 1


async def test_a_request_made_again_is_answered_without_asking_the_platform(
    process: Process, world: World
) -> None:
    await process.once(ADD)
    asked = world.reads
    await process.once(ADD)
    assert world.reads == asked


async def test_the_answer_stays_when_the_world_has_changed(process: Process, world: World) -> None:
    first = await process.once(ADD)
    world.people["1"].clear()
    assert outcome_of(await process.once(ADD)) == outcome_of(first)


async def test_an_answer_given_again_comes_with_the_project_but_not_with_the_members_of_then(
    process: Process,
) -> None:
    first = await process.once(ADD)
    again = await process.once(ADD)
    assert first.project is not None
    assert (again.project, again.members) == (first.project, None)


async def test_an_equal_request_is_the_same_request(process: Process, world: World) -> None:
    await process.once(ADD)
    await process.once(replace(ADD, person=Person(upstream_user_id=MARA), grant=frozenset()))
    assert len(world.writes) == 1


async def test_two_requests_at_once_have_one_effect_and_one_answer(
    process: Process, world: World, gate: Gate
) -> None:
    both = asyncio.gather(process.once(ADD), process.once(ADD))
    await gate.reached.wait()
    gate.opened.set()
    one, other = await both
    assert (one.outcome, outcome_of(other), len(world.writes)) == (Outcome.ADDED, outcome_of(one), 1)
    assert (one.members is None, other.members) == (False, None)


async def test_different_keys_are_different_requests(process: Process) -> None:
    results = [await process.once(ADD, key) for key in ("k", "l")]
    assert [result.outcome for result in results] == [Outcome.ADDED, Outcome.UNCHANGED]


async def test_another_callers_key_is_another_key(process: Process) -> None:
    results = [await process.once(ADD, caller_id=caller) for caller in ("me", "you")]
    assert [result.outcome for result in results] == [Outcome.ADDED, Outcome.UNCHANGED]


async def test_a_key_for_other_accounts_is_another_key(start_process: StartProcess) -> None:
    processes = [await start_process(credential=credential) for credential in ("mine", "yours")]
    results = [await process.once(ADD) for process in processes]
    assert [result.outcome for result in results] == [Outcome.ADDED, Outcome.UNCHANGED]


async def test_without_a_key_every_request_is_a_new_one(process: Process) -> None:
    results = [await process.once(ADD, None) for _ in range(2)]
    assert [result.outcome for result in results] == [Outcome.ADDED, Outcome.UNCHANGED]


# ---------------------------------------------------------------- another request under the same key


OTHERS = {
    "another project": replace(ADD, project_upstream_id="2"),
    "another platform": replace(ADD, platform=PlatformKey.TESTOMATO),
    "another person": replace(ADD, person=Person(upstream_user_id=INGRID)),
    "a person named otherwise": replace(ADD, person=Person(email=MARA)),
    "another role": replace(ADD, role=Role.EDITOR),
    "another grant": replace(ADD, grant=frozenset({Action.LIVE_CONTROL})),
    "an update": UPDATE,
    "a removal": REMOVE,
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
async def test_a_key_is_good_for_one_request_only(process: Process, world: World, other: Change) -> None:
    await process.once(ADD)
    result = await process.once(other)
    assert (result.outcome, codes_of(result)) == (Outcome.REFUSED, [UserErrorCode.IDEMPOTENCY_KEY_REUSED])
    assert len(world.writes) == 1


async def test_a_key_in_use_names_the_argument_at_fault(process: Process) -> None:
    await process.once(ADD)
    [error] = (await process.once(UPDATE)).user_errors
    assert (error.field, error.retryable) == (("input", "idempotencyKey"), False)


async def test_a_key_is_taken_while_its_request_is_under_way(
    process: Process, world: World, gate: Gate
) -> None:
    first = asyncio.ensure_future(process.once(ADD))
    await gate.reached.wait()
    result = await process.once(UPDATE)
    gate.opened.set()
    await first
    assert (codes_of(result), len(world.writes)) == ([UserErrorCode.IDEMPOTENCY_KEY_REUSED], 1)


# ---------------------------------------------------------------- what is remembered


async def test_a_refusal_for_good_is_remembered(process: Process, world: World) -> None:
    change = replace(ADD, person=Person(upstream_user_id=OWNER))
    first = await process.once(change)
    del world.people["1"][OWNER]
    again = await process.once(change)
    assert (first.outcome, outcome_of(again)) == (Outcome.REFUSED, outcome_of(first))


async def test_that_it_was_so_already_is_remembered(process: Process, world: World) -> None:
    world.people["1"][MARA] = person(MARA, Role.VIEWER)
    first = await process.once(ADD)
    del world.people["1"][MARA]
    again = await process.once(ADD)
    assert (first.outcome, outcome_of(again)) == (Outcome.UNCHANGED, outcome_of(first))


async def test_a_refusal_that_may_pass_is_not_remembered(process: Process, world: World) -> None:
    world.down = UpstreamUnavailable(KEY)
    first = await process.once(ADD)
    world.down = None
    assert (first.outcome, (await process.once(ADD)).outcome) == (Outcome.REFUSED, Outcome.ADDED)


async def test_after_a_refusal_that_may_pass_the_key_is_free_for_another_request(
    process: Process, world: World
) -> None:
    world.down = UpstreamUnavailable(KEY)
    await process.once(ADD)
    world.down = None
    assert (await process.once(UPDATE)).outcome is Outcome.UPDATED


async def test_an_unexpected_error_before_anything_was_sent_reaches_the_caller_and_is_not_remembered(
    process: Process, world: World
) -> None:
    async def break_down() -> None:
        raise ZeroDivisionError

    world.on_read = break_down
    with pytest.raises(ZeroDivisionError):
        await process.once(ADD)
    world.on_read = None
    assert (await process.once(ADD)).outcome is Outcome.ADDED


async def test_an_outcome_that_was_unknown_is_looked_for_again_and_not_sent_again(
    process: Process, world: World
) -> None:
    async def get_lost() -> None:
        raise UpstreamTimeout(KEY, may_have_acted=True)

    world.on_write = get_lost
    outcomes = [(await process.once(ADD)).outcome for _ in range(2)]
    world.people["1"][MARA] = person(MARA, Role.VIEWER)  # it was only slow
    found = await process.once(ADD)
    del world.people["1"][MARA]
    again = await process.once(ADD)
    assert outcomes == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert (found.outcome, outcome_of(again)) == (Outcome.ADDED, outcome_of(found))
    assert len(world.writes) == 1


async def test_an_unknown_outcome_stays_so_while_nobody_can_look(process: Process, world: World) -> None:
    async def get_lost() -> None:
        world.down = UpstreamUnavailable(KEY)
        raise UpstreamTimeout(KEY, may_have_acted=True)

    world.on_write = get_lost
    first = await process.once(ADD)
    assert outcome_of(await process.once(ADD)) == outcome_of(first)
    assert codes_of(first) == [UserErrorCode.OUTCOME_UNKNOWN]


# ---------------------------------------------------------------- callers that go away


@pytest.mark.parametrize("key", [None, "k"])
async def test_a_caller_that_goes_away_does_not_stop_the_change(
    process: Process, world: World, gate: Gate, key: str | None
) -> None:
    caller = asyncio.ensure_future(process.once(ADD, key))
    await gate.reached.wait()
    caller.cancel()
    await asyncio.wait({caller})
    gate.opened.set()
    await process.changes.drain()
    assert (caller.cancelled(), MARA in world.people["1"]) == (True, True)


async def test_a_caller_that_comes_back_gets_the_answer_that_it_left(
    process: Process, world: World, gate: Gate
) -> None:
    caller = asyncio.ensure_future(process.once(ADD))
    await gate.reached.wait()
    caller.cancel()
    await asyncio.wait({caller})
    gate.opened.set()
    assert ((await process.once(ADD)).outcome, len(world.writes)) == (Outcome.ADDED, 1)


async def test_a_caller_that_goes_away_takes_no_other_one_along(process: Process, gate: Gate) -> None:
    one, other = (asyncio.ensure_future(process.once(ADD)) for _ in range(2))
    await gate.reached.wait()
    one.cancel()
    await asyncio.wait({one})
    gate.opened.set()
    assert (await other).outcome is Outcome.ADDED


async def test_draining_waits_for_every_change_under_way(process: Process, world: World, gate: Gate) -> None:
    changes = [ADD, replace(ADD, project_upstream_id="2")]
    callers = [asyncio.ensure_future(process.once(change, None)) for change in changes]
    await gate.reached.wait()
    draining = asyncio.ensure_future(process.changes.drain())
    await callers[1]
    waited = not draining.done()
    gate.opened.set()
    await draining
    assert (waited, [MARA in world.people[project] for project in ("1", "2")]) == (True, [True, True])
    await asyncio.gather(*callers)
