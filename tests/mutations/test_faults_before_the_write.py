"""The project cannot be read: the change is refused, nothing is sent, and it is said whether to try again."""

import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey, UserErrorCode
from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import MakeStand
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
from tests.mutations.ground import Change, Ground, QuantConnectGround

pytestmark = pytest.mark.anyio

both = pytest.mark.parametrize("key", PlatformKey)

UNAVAILABLE = (UserErrorCode.UPSTREAM_UNAVAILABLE, True)
THROTTLED = (UserErrorCode.UPSTREAM_THROTTLED, True)
DENIED = (UserErrorCode.UPSTREAM_DENIED, False)
REFUSED = (UserErrorCode.UPSTREAM_REFUSED, False)

FAULTS = [
    (Fault(kind=FaultKind.STATUS, status=400, body=REFUSAL_IN_WORDS), REFUSED),
    (Fault(kind=FaultKind.STATUS, status=200, body=REFUSAL_IN_WORDS), REFUSED),
    (Fault(kind=FaultKind.STATUS, status=401), DENIED),
    (Fault(kind=FaultKind.STATUS, status=403), DENIED),
    (Fault(kind=FaultKind.STATUS, status=500), UNAVAILABLE),
    (Fault(kind=FaultKind.STATUS, status=502), UNAVAILABLE),
    (Fault(kind=FaultKind.STATUS, status=503), UNAVAILABLE),
    (Fault(kind=FaultKind.STATUS, status=504), UNAVAILABLE),
    (Fault(kind=FaultKind.STATUS, status=200, body=FAILURE_IN_WORDS), UNAVAILABLE),
    (Fault(kind=FaultKind.DELAY, seconds=AN_AGE), UNAVAILABLE),
    (Fault(kind=FaultKind.EMPTY), UNAVAILABLE),
    (Fault(kind=FaultKind.HTML), UNAVAILABLE),
    (Fault(kind=FaultKind.THROTTLE), THROTTLED),
    (Fault(kind=FaultKind.THROTTLE, seconds=AN_AGE), THROTTLED),
    (Fault(kind=FaultKind.REDIRECT), UNAVAILABLE),
    (Fault(kind=FaultKind.INVALID_JSON), UNAVAILABLE),
    (Fault(kind=FaultKind.OVERSIZED, size_bytes=MUCH_BYTES), UNAVAILABLE),
    (Fault(kind=FaultKind.RESET), UNAVAILABLE),
    (Fault(kind=FaultKind.LATE_ANSWER, seconds=AN_AGE), UNAVAILABLE),
    (Fault(kind=FaultKind.TRUNCATED), UNAVAILABLE),
    (Fault(kind=FaultKind.DRIP, seconds=AN_AGE), UNAVAILABLE),
    (Fault(kind=FaultKind.DROP_AFTER), UNAVAILABLE),
]


@pytest.mark.parametrize(("fault", "expected"), FAULTS, ids=name_of)
@both
async def test_a_change_of_a_project_that_cannot_be_read_is_refused_and_not_sent(
    key: PlatformKey, fault: Fault, expected: tuple[UserErrorCode, bool], make_ground: MakeGround
) -> None:
    ground = await make_ground(key, settings=settings_for(fault))
    ground.fail_reads(fault)
    payload = await ground.make(Change.ADD)
    errors = [(error["code"], error["retryable"]) for error in payload["userErrors"]]
    assert (payload["outcome"], errors) == (Outcome.REFUSED, [expected])
    assert ground.writes == []


def test_every_kind_of_fault_is_tried() -> None:
    assert {fault.kind for fault, _ in FAULTS} == set(FaultKind)


@pytest.mark.parametrize("change", Change)
async def test_a_refusal_for_want_of_a_look_shows_neither_project_nor_member(
    change: Change, ground: Ground
) -> None:
    ground.fail_reads(Fault(kind=FaultKind.STATUS, status=503))
    payload = await ground.make(change)
    assert (payload["project"], payload.get("member"), payload.get("removedMemberId")) == (None, None, None)


@pytest.mark.parametrize("kind", [FaultKind.DELAY, FaultKind.LATE_ANSWER])
async def test_slow_reads_do_not_keep_a_change_from_being_made(kind: FaultKind, ground: Ground) -> None:
    ground.fail_reads(Fault(kind=kind, seconds=AN_INSTANT))
    payload = await ground.make(Change.ADD)
    assert payload["outcome"] == Outcome.ADDED


