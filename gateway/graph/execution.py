"""Run a prepared operation."""

import asyncio
from collections.abc import Mapping

from graphql import GraphQLSchema

from gateway.domain.person import Person
from gateway.domain.project import Project
from gateway.engine.engine import Engine
from gateway.engine.execution import Execution
from gateway.engine.fragments import Edition
from gateway.graph.context import RequestContext
from gateway.graph.operation import Operation
from gateway.graph.paging import Connection


class Executor:
    """Runs operations of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._engine = engine_for(schema)

    def begin(
        self, operation: Operation, *, variables: Mapping[str, object] | None, context: RequestContext
    ) -> Execution | asyncio.Future[Execution]:
        """The operation's data, and its errors: at once where nothing has to be waited for.

        Never raises for what a resolver did.
        """
        return self._engine.begin(
            operation.planned,
            variables=variables or {},
            context=context,
            hide_suggestions=not operation.introspection,
        )


def engine_for(schema: GraphQLSchema) -> Engine:
    """An engine that keeps parts of answers beside what is immutable in the graph."""
    return Engine(
        schema, keepable=[Connection], keepable_of_edition=[Project, Person], edition_of=_edition_of
    )


def _edition_of(context: RequestContext) -> Edition | None:
    directory = context.directory
    number = directory.edition
    return None if number is None else Edition(directory.audience, number)
