"""What plans are made, of what, and how often."""

import itertools

import pytest
import strawberry
from graphql import GraphQLSchema, build_schema
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.config import StrawberryConfig
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from gateway.engine.compiler import MOST_FIELDS
from gateway.engine.engine import MOST_PLANS, Engine
from gateway.engine.execution import Execution, Way
from tests.engine.comparing import by_engine, by_reference, outcome_of, planned, valid
from tests.engine.small_schema import SmallSchema
from tests.engine.small_values import Leaves, World

pytestmark = pytest.mark.anyio


@pytest.fixture
def engine(small: GraphQLSchema) -> Engine:
    return Engine(small)


async def test_a_plan_is_made_once_for_each_way_that_conditions_go(engine: Engine) -> None:
    operation = planned(
        "query ($s: Boolean!, $i: Boolean!) { one @skip(if: $s) thing { ...F } } "
        "fragment F on Thing { name @include(if: $i) number }"
    )
    made = []
    for _ in range(2):
        for skip, include in itertools.product((True, False), repeat=2):
            await by_engine(engine, operation, context=World(), variables={"s": skip, "i": include})
        made.append({decided: id(plan) for decided, plan in operation.plans.items()})
    assert made[0] == made[1]
    assert len(made[0]) == 4


async def test_other_variables_and_literal_conditions_need_no_further_plan(engine: Engine) -> None:
    operation = planned("query ($w: [String!]!) { one @skip(if: false) thing { joined(words: $w) } }")
    for words in ("a", "b", "c"):
        await by_engine(engine, operation, context=World(), variables={"w": words})
    assert len(operation.plans) == 1


async def test_however_many_conditions_there_are_few_plans_are_kept(engine: Engine) -> None:
    """A caller chooses them: each may be another one, and each plan takes its time and its memory."""
    names = [f"v{number}" for number in range(8)]
    defined = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: one @skip(if: ${name})" for name in names)
    operation = planned(f"query ({defined}) {{ last: one {fields} }}")
    for decided in itertools.product((True, False), repeat=len(names)):
        variables = dict(zip(names, decided, strict=True))
        outcome = await by_engine(engine, operation, context=World(), variables=variables)
        assert len(outcome.answer["data"]) == 1 + decided.count(False)
    assert len(operation.plans) == MOST_PLANS


async def test_no_plan_is_made_for_variables_that_do_not_fit(engine: Engine) -> None:
    operation = planned("query ($v: Int!) { arguments { named(otherName: $v) } }")
    outcome = await by_engine(engine, operation, context=World(), variables={"v": "x"})
    assert outcome.answer["errors"]
    assert operation.plans == {}


@pytest.mark.parametrize(
    "document",
    [
        "mutation { write }",
        "mutation { __typename }",
        "subscription { ticks }",
        "{ one __schema { queryType { name } } }",
        '{ ...F } fragment F on Query { one __type(name: "Cat") { name } }',
        "{ secret }",
        "{ loud }",
        "{ one ... on Query { ... { secret } } }",
    ],
)
async def test_what_plans_do_not_know_is_found_out_once(small: GraphQLSchema, document: str) -> None:
    operation, engine = planned(valid(small, document)), Engine(small)
    expected = await by_reference(small, operation, context=World())
    for _ in range(2):
        outcome = await by_engine(engine, operation, context=World())
        assert (outcome.text, outcome.way) == (expected, Way.REFERENCE)
        assert operation.plans == {(): None}


async def test_a_field_that_plans_do_not_know_is_no_matter_where_it_is_not_asked(engine: Engine) -> None:
    operation = planned("query ($s: Boolean!) { one secret @skip(if: $s) }")
    for skip, way in ((True, Way.PLAN), (False, Way.REFERENCE)):
        outcome = await by_engine(engine, operation, context=World(), variables={"s": skip})
        assert outcome.way is way


async def test_a_mutation_is_made_once(engine: Engine) -> None:
    world = World()
    outcome = await by_engine(engine, planned("mutation { write }"), context=world)
    assert outcome.answer["data"] == {"write": 1}
    assert world.calls == ["write"]


async def test_the_reference_goes_on_with_the_same_context(engine: Engine) -> None:
    world = World(leaves=Leaves(text=None))
    operation = planned('{ waitedFor(name: "x") { name } fullLeaves { text } }')
    outcome = await by_engine(engine, operation, context=world)
    assert outcome.way is Way.REFERENCE
    assert outcome.answer["data"] == {"waitedFor": {"name": "x"}, "fullLeaves": None}
    assert world.calls.count("began x") == 2
    assert list(world.futures) == ["x"]


@pytest.mark.parametrize("depth", [20, 60, 90])
async def test_a_deep_document_is_answered_like_any_other(small: GraphQLSchema, depth: int) -> None:
    operation = planned(f"{{ thing {{ {'itself { ' * depth} name {'} ' * depth} }} }}")
    expected = await by_reference(small, operation, context=World())
    outcome = await by_engine(Engine(small), operation, context=World())
    assert outcome.text == expected


async def test_a_document_too_deep_for_a_plan_is_left_to_the_reference(small: GraphQLSchema) -> None:
    depth = 190
    operation = planned(f"{{ thing {{ {'parts { ' * depth} name {'} ' * depth} }} }}")
    expected = await by_reference(small, operation, context=World())
    outcome = await by_engine(Engine(small), operation, context=World())
    assert outcome.text == expected


@pytest.mark.parametrize(("count", "way"), [(MOST_FIELDS, Way.PLAN), (MOST_FIELDS + 1, Way.REFERENCE)])
async def test_exactly_so_many_fields_are_asked_for_by_a_plan(engine: Engine, count: int, way: Way) -> None:
    fields = " ".join(f"a{number}: one" for number in range(count))
    outcome = await by_engine(engine, planned(f"{{ {fields} }}"), context=World())
    assert (outcome.way, len(outcome.answer["data"])) == (way, count)


