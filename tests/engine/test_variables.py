"""gateway/engine/variables.py: variables are what graphql-core makes of them, or are left to it."""

import math
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

import pytest
import strawberry
from graphql import GraphQLSchema, OperationDefinitionNode, get_operation_ast, get_variable_values
from graphql.execution.values import VariableValues
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.engine.departures import Discarded
from gateway.engine.variables import Variables
from tests.engine.comparing import valid
from tests.engine.inputs import Colour, Inner
from tests.engine.small_schema import SmallSchema

# What a field's argument can be given a variable of.
TYPES = {
    "string": ["String", "String!", 'String = "d"', 'String! = "d"'],
    "key": ["ID", "ID!", "ID = 5"],
    "boolean": ["Boolean", "Boolean!", "Boolean = true"],
    "whole": ["Int", "Int!", "Int = 3"],
    "broken": ["Float", "Float!", "Float = 3"],
    "colour": ["Colour", "Colour!", "Colour = RED"],
    "strings": ["[String]", "[String!]", "[String]!", '[String!]! = ["d"]', '[String] = "d"'],
    "wholes": ["[[Int!]]", "[[Int!]!]!"],
    "inner": ["Inner", "Inner!", "Inner = {number: 1}"],
    "inners": ["[Inner!]", "[Inner!]!"],
}
EDGES = [
    *(2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**53, 10**400, 0.0, -0.0, 1.0, 2.5, 1e308),
    *(math.inf, -math.inf, math.nan, True, "RED", "red", "1", "", [], ["a", None], [[1], None], {}),
    *({"number": 1}, {"number": 1, "words": ["a"], "colour": "GREEN"}, {"number": "1"}, {"other": 1}),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
VALUES = st.none() | st.sampled_from(EDGES) | JSON
ASKED = st.sampled_from([(field, type_) for field, types in TYPES.items() for type_ in types])


def taking(type_: Any) -> Any:  # noqa: ANN401 - whatever the argument may be
    """A field with one argument."""

    def take(given: Any = None) -> str:  # noqa: ANN401
        return repr(given)

    take.__annotations__["given"] = type_ | None
    return strawberry.field(resolver=take)


@strawberry.type
class Query:
    string: str = taking(str)
    key: str = taking(strawberry.ID)
    boolean: str = taking(bool)
    whole: str = taking(int)
    broken: str = taking(float)
    colour: str = taking(Colour)
    strings: str = taking(list[str | None])
    wholes: str = taking(list[list[int] | None])
    inner: str = taking(Inner)
    inners: str = taking(list[Inner])


SCHEMA: GraphQLSchema = SmallSchema(query=Query).core


def operation_with(*asked: tuple[str, str]) -> OperationDefinitionNode:
    """One with variables `$v0`, `$v1` and so on, of these types, for arguments of these fields."""
    defined = ", ".join(f"$v{number}: {type_}" for number, (_, type_) in enumerate(asked))
    fields = " ".join(f"a{number}: {field}(given: $v{number})" for number, (field, _) in enumerate(asked))
    operation = get_operation_ast(valid(SCHEMA, f"query ({defined}) {{ {fields} }}"))
    assert operation is not None
    return operation


def told(values: object) -> object:
    """Variables with the classes of their values; None where they do not fit."""
    if not isinstance(values, VariableValues):
        return None
    sources = {
        name: (
            source.signature.name,
            str(source.signature.type),
            source.signature.default,
            repr(source.value),
        )
        for name, source in values.sources.items()
    }
    return list(sources.items()), repr(values.coerced)


def by_reference(operation: OperationDefinitionNode, values: Mapping[str, object]) -> object:
    return told(get_variable_values(SCHEMA, operation.variable_definitions or (), dict(values)))


def coerced(variables: Variables, values: Mapping[str, object]) -> object:
    try:
        return told(variables.coerced(values))
    except Discarded:
        return None


@pytest.mark.parametrize(("field", "type_"), [(name, one) for name, types in TYPES.items() for one in types])
def test_values_at_the_edges_become_what_the_reference_makes_of_them(field: str, type_: str) -> None:
    operation = operation_with((field, type_))
    variables = Variables(SCHEMA, operation)
    for value in (None, *EDGES):
        assert coerced(variables, {"v0": value}) == by_reference(operation, {"v0": value}), value


@given(
    st.lists(st.tuples(ASKED, VALUES, st.booleans()), min_size=1, max_size=3),
    st.dictionaries(st.just("unknown"), VALUES),
)
@example([(("string", "String!"), "x", True), (("inner", "Inner"), {"number": 1}, True)], {})
def test_variables_become_what_the_reference_makes_of_them(
    drawn: list[tuple[tuple[str, str], object, bool]], more: dict[str, object]
) -> None:
    operation = operation_with(*(asked for asked, _, _ in drawn))
    values = {f"v{number}": value for number, (_, value, is_given) in enumerate(drawn) if is_given} | more
    assert coerced(Variables(SCHEMA, operation), values) == by_reference(operation, values)


@given(ASKED, st.lists(VALUES, min_size=2, max_size=5))
def test_what_came_before_makes_no_difference(asked: tuple[str, str], values: list[object]) -> None:
    operation = operation_with(asked)
    variables = Variables(SCHEMA, operation)
    for value in values:
        assert coerced(variables, {"v0": value}) == by_reference(operation, {"v0": value})


class Number(IntEnum):
    ONE = 1


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("field", "type_", "value"),
    [("whole", "Int!", Number.ONE), ("string", "String!", Text("x")), ("broken", "Float", Number.ONE)],
)
def test_a_value_of_a_class_made_from_a_plain_one_is_the_reference_s_to_coerce(
    field: str, type_: str, value: object
) -> None:
    operation = operation_with((field, type_))
    assert coerced(Variables(SCHEMA, operation), {"v0": value}) == by_reference(operation, {"v0": value})


class LookedUp(Mapping[str, object]):
    """Values that are looked up by their names, and never gone through."""

    def __init__(self, **values: object) -> None:
        self._values = values

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("they are gone through")

    def __len__(self) -> int:
        raise AssertionError("they are gone through")


@pytest.mark.parametrize(
    ("field", "type_", "value"),
    [
        *(("string", "String!", "x"), ("key", "ID", "5"), ("boolean", "Boolean!", True)),
        *(("whole", "Int!", 2**31 - 1), ("broken", "Float!", -0.5), ("string", "String", None)),
    ],
)
def test_a_value_that_already_is_what_it_becomes_is_taken_as_it_is(
    field: str, type_: str, value: object
) -> None:
    variables = Variables(SCHEMA, operation_with((field, type_)))
    assert variables.coerced(LookedUp(v0=value)).coerced == {"v0": value}


def test_variables_that_nobody_defined_are_left_out() -> None:
    operation = get_operation_ast(valid(SCHEMA, "{ string }"))
    assert operation is not None
    assert Variables(SCHEMA, operation).coerced({"v0": 1}).coerced == {}


def test_what_is_given_is_not_changed() -> None:
    given_values = {"v0": {"number": 1}, "v1": ["a"], "unknown": 2}
    operation = operation_with(("inner", "Inner!"), ("strings", "[String]"))
    Variables(SCHEMA, operation).coerced(given_values)
    assert given_values == {"v0": {"number": 1}, "v1": ["a"], "unknown": 2}
