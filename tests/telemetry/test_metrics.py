"""gateway/telemetry/metrics.py: what is counted, under labels that cannot grow without end."""

from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from gateway.domain.vocabulary import PlatformKey
from gateway.telemetry.metrics import Metrics, Rejection
from gateway.telemetry.upstream_wait import upstream_wait
from gateway.upstream.breaker import CircuitState

QUANTCONNECT, TESTOMATO = PlatformKey.QUANTCONNECT, PlatformKey.TESTOMATO
# What must never become a label: ids, names, addresses, texts, paths with ids.
VALUES = [
    "mara@example.org",
    "project/50a9f72f14db3be812000233",
    "7",
    "Mara Lindqvist",
    "{ a }",
    "",
    "a" * 99,
]

Figure = Callable[..., float | None]


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics(clock: Clock) -> Metrics:
    return Metrics(clock=clock)


@pytest.fixture
def figure(metrics: Metrics) -> Figure:
    """One figure as a scraper reads it, by its name without our prefix and its labels."""

    def read(name: str, **labels: str) -> float | None:
        found = [
            sample.value
            for sample in samples(metrics)
            if (sample.name, sample.labels) == (f"accessgraph_{name}", labels)
        ]
        return found[0] if found else None

    return read


def samples(metrics: Metrics) -> list[Sample]:
    families = text_string_to_metric_families(metrics.render()[0].decode())
    return [sample for family in families for sample in family.samples]


def labels_of(metrics: Metrics, name: str) -> list[dict[str, str]]:
    return [sample.labels for sample in samples(metrics) if sample.name == f"accessgraph_{name}"]


# ---------------------------------------------------------------- what comes in


def test_requests_are_counted_by_method_and_status(metrics: Metrics, figure: Figure) -> None:
    metrics.request_answered(method="POST", status=200)
    metrics.request_answered(method="POST", status=200)
    metrics.request_answered(method="GET", status=405)
    assert figure("requests_total", method="POST", status="200") == 2
    assert figure("requests_total", method="GET", status="405") == 1


def test_methods_and_statuses_that_nobody_knows_are_counted_as_other(
    metrics: Metrics, figure: Figure
) -> None:
    for method, status in [("BREW", 0), ("post", 99), ("x" * 999, 600)]:
        metrics.request_answered(method=method, status=status)
    assert figure("requests_total", method="other", status="other") == 3


def test_errors_are_counted_by_code(metrics: Metrics, figure: Figure) -> None:
    metrics.operation_failed(["UPSTREAM_TIMEOUT", "INTERNAL", "UPSTREAM_TIMEOUT"])
    assert figure("operation_errors_total", code="UPSTREAM_TIMEOUT") == 2
    assert figure("operation_errors_total", code="INTERNAL") == 1


@pytest.mark.parametrize("reason", list(Rejection))
def test_rejections_are_counted_by_reason(metrics: Metrics, figure: Figure, reason: Rejection) -> None:
    metrics.rejected(reason)
    assert figure("rejections_total", reason=reason.value) == 1


def test_replays_are_counted(metrics: Metrics, figure: Figure) -> None:
    assert figure("idempotency_replays_total") == 0
    metrics.replayed()
    assert figure("idempotency_replays_total") == 1


# ---------------------------------------------------------------- what an operation takes


def test_an_operation_is_measured_by_type(metrics: Metrics, clock: Clock, figure: Figure) -> None:
    measured = metrics.operation()
    clock.now += 0.3
    measured.ended("query")
    assert figure("operation_seconds_sum", type="query") == pytest.approx(0.3)
    assert figure("operation_seconds_count", type="query") == 1
    assert figure("operation_seconds_bucket", type="query", le="0.25") == 0
    assert figure("operation_seconds_bucket", type="query", le="0.5") == 1


def test_overhead_is_what_the_wait_for_platforms_leaves(
    metrics: Metrics, clock: Clock, figure: Figure
) -> None:
    measured = metrics.operation()
    clock.now += 0.001
    with upstream_wait():
        clock.now += 0.3
    clock.now += 0.002
    measured.ended("mutation")
    assert figure("operation_seconds_sum", type="mutation") == pytest.approx(0.303)
    assert figure("overhead_seconds_sum", type="mutation") == pytest.approx(0.003)


def test_what_never_became_an_operation_is_not_measured(metrics: Metrics, clock: Clock) -> None:
    metrics.operation()
    clock.now += 1
    assert labels_of(metrics, "operation_seconds_count") == []


def test_a_type_that_nobody_knows_is_counted_as_other(metrics: Metrics, figure: Figure) -> None:
    metrics.operation().ended("mara@example.org")
    assert figure("overhead_seconds_count", type="other") == 1


