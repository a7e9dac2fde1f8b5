"""One GraphQL request from its parameters to its answer.

prepare    the document becomes an operation            or is refused: no data
weigh      what it can cost, charged to the caller      or is refused: no data
execute    within the deadline, while the client waits  an answer, with errors or without
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from graphql import GraphQLFormattedError, OperationType
from starlette.types import Receive

from gateway.engine.engine import Execution
from gateway.graph.context import RequestContext
from gateway.graph.errors import execution_errors, request_errors
from gateway.graph.execution import Executor
from gateway.graph.limits import TooComplex
from gateway.graph.operation import Operation, OperationPreparation, OperationRefused
from gateway.http.disconnect import ClientGone, unless_gone
from gateway.http.documents import Documents
from gateway.http.rate_limit import RateLimit, RateLimited
from gateway.http.request import GraphQLRequest, RequestRefused
from gateway.telemetry.instruments import Instruments
from gateway.telemetry.metrics import Rejection

_TOO_LATE = (
    "The operation took too long. A change that was begun is carried through: ask again with the same "
    "idempotency key to learn what came of it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a client is told.

    Attributes:
        was_executed: whether the operation was; otherwise there is no data.
    """

    body: Mapping[str, object]
    was_executed: bool


class Pipeline:
    """Answers GraphQL requests.

    Args:
        preparation: makes operations of documents.
        executor: runs them.
        documents: remembers good ones for clients that ask for it.
        rate_limit: how much one caller may ask for; None sets no limit.
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
        rate_limit: RateLimit | None,
        deadline_seconds: float,
        instruments: Instruments,
        now: Callable[[], datetime],
    ) -> None:
        self._preparation = preparation
        self._executor = executor
        self._documents = documents
        self._rate_limit = rate_limit
        self._deadline_seconds = deadline_seconds
        self._instruments = instruments
        self._now = now

    async def answer(
        self,
        request: GraphQLRequest,
        open_context: Callable[[], RequestContext],
        *,
        rate_limit_key: str,
        schema_is_shown: bool,
        receive: Receive,
    ) -> Answer:
        """Run one request.

        Args:
            open_context: makes what its resolvers find; called when it is about to run.
            rate_limit_key: under which its points are counted.
            schema_is_shown: whether introspection is answered, and errors may name what the schema has.
            receive: tells when the client goes away.

        Raises:
            RequestRefused: it is not run, or takes too long.
            ClientGone: nobody waits for the answer any more.
        """
        with self._instruments.metrics.operation() as measured:
            try:
                operation, points = self._weighed(request, schema_is_shown=schema_is_shown)
            except OperationRefused as refused:
                # Reading bad documents costs too.
                await self._charge(rate_limit_key, points=1)
                return self._refused(refused, schema_is_shown=schema_is_shown)
            self._documents.keep(request.document)
            await self._charge(rate_limit_key, points=points)
            measured.type = operation.type.value
            answer = await self._execute(operation, request, open_context(), receive)
            if request.wants_cost and answer.was_executed:
                return replace(answer, body={**answer.body, "extensions": {"cost": points}})
            return answer

    def _weighed(self, request: GraphQLRequest, *, schema_is_shown: bool) -> tuple[Operation, int]:
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

    async def _charge(self, rate_limit_key: str, *, points: int) -> None:
        if self._rate_limit is None:
            return
        try:
            await self._rate_limit.charge(rate_limit_key, points=points)
        except RateLimited as limited:
            seconds = limited.retry_after_seconds
            raise RequestRefused(
                429,
                f"The points of this minute are used up; try again in {seconds} seconds.",
                code="RATE_LIMITED",
                reason=Rejection.RATE_LIMITED,
                headers={"Retry-After": str(seconds)},
            ) from None

    async def _execute(
        self, operation: Operation, request: GraphQLRequest, context: RequestContext, receive: Receive
    ) -> Answer:
        with self._instruments.tracing.operation(type_=operation.type.value, name=operation.name) as span:
            try:
                execution = self._executor.begin(operation, variables=request.variables, context=context)
                if not isinstance(execution, Execution):
                    async with asyncio.timeout(self._deadline_seconds):
                        execution = await unless_gone(execution, receive, stop=context.directory.close)
            except TimeoutError:
                span.failed("DEADLINE_EXCEEDED")
                self._instruments.metrics.operation_failed(["DEADLINE_EXCEEDED"])
                raise RequestRefused(504, _TOO_LATE, code="DEADLINE_EXCEEDED", reason=None) from None
            except ClientGone:
                span.failed("CLIENT_GONE")
                raise
            finally:
                context.directory.close()
            self._instruments.metrics.executed(execution.way)
            answer, codes = self._executed(execution, operation)
            if codes:
                span.failed(codes[0])
        self._instruments.metrics.operation_failed(codes)
        return answer

    def _refused(self, refused: OperationRefused, *, schema_is_shown: bool) -> Answer:
        too_complex = any(isinstance(error, TooComplex) for error in refused.errors)
        reason = Rejection.TOO_COMPLEX if too_complex else Rejection.INVALID_DOCUMENT
        errors = request_errors(refused.errors, schema_is_shown=schema_is_shown)
        self._instruments.metrics.rejected(reason)
        self._instruments.metrics.operation_failed(_codes(errors))
        return Answer(body={"errors": errors}, was_executed=False)

    def _executed(self, execution: Execution, operation: Operation) -> tuple[Answer, list[str]]:
        """The answer, and the codes of its errors."""
        if execution.result is None:
            return Answer(body={"data": msgspec.Raw(execution.data or b"null")}, was_executed=True), []
        errors = execution_errors(
            execution.result.errors or [], now=self._now(), schema_is_shown=operation.introspection
        )
        if execution.result.data is None and errors and not any("path" in error for error in errors):
            # The variables do not fit: nothing was executed.
            return Answer(body={"errors": errors}, was_executed=False), _codes(errors)
        body: dict[str, object] = {"errors": errors} if errors else {}
        body["data"] = execution.result.data
        return Answer(body=body, was_executed=True), _codes(errors)


def _codes(errors: Iterable[GraphQLFormattedError]) -> list[str]:
    return [str(error.get("extensions", {}).get("code")) for error in errors]
