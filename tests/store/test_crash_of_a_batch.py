"""A gateway that is killed in the middle of a change of many projects halves nothing and doubles nothing."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio.to_thread
import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey, Role
from gateway.graph import ids
from gateway.sandbox.faults import Fault, FaultKind
from gateway.sandbox.large import large_organisation
from gateway.store.verification import verify
from tests.access.world import rows_of
from tests.cli.command import LONGEST_SECONDS, Running, running
from tests.mutations.access import GRANT, SHOWN
from tests.mutations.ground import Change
from tests.soaking import SOAKING, soak
from tests.store.crashing import Ground, Moment, client_of

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900), soak]

ORGANISATION = large_organisation(projects_per_platform=7, members_per_project=2)
# In the first project of either platform already, and in no other.
PERSON = ORGANISATION.people[1]
TARGETS = 12
ARRIVED, MADE, LOST = Moment
ADDED, REMOVED, COMPENSATED = Outcome.ADDED, Outcome.REMOVED, Outcome.COMPENSATED
REFUSED, SKIPPED, UNKNOWN = Outcome.REFUSED, Outcome.SKIPPED, Outcome.UNKNOWN
NOT_THERE = {COMPENSATED, REFUSED, SKIPPED}
# What the audit trail has of a target, by what is told of it in the end.
RECORDS = {
    ADDED: [[ADDED]],
    COMPENSATED: [[ADDED, REMOVED]],
    REFUSED: [[REFUSED]],
    SKIPPED: [[]],
    UNKNOWN: [[UNKNOWN], [ADDED, UNKNOWN]],
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is said of the change: by project, in the order asked."""

    complete: bool
    outcomes: dict[str, Outcome]
    reasons: dict[str, list[str]]

    def projects_of(self, *outcomes: Outcome) -> set[str]:
        return {project for project, outcome in self.outcomes.items() if outcome in outcomes}


@dataclass(frozen=True, kw_only=True)
class Joining:
    """One person is to be let into these projects.

    Attributes:
        places: the project and the person's name there.
    """

    ground: Ground
    database: str
    places: list[tuple[PlatformKey, str, str]]

    @property
    def projects(self) -> set[str]:
        return {project for _, project, _ in self.places}

    def there(self) -> set[str]:
        """The projects that the person is in, in each of them once."""
        members = self.ground.members()
        counts = {project: members[project, name] for _, project, name in self.places}
        assert set(counts.values()) <= {0, 1}
        return {project for project, count in counts.items() if count}

    def received(self, change: Change) -> Counter[str]:
        return Counter(write.project for write in self.ground.witness.received if write.change is change)

    async def ask(self, gateway: Running, *, atomic: bool) -> Told | None:
        """Always under the same key; None where the gateway died before it answered."""
        targets = [
            {"projectId": ids.project_id(key, project), "role": Role.EDITOR}
            for key, project, _ in self.places
        ]
        given = {
            "person": {"email": PERSON.email},
            "targets": targets,
            "atomic": atomic,
            "idempotencyKey": "j",
        }
        async with client_of(gateway) as client:
            payload = await client.ask(GRANT.format(shown=SHOWN), given)
        if payload is None:
            return None
        assert [one["projectId"] for one in payload["results"]] == [one["projectId"] for one in targets]
        results = dict(zip([project for _, project, _ in self.places], payload["results"], strict=True))
        return Told(
            complete=payload["complete"],
            outcomes={project: Outcome(one["outcome"]) for project, one in results.items()},
            reasons={
                project: [error["code"] for error in one["userErrors"]] for project, one in results.items()
            },
        )

    async def until_nothing_is_left(self) -> None:
        """What the gateway does by itself after its start has come to an end."""
        async with asyncio.timeout(LONGEST_SECONDS):
            while True:
                if not self._open("change") and not any(row["atomic"] for row in self._open("batch")):
                    return
                await asyncio.sleep(0.02)

    def _open(self, table: str) -> list[dict[str, object]]:
        return [row for row in rows_of(self.database, table) if row["settled_at"] is None]

    def deny(self, project: str) -> None:
        """Let the person not be let into this one of Testomato's."""
        path = f"/api/project/{project}/users"
        self.ground.testomato.faults.add(Fault(kind=FaultKind.STATUS, status=403, path=path, method="POST"))

    def assert_recorded_once(self, told: Told) -> None:
        """Nothing was sent twice; everything that was done is in the trail once, and the trail is whole."""
        sent = [*self.received(Change.ADD).values(), *self.received(Change.REMOVE).values()]
        assert set(sent) == {1}
        records: dict[str, list[str]] = {project: [] for project in told.outcomes}
        for row in rows_of(self.database, "audit"):
            records[row["project_upstream_id"]].append(row["outcome"])
        for project, outcome in told.outcomes.items():
            assert records[project] in RECORDS[outcome], project
        assert verify(self.database).flaw is None


@pytest.fixture
async def joining(tmp_path: Path) -> AsyncIterator[Joining]:
    async with Ground(ORGANISATION).running() as ground:
        of_quantconnect = [*ground.quantconnect.state.projects][1:]
        of_testomato = [*ground.testomato.state.projects][1:]
        places = [
            place
            for quantconnect, testomato in zip(of_quantconnect, of_testomato, strict=True)
            for place in (
                (PlatformKey.QUANTCONNECT, str(quantconnect), PERSON.key),
                (PlatformKey.TESTOMATO, testomato, PERSON.email),
            )
        ]
        assert len(places) == TARGETS
        yield Joining(ground=ground, database=str(tmp_path / "accessgraph.sqlite3"), places=places)


async def be_killed(
    joining: Joining,
    folder: Path,
    *,
    at: int,
    moment: Moment,
    change: Change,
    asks: bool = True,
    **more: bool,
) -> None:
    """A gateway that is asked for the change, or goes on with it by itself, and killed in its midst."""
    witness = joining.ground.witness
    with running(folder, "serve", environment=joining.ground.variables) as gateway:
        witness.kill(gateway, at=at, moment=moment, change=change)
        assert not asks or await joining.ask(gateway, **more) is None
        finished = await anyio.to_thread.run_sync(gateway.wait)
    assert finished.exit_code == -signal.SIGKILL
    await witness.all_is_quiet()


async def go_on(joining: Joining, folder: Path, *, atomic: bool) -> tuple[set[str], Told]:
    """The next gateway: where the person is when it has gone on by itself, and what it tells who repeats."""
    with running(folder, "serve", environment=joining.ground.variables) as gateway:
        await anyio.to_thread.run_sync(gateway.address)
        await joining.until_nothing_is_left()
        there = joining.there()
        told = await joining.ask(gateway, atomic=atomic)
        assert await joining.ask(gateway, atomic=atomic) == told
        await anyio.to_thread.run_sync(partial(gateway.end, signal.SIGTERM))
    assert told is not None
    return there, told


def assert_true(joining: Joining, told: Told) -> None:
    there = joining.there()
    assert told.complete is (told.projects_of(ADDED) == joining.projects)
    assert told.projects_of(ADDED) <= there
    assert told.projects_of(*NOT_THERE) & there == set()
    assert told.projects_of(ADDED, *NOT_THERE, UNKNOWN) == joining.projects
    assert all(told.reasons[project] for project in told.projects_of(UNKNOWN))


# ---------------------------------------------------------------- all or nothing


KILLS = [(at, moment) for at in range(1, TARGETS + 1) for moment in Moment]
FEW_KILLS = [(1, LOST), (5, MADE), (8, ARRIVED), (TARGETS, MADE), (TARGETS, LOST)]


