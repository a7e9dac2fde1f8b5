"""The schema, made of its parts."""

from datetime import datetime

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from gateway.graph import vocabulary as _enums  # noqa: F401 - registers the domain's enumerations
from gateway.graph.mutation import Mutation
from gateway.graph.project import QuantConnectProject, TestomatoProject
from gateway.graph.query import Query
from gateway.graph.scalars import DATE_TIME, EMAIL_ADDRESS, EmailAddress


class GatewaySchema(strawberry.Schema):
    """Strawberry's schema, without its own logging of errors: `gateway.graph.errors` tells and logs them."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Strawberry would write a traceback for every error, the caller's mistakes included."""


def create_schema() -> GatewaySchema:
    """The whole graph."""
    return GatewaySchema(
        query=Query,
        mutation=Mutation,
        types=[QuantConnectProject, TestomatoProject],
        config=StrawberryConfig(scalar_map={EmailAddress: EMAIL_ADDRESS, datetime: DATE_TIME}),
    )


def print_schema() -> str:
    """The graph in the schema definition language."""
    return create_schema().as_str() + "\n"
