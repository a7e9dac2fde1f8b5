"""What one document may ask for, found out before anything runs.

Fragments count wherever they are spread, as often as they are: each is measured once, and its measure is
added at every spread, so a document that spreads fragments within fragments is measured in no time.
Introspection is measured by the library's own rule and left out here.
"""

from collections.abc import Mapping

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


class DocumentLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The most that a document may hold.

    Attributes:
        depth: of fields within fields.
        aliases: fields that are given another name.
        directives: uses of directives, in the operation and in what it spreads.
        root_fields: fields of the operation itself.
        cost: see `gateway.graph.cost`.
    """

    document_bytes: int = 32 * 1024
    tokens: int = 1_000
    depth: int = 10
    aliases: int = 15
    directives: int = 50
    root_fields: int = 20
    cost: int = 100_000


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """What a part of a document holds; names are those of `DocumentLimits`."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0


class TooComplex(GraphQLError):
    """A document asks for more than it may.

    Attributes:
        name: of the limit.
        actual: what the document asks for.
        limit: what it may ask for.
    """

    def __init__(self, *, name: str, actual: int, limit: int) -> None:
        """Both figures stand in the message and in `extensions`."""
        words = name.replace("_", " ")
        super().__init__(
            f"The document's {words} would be {actual}; the limit is {limit}.",
            extensions={"limit": limit, "actual": actual},
        )
        self.name = name
        self.actual = actual
        self.limit = limit


def measure(document: DocumentNode, operation: OperationDefinitionNode) -> Measure:
    """What `operation` holds; `document` must be valid (fragments without cycles)."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    return _Measuring(fragments).operation(operation)


def check(found: Measure, limits: DocumentLimits) -> list[GraphQLError]:
    """One error for every limit that `found` exceeds."""
    pairs = (
        ("depth", found.depth, limits.depth),
        ("aliases", found.aliases, limits.aliases),
        ("directives", found.directives, limits.directives),
        ("root_fields", found.root_fields, limits.root_fields),
    )
    return [
        TooComplex(name=name, actual=actual, limit=limit) for name, actual, limit in pairs if actual > limit
    ]


class _Measuring:
    """One walk over an operation; fragments are measured once."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._measured: dict[str, Measure] = {}

    def operation(self, operation: OperationDefinitionNode) -> Measure:
        inside = self._selections(operation.selection_set)
        return Measure(
            depth=inside.depth,
            aliases=inside.aliases,
            directives=inside.directives + len(operation.directives or ()),
            root_fields=inside.root_fields,
        )

    def _selections(self, selections: SelectionSetNode) -> Measure:
        parts = [self._selection(selection) for selection in selections.selections]
        return Measure(
            depth=max((part.depth for part in parts), default=0),
            aliases=sum(part.aliases for part in parts),
            directives=sum(part.directives for part in parts),
            root_fields=sum(part.root_fields for part in parts),
        )

    def _selection(self, selection: object) -> Measure:
        if isinstance(selection, FieldNode):
            return self._field(selection)
        if isinstance(selection, FragmentSpreadNode):
            return _with_directives(self._fragment(selection.name.value), selection)
        if isinstance(selection, InlineFragmentNode):
            return _with_directives(self._selections(selection.selection_set), selection)
        raise TypeError(f"unknown selection {type(selection).__name__}")

    def _field(self, field: FieldNode) -> Measure:
        introspects = field.name.value in {"__schema", "__type"}
        inside = (
            Measure() if introspects or field.selection_set is None else self._selections(field.selection_set)
        )
        return Measure(
            depth=inside.depth + 1,
            aliases=inside.aliases + (field.alias is not None),
            directives=inside.directives + len(field.directives or ()),
            root_fields=1,
        )

    def _fragment(self, name: str) -> Measure:
        if name not in self._measured:
            definition = self._fragments[name]
            inside = self._selections(definition.selection_set)
            self._measured[name] = _with_directives(inside, definition)
        return self._measured[name]


def _with_directives(
    inside: Measure, node: FragmentSpreadNode | InlineFragmentNode | FragmentDefinitionNode
) -> Measure:
    return Measure(
        depth=inside.depth,
        aliases=inside.aliases,
        directives=inside.directives + len(node.directives or ()),
        root_fields=inside.root_fields,
    )
