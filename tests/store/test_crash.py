"""A gateway that is killed in the middle of many changes loses none of them and makes none of them twice."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, product
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx
import msgspec
import pytest
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.domain.vocabulary import Outcome, PlatformKey
from gateway.graph import ids
from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.large import large_organisation
from gateway.store.verification import verify
from tests.access.world import rows_of
from tests.cli.command import LONGEST_SECONDS, Running, running
from tests.cli.stand_ins import variables_for
from tests.mutations.line import is_write
from tests.soaking import soak, times

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900), soak]

COUNT = times(40, soaking=200)
AT_ONCE = 16
TEAM_SIZE = 5
ORGANISATION = large_organisation(projects_per_platform=4, members_per_project=TEAM_SIZE)
ADD = "mutation($input: AddMemberInput!) { addMember(input: $input) { outcome member { upstreamId } } }"
DONE = {Outcome.ADDED, Outcome.INVITED}


@dataclass(frozen=True, kw_only=True)
class Addition:
    """Somebody who is to be let into a project, and the key under which that is asked for."""

    platform: PlatformKey
    project: str
    person: str
    key: str

    @property
    def input(self) -> dict[str, object]:
        named = "email" if self.platform is PlatformKey.TESTOMATO else "upstreamUserId"
        return {
            "projectId": ids.project_id(self.platform, self.project),
            "person": {named: self.person},
            "role": "VIEWER",
            "idempotencyKey": self.key,
        }


class Witness:
    """Before both stand-ins: notes who is added, and kills the gateway when so many have come in.

    Attributes:
        received: the projects and persons of all additions.
    """

    def __init__(self) -> None:
        self.received: list[tuple[str, str]] = []
        self._victim: Running | None = None
        self._kill_at = 0
        self._after_the_write = False
        self._under_way = 0
        self._idle = asyncio.Event()

    def kill(self, victim: Running, *, at: int, after_the_write: bool) -> None:
        """Kill it when the write with this number has come in, or has been made but not answered."""
        self._victim, self._kill_at, self._after_the_write = victim, at, after_the_write

    async def all_is_quiet(self) -> None:
        """What a platform has received it goes on with, whoever has died."""
        if self._under_way:
            self._idle.clear()
            await self._idle.wait()

    def before(self, app: ASGIApp) -> ASGIApp:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or not is_write(scope["method"], scope["path"]):
                await app(scope, receive, send)
                return
            body = await Request(scope, receive).body()
            number = self._note(scope["path"], msgspec.json.decode(body))
            if not self._after_the_write:
                self._strike(number)

            async def give_body() -> Message:
                return {"type": "http.request", "body": body}

            async def strike_and_send(message: Message) -> None:
                self._strike(number)
                await send(message)

            self._under_way += 1
            try:
                await app(scope, give_body, strike_and_send)
            finally:
                self._under_way -= 1
                if not self._under_way:
                    self._idle.set()

        return watched

    def _note(self, path: str, body: dict[str, Any]) -> int:
        if "email" in body:
            self.received.append((path.split("/")[-2], body["email"]))
        else:
            self.received.append((str(body["projectId"]), body["collaboratorUserId"]))
        return len(self.received)

    def _strike(self, number: int) -> None:
        if self._victim is not None and number >= self._kill_at:
            self._victim.send(signal.SIGKILL)
            self._victim = None


class Ground:
    """Both stand-ins, which outlive every gateway."""

    def __init__(self) -> None:
        self.witness = Witness()
        quantconnect = create_quantconnect_sandbox(organisation=ORGANISATION)
        testomato = create_testomato_sandbox(organisation=ORGANISATION)
        self.quantconnect = replace(quantconnect, app=self.witness.before(quantconnect.app))
        self.testomato = replace(testomato, app=self.witness.before(testomato.app))
        self.variables = {"GATEWAY_PORT": "0", "GATEWAY_LOG_LEVEL": "error"}

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Ground"]:
        async with self.quantconnect.running() as quantconnect, self.testomato.running() as testomato:
            self.variables |= variables_for(self.quantconnect, quantconnect)
            self.variables |= variables_for(self.testomato, testomato)
            yield self

    def additions(self) -> Iterator[Addition]:
        """Every platform and every project in turn, so that many changes go on at once."""
        projects = [
            *((PlatformKey.QUANTCONNECT, str(one)) for one in self.quantconnect.state.projects),
            *((PlatformKey.TESTOMATO, one) for one in self.testomato.state.projects),
        ]
        for person, (platform, project) in product(ORGANISATION.people, projects):
            name = person.email if platform is PlatformKey.TESTOMATO else person.key
            if (project, name) not in self.members():
                yield Addition(platform=platform, project=project, person=name, key=f"{project} {person.key}")

    def members(self) -> Counter[tuple[str, str]]:
        """Who is in which project, and how often."""
        of_quantconnect = (
            (str(project.project_id), one.public_id)
            for project in self.quantconnect.state.projects.values()
            for one in project.collaborations
        )
        of_testomato = (
            (project.project_id, self.testomato.state.users[user_id].email)
            for project in self.testomato.state.projects.values()
            for user_id in project.roles
        )
        return Counter([*of_quantconnect, *of_testomato])


@pytest.fixture
async def ground() -> AsyncIterator[Ground]:
    async with Ground().running() as ground:
        yield ground


async def ask(gateway: Running, additions: list[Addition]) -> dict[Addition, str | None]:
    """The outcomes, asked for many at once; None where the gateway died before it answered."""
    address = await anyio.to_thread.run_sync(gateway.address)
    outcomes: dict[Addition, str | None] = {}
    places = asyncio.Semaphore(AT_ONCE)

    async def ask_for(addition: Addition, client: httpx.AsyncClient) -> None:
        async with places:
            try:
                reply = await client.post(
                    address, json={"query": ADD, "variables": {"input": addition.input}}
                )
            except httpx.TransportError:
                outcomes[addition] = None
            else:
                outcomes[addition] = reply.json()["data"]["addMember"]["outcome"]

    async with httpx.AsyncClient(timeout=LONGEST_SECONDS, trust_env=False) as client:
        await asyncio.gather(*(ask_for(addition, client) for addition in additions))
    return outcomes


async def test_a_gateway_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(
    ground: Ground, tmp_path: Path
) -> None:
    additions = list(islice(ground.additions(), COUNT))
    wanted = {(one.project, one.person) for one in additions}
    before = ground.members()
    for at, after_the_write in ((COUNT // 4, False), (COUNT // 2, True), (COUNT * 3 // 4, False)):
        with running(tmp_path, "serve", environment=ground.variables) as gateway:
            ground.witness.kill(gateway, at=at, after_the_write=after_the_write)
            outcomes = await ask(gateway, additions)
            assert None in outcomes.values()
            assert gateway.wait().exit_code == -signal.SIGKILL
        await ground.witness.all_is_quiet()

    with running(tmp_path, "serve", environment=ground.variables) as gateway:
        outcomes = await ask(gateway, additions)
        sent = set(ground.witness.received)
        # What the gateway was about to send when it was killed it may have sent, for all it can know. It
        # does not try its luck; whoever has looked asks again under another key.
        unknown = [one for one, outcome in outcomes.items() if outcome == Outcome.UNKNOWN]
        again = await ask(gateway, [replace(one, key=f"{one.key}, again") for one in unknown])
        await anyio.to_thread.run_sync(partial(gateway.end, signal.SIGTERM))

    assert {(one.project, one.person) for one in unknown} == wanted - sent
    assert {outcome for one, outcome in outcomes.items() if one not in unknown} <= DONE
    assert set(again.values()) <= DONE
    assert Counter(ground.witness.received) == Counter(wanted)
    assert ground.members() - before == Counter(wanted)

    database = str(tmp_path / "accessgraph.sqlite3")
    final = {one.key: outcome for one, outcome in (outcomes | again).items()}
    assert {row["idempotency_key"]: row["outcome"] for row in rows_of(database, "change")} == final
    assert sorted((row["idempotency_key"], row["outcome"]) for row in rows_of(database, "audit")) == sorted(
        final.items()
    )
    assert verify(database).flaw is None
