"""The call that makes a change fails: the outcome tells what became of it, and it is never sent again."""

import pytest
from starlette.responses import HTMLResponse, Response

from gateway.domain.vocabulary import Outcome, PlatformKey, UserErrorCode
from gateway.sandbox.faults import Fault, FaultKind
from tests.mutations.conftest import MakeGround
from tests.mutations.faults import (
    AN_AGE,
    AN_INSTANT,
    FAILURE_IN_WORDS,
    MUCH_BYTES,
    REFUSAL_IN_WORDS,
    name_of,
    settings_for,
)
from tests.mutations.ground import WRITES, Change, Ground, codes_of

pytestmark = pytest.mark.anyio

any_write = pytest.mark.parametrize(("key", "change"), WRITES)

# Nothing has been done, and the platform has said so or the members show it.
REFUSALS = [
    (Fault(kind=FaultKind.STATUS, status=400, body=REFUSAL_IN_WORDS), UserErrorCode.UPSTREAM_REFUSED),
    (Fault(kind=FaultKind.STATUS, status=200, body=REFUSAL_IN_WORDS), UserErrorCode.UPSTREAM_REFUSED),
    (Fault(kind=FaultKind.STATUS, status=403), UserErrorCode.UPSTREAM_DENIED),
    (Fault(kind=FaultKind.STATUS, status=500), UserErrorCode.UPSTREAM_UNAVAILABLE),
    (Fault(kind=FaultKind.STATUS, status=503), UserErrorCode.UPSTREAM_UNAVAILABLE),
    (Fault(kind=FaultKind.STATUS, status=200, body=FAILURE_IN_WORDS), UserErrorCode.UPSTREAM_UNAVAILABLE),
    (Fault(kind=FaultKind.HTML, status=503), UserErrorCode.UPSTREAM_UNAVAILABLE),
    (Fault(kind=FaultKind.THROTTLE), UserErrorCode.UPSTREAM_THROTTLED),
    (Fault(kind=FaultKind.THROTTLE, seconds=AN_AGE), UserErrorCode.UPSTREAM_THROTTLED),
]
# Nothing has been done so far; whether it still will be cannot be known.
LOSSES = [
    Fault(kind=FaultKind.STATUS, status=502),
    Fault(kind=FaultKind.STATUS, status=504),
    Fault(kind=FaultKind.EMPTY),
    Fault(kind=FaultKind.HTML),
    Fault(kind=FaultKind.REDIRECT),
    Fault(kind=FaultKind.INVALID_JSON),
    Fault(kind=FaultKind.OVERSIZED, size_bytes=MUCH_BYTES),
    Fault(kind=FaultKind.RESET),
    Fault(kind=FaultKind.RESET, orderly=True),
    Fault(kind=FaultKind.DELAY, seconds=AN_AGE),
]
# It has been done.
SPOILED_ANSWERS = [
    Fault(kind=FaultKind.DELAY, seconds=AN_INSTANT),
    Fault(kind=FaultKind.LATE_ANSWER, seconds=AN_INSTANT),
    Fault(kind=FaultKind.LATE_ANSWER, seconds=AN_AGE),
    Fault(kind=FaultKind.TRUNCATED),
    Fault(kind=FaultKind.TRUNCATED, size_bytes=0),
    Fault(kind=FaultKind.DRIP, seconds=AN_AGE),
    Fault(kind=FaultKind.DROP_AFTER),
    Fault(kind=FaultKind.DROP_AFTER, orderly=True),
]
OTHER_ANSWERS = {
    "502": HTMLResponse("<h1>Bad gateway, said the proxy</h1>", status_code=502),
    "503": Response(status_code=503),
    "504": Response(status_code=504),
    "redirect": Response(status_code=302, headers={"location": "https://elsewhere.example.net/"}),
    "empty": Response(),
    "web page": HTMLResponse("<h1>Under maintenance for a moment</h1>"),
    "half of it": Response('{"success": true, "collab', media_type="application/json"),
    "failure in words": Response(FAILURE_IN_WORDS, media_type="application/json"),
}


