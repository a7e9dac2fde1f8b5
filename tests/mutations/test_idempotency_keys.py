"""The same change asked for twice under one key has one effect and one answer."""

import asyncio

import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey, Role, UserErrorCode
from gateway.sandbox.faults import Fault, FaultKind
from tests.mutations.conftest import MakeGround
from tests.mutations.faults import name_of
from tests.mutations.ground import (
    NEWCOMER,
    OWNER,
    VIEWER,
    WRITES,
    Change,
    Ground,
    Payload,
    QuantConnectGround,
    TestomatoGround,
    codes_of,
)
from tests.mutations.line import Gate

pytestmark = pytest.mark.anyio

any_write = pytest.mark.parametrize(("key", "change"), WRITES)

KEY = "3f1c9d3e-5a0b-4c77-9a55-0d4a2a5a8f10"
MEMBERS = "{ members(first: 100) { nodes { name } } }"


@any_write
async def test_a_change_that_is_asked_for_again_is_answered_as_before_and_not_sent(
    key: PlatformKey, change: Change, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    first = await ground.make(change, idempotencyKey=KEY)
    ground.sandbox.calls.clear()
    assert await ground.make(change, idempotencyKey=KEY) == first
    assert ground.sandbox.calls.total_count == 0


async def test_an_invitation_that_is_asked_for_again_is_answered_as_before(
    testomato: TestomatoGround,
) -> None:
    first = await testomato.add("someone.new@example.org", idempotencyKey=KEY)
    second = await testomato.add("someone.new@example.org", idempotencyKey=KEY)
    assert (second, len(testomato.writes)) == (first, 1)


@any_write
async def test_a_change_with_an_unknown_outcome_is_not_sent_again(
    key: PlatformKey, change: Change, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    ground.fail_write(change, Fault(kind=FaultKind.RESET, times=1))
    first = await ground.make(change, idempotencyKey=KEY)
    second = await ground.make(change, idempotencyKey=KEY)
    assert (first["outcome"], second) == (Outcome.UNKNOWN, first)
    assert len(ground.writes) == 1


async def test_a_refusal_for_good_is_answered_as_before(ground: Ground) -> None:
    first = await ground.remove(OWNER, idempotencyKey=KEY)
    ground.sandbox.calls.clear()
    assert await ground.remove(OWNER, idempotencyKey=KEY) == first
    assert ground.sandbox.calls.total_count == 0


async def test_the_stored_outcome_is_given_also_when_the_world_has_changed_since(ground: Ground) -> None:
    await ground.add(NEWCOMER, idempotencyKey=KEY)
    await ground.remove(NEWCOMER)
    payload = await ground.add(NEWCOMER, idempotencyKey=KEY)
    assert (payload["outcome"], ground.role_of(NEWCOMER)) == (Outcome.ADDED, None)


async def test_a_stored_outcome_comes_with_the_members_of_now(ground: Ground) -> None:
    await ground.add(NEWCOMER, idempotencyKey=KEY)
    await ground.remove(VIEWER)
    payload = await ground.add(NEWCOMER, idempotencyKey=KEY, showing=MEMBERS)
    names = {node["name"] for node in payload["project"]["members"]["nodes"]}
    assert "Caoimhe Doyle" not in names


@pytest.mark.parametrize(
    ("person", "more"),
    [
        pytest.param("rafael-quintana", {}, id="person"),
        pytest.param(NEWCOMER, {"role": "VIEWER"}, id="role"),
        pytest.param(NEWCOMER, {"project": 3}, id="project"),
    ],
)
async def test_a_key_is_good_for_one_input_only(person: str, more: dict[str, object], ground: Ground) -> None:
    await ground.add(NEWCOMER, idempotencyKey=KEY)
    ground.sandbox.calls.clear()
    payload = await ground.add(person, idempotencyKey=KEY, **more)
    assert (payload["outcome"], codes_of(payload)) == (
        Outcome.REFUSED,
        [UserErrorCode.IDEMPOTENCY_KEY_REUSED],
    )
    assert ground.sandbox.calls.total_count == 0


async def test_other_grants_are_another_input(quantconnect: QuantConnectGround) -> None:
    await quantconnect.update(VIEWER, idempotencyKey=KEY)
    payload = await quantconnect.update(VIEWER, idempotencyKey=KEY, grant=["LIVE_CONTROL"])
    assert codes_of(payload) == [UserErrorCode.IDEMPOTENCY_KEY_REUSED]


async def test_a_key_is_good_for_one_mutation_only(ground: Ground) -> None:
    await ground.add(NEWCOMER, idempotencyKey=KEY)
    payload = await ground.remove(NEWCOMER, idempotencyKey=KEY)
    assert codes_of(payload) == [UserErrorCode.IDEMPOTENCY_KEY_REUSED]
    assert ground.role_of(NEWCOMER) is Role.EDITOR


async def test_a_key_is_good_for_one_platform_only(quantconnect: QuantConnectGround) -> None:
    stand = quantconnect.stand
    await quantconnect.remove(VIEWER, idempotencyKey=KEY)
    payload = await TestomatoGround(stand=stand, sandbox=stand.testomato).remove(VIEWER, idempotencyKey=KEY)
    assert codes_of(payload) == [UserErrorCode.IDEMPOTENCY_KEY_REUSED]


async def test_a_key_that_was_refused_to_another_input_still_answers_its_own(ground: Ground) -> None:
    first = await ground.add(NEWCOMER, idempotencyKey=KEY)
    await ground.remove(NEWCOMER, idempotencyKey=KEY)
    assert await ground.add(NEWCOMER, idempotencyKey=KEY) == first


async def test_two_at_once_under_one_key_are_one_change(ground: Ground) -> None:
    first, second = await asyncio.gather(*(ground.make(Change.ADD, idempotencyKey=KEY) for _ in range(2)))
    assert (first["outcome"], second) == (Outcome.ADDED, first)
    assert len(ground.writes) == 1


async def test_a_key_is_taken_while_its_change_is_under_way(ground: Ground) -> None:
    ground.line.on_write = gate = Gate()
    running = asyncio.create_task(ground.add(NEWCOMER, idempotencyKey=KEY))
    await gate.reached.wait()
    other = await ground.add(NEWCOMER, "VIEWER", idempotencyKey=KEY)
    gate.opened.set()
    assert codes_of(other) == [UserErrorCode.IDEMPOTENCY_KEY_REUSED]
    assert (await running)["outcome"] == Outcome.ADDED


async def test_other_keys_are_other_changes(ground: Ground) -> None:
    payloads = [await ground.add(NEWCOMER, idempotencyKey=f"{KEY}-{number}") for number in range(2)]
    assert outcomes_of(payloads) == [Outcome.ADDED, Outcome.UNCHANGED]


@pytest.mark.parametrize("blank", [None, "", " "])
async def test_a_blank_key_is_no_key(blank: str | None, ground: Ground) -> None:
    payloads = [
        await ground.add(NEWCOMER, idempotencyKey=blank),
        await ground.remove(NEWCOMER, idempotencyKey=blank),
        await ground.add(NEWCOMER, idempotencyKey=blank),
    ]
    assert outcomes_of(payloads) == [Outcome.ADDED, Outcome.REMOVED, Outcome.ADDED]


async def test_an_invalid_id_uses_up_no_key(ground: Ground) -> None:
    await ground.ask(Change.REMOVE, {"memberId": "no such id", "idempotencyKey": KEY})
    payload = await ground.make(Change.REMOVE, idempotencyKey=KEY)
    assert payload["outcome"] == Outcome.REMOVED


PASSING = [
    Fault(kind=FaultKind.STATUS, status=503, times=1),
    Fault(kind=FaultKind.THROTTLE, times=1),
]


@pytest.mark.parametrize("fault", [*PASSING, Fault(kind=FaultKind.RESET, times=1)], ids=name_of)
async def test_a_change_that_could_not_be_looked_into_may_be_asked_for_again_under_its_key(
    fault: Fault, ground: Ground
) -> None:
    ground.fail_reads(fault)
    payloads = [await ground.make(Change.ADD, idempotencyKey=KEY) for _ in range(2)]
    assert outcomes_of(payloads) == [Outcome.REFUSED, Outcome.ADDED]


@pytest.mark.parametrize("fault", PASSING, ids=name_of)
@any_write
async def test_a_change_that_the_platform_could_not_make_may_be_asked_for_again_under_its_key(
    key: PlatformKey, change: Change, fault: Fault, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    ground.fail_write(change, fault)
    payloads = [await ground.make(change, idempotencyKey=KEY) for _ in range(2)]
    assert outcomes_of(payloads) == [Outcome.REFUSED, change.done]


def outcomes_of(payloads: list[Payload]) -> list[str]:
    return [payload["outcome"] for payload in payloads]
