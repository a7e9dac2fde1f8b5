"""access/batches/batches.py: all of an atomic batch, or nothing of it, or it is told what is not known."""

from collections import Counter

import pytest
from msgspec.structs import replace

from gateway.domain.errors import UpstreamUnavailable
from gateway.domain.membership import Addition, Removal, RoleChange
from gateway.domain.vocabulary import Action, Outcome, Role, UserErrorCode
from tests.access.batching import (
    INVALID,
    PROJECTS,
    Hook,
    WideWorld,
    as_told,
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
    revocations,
    take_up,
)
from tests.access.world import INGRID, KEY, MARA, Process, person
from tests.mutations.line import Gate

pytestmark = pytest.mark.anyio

ADDED, REFUSED, UNKNOWN = Outcome.ADDED, Outcome.REFUSED, Outcome.UNKNOWN
COMPENSATED, SKIPPED = Outcome.COMPENSATED, Outcome.SKIPPED
MANY = len(PROJECTS)


@pytest.fixture
async def one_by_one(world: WideWorld):  # noqa: ANN201 - a fixture
    """A process that makes one change of a batch after the other."""
    process = await Process(world, ":memory:", most_at_once=1).start()
    yield process
    await process.end()


def people(world: WideWorld) -> dict[str, dict[str, object]]:
    return {project: dict(inside) for project, inside in world.people.items()}


def when_undone(world: WideWorld, hook: Hook) -> Hook:
    """A hook for writes: only what undoes an addition meets it."""

    async def meet() -> None:
        if isinstance(world.writes[-1], Removal):
            await hook()

    return meet


# ---------------------------------------------------------------- all or nothing


async def test_where_all_go_well_nothing_is_undone(process: Process, world: WideWorld) -> None:
    result = await make(process, grants(atomic=True))
    assert (outcomes(result), result.is_complete) == ([ADDED] * MANY, True)
    assert (world.who_has(MARA), Counter(world.written)) == (list(PROJECTS), Counter(PROJECTS))


async def test_where_one_fails_what_was_done_is_undone_and_what_was_not_begun_is_skipped(
    one_by_one: Process, world: WideWorld
) -> None:
    world.before["4"] = be_denied
    result = await make(one_by_one, grants(atomic=True))
    assert outcomes(result) == [*[COMPENSATED] * 3, REFUSED, *[SKIPPED] * (MANY - 4)]
    assert (world.who_has(MARA), result.is_complete) == ([], False)


async def test_it_is_undone_newest_first(one_by_one: Process, world: WideWorld) -> None:
    world.before["4"] = be_denied
    await make(one_by_one, grants(atomic=True))
    assert world.written == [*"1234", *"321"]


async def test_what_was_under_way_when_one_failed_is_undone_too(process: Process, world: WideWorld) -> None:
    gate = Gate()

    async def open_the_gate_and_be_denied() -> None:
        await gate.reached.wait()
        gate.opened.set()
        await be_denied()

    world.before |= {"1": gate, "2": open_the_gate_and_be_denied}
    result = await make(process, grants(atomic=True))
    assert outcomes(result)[:2] == [COMPENSATED, REFUSED]
    assert (set(outcomes(result)[2:]), world.who_has(MARA)) == ({COMPENSATED, SKIPPED}, [])


async def test_everything_is_as_it_was_roles_and_grants_included(process: Process, world: WideWorld) -> None:
    world.people["1"][MARA] = person(MARA, Role.EDITOR, live=True, project="1")
    world.people["2"][MARA] = person(MARA, Role.VIEWER, project="2")
    at_first = people(world)
    world.before["12"] = be_denied
    result = await make(process, grants(atomic=True))
    assert (people(world), outcomes(result)[:2]) == (at_first, [COMPENSATED, Outcome.UNCHANGED])
    assert world.writes_of_each["1", RoleChange] == 2


