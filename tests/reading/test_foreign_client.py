"""A client that knows nothing of the gateway: introspection, then a question of its own."""

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from graphql import build_schema, find_breaking_changes

from gateway.graph.schema import print_schema
from tests.conftest import Stand
from tests.reading.questions import NAMES

pytestmark = pytest.mark.anyio


def client_of(stand: Stand, *, fetch_schema: bool = True) -> Client:
    transport = HTTPXAsyncTransport(url=f"{stand.base_url}/graphql")
    return Client(transport=transport, fetch_schema_from_transport=fetch_schema)


async def test_introspection_gives_the_schema_that_is_printed(stand: Stand) -> None:
    async with client_of(stand) as session:
        introspected = session.client.schema
    printed = build_schema(print_schema())
    assert introspected is not None
    assert set(introspected.type_map) == set(printed.type_map)
    assert find_breaking_changes(printed, introspected) == []
    assert find_breaking_changes(introspected, printed) == []


async def test_a_question_that_fits_the_introspected_schema_is_answered(stand: Stand) -> None:
    question = gql("""
        query EverybodyWithRights($platforms: [PlatformKey!]) {
          projects(filter: { platforms: $platforms }) {
            totalCount
            nodes {
              __typename
              ...Named
              details { ... on TestomatoProject { location } ... on QuantConnectProject { language } }
              members(first: 2) { edges { cursor node { name can(action: WRITE) } } }
            }
          }
        }
        fragment Named on Project { id name platform }
        """)
    question.variable_values = {"platforms": ["QUANTCONNECT", "TESTOMATO"]}
    async with client_of(stand) as session:
        answer = await session.execute(question)
    nodes = answer["projects"]["nodes"]
    assert sorted(node["name"] for node in nodes) == sorted(NAMES)
    assert {len(node["members"]["edges"]) for node in nodes} == {2}


async def test_a_client_is_told_of_an_error_with_its_code(stand: Stand) -> None:
    async with client_of(stand, fetch_schema=False) as session:
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(gql("{ projects(first: 0) { totalCount } }"))
    [error] = refused.value.errors or []
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
