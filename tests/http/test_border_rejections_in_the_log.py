"""Requests that are turned away leave few lines, short ones, with nothing in them that was sent."""

import asyncio
import io
import json
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from gateway.domain.caller import Scope
from gateway.http.access_log import REJECTIONS_LOGGED_A_SECOND, AccessLog
from gateway.http.authentication.api_keys import new_key
from gateway.serving import serving
from gateway.telemetry.logs import configure_logs
from tests.plain_http import NO_TLS
from tests.soaking import soak, times

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}
LONGEST_LINE = 500
AT_ONCE = 25
Sent = Callable[[str], dict[str, Any]]

# Each with a word in it by which it is found again; `post` with a good key where nothing else is said.
KINDS: dict[str, Sent] = {
    "bad JSON": lambda word: {"content": f'{{"query": "{word}', "headers": JSON},
    "no object": lambda word: {"json": word},
    "a batch": lambda word: {"json": [{"query": f"{{ {word} }}"}]},
    "a parameter of another type": lambda word: {"json": {"query": {"text": word}}},
    "no document": lambda word: {"json": {"variables": {"secret": word}}},
    "no GraphQL": lambda word: {"json": {"query": f"{{ {word} "}},
    "an unknown field": lambda word: {"json": {"query": f"{{ {word} }}"}},
    "an unknown operation": lambda word: {
        "json": {"query": f"query A {{ {word}: __typename }} query B {{ __typename }}", "operationName": word}
    },
    "a value that does not fit": lambda word: {
        "json": {
            "query": "query ($filter: ProjectFilter) { projects(filter: $filter) { totalCount } }",
            "variables": {"filter": {"platforms": [word], "memberEmail": f"{word}@"}},
        }
    },
    "too complex": lambda word: {"json": {"query": "{ " + f"{word}: __typename " * 25 + "}"}},
    "too big": lambda word: {"content": word * 2_000, "headers": JSON},
    "another media type": lambda word: {"content": word, "headers": {"Content-Type": f"text/{word}"}},
    "a media type that is not ours": lambda word: {
        "json": {"query": word},
        "headers": {"Accept": "text/csv"},
    },
    "an unknown document": lambda word: {"json": {"documentId": word}},
    "an unknown hash": lambda word: {
        "json": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": word}}}
    },
    "no key": lambda word: {"json": {"query": word}, "headers": {"Authorization": ""}},
    "a wrong key": lambda word: {"json": {"query": word}, "headers": {"Authorization": f"Bearer {word}"}},
    "a mutation by GET": lambda word: {
        "method": "GET",
        "params": {"query": f'mutation {{ removeMember(input: {{memberId: "{word}"}}) {{ outcome }} }}'},
    },
    "a link": lambda word: {
        "method": "GET",
        "params": {"query": f"{{ {word} }}"},
        "headers": {"Accept": "*/*", "Referer": f"https://elsewhere.example/{word}", "Cookie": f"a={word}"},
    },
    "another method": lambda word: {
        "method": "DELETE",
        "params": {"id": word},
        "headers": {"User-Agent": word},
    },
}


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "keys.toml"
    (tmp_path / "key").write_text(new_key(file, name="one", scopes=Scope))
    return {
        "GATEWAY_AUTH__MODE": "api_key",
        "GATEWAY_AUTH__KEYS_FILE": str(file),
        "GATEWAY_LIMITS__BODY_BYTES": "20000",
    }


@pytest.fixture
def caller(client: httpx.AsyncClient, tmp_path: Path) -> httpx.AsyncClient:
    """The client with a good key."""
    client.headers["Authorization"] = f"Bearer {(tmp_path / 'key').read_text()}"
    return client


