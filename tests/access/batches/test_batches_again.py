"""access/batches/batches.py: one key stands for one batch, whatever has become of it."""

import asyncio
from collections import Counter

import pytest
from msgspec.structs import replace

from gateway.domain.errors import UpstreamUnavailable
from gateway.domain.vocabulary import Outcome, Role, UserErrorCode
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
)
from tests.access.conftest import StartProcess
from tests.access.world import KEY, MARA, Process, person
from tests.mutations.line import Gate

pytestmark = pytest.mark.anyio

ADDED, REMOVED, REFUSED, UNKNOWN = Outcome.ADDED, Outcome.REMOVED, Outcome.REFUSED, Outcome.UNKNOWN
ALL_DONE = [ADDED] * len(PROJECTS)


# ---------------------------------------------------------------- the same request, and another


async def test_a_request_made_again_has_one_effect_and_one_answer(process: Process, world: WideWorld) -> None:
    world.before["3"] = be_denied
    world.people["4"][MARA] = person(MARA, Role.VIEWER, project="4")
    first, *others = [await make(process, grants()) for _ in range(3)]
    assert [as_told(other) for other in others] == [as_told(first)] * 2
    assert Counter(world.written) == Counter(set(PROJECTS) - {"4"})


async def test_two_requests_at_once_have_one_effect_and_one_answer(
    process: Process, world: WideWorld, gate: Gate
) -> None:
    both = asyncio.gather(*(make(process, grants()) for _ in range(2)))
    await gate.reached.wait()
    gate.opened.set()
    one, other = await both
    assert (outcomes(one), as_told(other)) == (ALL_DONE, as_told(one))
    assert Counter(world.written) == Counter(PROJECTS)


async def test_what_was_refused_for_now_is_tried_again_and_what_was_done_is_not_done_again(
    process: Process, world: WideWorld
) -> None:
    world.before = dict.fromkeys("257", be_unavailable)
    first = await make(process, grants())
    world.before = {}
    again = await make(process, grants())
    assert [one.outcome for one in first.results].count(REFUSED) == 3
    assert outcomes(again) == ALL_DONE
    assert Counter(world.written) == Counter(PROJECTS) + Counter("257")


@pytest.mark.parametrize("final", [be_denied, get_lost])
async def test_what_would_be_tried_again_but_for_another_target_is_not_said_to_be_worth_it(
    process: Process, world: WideWorld, final: Hook
) -> None:
    """Whoever repeats a key as long as a reason may pass would never come to an end."""
    world.before = {"1": be_unavailable, "2": final}
    wanted = batch(grant("1"), grant("2"), atomic=True)
    result = await make(process, wanted)
    assert outcomes(result)[0] is REFUSED
    assert [error.retryable for one in result.results for error in one.user_errors] == [False, False]
    assert as_told(await make(process, wanted)) == as_told(result)


async def test_what_was_unknown_is_looked_for_again_and_not_sent_again(
    process: Process, world: WideWorld
) -> None:
    async def get_lost_in_the_dark() -> None:
        world.down = UpstreamUnavailable(KEY)
        await get_lost()

    world.after["2"] = get_lost_in_the_dark
    first = await make(process, batch(grant("2")))
    world.down = None
    again = await make(process, batch(grant("2")))
    assert (outcomes(first), outcomes(again), world.written) == ([UNKNOWN], [ADDED], ["2"])


@pytest.mark.parametrize("atomic", [False, True])
async def test_another_request_under_the_key_is_refused_as_a_whole(
    process: Process, world: WideWorld, *, atomic: bool
) -> None:
    await make(process, batch(grant("1"), atomic=atomic))
    result = await make(process, batch(grant("2"), atomic=atomic))
    assert (result.results, codes(result), result.is_complete) == (
        (),
        [UserErrorCode.IDEMPOTENCY_KEY_REUSED],
        False,
    )
    assert world.written == ["1"]


async def test_a_key_is_taken_while_its_batch_is_under_way(
    process: Process, world: WideWorld, gate: Gate
) -> None:
    making = asyncio.ensure_future(make(process, batch(grant("1"))))
    await gate.reached.wait()
    other = await make(process, batch(grant("2")))
    gate.opened.set()
    await making
    assert (codes(other), world.written) == ([UserErrorCode.IDEMPOTENCY_KEY_REUSED], ["1"])


async def test_a_key_of_a_single_change_is_not_one_of_a_batch_and_the_other_way_round(
    process: Process, world: WideWorld
) -> None:
    await process.once(grant("1"), "one")
    of_a_batch = await make(process, batch(grant("1"), key="one"))
    await make(process, batch(grant("2"), key="many"))
    single = await process.once(grant("2"), "many")
    assert (codes(of_a_batch), codes(single)) == ([UserErrorCode.IDEMPOTENCY_KEY_REUSED],) * 2
    assert world.written == ["1", "2"]


async def test_another_callers_key_is_another_key(process: Process) -> None:
    results = [await make(process, batch(grant("1"), caller_id=caller)) for caller in ("me", "you")]
    assert [outcomes(result) for result in results] == [[ADDED], [Outcome.UNCHANGED]]


async def test_a_key_for_other_accounts_is_another_key(start_process: StartProcess) -> None:
    processes = [await start_process(credential=credential) for credential in ("mine", "yours")]
    results = [await make(process, batch(grant("1"))) for process in processes]
    assert [outcomes(result) for result in results] == [[ADDED], [Outcome.UNCHANGED]]


# ---------------------------------------------------------------- what cannot be begun


async def test_what_cannot_be_begun_is_refused_with_the_reasons_and_uses_up_no_key(
    process: Process, world: WideWorld
) -> None:
    refused = await make(process, batch(grant("1")), refusals=[INVALID])
    assert (refused.user_errors, refused.results, world.written) == ((INVALID,), (), [])
    assert outcomes(await make(process, batch(grant("2")))) == [ADDED]


@pytest.mark.parametrize("atomic", [False, True])
async def test_what_was_begun_is_given_again_also_when_it_could_not_be_begun_now(
    process: Process, *, atomic: bool
) -> None:
    first = await make(process, revocations(atomic=atomic))
    gone = replace(revocations(atomic=atomic), parts=())
    again = await make(process, gone, refusals=[INVALID])
    assert (as_told(again), again.user_errors) == (as_told(first), ())
    assert outcomes(again) == [REMOVED] * len(PROJECTS)


async def test_an_open_batch_takes_on_what_is_found_later_and_does_nothing_twice(
    process: Process, world: WideWorld
) -> None:
    first = await make(process, batch(revocation("1"), digest="d", is_open=True))
    more = await make(process, batch(revocation("2"), revocation("3"), digest="d"))
    closed = await make(process, batch(revocation("4"), digest="d"))
    assert [result.is_open for result in (first, more, closed)] == [True, False, False]
    assert [outcomes(result) for result in (first, more, closed)] == [[REMOVED], [REMOVED] * 3, [REMOVED] * 3]
    assert Counter(world.written) == Counter("123")
