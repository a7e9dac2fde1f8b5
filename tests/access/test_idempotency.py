"""gateway/access/idempotency.py: the same request made twice has one effect and one answer."""

import asyncio
from dataclasses import replace

import pytest

from gateway.access.change import AddMember, Change, ChangeResult, RemoveMember, UpdateMember
from gateway.access.idempotency import IdempotencyLedger
from gateway.domain.membership import Person, UserError
from gateway.domain.vocabulary import Action, Outcome, PlatformKey, Role, UserErrorCode

pytestmark = pytest.mark.anyio

ADD = AddMember(
    platform=PlatformKey.TESTOMATO,
    project_upstream_id="a1",
    person=Person(email="mara@example.org"),
    role=Role.VIEWER,
)
UPDATE = UpdateMember(
    platform=PlatformKey.QUANTCONNECT, project_upstream_id="1", member_upstream_id="7", role=Role.EDITOR
)
REMOVE = RemoveMember(platform=PlatformKey.QUANTCONNECT, project_upstream_id="1", member_upstream_id="7")


def refused(code: UserErrorCode, *, retryable: bool) -> ChangeResult:
    error = UserError(code=code, message="No.", field=("input",), retryable=retryable)
    return ChangeResult(outcome=Outcome.REFUSED, user_errors=(error,))


ADDED = ChangeResult(outcome=Outcome.ADDED)
DOWN = refused(UserErrorCode.UPSTREAM_UNAVAILABLE, retryable=True)


class Platform:
    """Makes changes when it may, and notes them.

    Attributes:
        result: of every change; an exception is raised.
    """

    def __init__(self) -> None:
        self.made: list[Change] = []
        self.finished: list[Change] = []
        self.begun = asyncio.Event()
        self.open = asyncio.Event()
        self.result: ChangeResult | Exception = ADDED

    async def carry_out(self, change: Change) -> ChangeResult:
        self.made.append(change)
        self.begun.set()
        await self.open.wait()
        self.finished.append(change)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@pytest.fixture
async def held() -> Platform:
    """A platform that finishes no change before it is opened."""
    return Platform()


@pytest.fixture
async def platform(held: Platform) -> Platform:
    """A platform that makes every change at once."""
    held.open.set()
    return held


def ledger_for(platform: Platform, *, capacity: int = 10) -> IdempotencyLedger:
    return IdempotencyLedger(carry_out=platform.carry_out, capacity=capacity)


async def let_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


# ---------------------------------------------------------------- the same request


async def test_a_request_made_again_has_one_effect(platform: Platform) -> None:
    ledger = ledger_for(platform)
    for _ in range(3):
        await ledger.once(ADD, key="k")
    assert platform.made == [ADD]


async def test_a_request_made_again_gets_the_same_answer(platform: Platform) -> None:
    ledger = ledger_for(platform)
    first = await ledger.once(ADD, key="k")
    platform.result = ChangeResult(outcome=Outcome.UNCHANGED)
    assert await ledger.once(ADD, key="k") is first


async def test_an_equal_request_is_the_same_request(platform: Platform) -> None:
    ledger = ledger_for(platform)
    await ledger.once(ADD, key="k")
    await ledger.once(replace(ADD, person=Person(email="mara@example.org"), grant=frozenset()), key="k")
    assert platform.made == [ADD]


async def test_two_requests_at_once_have_one_effect_and_one_answer(held: Platform) -> None:
    ledger = ledger_for(held)
    both = asyncio.gather(ledger.once(ADD, key="k"), ledger.once(ADD, key="k"))
    await held.begun.wait()
    held.open.set()
    one, other = await both
    assert (one is other, held.made) == (True, [ADD])


async def test_different_keys_are_different_requests(platform: Platform) -> None:
    ledger = ledger_for(platform)
    await ledger.once(ADD, key="k")
    await ledger.once(ADD, key="l")
    assert platform.made == [ADD, ADD]


async def test_without_a_key_every_request_is_a_new_one(platform: Platform) -> None:
    ledger = ledger_for(platform)
    for _ in range(2):
        await ledger.once(ADD, key=None)
    assert platform.made == [ADD, ADD]


# ---------------------------------------------------------------- another request under the same key