@pytest.mark.parametrize(("struck", "code"), REFUSALS, ids=name_of)
@any_write
async def test_a_change_that_was_not_made_is_refused(
    key: PlatformKey, change: Change, struck: Fault, code: UserErrorCode, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    assert await make_under(struck, ground, change) == (Outcome.REFUSED, [code])
    assert not ground.has_been_made(change)


@pytest.mark.parametrize("lost", LOSSES, ids=name_of)
@any_write
async def test_a_change_whose_answer_is_lost_and_that_does_not_show_is_unknown(
    key: PlatformKey, change: Change, lost: Fault, make_ground: MakeGround
) -> None:
    ground = await make_ground(key, settings=settings_for(lost))
    assert await make_under(lost, ground, change) == (Outcome.UNKNOWN, [UserErrorCode.OUTCOME_UNKNOWN])
    assert not ground.has_been_made(change)


@pytest.mark.parametrize("spoiled", SPOILED_ANSWERS, ids=name_of)
@any_write
async def test_a_change_whose_answer_is_spoiled_is_settled_by_reading(
    key: PlatformKey, change: Change, spoiled: Fault, make_ground: MakeGround
) -> None:
    ground = await make_ground(key, settings=settings_for(spoiled))
    assert await make_under(spoiled, ground, change) == (change.done, [])
    assert ground.has_been_made(change)


@pytest.mark.parametrize("answer", OTHER_ANSWERS.values(), ids=OTHER_ANSWERS)
@any_write
async def test_a_change_with_another_answer_than_its_own_is_settled_by_reading(
    key: PlatformKey, change: Change, answer: Response, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    ground.line.write_answer = answer
    assert await outcome_of_one_write(ground, change) == (change.done, [])
    assert ground.has_been_made(change)


def test_every_kind_of_fault_is_tried() -> None:
    faults = [*(refusal for refusal, _ in REFUSALS), *LOSSES, *SPOILED_ANSWERS]
    assert {one.kind for one in faults} == set(FaultKind)


async def test_an_invitation_whose_answer_is_lost_is_settled_by_reading(testomato: Ground) -> None:
    testomato.fail_write(Change.ADD, Fault(kind=FaultKind.DROP_AFTER))
    payload = await testomato.add("someone.new@example.org")
    assert payload["outcome"] == Outcome.INVITED


@any_write
async def test_a_change_whose_answer_is_lost_and_that_cannot_be_read_back_is_unknown(
    key: PlatformKey, change: Change, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    ground.line.write_answer = OTHER_ANSWERS["503"]
    ground.fail_read_back_when_written(Fault(kind=FaultKind.STATUS, status=503))
    assert await outcome_of_one_write(ground, change) == (Outcome.UNKNOWN, [UserErrorCode.OUTCOME_UNKNOWN])


@any_write
async def test_reading_back_is_tried_again(key: PlatformKey, change: Change, make_ground: MakeGround) -> None:
    ground = await make_ground(key)
    ground.line.write_answer = OTHER_ANSWERS["502"]
    ground.fail_read_back_when_written(Fault(kind=FaultKind.STATUS, status=503, times=1))
    assert await outcome_of_one_write(ground, change) == (change.done, [])


async def test_an_acknowledged_removal_stands_also_when_it_cannot_be_read_back(ground: Ground) -> None:
    ground.fail_read_back_when_written(Fault(kind=FaultKind.STATUS, status=503))
    assert await outcome_of_one_write(ground, Change.REMOVE) == (Outcome.REMOVED, [])


async def test_a_write_with_a_token_that_ended_is_sent_again_with_a_new_one(testomato: Ground) -> None:
    testomato.fail_write(Change.ADD, Fault(kind=FaultKind.STATUS, status=401, times=1))
    payload = await testomato.make(Change.ADD)
    assert payload["outcome"] == Outcome.ADDED


@pytest.mark.parametrize("change", [Change.ADD, Change.REMOVE])
async def test_a_write_that_no_token_opens_is_denied(change: Change, testomato: Ground) -> None:
    testomato.fail_write(change, Fault(kind=FaultKind.STATUS, status=401))
    payload = await testomato.make(change)
    assert codes_of(payload) == [UserErrorCode.UPSTREAM_DENIED]


async def make_under(struck: Fault, ground: Ground, change: Change) -> tuple[str, list[str]]:
    ground.fail_write(change, struck)
    return await outcome_of_one_write(ground, change)


async def outcome_of_one_write(ground: Ground, change: Change) -> tuple[str, list[str]]:
    """The outcome and the codes of a change for which one write must have been received, no more."""
    payload = await ground.make(change)
    assert len(ground.writes) == 1
    return payload["outcome"], codes_of(payload)
