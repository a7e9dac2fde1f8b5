"""Parts of answers that are kept: of which values, for how long, and never in another value's place."""

import gc
import json
import weakref
from dataclasses import dataclass

import pytest
from graphql import GraphQLSchema

from gateway.engine.engine import Engine, Planned
from gateway.engine.execution import Way
from gateway.engine.fragments import Edition, Fragments
from gateway.engine.run import OBJECTS_A_TURN
from tests.engine.comparing import by_engine, planned
from tests.engine.small_values import Cat, Dog, Thing, World
from tests.soaking import soak, times

pytestmark = pytest.mark.anyio

NAMES = "{ thing { name number title } }"


@pytest.fixture
def engine(small: GraphQLSchema) -> Engine:
    return Engine(small, keepable=[Thing, Cat])


async def name_of(engine: Engine, operation: Planned, thing: object) -> object:
    """The name that the answer has for the thing."""
    outcome = await by_engine(engine, operation, context=World(things=[thing]))
    assert outcome.way is Way.PLAN
    return outcome.answer["data"]["thing"]["name"]


def rename(value: object, name: str) -> None:
    """What nobody may do: so that one sees whether the value is read again."""
    object.__setattr__(value, "name", name)


async def test_a_value_that_was_read_once_is_not_read_again(engine: Engine) -> None:
    thing, operation = Thing(name="first"), planned(NAMES)
    assert await name_of(engine, operation, thing) == "first"
    rename(thing, "second")
    assert await name_of(engine, operation, thing) == "first"


async def test_an_equal_value_is_another_one(engine: Engine) -> None:
    one, other, operation = Thing(), Thing(), planned(NAMES)
    assert one == other
    await name_of(engine, operation, one)
    rename(other, "changed")
    assert await name_of(engine, operation, other) == "changed"


async def test_only_what_is_of_a_declared_class_is_kept(engine: Engine) -> None:
    """A class of its own that is made from a declared one is not declared."""

    class Special(Thing):
        pass

    thing, operation = Special(name="first"), planned(NAMES)
    await name_of(engine, operation, thing)
    rename(thing, "second")
    assert await name_of(engine, operation, thing) == "second"


async def test_what_is_declared_is_kept_among_others_that_are_not(engine: Engine) -> None:
    world = World(animals=[Cat(name="cat"), Dog(name="dog")])
    operation = planned("{ animals { name } }")
    for _ in range(2):
        outcome = await by_engine(engine, operation, context=world)
        for animal in world.animals:
            rename(animal, "renamed")
    assert outcome.answer["data"]["animals"] == [{"name": "cat"}, {"name": "renamed"}]


async def test_what_is_kept_of_a_value_holds_what_may_be_of_several_types(engine: Engine) -> None:
    friend = Dog(name="first")
    world, operation = World(animals=[Cat(friend=friend)]), planned("{ animals { friend { name } } }")
    for _ in range(2):
        outcome = await by_engine(engine, operation, context=world)
        rename(friend, "second")
    assert outcome.answer["data"]["animals"] == [{"friend": {"name": "first"}}]


@pytest.mark.parametrize("selection", ["told", "later { name }", "itself { name }", "parts { told }"])
async def test_nothing_is_kept_that_asks_more_than_the_value(engine: Engine, selection: str) -> None:
    part = Thing(name="first")
    thing, operation = Thing(name="first", parts=(part,)), planned(f"{{ thing {{ name {selection} }} }}")
    await name_of(engine, operation, thing)
    rename(thing, "second")
    assert await name_of(engine, operation, thing) == "second"


async def test_a_value_with_a_big_list_in_it_is_whole_each_time(engine: Engine) -> None:
    parts = [Thing(name=str(number)) for number in range(2_500)]
    world, operation = World(things=[Thing(parts=parts)]), planned("{ thing { name parts { name } } }")
    for _ in range(2):
        outcome = await by_engine(engine, operation, context=world)
        assert outcome.answer["data"]["thing"]["parts"] == [{"name": part.name} for part in parts]


async def test_a_value_is_kept_with_a_list_in_it_that_is_a_bit_more_than_one_turn_makes(
    engine: Engine,
) -> None:
    parts = [Thing() for _ in range(OBJECTS_A_TURN + 1)]
    world, operation = World(things=[Thing(parts=parts)]), planned("{ thing { parts { name } } }")
    for _ in range(2):
        outcome = await by_engine(engine, operation, context=world)
        parts.clear()
    assert len(outcome.answer["data"]["thing"]["parts"]) == OBJECTS_A_TURN + 1


