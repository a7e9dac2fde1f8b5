"""The printed schema holds everything that the contract of the graph says; it may hold more."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from graphql import (
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    build_schema,
    extend_schema,
    parse,
    print_ast,
)
from graphql import print_schema as sdl

from gateway.graph.schema import print_schema

PARTS = [Path(__file__).with_name(name).read_text() for name in ("graph.graphql", "graph-access.graphql")]
CONTRACT = sdl(extend_schema(build_schema(PARTS[0]), parse(PARTS[1])))
SCHEMA = print_schema()
Named = DirectiveNode | EnumValueDefinitionNode | NamedTypeNode
EXPORTED = Path(__file__).parents[2] / "schema.graphql"


def definitions(text: str) -> dict[str, TypeDefinitionNode]:
    document: DocumentNode = parse(text)
    return {node.name.value: node for node in document.definitions if isinstance(node, TypeDefinitionNode)}


def differences(wanted: TypeDefinitionNode, found: TypeDefinitionNode | None) -> list[str]:
    """What `wanted` has and `found` lacks or has otherwise."""
    name = wanted.name.value
    if type(found) is not type(wanted):
        return [f"{name}: is {'absent' if found is None else found.kind}, not {wanted.kind}"]
    lines = absent(name, wanted.directives, found.directives)
    if isinstance(wanted, EnumTypeDefinitionNode) and isinstance(found, EnumTypeDefinitionNode):
        return lines + absent(name, wanted.values, found.values)
    if isinstance(wanted, UnionTypeDefinitionNode) and isinstance(found, UnionTypeDefinitionNode):
        return lines + absent(name, wanted.types, found.types)
    if isinstance(wanted, InputObjectTypeDefinitionNode) and isinstance(found, InputObjectTypeDefinitionNode):
        return lines + inputs(name, wanted.fields, found.fields)
    outputs = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode
    if isinstance(wanted, outputs) and isinstance(found, outputs):
        lines += absent(name, wanted.interfaces, found.interfaces)
        here = {field.name.value: field for field in found.fields or ()}
        for field in wanted.fields or ():
            lines += field_differences(name, field, here.get(field.name.value))
    return lines


def field_differences(
    parent: str, wanted: FieldDefinitionNode, found: FieldDefinitionNode | None
) -> list[str]:
    name = f"{parent}.{wanted.name.value}"
    if found is None:
        return [f"{name}: is absent"]
    return types(name, wanted, found) + inputs(name, wanted.arguments, found.arguments)


def inputs(
    parent: str,
    wanted: Sequence[InputValueDefinitionNode] | None,
    found: Sequence[InputValueDefinitionNode] | None,
) -> list[str]:
    """Arguments or input fields; one that the contract does not know must be one that nobody has to give."""
    here = {value.name.value: value for value in found or ()}
    lines: list[str] = []
    for value in wanted or ():
        name = f"{parent}.{value.name.value}"
        other = here.pop(value.name.value, None)
        if other is None:
            lines.append(f"{name}: is absent")
            continue
        lines += types(name, value, other)
        if default(value) != default(other):
            lines.append(f"{name}: default is {default(other)}, not {default(value)}")
    return lines + [
        f"{parent}.{name}: must be given, and the contract does not know it"
        for name, value in here.items()
        if isinstance(value.type, NonNullTypeNode) and value.default_value is None
    ]


def types(
    name: str,
    wanted: FieldDefinitionNode | InputValueDefinitionNode,
    found: FieldDefinitionNode | InputValueDefinitionNode,
) -> list[str]:
    expected, actual = print_ast(wanted.type), print_ast(found.type)
    return [] if actual == expected else [f"{name}: is {actual}, not {expected}"]


def default(value: InputValueDefinitionNode) -> str | None:
    """None both where there is none and where it is null: no resolver here tells the two apart."""
    given = value.default_value
    return None if given is None or isinstance(given, NullValueNode) else print_ast(given)


def absent(parent: str, wanted: Sequence[Named] | None, found: Sequence[Named] | None) -> list[str]:
    here = {written(node) for node in found or ()}
    return [f"{parent}: lacks {written(node)}" for node in wanted or () if written(node) not in here]


def written(node: Named) -> str:
    return ("@" if isinstance(node, DirectiveNode) else "") + node.name.value


@pytest.mark.parametrize("name", definitions(CONTRACT))
def test_a_type_of_the_schema_is_as_the_contract_says(name: str) -> None:
    assert differences(definitions(CONTRACT)[name], definitions(SCHEMA).get(name)) == []


def test_the_exported_schema_is_the_one_that_the_code_makes() -> None:
    assert EXPORTED.read_text() == SCHEMA


@pytest.mark.parametrize(
    ("type_name", "text", "instead", "line"),
    [
        ("Query", "type Query", "type Questions", "Query: is absent, not object_type_definition"),
        ("Role", "enum Role {", "scalar Role enum Rule {", "Role: is scalar_type_definition, not enum"),
        ("Role", "  CUSTOM\n", "", "Role: lacks CUSTOM"),
        ("Project", "\n  name: String!\n", "\n", "Project.name: is absent"),
        ("Project", "\n  name: String!\n", "\n  name: String\n", "Project.name: is String, not String!"),
        ("Project", "type Project implements Node", "type Project", "Project: lacks Node"),
        (
            "Member",
            "can(action: Action!)",
            "can(action: Action)",
            "can.action: is Action, not Action!",
        ),
        ("Member", "can(action: Action!)", "can", "Member.can.action: is absent"),
        ("Query", "node(id: ID!)", "node(id: ID!, at: Int!)", "Query.node.at: must be given"),
        ("Query", "direction: ASC", "direction: DESC", "Query.projects.orderBy: default is"),
        ("ProjectFilter", "includeArchived: Boolean = false", "includeArchived: Boolean", "default is None"),
        ("ProjectFilter", "includeArchived:", "archived:", "ProjectFilter.includeArchived: is absent"),
        ("ProjectDetails", "QuantConnectProject | Testo", "Testo", "ProjectDetails: lacks QuantConnect"),
        ("PersonRef", " @oneOf {", " {", "PersonRef: lacks @oneOf"),
    ],
)
def test_a_schema_that_leaves_the_contract_is_noticed(
    type_name: str, text: str, instead: str, line: str
) -> None:
    changed = SCHEMA.replace(text, instead)
    assert changed != SCHEMA
    [found] = differences(definitions(CONTRACT)[type_name], definitions(changed).get(type_name))
    assert line in found
