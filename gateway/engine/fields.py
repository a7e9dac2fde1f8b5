"""How a field gets its value: read off the parent, or asked of a function. What Strawberry's resolvers do.

Everything that Strawberry puts between a field and its function (permissions, extensions, exception handlers,
a field class of one's own) is something that a plan does not know.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, cast

import msgspec
from graphql import GraphQLField
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from gateway.engine.departures import Unsupported

LASTS = "lasts"
"""In a field's `metadata`: how long its function gives the same for the same parent and arguments."""


class Lasts(IntEnum):
    """How long something is what it is."""

    NOT = 0
    EDITION = 1
    """As long as the context's edition is the same; see `Engine`."""
    ALWAYS = 2


_DEFINITION = "strawberry-definition"


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """The value is an attribute of the parent."""

    name: str


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """The value is what a function returns, or what that will become.

    Attributes:
        parent: the name of the parameter that takes the parent; None without one.
        info: the name of the parameter that takes Strawberry's `Info`; None without one.
        takes_self: whether the parent is the first positional argument.
        arguments: those of the field.
        lasts: see `LASTS`.
    """

    field: StrawberryField
    call: Callable[..., Any]
    parent: str | None
    info: str | None
    takes_self: bool
    arguments: list[StrawberryArgument]
    lasts: Lasts


def reading_of(field: GraphQLField) -> Attribute | Function:
    """How `field` gets its value.

    Raises:
        Unsupported: in a way that plans do not know.
    """
    definition = (field.extensions or {}).get(_DEFINITION)
    if type(definition) is not StrawberryField or definition.permission_classes or definition.extensions:
        raise Unsupported
    resolver = definition.base_resolver
    if resolver is None:
        if definition.default_resolver is not getattr or definition.python_name is None:
            raise Unsupported
        return Attribute(name=definition.python_name)
    parents = (resolver.parent_parameter, resolver.root_parameter)
    parent = next((one.name for one in parents if one is not None), None)
    info = resolver.info_parameter
    metadata: Mapping[object, object] = definition.metadata
    return Function(
        field=definition,
        call=cast("Callable[..., Any]", resolver.wrapped_func),
        parent=parent,
        info=None if info is None else info.name,
        takes_self=resolver.self_parameter is not None,
        arguments=definition.arguments,
        lasts=_lasts(metadata.get(LASTS), has_info=info is not None),
    )


def _lasts(declared: object, *, has_info: bool) -> Lasts:
    lasts = declared if isinstance(declared, Lasts) else Lasts.NOT
    # Through `Info` a function finds more than its parent.
    return min(lasts, Lasts.EDITION) if has_info else lasts
