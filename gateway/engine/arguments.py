"""Arguments of an operation's fields, coerced as the reference coerces them.

Arguments without variables are coerced when the plan is made. Every call is given the same ones, unless they
hold something that a function could change: then it gets copies of its own.
"""

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    Node,
    VariableNode,
    get_argument_values,
    is_non_null_type,
)
from graphql.execution.values import VariableValues
from graphql.language import Visitor, visit
from strawberry import ID
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryOptional

from gateway.engine.copies import UNCHANGEABLE, copied, is_copyable
from gateway.engine.departures import Discarded
from gateway.engine.fields import Function, Lasts

Arguments = dict[str, Any]
_PLAIN = (str, int, float, bool, ID)


class FieldArguments:
    """The arguments of one field of an operation, as its function takes them.

    Attributes:
        is_constant: whether every call is given the same values.
    """

    def __init__(
        self,
        function: Function,
        definition: GraphQLField,
        node: FieldNode,
        *,
        schema: Any,  # noqa: ANN401 - Strawberry's own
    ) -> None:
        self._function = function
        self._definition = definition
        self._node = node
        self._config: StrawberryConfig = schema.config
        self._scalars = schema.schema_converter.scalar_registry
        self._direct: Mapping[str, str] | None = None
        self._nullable: set[str] = set()  # of the direct ones
        self._literals: Arguments | None = None  # those beside the direct ones, once they are known
        self._always = None if _holds_variables(node) else self._constant()
        # What gives the same each time changes nothing of what it is given.
        lasts = function.lasts is not Lasts.NOT
        self._are_shared = self._always is not None and (lasts or are_unchangeable(self._always))
        self.is_constant = self._are_shared or (self._always is not None and is_copyable(self._always))
        if self._always is None:
            self._direct = self._direct_variables()

    @property
    def shared(self) -> Arguments | None:
        """Those that all calls may be given; None where each needs its own."""
        return self._always if self._are_shared else None

    def values(self, variables: VariableValues) -> Arguments:
        """For one call, or with variables that are the same: see `are_unchangeable`.

        Raises:
            Discarded: they do not fit.
        """
        if self.is_constant and self._always is not None:
            return self._always if self._are_shared else copied(self._always)
        if self._direct is None:
            return self._coerce(variables)
        return self._with_variables(self._direct, variables.coerced) or self._coerce(variables)

    def _constant(self) -> Arguments | None:
        try:
            return self._coerce(VariableValues({}, {}))
        except Discarded:
            return None

    def _coerce(self, variables: VariableValues) -> Arguments:
        try:
            given = get_argument_values(self._definition, self._node, variables)
            values = convert_arguments(
                given, self._function.arguments, scalar_registry=self._scalars, config=self._config
            )
        except GraphQLError:
            raise Discarded from None
        except Exception:  # noqa: BLE001 - an input type's own code; the reference tells what is wrong
            raise Discarded from None
        if self._direct is not None and self._literals is None:
            literals = {name: value for name, value in values.items() if name not in self._direct}
            self._literals = literals if are_unchangeable(literals) else None
        return values

    def _with_variables(self, direct: Mapping[str, str], coerced: Mapping[str, object]) -> Arguments | None:
        """The values where nothing but variables of plain types has to be put in."""
        if self._literals is None:
            return None
        values = dict(self._literals)
        for argument, variable in direct.items():
            value = coerced.get(variable)
            if value is None and not (variable in coerced and argument in self._nullable):
                return None
            values[argument] = value
        return values

    def _direct_variables(self) -> Mapping[str, str] | None:
        """The variables that stand for whole arguments of plain types, by the arguments' names in Python."""
        given = {argument.name.value: argument.value for argument in self._node.arguments or ()}
        direct: dict[str, str] = {}
        for argument in self._function.arguments:
            name = self._config.name_converter.from_argument(argument)
            value = given.get(name)
            if isinstance(value, VariableNode) and _is_plain(argument.type):
                direct[argument.python_name] = value.name.value
                if not is_non_null_type(self._definition.args[name].type):
                    self._nullable.add(argument.python_name)
            elif value is not None and _variables_in(value):
                return None
        return direct


def are_unchangeable(arguments: Arguments) -> bool:
    """Whether several calls may be given the same ones: no function could change them for the others."""
    return all(isinstance(value, UNCHANGEABLE) for value in arguments.values())


def _is_plain(type_: object) -> bool:
    """Whether values of the type are handed on as they were coerced."""
    if type(type_) is StrawberryOptional:
        type_ = type_.of_type
    return type_ in _PLAIN


def _holds_variables(node: FieldNode) -> bool:
    return any(_variables_in(argument.value) for argument in node.arguments or ())


def _variables_in(value: Node) -> bool:
    looking = _Looking()
    visit(value, looking)
    return looking.has_found


class _Looking(Visitor):
    """What `_variables_in` finds."""

    def __init__(self) -> None:
        super().__init__()
        self.has_found = False

    def enter_variable(self, *_: object) -> None:
        self.has_found = True