@pytest.fixture(params=["json"])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Everything that is logged from here on, however fine."""
    root = logging.getLogger()
    libraries = [logging.getLogger(name) for name in ("httpx", "httpcore", "aiosqlite", "uvicorn.error")]
    before = structlog.get_config(), root.handlers[:], [one.level for one in (root, *libraries)]
    stream = io.StringIO()
    configure_logs(level="debug", json=request.param == "json", stream=stream)
    yield stream
    configuration, root.handlers[:], levels = before
    structlog.configure(**configuration)
    for logger, level in zip((root, *libraries), levels, strict=True):
        logger.setLevel(level)


def word_of(number: int) -> str:
    return f"s3cret{number}"


async def send(client: httpx.AsyncClient, kind: Sent, word: str) -> None:
    request: dict[str, Any] = {"method": "POST", "url": "/graphql", **kind(word)}
    response = await client.request(**request)
    assert 400 <= response.status_code < 500, (word, response.text)


async def send_many(client: httpx.AsyncClient, count: int) -> None:
    """Every kind in turn, some at a time."""
    kinds = list(KINDS.values())
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        await asyncio.gather(
            *(send(client, kinds[number % len(kinds)], word_of(number)) for number in numbers)
        )


def assert_discreet(log: str) -> None:
    assert re.findall(r"s3cret\d+", log) == []
    assert max(map(len, log.splitlines())) < LONGEST_LINE


def lines_of(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


# ---------------------------------------------------------------- what is in the lines


@pytest.mark.parametrize("log", ["json", "console"], indirect=True)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_rejection_is_one_short_line_without_a_value(
    caller: httpx.AsyncClient, log: io.StringIO, kind: str
) -> None:
    await send(caller, KINDS[kind], word_of(1))
    assert len(log.getvalue().splitlines()) == 1
    assert_discreet(log.getvalue())


@pytest.mark.parametrize("length", [1, 2_000])
async def test_a_path_that_leads_nowhere_is_one_short_line_without_a_value(
    caller: httpx.AsyncClient, log: io.StringIO, length: int
) -> None:
    """Tokens stand in paths too, and a path can be as long as a whole request."""
    await send(caller, lambda word: {"url": f"/graphql/{word * length}"}, word_of(1))
    assert_discreet(log.getvalue())


async def test_what_is_no_http_is_a_short_line_without_a_value(
    client: httpx.AsyncClient, log: io.StringIO
) -> None:
    for sent in (b"s3cret1 / HTTP/1.1\r\n\r\n", b"GET s3cret1 HTTP/1.1\r\n\r\n", b"\x16\x03\x01s3cret1\r\n"):
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(sent)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert answer.startswith(b"HTTP/1.1 400 ")
    assert len(log.getvalue().splitlines()) == 3
    assert_discreet(log.getvalue())


# ---------------------------------------------------------------- how many lines there are


@soak
async def test_a_flood_of_rejections_leaves_few_short_lines_without_a_value(
    caller: httpx.AsyncClient, log: io.StringIO
) -> None:
    await send_many(caller, times(300, soaking=10_000))
    assert_discreet(log.getvalue())
    lines = lines_of(log)
    assert {line["event"] for line in lines} == {"request"}
    # A second of the clock on the wall overlaps two of the gateway's.
    in_a_second = Counter(line["timestamp"][:19] for line in lines)
    assert max(in_a_second.values()) <= 2 * REJECTIONS_LOGGED_A_SECOND


async def test_what_is_logged_and_what_was_held_back_are_all_there_were(
    caller: httpx.AsyncClient, log: io.StringIO
) -> None:
    count = 10 * REJECTIONS_LOGGED_A_SECOND
    await send_many(caller, count)
    async with asyncio.timeout(30):
        while "rejections_not_logged" not in lines_of(log)[-1]:
            await send(caller, KINDS["an unknown field"], word_of(count))
            count += 1
    assert sum(1 + line.get("rejections_not_logged", 0) for line in lines_of(log)) == count


async def test_a_refusal_that_a_client_is_told_with_200_is_held_back_like_others(
    caller: httpx.AsyncClient, log: io.StringIO
) -> None:
    """Clients that take `application/json` only are told so that a document cannot be executed."""
    for number in range(10 * REJECTIONS_LOGGED_A_SECOND):
        response = await caller.post(
            "/graphql", json={"query": f"{{ {word_of(number)} }}"}, headers={"Accept": "application/json"}
        )
        assert (response.status_code, "data" in response.json()) == (200, False)
    in_a_second = Counter(line["timestamp"][:19] for line in lines_of(log))
    assert max(in_a_second.values()) <= 2 * REJECTIONS_LOGGED_A_SECOND


async def ok(_: Request) -> Response:
    return Response()


@dataclass
class Clocked:
    """A client of an application whose log has a clock of its own."""

    client: httpx.AsyncClient
    seconds: float = 0.0

    async def get(self, path: str, *, count: int) -> list[MutableMapping[str, Any]]:
        """The lines that so many requests leave."""
        with capture_logs() as lines:
            for _ in range(count):
                await self.client.get(path)
        return lines


@pytest.fixture
async def clocked() -> AsyncIterator[Clocked]:
    found: list[Clocked] = []
    middleware = [Middleware(AccessLog, clock=lambda: found[0].seconds)]
    app = Starlette(routes=[Route("/", ok)], middleware=middleware)
    async with (
        serving(app) as base_url,
        httpx.AsyncClient(verify=NO_TLS, base_url=base_url, timeout=30) as client,
    ):
        found.append(Clocked(client))
        yield found[0]


async def test_the_first_line_of_the_next_second_says_how_many_were_held_back(clocked: Clocked) -> None:
    first = await clocked.get("/nothing", count=REJECTIONS_LOGGED_A_SECOND + 15)
    clocked.seconds = 1.0
    second = await clocked.get("/nothing", count=2)
    assert len(first) == REJECTIONS_LOGGED_A_SECOND
    assert [line.get("rejections_not_logged") for line in (*first[-1:], *second)] == [None, 15, None]


async def test_what_is_answered_is_never_held_back(clocked: Clocked) -> None:
    await clocked.get("/nothing", count=REJECTIONS_LOGGED_A_SECOND + 1)
    lines = await clocked.get("/", count=3 * REJECTIONS_LOGGED_A_SECOND)
    assert [line["status"] for line in lines] == [200] * 3 * REJECTIONS_LOGGED_A_SECOND
