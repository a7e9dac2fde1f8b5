"""What is counted and measured, for Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/.

Every label has few values, all of them the gateway's own words: never an id, a name, an address, a text, nor
a path with one in it. What does not look like such a word is counted as `other`, so that neither a slip of
ours nor a client can make series without end.

**Overhead** is what the gateway itself adds to an operation: the time that it took, less the time during
which at least one call to a platform was under way for it. Calls overlap, so their durations do not add up;
`UpstreamWait` measures the union.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from enum import Enum, StrEnum
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from gateway.domain.vocabulary import PlatformKey
from gateway.telemetry.series import CountedSeries, Counters, Histograms, MeasuredSeries
from gateway.telemetry.upstream_wait import MeasuredOperation, measured_operation

_OPERATION_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_UPSTREAM_BUCKETS_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# An operation answered from memory takes less than a tenth of a millisecond.
_OVERHEAD_BUCKETS_SECONDS = (5e-5, 1e-4, 2.5e-4, 5e-4, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)

_METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
_OPERATION_TYPES = frozenset({"query", "mutation", "subscription"})
_OTHER = "other"
_FAMILIAR = 256
_BREAKER_STATES = {"CLOSED": 0, "HALF_OPEN": 1, "OPEN": 2}


class Rejection(StrEnum):
    """Why a request was turned away before anything of it was executed."""

    MALFORMED = "malformed"
    NOT_ACCEPTABLE = "not_acceptable"
    TOO_LARGE = "too_large"
    CROSS_SITE = "cross_site"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate_limited"
    UNTRUSTED_DOCUMENT = "untrusted_document"
    UNKNOWN_DOCUMENT = "unknown_document"
    INVALID_DOCUMENT = "invalid_document"
    TOO_COMPLEX = "too_complex"
    METHOD_NOT_ALLOWED = "method_not_allowed"


class Cache(StrEnum):
    """What is kept in memory."""

    OPERATIONS = "operations"
    PERSISTED_QUERIES = "persisted_queries"
    SNAPSHOTS = "snapshots"


class Metrics:
    """One gateway's figures, in a registry of its own.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._codes = _Words(re.compile(r"[A-Z][A-Z_]{1,39}", re.ASCII))
        self._endpoints = _Words(re.compile(r"(?=.{1,50}$)[a-z][a-zA-Z]*(?:[/ ][a-z][a-zA-Z]*)*", re.ASCII))
        self._define_inbound()
        self._define_upstream()
        # It takes longer to find a series by its labels than to count in it.
        self._answered = lru_cache(_FAMILIAR)(self._find_answered)
        self._measured = lru_cache(_FAMILIAR)(self._find_measured)
        self._called = lru_cache(_FAMILIAR)(self._find_called)
        self._executed = lru_cache(_FAMILIAR)(self._find_executed)
        self._looked_up = lru_cache(_FAMILIAR)(self._find_looked_up)

    def _define_inbound(self) -> None:
        self._requests = self._counters("requests", "HTTP requests answered.", "method", "status")
        self._errors = self._counter("operation_errors", "Errors told to clients.", "code")
        self._rejections = self._counter("rejections", "Requests turned away.", "reason")
        self._executions = self._counters("executions", "Operations executed.", "way")
        self._cache_lookups = self._counters("cache_lookups", "Look-ups in memory.", "cache", "result")
        self._replays = self._counter("idempotency_replays", "Changes answered from the ledger.")
        self._operation_seconds = self._histograms(
            "operation_seconds", "Whole operations.", _OPERATION_BUCKETS_SECONDS, "type"
        )
        self._overhead_seconds = self._histograms(
            "overhead_seconds",
            "Operations, less their wait for platforms.",
            _OVERHEAD_BUCKETS_SECONDS,
            "type",
        )

    def _define_upstream(self) -> None:
        endpoint = ("platform", "operation")
        self._calls = self._counters("upstream_calls", "Calls to platforms.", *endpoint, "outcome")
        self._retries = self._counter("upstream_retries", "Calls made again.", *endpoint)
        self._call_seconds = self._histograms(
            "upstream_seconds", "Calls to platforms.", _UPSTREAM_BUCKETS_SECONDS, *endpoint
        )
        self._breakers = Gauge(
            "accessgraph_breaker_state",
            "Circuit of a platform: 0 closed, 1 half open, 2 open.",
            ["platform"],
            registry=self._registry,
        )

    def request_answered(self, *, method: str, status: int) -> None:
        """An HTTP request had its answer, of whatever kind; status 0 where none was begun."""
        self._answered(method, status).count += 1

    def rejected(self, reason: Rejection) -> None:
        """A request was turned away."""
        self._rejections.labels(reason.value).inc()

    def operation(self) -> MeasuredOperation:
        """An operation begins."""
        return measured_operation(clock=self._clock, observe=self._observe_operation)

    def operation_failed(self, codes: Iterable[str]) -> None:
        """Errors were told to the client: the `extensions.code` of each."""
        for code in codes:
            self._errors.labels(self._codes.bounded(code)).inc()

    def executed(self, way: Enum) -> None:
        """An operation was executed: by a plan of the engine's or by the reference."""
        self._executed(way).count += 1

    def cache_asked(self, cache: Cache, *, hit: bool) -> None:
        """Something was looked for in memory, and was there or not."""
        self._looked_up(cache, hit).count += 1

    def replayed(self) -> None:
        """A change was not made again: its idempotency key had been used for it before."""
        self._replays.inc()

    def upstream_called(
        self, *, platform: PlatformKey, operation: str, seconds: float, code: str | None = None
    ) -> None:
        """An attempt to call a platform ended; `code` is the error's, None where it went well."""
        calls, call_seconds = self._called(platform, operation, code)
        calls.count += 1
        call_seconds.observe(seconds)

    def upstream_retried(self, *, platform: PlatformKey, operation: str) -> None:
        """A call that failed is made again."""
        self._retries.labels(platform.value, self._endpoints.bounded(operation)).inc()

    def watch_breaker(self, *, platform: PlatformKey, state: Callable[[], Enum]) -> None:
        """Ask `state` for the circuit's state whenever the figures are read: it changes with time alone."""
        self._breakers.labels(platform.value).set_function(lambda: _BREAKER_STATES[state().name])

    def render(self) -> tuple[bytes, str]:
        """All figures as text, and its content type."""
        return generate_latest(_WithoutCreated(self._registry)), CONTENT_TYPE_PLAIN_0_0_4

    def _observe_operation(self, type_: str, seconds: float, overhead_seconds: float) -> None:
        operation, overhead = self._measured(type_)
        operation.observe(seconds)
        overhead.observe(overhead_seconds)

    def _find_answered(self, method: str, status: int) -> CountedSeries:
        known_status = str(status) if 100 <= status <= 599 else _OTHER
        return self._requests.series(_one_of(_METHODS, method), known_status)

    def _find_measured(self, type_: str) -> tuple[MeasuredSeries, MeasuredSeries]:
        known_type = _one_of(_OPERATION_TYPES, type_)
        return self._operation_seconds.series(known_type), self._overhead_seconds.series(known_type)

    def _find_executed(self, way: Enum) -> CountedSeries:
        return self._executions.series(way.value)

    def _find_looked_up(self, cache: Cache, hit: bool) -> CountedSeries:  # noqa: FBT001 - a key
        return self._cache_lookups.series(cache.value, "hit" if hit else "miss")

    def _find_called(
        self, platform: PlatformKey, operation: str, code: str | None
    ) -> tuple[CountedSeries, MeasuredSeries]:
        endpoint = self._endpoints.bounded(operation)
        outcome = "OK" if code is None else self._codes.bounded(code)
        return (
            self._calls.series(platform.value, endpoint, outcome),
            self._call_seconds.series(platform.value, endpoint),
        )

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"accessgraph_{name}", meaning, labels, registry=self._registry)

    def _counters(self, name: str, meaning: str, *labels: str) -> Counters:
        counters = Counters(f"accessgraph_{name}", meaning, labels)
        self._registry.register(counters)
        return counters

    def _histograms(self, name: str, meaning: str, bounds: tuple[float, ...], *labels: str) -> Histograms:
        histograms = Histograms(f"accessgraph_{name}", meaning, labels, bounds=bounds)
        self._registry.register(histograms)
        return histograms


class _Words:
    """Lets through the first words of a certain shape, so that a label cannot take endless values."""

    def __init__(self, shape: re.Pattern[str], *, capacity: int = 100) -> None:
        self._shape = shape
        self._capacity = capacity
        self._known: set[str] = set()

    def bounded(self, word: str) -> str:
        """The word, or `other`."""
        if word in self._known:
            return word
        if len(self._known) >= self._capacity or not self._shape.fullmatch(word):
            return _OTHER
        self._known.add(word)
        return word


class _WithoutCreated(Collector):
    """Leaves out when each series began, which the text format would show as one more gauge for each."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric


def _one_of(known: Collection[str], value: str) -> str:
    return value if value in known else _OTHER
