"""What the code of a plan is put together from."""

import msgspec
from graphql import FieldNode, GraphQLField, GraphQLObjectType

from gateway.engine.arguments import FieldArguments
from gateway.engine.fields import Function, Lasts


class AskedField(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the operation, as far as running it takes more than its code.

    Attributes:
        function: None where the value is an attribute of the parent.
        arguments: of the function.
    """

    name: str
    definition: GraphQLField
    parent_type: GraphQLObjectType
    nodes: list[FieldNode]
    function: Function | None
    arguments: FieldArguments | None


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A function that has been written.

    Attributes:
        lasts: how long it gives the same for the same value.
        selection: of an object's function: under which parts of answers are kept.
        familiar: what in the code holds the classes of values that it has met.
    """

    name: str
    lasts: Lasts
    selection: int | None = None
    familiar: str = "ordinary"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an object's answer.

    Attributes:
        before: statements that make `value` of what it is.
        value: the expression that stands in the answer at first.
        after: statements that come when there is an answer to put something into.
    """

    before: list[str]
    value: str
    after: list[str]
    lasts: Lasts


def statements_for(entries: dict[str, Entry]) -> list[str]:
    """Statements that make `answer`."""
    literal = ", ".join(f"{name!r}: {entry.value}" for name, entry in entries.items())
    return [
        *(line for entry in entries.values() for line in entry.before),
        f"answer = {{{literal}}}",
        *(line for entry in entries.values() for line in entry.after),
    ]
