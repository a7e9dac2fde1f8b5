"""gateway/engine/arguments.py: arguments are the same whatever came before, and nobody else's to change."""

from collections.abc import Mapping
from typing import Annotated, Any

import pytest
import strawberry
from graphql import FieldNode, GraphQLSchema, OperationDefinitionNode, get_operation_ast
from hypothesis import given
from hypothesis import strategies as st

from gateway.engine.arguments import FieldArguments
from gateway.engine.departures import Discarded
from gateway.engine.fields import LASTS, Function, Lasts, reading_of
from gateway.engine.variables import Variables
from tests.engine.comparing import valid
from tests.engine.inputs import Colour, Inner
from tests.engine.small_schema import SmallSchema


def take(
    *,
    text: str = "d",
    word: str | None = None,
    key: strawberry.ID | None = None,
    whole: int = 3,
    broken: float | None = 1.5,
    truth: bool | None = None,
    other_name: int | None = strawberry.UNSET,
    renamed: Annotated[int | None, strawberry.argument(name="class")] = 7,
    colour: Colour = Colour.RED,
    numbers: list[int] | None = None,
    inner: Inner | None = None,
) -> str:
    """A function with arguments of every kind."""
    return repr((text, word, key, whole, broken, truth, other_name, renamed, colour, numbers, inner))


def plain(*, text: str = "d", colour: Colour = Colour.RED) -> str:
    """Nothing of its arguments can be changed."""
    return f"{text} {colour}"


def listed(*, text: str = "d", more: list[int] = [7]) -> str:  # noqa: B006 - nobody is given this one
    """Something of its arguments can be changed, also where none is given."""
    return f"{text} {more}"


@strawberry.type
class Query:
    take: str = strawberry.field(resolver=take)
    plain: str = strawberry.field(resolver=plain)
    lasting: str = strawberry.field(resolver=listed, metadata={LASTS: Lasts.ALWAYS})
    listed: str = strawberry.field(resolver=listed)


SCHEMA: GraphQLSchema = SmallSchema(query=Query).core

# What can stand in a document for each argument: literals, types of variables, and what holds a variable.
LITERALS: dict[str, list[str]] = {
    "text": ['"a"'],
    "word": ['"a"', "null"],
    "key": ["5"],
    "whole": ["-1"],
    "broken": ["2", "null"],
    "truth": ["true"],
    "otherName": ["1", "null"],
    "class": ["1", "null"],
    "colour": ["GREEN"],
    "numbers": ["[1, 2]", "4", "[]", "null"],
    "inner": ['{number: 1, words: ["a", "b"]}', "null"],
}
VARIABLES: dict[str, list[str]] = {
    "text": ["String!", 'String! = "v"'],
    "word": ["String", "String!", 'String = "v"'],
    "key": ["ID", "ID!"],
    "whole": ["Int!"],
    "broken": ["Float", "Float!", "Float = 8"],
    "truth": ["Boolean", "Boolean = true"],
    "otherName": ["Int", "Int!"],
    "class": ["Int", "Int! = 8"],
    "colour": ["Colour!"],
    "numbers": ["[Int!]", "[Int!]!", "[Int!] = [8]"],
    "inner": ["Inner", "Inner!"],
}
# Types of variables that may be null where the argument may not, since it has a default.
MAY_BE_NULL = {"text": ["String", 'String = "v"'], "whole": ["Int", "Int = 8"], "colour": ["Colour"]}
HOLDING: dict[str, list[tuple[str, str]]] = {
    "numbers": [("Int!", "[1, {}]")],
    "inner": [("Int!", "{{number: {}}}"), ("[String!]", "{{number: 1, words: {}}}")],
}
VALUES: dict[str, list[object]] = {
    "String": ["", "x", "y"],
    "ID": ["i", 5],
    "Int": [0, 5, -5],
    "Float": [0.5, 5],
    "Boolean": [True, False],
    "Colour": ["RED", "GREEN"],
    "[Int!]": [[], [5, 6], 5],
    "[String!]": [[], ["x"]],
    "Inner": [{"number": 5}, {"number": 5, "words": ["x"]}],
}
NOT_GIVEN = object()
Written = tuple[str, list[dict[str, object]]]
"""A document, and the variables of several executions."""


