"""What a collector of traces gets from a gateway: the spans, and every byte that was sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from queue import Queue

import anyio.to_thread
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan

from tests.telemetry.test_trace_export import collector

LONGEST_SECONDS = 30.0
# So that a test need not wait for the seconds in which spans are gathered.
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "10", "OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "false"}


@dataclass(frozen=True, kw_only=True)
class CollectedSpan:
    """One step of a trace."""

    trace: bytes
    id: bytes
    parent: bytes
    name: str
    kind: str
    attributes: dict[str, str | int]
    is_error: bool

    @property
    def code(self) -> str | int | None:
        """Of what went wrong."""
        assert self.is_error is ("error.type" in self.attributes)
        return self.attributes.get("error.type")


@dataclass(frozen=True, kw_only=True)
class Collected:
    """A collector that listens.

    Attributes:
        variables: those that make a gateway send its traces here.
        sent: the bodies of all requests that were looked at.
        spans: what was in them.
    """

    variables: dict[str, str]
    sent: list[bytes] = field(default_factory=list)
    spans: list[CollectedSpan] = field(default_factory=list)
    _taken: Queue[tuple[str, bytes]]

    async def requests(self, count: int) -> list[CollectedSpan]:
        """All spans, as soon as `count` requests are among them: a request's is the last of its trace."""
        while len(of_kind(self.spans, "SERVER")) < count:
            _, body = await anyio.to_thread.run_sync(partial(self._taken.get, timeout=LONGEST_SECONDS))
            self._add(body)
        return self.spans

    def rest(self) -> list[CollectedSpan]:
        """All spans, once the gateway has ended."""
        while not self._taken.empty():
            self._add(self._taken.get()[1])
        return self.spans

    def _add(self, body: bytes) -> None:
        self.sent.append(body)
        export = ExportTraceServiceRequest.FromString(body)
        for resource in export.resource_spans:
            for scope in resource.scope_spans:
                self.spans.extend(map(_span, scope.spans))


@contextmanager
def collecting() -> Iterator[Collected]:
    """Listen until the block is left."""
    with collector() as (address, taken):
        yield Collected(variables={**SOON, "OTEL_EXPORTER_OTLP_ENDPOINT": address}, _taken=taken)


def of_kind(spans: list[CollectedSpan], kind: str) -> list[CollectedSpan]:
    return [span for span in spans if span.kind == kind]


def _span(sent: SentSpan) -> CollectedSpan:
    assert [*sent.events, *sent.links] == []
    assert sent.status.message + sent.trace_state == ""
    return CollectedSpan(
        trace=sent.trace_id,
        id=sent.span_id,
        parent=sent.parent_span_id,
        name=sent.name,
        kind=SentSpan.SpanKind.Name(sent.kind).removeprefix("SPAN_KIND_"),
        attributes={
            one.key: one.value.int_value if one.value.HasField("int_value") else one.value.string_value
            for one in sent.attributes
        },
        is_error=sent.status.code == 2,
    )
