"""Copies of input values, which a function may change without changing them for others."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any

# They give the same each time.
_HARMLESS_FACTORIES = (MISSING, list, dict)
UNCHANGEABLE = (str, int, float, bool, Enum, type(None))


def is_copyable(value: object) -> bool:
    """Whether `copied` makes a value that is as if it had been made anew."""
    if isinstance(value, UNCHANGEABLE):
        return True
    if type(value) is list:
        return all(map(is_copyable, value))
    if type(value) is dict:
        return all(map(is_copyable, value.values()))
    return _is_plain_input(value) and all(map(is_copyable, vars(value).values()))


def copied(value: Any) -> Any:  # noqa: ANN401 - the same type
    """A copy of a value that `is_copyable`."""
    if isinstance(value, UNCHANGEABLE):
        return value
    if type(value) is list:
        return [copied(item) for item in value]
    if type(value) is dict:
        return {name: copied(item) for name, item in value.items()}
    copy = object.__new__(value.__class__)
    vars(copy).update({name: copied(item) for name, item in vars(value).items()})
    return copy


def _is_plain_input(value: object) -> bool:
    """Whether it is an input object of Strawberry's without a way of its own to be made."""
    class_ = value.__class__
    definition = getattr(class_, "__strawberry_definition__", None)
    return (
        definition is not None
        and definition.is_input
        and definition.from_input is None
        and is_dataclass(class_)
        and isinstance(getattr(value, "__dict__", None), Mapping)
        and class_.__new__ is object.__new__
        and _is_generated(class_.__init__)
        and not hasattr(class_, "__post_init__")
        and all(field.default_factory in _HARMLESS_FACTORIES for field in fields(class_))
        and not any("__slots__" in vars(base) for base in class_.__mro__[:-1])
    )


def _is_generated(function: Any) -> bool:  # noqa: ANN401 - functions have no type in common
    """Whether `dataclasses` has written it."""
    return getattr(getattr(function, "__code__", None), "co_filename", None) == "<string>"
