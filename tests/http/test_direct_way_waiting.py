"""gateway/http/direct.py: an operation that waits for platforms ends the same whichever way it has come."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from gateway.sandbox.faults import Fault, FaultKind
from gateway.telemetry.request_id import add_request_id
from tests.http.operations_asked import GRAPHQL, JSON, REMOVE, ask
from tests.http.two_ways import Way, two_ways
from tests.wire import connected

pytestmark = pytest.mark.anyio

PROJECTS = "{ projects(first: 100) { totalCount nodes { id name platform createdAt } sources { state } } }"
MEMBERS = "{ projects(first: 100) { nodes { name members { totalCount nodes { id email role } } } } }"
NOT_EACH = '{ projects { nodes { details { __typename } owner { name } } } node(id: "none") { id } }'
ADD = """mutation ($input: AddMemberInput!) {
  addMember(input: $input) { outcome userErrors { code } project { name } } }"""
NOBODY_THERE = {"GATEWAY_TESTOMATO__BASE_URL": "http://127.0.0.1:9/api"}

READS = {
    "projects": ask(PROJECTS),
    "projects for an older client": ask(PROJECTS, JSON),
    "members": ask(MEMBERS),
    "the cost too": ask(PROJECTS, extensions={"cost": True}),
    "what not each platform has": ask(NOT_EACH),
    "one that is not there": ask(
        "query ($id: ID!) { node(id: $id) { id } }",
        variables={"id": ids.project_id(PlatformKey.TESTOMATO, "none")},
    ),
}
every_read = pytest.mark.parametrize("sent", READS.values(), ids=READS.keys())


def addition(project_id: str, role: str, *fields: str, accept: str = GRAPHQL) -> bytes:
    """A change for somebody new."""
    person = {"email": "somebody.new@example.org"}
    wanted = {"projectId": project_id, "person": person, "role": role, "idempotencyKey": "monday-1"}
    return ask(ADD, JSON, accept, *fields, variables={"input": wanted})


async def project_id(way: Way, platform: PlatformKey) -> str:
    """Of a project that is there."""
    async with connected(way.base_url) as connection:
        found = await connection.ask(
            ask(f"{{ projects(filter: {{platforms: [{platform}]}}) {{ nodes {{ id }} }} }}")
        )
    return found.body.decode().partition('"id":"')[2].partition('"')[0]


@every_read
async def test_what_is_read_is_the_same_either_way(sent: bytes) -> None:
    async with two_ways(platforms=True) as (direct, through_asgi):
        answer = await direct.ask(sent)
        assert answer == await through_asgi.ask(sent)
    assert (answer.status, direct.app.operations) == (200, 0)


@every_read
async def test_the_figures_of_what_is_read_are_the_same_either_way(sent: bytes) -> None:
    async with two_ways(platforms=True) as ways:
        for way in ways:
            for _ in range(2):
                await way.ask(sent)
        assert await ways[0].figures() == await ways[1].figures()


@pytest.mark.parametrize("platform", PlatformKey)
@pytest.mark.parametrize("role", ["VIEWER", "OWNER"])
async def test_a_change_is_the_same_either_way(platform: PlatformKey, role: str) -> None:
    async with two_ways(platforms=True) as ways:
        sent = [addition(await project_id(way, platform), role) for way in ways]
        answers = [[await way.ask(one) for _ in range(2)] for way, one in zip(ways, sent, strict=True)]
        figures = [await way.figures() for way in ways]
    assert (answers[0], figures[0]) == (answers[1], figures[1])
    assert [answer.status for answer in answers[0]] == [200, 200]


async def test_a_change_is_kept_under_its_request_s_id(tmp_path: Path) -> None:
    file = tmp_path / "changes.db"
    async with two_ways({"GATEWAY_STORE__URL": f"sqlite:///{file}"}, platforms=True) as (direct, _):
        project = await project_id(direct, PlatformKey.TESTOMATO)
        await direct.ask(addition(project, "VIEWER", "X-Request-ID: mine"))
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT request_id FROM audit").fetchall() == [("mine",)]


async def test_a_change_that_needs_no_platform_is_the_same_either_way() -> None:
    async with two_ways(platforms=True) as (direct, through_asgi):
        assert await direct.ask(ask(REMOVE)) == await through_asgi.ask(ask(REMOVE))


async def test_what_a_platform_does_not_tell_is_the_same_either_way() -> None:
    async with two_ways(NOBODY_THERE, platforms=True) as (direct, through_asgi):
        answer = await direct.ask(ask(PROJECTS))
        assert answer == await through_asgi.ask(ask(PROJECTS))
        assert await direct.figures() == await through_asgi.figures()
    assert b"FAILED" in answer.body


async def line_of(way: Way, sent: bytes) -> dict[str, Any]:
    with capture_logs(processors=[add_request_id]) as lines:
        await way.ask(sent)
    [line] = lines
    return {name: value for name, value in line.items() if name != "milliseconds"}


async def test_the_line_in_the_log_tells_of_failed_calls_the_same_either_way() -> None:
    sent = ask(PROJECTS, JSON, GRAPHQL, "X-Request-ID: mine")
    async with two_ways(NOBODY_THERE, platforms=True) as (direct, through_asgi):
        line = await line_of(direct, sent)
        assert line == await line_of(through_asgi, sent)
    assert [name.split()[0] for name in line["upstream_failures"]] == ["TESTOMATO"]


async def test_requests_at_once_do_not_mix_up_their_ids_nor_their_failures() -> None:
    """Those to a platform that is there end later than those to one that is not."""
    reads = {
        f"{platform}-{number}": f"{{ projects(filter: {{platforms: [{platform}]}}) {{ totalCount }} }}"
        for number in range(10)
        for platform in PlatformKey
    }

    async def read(way: Way, name: str, query: str) -> list[bytes]:
        async with connected(way.base_url) as connection:
            answer = await connection.ask(ask(query, JSON, GRAPHQL, f"X-Request-ID: {name}"))
            return answer.all_of(b"x-request-id")

    async with two_ways(NOBODY_THERE, platforms=True) as (direct, _):
        with capture_logs(processors=[add_request_id]) as lines:
            answered = await asyncio.gather(*(read(direct, *one) for one in reads.items()))
    assert answered == [[name.encode()] for name in reads]
    assert sorted(line["request_id"] for line in lines) == sorted(reads)
    assert {line["request_id"].partition("-")[0] for line in lines if "upstream_failures" in line} == {
        "TESTOMATO"
    }


@pytest.mark.parametrize("accept", [GRAPHQL, "Accept: application/json"])
async def test_an_operation_that_takes_too_long_ends_the_same_either_way(accept: str) -> None:
    """A change, since what only reads is content with less before its time is over."""
    variables = {"GATEWAY_LIMITS__DEADLINE_SECONDS": "0.05", "GATEWAY_SHUTDOWN_GRACE_SECONDS": "0.4"}
    sent = addition(ids.project_id(PlatformKey.QUANTCONNECT, "1"), "VIEWER", accept=accept)
    never = Fault(kind=FaultKind.DELAY, seconds=600)
    async with two_ways(variables, platforms=True, fault=never) as (direct, through_asgi):
        answer = await direct.ask(sent)
        assert answer == await through_asgi.ask(sent)
        assert await direct.figures() == await through_asgi.figures()
    assert (b"DEADLINE_EXCEEDED" in answer.body, direct.app.operations) == (True, 0)