async def test_who_was_taken_out_is_let_in_again_as_they_were(process: Process, world: WideWorld) -> None:
    world.people["3"][INGRID] = person(INGRID, Role.EDITOR, live=True, project="3")
    at_first = people(world)
    world.before["12"] = be_denied
    result = await make(process, revocations(atomic=True))
    assert (people(world), REFUSED in outcomes(result)) == (at_first, True)
    added = [one for one in world.writes if isinstance(one, Addition) and one.project_upstream_id == "3"]
    assert [one.grant for one in added] == [frozenset({Action.LIVE_CONTROL})]


@pytest.mark.parametrize(
    "hopeless",
    [INVALID, replace(grant("2"), role=Role.ADMIN), replace(grant("2"), grant=frozenset({Action.RUN}))],
    ids=["an id of nothing", "a role that is not there", "an action that is not there"],
)
async def test_where_it_is_clear_beforehand_that_one_is_refused_none_is_sent(
    process: Process, world: WideWorld, hopeless: object
) -> None:
    result = await make(process, batch(grant("1"), hopeless, grant("3"), atomic=True))
    assert outcomes(result) == [SKIPPED, REFUSED, SKIPPED]
    assert (world.written, world.reads, len(codes(result.results[1]))) == ([], 0, 1)


# ---------------------------------------------------------------- asked for again


async def test_a_batch_that_was_undone_is_given_again_as_it_was(process: Process, world: WideWorld) -> None:
    world.before["4"] = be_denied
    first = await make(process, grants(atomic=True))
    written = list(world.written)
    world.before = {}
    again = await make(process, grants(atomic=True))
    assert (as_told(again), world.written) == (as_told(first), written)


async def test_a_batch_that_failed_for_now_may_be_asked_for_again_under_its_key(
    process: Process, world: WideWorld
) -> None:
    world.before["4"] = be_unavailable
    first = await make(process, grants(atomic=True))
    after_the_first = world.who_has(MARA)
    world.before = {}
    again = await make(process, grants(atomic=True))
    assert (outcomes(first)[3], after_the_first) == (REFUSED, [])
    assert (outcomes(again), world.who_has(MARA)) == ([ADDED] * MANY, list(PROJECTS))
    assert as_told(await make(process, grants(atomic=True))) == as_told(again)


async def test_after_a_batch_that_failed_for_now_the_key_is_free_for_another_request(
    process: Process, world: WideWorld
) -> None:
    world.before["4"] = be_unavailable
    await make(process, grants(atomic=True))
    world.before = {}
    assert outcomes(await make(process, revocations(atomic=True)))[0] is Outcome.REMOVED


# ---------------------------------------------------------------- undoing that fails


async def test_what_cannot_be_restored_is_told_as_unknown_with_the_reason(
    process: Process, world: WideWorld
) -> None:
    world.people["1"][INGRID] = person(INGRID, Role.CUSTOM, project="1")
    world.before["2"] = be_denied
    wanted = batch(revocation("1"), revocation("2"), atomic=True)
    result = await make(process, wanted)
    assert (outcomes(result), world.who_has(INGRID)[:2]) == ([UNKNOWN, REFUSED], ["2", "3"])
    assert codes(result.results[0]) == [UserErrorCode.UNSUPPORTED_BY_PLATFORM]
    assert as_told(await make(process, wanted)) == as_told(result)


async def test_undoing_that_is_refused_is_told_as_unknown_with_the_reason(
    process: Process, world: WideWorld
) -> None:
    world.before["1"] = when_undone(world, be_denied)
    world.before["2"] = be_denied
    result = await make(process, batch(grant("1"), grant("2"), atomic=True))
    assert (outcomes(result), world.who_has(MARA)) == ([UNKNOWN, REFUSED], ["1"])
    [error] = result.results[0].user_errors
    assert (error.code, error.message.startswith("What was done could not be undone. ")) == (
        UserErrorCode.UPSTREAM_DENIED,
        True,
    )


