"""What a browser test needs: a Chromium, and on loopback a graph of one field with the real explorer."""

import asyncio
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator

import pytest
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.http.explorer.page import STATIC, explorer_page, explorer_routes


@strawberry.type
class Query:
    @strawberry.field
    def greeting(self, name: str = "world") -> str:
        return f"hello, {name}"


SCHEMA = strawberry.Schema(Query)


async def graphql(request: Request) -> Response:
    if request.method == "GET":
        return explorer_page()
    operation = json.loads(await request.body())
    result = await SCHEMA.execute(
        operation["query"],
        operation.get("variables"),
        operation_name=operation.get("operationName"),
    )
    errors = [error.formatted for error in result.errors or []]
    answer = {"errors": errors} if errors else {"data": result.data}
    return JSONResponse(answer, media_type="application/graphql-response+json")


def skip_without(found: object, otherwise: str) -> None:
    """Skip where a developer's machine lacks something; CI has to have it."""
    if found:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(otherwise)
    pytest.skip(otherwise)


@pytest.fixture
def chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next(filter(None, map(shutil.which, names)), "")
    skip_without(path, "no Chromium on this machine")
    return path


@pytest.fixture
async def origin() -> AsyncIterator[str]:
    skip_without((STATIC / "index.html").is_file(), "the explorer is not built: run `make setup`")
    app = Starlette(routes=[*explorer_routes(), Route("/graphql", graphql, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
    # Bound here, so that the browser can connect before the server has begun to accept.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving
