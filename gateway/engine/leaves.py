"""Leaves of an answer: which values go into JSON as they are, and what becomes of the others.

Most values already are what their type is written as. The condition under which that is certain is put into
the plan's own code; everything else goes the way that the reference goes, the type's own coercion
(https://spec.graphql.org/September2025/#sec-Value-Completion).
"""

from collections.abc import Callable, Mapping
from enum import Enum

import msgspec
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
)
from graphql.pyutils import is_awaitable
from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from gateway.engine.departures import Discarded

# Of a variable: whether its value can go into JSON as it is.
_AS_IT_IS: Mapping[object, str] = {
    GraphQLString: "{0}.__class__ is str",
    GraphQLID: "{0}.__class__ is str",
    GraphQLBoolean: "{0}.__class__ is bool",
    GraphQLInt: f"{{0}}.__class__ is int and {GRAPHQL_MIN_INT} <= {{0}} <= {GRAPHQL_MAX_INT}",
    GraphQLFloat: "{0}.__class__ is float and {0} - {0} == 0.0",
}

Coerce = Callable[[object], object]


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """How values of one type are written.

    Attributes:
        as_it_is: an expression of a variable, `{0}`: its value goes into JSON as it is; None where none does.
        names: of the members of an enumeration, where Python has them as a class.
        coerce: makes of any value what goes into JSON; raises `Discarded` where the reference has an error.
    """

    as_it_is: str | None
    names: dict[Enum, object] | None
    coerce: Coerce


def leaf_of(type_: GraphQLLeafType) -> Leaf:
    """How values of `type_` are written."""
    return Leaf(as_it_is=_as_it_is(type_), names=_names(type_), coerce=_coercion(type_))


def _as_it_is(type_: GraphQLLeafType) -> str | None:
    found = _AS_IT_IS.get(type_)
    if found is None and isinstance(type_, GraphQLScalarType) and type_.coerce_output_value is str:
        return _AS_IT_IS[GraphQLString]
    return found


def _coercion(type_: GraphQLLeafType) -> Coerce:
    def coerce(value: object) -> object:
        if value is None or value is Undefined or isinstance(value, Exception) or is_awaitable(value):
            raise Discarded
        try:
            coerced: object = type_.coerce_output_value(value)
        except Exception:  # noqa: BLE001 - the reference tells what is wrong
            raise Discarded from None
        if coerced is None or coerced is Undefined:
            raise Discarded
        return coerced

    return coerce


def _names(type_: GraphQLLeafType) -> dict[Enum, object] | None:
    """Strawberry keeps the class of an enumeration on its type."""
    members = getattr(type_, "wrapped_cls", None)
    if not isinstance(type_, GraphQLEnumType) or members is None:
        return None
    return {member: type_.coerce_output_value(member) for member in members}