# ---------------------------------------------------------------- what goes out


def test_calls_are_counted_by_platform_operation_and_outcome(metrics: Metrics, figure: Figure) -> None:
    metrics.upstream_called(platform=QUANTCONNECT, operation="projects/read", seconds=0.1)
    metrics.upstream_called(
        platform=TESTOMATO, operation="project/users add", seconds=10, code="UPSTREAM_TIMEOUT"
    )
    assert (
        figure("upstream_calls_total", platform="QUANTCONNECT", operation="projects/read", outcome="OK") == 1
    )
    assert (
        figure(
            "upstream_calls_total",
            platform="TESTOMATO",
            operation="project/users add",
            outcome="UPSTREAM_TIMEOUT",
        )
        == 1
    )


def test_calls_are_measured_whatever_their_outcome(metrics: Metrics, figure: Figure) -> None:
    for code in (None, "UPSTREAM_TIMEOUT"):
        metrics.upstream_called(platform=TESTOMATO, operation="project", seconds=0.25, code=code)
    labels = {"platform": "TESTOMATO", "operation": "project"}
    assert figure("upstream_seconds_sum", **labels) == 0.5
    assert figure("upstream_seconds_bucket", **labels, le="0.25") == 2


def test_retries_are_counted(metrics: Metrics, figure: Figure) -> None:
    metrics.upstream_retried(platform=TESTOMATO, operation="project")
    assert figure("upstream_retries_total", platform="TESTOMATO", operation="project") == 1


@pytest.mark.parametrize(
    ("state", "number"), [(CircuitState.CLOSED, 0), (CircuitState.HALF_OPEN, 1), (CircuitState.OPEN, 2)]
)
def test_a_circuits_state_is_a_number(
    metrics: Metrics, figure: Figure, state: CircuitState, number: int
) -> None:
    metrics.watch_breaker(platform=TESTOMATO, state=lambda: state)
    assert figure("breaker_state", platform="TESTOMATO") == number


def test_a_circuit_is_asked_whenever_the_figures_are_read(metrics: Metrics, figure: Figure) -> None:
    states = [CircuitState.HALF_OPEN, CircuitState.OPEN]
    metrics.watch_breaker(platform=TESTOMATO, state=states.pop)
    assert [figure("breaker_state", platform="TESTOMATO") for _ in range(2)] == [2, 1]


# ---------------------------------------------------------------- labels have few values


@pytest.mark.parametrize("value", VALUES)
def test_a_value_never_becomes_a_label(metrics: Metrics, value: str) -> None:
    metrics.operation_failed([value])
    metrics.upstream_called(platform=TESTOMATO, operation=value, seconds=1, code=value)
    metrics.upstream_retried(platform=TESTOMATO, operation=value)
    assert labels_of(metrics, "operation_errors_total") == [{"code": "other"}]
    assert labels_of(metrics, "upstream_retries_total") == [{"platform": "TESTOMATO", "operation": "other"}]
    assert labels_of(metrics, "upstream_calls_total") == [
        {"platform": "TESTOMATO", "operation": "other", "outcome": "other"}
    ]


def test_codes_without_end_make_no_series_without_end(metrics: Metrics, figure: Figure) -> None:
    metrics.operation_failed([f"{a}{b}" for a in ascii_uppercase for b in ascii_uppercase])
    assert len(labels_of(metrics, "operation_errors_total")) == 101
    assert figure("operation_errors_total", code="other") == 26 * 26 - 100


def test_operations_without_end_make_no_series_without_end(metrics: Metrics) -> None:
    for operation in [f"{a}{b}" for a in ascii_lowercase for b in ascii_lowercase]:
        metrics.upstream_called(platform=TESTOMATO, operation=operation, seconds=1)
    assert len(labels_of(metrics, "upstream_calls_total")) == 101


# ---------------------------------------------------------------- what a scraper gets


def test_the_content_type_is_that_of_the_text_format(metrics: Metrics) -> None:
    assert metrics.render()[1] == "text/plain; version=0.0.4; charset=utf-8"


def test_when_a_series_began_is_no_figure(metrics: Metrics) -> None:
    metrics.request_answered(method="POST", status=200)
    assert [sample.name for sample in samples(metrics) if sample.name.endswith("_created")] == []


def test_two_gateways_in_one_process_have_figures_of_their_own(figure: Figure) -> None:
    Metrics().replayed()
    assert figure("idempotency_replays_total") == 0


def test_the_librarys_global_registry_is_left_alone(metrics: Metrics) -> None:
    metrics.replayed()
    assert not [family for family in REGISTRY.collect() if family.name.startswith("accessgraph")]
