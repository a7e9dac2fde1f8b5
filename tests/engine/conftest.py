"""What the tests of the engine share."""

import pytest
from graphql import GraphQLSchema

from tests.engine.small_schema import create_schema


@pytest.fixture(scope="session")
def small() -> GraphQLSchema:
    """The small schema."""
    return create_schema()
