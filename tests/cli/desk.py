"""Somebody's desk: a folder with an access.toml in it, and both platforms to hold it against."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import anyio.to_thread

from gateway.domain.vocabulary import Role
from gateway.platforms.quantconnect.sandbox_state import Collaboration, StoredProject
from tests.cli.command import LONGEST_SECONDS, Finished, Running, run_to_the_end
from tests.cli.stand_ins import StandIns
from tests.cli.terminal import Answer, converse
from tests.mutations.line import is_write

FILE = "access.toml"
MOMENTUM = "Momentum Rotation"
# Nobody whom the file does not name is unexpected.
OTHERS_IGNORED = 'version = 1\n\n[ignore]\nprojects = ["*:*"]\n'
CAOIMHE, MATEO, TOMASZ = "caoimhe-doyle", "mateo-ferreira", "tomasz-wierzbicki"


def entry(
    who: str = CAOIMHE, project: str = f"QUANTCONNECT:{MOMENTUM}", role: str = "VIEWER", more: str = ""
) -> str:
    """One entry; Caoimhe is a viewer there, Mateo an editor who steers live trading, Tomasz is not in."""
    name = who if "@" in who else f"{who.replace('-', '.')}@example.com"
    return f'\n[[access]]\nwho = ["{name}"]\nprojects = ["{project}"]\nrole = "{role}"\n{more}\n'


@dataclass(frozen=True, kw_only=True)
class Desk:
    """See the module."""

    folder: Path
    stand_ins: StandIns

    @property
    def file(self) -> Path:
        return self.folder / FILE

    @property
    def database(self) -> Path:
        return self.folder / "accessgraph.sqlite3"

    @property
    def writes(self) -> int:
        """How many calls have asked a platform to change something."""
        calls = [*self.stand_ins.quantconnect.calls, *self.stand_ins.testomato.calls]
        return sum(is_write(call.method, call.path) for call in calls)

    def declare(self, *entries: str, before: str = OTHERS_IGNORED) -> None:
        self.file.write_text(before + "".join(entries), encoding="utf-8")

    async def run(self, *arguments: str, **more: str) -> Finished:
        """Run the command to its end; `more` are variables that win over those of the stand-ins."""
        environment = {**self.stand_ins.variables, **more}
        said = await anyio.to_thread.run_sync(
            partial(run_to_the_end, self.folder, *arguments, environment=environment)
        )
        self._assert_discreet(said)
        return said

    async def converse(self, *arguments: str, answers: Sequence[Answer] = ()) -> Finished:
        """Run it at a terminal."""
        environment = dict(self.stand_ins.variables)
        said = await anyio.to_thread.run_sync(
            partial(converse, self.folder, *arguments, environment=environment, answers=answers)
        )
        self._assert_discreet(said)
        return said

    async def first_call(self, *, writing: bool = False) -> None:
        """Until a platform has been called, or asked to change something."""
        calls = self.stand_ins.quantconnect.calls
        async with asyncio.timeout(LONGEST_SECONDS):
            while not (self.writes if writing else calls):  # noqa: ASYNC110 - the stand-in has no event
                await asyncio.sleep(0.02)

    async def end_of(self, command: Running) -> Finished:
        """What a command has said in all."""
        said = await anyio.to_thread.run_sync(command.wait)
        self._assert_discreet(said)
        return said

    async def snapshot(self) -> None:
        """Let the file declare what is there."""
        said = await self.run("snapshot", "--output", FILE)
        assert said.exit_code == 0, said.everything

    def let_in(self, person: str, permission: str, *, live: bool = False) -> None:
        """Put somebody into Momentum Rotation, or let them be something else there, past the gateway."""
        state = self.stand_ins.quantconnect.state
        changed = Collaboration(public_id=person, permission=permission, live_control=live)
        state.put_collaboration(self._momentum, changed)

    def put_out(self, person: str) -> None:
        """Take somebody out of Momentum Rotation, past the gateway."""
        self.stand_ins.quantconnect.state.drop_collaboration(self._momentum, person)

    def rename(self, name: str) -> None:
        """Call Momentum Rotation something else."""
        self.stand_ins.quantconnect.state.put(replace(self._momentum, name=name))

    def permission_of(self, person: str) -> str | None:
        """What the person is in Momentum Rotation, as the platform says it."""
        found = self._momentum.collaboration_of(person)
        return None if found is None else found.permission

    def testomato_role_of(self, address: str, *, project: int) -> Role | None:
        """What somebody is in a project, which are numbered from 1."""
        state = self.stand_ins.testomato.state
        user = state.user_by_email(address)
        roles = list(state.projects.values())[project - 1].roles
        role_id = None if user is None else roles.get(user.user_id)
        return None if role_id is None else {4: Role.ADMIN, 5: Role.EDITOR, 6: Role.VIEWER}[role_id]

    def rows(self, table: str) -> list[dict[str, object]]:
        """What a gateway's database has in a table."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]  # noqa: S608 - our own

    @property
    def _momentum(self) -> StoredProject:
        [first, *_] = self.stand_ins.quantconnect.state.projects.values()
        return first

    def _assert_discreet(self, said: Finished) -> None:
        """No traceback and no secret, whatever is wrong."""
        hidden = {"Traceback", *self.stand_ins.quantconnect.secrets, *self.stand_ins.testomato.secrets}
        assert [text for text in hidden if text in said.everything] == []
