"""Variables of an operation, coerced as the reference coerces them.

Most variables are of a plain type and come with a value that already is what they become. Those are taken as
they are; everything else is the reference's to coerce.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    get_nullable_type,
    get_variable_values,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from gateway.engine.departures import Discarded

_AS_IT_IS: Mapping[object, Callable[[object], bool]] = {
    GraphQLString: lambda value: value.__class__ is str,
    GraphQLID: lambda value: value.__class__ is str,
    GraphQLBoolean: lambda value: value.__class__ is bool,
    GraphQLInt: lambda value: (
        isinstance(value, int) and value.__class__ is int and GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT
    ),
    GraphQLFloat: lambda value: (
        isinstance(value, float) and value.__class__ is float and value - value == 0.0
    ),
}
_NONE = VariableValues({}, {})


class Variables:
    """The variables of one valid operation."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        self._plain = self._plain_signatures()

    def coerced(self, given: Mapping[str, object]) -> VariableValues:
        """Their values.

        Raises:
            Discarded: they do not fit; the reference tells why.
        """
        if not self._definitions:
            return _NONE
        if self._plain is not None:
            found = _taken_as_they_are(self._plain, given)
            if found is not None:
                return found
        values = get_variable_values(self._schema, self._definitions, dict(given))
        if not isinstance(values, VariableValues):
            raise Discarded
        return values

    def _plain_signatures(self) -> "list[_Plain] | None":
        """What is to be checked of each; None where one is of another type."""
        plain: list[_Plain] = []
        for definition in self._definitions:
            signature = get_variable_signature(self._schema, definition)
            if not isinstance(signature, GraphQLVariableSignature):
                return None
            is_taken = _AS_IT_IS.get(get_nullable_type(signature.type))
            if is_taken is None:
                return None
            plain.append((signature, not is_non_null_type(signature.type), is_taken))
        return plain


_Plain = tuple[GraphQLVariableSignature, bool, Callable[[object], bool]]


def _taken_as_they_are(plain: list[_Plain], given: Mapping[str, Any]) -> VariableValues | None:
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for signature, may_be_null, is_taken in plain:
        name = signature.name
        if name not in given:
            return None
        value = given[name]
        if not (may_be_null if value is None else is_taken(value)):
            return None
        sources[name] = VariableValueSource(signature, value)
        coerced[name] = value
    return VariableValues(sources, coerced)
