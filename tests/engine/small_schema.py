"""A small schema with every kind of thing that an executor has to know of, and a few that plans do not.

Its types are in `small_types.py`, what they read in `small_values.py`; a `World` is the context.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from enum import Enum
from typing import Any

import strawberry
from graphql import GraphQLInputObjectType, GraphQLSchema
from graphql.pyutils import is_awaitable
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from tests.engine import small_values as values
from tests.engine.small_questions import Arguments, Questions
from tests.engine.small_types import (
    Animal,
    Cat,
    CatOrDog,
    Circle,
    Dog,
    FullLeaves,
    Info,
    Leaves,
    Shape,
    Square,
    Thing,
    Unshaped,
)
from tests.engine.small_words import SCALARS, Odd, Words

_ODD_NUMBERS: dict[Odd, object] = {Odd.GIVES_SOMETHING_ELSE: 2**40}


class Nobody(BasePermission):
    """Refuses the field where the context has another name than `world`."""

    message = "Not for you."

    def has_permission(self, source: object, info: Any, **_: object) -> bool:  # noqa: ANN401, ARG002
        return bool(info.context.name == "world")


class Louder(FieldExtension):
    """Says it louder."""

    def resolve(self, next_: Callable[..., object], source: object, info: object, **given: object) -> str:
        return str(next_(source, info, **given)).upper()


@strawberry.enum
class Kind(Enum):
    """What a list may be in Python."""

    LIST = "LIST"
    TUPLE = "TUPLE"
    SET = "SET"
    KEYS = "KEYS"
    GENERATOR = "GENERATOR"
    ASYNCHRONOUS = "ASYNCHRONOUS"
    COROUTINES = "COROUTINES"
    DICT = "DICT"
    TEXT = "TEXT"
    NUMBER = "NUMBER"


async def _asynchronous(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


async def _later(item: object) -> object:
    return item


def listed(kind: Kind, items: list[Any]) -> Any:  # noqa: ANN401 - whatever it is
    """The items as such a list."""
    ways: dict[Kind, Callable[[list[Any]], object]] = {
        Kind.LIST: list,
        Kind.TUPLE: tuple,
        Kind.SET: lambda given: {given[0]},
        Kind.KEYS: lambda given: dict.fromkeys(given).keys(),
        Kind.GENERATOR: values.generated,
        Kind.ASYNCHRONOUS: _asynchronous,
        Kind.COROUTINES: lambda given: [_later(item) for item in given],
        Kind.DICT: lambda given: dict.fromkeys(given, 1),
        Kind.TEXT: lambda _: "text",
        Kind.NUMBER: lambda _: 5,
    }
    return ways[kind](items)


@strawberry.type
class Lists:
    """Lists of every kind."""

    @strawberry.field
    def numbers(self, kind: Kind = Kind.LIST) -> list[int | None] | None:
        return listed(kind, [3, None, 1])  # type: ignore[no-any-return]

    @strawberry.field
    def full_numbers(self, kind: Kind = Kind.LIST) -> list[int]:
        return listed(kind, [3, 1])  # type: ignore[no-any-return]

    @strawberry.field
    def holed_numbers(self) -> list[int]:
        return [1, None, 2]  # type: ignore[list-item]

    @strawberry.field
    def tables(self, kind: Kind = Kind.LIST) -> list[list[Words | None] | None]:
        return listed(kind, [("a", None), None, ("b",)])  # type: ignore[no-any-return]

    @strawberry.field
    def things(self, info: Info, kind: Kind = Kind.LIST) -> list[Thing | None]:
        return listed(kind, list(info.context.things))  # type: ignore[no-any-return]

    @strawberry.field
    async def things_later(self, info: Info, kind: Kind = Kind.LIST) -> list[Thing]:
        return listed(kind, list(info.context.things))  # type: ignore[no-any-return]

    @strawberry.field
    def animals(self, info: Info, kind: Kind = Kind.LIST) -> list[Animal | None] | None:
        return listed(kind, list(info.context.animals))  # type: ignore[no-any-return]

    @strawberry.field
    def odds(self, how: list[Odd]) -> list[Thing | None]:
        return [values.oddly(one, values.Thing()) for one in how if one is not Odd.RAISES]  # type: ignore[misc]

    @strawberry.field
    def full_odds(self, how: list[Odd]) -> list[int]:
        return [values.oddly(one, 1) for one in how if one is not Odd.RAISES]  # type: ignore[misc]


@strawberry.type
class Oddities:
    """Fields whose functions do what they are told to."""

    @strawberry.field
    def text(self, how: Odd) -> str | None:
        return values.oddly(how, "text")  # type: ignore[return-value]

    @strawberry.field
    def full_text(self, how: Odd) -> str:
        return values.oddly(how, "text")  # type: ignore[return-value]

    @strawberry.field
    def words(self, how: Odd) -> Words | None:
        return values.oddly(how, "words")  # type: ignore[return-value]

    @strawberry.field
    def number(self, how: Odd) -> int | None:
        return values.oddly(how, _ODD_NUMBERS.get(how, 4))  # type: ignore[return-value]

    @strawberry.field
    def thing(self, how: Odd) -> Thing | None:
        return values.oddly(how, values.Thing())  # type: ignore[return-value]

    @strawberry.field
    def full_thing(self, how: Odd) -> Thing:
        return values.oddly(how, values.Thing())  # type: ignore[return-value]

    @strawberry.field
    async def late_thing(self, how: Odd) -> Thing:
        given = values.oddly(how, values.Thing())
        return await given if is_awaitable(given) else given  # type: ignore[return-value]

    @strawberry.field
    def animal(self, how: Odd) -> Animal | None:
        return values.oddly(how, values.Cat())  # type: ignore[return-value]

    @strawberry.field
    def either(self, how: Odd) -> CatOrDog:
        return values.oddly(how, values.Dog())  # type: ignore[return-value]

    @strawberry.field
    def things(self, how: Odd) -> list[Thing] | None:
        return values.oddly(how, [values.Thing()])  # type: ignore[return-value]

    @strawberry.field
    def more(self, how: Odd) -> "Oddities | None":
        return values.oddly(how, self)  # type: ignore[return-value]

    @strawberry.field
    def full_more(self, how: Odd) -> "Oddities":
        return values.oddly(how, self)  # type: ignore[return-value]


@strawberry.type
class Query:
    """Reading."""

    arguments: Arguments = strawberry.field(resolver=Arguments)
    questions: Questions = strawberry.field(resolver=Questions)
    lists: Lists = strawberry.field(resolver=Lists)
    odd: Oddities = strawberry.field(resolver=Oddities)
    one: int = strawberry.field(resolver=lambda: 1)

    @strawberry.field
    def leaves(self, info: Info) -> Leaves | None:
        return info.context.leaves  # type: ignore[return-value]

    @strawberry.field
    async def full_leaves(self, info: Info) -> FullLeaves | None:
        return info.context.leaves  # type: ignore[return-value]

    @strawberry.field
    def thing(self, info: Info) -> Thing | None:
        return next(iter(info.context.things), None)

    @strawberry.field
    def awaited(self, info: Info, name: str) -> Thing | None:
        return info.context.future(name)  # type: ignore[return-value]

    @strawberry.field
    async def waited_for(self, info: Info, name: str) -> Thing | None:
        info.context.calls.append(f"began {name}")
        try:
            return await asyncio.shield(info.context.future(name))  # type: ignore[return-value]
        finally:
            info.context.calls.append(f"ended {name}")

    @strawberry.field
    def animals(self, info: Info) -> list[Animal]:
        return info.context.animals  # type: ignore[no-any-return]

    @strawberry.field
    async def either(self, info: Info) -> list[CatOrDog | None]:
        return info.context.animals  # type: ignore[no-any-return]

    @strawberry.field
    def shapes(self, info: Info) -> list[Shape | None]:
        return info.context.figures  # type: ignore[no-any-return]

    @strawberry.field(permission_classes=[Nobody])
    def secret(self) -> str | None:
        return "secret"

    @strawberry.field(extensions=[Louder()])
    def loud(self) -> str:
        return "loud"


@strawberry.type
class Mutation:
    """Writing."""

    @strawberry.mutation
    def write(self, info: Info) -> int:
        info.context.calls.append("write")
        return len(info.context.calls)


@strawberry.type
class Subscription:
    """Listening."""

    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


class SmallSchema(strawberry.Schema):
    """Gives the schema as graphql-core has it."""

    @property
    def core(self) -> GraphQLSchema:
        return self._schema


def create_schema() -> GraphQLSchema:
    """The small schema, as graphql-core has it."""
    schema = SmallSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Cat, Dog, Circle, Square, Unshaped],
        config=StrawberryConfig(scalar_map=SCALARS),
    ).core
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            type_.is_one_of = type_.extensions["strawberry-definition"].is_one_of
    return schema
