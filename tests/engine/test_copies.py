"""gateway/engine/copies.py: copies of input values are equal and nobody else's, and some values have none."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum, IntEnum
from itertools import count
from typing import Any, Self

import pytest
import strawberry
from hypothesis import given
from hypothesis import strategies as st
from strawberry.types import get_object_definition

from gateway.engine.copies import copied, is_copyable

ORDER = count()


class Colour(Enum):
    RED = "r"
    GREEN = "g"


class Size(IntEnum):
    SMALL = 1


@strawberry.input
class Inner:
    number: int
    words: list[str] = strawberry.field(default_factory=list)
    colour: Colour = Colour.RED


@strawberry.input
class Outer:
    inner: Inner
    more: list[Inner | None] | None = None
    anything: Any = None


@strawberry.input
class Longer(Inner):
    rest: str = ""


def as_plain(value: object) -> object:
    """A value's classes and contents, to be compared."""
    if dataclasses.is_dataclass(value):
        return (value.__class__, as_plain(vars(value)))
    if isinstance(value, dict):
        return {name: as_plain(item) for name, item in value.items()}
    return [as_plain(item) for item in value] if isinstance(value, list) else (value.__class__, value)


def changeable_of(value: object) -> set[int]:
    """The identities of all in a value that somebody could change."""
    if isinstance(value, list):
        return {id(value)}.union(*map(changeable_of, value))
    if isinstance(value, dict):
        return {id(value)}.union(*map(changeable_of, value.values()))
    return {id(value)} | changeable_of(vars(value)) if dataclasses.is_dataclass(value) else set()


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from([*Colour, *Size, strawberry.ID("id")])
)
INNERS = st.builds(Inner, number=st.integers(), words=st.lists(st.text(), max_size=3))
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)
OUTERS = st.builds(Outer, inner=INNERS, more=st.none() | st.lists(st.none() | INNERS), anything=JSON)
LONGERS = st.builds(Longer, number=st.integers(), rest=st.text())
INPUTS = JSON | INNERS | OUTERS | LONGERS | st.dictionaries(st.text(max_size=3), st.lists(OUTERS, max_size=2))


@given(INPUTS)
def test_input_values_can_be_copied(value: object) -> None:
    assert is_copyable(value)


@given(INPUTS)
def test_a_copy_is_equal(value: object) -> None:
    assert as_plain(copied(value)) == as_plain(value)


@given(INPUTS)
def test_a_copy_shares_nothing_that_could_be_changed(value: object) -> None:
    assert not changeable_of(copied(value)) & changeable_of(value)


def test_what_a_function_does_to_its_copy_does_nothing_to_the_value() -> None:
    value = Outer(inner=Inner(number=1, words=["a"]), more=[Inner(number=2)], anything={"deep": [1]})
    before, copy = as_plain(value), copied(value)
    copy.inner.number = 5
    copy.inner.words.append("b")
    copy.more.clear()
    copy.anything["deep"].append(2)
    copy.another = "attribute"
    assert as_plain(value) == before


def test_what_cannot_be_changed_stays_itself() -> None:
    text = "some text that is not kept by Python itself".title()
    assert copied(text) is text


def test_members_of_an_enumeration_stay_themselves() -> None:
    assert copied([Colour.GREEN, Size.SMALL]) == [Colour.GREEN, Size.SMALL]


# ---------------------------------------------------------------- what has a way of its own to be made


@strawberry.input
class Counting:
    number: int

    def __post_init__(self) -> None:
        self.seen: list[object] = []


class Prepared:
    def __post_init__(self) -> None:
        """Whatever this does, it does to every value that is made."""


@strawberry.input
class Inherited(Prepared):
    number: int


@strawberry.input
class Slotted:
    __slots__ = ("number",)
    number: int


class Narrow:
    __slots__ = ("hidden",)


@strawberry.input
class Broad(Narrow):
    number: int


@strawberry.input
class Made:
    number: int

    def __new__(cls, *_: object, **__: object) -> Self:
        return super().__new__(cls)


@strawberry.input
class Given:
    number: int

    @staticmethod
    def from_input(class_: type, value: Mapping[str, Any], _: object) -> Any:  # noqa: ANN401
        return class_(number=value["number"] + 1)


get_object_definition(Given, strict=True).from_input = Given.from_input


@strawberry.input
class Numbered:
    number: int

    def __init__(self, *, number: int) -> None:
        self.number = number
        self.order = next(ORDER)


@strawberry.input
class Marked:
    number: int
    order: strawberry.Private[int] = dataclasses.field(default_factory=lambda: next(ORDER))


class Filling:
    """Fills in an input, and is no function."""

    def __call__(self, **_: object) -> None:
        next(ORDER)


@strawberry.input
class Filled:
    number: int = 1


Filled.__init__ = Filling()  # type: ignore[method-assign,assignment]

UNCOPYABLE = [
    Counting(number=1),
    Inherited(number=1),
    Slotted(number=1),
    Broad(number=1),
    Made(number=1),
    Given(number=1),
    Numbered(number=1),
    Marked(number=1),
    Filled(number=1),
]


def _named(value: object) -> str:
    return type(value).__name__


@pytest.mark.parametrize("value", UNCOPYABLE, ids=_named)
def test_an_input_that_is_made_in_a_way_of_its_own_is_not_copied(value: object) -> None:
    assert not is_copyable(value)


@strawberry.type
class Output:
    number: int


@dataclasses.dataclass
class Plain:
    number: int


class OwnList(list[int]):
    pass


class OwnDict(dict[str, int]):
    pass


OTHERS = [
    *(Output(number=1), Plain(number=1), OwnList(), OwnDict(), (1,), {1}, b"bytes", object(), Inner),
    *(datetime(2026, 11, 25, tzinfo=UTC), strawberry.UNSET, strawberry.Some(1)),
]


@pytest.mark.parametrize("value", OTHERS, ids=_named)
def test_what_is_no_input_is_not_copied(value: object) -> None:
    assert not is_copyable(value)


@pytest.mark.parametrize(
    "value",
    [
        [1, [Counting(number=1)]],
        {"a": {"b": Counting(number=1)}},
        Inner(number=1, words=[Counting(number=1)]),  # type: ignore[list-item]
        Outer(inner=Inner(number=1), anything=Counting(number=1)),
    ],
    ids=_named,
)
def test_nothing_is_copied_that_holds_what_is_not(value: object) -> None:
    assert not is_copyable(value)
