"""The code of a plan holds nothing of the client's document but names."""

import ast
import json
import re
from pathlib import Path
from random import Random

import pytest
from graphql import GraphQLSchema, get_operation_ast, parse

from gateway.engine.engine import Engine, Planned
from gateway.engine.execution import Way
from gateway.graph.paging import Connection
from gateway.graph.schema import create_schema
from tests.engine.comparing import by_engine, by_reference, planned, valid
from tests.engine.documents import write_document
from tests.engine.fake_platforms import platforms_at_random
from tests.engine.leaves import SMALL_LEAVES
from tests.engine.small_values import World
from tests.engine.small_words import Colour
from tests.soaking import soak, times

pytestmark = pytest.mark.anyio

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```graphql\n(.*?)```\n(?:```json\n(.*?)```)?", README, re.DOTALL)
QUERIES = [example for example in EXAMPLES if not example[0].lstrip().startswith("mutation")]
NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
HOSTILE = (
    'MARKER"); import os; os.system("true") #',
    "MARKER'''",
    "MARKER{value}{0}%s",
    "MARKER\\",
    "MARKER\n    raise SystemExit",
    "MARKER\u2028\x00",
)


def sources(operation: Planned) -> list[str]:
    """The code of every plan there is."""
    return [plan.source for plan in operation.plans.values() if plan is not None]


def strings_in(source: str) -> set[str]:
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("text", HOSTILE)
async def test_no_text_of_the_document_is_in_the_code(small: GraphQLSchema, text: str) -> None:
    literal = "".join(f"\\u{ord(character):04x}" for character in text)
    document = (
        f'# {text.splitlines()[0]}\n{{ arguments {{ leaves(text: "{literal}", key: "{literal}", anything: '
        f'{{MARKER: "{literal}", list: ["{literal}", MARKER, 7654321.5]}}, whole: 7654321) outer(given: '
        f'{{inner: {{number: 7654321, word: "{literal}"}}}}) }} thing {{ title(before: "{literal}") }} }}'
    )
    operation = planned(valid(small, document))
    outcome = await by_engine(Engine(small), operation, context=World())
    assert outcome.text == await by_reference(small, operation, context=World())
    [source] = sources(operation)
    assert "MARKER" not in source
    assert "765432" not in source


async def test_no_value_of_a_variable_is_in_the_code(small: GraphQLSchema) -> None:
    operation = planned("query MARKER ($MARKER: String) { arguments { leaves(text: $MARKER) } }")
    outcome = await by_engine(Engine(small), operation, context=World(), variables={"MARKER": HOSTILE[0]})
    assert outcome.way is Way.PLAN
    [source] = sources(operation)
    assert "MARKER" not in source


async def test_names_that_mean_something_in_python_are_names_like_others(small: GraphQLSchema) -> None:
    names = (
        "class None True lambda __import__ value answer run root is_awaitable missing object_1 __class__ exec"
    )
    fields = " ".join(f"{name}: one t_{name}: thing {{ {name}: name }}" for name in names.split())
    operation = planned(valid(small, f"{{ {fields} }}"))
    outcome = await by_engine(Engine(small), operation, context=World())
    assert outcome.text == await by_reference(small, operation, context=World())
    assert outcome.way is Way.PLAN


@soak
async def test_whatever_is_asked_strings_in_the_code_are_names(small: GraphQLSchema) -> None:
    engine, found = Engine(small), 0
    for seed in range(times(100, soaking=5_000)):
        written = write_document(small, Random(seed), leaves=SMALL_LEAVES)  # noqa: S311 - to be the same again
        operation = planned(written.document)
        await by_engine(engine, operation, context=World(), variables=written.variables)
        for source in sources(operation):
            found += 1
            assert all(NAME.fullmatch(text) for text in strings_in(source)), written
    assert found


async def test_the_code_calls_nothing_but_what_it_was_given(small: GraphQLSchema) -> None:
    operation = planned(
        "{ thing { name parts { told later { title } } } animals { name } leaves { colour } }"
    )
    await by_engine(Engine(small), operation, context=World())
    [source] = sources(operation)
    tree = ast.parse(source)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom | ast.Global)]
    assert {type(statement) for statement in tree.body} == {ast.FunctionDef}


async def test_an_attribute_that_is_a_leaf_takes_no_function_of_its_own(small: GraphQLSchema) -> None:
    operation = planned("{ thing { name number colour } }")
    await by_engine(Engine(small), operation, context=World())
    [source] = sources(operation)
    assert "def leaf" not in source


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{ fullLeaves { text } }", r"if not \((value_\d+)\.__class__ is str\): \1 = coerce_\d+\(\1\)"),
        ("{ leaves { text } }", r"if not \((value_\d+)\.__class__ is str\) and \1 is not None: \1 = coerce"),
        ("{ thing { colour } }", r"= names_(\d+)\[(\w+)\] if \2\.__class__ is class_\1 else coerce_\1\(\2\)"),
        ("{ arguments { words(colour: RED) } }", r"call_(\d+)\(value, \*\*given_\1\)"),
    ],
)
async def test_what_is_known_beforehand_is_in_the_code(
    small: GraphQLSchema, document: str, code: str
) -> None:
    operation = planned(document)
    await by_engine(Engine(small), operation, context=World())
    [source] = sources(operation)
    assert re.search(code, source), source


async def test_members_of_an_enumeration_are_known_by_their_class(small: GraphQLSchema) -> None:
    operation = planned("{ thing { colour } }")
    await by_engine(Engine(small), operation, context=World())
    [plan] = operation.plans.values()
    assert plan is not None
    known = {name: value for name, value in plan.root.__globals__.items() if name.startswith("class_")}
    assert list(known.values()) == [Colour]


async def test_where_nothing_lasts_for_an_edition_nobody_asks_for_one(small: GraphQLSchema) -> None:
    operation = planned("{ lists { things { name told } } animals { name friend { name } } }")
    await by_engine(Engine(small), operation, context=World())
    [source] = sources(operation)
    assert "edition" not in source


@pytest.mark.parametrize(("document", "variables"), QUERIES, ids=range(1, len(QUERIES) + 1))
async def test_every_query_of_the_readme_goes_by_a_plan(document: str, variables: str) -> None:
    schema = create_schema().core
    parsed = parse(document)
    operation = get_operation_ast(parsed)
    assert operation is not None
    behind = platforms_at_random(Random(3), failing=False, odd=False)  # noqa: S311 - to be the same again
    engine = Engine(schema, keepable=[Connection])
    given = json.loads(variables or "{}")
    outcome = await by_engine(
        engine, Planned(parsed, operation), context=behind.gateway().context(), variables=given
    )
    assert outcome.way is Way.PLAN, outcome.text
    assert outcome.answer["data"]
