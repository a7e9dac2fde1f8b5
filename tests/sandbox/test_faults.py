"""gateway/sandbox/faults.py: which fault strikes which call."""

import pytest

from gateway.sandbox.faults import Fault, FaultKind, FaultSwitches


def kinds_taken(
    faults: FaultSwitches, *, method: str = "POST", path: str = "/api/v2/projects/read"
) -> list[str]:
    return [fault.kind.value for fault in faults.take(method=method, path=path)]


def switches(*faults: Fault) -> FaultSwitches:
    result = FaultSwitches()
    result.add(*faults)
    return result


def test_nothing_goes_wrong_by_itself() -> None:
    assert kinds_taken(switches()) == []


def test_a_fault_without_limits_strikes_every_call() -> None:
    faults = switches(Fault(kind=FaultKind.RESET))
    assert [kinds_taken(faults) for _ in range(3)] == [["reset"]] * 3


def test_a_fault_strikes_the_given_number_of_calls() -> None:
    faults = switches(Fault(kind=FaultKind.RESET, times=2))
    assert [kinds_taken(faults) for _ in range(3)] == [["reset"], ["reset"], []]


def test_a_call_that_does_not_match_uses_nothing_up() -> None:
    faults = switches(Fault(kind=FaultKind.RESET, times=1, method="DELETE"))
    kinds_taken(faults, method="GET")
    assert kinds_taken(faults, method="DELETE") == ["reset"]


@pytest.mark.parametrize(
    ("pattern", "path", "strikes"),
    [
        ("", "/api/anything", True),
        ("/api/project/", "/api/project/50a9/users", True),
        ("/api/project/", "/api/authenticate", False),
        ("/api/project/*/users", "/api/project/50a9/users", True),
        ("/api/project/*/users", "/api/project/50a9", False),
        ("*/collaboration/create", "/api/v2/projects/collaboration/create", True),
    ],
)
def test_a_path_is_a_glob_or_a_beginning(pattern: str, path: str, *, strikes: bool) -> None:
    assert Fault(kind=FaultKind.RESET, path=pattern).strikes(method="GET", path=path) is strikes


def test_the_method_is_compared_in_any_case() -> None:
    assert Fault(kind=FaultKind.RESET, method="post").strikes(method="POST", path="/")


def test_of_two_faults_the_earlier_one_strikes() -> None:
    faults = switches(Fault(kind=FaultKind.HTML, times=1), Fault(kind=FaultKind.RESET, times=1))
    assert [kinds_taken(faults) for _ in range(3)] == [["html"], ["reset"], []]


def test_delays_come_on_top_of_another_fault() -> None:
    delay = Fault(kind=FaultKind.DELAY, seconds=0.1)
    faults = switches(Fault(kind=FaultKind.RESET), delay, delay)
    assert kinds_taken(faults) == ["reset", "delay", "delay"]


def test_clearing_makes_all_well() -> None:
    faults = switches(Fault(kind=FaultKind.RESET))
    faults.clear()
    assert kinds_taken(faults) == []


def test_the_remaining_number_is_shown() -> None:
    faults = switches(Fault(kind=FaultKind.RESET, times=3))
    kinds_taken(faults)
    assert [armed.remaining for armed in faults.armed] == [2]


def test_two_equal_faults_are_used_up_one_after_the_other() -> None:
    once = Fault(kind=FaultKind.RESET, times=1)
    faults = switches(once, once)
    assert [kinds_taken(faults) for _ in range(3)] == [["reset"], ["reset"], []]


def test_a_status_fault_needs_a_status() -> None:
    with pytest.raises(ValueError, match="needs `status`"):
        Fault(kind=FaultKind.STATUS)


@pytest.mark.parametrize("kind", [FaultKind.DELAY, FaultKind.LATE_ANSWER, FaultKind.DRIP])
def test_a_fault_of_time_needs_seconds(kind: FaultKind) -> None:
    with pytest.raises(ValueError, match="needs `seconds`"):
        Fault(kind=kind)


@pytest.mark.parametrize(("name", "value"), [("status", 99), ("times", 0), ("seconds", -1.0)])
def test_figures_without_meaning_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"`{name}`"):
        Fault(kind=FaultKind.HTML, **{name: value})  # type: ignore[arg-type]
