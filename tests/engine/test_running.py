"""How plans run: many at once, each part by itself, and none in the way of the rest of the process."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from random import Random

import pytest
from graphql import GraphQLSchema

from gateway.engine.engine import Engine
from gateway.engine.execution import Execution, Way
from gateway.engine.run import OBJECTS_A_TURN
from tests.engine.comparing import by_engine, by_reference, outcome_of, planned
from tests.engine.small_values import Thing, World
from tests.soaking import soak, times

pytestmark = pytest.mark.anyio

TWO = '{ slow: awaited(name: "slow") { name } fast: awaited(name: "fast") { name later { told } } }'


@pytest.fixture
def engine(small: GraphQLSchema) -> Engine:
    return Engine(small)


async def until(condition: Callable[[], bool]) -> None:
    """Give the others turns of the event loop, a thousand at most."""
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not happen")


def waiting(*names: str) -> World:
    """A world whose futures with these names are the test's own to fulfil."""
    loop = asyncio.get_running_loop()
    return World(futures={name: loop.create_future() for name in names})


@soak
async def test_many_executions_of_one_plan_do_not_mix(engine: Engine) -> None:
    operation, count = planned(TWO), times(50, soaking=2_000)
    worlds = [waiting("slow", "fast") for _ in range(count)]
    for number, world in enumerate(worlds):
        world.name = f"world {number}"
    running = [asyncio.create_task(by_engine(engine, operation, context=world)) for world in worlds]
    arriving = [(number, name) for number in range(count) for name in ("slow", "fast")]
    Random(1).shuffle(arriving)  # noqa: S311 - to be the same again
    for number, name in arriving:
        worlds[number].futures[name].set_result(Thing(name=f"{name} {number}"))
        await asyncio.sleep(0)
    for number, outcome in enumerate(await asyncio.gather(*running)):
        slow, fast = f"slow {number}", f"fast {number}"
        later = {"told": f"world {number}: {fast}"}
        assert outcome.answer["data"] == {"slow": {"name": slow}, "fast": {"name": fast, "later": later}}
        assert outcome.way is Way.PLAN
    assert len(operation.plans) == 1


async def test_an_answer_that_waits_for_nothing_is_there_at_once(engine: Engine) -> None:
    operation = planned("{ one thing { name told itself { parts { title } } } animals { name } }")
    tasks = asyncio.all_tasks()
    begun = engine.begin(operation, variables={}, context=World())
    assert isinstance(begun, Execution)
    assert begun.way is Way.PLAN
    assert asyncio.all_tasks() == tasks


async def test_an_answer_that_waits_for_something_is_waited_for(engine: Engine) -> None:
    world = waiting("x")
    begun = engine.begin(planned('{ one awaited(name: "x") { name } }'), variables={}, context=world)
    assert not isinstance(begun, Execution)
    world.futures["x"].set_result(Thing(name="x"))
    assert outcome_of(await begun).answer["data"] == {"one": 1, "awaited": {"name": "x"}}


async def test_an_answer_of_which_all_has_come_is_there_for_whoever_waits_for_it_only_then(
    engine: Engine,
) -> None:
    world = waiting("x")
    begun = engine.begin(planned('{ awaited(name: "x") { name } }'), variables={}, context=world)
    assert not isinstance(begun, Execution)
    world.futures["x"].set_result(Thing(name="x"))
    await asyncio.sleep(0)
    outcome = outcome_of(await begun)
    assert (outcome.way, outcome.answer["data"]) == (Way.PLAN, {"awaited": {"name": "x"}})


async def test_a_failure_is_told_to_whoever_waits_only_then(engine: Engine) -> None:
    world = waiting("x", "never")
    operation = planned('{ a: awaited(name: "x") { name } b: awaited(name: "never") { name } }')
    begun = engine.begin(operation, variables={}, context=world)
    assert not isinstance(begun, Execution)
    world.futures["x"].set_exception(ValueError("it failed"))
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(world.futures["never"].set_result, Thing(name="late"))
    answer = outcome_of(await begun).answer
    assert answer["data"] == {"a": None, "b": {"name": "late"}}


async def test_what_is_slow_holds_up_nothing_but_its_own_part(engine: Engine) -> None:
    world = waiting("slow", "fast")
    running = asyncio.create_task(by_engine(engine, planned(TWO), context=world))
    await until(lambda: engine is not None and not running.done())
    world.futures["fast"].set_result(Thing(name="fast"))
    await until(lambda: world.calls == ["later", "told"])
    assert not running.done()
    world.futures["slow"].set_result(Thing(name="slow"))
    assert list((await running).answer["data"]) == ["slow", "fast"]


async def test_whoever_goes_away_takes_its_own_tasks_along_and_nothing_shared(engine: Engine) -> None:
    world = waiting("shared", "own")
    operation = planned('{ awaited(name: "shared") { name } waitedFor(name: "own") { name } }')
    leaving, staying = (
        asyncio.create_task(engine.execute(operation, variables={}, context=world)) for _ in range(2)
    )
    await until(lambda: world.calls == ["began own"] * 2)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await until(lambda: "ended own" in world.calls)
    assert world.calls.count("ended own") == 1
    for name, future in world.futures.items():
        future.set_result(Thing(name=name))
    answer = outcome_of(await staying).answer
    assert answer["data"] == {"awaited": {"name": "shared"}, "waitedFor": {"name": "own"}}


