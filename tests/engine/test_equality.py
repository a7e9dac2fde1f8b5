"""Whatever is asked and whatever is found, the engine answers what graphql-core alone answers."""

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, parse, validate
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

from gateway.engine.engine import Engine, RequestVariables
from gateway.engine.execution import Way
from gateway.graph.errors import execution_errors
from gateway.graph.execution import engine_for
from gateway.graph.schema import create_schema
from tests.engine.comparing import by_engine, by_reference, planned
from tests.engine.documents import Written, fields_of, write_document
from tests.engine.fake_gateway import NOON
from tests.engine.fake_platforms import platforms_at_random
from tests.engine.leaves import SMALL_LEAVES, leaves_of
from tests.engine.rewriting import rewrite
from tests.engine.small_values import Cat, Thing, world_at_random
from tests.soaking import HURRYING, SOAKING, soak, times

SEEDS = st.integers(min_value=0, max_value=2**32)
Check = Callable[..., Coroutine[Any, Any, Way]]

pytestmark = [
    pytest.mark.timeout(3_600 if SOAKING else 120),
    # graphql-core's own: once in some ten thousand failing operations it cancels a sibling before that began.
    # That plans leave nothing behind is for `test_execution_cases.py` to see.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]

_unless_soaking = settings(
    deadline=None,
    derandomize=not SOAKING,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, *([] if HURRYING else [Phase.shrink])],
)


@pytest.fixture(scope="module")
def product() -> GraphQLSchema:
    return create_schema().core


def _ways(check: Check, *strategies: st.SearchStrategy[Any], examples: int) -> Counter[Way]:
    """How many examples, all of which must pass, went which way."""
    ways: Counter[Way] = Counter()
    with asyncio.Runner() as runner:

        @settings(_unless_soaking, max_examples=examples)
        @given(st.tuples(*strategies))
        def run(drawn: tuple[Any, ...]) -> None:
            ways[runner.run(check(*drawn))] += 1

        run()
    gc.collect()  # so that no other test is told of what was left behind here
    return ways


async def _equal_on_small(schema: GraphQLSchema, engine: Engine, seed: int, written: Written) -> Way:
    operation, variables = planned(written.document), RequestVariables(written.variables)
    expected = await by_reference(
        schema, operation, context=world_at_random(_numbers(seed)), variables=variables
    )
    for _ in range(2):
        outcome = await by_engine(
            engine, operation, context=world_at_random(_numbers(seed)), variables=variables
        )
        assert outcome.text == expected, written
    return outcome.way


async def _equal_on_product(schema: GraphQLSchema, engine: Engine, seed: int, written: Written) -> Way:
    """Several callers, one after another and then again, ask two gateways, which keep what they have read.

    Where the plan was given up the reference has the context to itself only after the plan: it may find what
    was read meanwhile where at first there was a failure. So would graphql-core alone, were it to run twice.
    """
    operation, behind = planned(written.document), platforms_at_random(_numbers(seed))
    ours, theirs = behind.gateway(), behind.gateway()
    variables = RequestVariables(written.variables)
    for caller in behind.callers * 2:
        asked = {"variables": variables, "format_errors": _as_told}
        context = theirs.context(caller)
        expected = {await by_reference(schema, operation, context=context, **asked)}
        outcome = await by_engine(engine, operation, context=ours.context(caller), **asked)
        if outcome.way is Way.REFERENCE:
            expected.add(await by_reference(schema, operation, context=context, **asked))
        assert outcome.text in expected, written
        await _until_all_is_read()
        for gateway in (ours, theirs):
            gateway.now += timedelta(seconds=10)
    ours.close()
    theirs.close()
    return outcome.way


async def _until_all_is_read() -> None:
    """What is read for those who come next, too: it must not come sooner here than there."""
    for _ in range(20):
        await asyncio.sleep(0)


def _as_told(errors: Iterable[GraphQLError]) -> list[Any]:
    return list(execution_errors(errors, now=NOON))


