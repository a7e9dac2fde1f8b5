"""Each case of the tables is answered as graphql-core alone answers it, and goes the way that it must."""

import gc
from collections.abc import Iterator

import pytest
from graphql import GraphQLSchema

from gateway.engine.engine import Engine
from tests.engine import execution_cases, leaf_cases, variable_cases
from tests.engine.comparing import by_engine, by_reference, planned, valid
from tests.engine.execution_cases import Case
from tests.engine.small_values import Thing

pytestmark = pytest.mark.anyio

CASES = [*execution_cases.ALL, *leaf_cases.ALL, *variable_cases.ALL]


@pytest.fixture(scope="module", autouse=True)
def _quick_collection() -> Iterator[None]:
    """What there is already is left out when garbage is collected after each case."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_the_answer_is_the_reference_s_and_goes_its_way(case: Case, small: GraphQLSchema) -> None:
    operation = planned(valid(small, case.document), case.operation)
    engine = Engine(small, keepable=[Thing])
    expected = await by_reference(small, operation, context=case.world(), variables=case.variables)
    for _ in range(2):  # the second time the plan is there, and parts of the answer
        outcome = await by_engine(engine, operation, context=case.world(), variables=case.variables)
        assert outcome.text == expected
        assert outcome.way is case.way
    gc.collect()  # so that a coroutine which nobody awaited is told here
