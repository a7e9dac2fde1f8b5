"""What is made of a request's variables is there when the same request comes again."""

from collections.abc import Iterator

import pytest
import strawberry
from graphql import GraphQLSchema

from gateway.engine.engine import Engine, Planned, RequestVariables
from tests.engine.comparing import by_engine, planned
from tests.engine.small_schema import SmallSchema

pytestmark = pytest.mark.anyio


@strawberry.input
class Wish:
    """Tells whenever one is made of what a request says."""

    made = 0
    word: str

    def __post_init__(self) -> None:
        Wish.made += 1


@strawberry.type
class Query:
    """Says what it was given."""

    @strawberry.field
    def told(self, text: str) -> str:
        return text

    @strawberry.field
    def wished(self, wish: Wish) -> str:
        wish.word += "!"
        return wish.word

    @strawberry.field
    def drained(self, words: list[str]) -> str:
        told = " ".join(words)
        words.clear()
        return told


TOLD = "query ($text: String!, $left: Boolean = false) { told(text: $text) @skip(if: $left) }"


@pytest.fixture
def engine() -> Iterator[Engine]:
    schema: GraphQLSchema = SmallSchema(query=Query).core
    yield Engine(schema)
    Wish.made = 0


async def data_of(engine: Engine, operation: Planned, variables: RequestVariables) -> object:
    outcome = await by_engine(engine, operation, context=None, variables=variables)
    return outcome.answer["data"]


async def test_they_are_coerced_once(engine: Engine) -> None:
    operation, variables = planned(TOLD), RequestVariables({"text": "a"})
    told = await data_of(engine, operation, variables)
    prepared = variables.prepared
    assert (told, await data_of(engine, operation, variables)) == ({"told": "a"}, {"told": "a"})
    assert prepared is not None
    assert variables.prepared is prepared
    assert prepared.arguments == {next(iter(prepared.arguments)): {"text": "a"}}


async def test_another_operation_has_its_own(engine: Engine) -> None:
    one, other = planned(TOLD), planned("query ($text: String!) { other: told(text: $text) }")
    variables = RequestVariables({"text": "a"})
    for _ in range(2):
        assert await data_of(engine, one, variables) == {"told": "a"}
        assert await data_of(engine, other, variables) == {"other": "a"}


async def test_others_that_say_something_else_are_not_mixed_up_with_them(engine: Engine) -> None:
    operation = planned(TOLD)
    first, second = RequestVariables({"text": "a"}), RequestVariables({"text": "b", "left": True})
    for _ in range(2):
        assert await data_of(engine, operation, first) == {"told": "a"}
        assert await data_of(engine, operation, second) == {}


async def test_where_none_are_given_that_is_remembered_with_the_operation(engine: Engine) -> None:
    operation = planned('query ($left: Boolean = false) { told(text: "a") @skip(if: $left) }')
    for _ in range(2):
        assert await data_of(engine, operation, RequestVariables({})) == {"told": "a"}
        assert await data_of(engine, operation, RequestVariables({"left": True})) == {}
    assert operation.no_variables.prepared is not None


async def test_what_a_function_can_change_is_made_anew_for_each_call(engine: Engine) -> None:
    operation = planned(
        "query ($wish: Wish!, $words: [String!]!) { wished(wish: $wish) drained(words: $words) }"
    )
    variables = RequestVariables({"wish": {"word": "a"}, "words": ["b", "c"]})
    for _ in range(2):
        assert await data_of(engine, operation, variables) == {"wished": "a!", "drained": "b c"}
    assert Wish.made == 2


async def test_what_does_not_fit_is_told_each_time(engine: Engine) -> None:
    operation, variables = planned(TOLD), RequestVariables({"text": 5})
    for _ in range(2):
        outcome = await by_engine(engine, operation, context=None, variables=variables)
        assert [error["message"] for error in outcome.answer["errors"]]
    assert variables.prepared is None


def test_they_are_not_shown() -> None:
    operation = planned(TOLD)
    engine = Engine(SmallSchema(query=Query).core)
    variables = RequestVariables({"text": "secret"})
    engine.begin(operation, variables=variables, context=None)
    assert "secret" not in repr((variables, variables.prepared))
