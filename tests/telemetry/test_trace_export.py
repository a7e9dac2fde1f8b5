"""Whether and where traces are sent: the standard `OTEL_*` variables, and no OpenTelemetry at all.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider

from gateway.domain.vocabulary import PlatformKey
from gateway.telemetry.tracing import OpenTelemetryTracing, Tracing, wants_traces

TESTOMATO = PlatformKey.TESTOMATO

WHOLE_REQUEST = """
from gateway.domain.vocabulary import PlatformKey
from gateway.telemetry.tracing import tracing_from_environment
tracing = tracing_from_environment()
with tracing.request(method="POST") as request:
    with tracing.operation(type_="query", name="Projects") as operation:
        with tracing.upstream_call(platform=PlatformKey.TESTOMATO, endpoint="project"):
            pass
        operation.failed("UPSTREAM_TIMEOUT")
    request.answered(200)
tracing.close()
print(type(tracing).__name__)
"""
# As on a machine where the extra is not installed.
WITHOUT_THE_EXTRA = "import sys; sys.modules['opentelemetry'] = None\n"


# ---------------------------------------------------------------- without OpenTelemetry


def test_no_traces_is_the_same_without_traces() -> None:
    tracing = Tracing()
    with (
        tracing.request(method="POST") as request,
        tracing.operation(type_="query", name=None) as operation,
        tracing.upstream_call(platform=TESTOMATO, endpoint="project"),
    ):
        operation.failed("INTERNAL")
        request.answered(200)
    tracing.close()


def test_no_traces_swallow_no_exception() -> None:
    with pytest.raises(ZeroDivisionError), Tracing().request(method="POST"):
        raise ZeroDivisionError


def run(code: str, **variables: str) -> str:
    """What `code` prints, in a process of its own, since the SDK reads the process's variables."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    process = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-W", "error", "-c", code],
        env={**outside, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert process.returncode == 0, process.stdout
    return process.stdout


def test_nothing_is_recorded_unless_asked_for() -> None:
    assert run(WHOLE_REQUEST) == "Tracing\n"


def test_the_package_works_without_the_extra() -> None:
    assert run(WITHOUT_THE_EXTRA + WHOLE_REQUEST) == "Tracing\n"


def test_traces_that_are_asked_for_without_the_extra_are_missed_aloud() -> None:
    printed = run(WITHOUT_THE_EXTRA + WHOLE_REQUEST, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    assert "the extra `otel` is not installed" in printed
    assert printed.endswith("Tracing\n")


# ---------------------------------------------------------------- the standard variables


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "True"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "false"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": ""}, True),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "console, otlp"},
            True,
        ),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, False),
    ],
)
def test_the_standard_variables_decide(variables: dict[str, str], *, wanted: bool) -> None:
    assert wants_traces(variables) is wanted


@contextmanager
def collector() -> Iterator[tuple[str, Queue[tuple[str, bytes]]]]:
    """Takes what is exported: its address, and the path and body of each request."""
    taken: Queue[tuple[str, bytes]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.put((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", taken
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("name", "expected"), [("", "accessgraph"), ("edge", "edge")])
def test_traces_go_to_the_collector_that_the_variables_name(name: str, expected: str) -> None:
    with collector() as (address, taken):
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": address} | ({"OTEL_SERVICE_NAME": name} if name else {})
        assert run(WHOLE_REQUEST, **variables) == "OpenTelemetryTracing\n"
        path, body = taken.get(timeout=30)
    export = ExportTraceServiceRequest.FromString(body)
    [resource] = export.resource_spans
    services = [
        attribute.value.string_value
        for attribute in resource.resource.attributes
        if attribute.key == "service.name"
    ]
    names = {span.name for scope in resource.scope_spans for span in scope.spans}
    assert (path, services, names) == ("/v1/traces", [expected], {"POST", "query", "TESTOMATO project"})


def test_a_collector_that_hangs_does_not_hold_a_shutdown_up() -> None:
    never = threading.Event()

    def hang() -> None:
        never.wait()

    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("tests")
    OpenTelemetryTracing(tracer, shut_down=hang, longest_close_seconds=0.01).close()
    assert not never.is_set()
