"""gateway/engine/run.py: one answer is of one edition, however long it takes."""

from functools import partial

import pytest

from gateway.engine.engine import Engine
from tests.engine.editions import Asking, House, World, new_engine

pytestmark = pytest.mark.anyio


@pytest.fixture
def engine() -> Engine:
    return new_engine()


async def test_one_answer_is_of_one_edition(engine: Engine) -> None:
    asking = Asking("{ houses { name tenant } lateHouses { name tenant now } late: lateHouses { tenant } }")
    world = World(houses=[House(name="one")], tenants={"one": "Ann"})
    await asking.answer(engine, world)
    world.meanwhile = partial(world.change, "one", "Ben")
    answer = await asking.answer(engine, world)
    assert '"late": [{"tenant": "Ben' in answer
