"""Traces: request → operation → upstream call, for OpenTelemetry where the extra `otel` is installed.

    request         http.request.method, http.response.status_code
    └── operation   graphql.operation.type, graphql.operation.name
        └── upstream call   accessgraph.platform, accessgraph.endpoint

and `error.type` on each: the public code of what went wrong, of an unexpected exception its type. Nothing
else is told: no document, argument, variable, id, header, nor the message of an exception. Names follow
OpenTelemetry's semantic conventions: https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/ and
https://opentelemetry.io/docs/specs/semconv/http/http-spans/.

Traces are sent where the standard variables say (`OTEL_EXPORTER_OTLP_ENDPOINT` and its relatives), by the
SDK's own exporter of OTLP over HTTP, and only there: neither a caller's nor a platform's headers take part.
"""

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

import structlog

from gateway.domain.errors import GatewayError
from gateway.domain.vocabulary import PlatformKey

if TYPE_CHECKING:
    from opentelemetry.trace import Span as RecordedSpan
    from opentelemetry.trace import SpanKind, Tracer

log = structlog.get_logger("gateway.telemetry")

_SERVICE_NAME = "accessgraph"
_METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
# The one word that a client chooses.
_LONGEST_OPERATION_NAME = 64


class Span:
    """One step of a trace, for as long as its `with` block runs; this one records nothing."""

    def answered(self, status: int) -> None:
        """The HTTP status of the answer; 0 where none was begun."""

    def failed(self, code: str) -> None:
        """The step went wrong; `code` is a public one. The last one counts."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class Tracing:
    """Records no traces.

    Attributes:
        records: whether spans must be opened and closed in the same task.
    """

    records = False

    def request(self, *, method: str) -> Span:  # noqa: ARG002 - for those that record
        """An HTTP request; the spans that are opened in its block are within it."""
        return _NO_SPAN

    def operation(self, *, type_: str, name: str | None) -> Span:  # noqa: ARG002
        """The execution of a GraphQL operation."""
        return _NO_SPAN

    def upstream_call(self, *, platform: PlatformKey, endpoint: str) -> Span:  # noqa: ARG002
        """One attempt to call a platform; `endpoint` is the gateway's own name for it."""
        return _NO_SPAN

    def close(self) -> None:
        """Send what is left; blocks for a while, so not for the event loop's thread."""


class OpenTelemetryTracing(Tracing):
    """Records traces with an OpenTelemetry tracer.

    Args:
        shut_down: sends what is left, and may block.
        longest_close_seconds: how long `close` waits for that.
    """

    records = True

    def __init__(
        self,
        tracer: "Tracer",
        *,
        shut_down: Callable[[], None] = lambda: None,
        longest_close_seconds: float = 5.0,
    ) -> None:
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - an extra

        self._tracer = tracer
        self._kinds = SpanKind
        self._shut_down = shut_down
        self._longest_close_seconds = longest_close_seconds

    def request(self, *, method: str) -> Span:
        """See `Tracing.request`."""
        known = method if method in _METHODS else "_OTHER"
        return self._span(known, self._kinds.SERVER, {"http.request.method": known})

    def operation(self, *, type_: str, name: str | None) -> Span:
        """See `Tracing.operation`."""
        attributes = {"graphql.operation.type": type_}
        if name is not None:
            attributes["graphql.operation.name"] = name[:_LONGEST_OPERATION_NAME]
        return self._span(type_, self._kinds.INTERNAL, attributes)

    def upstream_call(self, *, platform: PlatformKey, endpoint: str) -> Span:
        """See `Tracing.upstream_call`."""
        attributes = {"accessgraph.platform": platform.value, "accessgraph.endpoint": endpoint}
        return self._span(f"{platform.value} {endpoint}", self._kinds.CLIENT, attributes)

    def close(self) -> None:
        """See `Tracing.close`."""
        # The SDK waits half a minute for a collector that is gone; a shutdown must not.
        closing = threading.Thread(target=self._shut_down, daemon=True)
        closing.start()
        closing.join(self._longest_close_seconds)

    def _span(self, name: str, kind: "SpanKind", attributes: Mapping[str, str]) -> Span:
        return _RecordingSpan(
            self._tracer.start_as_current_span(
                name,
                kind=kind,
                attributes=attributes,
                # Both write the exception's message, which can hold a value.
                record_exception=False,
                set_status_on_exception=False,
            )
        )


class _RecordingSpan(Span):
    """A span of OpenTelemetry's, opened with the block."""

    def __init__(self, opening: "AbstractContextManager[RecordedSpan]") -> None:
        self._opening = opening
        self._span: RecordedSpan | None = None
        self._has_failed = False

    def answered(self, status: int) -> None:
        if self._span is not None and status:
            self._span.set_attribute("http.response.status_code", status)
        if status >= 500:
            self.failed(str(status))

    def failed(self, code: str) -> None:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - an extra

        self._has_failed = True
        if self._span is not None:
            self._span.set_attribute("error.type", code)
            self._span.set_status(StatusCode.ERROR)

    def __enter__(self) -> Self:
        self._span = self._opening.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._has_failed:
            pass  # whoever said why knows better
        elif isinstance(error, GatewayError):
            self.failed(error.code)
        elif isinstance(error, Exception):  # a cancellation is none
            self.failed(type(error).__name__)
        self._opening.__exit__(kind, error, trace)


_NO_SPAN = Span()


def wants_traces(environment: Mapping[str, str]) -> bool:
    """Whether the variables ask for traces and say where to.

    https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/; an endpoint must be
    named, since sending to the SDK's default one unasked would only fail.
    """
    exporters = environment.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    return (
        environment.get("OTEL_SDK_DISABLED", "").strip().lower() != "true"
        and "otlp" in [exporter.strip() for exporter in exporters.split(",")]
        and any(
            environment.get(name, "").strip()
            for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        )
    )


def tracing_from_environment() -> Tracing:
    """As the process's `OTEL_*` variables say, which the SDK reads itself; whoever calls this closes it."""
    if not wants_traces(os.environ):
        return Tracing()
    try:
        return _exporting()
    except ModuleNotFoundError:
        log.warning("no traces are sent: the extra `otel` is not installed")
        return Tracing()


def _exporting() -> Tracing:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    resource = Resource.create()
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: _SERVICE_NAME}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OpenTelemetryTracing(provider.get_tracer("gateway"), shut_down=provider.shutdown)
