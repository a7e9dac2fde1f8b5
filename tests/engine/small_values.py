"""The small schema's values: what its resolvers give, and what they find in the context."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from graphql import Undefined

from tests.engine.small_words import Colour, Odd, Size, Taste

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Leaves:
    """One attribute for each kind of leaf; tests put odd values in."""

    whole: Any = 7
    broken: Any = 2.5
    text: Any = 'text with "quotes", \\ and \N{SNOWMAN}'
    truth: Any = True
    key: Any = "key"
    moment: Any = NOON
    anything: Any = field(default_factory=lambda: {"list": [1, None, {"deep": 0.5}], "": "empty"})
    words: Any = "words"
    colour: Any = Colour.GREEN
    size: Any = Size.LARGE
    taste: Any = Taste.SWEET


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Immutable: parts of answers about it may be kept."""

    name: Any = "thing"
    number: Any = 1
    colour: Any = Colour.RED
    parts: Any = ()
    best: Any = None


@dataclass(frozen=True, kw_only=True)
class Cat:
    """An animal."""

    name: Any = "Tom"
    lives: Any = 9
    friend: Any = None


@dataclass(frozen=True, kw_only=True)
class Dog:
    """An animal too."""

    name: Any = "Rex"
    barks: Any = True
    age: Any = 3
    friend: Any = None


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A shape says itself of which type it is."""

    kind: Any = "Circle"
    area: Any = 3.0


class Awaited:
    """Neither a coroutine nor a future, but can be awaited."""

    def __init__(self, make: Callable[[], Awaitable[object]]) -> None:
        self._make = make

    def __repr__(self) -> str:
        return "Awaited"

    def __await__(self) -> Generator[Any, None, object]:
        return self._make().__await__()


class OddError(Exception):
    """An error that has what some type reads."""

    name = "an error's own name"
    number = 13


class ManyError(Exception):
    """An error that can be gone through, as a list can."""

    def __iter__(self) -> Iterator[Thing]:
        return iter([Thing()])


@dataclass(kw_only=True)
class World:
    """The context of one execution.

    Attributes:
        leaves, things, animals, figures: what there is.
        odd: what is given instead of the `odd` that is asked for, by its name in the document.
        futures: what `awaited` gives, by name; what is not there comes in the event loop's next turn.
        calls: of the functions that write down that they were called.
    """

    leaves: Leaves = field(default_factory=Leaves)
    things: Any = field(
        default_factory=lambda: (Thing(parts=(Thing(name="part", number=2),)), Thing(name="other", number=3))
    )
    animals: Any = field(
        default_factory=lambda: [Cat(friend=Dog(friend=Cat(name="Tim"))), Dog(name="Max", barks=False)]
    )
    figures: Any = field(default_factory=lambda: [Figure(), Figure(kind="Square", area=4.0)])
    name: str = "world"
    futures: dict[str, asyncio.Future[object]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def future(self, name: str) -> asyncio.Future[object]:
        """The one with this name, for everybody who asks."""
        if name not in self.futures:
            loop = asyncio.get_running_loop()
            self.futures[name] = loop.create_future()
            loop.call_soon(_set_unless_done, self.futures[name], Thing(name=name))
        return self.futures[name]


def oddly(how: Odd, value: object) -> object:
    """`value` or something else, in the way that was asked for."""

    async def later(result: object) -> object:
        await asyncio.sleep(0)
        return result

    async def fail_later() -> object:
        await asyncio.sleep(0)
        raise OddError("raised late")

    def fail() -> object:
        raise OddError("raised")

    ways: dict[Odd, Callable[[], object]] = {
        Odd.GIVES: lambda: value,
        Odd.GIVES_NULL: lambda: None,
        Odd.GIVES_COROUTINE: lambda: later(value),
        Odd.GIVES_FUTURE: lambda: asyncio.ensure_future(later(value)),
        Odd.GIVES_AWAITABLE: lambda: Awaited(lambda: later(value)),
        Odd.GIVES_LATE_NULL: lambda: later(None),
        Odd.GIVES_ERROR: lambda: OddError("given"),
        Odd.GIVES_LATE_ERROR: lambda: later(OddError("given late")),
        Odd.GIVES_SOMETHING_ELSE: lambda: object,
        Odd.RAISES: fail,
        Odd.RAISES_LATE: fail_later,
    }
    return ways[how]()


def generated(items: Sequence[object]) -> Generator[object]:
    """The items, once."""
    yield from items


def _set_unless_done(future: asyncio.Future[object], value: object) -> None:
    if not future.done():
        future.set_result(value)


_ODD_VALUES: tuple[object, ...] = (
    *(None, 5, -1, True, 2**40, 1.5, float("nan"), "", "r", "RED", [], {"a": 1}, int, Undefined),
    *(Colour.RED, Size.SMALL, Taste.SOUR, NOON, OddError("given"), Thing(name="odd"), Cat(name="odd")),
)


def world_at_random(random: Random) -> World:
    """A world with odd values here and there; the same from the same numbers."""

    def oddly_made(made: Any, chance: float, **given: object) -> Any:  # noqa: ANN401
        names = [
            name for name in made.__dataclass_fields__ if name != "anything" and random.random() < chance
        ]
        return made(**{**given, **{name: random.choice(_ODD_VALUES) for name in names}})

    def things(depth: int) -> list[Any]:
        return [
            oddly_made(Thing, 0.02, name=f"thing {depth}", parts=things(depth - 1) if depth else ())
            for _ in range(random.randint(0, 3))
        ]

    def animal(depth: int) -> Any:  # noqa: ANN401
        friend = animal(depth - 1) if depth and random.random() < 0.7 else None
        return oddly_made(random.choice([Cat, Dog]), 0.02, friend=friend)

    kinds = random.choice([("Circle", "Square"), ("Circle", "Square", "Nowhere", "late", "slow", "doubtful")])
    return World(
        leaves=oddly_made(Leaves, random.choice([0, 0.05])),
        things=things(2),
        animals=[animal(2) for _ in range(random.randint(0, 4))],
        figures=[oddly_made(Figure, 0.02, kind=random.choice(kinds)) for _ in range(random.randint(0, 3))],
        name=random.choice(["world", "world", "elsewhere"]),
    )
