"""gateway/engine: what functions read beside the value is kept for one edition, and for one audience."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.engine.engine import Engine
from gateway.engine.execution import Execution
from tests.engine.editions import SCHEMA, Asking, House, Hut, World, new_engine

pytestmark = pytest.mark.anyio

TENANT = "{ house { name tenant } }"
TENANTS = "{ houses { name tenant } }"


@pytest.fixture
def engine() -> Engine:
    return new_engine()


@pytest.fixture
def world() -> World:
    return World(houses=[House(name="one")], tenants={"one": "Ann"})


@pytest.mark.parametrize(
    "selection",
    ["tenant", "name tenant", "person { name }", 'tenant(greeting: "Hi ")', "again: tenant", "always"],
)
async def test_within_an_edition_a_function_is_asked_once(
    engine: Engine, world: World, selection: str
) -> None:
    asking = Asking(f"{{ house {{ {selection} }} }}")
    calls = [await asking.calls(engine, world) for _ in range(3)]
    assert calls == [["one"], [], []]


@pytest.mark.parametrize("selection", ["tenant", "person { name }", "beside { tenant }"])
async def test_after_a_change_it_is_asked_again_for_the_new_answer(engine: Engine, selection: str) -> None:
    house = House(name="one", beside=House(name="two"))
    world, asking = World(houses=[house]), Asking(f"{{ house {{ {selection} }} }}")
    for tenant in ("Ann", "Ben", "Ann"):
        world.change("one", tenant)
        world.change("two", f"{tenant} too")
        assert tenant in await asking.answer(engine, world)
        assert await asking.answer(engine, world) == await asking.expected(world)


async def test_in_the_new_edition_it_is_asked_once_too(engine: Engine, world: World) -> None:
    asking = Asking(TENANT)
    await asking.answer(engine, world)
    world.change("one", "Ben")
    assert [await asking.calls(engine, world) for _ in range(2)] == [["one"], []]


async def test_another_edition_is_asked_for_even_where_nothing_has_changed(
    engine: Engine, world: World
) -> None:
    asking = Asking(TENANT)
    await asking.answer(engine, world)
    world.number = 0
    assert await asking.calls(engine, world) == ["one"]


async def test_what_is_declared_to_last_always_but_has_an_info_lasts_an_edition(
    engine: Engine, world: World
) -> None:
    asking = Asking("{ house { always } }")
    await asking.answer(engine, world)
    world.change("one", "Ben")
    assert await asking.answer(engine, world) == await asking.expected(world)


# ---------------------------------------------------------------- audiences


@pytest.mark.parametrize("document", [TENANT, TENANTS])
async def test_nobody_gets_what_was_kept_for_somebody_else(
    engine: Engine, world: World, document: str
) -> None:
    asking = Asking(document)
    for audience in ("Mara", "Max", "Mara"):
        world.audience = audience
        assert f"told to {audience}" in await asking.answer(engine, world)


async def test_each_audience_has_its_own(engine: Engine, world: World) -> None:
    asking, calls = Asking(TENANT), []
    for audience in ("Mara", "Max", "Mara", "Max"):
        world.audience = audience
        calls.append(await asking.calls(engine, world))
    assert calls == [["one"], ["one"], [], []]


# ---------------------------------------------------------------- what is not kept


async def test_nothing_is_kept_without_an_edition(engine: Engine, world: World) -> None:
    world.has_edition, asking = False, Asking(TENANT)
    assert [await asking.calls(engine, world) for _ in range(2)] == [["one"], ["one"]]


async def test_nothing_that_is_kept_is_given_without_an_edition(engine: Engine, world: World) -> None:
    asking = Asking(TENANT)
    await asking.answer(engine, world)
    world.has_edition = False
    world.change("one", "Ben")
    assert await asking.calls(engine, world) == ["one"]


async def test_nothing_is_kept_where_nobody_tells_the_edition(world: World) -> None:
    engine, asking = Engine(SCHEMA, keepable_of_edition=[House]), Asking(TENANT)
    assert [await asking.calls(engine, world) for _ in range(2)] == [["one"], ["one"]]


async def test_nothing_is_kept_of_classes_that_are_kept_only_for_themselves(world: World) -> None:
    engine, asking = Engine(SCHEMA, keepable=[House], edition_of=World.edition), Asking(TENANT)
    assert [await asking.calls(engine, world) for _ in range(2)] == [["one"], ["one"]]


@pytest.mark.parametrize(
    "selection", ["name now", "tenant now", "neighbour { now }", "beside { now tenant }"]
)
async def test_nothing_is_kept_where_something_does_not_last(engine: Engine, selection: str) -> None:
    house, asking = House(name="one", beside=House(name="two")), Asking(f"{{ house {{ {selection} }} }}")
    world = World(houses=[house])
    first, second = [await asking.calls(engine, world) for _ in range(2)]
    assert first == second


def no_more_edition(world: World) -> None:
    world.has_edition = False


def another_edition(world: World) -> None:
    world.number += 1
    world.has_edition = True


CHANGES = pytest.mark.parametrize("change", [no_more_edition, another_edition])
Change = Callable[[World], None]


@CHANGES
async def test_what_is_read_when_the_edition_has_changed_is_not_kept_for_those_who_still_have_it(
    engine: Engine, world: World, change: Change
) -> None:
    asking = Asking("{ house { name tenant } lateHouses { name tenant } }")
    other = World(houses=[House(name="first"), *world.houses], tenants={"one": "Ben"})
    other.meanwhile = partial(change, other)
    assert "Ben" in await asking.answer(engine, other)
    assert "Ben" not in await asking.answer(engine, world)


@CHANGES
async def test_what_is_read_while_the_edition_changes_is_not_kept(
    engine: Engine, world: World, change: Change
) -> None:
    asking, other = Asking(TENANT), World(houses=world.houses, tenants=world.tenants)
    other.on_read = partial(change, other)
    await asking.answer(engine, other)
    assert await asking.calls(engine, world) == ["one"]


@pytest.mark.parametrize("had", [True, False])
async def test_nor_is_it_for_those_who_read_the_new_one(engine: Engine, world: World, *, had: bool) -> None:
    asking, world.has_edition = Asking(TENANT), had
    world.on_read = partial(another_edition, world)
    await asking.answer(engine, world)
    world.on_read = lambda: None
    assert await asking.calls(engine, world) == ["one"]


async def test_nothing_is_kept_that_has_to_be_awaited(engine: Engine, world: World) -> None:
    asking, world.is_slow = Asking(TENANT), True
    assert [await asking.calls(engine, world) for _ in range(2)] == [["one"], ["one"]]


async def test_nothing_is_kept_around_what_has_to_be_awaited(engine: Engine) -> None:
    house = House(name="one", beside=House(name="two"))
    world, asking = World(houses=[house], is_slow=True), Asking("{ house { name beside { tenant } } }")
    assert [await asking.calls(engine, world) for _ in range(2)] == [["two"], ["two"]]


async def test_nothing_is_kept_that_depends_on_variables(engine: Engine, world: World) -> None:
    asking = Asking("query ($g: String!) { house { tenant(greeting: $g) } }")
    calls = [await asking.calls(engine, world, g=greeting) for greeting in ("Hi ", "Ho ", "Ho ")]
    assert calls == [["one"]] * 3


async def test_each_literal_has_its_own(engine: Engine, world: World) -> None:
    for greeting in ("Hi ", "Ho ", "Hi "):
        asking = Asking(f'{{ house {{ tenant(greeting: "{greeting}") }} }}')
        assert greeting in await asking.answer(engine, world)


async def test_an_equal_value_is_another_one(engine: Engine, world: World) -> None:
    asking = Asking(TENANT)
    await asking.answer(engine, world)
    world.houses = [House(name="one")]
    assert await asking.calls(engine, world) == ["one"]


# ---------------------------------------------------------------- lists


@pytest.fixture
def street() -> World:
    return World(houses=[House(name=name) for name in "abc"])


async def test_of_a_list_each_is_asked_once(engine: Engine, street: World) -> None:
    asking = Asking(TENANTS)
    assert [await asking.calls(engine, street) for _ in range(2)] == [["a", "b", "c"], []]


async def test_what_is_new_in_a_list_is_asked_alone(engine: Engine, street: World) -> None:
    asking = Asking(TENANTS)
    await asking.answer(engine, street)
    street.houses.insert(1, House(name="new"))
    assert await asking.calls(engine, street) == ["new"]


async def test_another_order_is_kept_as_well(engine: Engine, street: World) -> None:
    asking = Asking(TENANTS)
    await asking.answer(engine, street)
    street.houses.reverse()
    assert await asking.calls(engine, street) == []


async def test_after_a_change_every_item_is_asked_again(engine: Engine, street: World) -> None:
    asking = Asking(TENANTS)
    await asking.answer(engine, street)
    street.change("b", "Ben")
    assert await asking.calls(engine, street) == ["a", "b", "c"]


async def test_items_of_an_edition_and_of_the_one_before_are_not_mixed(engine: Engine, street: World) -> None:
    asking, houses = Asking(TENANTS), street.houses
    await asking.answer(engine, street)
    street.change("b", "Ben")
    street.houses = houses[:1]
    await asking.answer(engine, street)
    street.houses = houses
    assert await asking.calls(engine, street) == ["b", "c"]


async def test_items_of_a_class_that_is_not_declared_are_asked_each_time(
    engine: Engine, street: World
) -> None:
    street.houses.append(Hut(name="hut"))
    asking = Asking(TENANTS)
    assert [await asking.calls(engine, street) for _ in range(2)] == [["a", "b", "c", "hut"], ["hut"]]


async def test_a_big_list_is_kept_whole(engine: Engine) -> None:
    world, asking = World(houses=[House(name=str(number)) for number in range(2_500)]), Asking(TENANTS)
    assert [len(await asking.calls(engine, world)) for _ in range(2)] == [2_500, 0]


async def test_a_big_list_that_is_kept_is_there_at_once(engine: Engine) -> None:
    world, asking = World(houses=[House(name=str(number)) for number in range(2_500)]), Asking(TENANTS)
    await asking.answer(engine, world)
    assert isinstance(engine.begin(asking.operation, variables={}, context=world), Execution)


DOCUMENTS = [
    *(TENANT, TENANTS, "{ lateHouses { tenant now } }", "{ houses { person { name } beside { always } } }"),
    '{ houses { name tenant(greeting: "Hi ") } house { now beside { tenant } } }',
]
STEPS = st.lists(
    st.tuples(st.just("ask"), st.integers(0, len(DOCUMENTS) - 1), st.sampled_from(["Mara", "Max"]))
    | st.tuples(st.just("change"), st.integers(0, 2), st.sampled_from(["Ann", "Ben"]))
    | st.tuples(st.sampled_from(["edition", "slow", "build"]), st.integers(0, 2), st.just("")),
    max_size=40,
)


@given(STEPS)
async def test_whatever_happens_the_answers_are_the_reference_s(steps: list[tuple[str, int, str]]) -> None:
    engine, asked = new_engine(), [Asking(document) for document in DOCUMENTS]
    names = ["a", "b", "c"]
    world = World(houses=[House(name=name, beside=Hut(name=name)) for name in names])
    for what, which, who in steps:
        if what == "ask":
            world.audience = who
            assert await asked[which].answer(engine, world) == await asked[which].expected(world)
        elif what == "change":
            world.change(names[which], who)
        elif what == "edition":
            world.has_edition = not world.has_edition
        elif what == "slow":
            world.is_slow = not world.is_slow
        else:
            world.houses[which] = House(name=names[which], beside=world.houses[which])
