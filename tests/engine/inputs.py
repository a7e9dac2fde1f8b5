"""What several tests of the engine's input give: an enumeration, and an object with a list in it."""

from enum import Enum

import strawberry


@strawberry.enum
class Colour(Enum):
    RED = "r"
    GREEN = "g"


@strawberry.input
class Inner:
    number: int
    words: list[str] | None = None
    colour: Colour = Colour.RED