async def test_nothing_is_kept_that_depends_on_variables(engine: Engine) -> None:
    world, operation = World(), planned("query ($b: String!) { thing { title(before: $b) } }")
    for before in ("a ", "b "):
        outcome = await by_engine(engine, operation, context=world, variables={"b": before})
        assert outcome.answer["data"]["thing"]["title"] == f"{before}thing"


async def test_each_selection_has_its_own(small: GraphQLSchema, engine: Engine) -> None:
    world = World()
    for selection in (
        "name",
        "number",
        "name number",
        "name: number",
        'name: title(before: "x")',
        "name: title",
    ):
        for _ in range(2):
            document = f"{{ thing {{ {selection} }} again: thing {{ colour {selection} }} }}"
            outcome = await by_engine(engine, planned(document), context=world)
            fresh = await by_engine(Engine(small), planned(document), context=world)
            assert outcome == fresh


async def test_each_way_that_conditions_go_has_its_own(engine: Engine) -> None:
    world, operation = World(), planned("query ($s: Boolean!) { thing { name number @skip(if: $s) } }")
    for skip in (True, False, True):
        outcome = await by_engine(engine, operation, context=world, variables={"s": skip})
        assert ("number" in outcome.answer["data"]["thing"]) is not skip


@soak
async def test_a_value_in_a_dead_one_s_place_is_read_itself(engine: Engine) -> None:
    """Python gives the places of dead values to new ones, and with them their identity."""
    operation, places = planned(NAMES), set()
    count = times(500, soaking=50_000)
    for number in range(count):
        thing = Thing(name=str(number))
        places.add(id(thing))
        assert await name_of(engine, operation, thing) == str(number)
        del thing
    assert len(places) < count


async def test_what_is_kept_keeps_no_value_alive(engine: Engine) -> None:
    thing = Thing()
    alive = weakref.ref(thing)
    await name_of(engine, planned(NAMES), thing)
    del thing
    gc.collect()
    assert alive() is None


def test_what_is_kept_stays_within_its_bytes() -> None:
    fragments = Fragments(max_bytes=20_000)
    values = [Thing(name=str(number)) for number in range(100)]
    for value in values:
        fragments.keep(1, value, {"text": "x" * 1_000})
    kept = [value.name for value in values if fragments.find(1, value) is not None]
    assert 10 <= len(kept) <= 20
    assert kept == [value.name for value in values[-len(kept) :]]


def test_what_has_died_takes_no_more_room() -> None:
    fragments = Fragments(max_bytes=20_000)
    staying = Thing()
    fragments.keep(1, staying, {"text": "x" * 1_000})
    for _ in range(1_000):
        fragments.keep(1, Thing(), {"text": "x" * 1_000})
    assert fragments.find(1, staying) is not None


def test_something_larger_than_all_the_room_is_not_kept() -> None:
    fragments, value = Fragments(max_bytes=1_000), Thing()
    raw = fragments.keep(1, value, {"text": "x" * 2_000})
    assert json.loads(bytes(raw)) == {"text": "x" * 2_000}
    assert fragments.find(1, value) is None


def test_a_value_that_cannot_be_watched_is_not_kept() -> None:
    @dataclass(frozen=True, slots=True)
    class Unwatched:
        name: str

    fragments, value = Fragments(), Unwatched("x")
    assert bytes(fragments.keep(1, value, {"name": "x"})) == b'{"name":"x"}'
    assert fragments.find(1, value) is None


def test_what_is_kept_of_a_selection_is_no_other_selection_s() -> None:
    fragments, value = Fragments(), Thing()
    fragments.keep(1, value, {"a": 1})
    assert fragments.find(2, value) is None


def test_what_is_kept_again_takes_room_once() -> None:
    fragments, value, other = Fragments(max_bytes=5_000), Thing(), Thing()
    fragments.keep(1, other, {"text": "x" * 1_000})
    for _ in range(10):
        fragments.keep(1, value, {"text": "x" * 1_000})
    assert fragments.find(1, other) is not None


def test_what_was_kept_for_editions_before_takes_no_more_room() -> None:
    fragments, staying = Fragments(max_bytes=20_000), Thing(name="staying")
    things = [Thing(name=str(number)) for number in range(100)]
    fragments.keep(1, staying, {"text": "x" * 1_000})
    for number, thing in enumerate(things):
        fragments.keep(2, thing, {"text": "x" * 1_000}, Edition("anybody", number))
    assert fragments.find(1, staying) is not None
