"""gateway/engine/kinds.py: what a value's class tells is asked once, and told rightly."""

import asyncio
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLString,
    Undefined,
)
from graphql.pyutils import is_awaitable

from gateway.engine.departures import Discarded
from gateway.engine.engine import Engine
from gateway.engine.execution import Way
from gateway.engine.kinds import Kinds, type_check, values_of
from tests.engine.comparing import by_engine, by_reference, planned, valid
from tests.engine.small_schema import SmallSchema

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class House:
    name: str = "house"


@dataclass(frozen=True)
class Hut(House):
    name: str = "hut"


@dataclass(frozen=True)
class Tent:
    name: str = "tent"


@dataclass(frozen=True)
class Cave:
    name: str = "cave"


@strawberry.type
class Dwelling:
    name: str

    is_type_of = values_of(House, Tent)


@dataclass
class Land:
    """Of this a type of its own says what is of it.

    Attributes:
        asked: which values it was asked about.
        told: what it was told beside each.
    """

    values: list[object] = field(default_factory=list)
    asked: list[object] = field(default_factory=list)
    told: list[GraphQLResolveInfo[Any]] = field(default_factory=list)


@strawberry.type
class Place:
    name: str

    @classmethod
    def is_type_of(cls, value: object, info: GraphQLResolveInfo[Any]) -> bool:
        info.context.asked.append(value)
        info.context.told.append(info)
        return not isinstance(value, Cave)


@strawberry.type
class Query:
    @strawberry.field
    def dwellings(self, info: strawberry.Info[Land, None]) -> list[Dwelling | None]:
        return info.context.values  # type: ignore[return-value]

    @strawberry.field
    def places(self, info: strawberry.Info[Land, None]) -> list[Place | None]:
        return info.context.values  # type: ignore[return-value]


SCHEMA: GraphQLSchema = SmallSchema(query=Query).core


def type_with(is_type_of: Callable[..., Any] | None) -> GraphQLObjectType:
    return GraphQLObjectType("Some", {"name": GraphQLField(GraphQLString)}, is_type_of=is_type_of)


def kinds(*keepable: type, of: tuple[type, ...] = (House, Tent)) -> Kinds:
    return Kinds(type_with(values_of(*of).__func__), keepable=frozenset(keepable))


# ---------------------------------------------------------------- in a plan


@pytest.mark.parametrize("field_name", ["dwellings", "places"])
@pytest.mark.parametrize(
    "values",
    [
        [House(), Tent()],
        [House(), Hut(), None],
        [House(), Cave()],
        [Cave()],
        [House(), House(), ValueError("given")],
        [House(), 5],
        [],
    ],
    ids=repr,
)
async def test_a_value_is_of_a_type_where_the_reference_takes_it_for_one(
    field_name: str, values: list[object]
) -> None:
    operation, engine = planned(valid(SCHEMA, f"{{ {field_name} {{ name }} }}")), Engine(SCHEMA)
    expected = await by_reference(SCHEMA, operation, context=Land(values=values))
    for _ in range(2):
        outcome = await by_engine(engine, operation, context=Land(values=values))
        assert outcome.text == expected


async def test_a_value_that_is_not_of_the_type_is_found_among_many_that_are() -> None:
    operation, engine = planned(valid(SCHEMA, "{ dwellings { name } }")), Engine(SCHEMA)
    good = await by_engine(engine, operation, context=Land(values=[House()] * 3))
    bad = await by_engine(engine, operation, context=Land(values=[House(), House(), Cave()]))
    assert (good.way, bad.way) == (Way.PLAN, Way.REFERENCE)


async def test_items_of_a_class_that_was_met_are_not_looked_at_again() -> None:
    looked_for: list[str] = []

    class Watched(House):
        def __getattr__(self, name: str) -> object:
            looked_for.append(name)
            raise AttributeError(name)

    operation, engine = planned(valid(SCHEMA, "{ dwellings { name } }")), Engine(SCHEMA)
    seen = []
    for _ in range(2):
        await by_engine(engine, operation, context=Land(values=[Watched("a"), Watched("b")]))
        seen.append(len(looked_for))
    assert 0 < seen[0] == seen[1]


