"""gateway/telemetry/series.py: the figures are those that the library's own counters and histograms tell."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from gateway.telemetry.series import Counters, Histograms

NAME, MEANING, LABELS = "calls", 'What "happened",\nand \\ how often.', ("platform", "operation")
BOUNDS = (5e-5, 0.001, 0.25, 1, 10)

LABEL_VALUES = st.tuples(
    *(st.sampled_from(["", "a", 'b "quoted"', "c\\d\ne", "\N{SNOWMAN}"]) for _ in LABELS)
)
# The next floats above and below a bound, and the bound itself, are where a bucket may be missed.
VALUES = st.sampled_from(BOUNDS) | st.floats(allow_nan=False, allow_infinity=False, width=32)
# Seconds and the like: neither below zero nor a million, where the library writes bounds as Go does.
ALL_BOUNDS = st.lists(
    st.floats(min_value=0, max_value=999_999, allow_nan=False), min_size=1, max_size=6, unique=True
).map(sorted)


def rendered(collector: Collector) -> str:
    """The text that a scraper gets, without when the library made each series."""
    registry = CollectorRegistry()
    registry.register(collector)
    lines = generate_latest(registry).decode().splitlines(keepends=True)
    return "".join(line for line in lines if "_created" not in line)


def histogram(bounds: Sequence[float]) -> Histogram:
    return Histogram(NAME, MEANING, LABELS, buckets=bounds, registry=None)


@given(st.lists(LABEL_VALUES, max_size=30))
def test_counters_are_told_as_the_library_tells_its_own(observed: list[tuple[str, ...]]) -> None:
    ours, theirs = Counters(NAME, MEANING, LABELS), Counter(NAME, MEANING, LABELS, registry=None)
    for labels in observed:
        ours.series(*labels).count += 1
        theirs.labels(*labels).inc()
    assert rendered(ours) == rendered(theirs)


@given(bounds=st.just(list(BOUNDS)) | ALL_BOUNDS, observed=st.lists(st.tuples(LABEL_VALUES, VALUES)))
def test_histograms_are_told_as_the_library_tells_its_own(
    bounds: list[float], observed: list[tuple[tuple[str, ...], float]]
) -> None:
    ours, theirs = Histograms(NAME, MEANING, LABELS, bounds=bounds), histogram(bounds)
    for labels, value in observed:
        ours.series(*labels).observe(value)
        theirs.labels(*labels).observe(value)
    assert rendered(ours) == rendered(theirs)


@pytest.mark.parametrize("name", ["calls", "calls_total"])
def test_a_counter_is_called_as_the_library_calls_its_own(name: str) -> None:
    ours, theirs = Counters(name, MEANING, ()), Counter(name, MEANING, registry=None)
    ours.series().count += 1
    theirs.inc()
    assert rendered(ours) == rendered(theirs)


def test_what_never_happened_is_told_where_its_series_was_asked_for() -> None:
    ours, theirs = Histograms(NAME, MEANING, LABELS, bounds=BOUNDS), histogram(BOUNDS)
    ours.series("a", "b")
    theirs.labels("a", "b")
    assert rendered(ours) == rendered(theirs)


def test_the_same_labels_are_the_same_series() -> None:
    counters = Counters(NAME, MEANING, LABELS)
    assert counters.series("a", "b") is counters.series("a", "b")


def test_other_labels_are_another_series() -> None:
    counters = Counters(NAME, MEANING, LABELS)
    counters.series("a", "b").count += 1
    assert counters.series("b", "a").count == 0


def buckets_with(value: float) -> dict[str, float]:
    """How many there are up to each bound, where one value was observed."""
    histograms = Histograms(NAME, MEANING, (), bounds=(1, 2.5, 10))
    histograms.series().observe(value)
    [family] = text_string_to_metric_families(rendered(histograms))
    return {sample.labels["le"]: sample.value for sample in family.samples if "le" in sample.labels}


def test_a_bound_belongs_to_its_own_bucket() -> None:
    assert buckets_with(2.5) == {"1.0": 0, "2.5": 1, "10.0": 1, "+Inf": 1}


def test_what_is_just_above_a_bound_belongs_to_the_next_bucket() -> None:
    assert buckets_with(2.5000000000000004) == {"1.0": 0, "2.5": 0, "10.0": 1, "+Inf": 1}


def test_what_is_above_every_bound_belongs_to_the_last_bucket() -> None:
    assert buckets_with(10.5) == {"1.0": 0, "2.5": 0, "10.0": 0, "+Inf": 1}