def values_for(type_: str) -> st.SearchStrategy[object]:
    """What can be given for a variable of the type."""
    of_type, _, has_default = type_.partition(" = ")
    others: list[object] = [] if of_type.endswith("!") else [None, NOT_GIVEN]
    return st.sampled_from(
        [*VALUES[of_type.removesuffix("!")], *others, *([NOT_GIVEN] if has_default else [])]
    )


@st.composite
def written(draw: st.DrawFn, variables: Mapping[str, list[str]]) -> Written:
    types: dict[str, str] = {}
    arguments: list[str] = []
    for name in draw(st.lists(st.sampled_from(sorted(variables)), min_size=1, unique=True)):
        literals = [(None, literal) for literal in LITERALS[name]]
        whole = [(type_, "{}") for type_ in variables[name]]
        type_, form = draw(st.sampled_from([*literals, *whole, *HOLDING.get(name, ())]))
        if type_ is None:
            arguments.append(f"{name}: {form}")
        else:
            arguments.append(f"{name}: {form.format(f'$v{len(types)}')}")
            types[f"v{len(types)}"] = type_
    document = f"{{ take({', '.join(arguments)}) }}"
    if types:
        document = f"query ({', '.join(f'${name}: {type_}' for name, type_ in types.items())}) {document}"
    drawn = st.fixed_dictionaries({name: values_for(type_) for name, type_ in types.items()})
    return document, draw(st.lists(drawn, min_size=2, max_size=6))


class Asked:
    """The only field of a document."""

    def __init__(self, document: str) -> None:
        operation = get_operation_ast(valid(SCHEMA, document))
        assert isinstance(operation, OperationDefinitionNode)
        [node] = operation.selection_set.selections
        assert isinstance(node, FieldNode)
        assert SCHEMA.query_type is not None
        self._node = node
        self._definition = SCHEMA.query_type.fields[node.name.value]
        self._variables = Variables(SCHEMA, operation)
        self.arguments = self.anew()

    def anew(self) -> FieldArguments:
        """Its arguments, as if nothing had been executed yet."""
        function = reading_of(self._definition)
        assert isinstance(function, Function)
        of_strawberry: Any = getattr(SCHEMA, "_strawberry_schema")  # noqa: B009 - the library's own
        return FieldArguments(function, self._definition, self._node, schema=of_strawberry)

    def values(self, given_values: Mapping[str, object], arguments: FieldArguments | None = None) -> Any:  # noqa: ANN401
        """What the function is given; nothing where that does not fit."""
        variables = {name: value for name, value in given_values.items() if value is not NOT_GIVEN}
        try:
            return (arguments or self.arguments).values(self._variables.coerced(variables))
        except Discarded:
            return None

    def values_anew(self, given_values: Mapping[str, object]) -> Any:  # noqa: ANN401
        """What it would be given were this the first time."""
        return self.values(given_values, self.anew())


def told(values: Any) -> object:  # noqa: ANN401
    """The values with their classes; their order is nobody's matter."""
    return None if values is None else {name: repr(value) for name, value in values.items()}


def spoil(value: object) -> None:
    """Change everything in it that can be changed."""
    if isinstance(value, list):
        value.append("spoilt")
    elif isinstance(value, Inner):
        spoil(value.words)
        value.number = 99


def are_the_same_every_time(asked: Written) -> None:
    document, executions = asked
    field = Asked(document)
    for given_values in executions:
        assert told(field.values(given_values)) == told(field.values_anew(given_values)), given_values


@given(written(VARIABLES))
def test_arguments_do_not_depend_on_what_was_executed_before(asked: Written) -> None:
    are_the_same_every_time(asked)


@given(written(MAY_BE_NULL))
def test_nor_do_they_where_a_variable_may_be_null_and_the_argument_may_not(asked: Written) -> None:
    are_the_same_every_time(asked)


