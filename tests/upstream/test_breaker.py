"""The circuit breaker, on a clock of its own."""

from dataclasses import dataclass

import pytest

from gateway.upstream.breaker import BreakerPolicy, CircuitBreaker, CircuitIsOpen, CircuitState

POLICY = BreakerPolicy(
    window_seconds=30, least_calls=4, failure_ratio=0.5, open_seconds=10, longest_open_seconds=40
)


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(policy=POLICY, clock=clock)


def fail(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        breaker.failed(probe=breaker.admit())


def succeed(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        breaker.succeeded(probe=breaker.admit())


def test_a_new_circuit_is_closed(breaker: CircuitBreaker) -> None:
    assert breaker.state is CircuitState.CLOSED


def test_fewer_failures_than_the_least_prove_nothing(breaker: CircuitBreaker) -> None:
    fail(breaker, 3)
    assert breaker.state is CircuitState.CLOSED


def test_enough_failures_open_the_circuit(breaker: CircuitBreaker) -> None:
    fail(breaker, 4)
    assert breaker.state is CircuitState.OPEN


def test_a_share_of_failures_below_the_ratio_keeps_it_closed(breaker: CircuitBreaker) -> None:
    succeed(breaker, 5)
    fail(breaker, 4)
    assert breaker.state is CircuitState.CLOSED


def test_failures_older_than_the_window_are_forgotten(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 3)
    clock.now += 31
    fail(breaker, 3)
    assert breaker.state is CircuitState.CLOSED


def test_an_open_circuit_lets_no_call_through_and_says_when_to_come_back(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    fail(breaker, 4)
    clock.now += 4
    with pytest.raises(CircuitIsOpen) as refused:
        breaker.admit()
    assert refused.value.retry_in_seconds == 6


def test_after_a_while_exactly_one_call_is_let_through_as_the_probe(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    fail(breaker, 4)
    clock.now += 10
    assert breaker.admit() is True
    with pytest.raises(CircuitIsOpen):
        breaker.admit()


def test_a_good_probe_closes_the_circuit(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 4)
    clock.now += 10
    succeed(breaker, 1)
    assert breaker.state is CircuitState.CLOSED


def test_old_failures_do_not_count_after_a_good_probe(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 4)
    clock.now += 10
    succeed(breaker, 1)
    fail(breaker, 3)
    assert breaker.state is CircuitState.CLOSED


@pytest.mark.parametrize(("bad_probes", "seconds"), [(1, 20), (2, 40), (5, 40)])
def test_each_bad_probe_doubles_the_wait_up_to_a_bound(
    breaker: CircuitBreaker, clock: Clock, bad_probes: int, seconds: float
) -> None:
    fail(breaker, 4)
    for _ in range(bad_probes):
        clock.now += 40
        fail(breaker, 1)
    assert breaker.retry_in_seconds == seconds


def test_a_cancelled_probe_leaves_room_for_another(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 4)
    clock.now += 10
    breaker.abandoned(probe=breaker.admit())
    assert breaker.admit() is True


def test_a_cancelled_call_is_no_failure(breaker: CircuitBreaker) -> None:
    for _ in range(10):
        breaker.abandoned(probe=breaker.admit())
    assert breaker.state is CircuitState.CLOSED


def test_a_call_that_was_under_way_when_it_opened_does_not_close_it(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    straggler = breaker.admit()
    fail(breaker, 4)
    clock.now += 10
    breaker.admit()
    breaker.succeeded(probe=straggler)
    assert breaker.state is CircuitState.HALF_OPEN


def test_a_straggler_s_failure_does_not_end_the_probe(breaker: CircuitBreaker, clock: Clock) -> None:
    straggler = breaker.admit()
    fail(breaker, 4)
    clock.now += 10
    probe = breaker.admit()
    breaker.failed(probe=straggler)
    breaker.succeeded(probe=probe)
    assert breaker.state is CircuitState.CLOSED