async def test_what_a_directive_of_the_operation_means_plans_do_not_know(engine: Engine) -> None:
    outcome = await by_engine(engine, planned("query @whatever { one }"), context=World())
    assert (outcome.way, outcome.answer["data"]) == (Way.REFERENCE, {"one": 1})


async def test_a_schema_that_strawberry_has_not_made_is_left_to_the_reference() -> None:
    schema = build_schema("type Query { one: Int }")
    outcome = await by_engine(Engine(schema), planned("{ one }"), context=World())
    assert (outcome.way, outcome.answer["data"]) == (Way.REFERENCE, {"one": None})


async def test_a_document_that_asks_for_very_many_fields_is_left_to_the_reference(
    small: GraphQLSchema,
) -> None:
    """A short one can: each fragment spreads the one before it twice, under other names."""
    depth = 9
    fragments = ["fragment F0 on Thing { name }"]
    fragments += [
        f"fragment F{level} on Thing {{ a: itself {{ ...F{level - 1} }} b: itself {{ ...F{level - 1} }} }}"
        for level in range(1, depth)
    ]
    operation = planned(f"{{ thing {{ ...F{depth - 1} }} }} {' '.join(fragments)}")
    expected = await by_reference(small, operation, context=World())
    outcome = await by_engine(Engine(small), operation, context=World())
    assert (outcome.way, outcome.text) == (Way.REFERENCE, expected)


async def test_a_resolver_that_takes_any_exception_for_an_answer_is_told_its_path() -> None:
    def tell(info: strawberry.Info) -> str:
        try:
            return str(info.path.as_list())
        except Exception:  # noqa: BLE001 - as resolvers do that must answer something
            return "nowhere"

    @strawberry.type
    class Query:
        where: str = strawberry.field(resolver=tell)

    await _is_equal(SmallSchema(query=Query).core, "{ a: where }")


async def test_what_a_resolver_logs_of_its_info_tells_nothing_of_the_caller() -> None:
    def log(info: strawberry.Info) -> str:
        return repr(info)

    @strawberry.type
    class Query:
        logged: str = strawberry.field(resolver=log)

    engine = Engine(SmallSchema(query=Query).core)
    outcome = await by_engine(engine, planned("{ logged }"), context="mara@example.org")
    assert outcome.answer["data"] == {"logged": "PlannedInfo(…)"}


async def test_all_calls_of_a_field_are_given_the_same_info() -> None:
    """Making one for each would take longer than most functions."""
    given: list[object] = []

    def take(info: strawberry.Info) -> int:
        given.append(info)
        return len(given)

    @strawberry.type
    class Part:
        number: int = strawberry.field(resolver=take)

    @strawberry.type
    class Query:
        parts: list[Part] = strawberry.field(resolver=lambda: [Part(), Part()])

    await by_engine(Engine(SmallSchema(query=Query).core), planned("{ parts { number } }"), context=None)
    one, other = given
    assert one is other


async def test_whoever_wants_no_suggestions_is_given_none(engine: Engine) -> None:
    operation = planned("query ($v: Colour!) { arguments { words(colour: $v) } }")
    asked = {"variables": {"v": "REDD"}, "context": World()}
    begun = engine.begin(operation, **asked)
    assert not isinstance(begun, Execution)
    assert "Did you mean" in outcome_of(await begun).text
    for answer in (
        await engine.execute(operation, **asked, hide_suggestions=True),
        await engine.begin(operation, **asked, hide_suggestions=True),
    ):
        assert "Did you mean" not in outcome_of(answer).text


async def test_an_info_class_of_the_schema_s_own_is_used() -> None:
    class OwnInfo(strawberry.Info):
        @property
        def field_name(self) -> str:
            return "a name of its own"

    def tell(info: strawberry.Info) -> str:
        return info.field_name

    @strawberry.type
    class Query:
        name: str = strawberry.field(resolver=tell)

    schema = SmallSchema(query=Query, config=StrawberryConfig(info_class=OwnInfo)).core
    await _is_equal(schema, "{ name }")


async def test_a_field_class_of_the_schema_s_own_is_used() -> None:
    class OwnField(StrawberryField):
        def get_result(self, *_: object, **__: object) -> str:
            return "what it gives itself"

    @strawberry.type
    class Query:
        name: str = OwnField(
            python_name="name",
            type_annotation=StrawberryAnnotation(str),
            base_resolver=StrawberryResolver(lambda: "what its function gives"),
        )

    await _is_equal(SmallSchema(query=Query).core, "{ name }")


async def test_a_way_of_reading_of_the_schema_s_own_is_used() -> None:
    @strawberry.type
    class Thing:
        name: str = "read as it is"

    @strawberry.type
    class Query:
        thing: Thing = strawberry.field(resolver=Thing)

    config = StrawberryConfig(default_resolver=lambda value, name: f"{name} of {type(value).__name__}")
    await _is_equal(SmallSchema(query=Query, config=config).core, "{ thing { name } }")


async def _is_equal(schema: GraphQLSchema, document: str) -> None:
    operation = planned(valid(schema, document))
    expected = await by_reference(schema, operation, context=None)
    assert (await by_engine(Engine(schema), operation, context=None)).text == expected


async def test_one_plan_tells_the_types_of_several_abstract_types_apart(
    engine: Engine, small: GraphQLSchema
) -> None:
    operation = planned(
        "{ shapes { __typename area } either { __typename ... on Cat { lives } ... on Dog { barks } } }"
    )
    outcome = await by_engine(engine, operation, context=World())
    assert outcome.way is Way.PLAN
    assert outcome.text == await by_reference(small, operation, context=World())
