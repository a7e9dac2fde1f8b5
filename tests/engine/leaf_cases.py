"""What parents may have in their attributes, and what of it is a value of which leaf."""

from collections.abc import Callable

from graphql import Undefined

from gateway.engine.execution import Way
from tests.engine.execution_cases import PLAN, REFERENCE, Case, referred
from tests.engine.small_values import Awaited, Leaves, OddError, Thing, World
from tests.engine.small_words import Colour


def _with(**leaves: object) -> Callable[[], World]:
    return lambda: World(leaves=Leaves(**leaves))


def _leaf(name: str, value: object, way: Way = PLAN) -> Case:
    return Case(
        name=f"{name} is {value!r}",
        document=f"{{ leaves {{ {name} }} }}",
        way=way,
        world=_with(**{name: value}),
    )


LEAVES = [
    *(_leaf("whole", value) for value in (0, -(2**31), 2**31 - 1, True, 3.0, "5")),
    *(
        _leaf("whole", value, REFERENCE)
        for value in (2**31, -(2**31) - 1, 3.5, "", "x", [1], float("nan"), {})
    ),
    *(_leaf("broken", value) for value in (1, 0.1, -1e300, True, "1.5")),
    *(_leaf("broken", value, REFERENCE) for value in (float("inf"), float("nan"), "x", "", [], 10**400)),
    *(_leaf("text", value) for value in ("", "\u2028", "\x00", 5, 1.5, True, Colour.RED)),
    *(_leaf("text", value, REFERENCE) for value in ([], {}, float("inf"))),
    *(_leaf("truth", value) for value in (0, 1, 2.5)),
    *(_leaf("truth", value, REFERENCE) for value in ("", "true", [], float("nan"))),
    *(_leaf("key", value) for value in (5, 0, "", "5")),
    *(_leaf("key", value, REFERENCE) for value in (1.5, [], {})),
    *(_leaf("moment", value, REFERENCE) for value in ("noon", 5)),
    *(_leaf("anything", value) for value in ([], {}, "", 0, False, {"a": {"1": [None]}})),
    *(_leaf("colour", value) for value in ("r", Colour.RED)),
    *(_leaf("colour", value, REFERENCE) for value in ("RED", "b", 1, [])),
    *(_leaf("size", value) for value in (1, 2)),
    *(_leaf("size", value, REFERENCE) for value in (3, "1")),
]


async def _late(value: object) -> object:
    return value


def _thing(value: object) -> Callable[[], World]:
    return lambda: World(things=[Thing(best=value)])


# A parent's attribute that has to be awaited, is an error, or is nothing at all.
ATTRIBUTES = [
    *(
        _leaf(name, value, REFERENCE)
        for name in ("text", "words", "key", "moment", "colour")
        for value in (Awaited(lambda: _late(None)), Awaited(lambda: _late("r")), OddError("given"), Undefined)
    ),
    *(
        referred(f"{selection} of {value!r}", f"{{ thing {{ best {{ {selection} }} }} }}", _thing(value))
        for selection in ("__typename", "name number", "told")
        for value in (Awaited(lambda: _late(Thing())), OddError("given"), Undefined)
    ),
]

ALL = [*LEAVES, *ATTRIBUTES]
