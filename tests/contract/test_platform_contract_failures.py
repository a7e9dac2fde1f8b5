"""What every registered platform must do when its API fails: name the failure, and say how it fares."""

from datetime import timedelta

import pytest

from gateway.domain.errors import (
    UpstreamBroken,
    UpstreamDenied,
    UpstreamError,
    UpstreamThrottled,
    UpstreamTimeout,
    UpstreamUnavailable,
    UpstreamUnreachable,
)
from gateway.domain.membership import Addition
from gateway.domain.platform import PlatformStatus
from gateway.platforms.registry import RegisteredPlatform
from gateway.sandbox.faults import Fault, FaultKind
from tests.contract.conftest import Connect, Connected, raised

pytestmark = pytest.mark.anyio

REFUSES_FOR_NOW = Fault(kind=FaultKind.STATUS, status=503)

# In place of the handler: a change has certainly not happened, though only some answers tell that.
NOTHING_DONE = [
    (Fault(kind=FaultKind.DELAY, seconds=60), UpstreamTimeout),
    (Fault(kind=FaultKind.STATUS, status=401), UpstreamDenied),
    (Fault(kind=FaultKind.STATUS, status=403), UpstreamDenied),
    (Fault(kind=FaultKind.STATUS, status=500), UpstreamUnavailable),
    (Fault(kind=FaultKind.STATUS, status=502), UpstreamUnreachable),
    (Fault(kind=FaultKind.STATUS, status=503), UpstreamUnavailable),
    (Fault(kind=FaultKind.STATUS, status=504), UpstreamTimeout),
    (Fault(kind=FaultKind.EMPTY), UpstreamBroken),
    (Fault(kind=FaultKind.HTML), UpstreamBroken),
    (Fault(kind=FaultKind.HTML, status=503), UpstreamUnavailable),
    (Fault(kind=FaultKind.THROTTLE), UpstreamThrottled),
    (Fault(kind=FaultKind.REDIRECT), UpstreamBroken),
    (Fault(kind=FaultKind.INVALID_JSON), UpstreamBroken),
    (Fault(kind=FaultKind.INVALID_JSON, body="null"), UpstreamBroken),
    (Fault(kind=FaultKind.INVALID_JSON, body='"text"'), UpstreamBroken),
    (Fault(kind=FaultKind.INVALID_JSON, body="[" * 100_000), UpstreamBroken),
    (Fault(kind=FaultKind.OVERSIZED, size_bytes=200_000), UpstreamBroken),
    (Fault(kind=FaultKind.RESET), UpstreamUnreachable),
    (Fault(kind=FaultKind.RESET, orderly=True), UpstreamUnreachable),
]
# After the handler: a change has happened.
DONE = [
    (Fault(kind=FaultKind.LATE_ANSWER, seconds=60), UpstreamTimeout),
    (Fault(kind=FaultKind.TRUNCATED), UpstreamUnreachable),
    (Fault(kind=FaultKind.DRIP, seconds=1), UpstreamTimeout),
    (Fault(kind=FaultKind.DROP_AFTER), UpstreamUnreachable),
    (Fault(kind=FaultKind.DROP_AFTER, orderly=True), UpstreamUnreachable),
]
# A list of projects cannot look so; the answer to a change can.
OF_ANOTHER_SHAPE = (Fault(kind=FaultKind.INVALID_JSON, body="{}"), UpstreamBroken)
# Whoever answers so has not acted.
CERTAIN_REFUSALS = (UpstreamDenied, UpstreamThrottled)
TAKES_LONG = {FaultKind.DELAY, FaultKind.LATE_ANSWER, FaultKind.DRIP}


def patience(fault: Fault) -> dict[str, object]:
    """Settings under which the fault shows soon; loopback takes a small part of that time."""
    hasty = {"call_timeout_seconds": 0.8} if fault.kind in TAKES_LONG else {}
    return {"max_reply_bytes": 65_536, **hasty}


def name(value: object) -> str | None:
    if not isinstance(value, Fault):
        return None
    details = [value.status, value.body and value.body[:6], "orderly" if value.orderly else None]
    return " ".join(str(part) for part in (value.kind, *details) if part)


@pytest.mark.parametrize(("fault", "failure"), [*NOTHING_DONE, *DONE, OF_ANOTHER_SHAPE], ids=name)
async def test_a_read_that_fails_has_the_name_of_its_failure(
    connect: Connect, fault: Fault, failure: type[UpstreamError]
) -> None:
    connected = await connect(**patience(fault))
    await connected.platform.account()
    connected.sandbox.faults.add(fault)
    found = await raised(connected.platform.list_projects())
    assert isinstance(found, failure)
    assert (found.platform, found.may_have_acted) == (connected.platform.profile.key, False)


@pytest.mark.parametrize(("fault", "failure"), NOTHING_DONE[::4], ids=name)
async def test_a_failure_of_the_very_first_call_has_its_name(
    connect: Connect, fault: Fault, failure: type[UpstreamError]
) -> None:
    connected = await connect(**patience(fault))
    connected.sandbox.faults.add(fault)
    assert isinstance(await raised(connected.platform.list_projects()), failure)


@pytest.mark.parametrize("reading", ["account", "list_projects", "get_projects", "list_members"])
async def test_every_kind_of_read_names_its_failure(connected: Connected, reading: str) -> None:
    [project, *_] = await connected.projects()
    connected.sandbox.faults.add(REFUSES_FOR_NOW)
    asked = [[project.upstream_id]] if reading in {"get_projects", "list_members"} else []
    found = await raised(getattr(connected.platform, reading)(*asked))
    assert isinstance(found, UpstreamUnavailable)


