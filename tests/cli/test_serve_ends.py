"""How `accessgraph serve` ends while something is under way: every answer, change and record in place."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import anyio.to_thread
import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.domain.vocabulary import Outcome, PlatformKey
from gateway.graph import ids
from gateway.platforms.testomato.sandbox import TestomatoSandbox, create_sandbox
from tests.access.world import rows_of
from tests.cli.command import LONGEST_SECONDS, Finished, Running
from tests.cli.conftest import Start
from tests.cli.stand_ins import variables_for
from tests.mutations.line import is_write

pytestmark = pytest.mark.anyio

NEWCOMER = "tomasz.wierzbicki@example.com"
ADD = "mutation ($input: AddMemberInput!) { addMember(input: $input) { outcome member { email } } }"
COUNT = {"query": "{ projects { totalCount } }"}
COUNTED = {"data": {"projects": {"totalCount": 10}}}
ADDED = {"data": {"addMember": {"outcome": Outcome.ADDED, "member": {"email": NEWCOMER}}}}

BUT_ONE_SECOND = {"GATEWAY_SHUTDOWN_GRACE_SECONDS": "1"}
# Nobody waits for as long as this where what is held up is let go.
AGES = {"GATEWAY_SHUTDOWN_GRACE_SECONDS": "60"}


class HeldAnswers:
    """Before a stand-in: does what it is told, and keeps the answers to itself until they are let go.

    Attributes:
        holds: which calls; none to begin with.
        reached: set when there is such an answer, hence when such a call has taken effect.
        let_go: to be set.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.holds: Callable[[str, str], bool] = lambda _method, _path: False
        self.reached = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.holds(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self._app(scope, receive, keep)
        self.reached.set()
        await self.let_go.wait()
        for message in kept:
            await send(message)


@dataclass(frozen=True, kw_only=True)
class World:
    """A stand-in that outlives every gateway, and the file that every gateway shares."""

    testomato: TestomatoSandbox
    answers: HeldAnswers
    variables: dict[str, str]
    folder: Path

    @property
    def addition(self) -> dict[str, object]:
        """The body of a request for a change, the same each time."""
        project = ids.project_id(PlatformKey.TESTOMATO, next(iter(self.testomato.state.projects)))
        given = {"projectId": project, "person": {"email": NEWCOMER}, "role": "VIEWER"}
        return {"query": ADD, "variables": {"input": {**given, "idempotencyKey": "onboarding-7"}}}

    @property
    def writes(self) -> int:
        return sum(is_write(call.method, call.path) for call in self.testomato.calls)

    def recorded(self) -> list[tuple[str, str]]:
        """Key and outcome of every change in the audit trail."""
        rows = rows_of(str(self.folder / "accessgraph.sqlite3"), "audit")
        return [(row["idempotency_key"], row["outcome"]) for row in rows]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    sandbox = create_sandbox(lists_projects=False)
    answers = HeldAnswers(sandbox.app)
    sandbox = replace(sandbox, app=answers)
    async with sandbox.running() as base_url:
        variables = {"GATEWAY_PORT": "0", **variables_for(sandbox, base_url)}
        yield World(testomato=sandbox, answers=answers, variables=variables, folder=tmp_path)
        answers.let_go.set()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that is under way, held up behind the gateway; its answer, or what became of it."""

    serving: Running
    port: int
    sending: asyncio.Task[object]

    async def answer(self) -> object:
        return await asyncio.wait_for(self.sending, LONGEST_SECONDS)


Ask = Callable[..., Awaitable[Asked]]


@pytest.fixture
async def ask(start: Start, world: World) -> AsyncIterator[Ask]:
    """Starts a gateway, asks it something, and comes back when the platform has done it."""
    all_sent: list[asyncio.Task[object]] = []

    async def ask(body: dict[str, object], *, settings: dict[str, str]) -> Asked:
        serving = start("serve", **world.variables, **settings)
        address = await anyio.to_thread.run_sync(serving.address)
        sending = asyncio.create_task(answer_of(address, body))
        all_sent.append(sending)
        await asyncio.wait_for(world.answers.reached.wait(), LONGEST_SECONDS)
        return Asked(serving=serving, port=httpx.URL(address).port or 0, sending=sending)

    yield ask
    for sending in all_sent:
        sending.cancel()
    await asyncio.gather(*all_sent, return_exceptions=True)


async def answer_of(address: str, body: dict[str, object]) -> object:
    async with httpx.AsyncClient(timeout=LONGEST_SECONDS, trust_env=False) as client:
        try:
            response = await client.post(address, json=body)
            return response.json() if response.status_code == 200 else response.status_code
        except httpx.TransportError as error:
            return type(error).__name__


async def until_nobody_is_let_in(port: int) -> None:
    """Until new connections are refused."""
    with anyio.fail_after(LONGEST_SECONDS):
        while await anyio.to_thread.run_sync(takes_connections, port):  # noqa: ASYNC110 - nobody tells
            await anyio.sleep(0.01)


def takes_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionError:
        return False
    return True


async def end_of(serving: Running) -> Finished:
    """Its end, in good order: nothing is told as a mistake of the program's."""
    ended = await anyio.to_thread.run_sync(serving.wait)
    assert [word for word in ("Traceback", "Exception", "CancelledError") if word in ended.everything] == []
    assert ended.everything.endswith("accessgraph: stopped\n")
    return ended


def any_call(_method: str, _path: str) -> bool:
    return True


# ---------------------------------------------------------------- in time


async def test_while_a_read_is_finished_nobody_new_is_let_in(world: World, ask: Ask) -> None:
    world.answers.holds = any_call
    asked = await ask(COUNT, settings=AGES)
    asked.serving.send(signal.SIGTERM)
    await until_nobody_is_let_in(asked.port)
    assert not asked.sending.done()
    world.answers.let_go.set()
    assert await asked.answer() == COUNTED
    assert (await end_of(asked.serving)).exit_code == 0


async def test_a_change_that_is_under_way_is_carried_through_and_recorded(world: World, ask: Ask) -> None:
    world.answers.holds = is_write
    asked = await ask(world.addition, settings=AGES)
    asked.serving.send(signal.SIGTERM)
    await until_nobody_is_let_in(asked.port)
    assert world.recorded() == []
    world.answers.let_go.set()
    assert await asked.answer() == ADDED
    assert (await end_of(asked.serving)).exit_code == 0
    assert (world.recorded(), world.writes) == ([("onboarding-7", Outcome.ADDED)], 1)


async def test_a_change_whose_caller_has_gone_is_carried_through_and_recorded(world: World, ask: Ask) -> None:
    world.answers.holds = is_write
    asked = await ask(world.addition, settings=AGES)
    asked.sending.cancel()
    asked.serving.send(signal.SIGTERM)
    await until_nobody_is_let_in(asked.port)
    await anyio.sleep(0.5)  # until the server is done, which it tells nobody; too short is blunt, never red
    world.answers.let_go.set()
    assert (await end_of(asked.serving)).exit_code == 0
    assert world.recorded() == [("onboarding-7", Outcome.ADDED)]


# ---------------------------------------------------------------- out of time


async def test_a_read_that_takes_longer_than_the_grace_is_cut_off(world: World, ask: Ask) -> None:
    world.answers.holds = any_call
    asked = await ask(COUNT, settings=BUT_ONE_SECOND)
    asked.serving.send(signal.SIGTERM)
    assert (await end_of(asked.serving)).exit_code == 0
    assert await asked.answer() != COUNTED


@pytest.mark.parametrize("leave", [False, True], ids=["its caller waits", "its caller has gone"])
async def test_a_change_that_takes_longer_than_the_grace_is_settled_by_the_next_start(
    world: World, ask: Ask, *, leave: bool
) -> None:
    world.answers.holds = is_write
    asked = await ask(world.addition, settings=BUT_ONE_SECOND)
    if leave:
        asked.sending.cancel()
    asked.serving.send(signal.SIGTERM)
    assert (await end_of(asked.serving)).exit_code == 0
    await assert_settled_by_the_next_start(world, ask)


async def test_the_next_start_settles_a_change_that_was_cut_off_without_being_asked(
    world: World, ask: Ask, start: Start
) -> None:
    world.answers.holds = is_write
    asked = await ask(world.addition, settings=BUT_ONE_SECOND)
    asked.serving.send(signal.SIGTERM)
    await anyio.to_thread.run_sync(asked.serving.wait)
    await anyio.to_thread.run_sync(start("serve", **world.variables).address)
    with anyio.fail_after(LONGEST_SECONDS):
        while not world.recorded():  # noqa: ASYNC110 - it is another process
            await anyio.sleep(0.02)
    assert (world.recorded(), world.writes) == ([("onboarding-7", Outcome.ADDED)], 1)


async def assert_settled_by_the_next_start(world: World, ask: Ask) -> None:
    """Whoever asks again under the same key is told the truth, and nothing is sent a second time."""
    assert world.recorded() == []
    again = await ask(world.addition, settings=AGES)
    assert await again.answer() == ADDED
    again.serving.send(signal.SIGTERM)
    assert (await end_of(again.serving)).exit_code == 0
    assert (world.recorded(), world.writes) == ([("onboarding-7", Outcome.ADDED)], 1)


# ---------------------------------------------------------------- told twice


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_sigterm_does_not_hurry_it(world: World, ask: Ask, first: signal.Signals) -> None:
    world.answers.holds = is_write
    asked = await ask(world.addition, settings=AGES)
    for number in (first, signal.SIGTERM):
        asked.serving.send(number)
        await until_nobody_is_let_in(asked.port)
    world.answers.let_go.set()
    assert await asked.answer() == ADDED
    assert (await end_of(asked.serving)).exit_code == 0
    assert world.recorded() == [("onboarding-7", Outcome.ADDED)]


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_ctrl_c_loses_nothing(world: World, ask: Ask, first: signal.Signals) -> None:
    world.answers.holds = is_write
    asked = await ask(world.addition, settings=BUT_ONE_SECOND)
    asked.serving.send(first)
    await until_nobody_is_let_in(asked.port)
    asked.serving.send(signal.SIGINT)
    assert (await end_of(asked.serving)).exit_code == 0
    await assert_settled_by_the_next_start(world, ask)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_does_no_harm_at_any_moment_of_the_end(start: Start, number: signal.Signals) -> None:
    serving = start("serve", GATEWAY_PORT="0")
    await anyio.to_thread.run_sync(serving.address)
    ending = asyncio.create_task(end_of(serving))
    while not ending.done():
        with suppress(ProcessLookupError):
            serving.send(number)
        await asyncio.sleep(0.002)
    assert ending.result().exit_code == 0
