"""gateway/http/direct.py: where the gateway itself fails, its client is told so, and nobody is told more."""

import json
import logging
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from gateway.http.access_log import AccessLog
from gateway.http.client_request import RequestHead
from gateway.http.direct import DirectWay
from gateway.http.endpoint import GraphQLEndpoint, Posted
from gateway.http.request import RequestRefused
from gateway.runtime import current_moment
from gateway.serving import serving
from gateway.telemetry.instruments import Instruments
from gateway.telemetry.request_id import add_request_id
from tests.direct_http.two_way_teller import Teller
from tests.http.operations_asked import GRAPHQL, JSON, ask
from tests.http.two_ways import Way, two_ways
from tests.wire import Connection, connected

pytestmark = pytest.mark.anyio

SECRET = "s3cret-t0ken"
# The time is asked for where something went wrong; the second one waits for a platform before.
WRONG = {
    "at once": ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", JSON, GRAPHQL, "X-Request-ID: mine"),
    "later": ask("{ projects { totalCount } }", JSON, GRAPHQL, "X-Request-ID: mine"),
}
INTERNAL = {
    "errors": [
        {"message": "The gateway failed; the failure has been logged.", "extensions": {"code": "INTERNAL"}}
    ]
}


class Clock:
    """The time, until it breaks."""

    def __init__(self) -> None:
        self.is_broken = False

    def __call__(self) -> datetime:
        if self.is_broken:
            raise ValueError(SECRET)
        return current_moment()


class Broken:
    """Stands where the endpoint is."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure
        self.is_broken = True
        self.reads = True
        self.charges = False

    def read_post(self, head: RequestHead, _: bytes) -> Posted:
        if not self.reads:
            raise self._failure
        return Posted(head=head, media_type=None, authorization="", asked=RequestRefused(400, "Unread."))

    def at_once(self, *_: object) -> None:
        if self.is_broken:
            raise self._failure


class BrokenApplication(Teller):
    """What it leaves is told by the teller."""

    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self.endpoint = Broken(failure)
        self.instruments = Instruments()
        log = AccessLog(self, instruments=self.instruments)
        self.direct = DirectWay(  # type: ignore[assignment]
            cast("GraphQLEndpoint", self.endpoint), log, max_body_bytes=1000
        )


@asynccontextmanager
async def broken(failure: Exception | None = None) -> AsyncIterator[tuple[BrokenApplication, Connection]]:
    app = BrokenApplication(failure or ValueError(SECRET))
    async with serving(app) as base_url, connected(base_url) as connection:
        yield app, connection


def events(lines: list[MutableMapping[str, Any]]) -> list[tuple[str, str]]:
    return [(line["event"], line["log_level"]) for line in lines]


@pytest.mark.parametrize("failure", [ValueError(SECRET), KeyError(SECRET), RecursionError(), TimeoutError()])
async def test_an_unexpected_failure_is_told_as_an_internal_error(failure: Exception) -> None:
    async with broken(failure) as (_, connection):
        answer = await connection.ask(ask())
    assert (answer.status, json.loads(answer.body)) == (500, INTERNAL)


async def test_the_answer_to_an_unexpected_failure_has_the_usual_header_fields() -> None:
    async with broken() as (_, connection):
        answer = await connection.ask(ask("{ x }", JSON, "X-Request-ID: mine"))
    assert answer.all_of(b"x-request-id") == [b"mine"]
    assert answer.all_of(b"content-type") == [b"application/json"]
    assert answer.all_of(b"x-content-type-options") == [b"nosniff"]
    assert len(answer.all_of(b"date")) == 1


async def test_an_unexpected_failure_is_logged_with_its_place_and_without_its_message() -> None:
    with capture_logs(processors=[add_request_id]) as lines:
        async with broken() as (_, connection):
            await connection.ask(ask("{ x }", JSON, "X-Request-ID: mine"))
    assert events(lines) == [("unexpected error", "error"), ("request", "info")]
    assert (lines[0]["error"], lines[0]["request_id"], lines[1]["status"]) == ("ValueError", "mine", 500)
    assert lines[0]["at"][-1].startswith("test_direct_way_failures.py:")
    assert SECRET not in str(lines)


async def test_an_unexpected_failure_is_counted() -> None:
    async with broken() as (app, connection):
        await connection.ask(ask())
    rendered, _ = app.instruments.metrics.render()
    assert b'accessgraph_requests_total{method="POST",status="500"} 1.0' in rendered


async def test_what_cannot_be_read_without_asgi_goes_through_it() -> None:
    async with broken() as (app, connection):
        app.endpoint.reads = False
        assert (await connection.ask(ask())).body.startswith(b"asgi ")


async def test_the_connection_goes_on_after_an_unexpected_failure() -> None:
    async with broken() as (app, connection):
        await connection.ask(ask())
        app.endpoint.is_broken = False
        assert (await connection.ask(ask())).body.startswith(b"asgi ")


async def test_what_came_together_with_a_request_that_failed_is_answered() -> None:
    async with broken() as (_, connection):
        await connection.send(ask() * 3)
        assert [(await connection.answer()).status for _ in range(3)] == [500, 500, 500]


# ---------------------------------------------------------------- in the whole gateway


async def failed_lines(way: Way, sent: bytes) -> list[dict[str, Any]]:
    """Without where it was, which depends on the way."""
    with capture_logs() as lines:
        await way.ask(sent)
    assert SECRET not in str(lines)
    return [{name: line[name] for name in line if name not in {"milliseconds", "at"}} for line in lines]


async def own_figures(way: Way) -> list[str]:
    """Without calls to platforms: with a broken clock nobody knows how long a token is good."""
    return [line for line in await way.figures() if "_upstream_" not in line]


@pytest.mark.parametrize("sent", WRONG.values(), ids=WRONG.keys())
async def test_a_failure_is_told_the_same_either_way(sent: bytes) -> None:
    clock = Clock()
    async with two_ways(platforms=True, now=clock) as (direct, through_asgi):
        clock.is_broken = True
        answer = await direct.ask(sent)
        assert answer == await through_asgi.ask(sent)
        clock.is_broken = False
    assert (answer.status, json.loads(answer.body), direct.app.operations) == (500, INTERNAL, 0)


@pytest.mark.parametrize("sent", WRONG.values(), ids=WRONG.keys())
async def test_a_failure_is_logged_and_counted_the_same_either_way(sent: bytes) -> None:
    clock = Clock()
    async with two_ways(platforms=True, now=clock) as (direct, through_asgi):
        clock.is_broken = True
        assert await failed_lines(direct, sent) == await failed_lines(through_asgi, sent)
        clock.is_broken = False
        assert await own_figures(direct) == await own_figures(through_asgi)


class Noting(logging.Handler):
    """Notes whose request each line is taken for."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[object] = []

    def emit(self, _: logging.LogRecord) -> None:
        self.ids.append(add_request_id(None, "", {}).get("request_id"))


@pytest.fixture
def server_log() -> Iterator[Noting]:
    """What the server itself logs."""
    logger, noting = logging.getLogger("uvicorn.error"), Noting()
    logger.addHandler(noting)
    yield noting
    logger.removeHandler(noting)


async def test_what_is_logged_for_no_request_has_no_request_s_id(server_log: Noting) -> None:
    async with two_ways() as ways:
        for way in ways:
            await way.ask(ask("{ x }", JSON, GRAPHQL, "X-Request-ID: mine"))
            answer = await way.connection.ask(b"no request\r\n\r\n")
            assert answer.status == 400
    assert server_log.ids == [None, None]