@pytest.mark.parametrize(("fault", "failure"), NOTHING_DONE, ids=name)
async def test_a_change_that_fails_says_whether_it_may_have_happened(
    connect: Connect, fault: Fault, failure: type[UpstreamError]
) -> None:
    wanted = await addition(await connect())
    connected = await connect(**patience(fault))
    await connected.platform.account()
    connected.sandbox.faults.add(fault)
    with pytest.raises(failure) as failed:
        await connected.platform.add_member(wanted)
    assert failed.value.may_have_acted is not issubclass(failure, CERTAIN_REFUSALS)


@pytest.mark.parametrize(("fault", "failure"), DONE, ids=name)
async def test_a_change_whose_answer_is_lost_has_happened_and_says_that_it_may_have(
    connect: Connect, fault: Fault, failure: type[UpstreamError]
) -> None:
    wanted = await addition(await connect())
    connected = await connect(**patience(fault))
    await connected.platform.account()
    before = await connected.platform.list_members([wanted.project_upstream_id])
    connected.sandbox.faults.add(fault)
    with pytest.raises(failure) as failed:
        await connected.platform.add_member(wanted)
    connected.sandbox.faults.clear()
    after = await connected.platform.list_members([wanted.project_upstream_id])
    assert failed.value.may_have_acted
    assert len(after[0]) == len(before[0]) + 1


async def test_a_platform_that_is_not_there_is_unreachable(
    connect: Connect, entry: RegisteredPlatform
) -> None:
    async with entry.create_sandbox().running() as base_url:
        pass
    connected = await connect(base_url=base_url)
    found = await raised(connected.platform.list_projects())
    assert isinstance(found, UpstreamUnreachable)


async def test_a_wrong_credential_is_denied_and_told_to_nobody(
    connect: Connect, entry: RegisteredPlatform
) -> None:
    made = entry.create_sandbox()
    wrong = {key: f"wrong-{value}" for key, value in made.access.items() if value in made.secrets}
    connected = await connect(**wrong)
    found = await raised(connected.platform.list_projects())
    assert wrong
    assert isinstance(found, UpstreamDenied)
    everything = f"{found!r} {found} {found.args} {vars(found)} {found.__cause__!r} {connected.platform!r}"
    assert not [secret for secret in (*made.secrets, *wrong.values()) if secret in everything]


async def test_a_platform_that_never_failed_is_up_since_its_last_answer(connected: Connected) -> None:
    await connected.projects()
    health = connected.platform.health()
    assert (health.status, health.last_success_at) == (PlatformStatus.UP, connected.clock.moment)


async def test_a_platform_that_fails_is_degraded_since_its_first_failure(connected: Connected) -> None:
    await connected.projects()
    worked_at = connected.clock.moment
    connected.sandbox.faults.add(REFUSES_FOR_NOW)
    failed_at = connected.clock.go_on()
    await raised(connected.platform.list_projects())
    connected.clock.go_on()
    await raised(connected.platform.list_projects())
    health = connected.platform.health()
    assert health.status is PlatformStatus.DEGRADED
    assert (health.last_success_at, health.failing_since) == (worked_at, failed_at)


async def test_a_platform_that_answers_again_is_up_again(connected: Connected) -> None:
    connected.sandbox.faults.add(REFUSES_FOR_NOW)
    await raised(connected.platform.list_projects())
    connected.sandbox.faults.clear()
    answered_at = connected.clock.go_on()
    await connected.projects()
    health = connected.platform.health()
    assert (health.status, health.last_success_at) == (PlatformStatus.UP, answered_at)
    assert (health.failing_since, health.retry_at) == (None, None)


async def test_a_platform_that_refuses_on_the_merits_works(connected: Connected) -> None:
    wanted = await addition(connected)
    await connected.platform.add_member(wanted)
    with pytest.raises(UpstreamError):
        await connected.platform.add_member(wanted)
    assert connected.platform.health().status is PlatformStatus.UP


@pytest.mark.parametrize("as_date", [False, True], ids=["in seconds", "as a date"])
async def test_a_platform_that_wants_fewer_calls_says_when_to_call_again(
    connected: Connected, *, as_date: bool
) -> None:
    connected.sandbox.faults.add(Fault(kind=FaultKind.THROTTLE, seconds=90, as_date=as_date))
    found = await raised(connected.platform.list_projects())
    expected = connected.clock.moment + timedelta(seconds=90)
    assert isinstance(found, UpstreamThrottled)
    assert abs(found.retry_at - expected) < timedelta(seconds=30)
    assert connected.platform.health().retry_at == found.retry_at


async def test_one_failing_project_does_not_take_the_others_along(connected: Connected) -> None:
    """Only where a project's members have a call of their own; elsewhere there is one call to fail."""
    [first, second, *_] = [project.upstream_id for project in await connected.projects()]
    connected.sandbox.calls.clear()
    await connected.platform.list_members([first, second])
    own_paths = [call.path for call in connected.sandbox.calls if first in call.path]
    if not own_paths:
        return
    connected.sandbox.faults.add(Fault(kind=FaultKind.STATUS, status=503, path=own_paths[0]))
    failed, whole = await connected.platform.list_members([first, second])
    assert isinstance(failed, UpstreamUnavailable)
    assert isinstance(whole, tuple)


async def addition(connected: Connected) -> Addition:
    project = await connected.project_of_own()
    return Addition(
        project_upstream_id=project.upstream_id,
        person_id=await connected.newcomer_to(project),
        role=connected.platform.profile.roles[0].role,
        grant=frozenset(),
    )
