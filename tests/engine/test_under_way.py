"""gateway/engine/execution.py: whoever waits for a plan may leave, and the reference stands behind it."""

import asyncio

import pytest
from graphql import GraphQLSchema

from gateway.engine.engine import Engine
from gateway.engine.execution import Execution, PlanUnderWay
from tests.engine.comparing import planned
from tests.engine.small_values import Thing, World

pytestmark = pytest.mark.anyio

SHARED = '{ awaited(name: "x") { name } }'
OWN = '{ waitedFor(name: "x") { name } }'
BOTH = '{ awaited(name: "x") { name } waitedFor(name: "y") { name } }'


@pytest.fixture
def engine(small: GraphQLSchema) -> Engine:
    return Engine(small)


def waiting(*names: str) -> World:
    loop = asyncio.get_running_loop()
    return World(futures={name: loop.create_future() for name in names})


def begun(engine: Engine, document: str, world: World) -> PlanUnderWay:
    under_way = engine.begin(planned(document), variables={}, context=world)
    assert isinstance(under_way, PlanUnderWay)
    return under_way


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_cancelled_it_stops_what_it_began(engine: Engine) -> None:
    world = waiting("x")
    under_way = begun(engine, OWN, world)
    await turns()
    under_way.cancel()
    await turns()
    assert world.calls == ["began x", "ended x"]
    assert under_way.cancelled()


async def test_cancelled_it_stops_nothing_that_others_share(engine: Engine) -> None:
    world = waiting("x")
    under_way = begun(engine, SHARED, world)
    under_way.cancel()
    await turns()
    assert not world.futures["x"].done()


async def test_what_arrives_for_one_that_was_cancelled_is_nobody_s(engine: Engine) -> None:
    world = waiting("x")
    under_way = begun(engine, SHARED, world)
    under_way.cancel()
    world.futures["x"].set_result(Thing(name="x"))
    await turns()
    assert under_way.cancelled()


async def test_it_is_cancelled_with_the_task_that_waits_for_it(engine: Engine) -> None:
    world = waiting("x")
    under_way = begun(engine, OWN, world)

    async def wait() -> Execution:
        return await under_way

    task = asyncio.create_task(wait())
    await turns()
    task.cancel()
    await turns()
    assert (task.cancelled(), under_way.cancelled(), world.calls) == (True, True, ["began x", "ended x"])


async def test_cancelled_it_stops_the_reference_too(engine: Engine) -> None:
    world = waiting("x", "y")
    under_way = begun(engine, BOTH, world)
    await turns()
    world.futures["x"].set_exception(ValueError("it failed"))
    await turns()
    assert world.calls == ["began y", "ended y", "began y"]  # by the plan, and by the reference
    under_way.cancel()
    await turns()
    assert (under_way.cancelled(), world.calls[-1]) == (True, "ended y")


async def test_cancelled_when_it_is_done_it_stays_what_it_is(engine: Engine) -> None:
    world = waiting("x")
    under_way = begun(engine, SHARED, world)
    world.futures["x"].set_result(Thing(name="x"))
    execution = await under_way
    assert (under_way.cancel(), under_way.result()) == (False, execution)


async def test_what_the_reference_raises_is_raised(small: GraphQLSchema) -> None:
    class Broken(Engine):
        """Its reference fails, as graphql-core does where a schema is not sound."""

        async def _reference(self, *_: object, **__: object) -> Execution:
            raise TypeError("not sound")

    world = waiting("x")
    under_way = begun(Broken(small), SHARED, world)
    world.futures["x"].set_exception(ValueError("it failed"))
    with pytest.raises(TypeError, match="not sound"):
        await under_way
