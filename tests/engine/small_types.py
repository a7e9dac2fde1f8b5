"""The small schema's types: they read the values of `small_values.py`."""

from typing import Annotated, Any

import strawberry

from gateway.engine.fields import LASTS, Lasts
from tests.engine import small_values as values
from tests.engine.small_words import Colour, Json, Moment, Size, Taste, Words

Info = strawberry.Info[values.World, None]


@strawberry.type
class Leaves:
    """Every leaf, may be null."""

    whole: int | None
    broken: float | None
    text: str | None
    truth: bool | None
    key: strawberry.ID | None
    moment: Moment | None
    anything: Json | None
    words: Words | None
    colour: Colour | None
    size: Size | None
    taste: Taste | None


@strawberry.type
class FullLeaves:
    """Every leaf, never null."""

    whole: int
    broken: float
    text: str
    truth: bool
    key: strawberry.ID
    moment: Moment
    anything: Json
    words: Words
    colour: Colour
    size: Size
    taste: Taste


def title(root: strawberry.Parent[values.Thing], before: str = "the ") -> str:
    """Depends on nothing but the value."""
    return f"{before}{root.name}"


def double(root: strawberry.Parent[values.Thing]) -> values.Thing:
    """Likewise, an object."""
    return values.Thing(name=f"{root.name}{root.name}")


def told(root: strawberry.Parent[values.Thing], info: Info) -> str:
    """Depends on the context."""
    info.context.calls.append("told")
    return f"{info.context.name}: {root.name}"


@strawberry.type
class Thing:
    """Reads `small_values.Thing`."""

    name: str | None
    number: int
    colour: Colour | None
    parts: list["Thing"]
    best: "Thing | None"
    title: str = strawberry.field(resolver=title, metadata={LASTS: Lasts.ALWAYS})
    double: "Thing" = strawberry.field(resolver=double, metadata={LASTS: Lasts.ALWAYS})
    told: str = strawberry.field(resolver=told)

    @strawberry.field
    def joined(self, words: list[str]) -> str:
        """Changes what it was given, which is its own."""
        words.append(str(self.name))
        return " ".join(words)

    @strawberry.field
    def itself(self) -> "Thing":
        return self

    @strawberry.field
    async def later(self, info: Info) -> "Thing | None":
        info.context.calls.append("later")
        return self


async def _later(value: object) -> object:
    return value


@strawberry.interface
class Animal:
    """Known by `is_type_of`."""

    name: str | None
    friend: "Animal | None"


@strawberry.type
class Cat(Animal):
    """Reads `small_values.Cat`."""

    lives: int | None

    @classmethod
    def is_type_of(cls, value: object, _: object) -> bool:
        return isinstance(value, values.Cat)


@strawberry.type
class Dog(Animal):
    """Reads `small_values.Dog`."""

    barks: bool
    age: int | None

    @classmethod
    def is_type_of(cls, value: object, _: object) -> bool:
        return isinstance(value, values.Dog)


@strawberry.interface
class Shape:
    """Known by `resolve_type`."""

    area: float

    @classmethod
    def resolve_type(cls, value: Any, *_: object) -> Any:  # noqa: ANN401 - whatever the test wants
        kinds = {"awaited": values.Awaited(lambda: _later("Circle")), "slow": "Circle", "doubtful": "Circle"}
        return _later("Circle") if value.kind == "late" else kinds.get(value.kind, value.kind)


@strawberry.type
class Circle(Shape):
    """Round. Whether a value is one may take its time to be found out."""

    kind: str

    @classmethod
    def is_type_of(cls, value: Any, _: object) -> Any:  # noqa: ANN401 - likewise
        is_one = value.kind != "doubtful"
        return _later(is_one) if value.kind == "slow" else is_one


@strawberry.type
class Square(Shape):
    """Not round."""

    area: float

    @classmethod
    def is_type_of(cls, value: object, _: object) -> bool:
        return isinstance(value, values.Figure)

    @strawberry.field
    async def side(self) -> float:
        return self.area / 4


@strawberry.type
class Unshaped:
    """No shape."""

    kind: str


CatOrDog = Annotated[Cat | Dog, strawberry.union("CatOrDog")]