async def test_a_type_that_says_itself_what_is_of_it_is_asked_about_each_value() -> None:
    operation, engine = planned(valid(SCHEMA, "{ places { name } }")), Engine(SCHEMA)
    land = Land(values=[House("a"), House("b")])
    outcome = await by_engine(engine, operation, context=land)
    assert (outcome.way, land.asked) == (Way.PLAN, land.values)


async def test_it_is_told_what_the_reference_tells_it_but_for_the_path() -> None:
    document = "query Asked ($s: Boolean!) { a: places { ...F } } fragment F on Place { name @skip(if: $s) }"
    operation, engine = planned(valid(SCHEMA, document)), Engine(SCHEMA)
    ours, theirs = Land(values=[House()]), Land(values=[House()])
    outcome = await by_engine(engine, operation, context=ours, variables={"s": False})
    await by_reference(SCHEMA, operation, context=theirs, variables={"s": False})
    [told], [expected] = ours.told, theirs.told
    assert outcome.way is Way.PLAN
    assert told.context is ours
    assert told.is_awaitable is is_awaitable
    assert told.variable_values.coerced == expected.variable_values.coerced
    for name in (
        *("field_name", "field_nodes", "return_type", "parent_type", "schema", "fragments", "root_value"),
        *("operation", "abort_signal"),
    ):
        assert getattr(told, name) == getattr(expected, name), name


async def test_of_all_objects_of_a_field_it_is_told_the_same() -> None:
    """Making it anew for each would take longer than asking."""
    operation, land = planned(valid(SCHEMA, "{ places { name } }")), Land(values=[House("a"), House("b")])
    await by_engine(Engine(SCHEMA), operation, context=land)
    one, other = land.told
    assert one is other


# ---------------------------------------------------------------- by itself


@pytest.mark.parametrize("value", [House(), Hut(), Tent()], ids=repr)
def test_values_of_these_classes_are_of_the_type(value: object) -> None:
    assert values_of(House, Tent).__func__(value, None) is True


@pytest.mark.parametrize("value", [Cave(), None, House], ids=repr)
def test_no_others_are(value: object) -> None:
    assert values_of(House, Tent).__func__(value, None) is False


def test_where_the_class_tells_nothing_has_to_be_asked_of_each_value() -> None:
    assert type_check(type_with(values_of(House).__func__)) is None


def test_where_the_type_tells_it_is_asked() -> None:
    def is_type_of(value: object, _: object) -> bool:
        return value is not None

    assert type_check(type_with(is_type_of)) is is_type_of


def test_where_nobody_tells_nobody_is_asked() -> None:
    assert type_check(type_with(None)) is None


@pytest.mark.parametrize(("value", "is_kept"), [(House(), True), (Hut(), False), (Tent(), False)], ids=repr)
def test_parts_of_answers_are_kept_of_exactly_the_classes_that_are_declared(
    value: object, *, is_kept: bool
) -> None:
    assert kinds(House).meet(value) is is_kept


def test_a_class_that_was_met_is_known() -> None:
    met = kinds(House)
    met.meet(House())
    met.meet(Tent())
    assert met == {House: True, Tent: False}


@pytest.mark.parametrize("value", [Cave(), 5, ValueError("given"), Undefined], ids=repr)
def test_what_the_reference_does_not_take_for_a_value_is_not_met(value: object) -> None:
    met = kinds(House)
    with pytest.raises(Discarded):
        met.meet(value)
    assert met == {}


async def test_what_has_to_be_awaited_is_not_met() -> None:
    met = kinds(of=(asyncio.Future,))
    with pytest.raises(Discarded):
        met.meet(asyncio.get_running_loop().create_future())


def test_of_generators_each_is_met_anew() -> None:
    """Some of them are to be awaited, and their class does not tell which."""

    def generated() -> Generator[int]:
        yield 1

    value = generated()
    met = kinds(of=(type(value),))
    met.meet(value)
    assert met == {}
