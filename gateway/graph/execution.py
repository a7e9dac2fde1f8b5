"""Run a prepared operation."""

from collections.abc import Mapping

from graphql import GraphQLSchema

from gateway.engine.engine import Engine, Execution
from gateway.graph.context import RequestContext
from gateway.graph.operation import Operation
from gateway.graph.paging import Connection


class Executor:
    """Runs operations of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._engine = Engine(schema, keepable=[Connection])

    async def execute(
        self, operation: Operation, *, variables: Mapping[str, object] | None, context: RequestContext
    ) -> Execution:
        """The operation's data, and its errors. Never raises for what a resolver did."""
        return await self._engine.execute(
            operation.planned,
            variables=variables or {},
            context=context,
            hide_suggestions=not operation.introspection,
        )
