"""gateway/engine/selection.py: of an object nothing is asked but what is meant for its type."""

import pytest
from graphql import GraphQLObjectType, build_schema

from gateway.engine.selection import Selections, fragments_of
from tests.engine.comparing import planned, valid

SCHEMA = build_schema("""
    interface Named { name: String }
    type Cat implements Named { name: String }
    type Stone implements Named { name: String }
    type Fish { name: String }
    union Pet = Cat | Fish
    type Query { named: Named, pet: Pet }
""")


def asked_of(type_name: str, document: str) -> list[str]:
    """The entries of an object of this type, where it is what the only field gives."""
    operation = planned(valid(SCHEMA, document))
    [field] = operation.operation.selection_set.selections
    type_ = SCHEMA.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    selections = Selections(schema=SCHEMA, fragments=fragments_of(operation.document), decided={})
    return list(selections.of([field.selection_set], type_))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "document",
    [
        "{ named { always: __typename ... on Pet { pet: __typename } } }",
        "{ named { always: __typename ...F } } fragment F on Pet { pet: __typename }",
    ],
)
def test_what_is_meant_for_several_types_is_asked_of_those_only(document: str) -> None:
    assert asked_of("Cat", document) == ["always", "pet"]
    assert asked_of("Stone", document) == ["always"]


def test_what_is_meant_for_an_interface_is_asked_of_those_who_have_it() -> None:
    document = "{ pet { always: __typename ... on Named { name } } }"
    assert asked_of("Cat", document) == ["always", "name"]
    assert asked_of("Fish", document) == ["always"]


def test_what_is_meant_for_one_type_is_asked_of_no_other() -> None:
    document = "{ named { always: __typename ... on Cat { name } } }"
    assert asked_of("Cat", document) == ["always", "name"]
    assert asked_of("Stone", document) == ["always"]
