"""What the tests of the engine share."""

import pytest
from graphql import GraphQLSchema
from hypothesis import Phase, settings

from tests.engine.small_schema import create_schema

# For `make mutants`: the same examples each time, and the first that fails will do.
settings.register_profile(
    "mutants",
    max_examples=50,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
)


@pytest.fixture(scope="session")
def small() -> GraphQLSchema:
    """The small schema."""
    return create_schema()
