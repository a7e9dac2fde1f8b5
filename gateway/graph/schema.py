"""The schema, made of its parts."""

from datetime import datetime

import strawberry
from graphql import GraphQLInputObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from gateway.graph import vocabulary as _enums  # noqa: F401 - registers the domain's enumerations
from gateway.graph.mutation import Mutation
from gateway.graph.project import QuantConnectProject, TestomatoProject
from gateway.graph.query import Query
from gateway.graph.scalars import DATE_TIME, EMAIL_ADDRESS, EmailAddress


class GatewaySchema(strawberry.Schema):
    """Strawberry's schema, handed to the GraphQL library's executor as it is."""

    @property
    def core(self) -> GraphQLSchema:
        """The schema as the GraphQL library executes it."""
        return self._schema


def create_schema() -> GatewaySchema:
    """The whole graph."""
    schema = GatewaySchema(
        query=Query,
        mutation=Mutation,
        types=[QuantConnectProject, TestomatoProject],
        config=StrawberryConfig(scalar_map={EmailAddress: EMAIL_ADDRESS, datetime: DATE_TIME}),
    )
    for type_ in schema.core.type_map.values():
        # Strawberry checks @oneOf in literals only; marked so, the library checks variables too.
        if isinstance(type_, GraphQLInputObjectType):
            type_.is_one_of = type_.extensions["strawberry-definition"].is_one_of
    return schema


def print_schema() -> str:
    """The graph in the schema definition language."""
    return create_schema().as_str() + "\n"
