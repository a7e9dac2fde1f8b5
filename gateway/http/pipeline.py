"""One GraphQL request from its parameters to its answer.

weigh      the document becomes an operation, and its cost is known   or it is refused: no data
begin      it runs: an answer at once, where nothing has to be waited for
end        otherwise within the deadline, while the client waits      an answer, with errors or without
"""

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec
from graphql import GraphQLFormattedError, OperationType

from gateway.engine.execution import Execution
from gateway.graph.context import RequestContext
from gateway.graph.errors import execution_errors, request_errors
from gateway.graph.execution import Executor
from gateway.graph.limits import TooComplex
from gateway.graph.operation import Operation, OperationPreparation, OperationRefused
from gateway.http.documents import Documents
from gateway.http.request import GraphQLRequest, RequestRefused
from gateway.http.waiting import ClientGone, Waiting
from gateway.telemetry.instruments import Instruments
from gateway.telemetry.metrics import Rejection
from gateway.telemetry.tracing import Span
from gateway.telemetry.upstream_wait import MeasuredOperation
from gateway.timers import Timers

_TOO_LATE = (
    "The operation took too long. A change that was begun is carried through: ask again with the same "
    "idempotency key to learn what came of it."
)


class Answer(msgspec.Struct, frozen=True):
    """What a client is told.

    Attributes:
        pieces: of its JSON; big ones are never copied.
        was_executed: whether the operation was; otherwise there is no data.
        has_errors: whether some of it is missing.
    """

    pieces: tuple[bytes, ...]
    was_executed: bool
    has_errors: bool = True


class Weighed(msgspec.Struct, frozen=True):
    """A request whose operation may run.

    Attributes:
        points: what it can cost.
        measured: since its beginning.
    """

    request: GraphQLRequest
    operation: Operation
    points: int
    measured: MeasuredOperation


class Underway(msgspec.Struct, frozen=True):
    """An operation that waits for something.

    Attributes:
        execution: what is waited for.
        span: open until it is over.
    """

    weighed: Weighed
    context: RequestContext
    execution: Waiting[Execution]
    span: Span