OTHERS = {
    "another project": replace(ADD, project_upstream_id="a2"),
    "another platform": replace(ADD, platform=PlatformKey.QUANTCONNECT),
    "another person": replace(ADD, person=Person(email="ingrid@example.org")),
    "a person named otherwise": replace(ADD, person=Person(upstream_user_id="mara@example.org")),
    "another role": replace(ADD, role=Role.EDITOR),
    "another grant": replace(ADD, grant=frozenset({Action.RUN})),
    "an update": UPDATE,
    "a removal": REMOVE,
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
async def test_a_key_is_good_for_one_request_only(platform: Platform, other: Change) -> None:
    ledger = ledger_for(platform)
    await ledger.once(ADD, key="k")
    result = await ledger.once(other, key="k")
    assert (result.outcome, [error.code for error in result.user_errors], platform.made) == (
        Outcome.REFUSED,
        [UserErrorCode.IDEMPOTENCY_KEY_REUSED],
        [ADD],
    )


async def test_a_key_in_use_names_the_argument_at_fault(platform: Platform) -> None:
    ledger = ledger_for(platform)
    await ledger.once(ADD, key="k")
    [error] = (await ledger.once(UPDATE, key="k")).user_errors
    assert (error.field, error.retryable) == (("input", "idempotencyKey"), False)


async def test_a_key_is_taken_while_its_request_is_under_way(held: Platform) -> None:
    ledger = ledger_for(held)
    first = asyncio.ensure_future(ledger.once(ADD, key="k"))
    await held.begun.wait()
    result = await ledger.once(UPDATE, key="k")
    held.open.set()
    await first
    assert (result.outcome, held.made) == (Outcome.REFUSED, [ADD])


# ---------------------------------------------------------------- what is remembered


REMEMBERED = [
    *(ChangeResult(outcome=outcome) for outcome in Outcome),
    refused(UserErrorCode.OWNER_IMMUTABLE, retryable=False),
    # Sent, and nobody knows what came of it: sending it again could do it twice.
    replace(refused(UserErrorCode.OUTCOME_UNKNOWN, retryable=True), outcome=Outcome.UNKNOWN),
]


@pytest.mark.parametrize("result", REMEMBERED, ids=lambda result: result.outcome.value)
async def test_an_answer_that_is_final_is_remembered(platform: Platform, result: ChangeResult) -> None:
    platform.result = result
    ledger = ledger_for(platform)
    for _ in range(2):
        await ledger.once(ADD, key="k")
    assert platform.made == [ADD]


async def test_a_refusal_that_may_pass_is_not_remembered(platform: Platform) -> None:
    platform.result = DOWN
    ledger = ledger_for(platform)
    await ledger.once(ADD, key="k")
    platform.result = ADDED
    assert (await ledger.once(ADD, key="k"), platform.made) == (ADDED, [ADD, ADD])


async def test_after_a_refusal_that_may_pass_the_key_is_free_for_another_request(platform: Platform) -> None:
    platform.result = DOWN
    ledger = ledger_for(platform)
    await ledger.once(ADD, key="k")
    await ledger.once(UPDATE, key="k")
    assert platform.made == [ADD, UPDATE]


async def test_an_unexpected_error_reaches_the_caller_and_is_not_remembered(platform: Platform) -> None:
    platform.result = ZeroDivisionError()
    ledger = ledger_for(platform)
    with pytest.raises(ZeroDivisionError):
        await ledger.once(ADD, key="k")
    platform.result = ADDED
    assert await ledger.once(ADD, key="k") == ADDED


async def test_the_oldest_key_is_forgotten_when_there_are_too_many(platform: Platform) -> None:
    ledger = ledger_for(platform, capacity=2)
    for key in ("first", "second", "third"):
        await ledger.once(ADD, key=key)
    made = len(platform.made)
    for key in ("second", "third"):
        await ledger.once(ADD, key=key)
    remembered = len(platform.made)
    await ledger.once(ADD, key="first")
    assert (made, remembered, len(platform.made)) == (3, 3, 4)


async def test_the_key_of_a_request_under_way_is_never_forgotten(held: Platform) -> None:
    ledger = ledger_for(held, capacity=1)
    callers = [asyncio.ensure_future(ledger.once(ADD, key=key)) for key in ("first", "second", "first")]
    await let_run()
    held.open.set()
    await asyncio.gather(*callers)
    assert len(held.made) == 2


# ---------------------------------------------------------------- callers that go away


@pytest.mark.parametrize("key", [None, "k"])
async def test_a_caller_that_goes_away_does_not_stop_the_change(held: Platform, key: str | None) -> None:
    ledger = ledger_for(held)
    caller = asyncio.ensure_future(ledger.once(ADD, key=key))
    await held.begun.wait()
    caller.cancel()
    await asyncio.wait({caller})
    held.open.set()
    await ledger.drain()
    assert (caller.cancelled(), held.finished) == (True, [ADD])


async def test_a_caller_that_comes_back_gets_the_answer_that_it_left(held: Platform) -> None:
    ledger = ledger_for(held)
    caller = asyncio.ensure_future(ledger.once(ADD, key="k"))
    await held.begun.wait()
    caller.cancel()
    await asyncio.wait({caller})
    held.open.set()
    assert (await ledger.once(ADD, key="k"), held.made) == (ADDED, [ADD])


async def test_a_caller_that_goes_away_takes_no_other_one_along(held: Platform) -> None:
    ledger = ledger_for(held)
    one, other = (asyncio.ensure_future(ledger.once(ADD, key="k")) for _ in range(2))
    await held.begun.wait()
    one.cancel()
    await asyncio.wait({one})
    held.open.set()
    assert await other == ADDED


# ---------------------------------------------------------------- the end


async def test_draining_waits_for_every_change_under_way(held: Platform) -> None:
    ledger = ledger_for(held)
    callers = [asyncio.ensure_future(ledger.once(change, key=None)) for change in (ADD, UPDATE)]
    await held.begun.wait()
    draining = asyncio.ensure_future(ledger.drain())
    await let_run()
    waited = not draining.done()
    held.open.set()
    await draining
    assert (waited, held.finished) == (True, [ADD, UPDATE])
    await asyncio.gather(*callers)


async def test_draining_waits_for_a_change_that_fails(held: Platform) -> None:
    held.result = ZeroDivisionError()
    ledger = ledger_for(held)
    caller = asyncio.ensure_future(ledger.once(ADD, key="k"))
    await held.begun.wait()
    held.open.set()
    await ledger.drain()
    assert held.finished == [ADD]
    with pytest.raises(ZeroDivisionError):
        await caller
