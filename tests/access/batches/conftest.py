"""What the tests of batches share: a platform with many projects."""

import pytest

from tests.access.batching import WideWorld
from tests.mutations.line import Gate


@pytest.fixture
def world() -> WideWorld:
    return WideWorld()


@pytest.fixture
def gate(world: WideWorld) -> Gate:
    """Holds the first write up."""
    world.on_write = gate = Gate()
    return gate
