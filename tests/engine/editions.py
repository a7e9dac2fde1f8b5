"""A schema whose functions read a world that changes, and who asks it what."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import strawberry
from graphql import GraphQLSchema

from gateway.engine.engine import Engine
from gateway.engine.execution import Way
from gateway.engine.fields import LASTS, Lasts
from gateway.engine.fragments import Edition
from gateway.engine.kinds import values_of
from tests.engine.comparing import by_engine, by_reference, planned, valid
from tests.engine.small_schema import SmallSchema


@dataclass(frozen=True, kw_only=True)
class House:
    """Immutable; who lives in it only the world knows."""

    name: str
    beside: "House | None" = None


@dataclass(frozen=True, kw_only=True)
class Hut(House):
    """Of no class that parts of answers are kept of."""


@dataclass(kw_only=True)
class World:
    """What can be read, by whom; the context of an operation.

    Attributes:
        tenants: by the names of the houses.
        number: of the edition.
        has_edition: whether it can be said which that is.
        audience: who reads: each is told of the tenants in a way of its own.
        calls: of the functions, by the names of the houses.
        meanwhile: what happens while somebody waits for the houses.
        on_read: what happens when somebody has read.
        is_slow: whether what is read has to be awaited.
    """

    houses: list[House]
    tenants: dict[str, str] = field(default_factory=dict)
    number: int = 1
    has_edition: bool = True
    audience: str = "anybody"
    calls: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    on_read: Callable[[], object] = lambda: None
    is_slow: bool = False

    def edition(self) -> Edition | None:
        """What the audience reads now."""
        return Edition(self.audience, self.number) if self.has_edition else None

    def change(self, name: str, tenant: str) -> None:
        """Somebody else lives there now."""
        self.tenants[name] = tenant
        self.number += 1

    def tenant_of(self, house: House) -> str:
        """Who lives there, as the audience is told."""
        self.calls.append(house.name)
        told = f"{self.tenants.get(house.name, 'nobody')}, told to {self.audience}"
        self.on_read()
        return told


Info = strawberry.Info[World, None]


def tenant_of(root: strawberry.Parent[House], info: Info, greeting: str = "") -> str:
    """Good for an edition."""
    told = greeting + info.context.tenant_of(root)
    return _later(told) if info.context.is_slow else told  # type: ignore[return-value]


async def _later(told: str) -> str:
    await asyncio.sleep(0)
    return told


def neighbour_of(root: strawberry.Parent[House], info: Info) -> "ShownHouse | None":
    """Likewise, an object that can be asked for more."""
    del info
    return root.beside  # type: ignore[return-value]


def person_of(root: strawberry.Parent[House], info: Info) -> "Person":
    """Likewise, an object."""
    return Person(name=info.context.tenant_of(root))


@strawberry.type(name="Person")
class Person:
    name: str


EDITION = {LASTS: Lasts.EDITION}


@strawberry.type(name="House")
class ShownHouse:
    """Reads a `House`."""

    name: str
    beside: "ShownHouse | None"
    tenant: str = strawberry.field(resolver=tenant_of, metadata=EDITION)
    person: Person = strawberry.field(resolver=person_of, metadata=EDITION)
    neighbour: "ShownHouse | None" = strawberry.field(resolver=neighbour_of, metadata=EDITION)
    always: str = strawberry.field(resolver=tenant_of, metadata={LASTS: Lasts.ALWAYS})
    now: str = strawberry.field(resolver=tenant_of)

    is_type_of = values_of(House)


@strawberry.type
class Query:
    """Reading."""

    @strawberry.field
    def house(self, info: Info) -> ShownHouse:
        return info.context.houses[0]  # type: ignore[return-value]

    @strawberry.field
    def houses(self, info: Info) -> list[ShownHouse]:
        return info.context.houses  # type: ignore[return-value]

    @strawberry.field
    async def late_houses(self, info: Info) -> list[ShownHouse]:
        await asyncio.sleep(0)
        info.context.meanwhile()
        return info.context.houses  # type: ignore[return-value]


SCHEMA: GraphQLSchema = SmallSchema(query=Query).core


def new_engine() -> Engine:
    """One that keeps what it is told of houses."""
    return Engine(SCHEMA, keepable_of_edition=[House], edition_of=World.edition)


class Asking:
    """One document, asked again and again."""

    def __init__(self, document: str) -> None:
        self.operation = planned(valid(SCHEMA, document))

    async def answer(self, engine: Engine, world: World, **variables: object) -> str:
        """What the engine answers, by a plan."""
        outcome = await by_engine(engine, self.operation, context=world, variables=variables)
        assert outcome.way is Way.PLAN, outcome.text
        return outcome.text

    async def expected(self, world: World, **variables: object) -> str:
        """What graphql-core alone answers."""
        return await by_reference(SCHEMA, self.operation, context=world, variables=variables)

    async def calls(self, engine: Engine, world: World, **variables: object) -> list[str]:
        """Of which houses the world is asked for an answer, which is the right one."""
        world.calls.clear()
        text = await self.answer(engine, world, **variables)
        calls = list(world.calls)
        assert text == await self.expected(world, **variables)
        return calls