class Pipeline:
    """Answers GraphQL requests.

    Args:
        preparation: makes operations of documents.
        executor: runs them.
        documents: remembers good ones for clients that ask for it.
        deadline_seconds: for a whole operation.
        instruments: told of every operation.
        now: the current moment in UTC.
    """

    def __init__(  # noqa: PLR0913 - everything that a request meets on its way
        self,
        *,
        preparation: OperationPreparation,
        executor: Executor,
        documents: Documents,
        deadline_seconds: float,
        instruments: Instruments,
        now: Callable[[], datetime],
    ) -> None:
        self._preparation = preparation
        self._executor = executor
        self._documents = documents
        self._deadline_seconds = deadline_seconds
        self._instruments = instruments
        self._now = now
        self._timers = Timers()

    def weigh(self, request: GraphQLRequest, *, schema_is_shown: bool) -> Weighed | OperationRefused:
        """What the request asks for, or why that cannot run.

        Args:
            schema_is_shown: whether introspection is answered, and errors may name what the schema has.

        Raises:
            RequestRefused: it must not come this way.
        """
        measured = self._instruments.metrics.operation()
        try:
            operation, points = self._operation(request, schema_is_shown=schema_is_shown)
        except OperationRefused as refused:
            return refused
        self._documents.keep(request.document)
        return Weighed(request, operation, points, measured)

    def refused(self, refused: OperationRefused, *, schema_is_shown: bool) -> Answer:
        """Why an operation cannot run."""
        too_complex = any(isinstance(error, TooComplex) for error in refused.errors)
        reason = Rejection.TOO_COMPLEX if too_complex else Rejection.INVALID_DOCUMENT
        errors = request_errors(refused.errors, schema_is_shown=schema_is_shown)
        self._instruments.metrics.rejected(reason)
        self._instruments.metrics.operation_failed(_codes(errors))
        return Answer((msgspec.json.encode({"errors": errors}),), was_executed=False)

    def begin(self, weighed: Weighed, context: RequestContext) -> Answer | Underway:
        """Run it: the answer, or what will become it."""
        operation = weighed.operation
        span = self._instruments.tracing.operation(type_=operation.type_name, name=operation.name)
        span.__enter__()
        try:
            execution = self._executor.begin(operation, variables=weighed.request.variables, context=context)
            if not isinstance(execution, Execution):
                waiting = Waiting(
                    execution,
                    stop=context.directory.close,
                    deadline_seconds=self._deadline_seconds,
                    timers=self._timers,
                )
                return Underway(weighed, context, waiting, span)
            answer = self._ended(execution, weighed, span)
        except BaseException as error:
            self._close(weighed, context, span, error)
            raise
        self._close(weighed, context, span)
        return answer

    async def wait(self, underway: Underway) -> Answer:
        """The answer to what was begun, waited for; see `end`."""
        await underway.execution.over()
        return self.end(underway)

    def end(self, underway: Underway) -> Answer:
        """The answer to what was begun and is done.

        Raises:
            RequestRefused: it took too long.
            ClientGone: nobody waits for the answer any more; see `Waiting.client_gone`.
        """
        weighed, context, span = underway.weighed, underway.context, underway.span
        try:
            answer = self._ended(underway.execution.result(), weighed, span)
        except TimeoutError:
            self._instruments.metrics.operation_failed(["DEADLINE_EXCEEDED"])
            span.failed("DEADLINE_EXCEEDED")
            self._close(weighed, context, span)
            raise RequestRefused(504, _TOO_LATE, code="DEADLINE_EXCEEDED", reason=None) from None
        except BaseException as error:
            if isinstance(error, ClientGone):
                span.failed("CLIENT_GONE")
            self._close(weighed, context, span, error)
            raise
        self._close(weighed, context, span)
        return answer

    def _operation(self, request: GraphQLRequest, *, schema_is_shown: bool) -> tuple[Operation, int]:
        operation = self._preparation.prepare(
            request.document.text, operation_name=request.operation_name, introspection=schema_is_shown
        )
        if operation.type is not OperationType.QUERY and not request.may_write:
            raise RequestRefused(
                405,
                "A mutation must be sent with POST.",
                reason=Rejection.METHOD_NOT_ALLOWED,
                headers={"Allow": "POST"},
            )
        cost = self._preparation.cost(operation, request.variables or {})
        if cost.error is not None:
            raise OperationRefused([cost.error])
        return operation, cost.points

    def _ended(self, execution: Execution, weighed: Weighed, span: Span) -> Answer:
        """What came of an operation."""
        metrics = self._instruments.metrics
        metrics.executed(execution.way)
        end = b',"extensions":{"cost":%d}}' % weighed.points if weighed.request.wants_cost else b"}"
        if execution.data is not None:
            return Answer((b'{"data":', execution.data, end), was_executed=True, has_errors=False)
        if execution.result is None:
            raise AssertionError("an execution has data or a result")
        errors = execution_errors(
            execution.result.errors or [],
            now=self._now(),
            schema_is_shown=weighed.operation.introspection,
        )
        codes = _codes(errors)
        if codes:
            span.failed(codes[0])
        metrics.operation_failed(codes)
        if execution.result.data is None and errors and not any("path" in error for error in errors):
            # The variables do not fit: nothing was executed.
            return Answer((msgspec.json.encode({"errors": errors}),), was_executed=False)
        told = b'"errors":%b,' % msgspec.json.encode(errors) if errors else b""
        data = msgspec.json.encode(execution.result.data)
        return Answer((b'{%b"data":' % told, data, end), was_executed=True, has_errors=bool(errors))

    def _close(
        self, weighed: Weighed, context: RequestContext, span: Span, error: BaseException | None = None
    ) -> None:
        """An operation is over, by an exception where there is one."""
        context.directory.close()
        span.__exit__(None if error is None else type(error), error, None)
        weighed.measured.ended(weighed.operation.type_name)


def _codes(errors: Iterable[GraphQLFormattedError]) -> list[str]:
    return [str(error.get("extensions", {}).get("code")) for error in errors]
