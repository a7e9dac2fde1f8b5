"""A field that fails cancels its siblings; what they were waiting for belongs to others too."""

import asyncio
from typing import cast

import httpx
import pytest
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.access.reading.snapshots import Read
from gateway.access.reading.soon import Soon, arrival, then
from gateway.domain.errors import UpstreamBroken
from gateway.domain.vocabulary import PlatformKey
from gateway.serving import serving
from tests.access.reads import World

pytestmark = pytest.mark.anyio


class Reads:
    """What one request reads: an answer that is under way until somebody has failed."""

    def __init__(self) -> None:
        world = World()
        world.source.hold()
        self.failed = world.source.open
        self.request = world.request()

    def read(self) -> Soon[str]:
        return then(cast("Soon[Read[str]]", self.request.get("it")), lambda read: read.value)


@strawberry.type
class Part:
    @strawberry.field
    async def boom(self, info: strawberry.Info[Reads, None]) -> str:
        asyncio.get_running_loop().call_soon(info.context.failed.set)
        raise UpstreamBroken(PlatformKey.QUANTCONNECT)

    @strawberry.field
    def shared(self, info: strawberry.Info[Reads, None]) -> str:
        return cast("str", info.context.read())

    @strawberry.field
    async def awaited(self, info: strawberry.Info[Reads, None]) -> str:
        return await arrival(info.context.read())


@strawberry.type
class Query:
    @strawberry.field
    def a(self) -> Part | None:
        return Part()

    @strawberry.field
    def b(self) -> Part | None:
        return Part()


class Quiet(strawberry.Schema):
    def process_errors(self, *_: object) -> None:
        """The failure is part of the test."""


async def ask(document: str) -> httpx.Response:
    schema = Quiet(query=Query)

    async def answer(request: Request) -> JSONResponse:
        result = await schema.execute((await request.body()).decode(), context_value=Reads())
        paths = [error.path for error in result.errors or ()]
        return JSONResponse({"data": result.data, "errors": paths})

    app = Starlette(routes=[Route("/", answer, methods=["POST"])])
    async with serving(app) as base_url, httpx.AsyncClient(base_url=base_url, timeout=30) as client:
        return await client.post("/", content=document)


@pytest.mark.parametrize("shared", ["shared", "awaited"])
@pytest.mark.parametrize("order", ["boom {}", "{} boom"])
async def test_what_a_failing_sibling_waited_for_still_arrives_elsewhere(shared: str, order: str) -> None:
    response = await ask(f"{{ a {{ {order.format(shared)} }} b {{ {shared} }} }}")
    answer = response.json()
    assert response.status_code == 200
    assert answer["data"] == {"a": None, "b": {shared: "it 1"}}
    assert answer["errors"] == [["a", "boom"]]
