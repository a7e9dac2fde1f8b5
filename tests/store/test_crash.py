"""A gateway that is killed in the middle of many changes loses none of them and makes none of them twice."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, product
from pathlib import Path

import anyio.to_thread
import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey
from gateway.graph import ids
from gateway.sandbox.large import large_organisation
from gateway.store.verification import verify
from tests.access.world import rows_of
from tests.cli.command import Running, running
from tests.soaking import soak, times
from tests.store.crashing import Client, Ground, Moment, client_of

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


def additions_on(ground: Ground) -> Iterator[Addition]:
    """Every platform and every project in turn, so that many changes go on at once."""
    projects = [
        *((PlatformKey.QUANTCONNECT, str(one)) for one in ground.quantconnect.state.projects),
        *((PlatformKey.TESTOMATO, one) for one in ground.testomato.state.projects),
    ]
    for person, (platform, project) in product(ORGANISATION.people, projects):
        name = person.email if platform is PlatformKey.TESTOMATO else person.key
        if (project, name) not in ground.members():
            yield Addition(platform=platform, project=project, person=name, key=f"{project} {person.key}")


def received(ground: Ground) -> Counter[tuple[str, str]]:
    """Who was to be let into which project, and how often."""
    return Counter((write.project, write.person) for write in ground.witness.received)


@pytest.fixture
async def ground() -> AsyncIterator[Ground]:
    async with Ground(ORGANISATION).running() as ground:
        yield ground


async def ask(gateway: Running, additions: list[Addition]) -> dict[Addition, str | None]:
    """The outcomes, asked for many at once; None where the gateway died before it answered."""
    outcomes: dict[Addition, str | None] = {}
    places = asyncio.Semaphore(AT_ONCE)

    async def ask_for(addition: Addition, client: Client) -> None:
        async with places:
            payload = await client.ask(ADD, addition.input)
            outcomes[addition] = payload and payload["outcome"]

    async with client_of(gateway) as client:
        await asyncio.gather(*(ask_for(addition, client) for addition in additions))
    return outcomes


async def test_a_gateway_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(
    ground: Ground, tmp_path: Path
) -> None:
    additions = list(islice(additions_on(ground), COUNT))
    wanted = {(one.project, one.person) for one in additions}
    before = ground.members()
    for moment in (Moment.ARRIVED, Moment.MADE, Moment.ARRIVED):
        with running(tmp_path, "serve", environment=ground.variables) as gateway:
            ground.witness.kill(gateway, at=COUNT // 4, moment=moment)
            outcomes = await ask(gateway, additions)
            assert None in outcomes.values()
            assert gateway.wait().exit_code == -signal.SIGKILL
        await ground.witness.all_is_quiet()

    with running(tmp_path, "serve", environment=ground.variables) as gateway:
        outcomes = await ask(gateway, additions)
        sent = received(ground)
        # What the gateway was about to send when it was killed it may have sent, for all it can know. It
        # does not try its luck; whoever has looked asks again under another key.
        unknown = [one for one, outcome in outcomes.items() if outcome == Outcome.UNKNOWN]
        again = await ask(gateway, [replace(one, key=f"{one.key}, again") for one in unknown])
        await anyio.to_thread.run_sync(partial(gateway.end, signal.SIGTERM))

    assert {(one.project, one.person) for one in unknown} == wanted - sent.keys()
    assert {outcome for one, outcome in outcomes.items() if one not in unknown} <= DONE
    assert set(again.values()) <= DONE
    assert received(ground) == Counter(wanted)
    assert ground.members() - before == Counter(wanted)

    database = str(tmp_path / "accessgraph.sqlite3")
    final = {one.key: outcome for one, outcome in (outcomes | again).items()}
    assert {row["idempotency_key"]: row["outcome"] for row in rows_of(database, "change")} == final
    assert sorted((row["idempotency_key"], row["outcome"]) for row in rows_of(database, "audit")) == sorted(
        final.items()
    )
    assert verify(database).flaw is None
