"""Gateways that are killed in the midst of changes, before stand-ins that outlive them all."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from enum import Enum, auto
from typing import Any

import anyio.to_thread
import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.organisation import Organisation
from tests.cli.command import LONGEST_SECONDS, Running
from tests.cli.conftest import variables_for
from tests.mutations.ground import Change
from tests.writes import Write, write_in


class Moment(Enum):
    """When the gateway is killed, and what becomes of the write at which it is."""

    ARRIVED = auto()
    """It has come in, and is made."""

    MADE = auto()
    """It has been made, and is not answered."""

    LOST = auto()
    """It was sent, and never comes in."""


class Witness:
    """Before both stand-ins: notes who is changed, and kills the gateway when so many writes have come in.

    Attributes:
        received: all writes but those that were lost on their way.
    """

    def __init__(self) -> None:
        self.received: list[Write] = []
        self._victim: Running | None = None
        self._moment = Moment.ARRIVED
        self._change: Change | None = None
        self._left = 0
        self._under_way = 0
        self._idle = asyncio.Event()

    def kill(self, victim: Running, *, at: int, moment: Moment, change: Change | None = None) -> None:
        """Kill it at the write with this number, of those that are still to come.

        Args:
            change: the others do not count; None: all do.
        """
        self._victim, self._left, self._moment, self._change = victim, at, moment, change

    async def all_is_quiet(self) -> None:
        """What a platform has received it goes on with, whoever has died."""
        if self._under_way:
            self._idle.clear()
            await self._idle.wait()

    def before(self, app: ASGIApp) -> ASGIApp:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            found = await write_in(scope, receive)
            if found is None:
                await app(scope, receive, send)
                return
            write, receive_again = found
            is_last = self._is_last(write)
            if is_last and self._moment is Moment.LOST:
                self._strike()
                while (await receive_again())["type"] != "http.disconnect":
                    pass
                return
            self.received.append(write)
            if is_last and self._moment is Moment.ARRIVED:
                self._strike()

            async def strike_and_send(message: Message) -> None:
                if is_last:
                    self._strike()
                await send(message)

            self._under_way += 1
            try:
                await app(scope, receive_again, strike_and_send)
            finally:
                self._under_way -= 1
                if not self._under_way:
                    self._idle.set()

        return watched

    def _is_last(self, write: Write) -> bool:
        if self._change not in {None, write.change}:
            return False
        self._left -= 1
        return self._left == 0

    def _strike(self) -> None:
        if self._victim is not None:
            self._victim.send(signal.SIGKILL)
            self._victim = None


class Ground:
    """Both stand-ins, which outlive every gateway.

    Attributes:
        variables: for a gateway that is to be killed.
    """

    def __init__(self, organisation: Organisation) -> None:
        self.witness = Witness()
        quantconnect = create_quantconnect_sandbox(organisation=organisation)
        testomato = create_testomato_sandbox(organisation=organisation)
        self.quantconnect = replace(quantconnect, app=self.witness.before(quantconnect.app))
        self.testomato = replace(testomato, app=self.witness.before(testomato.app))
        self.variables = {"GATEWAY_PORT": "0", "GATEWAY_LOG_LEVEL": "error"}

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Ground"]:
        async with self.quantconnect.running() as quantconnect, self.testomato.running() as testomato:
            self.variables |= variables_for(self.quantconnect, quantconnect)
            self.variables |= variables_for(self.testomato, testomato)
            yield self

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


class Client:
    """Asks one gateway for changes, as long as it lives."""

    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self._client = client
        self._address = address

    async def ask(self, document: str, given: Mapping[str, object]) -> Any:  # noqa: ANN401 - a payload
        """What is told of the change; None where the gateway died before it answered."""
        content = {"query": document, "variables": {"input": given}}
        try:
            reply = await self._client.post(self._address, json=content)
        except httpx.TransportError:
            return None
        [payload] = reply.json()["data"].values()
        return payload


@asynccontextmanager
async def client_of(gateway: Running) -> AsyncIterator[Client]:
    address = await anyio.to_thread.run_sync(gateway.address)
    async with httpx.AsyncClient(timeout=LONGEST_SECONDS, trust_env=False) as client:
        yield Client(client, address)
