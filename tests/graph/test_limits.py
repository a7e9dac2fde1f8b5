"""What a document may hold, at the limit and one beyond."""

from collections.abc import Callable

import pytest
from graphql import GraphQLSchema

from gateway.graph.limits import DocumentLimits, TooComplex
from gateway.graph.operation import OperationPreparation, OperationRefused
from gateway.graph.schema import create_schema

CORE = create_schema().core


def depth(count: int) -> str:
    """`count` fields within fields; the innermost is a leaf."""
    chain = ["node(id: 1)", *["... on Member { project", "... on Project { owner"] * count]
    opened = closed = ""
    for part in chain[: count - 1]:
        opened += "{ " + part
        closed += " }" + (" }" if part.startswith("...") else "")
    return opened + "{ id }" + closed


def aliases(count: int) -> str:
    return "{ platforms { " + " ".join(f"a{number}: name" for number in range(count)) + " } }"


def directives(count: int) -> str:
    return "{ platforms { " + " ".join("name @include(if: true)" for _ in range(count)) + " } }"


def root_fields(count: int) -> str:
    return "{ " + " ".join("__typename" for _ in range(count)) + " }"


def document_bytes(count: int) -> str:
    return "{ __typename }".ljust(count, " ")


def prepare(text: str, limits: DocumentLimits, schema: GraphQLSchema = CORE) -> None:
    OperationPreparation(schema, limits=limits).prepare(text, operation_name=None)


CASES = [
    pytest.param(depth, "depth", 10, id="depth"),
    pytest.param(aliases, "aliases", 15, id="aliases"),
    pytest.param(directives, "directives", 50, id="directives"),
    pytest.param(root_fields, "root_fields", 20, id="root fields"),
    pytest.param(document_bytes, "document_bytes", 32 * 1024, id="bytes"),
]


@pytest.mark.parametrize(("make", "name", "limit"), CASES)
def test_a_document_at_the_limit_is_prepared(make: Callable[[int], str], name: str, limit: int) -> None:
    assert getattr(DocumentLimits(), name) == limit
    prepare(make(limit), DocumentLimits())


@pytest.mark.parametrize(("make", "name", "limit"), CASES)
def test_a_document_one_beyond_the_limit_is_refused_with_both_figures(
    make: Callable[[int], str], name: str, limit: int
) -> None:
    with pytest.raises(OperationRefused) as refused:
        prepare(make(limit + 1), DocumentLimits())
    [error] = refused.value.errors
    assert isinstance(error, TooComplex)
    assert (error.name, error.actual, error.limit) == (name, limit + 1, limit)


def test_as_many_tokens_as_the_limit_are_parsed() -> None:
    prepare("{ __typename " + "__typename " * 17 + "}", DocumentLimits(tokens=20, root_fields=100))


def test_one_token_more_is_not_parsed() -> None:
    with pytest.raises(OperationRefused) as refused:
        prepare("{ __typename " + "__typename " * 18 + "}", DocumentLimits(tokens=20, root_fields=100))
    [error] = refused.value.errors
    assert error.message == "The document's tokens would be 21; the limit is 20."


def test_fragments_count_as_often_as_they_are_spread() -> None:
    text = "{ platforms { ...A ...A ...A } } fragment A on Platform { x: name y: key }"
    prepare(text, DocumentLimits(aliases=6))
    with pytest.raises(OperationRefused):
        prepare(text, DocumentLimits(aliases=5))


def test_fragments_within_fragments_are_measured_without_unrolling_them() -> None:
    doubling = " ".join(
        f"fragment F{number} on Platform {{ ...F{number + 1} ...F{number + 1} }}" for number in range(60)
    )
    text = "{ platforms { ...F0 } } " + doubling + " fragment F60 on Platform { x: name }"
    with pytest.raises(OperationRefused) as refused:
        prepare(text, DocumentLimits())
    [error] = refused.value.errors
    assert isinstance(error, TooComplex)
    assert error.actual == 2**60


def test_introspection_is_not_held_to_the_depth() -> None:
    chain = "{ ofType " * 8 + "{ name }" + " }" * 8
    prepare("{ __schema { types { fields { type " + chain + " } } } }", DocumentLimits(depth=3))


def test_introspection_within_introspection_is_bounded_by_the_library() -> None:
    with pytest.raises(OperationRefused) as refused:
        prepare(
            "{ __schema { types { fields { type { fields { type { fields { type { fields { name } "
            "} } } } } } } } }",
            DocumentLimits(),
        )
    assert "introspection depth" in refused.value.errors[0].message
