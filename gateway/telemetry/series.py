"""Counters and histograms that cost next to nothing where they are counted.

`prometheus_client` takes a lock for every figure, and for a histogram one for every bucket: an answer from
memory would spend a third of its time there. Everything here is counted by the event loop's one
thread, so a figure is a number in a list, and becomes the library's metric when figures are read.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

Labels = tuple[str, ...]


class CountedSeries:
    """One counter with one value of each label: whoever sees that it happened adds to the count."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Counters(Collector):
    """A counter with labels; see `prometheus_client.Counter`."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str]) -> None:
        self._name, self._meaning, self._labels = name, meaning, labels
        self._series: dict[Labels, CountedSeries] = {}

    def series(self, *values: str) -> CountedSeries:
        """The one with these values of the labels; callers keep it."""
        return self._series.setdefault(values, CountedSeries())

    def collect(self) -> Iterator[Metric]:
        """See `Collector.collect`."""
        family = CounterMetricFamily(self._name, self._meaning, labels=self._labels)
        for values, series in self._series.items():
            family.add_metric(values, series.count)
        yield family


class MeasuredSeries:
    """One histogram with one value of each label.

    Args:
        bounds: of its buckets, upwards, without the last one, which has none.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """It happened once more, and was so large."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Histograms(Collector):
    """A histogram with labels; see `prometheus_client.Histogram`."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str], *, bounds: Sequence[float]) -> None:
        self._name, self._meaning, self._labels, self._bounds = name, meaning, labels, bounds
        self._series: dict[Labels, MeasuredSeries] = {}

    def series(self, *values: str) -> MeasuredSeries:
        """The one with these values of the labels; callers keep it."""
        return self._series.setdefault(values, MeasuredSeries(self._bounds))

    def collect(self) -> Iterator[Metric]:
        """See `Collector.collect`."""
        family = HistogramMetricFamily(self._name, self._meaning, labels=self._labels)
        for values, series in self._series.items():
            buckets: list[tuple[str, float]] = []
            count = 0
            for bound, here in zip((*self._bounds, float("inf")), series.counts, strict=True):
                count += here
                buckets.append((str(float(bound)) if math.isfinite(bound) else "+Inf", count))
            family.add_metric(values, buckets, series.total)
        yield family