async def test_a_plan_that_is_given_up_takes_its_own_tasks_along_and_nothing_shared(engine: Engine) -> None:
    world = waiting("shared", "own", "failing")
    operation = planned(
        '{ awaited(name: "shared") { name } waitedFor(name: "own") { name } '
        'failing: awaited(name: "failing") { told number } }'
    )
    running = asyncio.create_task(by_engine(engine, operation, context=world))
    await until(lambda: world.calls == ["began own"])
    world.futures["failing"].set_result(Thing(number="no number"))
    # The plan's task ends, and the reference begins one of its own.
    await until(lambda: world.calls.count("began own") == 2 and "ended own" in world.calls)
    assert world.calls.count("ended own") == 1
    assert not any(world.futures[name].cancelled() for name in ("shared", "own"))
    for name in ("shared", "own"):
        world.futures[name].set_result(Thing(name=name))
    outcome = await running
    assert outcome.way is Way.REFERENCE
    assert outcome.answer["data"]["awaited"] == {"name": "shared"}
    assert outcome.answer["data"]["failing"] is None


async def test_an_error_in_what_comes_late_is_nobody_else_s(engine: Engine) -> None:
    """One future fails for all that wait for it; each gets the error in its own answer."""
    shared = asyncio.get_running_loop().create_future()
    worlds = [World(futures={"x": shared}, name=str(number)) for number in range(3)]
    operation = planned('{ awaited(name: "x") { told } one }')
    running = [asyncio.create_task(by_engine(engine, operation, context=world)) for world in worlds]
    await until(lambda: not any(task.done() for task in running))
    shared.set_exception(ValueError("it failed"))
    for outcome in await asyncio.gather(*running):
        assert outcome.answer["data"] == {"awaited": None, "one": 1}
        assert [error["message"] for error in outcome.answer["errors"]] == ["it failed"]


async def test_a_failure_that_comes_when_the_caller_has_gone_is_not_reported_as_forgotten(
    engine: Engine,
) -> None:
    """asyncio reports an exception that nobody took; whoever the future belongs to may have gone too."""
    reported: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: reported.append(what))
    world = waiting("x")
    operation = planned('{ awaited(name: "x") { name } }')
    running = asyncio.create_task(engine.execute(operation, variables={}, context=world))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    world.futures.pop("x").set_exception(ValueError("too late"))
    await asyncio.sleep(0)
    gc.collect()
    assert reported == []


@contextmanager
def observed_each_turn(observe: Callable[[], None]) -> Iterator[None]:
    """Calls `observe` in every turn of the event loop."""
    loop = asyncio.get_running_loop()
    handles: list[asyncio.Handle] = []

    def turn() -> None:
        observe()
        handles[:] = [loop.call_soon(turn)]

    turn()
    try:
        yield
    finally:
        handles[0].cancel()


def _many(count: int) -> World:
    return World(things=[Thing(name=str(number)) for number in range(count)])


@pytest.mark.parametrize("selection", ["told", "name number colour"])
async def test_the_event_loop_gets_turns_while_a_big_list_is_made(engine: Engine, selection: str) -> None:
    operation = planned(f"{{ lists {{ things {{ {selection} }} }} }}")
    await by_engine(engine, operation, context=_many(1))
    turns: list[None] = []
    with observed_each_turn(lambda: turns.append(None)):
        outcome = await by_engine(engine, operation, context=_many(10_000))
    assert outcome.way is Way.PLAN
    assert 10_000 / OBJECTS_A_TURN <= len(turns) <= 100


async def test_no_more_is_made_in_one_turn_where_there_are_several_big_lists(engine: Engine) -> None:
    fields = " ".join(f"a{number}: things {{ told }}" for number in range(10))
    operation, world = planned(f"{{ lists {{ {fields} }} }}"), _many(3_000)
    made: list[int] = []
    with observed_each_turn(lambda: made.append(len(world.calls))):
        await by_engine(engine, operation, context=world)
    made.append(len(world.calls))
    assert made[-1] == 30_000
    assert max(after - before for before, after in pairwise(made)) <= 2 * OBJECTS_A_TURN


async def test_nor_where_there_are_many_lists_of_which_none_is_big(engine: Engine) -> None:
    parts = [Thing() for _ in range(OBJECTS_A_TURN + 1)]
    operation = planned("{ lists { things { parts { name } } } }")
    await by_engine(engine, operation, context=_many(1))
    turns: list[None] = []
    with observed_each_turn(lambda: turns.append(None)):
        await by_engine(engine, operation, context=World(things=[Thing(parts=parts) for _ in range(20)]))
    assert len(turns) >= 10


async def test_an_error_late_in_a_big_list_is_the_reference_s_to_tell(
    engine: Engine, small: GraphQLSchema
) -> None:
    things = [*(Thing() for _ in range(2 * OBJECTS_A_TURN)), Thing(number="many")]
    world, operation = World(things=things), planned("{ lists { things { told number } } }")
    outcome = await by_engine(engine, operation, context=world)
    assert outcome.way is Way.REFERENCE
    assert outcome.text == await by_reference(small, operation, context=world)


async def test_lists_within_big_lists_come_whole_and_in_order(engine: Engine) -> None:
    parts = [Thing(name=str(number)) for number in range(900)]
    world = World(things=[Thing(name=f"thing {number}", parts=parts) for number in range(7)])
    operation = planned("{ lists { things { name parts { told itself { name } } } } }")
    outcome = await by_engine(engine, operation, context=world)
    things = outcome.answer["data"]["lists"]["things"]
    assert [thing["name"] for thing in things] == [f"thing {number}" for number in range(7)]
    expected = [{"told": f"world: {one.name}", "itself": {"name": one.name}} for one in parts]
    assert all(thing["parts"] == expected for thing in things)
