"""A client that goes away: what is read for it is given up, what is changed for it is carried through."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from gateway.platforms.testomato.sandbox import create_sandbox
from tests.conftest import MakeStand, Stand
from tests.mutations.line import is_write

pytestmark = pytest.mark.anyio

# Only against hanging.
LONGEST_SECONDS = 30
CLIENT_GONE = 499
PROJECTS = "{ projects(filter: {platforms: [TESTOMATO]}) { totalCount sources { state } } }"
ADD = """mutation ($input: AddMemberInput!) {
  addMember(input: $input) { outcome userErrors { code } } }"""
KEY = "monday-1"


class Desk:
    """What stands before a stand-in: holds calls up, and notices when the gateway hangs up on one.

    Attributes:
        holds: which calls, by method and path.
        reached: set when one is held.
        left: set when the gateway has hung up on one.
        opened: when it is set, they go on.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.holds: Callable[[str, str], bool] = lambda _method, _path: False
        self.reached = asyncio.Event()
        self.left = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.holds(scope["method"], scope["path"]):
            receive = await self._hold(receive)
        await self._app(scope, receive, send)

    async def _hold(self, receive: Receive) -> Receive:
        """Wait, and give a `receive` that has what came meanwhile."""
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        self.reached.set()
        ends = asyncio.ensure_future(receive())  # after the body only the end can come
        goes_on = asyncio.create_task(self.opened.wait())
        await asyncio.wait({ends, goes_on}, return_when=asyncio.FIRST_COMPLETED)
        if ends.done():
            self.left.set()
        ends.cancel()
        goes_on.cancel()
        left = iter(messages)

        async def again() -> Message:
            return next(left, None) or await receive()

        return again


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A gateway, and the desk before Testomato.

    Attributes:
        logged: while clients left.
    """

    stand: Stand
    desk: Desk
    logged: list[MutableMapping[str, Any]] = field(default_factory=list)

    @property
    def addition(self) -> dict[str, object]:
        """A change that nothing stands against."""
        project_id = next(iter(self.stand.testomato.state.projects))
        return {
            "projectId": ids.project_id(PlatformKey.TESTOMATO, project_id),
            "person": {"email": "somebody.new@example.org"},
            "role": "VIEWER",
            "idempotencyKey": KEY,
        }

    @property
    def writes(self) -> int:
        """How many the stand-in was sent, those that it was never let on to included."""
        return sum(is_write(call.method, call.path) for call in self.stand.testomato.calls)

    @asynccontextmanager
    async def client_that_leaves(self, query: str, **variables: object) -> AsyncIterator[None]:
        """One asks: as the block begins its call is held, as it ends the gateway knows that it is gone."""
        host, port = httpx.URL(self.stand.base_url).host, httpx.URL(self.stand.base_url).port
        _, writer = await asyncio.open_connection(host, port)
        body = json.dumps({"query": query, "variables": variables}).encode()
        head = ["POST /graphql HTTP/1.1", "Host: gateway", "Content-Type: application/json"]
        head += [f"Content-Length: {len(body)}", "", ""]
        writer.write("\r\n".join(head).encode() + body)
        await within(self.desk.reached.wait())
        yield
        known = asyncio.Event()

        def hear(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
            if line.get("status") == CLIENT_GONE:
                known.set()
            return line

        with capture_logs(processors=[hear]) as lines:
            writer.close()
            await writer.wait_closed()
            await within(known.wait())
        self.logged.extend(lines)


async def within(work: Coroutine[Any, Any, Any]) -> None:
    async with asyncio.timeout(LONGEST_SECONDS):
        await work


@pytest.fixture
def deadline_seconds() -> str:
    return "600"


@pytest.fixture
async def scene(make_stand: MakeStand, deadline_seconds: str) -> Scene:
    """With one place for calls to Testomato, and nothing that ends a call but the client's leaving."""
    sandbox = create_sandbox(lists_projects=False)
    desk = Desk(sandbox.app)
    stand = await make_stand(
        settings={
            "GATEWAY_TESTOMATO__MAX_CONCURRENT_CALLS": "1",
            "GATEWAY_TESTOMATO__CALL_TIMEOUT_SECONDS": "300",
            "GATEWAY_READ_BUDGET_SECONDS": "300",
            "GATEWAY_LIMITS__DEADLINE_SECONDS": deadline_seconds,
        },
        testomato=replace(sandbox, app=desk),
    )
    return Scene(stand=stand, desk=desk)


