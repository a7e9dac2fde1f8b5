"""Run a prepared operation."""

from collections.abc import Mapping

from graphql import ExecutionResult, GraphQLSchema, execute

from gateway.graph.context import RequestContext
from gateway.graph.operation import Operation


class Executor:
    """Runs operations of one schema with the GraphQL library's own executor."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    async def execute(
        self, operation: Operation, *, variables: Mapping[str, object] | None, context: RequestContext
    ) -> ExecutionResult:
        """The operation's result: its data, and its errors. Never raises for what a resolver did."""
        result = execute(
            self._schema,
            operation.document,
            context_value=context,
            variable_values=dict(variables or {}),
            operation_name=operation.name,
            hide_suggestions=not operation.introspection,
        )
        return result if isinstance(result, ExecutionResult) else await result
