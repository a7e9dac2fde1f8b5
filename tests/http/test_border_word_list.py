"""A production gateway scanned with a word list: no refusal names what it was not given.

https://github.com/nikitastupin/clairvoyance asks for words that may be fields, arguments and types, and
learns the schema from what the errors say of them. The words here are the schema's own, so that every guess
that can be right is made, each misspelled by a letter, and those of an English text, which are mostly wrong.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)

from tests.soaking import soak, times

pytestmark = [pytest.mark.anyio, soak]

PROJECT = Path(__file__).parents[2]
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# The words of which every refusal is made.
ENVELOPE = {"errors", "message", "extensions", "code", "locations", "line", "column", "path"}
AT_ONCE = 20
BY_FILTER = "query ($filter: ProjectFilter) { projects(filter: $filter) { totalCount } }"


def identifiers() -> Iterator[str]:
    """Every name in the schema that GraphQL itself does not bring along."""
    schema = build_schema((PROJECT / "schema.graphql").read_text())
    for name, type_ in schema.type_map.items():
        if is_introspection_type(type_) or is_specified_scalar_type(type_):
            continue
        yield name
        if isinstance(type_, GraphQLEnumType):
            yield from type_.values
        elif isinstance(type_, GraphQLInputObjectType):
            yield from type_.fields
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type_.fields.items():
                yield from (field_name, *field.args)


NAMES = frozenset(identifiers())
ENGLISH = frozenset(re.findall(r"\b[a-z]{3,}\b", (PROJECT / "README.md").read_text())) - NAMES
WORDS = [*sorted(NAMES), *sorted({name[:-1] for name in NAMES} - NAMES - {""}), *sorted(ENGLISH)]

# One for each question that the scanners ask of a word.
PROBES: dict[str, Callable[[str], dict[str, object]]] = {
    "a root field": lambda word: {"query": f"{{ {word} }}"},
    "a root field with fields": lambda word: {"query": f"{{ {word} {{ id }} }}"},
    "a field of a type": lambda word: {"query": f"{{ platforms {{ {word} }} }}"},
    "a field of fields": lambda word: {"query": f"{{ projects {{ nodes {{ {word} {{ nothing }} }} }} }}"},
    "an argument": lambda word: {"query": f"{{ projects({word}: 1) {{ totalCount }} }}"},
    "a value": lambda word: {"query": f"{{ projects(first: {word}) {{ totalCount }} }}"},
    "an enum value": lambda word: {
        "query": f"{{ projects(orderBy: {{field: {word}, direction: up}}) {{ totalCount }} }}"
    },
    "an input field": lambda word: {"query": f"{{ projects(filter: {{{word}: [[1]]}}) {{ totalCount }} }}"},
    "a type with fields": lambda word: {"query": f'{{ node(id: "x") {{ ... on {word} {{ nothing }} }} }}'},
    "a type of a variable": lambda word: {"query": f"query ($v: {word}) {{ projects(first: $v) {{ id }} }}"},
    "a type by its name": lambda word: {"query": f'{{ __type(name: "{word}") {{ name }} }}'},
    "a mutation": lambda word: {"query": f"mutation {{ {word}(input: {{}}) {{ nothing }} }}"},
    "a directive": lambda word: {"query": f"{{ platforms @{word} {{ key }} }}"},
    "a field of a variable": lambda word: {"query": BY_FILTER, "variables": {"filter": {word: [[1]]}}},
    "a value of a variable": lambda word: {
        "query": BY_FILTER,
        "variables": {"filter": {"platforms": [word]}},
    },
}
every_probe = pytest.mark.parametrize("kind", PROBES)


@pytest.fixture
def variables() -> dict[str, str]:
    return {"GATEWAY_PROFILE": "production", "GATEWAY_EXPLORER": "false"}


async def scan(client: httpx.AsyncClient, kind: str) -> list[tuple[str, httpx.Response]]:
    """What a probe was sent with, and its answer; each kind of probe has other words of the list."""
    every = times(24, soaking=1)
    words = WORDS[list(PROBES).index(kind) % every :: every]
    answers: list[tuple[str, httpx.Response]] = []
    for start in range(0, len(words), AT_ONCE):
        some = words[start : start + AT_ONCE]
        bodies = [PROBES[kind](word) for word in some]
        answers += zip(
            map(str, bodies),
            await asyncio.gather(*(client.post("/graphql", json=body) for body in bodies)),
            strict=True,
        )
    return answers


def refusals(answers: list[tuple[str, httpx.Response]]) -> list[tuple[str, httpx.Response]]:
    """A word that was guessed right may be answered."""
    assert {response.status_code for _, response in answers} <= {200, 400}
    refused = [(asked, response) for asked, response in answers if response.status_code == 400]
    assert len(refused) > 0.8 * len(answers)
    return refused


def test_the_list_holds_the_schema_and_some_hundred_words_more() -> None:
    assert {"Query", "addMember", "projectByUpstreamId", "LIVE_CONTROL", "memberEmail"} <= NAMES
    assert (len(NAMES) > 150, len(ENGLISH) > 300, len(WORDS) > 600) == (True, True, True)


@every_probe
async def test_no_refusal_names_what_its_probe_did_not(client: httpx.AsyncClient, kind: str) -> None:
    for asked, response in refusals(await scan(client, kind)):
        told = set(IDENTIFIER.findall(response.text)) - ENVELOPE
        assert told & NAMES <= set(IDENTIFIER.findall(asked)), (asked, response.text)


@every_probe
async def test_what_exists_is_refused_in_the_same_words_as_what_does_not(
    client: httpx.AsyncClient, kind: str
) -> None:
    assert len({response.text for _, response in refusals(await scan(client, kind))}) == 1