async def fail_to_undo_for_now(process: Process, world: WideWorld) -> list[Outcome]:
    world.before["1"] = when_undone(world, be_unavailable)
    world.before["2"] = be_denied
    result = await make(process, batch(grant("1"), grant("2"), atomic=True))
    world.before = {"2": be_denied}
    [error] = result.results[0].user_errors
    assert (error.retryable, world.who_has(MARA)) == (True, ["1"])
    return outcomes(result)


async def test_undoing_that_fails_for_now_is_tried_again_when_the_key_is_repeated(
    process: Process, world: WideWorld
) -> None:
    first = await fail_to_undo_for_now(process, world)
    again = await make(process, batch(grant("1"), grant("2"), atomic=True))
    assert (first, outcomes(again)) == ([UNKNOWN, REFUSED], [COMPENSATED, REFUSED])
    assert (world.who_has(MARA), world.writes_of_each["1", Addition]) == ([], 1)


async def test_undoing_that_fails_for_now_is_tried_again_without_being_asked_for(
    process: Process, world: WideWorld
) -> None:
    first = await fail_to_undo_for_now(process, world)
    [later] = await take_up(process)
    assert (first, outcomes(later), await take_up(process)) == (
        [UNKNOWN, REFUSED],
        [COMPENSATED, REFUSED],
        [],
    )
    assert world.who_has(MARA) == []


async def test_undoing_whose_answer_was_lost_is_looked_for_again_and_not_sent_again(
    process: Process, world: WideWorld
) -> None:
    async def get_lost_in_the_dark() -> None:
        world.down = UpstreamUnavailable(KEY)
        await get_lost()

    world.after["1"] = when_undone(world, get_lost_in_the_dark)
    world.before["2"] = be_denied
    wanted = batch(grant("1"), grant("2"), atomic=True)
    first = await make(process, wanted)
    world.down = None
    again = await make(process, wanted)
    assert (outcomes(first), outcomes(again)) == ([UNKNOWN, REFUSED], [COMPENSATED, REFUSED])
    assert (world.who_has(MARA), world.writes_of_each["1", Removal]) == ([], 1)


# ---------------------------------------------------------------- what is not known


async def test_a_change_that_nobody_knows_of_is_told_so_and_the_others_are_undone(
    process: Process, world: WideWorld
) -> None:
    world.before["2"] = get_lost
    wanted = batch(*map(grant, "123"), atomic=True)
    result = await make(process, wanted)
    assert outcomes(result) == [COMPENSATED, UNKNOWN, COMPENSATED]
    assert (codes(result.results[1]), world.who_has(MARA)) == ([UserErrorCode.OUTCOME_UNKNOWN], [])
    assert as_told(await make(process, wanted)) == as_told(result)
    assert world.writes_of_each["2", Addition] == 1


async def test_a_change_that_turns_out_later_to_have_been_made_is_undone_when_the_key_is_repeated(
    process: Process, world: WideWorld
) -> None:
    world.before["2"] = get_lost
    wanted = batch(*map(grant, "123"), atomic=True)
    await make(process, wanted)
    world.before = {}
    world.people["2"][MARA] = person(MARA, Role.VIEWER, project="2")  # it was only slow
    again = await make(process, wanted)
    assert (outcomes(again), world.who_has(MARA)) == ([COMPENSATED] * 3, [])
    assert world.writes_of_each["2", Addition] == 1


async def test_a_change_that_failed_unexpectedly_is_not_made_while_the_others_are_undone(
    process: Process, world: WideWorld
) -> None:
    async def break_down() -> None:
        if world.reads == 1:
            raise ZeroDivisionError

    world.on_read = break_down
    wanted = batch(*map(grant, "123"), atomic=True)
    results = [await make(process, wanted) for _ in range(2)]
    assert [outcomes(result)[0] for result in results] == [UNKNOWN] * 2
    assert (world.who_has(MARA), world.writes_of_each["1", Addition]) == ([], 0)
