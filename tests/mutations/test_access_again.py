"""grantAccess and revokeAccess under an idempotency key: asked for again, nothing is done again."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import permutations

import pytest

from gateway.domain.vocabulary import Outcome, Role, UserErrorCode
from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import Stand
from tests.mutations.access import (
    ERRORS,
    LEAVER,
    QUANTCONNECT,
    TESTOMATO,
    Everywhere,
    errors_of,
    outcomes_of,
)
from tests.mutations.ground import NEWCOMER, PERSON, VIEWER, Change, Payload
from tests.mutations.line import Gate

pytestmark = pytest.mark.anyio

Ask = Callable[[Everywhere], Awaitable[Payload]]

KEY = "leaving-2026-41"
BOTH = ((QUANTCONNECT, 1), (TESTOMATO, 1))
DOWN = Fault(kind=FaultKind.STATUS, status=503)
REUSED = [(UserErrorCode.IDEMPOTENCY_KEY_REUSED, "input.idempotencyKey")]
ALL_SHOWN = f"complete {ERRORS} results {{ projectId outcome member {PERSON} project {{ name }} {ERRORS} }}"


@pytest.fixture
def everywhere(stand: Stand) -> Everywhere:
    return Everywhere.of(stand)


async def grant(everywhere: Everywhere, **more: object) -> Payload:
    return await everywhere.grant(NEWCOMER, everywhere.targets(*BOTH), idempotencyKey=KEY, **more)


async def revoke(everywhere: Everywhere, **more: object) -> Payload:
    return await everywhere.revoke(LEAVER, idempotencyKey=KEY, **more)


either = pytest.mark.parametrize("ask", [grant, revoke])
whichever = pytest.mark.parametrize("atomic", [False, True])


# ---------------------------------------------------------------- the same


@either
@whichever
async def test_asked_for_again_it_is_answered_as_before_and_nothing_is_sent(
    everywhere: Everywhere, ask: Ask, *, atomic: bool
) -> None:
    first = await ask(everywhere, atomic=atomic, shown=ALL_SHOWN)
    written = everywhere.writes
    again = await ask(everywhere, atomic=atomic, shown=ALL_SHOWN)
    assert (first["complete"], again, everywhere.writes) == (True, first, written)


@whichever
async def test_that_somebody_is_out_of_everything_is_told_again_when_they_are_in_nothing(
    everywhere: Everywhere, *, atomic: bool
) -> None:
    """Nobody finds them any more, and yet the line may have broken before the answer came."""
    first = await revoke(everywhere, atomic=atomic)
    assert (everywhere.roles_of(LEAVER), await revoke(everywhere, atomic=atomic)) == ({}, first)


async def test_what_an_all_or_nothing_change_came_to_is_told_again_while_a_platform_is_down(
    everywhere: Everywhere,
) -> None:
    first = await revoke(everywhere, atomic=True)
    everywhere.testomato.fail(DOWN, path="/api/")
    assert await revoke(everywhere, atomic=True) == first


async def test_somebody_who_has_come_back_since_stays(everywhere: Everywhere) -> None:
    await revoke(everywhere)
    await everywhere.quantconnect.add(LEAVER, project=1)
    payload = await revoke(everywhere)
    assert outcomes_of(payload) == [Outcome.REMOVED] * 2
    assert list(everywhere.roles_of(LEAVER).values()) == [Role.EDITOR]


@either
async def test_two_at_once_under_one_key_are_one_change(everywhere: Everywhere, ask: Ask) -> None:
    first, second = await asyncio.gather(ask(everywhere), ask(everywhere))
    assert (first["complete"], second, len(everywhere.writes)) == (True, first, 2)


async def test_a_client_that_goes_away_does_not_stop_the_change(everywhere: Everywhere) -> None:
    everywhere.testomato.line.on_write = gate = Gate()
    gone = asyncio.create_task(grant(everywhere))
    await gate.reached.wait()
    gone.cancel()
    await asyncio.wait({gone})
    gate.opened.set()
    payload = await grant(everywhere)
    assert (outcomes_of(payload), len(everywhere.writes)) == ([Outcome.ADDED] * 2, 2)


# ---------------------------------------------------------------- what was not done


async def test_what_could_not_be_done_for_now_is_done_and_the_rest_is_not_done_again(
    everywhere: Everywhere,
) -> None:
    everywhere.testomato.fail(DOWN, path="/api/project/*/users", method="POST")
    first = await grant(everywhere)
    everywhere.testomato.sandbox.faults.clear()
    again = await grant(everywhere)
    assert [outcomes_of(one) for one in (first, again)] == [
        [Outcome.ADDED, Outcome.REFUSED],
        [Outcome.ADDED, Outcome.ADDED],
    ]
    assert (again["complete"], len(everywhere.quantconnect.writes)) == (True, 1)


async def test_what_could_not_be_read_at_first_is_done_when_it_can(everywhere: Everywhere) -> None:
    """Were it taken for complete, somebody would stay whom everybody believes gone."""
    everywhere.testomato.fail(DOWN, path="/api/")
    first = await revoke(everywhere)
    still_down = await revoke(everywhere)
    everywhere.testomato.sandbox.faults.clear()
    again = await revoke(everywhere)
    assert [one["complete"] for one in (first, still_down, again)] == [False, False, True]
    assert [len(one["results"]) for one in (first, still_down, again)] == [1, 1, 2]
    assert (everywhere.roles_of(LEAVER), len(everywhere.writes), errors_of(again)) == ({}, 2, [])


async def test_an_all_or_nothing_change_that_failed_for_now_may_be_asked_for_again(
    everywhere: Everywhere,
) -> None:
    everywhere.testomato.fail(DOWN, path="/api/project/*/users", method="POST")
    first = await grant(everywhere, atomic=True)
    everywhere.testomato.sandbox.faults.clear()
    again = await grant(everywhere, atomic=True)
    assert outcomes_of(first)[1] == Outcome.REFUSED
    assert outcomes_of(first)[0] in {Outcome.COMPENSATED, Outcome.SKIPPED}
    assert (outcomes_of(again), again["complete"]) == ([Outcome.ADDED] * 2, True)


async def test_what_is_unknown_is_looked_for_again_and_not_sent_again(everywhere: Everywhere) -> None:
    ground = everywhere.testomato
    ground.fail_write(Change.ADD, Fault(kind=FaultKind.DROP_AFTER, times=1))
    ground.fail_read_back_when_written(DOWN)
    first = await grant(everywhere)
    ground.line.on_write = None
    ground.sandbox.faults.clear()
    again = await grant(everywhere)
    assert [outcomes_of(one)[1] for one in (first, again)] == [Outcome.UNKNOWN, Outcome.ADDED]
    assert len(ground.writes) == 1


# ---------------------------------------------------------------- another


@pytest.mark.parametrize(
    ("person", "count", "role", "atomic"),
    [
        pytest.param(NEWCOMER, 1, "EDITOR", False, id="fewer targets"),
        pytest.param(NEWCOMER, 2, "VIEWER", False, id="role"),
        pytest.param(NEWCOMER, 2, "EDITOR", True, id="atomic"),
        pytest.param(VIEWER, 2, "EDITOR", False, id="person"),
    ],
)
async def test_a_key_is_good_for_one_input_only(
    everywhere: Everywhere, person: str, count: int, role: str, *, atomic: bool
) -> None:
    await grant(everywhere)
    written = everywhere.writes
    targets = everywhere.targets(*BOTH[:count], role=role)
    payload = await everywhere.grant(person, targets, atomic=atomic, idempotencyKey=KEY)
    assert (errors_of(payload), payload["results"], payload["complete"]) == (REUSED, [], False)
    assert everywhere.writes == written


async def test_a_key_is_good_for_some_projects_or_for_everything(everywhere: Everywhere) -> None:
    project = everywhere.quantconnect.project_id(6)
    await everywhere.revoke(LEAVER, project, idempotencyKey=KEY)
    assert errors_of(await revoke(everywhere)) == REUSED


async def add_one(everywhere: Everywhere) -> Payload:
    return await everywhere.quantconnect.add(NEWCOMER, project=3, idempotencyKey=KEY)


async def remove_one(everywhere: Everywhere) -> Payload:
    return await everywhere.testomato.remove(VIEWER, idempotencyKey=KEY)


@pytest.mark.parametrize(("first", "second"), [*permutations([add_one, remove_one, grant, revoke], 2)])
async def test_a_key_is_good_for_one_mutation_only(everywhere: Everywhere, first: Ask, second: Ask) -> None:
    await first(everywhere)
    written = everywhere.writes
    payload = await second(everywhere)
    codes = [error["code"] for error in payload["userErrors"]]
    assert (codes, everywhere.writes) == ([UserErrorCode.IDEMPOTENCY_KEY_REUSED], written)


async def test_a_key_is_taken_while_its_change_is_under_way(everywhere: Everywhere) -> None:
    everywhere.quantconnect.line.on_write = gate = Gate()
    running = asyncio.create_task(grant(everywhere))
    await gate.reached.wait()
    other = await revoke(everywhere)
    gate.opened.set()
    assert (errors_of(other), (await running)["complete"]) == (REUSED, True)


@pytest.mark.parametrize("blank", [None, "", " "])
async def test_a_blank_key_is_no_key(everywhere: Everywhere, blank: str | None) -> None:
    asked = [everywhere.grant(NEWCOMER, everywhere.targets(*BOTH), idempotencyKey=blank) for _ in range(2)]
    outcomes = [outcomes_of(await one) for one in asked]
    assert outcomes == [[Outcome.ADDED] * 2, [Outcome.UNCHANGED] * 2]
