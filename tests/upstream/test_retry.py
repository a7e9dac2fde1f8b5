"""How often and how soon a call is made again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.upstream.retry import RetryBudget, RetryPolicy, backoff_seconds

POLICY = RetryPolicy(
    attempts=3, wait_seconds=0.2, longest_wait_seconds=2.0, budget_ratio=0.2, budget_reserve=3
)


@pytest.mark.parametrize(("attempt", "bound"), [(1, 0.2), (2, 0.4), (3, 0.8), (5, 2.0), (50, 2.0)])
def test_the_bound_doubles_up_to_the_longest_wait(attempt: int, bound: float) -> None:
    assert backoff_seconds(POLICY, attempt=attempt, random=lambda: 1.0) == pytest.approx(bound)


@given(st.integers(1, 100), st.floats(0, 1))
def test_the_whole_span_from_nothing_to_the_bound_is_used(attempt: int, chance: float) -> None:
    bound = backoff_seconds(POLICY, attempt=attempt, random=lambda: 1.0)
    assert backoff_seconds(POLICY, attempt=attempt, random=lambda: chance) == pytest.approx(bound * chance)


def test_a_full_budget_allows_its_reserve_of_retries_at_once() -> None:
    budget = RetryBudget(POLICY)
    assert [budget.take() for _ in range(4)] == [True, True, True, False]


def test_calls_earn_retries_at_the_ratio() -> None:
    budget = RetryBudget(POLICY)
    while budget.take():
        pass
    earned = 0
    for _ in range(1_000):
        budget.called()
        earned += budget.take()
    assert earned == pytest.approx(200, abs=1)


def test_an_idle_budget_never_holds_more_than_its_reserve() -> None:
    budget = RetryBudget(replace(POLICY, budget_ratio=10))
    budget.called()
    assert [budget.take() for _ in range(4)] == [True, True, True, False]
