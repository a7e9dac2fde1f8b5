"""The classes whose values stand for objects of one type, as far as a plan has met them.

What can be told of a value by its class is told once: whether the reference takes it for a value at all,
whether it is of the type, whether parts of answers are kept of it.
"""

from collections.abc import Callable
from types import GeneratorType
from typing import Any, Final

from graphql import GraphQLObjectType

from gateway.engine.values import demand_ordinary, demand_true

_CLASSES: Final = "classes"


def values_of(*classes: type) -> Any:  # noqa: ANN401 - what Strawberry takes for `is_type_of`
    """An `is_type_of` for a type whose objects are values of these classes, and no others are."""

    def is_type_of(value: object, _: object) -> bool:
        return isinstance(value, classes)

    setattr(is_type_of, _CLASSES, classes)
    return staticmethod(is_type_of)


def type_check(type_: GraphQLObjectType) -> Callable[[object, Any], object] | None:
    """What has to be asked of each value; None where its class tells."""
    return None if hasattr(type_.is_type_of, _CLASSES) else type_.is_type_of


class Kinds(dict[type, bool]):
    """Whether parts of answers are kept of a class's values, by the classes met so far."""

    def __init__(self, type_: GraphQLObjectType, *, keepable: frozenset[type]) -> None:
        super().__init__()
        self._classes: tuple[type, ...] | None = getattr(type_.is_type_of, _CLASSES, None)
        self._keepable = keepable

    def meet(self, value: object) -> bool:
        """A value of a class that was not met before: whether parts of answers are kept of it.

        Raises:
            Discarded: the reference does not take it for one of the type.
        """
        demand_ordinary(value)
        if self._classes is not None:
            demand_true(isinstance(value, self._classes))
        kept = value.__class__ in self._keepable
        if not isinstance(value, GeneratorType):  # some of these are coroutines, and some are not
            self[value.__class__] = kept
        return kept
