"""Variables of an operation and arguments of its fields, coerced as the reference coerces them.

Arguments without variables are coerced when the plan is made and given to every call, unless they hold
something that a function could change: those are made anew each time.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    get_argument_values,
    get_variable_values,
)
from graphql.execution.values import VariableValues
from graphql.language import Visitor, visit
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_arguments

from gateway.engine.departures import Discarded
from gateway.engine.fields import Function

Arguments = dict[str, Any]
_UNCHANGEABLE = (str, int, float, bool, Enum, type(None))


_NO_VARIABLES = VariableValues({}, {})


def coerce_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, object]
) -> VariableValues:
    """The variables' values.

    Raises:
        Discarded: they do not fit; the reference tells why.
    """
    if not operation.variable_definitions:
        return _NO_VARIABLES
    coerced = get_variable_values(schema, operation.variable_definitions or (), dict(given))
    if not isinstance(coerced, VariableValues):
        raise Discarded
    return coerced


class FieldArguments:
    """The arguments of one field of an operation, as its function takes them.

    Attributes:
        use_variables: whether they depend on variables.
    """

    def __init__(
        self,
        function: Function,
        definition: GraphQLField,
        node: FieldNode,
        *,
        schema: Any,  # noqa: ANN401 - Strawberry's own
    ) -> None:
        self._function = function
        self._definition = definition
        self._node = node
        self._config: StrawberryConfig = schema.config
        self._scalars = schema.schema_converter.scalar_registry
        self.use_variables = _holds_variables(node)
        self._always = None if self.use_variables else self._constant()

    @property
    def never_change(self) -> bool:
        """Whether every call may be given the same ones."""
        return self._always is not None

    @property
    def constant(self) -> Arguments:
        """Those that never change."""
        return self._always or {}

    def values(self, variables: VariableValues) -> Arguments:
        """For one call, or with variables that are the same: see `are_unchangeable`.

        Raises:
            Discarded: they do not fit.
        """
        return self._always if self._always is not None else self._coerce(variables)

    def _constant(self) -> Arguments | None:
        try:
            values = self._coerce(VariableValues({}, {}))
        except Discarded:
            return None
        return values if are_unchangeable(values) else None

    def _coerce(self, variables: VariableValues) -> Arguments:
        try:
            given = get_argument_values(self._definition, self._node, variables)
            return convert_arguments(
                given, self._function.arguments, scalar_registry=self._scalars, config=self._config
            )
        except GraphQLError:
            raise Discarded from None
        except Exception:  # noqa: BLE001 - an input type's own code; the reference tells what is wrong
            raise Discarded from None


def are_unchangeable(arguments: Arguments) -> bool:
    """Whether several calls may be given the same ones: no function could change them for the others."""
    return all(isinstance(value, _UNCHANGEABLE) for value in arguments.values())


def _holds_variables(node: FieldNode) -> bool:
    found: list[VariableNode] = []

    class Looking(Visitor):
        def enter_variable(self, variable: VariableNode, *_: object) -> None:
            found.append(variable)

    for argument in node.arguments or ():
        visit(argument, Looking())
    return bool(found)