@pytest.mark.parametrize("before", ["a", NOT_GIVEN])
def test_null_for_an_argument_that_may_not_be_null_does_not_fit_whatever_came_before(before: object) -> None:
    field = Asked("query ($v: String) { take(text: $v) }")
    field.values({"v": before})
    assert field.values({"v": None}) is None


@given(written(VARIABLES))
def test_whatever_a_function_does_to_its_arguments_no_other_call_is_given(asked: Written) -> None:
    document, executions = asked
    field = Asked(document)
    for given_values in executions:
        for _ in range(2):
            values = field.values(given_values)
            assert told(values) == told(field.values_anew(given_values))
            for value in values.values():
                spoil(value)


@pytest.mark.parametrize(
    ("document", "value"),
    [
        ("{ take(numbers: [1, 2]) }", NOT_GIVEN),
        ('{ take(inner: {number: 1, words: ["a"]}) }', NOT_GIVEN),
        ("query ($v: String) { take(word: $v, numbers: [1]) }", "x"),
        ("{ listed }", NOT_GIVEN),
        ("query ($v: String!) { listed(text: $v) }", "x"),
        ("query ($v: [Int!]) { take(numbers: $v) }", [1]),
        ("query ($v: Inner) { take(inner: $v) }", {"number": 1, "words": ["a"]}),
    ],
)
def test_two_calls_are_given_nothing_that_both_could_change(document: str, value: object) -> None:
    field = Asked(document)
    field.values({"v": value})
    one, other = field.values({"v": value}), field.values({"v": value})
    assert not {id(item) for item in changeable(one)} & {id(item) for item in changeable(other)}


def test_what_a_call_was_given_stays_when_another_is_given_something_else() -> None:
    field = Asked("query ($v: String!) { plain(text: $v) }")
    before = [field.values({"v": text}) for text in "abc"]
    assert [values["text"] for values in before] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("document", "value"),
    [
        ("{ take(broken: 1.5, numbers: [1]) }", NOT_GIVEN),
        ("query ($v: String!) { take(broken: 1.5, text: $v) }", "x"),
        ("query ($v: String) { take(broken: 1.5, word: $v) }", "x"),
        ("query ($v: String) { take(broken: 1.5, word: $v) }", None),
    ],
)
def test_literals_are_coerced_once(document: str, value: object) -> None:
    field = Asked(document)
    one, other = field.values({"v": value}), field.values({"v": value})
    assert one["broken"] is other["broken"]


def changeable(values: dict[str, object]) -> list[object]:
    """What a function could change of its arguments."""
    inputs = [value for value in values.values() if isinstance(value, Inner)]
    lists = [value for value in (*values.values(), *(one.words for one in inputs)) if isinstance(value, list)]
    assert lists
    return [*inputs, *lists]


def test_arguments_without_anything_to_change_are_shared_by_all_calls() -> None:
    field = Asked('{ plain(text: "a", colour: GREEN) }')
    assert field.arguments.shared == {"text": "a", "colour": Colour.GREEN}
    assert field.values({}) is field.arguments.shared


def test_what_gives_the_same_each_time_changes_nothing_of_what_it_is_given() -> None:
    assert Asked("{ lasting(more: [1]) }").arguments.shared == {"text": "d", "more": [1]}


@pytest.mark.parametrize(
    "document", ["{ take(numbers: [1]) }", "{ listed }", "query ($v: String) { plain(text: $v) }"]
)
def test_others_are_shared_by_none(document: str) -> None:
    assert Asked(document).arguments.shared is None


@pytest.mark.parametrize(
    ("document", "is_constant"),
    [
        ("{ plain }", True),
        ('{ plain(text: "a") }', True),
        ("{ take(numbers: [1], inner: {number: 1}) }", True),
        ("query ($v: String!) { plain(text: $v) }", False),
        ("query ($v: Int!) { take(numbers: [$v]) }", False),
        ("query ($v: Int!) { take(inner: {number: $v}) }", False),
    ],
)
def test_arguments_are_constant_where_no_variable_is_in_them(document: str, *, is_constant: bool) -> None:
    assert Asked(document).arguments.is_constant is is_constant