async def test_what_is_read_for_a_client_that_left_is_given_up(scene: Scene) -> None:
    scene.desk.holds = lambda method, _: method == "GET"
    async with scene.client_that_leaves(PROJECTS):
        pass
    await within(scene.desk.left.wait())
    assert not scene.desk.opened.is_set()


async def test_the_place_of_a_client_that_left_is_free_for_the_next(scene: Scene) -> None:
    scene.desk.holds = lambda method, _: method == "GET"
    async with scene.client_that_leaves(PROJECTS):
        scene.desk.holds = lambda _method, _path: False
    answer = await scene.stand.data(PROJECTS)
    assert [source["state"] for source in answer["projects"]["sources"]] == ["FRESH"]


async def test_a_client_that_left_is_one_line_in_the_log_and_no_error(scene: Scene) -> None:
    scene.desk.holds = lambda method, _: method == "GET"
    async with scene.client_that_leaves(PROJECTS):
        pass
    assert [(line["event"], line["log_level"]) for line in scene.logged] == [("request", "info")]


async def test_a_change_that_was_sent_is_carried_through_for_a_client_that_left(scene: Scene) -> None:
    scene.desk.holds = is_write
    async with scene.client_that_leaves(ADD, input=scene.addition):
        pass
    scene.desk.opened.set()
    answer = await scene.stand.data(ADD, input=scene.addition)
    assert answer["addMember"] == {"outcome": "INVITED", "userErrors": []}
    assert (scene.writes, scene.desk.left.is_set()) == (1, False)


async def test_a_change_that_was_begun_is_carried_through_for_a_client_that_left(scene: Scene) -> None:
    """Its project is still being looked at when the client goes."""
    scene.desk.holds = lambda method, path: method == "GET" and path.startswith("/api/project/")
    async with scene.client_that_leaves(ADD, input=scene.addition):
        pass
    scene.desk.opened.set()
    answer = await scene.stand.data(ADD, input=scene.addition)
    assert answer["addMember"] == {"outcome": "INVITED", "userErrors": []}
    assert (scene.writes, scene.desk.left.is_set()) == (1, False)


async def test_a_change_of_a_client_that_left_does_not_need_to_be_asked_for_again(scene: Scene) -> None:
    before = dict(next(iter(scene.stand.testomato.state.projects.values())).roles)
    scene.desk.holds = is_write
    async with scene.client_that_leaves(ADD, input=scene.addition):
        pass
    scene.desk.opened.set()
    document = '{ projects(filter: {memberEmail: "somebody.new@example.org"}) { totalCount } }'
    async with asyncio.timeout(LONGEST_SECONDS):
        while (await scene.stand.data(document))["projects"]["totalCount"] == 0:
            pass
    after = next(iter(scene.stand.testomato.state.projects.values())).roles
    assert len(after) == len(before) + 1


@pytest.mark.parametrize("deadline_seconds", ["0.5"])
async def test_a_change_that_was_sent_is_not_given_up_at_the_deadline_either(scene: Scene) -> None:
    scene.desk.holds = is_write
    late = await scene.stand.execute(ADD, input=scene.addition)
    assert [error["extensions"]["code"] for error in late["errors"]] == ["DEADLINE_EXCEEDED"]
    await within(scene.desk.reached.wait())
    scene.desk.opened.set()
    async with asyncio.timeout(LONGEST_SECONDS):
        while "data" not in (answer := await scene.stand.execute(ADD, input=scene.addition)):
            pass
    assert answer["data"]["addMember"] == {"outcome": "INVITED", "userErrors": []}
    assert (scene.writes, scene.desk.left.is_set()) == (1, False)
