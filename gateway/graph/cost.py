"""What an operation can cost at most, in points, known before anything runs.

One point is one object in the answer; a field that crosses to a platform costs more. A list multiplies
what is selected in it by its size: what `first` or `ids` asks for, or what such a list can hold at most.
The figure is an upper bound of work, not a forecast, after
https://ibm.github.io/graphql-specs/cost-spec.html.
"""

from collections.abc import Mapping
from typing import cast

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    visit,
)
from graphql.language import Visitor

from gateway.access.batches.batch import MAX_TARGETS
from gateway.graph.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

# What a list that nothing limits can hold, where it is not two: by type and field.
LIST_SIZES: Mapping[tuple[str, str], int] = {
    ("Member", "permissions"): 8,
    ("ProjectAccess", "permissions"): 8,
    ("Platform", "roles"): 5,
    ("Project", "roles"): 10,
    ("AccessChangePayload", "results"): MAX_TARGETS,
    ("AccessPlan", "steps"): MAX_TARGETS,
    ("DriftReport", "items"): MAX_TARGETS,
}
DEFAULT_LIST_SIZE = 2

# Fields that may cost a call to a platform for each object that they are asked of.
CALLING_FIELDS: Mapping[tuple[str, str], int] = {
    ("Project", "members"): 5,
    ("Project", "owner"): 5,
    ("Project", "viewer"): 5,
    ("Project", "roles"): 5,
    ("Member", "project"): 5,
    ("Member", "person"): 5,
    ("Platform", "account"): 5,
    ("Query", "people"): 50,
    ("Query", "person"): 50,
    ("Query", "planAccess"): 500,
    ("Query", "accessExpiring"): 50,
    ("Query", "accessDrift"): 100,
    ("Member", "accessUntil"): 1,
    ("AuditEntry", "project"): 5,
    ("AuditEntry", "person"): 5,
    ("Query", "projects"): 10,
    ("Query", "project"): 5,
    ("Query", "projectByUpstreamId"): 5,
    ("Query", "node"): 5,
    ("Query", "nodes"): 5,
    # No platform is called, but as much is looked through as the filter leaves.
    ("Query", "auditLog"): 10,
    ("Mutation", "addMember"): 50,
    ("Mutation", "updateMember"): 50,
    ("Mutation", "removeMember"): 50,
    ("Mutation", "grantAccess"): 1_000,
    ("Mutation", "revokeAccess"): 1_000,
    ("Mutation", "applyAccessPlan"): 1_000,
}

# In a connection these two hold the page that its `first` asked for.
_PAGE_FIELDS = {"nodes", "edges"}
_SIZING_ARGUMENTS = {"first", "ids"}


def static_cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, object],
) -> int:
    """The points of `operation`, which must be valid; `variables` as the client sent them."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    defaults = {
        definition.variable.name.value: _literal(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }
    counting = _Counting(schema=schema, fragments=fragments, variables={**defaults, **variables})
    root = schema.get_root_type(operation.operation)
    return 0 if root is None else counting.selections(operation.selection_set, root, page_size=1)


def depends_on_variables(document: DocumentNode) -> bool:
    """Whether a variable stands where the cost is read off: then it is not the same for all requests."""
    looking = _Looking()
    visit(document, looking)
    return looking.has_found


class _Looking(Visitor):
    """What `depends_on_variables` finds."""

    def __init__(self) -> None:
        super().__init__()
        self.has_found = False

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        if node.name.value in _SIZING_ARGUMENTS and isinstance(node.value, VariableNode):
            self.has_found = True


class _Counting:
    """One walk over an operation; a fragment is counted once for each size of page that it stands in."""

    def __init__(
        self,
        *,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, object],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._counted: dict[tuple[str, int], int] = {}

    def selections(
        self, selections: SelectionSetNode, parent: GraphQLCompositeType, *, page_size: int
    ) -> int:
        total = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                total += self._field(selection, parent, page_size=page_size)
            elif isinstance(selection, FragmentSpreadNode):
                total += self._fragment(selection.name.value, page_size=page_size)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = parent if condition is None else self._type(condition.name.value)
                total += self.selections(selection.selection_set, inner, page_size=page_size)
        return total

    def _fragment(self, name: str, *, page_size: int) -> int:
        key = (name, page_size)
        if key not in self._counted:
            definition = self._fragments[name]
            inner = self._type(definition.type_condition.name.value)
            self._counted[key] = self.selections(definition.selection_set, inner, page_size=page_size)
        return self._counted[key]

    def _field(self, field: FieldNode, parent: GraphQLCompositeType, *, page_size: int) -> int:
        name = field.name.value
        if name.startswith("__") or not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return 0
        definition = parent.fields[name]
        call = CALLING_FIELDS.get((parent.name, name), 0)
        inner = get_named_type(definition.type)
        if not is_composite_type(inner) or field.selection_set is None:
            return call
        size = self._size(field, definition, parent, page_size=page_size)
        inside = self.selections(
            field.selection_set,
            inner,
            page_size=self._page_size(field, definition),
        )
        return size * (1 + call + inside)

    def _size(
        self, field: FieldNode, definition: GraphQLField, parent: GraphQLCompositeType, *, page_size: int
    ) -> int:
        """How many objects the field can hold."""
        type_ = definition.type
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if not isinstance(type_, GraphQLList):
            return 1
        name = field.name.value
        if "ids" in definition.args:
            ids = self._argument(field, "ids")
            return len(ids) if isinstance(ids, list) else 1
        if parent.name.endswith("Connection") and name in _PAGE_FIELDS:
            return page_size
        return LIST_SIZES.get((parent.name, name), DEFAULT_LIST_SIZE)

    def _page_size(self, field: FieldNode, definition: GraphQLField) -> int:
        """What `first` asks for; a figure that may not be asked for is refused later, by name."""
        if "first" not in definition.args:
            return 1
        first = self._argument(field, "first")
        usable = isinstance(first, int) and not isinstance(first, bool)
        return min(max(cast("int", first), 1), MAX_PAGE_SIZE) if usable else DEFAULT_PAGE_SIZE

    def _argument(self, field: FieldNode, name: str) -> object:
        for argument in field.arguments or ():
            if argument.name.value == name:
                if isinstance(argument.value, VariableNode):
                    return self._variables.get(argument.value.name.value)
                return _literal(argument.value)
        return None

    def _type(self, name: str) -> GraphQLCompositeType:
        return cast("GraphQLCompositeType", self._schema.type_map[name])


def _literal(node: ValueNode | None) -> object:
    """As much of a literal as sizes need: whole numbers, and how long a list is."""
    if isinstance(node, IntValueNode):
        return int(node.value)
    if isinstance(node, ListValueNode):
        return list(node.values)
    if node is None or isinstance(node, NullValueNode):
        return None
    return node
