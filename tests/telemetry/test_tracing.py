"""gateway/telemetry/tracing.py: request → operation → upstream call, and nothing that anybody sent."""

import asyncio

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from gateway.domain.errors import UpstreamTimeout
from gateway.domain.vocabulary import PlatformKey
from gateway.telemetry.tracing import OpenTelemetryTracing, Tracing

SECRET = "s3cret-t0ken"
TESTOMATO = PlatformKey.TESTOMATO


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(exporter: InMemorySpanExporter) -> Tracing:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return OpenTelemetryTracing(provider.get_tracer("tests"))


def spans(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def only(exporter: InMemorySpanExporter) -> ReadableSpan:
    [span] = exporter.get_finished_spans()
    return span


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def id_of(span: ReadableSpan) -> int:
    assert span.context is not None
    number: int = span.context.span_id
    return number


# ---------------------------------------------------------------- what is within what


def test_a_call_is_within_its_operation_and_that_within_its_request(
    tracing: Tracing, exporter: InMemorySpanExporter
) -> None:
    with (
        tracing.request(method="POST"),
        tracing.operation(type_="query", name="Projects"),
        tracing.upstream_call(platform=TESTOMATO, endpoint="project"),
    ):
        pass
    found = spans(exporter)
    request, operation, call = found["POST"], found["query"], found["TESTOMATO project"]
    assert [parent_of(request), parent_of(operation), parent_of(call)] == [
        None,
        id_of(request),
        id_of(operation),
    ]
    assert (request.kind, operation.kind, call.kind) == (
        SpanKind.SERVER,
        SpanKind.INTERNAL,
        SpanKind.CLIENT,
    )


@pytest.mark.anyio
async def test_calls_of_requests_at_once_are_within_their_own(
    tracing: Tracing, exporter: InMemorySpanExporter
) -> None:
    async def call(endpoint: str) -> None:
        with tracing.upstream_call(platform=TESTOMATO, endpoint=endpoint):
            await asyncio.sleep(0)

    async def request(name: str) -> None:
        with tracing.operation(type_="query", name=name):
            await asyncio.gather(call(name), call(name))

    await asyncio.gather(request("one"), request("two"))
    operations = {
        id_of(span): span.attributes["graphql.operation.name"]
        for span in exporter.get_finished_spans()
        if span.attributes and span.name == "query"
    }
    calls = [span for span in exporter.get_finished_spans() if span.kind is SpanKind.CLIENT]
    assert len(calls) == 4
    for span in calls:
        assert span.attributes is not None
        assert operations[parent_of(span) or 0] == span.attributes["accessgraph.endpoint"]


# ---------------------------------------------------------------- what is told


def test_a_request_tells_its_method_and_status(tracing: Tracing, exporter: InMemorySpanExporter) -> None:
    with tracing.request(method="GET") as span:
        span.answered(404)
    assert only(exporter).attributes == {"http.request.method": "GET", "http.response.status_code": 404}
    assert only(exporter).status.status_code is StatusCode.UNSET


def test_a_failure_of_the_gateways_own_is_an_error(tracing: Tracing, exporter: InMemorySpanExporter) -> None:
    with tracing.request(method="GET") as span:
        span.answered(500)
    assert only(exporter).status.status_code is StatusCode.ERROR
    assert only(exporter).attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 500,
        "error.type": "500",
    }


def test_a_request_without_an_answer_has_no_status(tracing: Tracing, exporter: InMemorySpanExporter) -> None:
    with tracing.request(method="GET") as span:
        span.answered(0)
    assert only(exporter).attributes == {"http.request.method": "GET"}


def test_a_method_that_nobody_knows_is_not_told(tracing: Tracing, exporter: InMemorySpanExporter) -> None:
    with tracing.request(method=SECRET):
        pass
    assert (only(exporter).name, only(exporter).attributes) == ("_OTHER", {"http.request.method": "_OTHER"})


def test_an_operation_tells_its_type_and_name(tracing: Tracing, exporter: InMemorySpanExporter) -> None:
    with tracing.operation(type_="mutation", name="AddMember"):
        pass
    assert only(exporter).attributes == {
        "graphql.operation.type": "mutation",
        "graphql.operation.name": "AddMember",
    }


def test_an_operation_may_have_no_name(tracing: Tracing, exporter: InMemorySpanExporter) -> None:
    with tracing.operation(type_="query", name=None):
        pass
    assert only(exporter).attributes == {"graphql.operation.type": "query"}


def test_a_clients_name_for_an_operation_is_cut_short(
    tracing: Tracing, exporter: InMemorySpanExporter
) -> None:
    with tracing.operation(type_="query", name="x" * 30_000):
        pass
    assert (only(exporter).attributes or {})["graphql.operation.name"] == "x" * 64
    assert only(exporter).name == "query"


def test_a_step_tells_the_code_of_what_went_wrong(tracing: Tracing, exporter: InMemorySpanExporter) -> None:
    with tracing.operation(type_="query", name=None) as span:
        span.failed("QUERY_TOO_COMPLEX")
    assert (only(exporter).attributes or {})["error.type"] == "QUERY_TOO_COMPLEX"
    assert only(exporter).status.status_code is StatusCode.ERROR


def test_an_error_of_the_domain_tells_its_code(tracing: Tracing, exporter: InMemorySpanExporter) -> None:
    with pytest.raises(UpstreamTimeout), tracing.upstream_call(platform=TESTOMATO, endpoint="project"):
        raise UpstreamTimeout(TESTOMATO)
    assert only(exporter).attributes == {
        "accessgraph.platform": "TESTOMATO",
        "accessgraph.endpoint": "project",
        "error.type": "UPSTREAM_TIMEOUT",
    }


def test_an_unexpected_exception_tells_its_type_and_never_its_message(
    tracing: Tracing, exporter: InMemorySpanExporter
) -> None:
    with pytest.raises(ValueError, match=SECRET), tracing.request(method="POST"):
        raise ValueError(SECRET)
    assert (only(exporter).attributes or {})["error.type"] == "ValueError"
    assert (only(exporter).events, SECRET in only(exporter).to_json()) == ((), False)


def test_a_cancellation_is_no_error(tracing: Tracing, exporter: InMemorySpanExporter) -> None:
    with (
        pytest.raises(asyncio.CancelledError),
        tracing.upstream_call(platform=TESTOMATO, endpoint="project"),
    ):
        raise asyncio.CancelledError
    assert only(exporter).status.status_code is StatusCode.UNSET