def _numbers(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - to be the same again


@soak
def test_documents_of_our_own_over_the_small_schema(small: GraphQLSchema) -> None:
    engine = Engine(small, keepable=[Thing, Cat])

    async def check(seed: int) -> Way:
        written = write_document(small, _numbers(seed), leaves=SMALL_LEAVES)
        return await _equal_on_small(small, engine, seed, written)

    examples = times(400, soaking=8_000)
    ways = _ways(check, SEEDS, examples=examples)
    assert ways[Way.PLAN] > examples / 4


@soak
def test_documents_of_our_own_over_the_whole_graph(product: GraphQLSchema) -> None:
    engine = engine_for(product)
    of_people: Counter[Way] = Counter()

    async def check(seed: int) -> Way:
        behind = platforms_at_random(_numbers(seed))
        written = write_document(product, _numbers(seed), leaves=leaves_of(behind), depth=8)
        way = await _equal_on_product(product, engine, seed, written)
        of_people[way] += "people" in written.text or "person" in written.text
        return way

    examples = times(300, soaking=8_000)
    ways = _ways(check, SEEDS, examples=examples)
    assert ways[Way.PLAN] > examples / 4
    assert of_people[Way.PLAN] > of_people.total() / 4 > examples / 20


@soak
def test_documents_of_hypothesis_graphql_over_the_small_schema(small: GraphQLSchema) -> None:
    engine = Engine(small, keepable=[Thing, Cat])
    scalars = {
        "Moment": st.just(nodes.String("2026-11-25T12:00:00+00:00")),
        "Json": st.just(nodes.Int(1)),
        "Words": st.just(nodes.String("w")),
    }

    async def check(document: str, seed: int) -> Way:
        written = rewrite(small, parse(document), _numbers(seed))
        return await _equal_on_small(small, engine, seed, written)

    documents = st.sampled_from(sorted(small.query_type.fields)).flatmap(  # type: ignore[union-attr]
        lambda name: queries(small, fields=[name], custom_scalars=scalars)
    )
    examples = times(200, soaking=2_000)
    assert _ways(check, documents, SEEDS, examples=examples)[Way.PLAN] > examples / 4


@soak
def test_documents_of_hypothesis_graphql_over_the_whole_graph(product: GraphQLSchema) -> None:
    engine = engine_for(product)
    scalars = {
        "EmailAddress": st.just(nodes.String("mara@example.org")),
        "DateTime": st.just(nodes.String("2026-11-25T12:00:00Z")),
    }

    async def check(document: str, seed: int) -> Way:
        written = rewrite(product, parse(document), _numbers(seed))
        return await _equal_on_product(product, engine, seed, written)

    documents = queries(product, custom_scalars=scalars)
    examples = times(100, soaking=2_000)
    assert _ways(check, documents, SEEDS, examples=examples)[Way.PLAN] > examples / 4


def test_our_own_documents_ask_for_all_that_can_be_read(product: GraphQLSchema) -> None:
    asked: set[str] = set()
    for seed in range(600):
        leaves = leaves_of(platforms_at_random(_numbers(seed)))
        written = write_document(product, _numbers(seed), leaves=leaves, depth=8)
        asked |= fields_of(product, written.document)
    readable = {
        f"{type_.name}.{name}"
        for type_ in product.type_map.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")
        for name in type_.fields
    }
    of_changes = {one for one in readable if one.startswith(("Mutation.", "UserError."))}
    of_changes |= {one for one in readable if "Payload." in one or one.startswith("AccessResult.")}
    assert readable - of_changes - asked == set()


def test_our_own_documents_are_valid(small: GraphQLSchema, product: GraphQLSchema) -> None:
    """Only such documents ever reach the engine."""
    for seed in range(times(50, soaking=500)):
        of_product = leaves_of(platforms_at_random(_numbers(seed)))
        for schema, leaves in ((small, SMALL_LEAVES), (product, of_product)):
            written = write_document(schema, _numbers(seed), leaves=leaves)
            assert validate(schema, written.document) == [], written
