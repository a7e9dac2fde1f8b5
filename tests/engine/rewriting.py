"""Makes somebody else's document harder: the same question, asked with more of the language."""

from random import Random
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLInputObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
    print_ast,
    value_from_ast_untyped,
)

from tests.engine.documents import Written


def rewrite(schema: GraphQLSchema, document: DocumentNode, random: Random) -> Written:
    """One query, some of whose literals become variables and some of whose fields are asked otherwise."""
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    rewriting = _Rewriting(schema, random)
    selections = rewriting.selections(operation.selection_set, schema.query_type)
    defined = ", ".join(rewriting.defined)
    head = f"query Q({defined}) {selections}" if defined else selections
    text = "\n".join([head, *rewriting.fragments])
    return Written(document=parse(text), text=text, variables=rewriting.variables)


class _Rewriting:
    """One document."""

    def __init__(self, schema: GraphQLSchema, random: Random) -> None:
        self._schema = schema
        self._random = random
        self._names = 0
        self.defined: list[str] = []
        self.fragments: list[str] = []
        self.variables: dict[str, object] = {}

    def selections(self, node: SelectionSetNode, type_: Any) -> str:  # noqa: ANN401 - a type with selections
        return f"{{ {' '.join(self._selection(one, type_) for one in node.selections)} }}"

    def _selection(self, node: SelectionNode, type_: Any) -> str:  # noqa: ANN401
        written = self._written(node, type_)
        chance = self._random.random()
        if chance < 0.1:
            return f"... {self._directives()} {{ {written} }}"
        if chance < 0.2:
            name = self._name("F")
            self.fragments.append(f"fragment {name} on {type_.name} {{ {written} }}")
            return f"...{name} {self._directives()}"
        return f"{written} {written}" if chance < 0.25 else written

    def _written(self, node: SelectionNode, type_: Any) -> str:  # noqa: ANN401
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            on = type_ if condition is None else self._schema.type_map[condition.name.value]
            return f"... on {on.name} {self._directives()} {self.selections(node.selection_set, on)}"
        assert isinstance(node, FieldNode)
        name = node.name.value
        alias = self._name("a") if self._random.random() < 0.15 else (node.alias or node.name).value
        if name == "__typename":
            return f"{alias}: {name}"
        field = type_.fields[name]
        given = ", ".join(
            f"{one.name.value}: {self._value(one.value, field.args[one.name.value].type)}"
            for one in node.arguments or ()
        )
        arguments = f"({given})" if given else ""
        inner = node.selection_set
        selections = "" if inner is None else self.selections(inner, get_named_type(field.type))
        return f"{alias}: {name}{arguments} {self._directives()} {selections}"

    def _value(self, node: ValueNode, type_: Any, *, null: bool = True) -> str:  # noqa: ANN401 - of inputs
        if self._random.random() < 0.3:
            written = str(type_) if null else f"{type_}!"
            return self._variable(written, value_from_ast_untyped(node))
        inner: Any = get_nullable_type(type_)
        if isinstance(node, ListValueNode) and is_list_type(inner):
            return f"[{', '.join(self._value(one, inner.of_type) for one in node.values)}]"
        if isinstance(node, ObjectValueNode) and isinstance(inner, GraphQLInputObjectType):
            fields = (
                f"{one.name.value}: "
                + self._value(one.value, inner.fields[one.name.value].type, null=not inner.is_one_of)
                for one in node.fields
            )
            return f"{{{', '.join(fields)}}}"
        return print_ast(node)

    def _directives(self) -> str:
        names = [name for name in ("skip", "include") if self._random.random() < 0.1]
        return " ".join(
            f"@{name}(if: {self._variable('Boolean!', self._random.random() < 0.5)})" for name in names
        )

    def _variable(self, definition: str, value: object) -> str:
        name = self._name("v")
        self.defined.append(f"${name}: {definition}")
        self.variables[name] = value
        return f"${name}"

    def _name(self, kind: str) -> str:
        # Long, so that it is no name that the document has already.
        self._names += 1
        return f"{kind}_rewritten_{self._names}"
