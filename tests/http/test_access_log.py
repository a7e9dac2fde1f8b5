"""gateway/http/access_log.py: one line a request, and an id that ties it to the client's report."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from gateway.http.access_log import AccessLog
from gateway.serving import serving
from gateway.telemetry.request_id import add_request_id
from tests.plain_http import NO_TLS

pytestmark = pytest.mark.anyio

SECRET = "s3cret-t0ken"


async def greet(_: Request) -> Response:
    structlog.get_logger("tests").info("greeting")
    return PlainTextResponse("hello", status_code=201)


async def fail(_: Request) -> Response:
    raise ValueError(SECRET)


async def fail_late(_: Request) -> Response:
    async def body() -> AsyncIterator[bytes]:
        yield b"a beginning"
        raise ValueError(SECRET)

    return StreamingResponse(body(), headers={"Content-Length": "100"})


@pytest.fixture
async def logged_client() -> AsyncIterator[httpx.AsyncClient]:
    routes = [
        Route(path, handler, methods=["GET", "POST"])
        for path, handler in {
            "/": greet,
            "/fail": fail,
            "/late": fail_late,
            "/livez": greet,
            "/readyz": greet,
        }.items()
    ]
    async with (
        serving(Starlette(routes=routes, middleware=[Middleware(AccessLog)])) as base_url,
        httpx.AsyncClient(verify=NO_TLS, base_url=base_url, timeout=30) as opened,
    ):
        yield opened


def lines_named(event: str, lines: list[Any]) -> list[dict[str, Any]]:
    return [line for line in lines if line["event"] == event]


# ---------------------------------------------------------------- the request's id


@pytest.mark.parametrize("given", ["a", "3f0c9e1a", "Trace-1_2.3", "x" * 64])
async def test_a_request_keeps_the_id_that_it_came_with(logged_client: httpx.AsyncClient, given: str) -> None:
    response = await logged_client.get("/", headers={"X-Request-ID": given})
    assert response.headers["x-request-id"] == given


async def test_a_request_without_an_id_gets_one(logged_client: httpx.AsyncClient) -> None:
    assert re.fullmatch("[0-9a-f]{32}", (await logged_client.get("/")).headers["x-request-id"])


async def test_every_request_gets_an_id_of_its_own(logged_client: httpx.AsyncClient) -> None:
    given = [(await logged_client.get("/")).headers["x-request-id"] for _ in range(3)]
    assert len(set(given)) == 3


@pytest.mark.parametrize(
    "forged",
    [
        b"",
        b"a b",
        b"x" * 65,
        b"<script>",
        b"a;b",
        b'a"b',
        "é".encode(),
        b"a\tevent=forged",
        b"mara@example.org",
    ],
)
async def test_an_id_that_could_forge_a_line_is_replaced(
    logged_client: httpx.AsyncClient, forged: bytes
) -> None:
    response = await logged_client.get("/", headers=[(b"X-Request-ID", forged)])
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


async def test_every_line_of_a_request_has_its_id(logged_client: httpx.AsyncClient) -> None:
    with capture_logs(processors=[add_request_id]) as lines:
        await logged_client.get("/", headers={"X-Request-ID": "mine"})
    assert [(line["event"], line["request_id"]) for line in lines] == [
        ("greeting", "mine"),
        ("request", "mine"),
    ]


async def test_requests_at_once_do_not_mix_up_their_ids(logged_client: httpx.AsyncClient) -> None:
    given = [f"request-{number}" for number in range(20)]
    with capture_logs(processors=[add_request_id]) as lines:
        await asyncio.gather(*(logged_client.get("/", headers={"X-Request-ID": one}) for one in given))
    assert sorted(line["request_id"] for line in lines_named("request", lines)) == sorted(given)


# ---------------------------------------------------------------- the line


async def test_a_request_is_one_line(logged_client: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await logged_client.post("/")
    [line] = lines_named("request", lines)
    assert isinstance(line.pop("milliseconds"), float)
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "POST",
        "path": "/",
        "status": 201,
    }


async def test_a_line_holds_neither_query_string_nor_headers_nor_body(
    logged_client: httpx.AsyncClient,
) -> None:
    with capture_logs() as lines:
        await logged_client.post(
            f"/?query={SECRET}", headers={"Authorization": SECRET, "User-Agent": SECRET}, content=SECRET
        )
    assert (len(lines_named("request", lines)), SECRET in str(lines)) == (1, False)


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_probes_leave_no_line(logged_client: httpx.AsyncClient, path: str) -> None:
    with capture_logs() as lines:
        await logged_client.get(path)
    assert lines_named("request", lines) == []


# ---------------------------------------------------------------- what goes wrong


async def test_an_unexpected_error_is_told_as_an_internal_one(logged_client: httpx.AsyncClient) -> None:
    response = await logged_client.get("/fail")
    assert response.status_code == 500
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["INTERNAL"]


async def test_the_answer_to_an_unexpected_error_holds_nothing_of_it(
    logged_client: httpx.AsyncClient,
) -> None:
    assert SECRET not in (await logged_client.get("/fail")).text


async def test_the_answer_to_an_unexpected_error_has_the_requests_id(
    logged_client: httpx.AsyncClient,
) -> None:
    response = await logged_client.get("/fail", headers={"X-Request-ID": "mine"})
    assert response.headers["x-request-id"] == "mine"


async def test_an_unexpected_error_is_logged_with_its_place_and_without_its_message(
    logged_client: httpx.AsyncClient,
) -> None:
    with capture_logs() as lines:
        await logged_client.get("/fail")
    [line] = lines_named("unexpected error", lines)
    assert (line["error"], line["log_level"]) == ("ValueError", "error")
    assert re.fullmatch(r"test_access_log\.py:\d+ fail", line["at"][-1])
    assert SECRET not in str(lines)


async def test_a_request_that_failed_has_its_line_too(logged_client: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await logged_client.get("/fail")
    assert [line["status"] for line in lines_named("request", lines)] == [500]


async def test_an_answer_that_fails_halfway_stops_there(logged_client: httpx.AsyncClient) -> None:
    with capture_logs() as lines, pytest.raises(httpx.RemoteProtocolError):
        await logged_client.get("/late")
    assert [line["error"] for line in lines_named("unexpected error", lines)] == ["ValueError"]