@pytest.mark.parametrize(("at", "moment"), KILLS if SOAKING else FEW_KILLS)
async def test_an_atomic_change_is_done_or_undone_by_the_next_start(
    joining: Joining, tmp_path: Path, at: int, moment: Moment
) -> None:
    await be_killed(joining, tmp_path, at=at, moment=moment, change=Change.ADD, atomic=True)
    there, told = await go_on(joining, tmp_path, atomic=True)
    assert_true(joining, told)
    assert there == joining.there()  # nobody had to ask for it
    # Of what the gateway was about to send nobody knows whether it is still to come: the rest is undone then.
    never_received = joining.projects - joining.received(Change.ADD).keys()
    unknown = told.projects_of(UNKNOWN)
    assert unknown <= never_received
    assert there == (set() if unknown else joining.projects)
    assert unknown or moment is not LOST
    joining.assert_recorded_once(told)


@pytest.mark.parametrize(
    ("at", "moment"),
    KILLS[: -len(Moment)] if SOAKING else [(1, LOST), (6, ARRIVED), (TARGETS - 1, MADE)],
)
async def test_an_atomic_change_that_is_being_undone_is_undone_by_the_next_start(
    joining: Joining, tmp_path: Path, at: int, moment: Moment
) -> None:
    [*_, (_, denied, _)] = joining.places
    joining.deny(denied)
    await be_killed(joining, tmp_path, at=at, moment=moment, change=Change.REMOVE, atomic=True)
    there, told = await go_on(joining, tmp_path, atomic=True)
    assert_true(joining, told)
    assert (there, told.projects_of(REFUSED), told.complete) == (joining.there(), {denied}, False)
    never_removed = joining.projects - joining.received(Change.REMOVE).keys() - {denied}
    assert (len(never_removed), told.projects_of(UNKNOWN)) == (moment is LOST, never_removed)
    assert told.projects_of(COMPENSATED) == joining.projects - never_removed - {denied}
    joining.assert_recorded_once(told)


async def test_an_atomic_change_is_undone_however_often_that_is_cut_off(
    joining: Joining, tmp_path: Path
) -> None:
    await be_killed(joining, tmp_path, at=TARGETS, moment=LOST, change=Change.ADD, atomic=True)
    for moment in (MADE, ARRIVED, MADE):
        await be_killed(joining, tmp_path, at=3, moment=moment, change=Change.REMOVE, asks=False)
    there, told = await go_on(joining, tmp_path, atomic=True)
    assert_true(joining, told)
    assert (there, told.projects_of(COMPENSATED)) == (set(), set(joining.received(Change.REMOVE)))
    joining.assert_recorded_once(told)


# ---------------------------------------------------------------- each for itself


async def test_what_was_not_begun_is_left_to_whoever_repeats_the_key(
    joining: Joining, tmp_path: Path
) -> None:
    await be_killed(joining, tmp_path, at=2, moment=MADE, change=Change.ADD, atomic=False)
    received = joining.received(Change.ADD)
    with running(tmp_path, "serve", environment=joining.ground.variables) as gateway:
        await anyio.to_thread.run_sync(gateway.address)
        await joining.until_nothing_is_left()
        assert (joining.received(Change.ADD), joining.there()) == (received, set(received))
        told = await joining.ask(gateway, atomic=False)
        await anyio.to_thread.run_sync(partial(gateway.end, signal.SIGTERM))
    assert told is not None
    assert told.projects_of(ADDED) > set(received)


async def test_a_change_of_many_that_is_cut_off_again_and_again_is_finished_and_repeats_nothing(
    joining: Joining, tmp_path: Path
) -> None:
    # No more than nine are begun when the second is made, so that there is one left to be lost.
    for at, moment in ((2, MADE), (1, LOST)):
        await be_killed(joining, tmp_path, at=at, moment=moment, change=Change.ADD, atomic=False)
    there, told = await go_on(joining, tmp_path, atomic=False)
    assert_true(joining, told)
    assert there <= joining.there() == told.projects_of(ADDED) == set(joining.received(Change.ADD))
    # What was about to be sent when the gateway was killed is not sent again.
    assert told.projects_of(UNKNOWN) == joining.projects - joining.there() != set()
    joining.assert_recorded_once(told)