async def test_members_that_cannot_be_read_are_reason_enough(testomato: Ground) -> None:
    testomato.fail_read_back(Fault(kind=FaultKind.STATUS, status=503))
    payload = await testomato.make(Change.ADD)
    assert (payload["outcome"], testomato.writes) == (Outcome.REFUSED, [])


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(kind=FaultKind.STATUS, status=503), UserErrorCode.UPSTREAM_UNAVAILABLE),
        (Fault(kind=FaultKind.THROTTLE), UserErrorCode.UPSTREAM_THROTTLED),
        (Fault(kind=FaultKind.STATUS, status=403), UserErrorCode.UPSTREAM_DENIED),
    ],
    ids=name_of,
)
async def test_a_person_is_not_unknown_when_the_look_for_the_account_fails(
    fault: Fault, code: UserErrorCode, quantconnect: QuantConnectGround
) -> None:
    quantconnect.line.on_answer = lambda: quantconnect.fail_reads(fault)
    payload = await quantconnect.add({"email": "rafael.quintana@example.org"})
    [error] = payload["userErrors"]
    assert (error["code"], quantconnect.writes) == (code, [])


async def test_a_refusal_that_may_pass_passes(ground: Ground) -> None:
    ground.fail_reads(Fault(kind=FaultKind.STATUS, status=503, times=1))
    first = await ground.make(Change.ADD)
    second = await ground.make(Change.ADD)
    assert (first["outcome"], second["outcome"]) == (Outcome.REFUSED, Outcome.ADDED)


@pytest.mark.parametrize(
    ("key", "name"),
    [(PlatformKey.QUANTCONNECT, "QUANTCONNECT__API_TOKEN"), (PlatformKey.TESTOMATO, "TESTOMATO__PASSWORD")],
)
@pytest.mark.parametrize("change", Change)
async def test_a_credential_that_is_not_accepted_is_denied(
    key: PlatformKey, name: str, change: Change, make_ground: MakeGround
) -> None:
    ground = await make_ground(key, settings={f"GATEWAY_{name}": "not-the-right-one"})
    payload = await ground.make(change)
    [error] = payload["userErrors"]
    assert (error["code"], error["retryable"]) == (UserErrorCode.UPSTREAM_DENIED, False)


@pytest.mark.parametrize("change", Change)
async def test_a_platform_that_nobody_answers_for_is_unavailable(
    change: Change, make_ground: MakeGround
) -> None:
    closed = {"GATEWAY_QUANTCONNECT__BASE_URL": "http://127.0.0.1:1/api/v2"}
    ground = await make_ground(PlatformKey.QUANTCONNECT, settings=closed)
    payload = await ground.make(change)
    [error] = payload["userErrors"]
    assert (error["code"], error["retryable"]) == (UserErrorCode.UPSTREAM_UNAVAILABLE, True)


UNCONFIGURED = {
    PlatformKey.QUANTCONNECT: ("QUANTCONNECT__USER_ID", "QUANTCONNECT__API_TOKEN"),
    PlatformKey.TESTOMATO: ("TESTOMATO__EMAIL", "TESTOMATO__PASSWORD"),
}


@pytest.mark.parametrize("change", Change)
@both
async def test_a_platform_that_is_not_configured_has_no_projects(
    key: PlatformKey, change: Change, make_ground: MakeGround
) -> None:
    ground = await make_ground(key, settings={f"GATEWAY_{name}": "" for name in UNCONFIGURED[key]})
    payload = await ground.make(change)
    [error] = payload["userErrors"]
    assert error["code"] == UserErrorCode.PROJECT_NOT_FOUND
    assert error["message"].endswith("is not configured in this gateway.")


async def test_one_platform_in_trouble_does_not_keep_the_other_from_changes(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand()
    stand.testomato.faults.add(Fault(kind=FaultKind.STATUS, status=503))
    ground = QuantConnectGround(stand=stand, sandbox=stand.quantconnect)
    payload = await ground.make(Change.ADD)
    assert payload["outcome"] == Outcome.ADDED
