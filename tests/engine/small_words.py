"""The small schema's scalars, enumerations and inputs."""

from datetime import UTC, datetime
from enum import Enum, IntEnum, StrEnum
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

Moment = NewType("Moment", datetime)
Json = NewType("Json", object)
# Takes whatever it is given for text, as the gateway's own `EmailAddress` does.
Words = NewType("Words", str)


def _parse_moment(value: object) -> datetime:
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    except ValueError:
        raise GraphQLError("This is not a moment.") from None


def _write_moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


SCALARS: dict[object, ScalarDefinition] = {
    Moment: strawberry.scalar(name="Moment", serialize=_write_moment, parse_value=_parse_moment),
    Json: strawberry.scalar(name="Json", serialize=lambda value: value, parse_value=lambda value: value),
    Words: strawberry.scalar(name="Words", serialize=str, parse_value=str),
}


@strawberry.enum
class Colour(StrEnum):
    """Its values are text."""

    RED = "r"
    GREEN = "g"


@strawberry.enum
class Size(IntEnum):
    """Its values are numbers."""

    SMALL = 1
    LARGE = 2


@strawberry.enum
class Taste(Enum):
    """Its values have other names in the graph."""

    SWEET = strawberry.enum_value("sweet", name="LIKE_SUGAR")
    SOUR = strawberry.enum_value("sour", name="LIKE_LEMON")


@strawberry.enum
class Odd(Enum):
    """What a resolver may do with the value that it is to give."""

    GIVES = "GIVES"
    GIVES_NULL = "GIVES_NULL"
    GIVES_COROUTINE = "GIVES_COROUTINE"
    GIVES_FUTURE = "GIVES_FUTURE"
    GIVES_AWAITABLE = "GIVES_AWAITABLE"
    GIVES_LATE_NULL = "GIVES_LATE_NULL"
    GIVES_ERROR = "GIVES_ERROR"
    GIVES_LATE_ERROR = "GIVES_LATE_ERROR"
    GIVES_SOMETHING_ELSE = "GIVES_SOMETHING_ELSE"
    RAISES = "RAISES"
    RAISES_LATE = "RAISES_LATE"


@strawberry.input
class Inner:
    """An input within an input."""

    number: int
    word: str | None = "inner"
    colours: list[Colour] | None = None


@strawberry.input
class Outer:
    """An input with everything in it."""

    inner: Inner
    more: list[Inner | None] | None = None
    size: Size = Size.SMALL
    taste: Taste | None = Taste.SOUR
    moment: Moment | None = None
    anything: Json | None = None
    unset: str | None = strawberry.UNSET
    perhaps: strawberry.Maybe[int | None]


@strawberry.input(one_of=True)
class Choice:
    """One of several."""

    number: int | None = strawberry.UNSET
    inner: Inner | None = strawberry.UNSET
    words: list[str] | None = strawberry.UNSET
