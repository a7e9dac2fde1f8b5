"""Optimistic execution: a plan where there is one, and the reference behind it.

    first time   the operation is compiled into a plan, once for each way that its `@skip` and `@include` go
    each time    the plan runs and writes JSON
    otherwise    graphql-core's own executor runs the operation, with the same context

A plan knows only the sunny day. Mutations, introspection and whatever else it does not know it leaves alone;
an error, or a null where none may be, makes it throw its work away. Then the reference executes the operation
from its beginning, and what it answers is the answer: errors, their paths and where nulls go are
graphql-core's own, always. What has been read stays in the context's loaders, so nothing is read twice.

So a resolver of a query may be called twice for one request, and must do no more than read.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import msgspec
from graphql import DocumentNode, ExecutionResult, GraphQLSchema, OperationDefinitionNode, execute
from graphql.execution.values import VariableValues

from gateway.engine.arguments import Arguments
from gateway.engine.departures import Discarded, Unsupported
from gateway.engine.execution import Execution, PlanUnderWay
from gateway.engine.fields import Lasts
from gateway.engine.fragments import Edition, Fragments
from gateway.engine.plan import Plan, Started, make_plan
from gateway.engine.selection import deciding_variables
from gateway.engine.variables import Variables

# Of one operation: each variable that decides over a part of it doubles the number that there can be, and
# making one takes longer than leaving the operation to the reference.
MOST_PLANS = 16


class Planned:
    """One valid operation and its plans."""

    def __init__(self, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self.document = document
        self.operation = operation
        self.deciding = deciding_variables(document, operation)
        self.name = None if operation.name is None else operation.name.value
        self.plans: dict[tuple[bool, ...], Plan | None] = {}
        self.variables: Variables | None = None
        self.no_variables = RequestVariables({})


class Prepared(msgspec.Struct, frozen=True, eq=False):
    """An operation with its variables, ready to be run.

    Attributes:
        arguments: by the numbers of the fields, what their functions are given, where that can be the same
            each time: see `are_unchangeable`.
    """

    planned: Planned
    plan: Plan
    variables: VariableValues
    arguments: dict[int, Arguments]

    def __repr__(self) -> str:
        """Variables are personal data."""
        return "Prepared(…)"


class RequestVariables(dict[str, object]):
    """The variables of a request that may come again: what the engine made of them is kept with them.

    They must not be changed.

    Attributes:
        prepared: with the operation that they were last given to.
    """

    __slots__ = ("prepared",)

    def __init__(self, values: Mapping[str, object]) -> None:
        super().__init__(values)
        self.prepared: Prepared | None = None

    def __repr__(self) -> str:
        """Variables are personal data."""
        return "RequestVariables(…)"


class Engine:
    """Executes operations of one schema.

    Args:
        schema: as graphql-core has it, made by Strawberry.
        keepable: immutable classes: of their values, parts of answers are kept as JSON.
        keepable_of_edition: those of whose values they are kept also where fields with `Lasts.EDITION` are
            asked for.
        edition_of: which edition of what fields read (those with `Lasts.EDITION`) a context sees: with the
            same edition they give the same. None where that cannot be said, or no longer.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        keepable: Iterable[type] = (),
        keepable_of_edition: Iterable[type] = (),
        edition_of: Callable[[Any], Edition | None] = lambda _: None,
    ) -> None:
        self._schema = schema
        self._edition_of = edition_of
        self._keepable = {
            Lasts.ALWAYS: frozenset(keepable),
            Lasts.EDITION: frozenset(keepable_of_edition),
        }
        self._fragments = Fragments()

    def begin(
        self,
        planned: Planned,
        *,
        variables: Mapping[str, object],
        context: object,
        hide_suggestions: bool = False,
    ) -> Execution | asyncio.Future[Execution]:
        """The answer to an operation: at once where nothing has to be waited for.

        Never raises for what a resolver did. To cancel it stops what was begun for it.
        """
        try:
            started = self._start_plan(planned, variables, context)
        except Discarded:
            started = None
        if isinstance(started, bytes):
            return Execution(data=started)
        refer = partial(self._reference, planned, variables, context, hide_suggestions=hide_suggestions)
        return asyncio.ensure_future(refer()) if started is None else PlanUnderWay(started, refer)

    async def execute(
        self,
        planned: Planned,
        *,
        variables: Mapping[str, object],
        context: object,
        hide_suggestions: bool = False,
    ) -> Execution:
        """The answer to an operation, waited for. Never raises for what a resolver did."""
        begun = self.begin(planned, variables=variables, context=context, hide_suggestions=hide_suggestions)
        return begun if isinstance(begun, Execution) else await begun

    async def _reference(
        self,
        planned: Planned,
        variables: Mapping[str, object],
        context: object,
        *,
        hide_suggestions: bool,
    ) -> Execution:
        result = execute(
            self._schema,
            planned.document,
            context_value=context,
            variable_values=dict(variables),
            operation_name=planned.name,
            hide_suggestions=hide_suggestions,
        )
        return Execution(result=result if isinstance(result, ExecutionResult) else await result)

    def plan_for(self, planned: Planned, decided: tuple[bool, ...]) -> Plan | None:
        """The plan where the deciding variables have these values; None where there can be none."""
        if decided not in planned.plans:
            if len(planned.plans) >= MOST_PLANS:
                return None
            try:
                planned.plans[decided] = make_plan(
                    self._schema,
                    planned.document,
                    planned.operation,
                    decided=dict(zip(planned.deciding, decided, strict=True)),
                    keepable=self._keepable,
                )
            except (Unsupported, RecursionError):  # the latter where the document is very deep
                planned.plans[decided] = None
        return planned.plans[decided]

    def _start_plan(
        self, planned: Planned, variables: Mapping[str, object], context: object
    ) -> bytes | Started:
        given = variables or planned.no_variables
        prepared = given.prepared if isinstance(given, RequestVariables) else None
        if prepared is None or prepared.planned is not planned:
            prepared = self._prepared(planned, given)
            if isinstance(given, RequestVariables):
                given.prepared = prepared
        return prepared.plan.start(
            variables=prepared.variables,
            arguments=prepared.arguments,
            context=context,
            kept=self._fragments,
            edition_of=self._edition_of,
        )

    def _prepared(self, planned: Planned, variables: Mapping[str, object]) -> Prepared:
        if planned.variables is None:
            planned.variables = Variables(self._schema, planned.operation)
        coerced = planned.variables.coerced(variables)
        plan = self.plan_for(planned, _decided(planned, coerced) if planned.deciding else ())
        if plan is None:
            raise Discarded
        return Prepared(planned, plan, coerced, {})


def _decided(planned: Planned, variables: VariableValues) -> tuple[bool, ...]:
    """The values of the variables that decide over parts of the operation.

    Raises:
        Discarded: one is no boolean.
    """
    decided: list[bool] = []
    for name in planned.deciding:
        value = variables.coerced.get(name)
        if not isinstance(value, bool):
            raise Discarded
        decided.append(value)
    return tuple(decided)
