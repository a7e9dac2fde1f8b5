"""Which fields an operation asks of an object, fragments spread and directives obeyed.

As https://spec.graphql.org/September2025/#sec-Field-Collection says. `@skip` and `@include` must be known:
where a variable decides, there is one plan for each of its values.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)
from graphql.language import Visitor, visit

from gateway.engine.departures import Unsupported

Fields = dict[str, list[FieldNode]]
"""The nodes that stand for one entry of the answer, by the entry's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selections:
    """Collects fields in one document.

    Attributes:
        decided: the values of the variables in `@skip` and `@include`.
    """

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode] = field(repr=False)
    decided: Mapping[str, bool]

    def of(self, selection_sets: Iterable[SelectionSetNode | None], type_: GraphQLObjectType) -> Fields:
        """What the selection sets ask of an object of this type, in the order of the answer."""
        found: Fields = {}
        spread: set[str] = set()
        for selections in selection_sets:
            if selections is not None:
                self._collect(selections.selections, type_, found, spread)
        return found

    def _collect(
        self, selections: Iterable[SelectionNode], type_: GraphQLObjectType, found: Fields, spread: set[str]
    ) -> None:
        for node in selections:
            if not self._is_included(node.directives):
                continue
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._fits(node.type_condition.name.value, type_):
                    self._collect(node.selection_set.selections, type_, found, spread)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._fits(fragment.type_condition.name.value, type_):
                    self._collect(fragment.selection_set.selections, type_, found, spread)

    def _fits(self, name: str, type_: GraphQLObjectType) -> bool:
        condition = self.schema.type_map[name]
        if condition is type_:
            return True
        return is_abstract_type(condition) and self.schema.is_sub_type(condition, type_)

    def _is_included(self, directives: Iterable[DirectiveNode] | None) -> bool:
        for directive in directives or ():
            name = directive.name.value
            if name not in {"skip", "include"}:
                raise Unsupported
            [argument] = directive.arguments or ()
            value = argument.value
            if isinstance(value, VariableNode):
                decided = self.decided[value.name.value]
            elif isinstance(value, BooleanValueNode):
                decided = value.value
            else:
                raise Unsupported
            if decided is (name == "skip"):
                return False
        return True


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments of a document by their names."""
    return {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}


def deciding_variables(document: DocumentNode, operation: OperationDefinitionNode) -> tuple[str, ...]:
    """The variables that stand in `@skip` and `@include` of the operation and of what it spreads."""
    looking, fragments, seen = _Deciding(), fragments_of(document), 0
    visit(operation, looking)
    while seen < len(looking.spread):
        visit(fragments[list(looking.spread)[seen]], looking)
        seen += 1
    return tuple(looking.found)


class _Deciding(Visitor):
    """What `deciding_variables` finds."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, None] = {}
        self.spread: dict[str, None] = {}

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.found[argument.value.name.value] = None

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.spread[node.name.value] = None
