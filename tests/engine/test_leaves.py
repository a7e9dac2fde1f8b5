"""gateway/engine/leaves.py: which values go into JSON as they are, and what becomes of the others."""

from enum import Enum, IntEnum

import pytest
import strawberry
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

from gateway.engine.departures import Discarded
from gateway.engine.leaves import leaf_of
from tests.engine.small_schema import SmallSchema


class Number(IntEnum):
    ONE = 1


class Text(str):
    __slots__ = ()


@strawberry.enum
class Colour(Enum):
    RED = "r"
    GREEN = strawberry.enum_value("g", name="LIKE_GRASS")


@strawberry.type
class Query:
    colour: Colour


def text_with(coerce: object) -> GraphQLScalarType:
    """A scalar whose values are written as this makes of them."""
    return GraphQLScalarType("Some", coerce_output_value=coerce)  # type: ignore[arg-type]


def colour() -> GraphQLLeafType:
    """The enumeration as Strawberry makes it."""
    type_ = SmallSchema(query=Query).core.type_map["Colour"]
    assert isinstance(type_, GraphQLEnumType)
    return type_


def goes_as_it_is(type_: GraphQLLeafType, value: object) -> bool:
    condition = leaf_of(type_).as_it_is
    return condition is not None and bool(eval(condition.format("value"), {"value": value}))  # noqa: S307


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        *((GraphQLString, ""), (GraphQLID, "5"), (GraphQLBoolean, False), (GraphQLFloat, -0.5)),
        *((GraphQLInt, 2**31 - 1), (GraphQLInt, -(2**31)), (text_with(str), "text")),
    ],
    ids=str,
)
def test_what_already_is_what_its_type_is_written_as_goes_as_it_is(
    type_: GraphQLLeafType, value: object
) -> None:
    assert goes_as_it_is(type_, value)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        *((GraphQLString, 5), (GraphQLString, Text("x")), (GraphQLID, 5), (GraphQLBoolean, 0)),
        *((GraphQLFloat, 1), (GraphQLFloat, float("inf")), (GraphQLFloat, float("nan"))),
        *((GraphQLInt, 2**31), (GraphQLInt, -(2**31) - 1), (GraphQLInt, True), (GraphQLInt, Number.ONE)),
        *((text_with(str), 5), (text_with(repr), "text"), (colour(), "RED")),
    ],
    ids=str,
)
def test_nothing_else_does(type_: GraphQLLeafType, value: object) -> None:
    assert not goes_as_it_is(type_, value)


def test_the_names_of_an_enumeration_s_members_are_known_beforehand() -> None:
    assert leaf_of(colour()).names == {Colour.RED: "RED", Colour.GREEN: "LIKE_GRASS"}


@pytest.mark.parametrize("type_", [GraphQLEnumType("Other", ["RED"]), GraphQLString], ids=str)
def test_where_no_class_stands_for_the_names_none_are(type_: GraphQLLeafType) -> None:
    assert leaf_of(type_).names is None


def test_what_the_type_makes_of_a_value_is_written() -> None:
    assert leaf_of(text_with(repr)).coerce("text") == "'text'"


@pytest.mark.parametrize("made", [None, Undefined], ids=repr)
def test_a_type_that_makes_nothing_of_a_value_is_the_reference_s_to_tell(made: object) -> None:
    with pytest.raises(Discarded):
        leaf_of(text_with(lambda _: made)).coerce("text")
