"""One person to be let into 40 projects by one grantAccess, and faults that strike some of its writes."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import msgspec

from gateway.domain.vocabulary import Outcome, PlatformKey, Role
from gateway.graph import ids
from gateway.runtime import current_moment
from gateway.sandbox.faults import Fault, FaultKind
from gateway.sandbox.large import large_organisation
from tests.conftest import MakeStand
from tests.faults.additions import Place, World, create_world
from tests.faults.striking import settings_for
from tests.faults.table import CELLS, Cell, Row
from tests.mutations.access import GRANT, SHOWN
from tests.mutations.faults import AN_AGE
from tests.mutations.ground import Change, Payload
from tests.writes import Write

QUANTCONNECT, TESTOMATO = PlatformKey

TARGETS = 40
# So many changes of one request are under way at once, as the README says.
AT_ONCE = 8
ORGANISATION = large_organisation(projects_per_platform=TARGETS // 2 + 1, members_per_project=2)
# In the first project of either platform already, and in no other.
PERSON = ORGANISATION.people[1]
# Testomato has no account with this address: it sends an invitation.
NEW_ADDRESS = "somebody.new@example.org"
# Who has which account is read once; who is in a project is read anew for every change.
REMEMBERING = {f"GATEWAY_{key}__CACHE_FRESH_SECONDS": "600" for key in PlatformKey}

DONE = {Outcome.ADDED, Outcome.INVITED}
NOT_THERE = {Outcome.REFUSED, Outcome.SKIPPED, Outcome.COMPENSATED}


@dataclass(kw_only=True)
class Clock:
    """The gateway's, which can be put forward."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return current_moment() + self.ahead


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is said of one target.

    Attributes:
        code: of the reason.
        may_pass: whether it is worth trying again.
    """

    project_id: str
    outcome: Outcome
    code: str | None
    may_pass: bool


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is said of all of them, in the order asked."""

    complete: bool
    results: dict[Place, Told]

    def places_of(self, *outcomes: Outcome) -> set[Place]:
        return {place for place, told in self.results.items() if told.outcome in outcomes}

    def told_of(self, places: Iterable[Place]) -> dict[Place, tuple[Outcome, str | None]]:
        """Outcome and reason."""
        return {place: (self.results[place].outcome, self.results[place].code) for place in places}

    @property
    def may_pass(self) -> set[Place]:
        """Those whose reason may pass."""
        return {place for place, told in self.results.items() if told.may_pass}


@dataclass(frozen=True, kw_only=True)
class Many:
    """A gateway, both stand-ins, and whom to let in where.

    Attributes:
        places: the 40, in the order asked.
        address: the person's.
    """

    world: World
    clock: Clock
    places: tuple[Place, ...]
    address: str
    _strikes: list["Strike"] = field(default_factory=list)

    def some(self, count: int, *, after: int = 0) -> set[Place]:
        """So many of each platform's: the first after so many others."""
        left = self.places[after:]
        return {place for key in PlatformKey for place in [one for one in left if one[0] is key][:count]}

    def strike(
        self, fault: Fault, places: set[Place], *, change: Change = Change.ADD, together: bool = False
    ) -> None:
        """Have the fault strike these writes, each for itself: as often as it says, or always.

        Args:
            together: none before all of them have come in.
        """
        self._strikes.append(Strike(fault=fault, places=places, change=change, together=together))

    def end_trouble(self) -> None:
        """All is well again, whatever was to be waited for is over, and what was remembered is old."""
        self._strikes.clear()
        self.clock.ahead += timedelta(minutes=15)

    async def meet(self, write: Write) -> None:
        """What comes in may be struck."""
        [place] = [place for place in self.places if place[:2] == (write.platform, write.project)]
        for strike in self._strikes:
            if write.change is strike.change and await strike.meets(place):
                # This very call takes it up: nothing comes in between.
                stand = self.world.stand
                sandbox = stand.quantconnect if write.platform is QUANTCONNECT else stand.testomato
                sandbox.faults.add(msgspec.structs.replace(strike.fault, times=1))

    async def grant(self, *, atomic: bool) -> Answer:
        """Ask for all of it, always under the same key."""
        given = {
            "person": {"email": self.address},
            "targets": [self._target(place) for place in self.places],
            "atomic": atomic,
            "idempotencyKey": "joining-2026-118",
        }
        [payload] = (await self.world.stand.data(GRANT.format(shown=SHOWN), input=given)).values()
        return self._answer(payload)

    def done(self, place: Place) -> Outcome:
        """What comes of it when all goes well."""
        return Outcome.INVITED if place[2] == NEW_ADDRESS else Outcome.ADDED

    def is_in(self, place: Place) -> bool:
        """Whether the person is in the project: as they are to be, and once."""
        roles = self.world.roles_of(place)
        assert roles in ([], [Role.EDITOR]), place
        return bool(roles)

    def received(self, change: Change) -> Counter[Place]:
        """How often such a write has come in for each place."""
        found: Counter[tuple[PlatformKey, str]] = Counter()
        for log in self.world.logs.values():
            for write, count in log.received.items():
                found[write.platform, write.project] += count if write.change is change else 0
        return Counter({place: found[place[:2]] for place in self.places if found[place[:2]]})

    def _target(self, place: Place) -> dict[str, object]:
        target = {"projectId": project_id_of(place), "role": Role.EDITOR}
        # No address leads to the account of somebody who has another address there.
        is_told = self.address == NEW_ADDRESS and place[0] is QUANTCONNECT
        return {**target, "upstreamUserId": place[2]} if is_told else target

    def _answer(self, payload: Payload) -> Answer:
        assert payload["userErrors"] == []
        results = [
            Told(
                project_id=result["projectId"],
                outcome=Outcome(result["outcome"]),
                code=", ".join(error["code"] for error in result["userErrors"]) or None,
                may_pass=any(error["retryable"] for error in result["userErrors"]),
            )
            for result in payload["results"]
        ]
        return Answer(complete=payload["complete"], results=dict(zip(self.places, results, strict=True)))


class Strike:
    """A fault, and the writes that it is to strike."""

    def __init__(self, *, fault: Fault, places: set[Place], change: Change, together: bool) -> None:
        self.fault = fault
        self.change = change
        self._places = places
        self._together = together
        self._counts: Counter[Place] = Counter()
        self._all_here = asyncio.Event()

    async def meets(self, place: Place) -> bool:
        """Whether it strikes a write that has come in for this place."""
        if place not in self._places:
            return False
        self._counts[place] += 1
        if len(self._counts) == len(self._places):
            self._all_here.set()
        is_struck = self.fault.times is None or self._counts[place] <= self.fault.times
        if self._together:
            await self._all_here.wait()
        return is_struck


def cells(row: Row, places: Iterable[Place], change: Change) -> dict[Place, Cell]:
    """What the table says of such a change, for each place."""
    return {place: CELLS[row.name, place[0], change] for place in places}


def stops_its_platform(row: Row) -> bool:
    """Whether the platform asks to be left alone, for longer than anybody waits."""
    return row.fault.kind is FaultKind.THROTTLE and row.fault.seconds == AN_AGE and row.fault.status is None


def project_id_of(place: Place) -> str:
    return ids.project_id(place[0], place[1])


async def create_many(make_stand: MakeStand, row: Row) -> Many:
    """A gateway for this row; it decides the order, and whether the person has an account on Testomato."""
    clock, random = Clock(), Random(row.name)  # noqa: S311 - nothing is secret here
    settings = {**settings_for(row.fault), **REMEMBERING}
    world = await create_world(make_stand, settings, organisation=ORGANISATION, now=clock.now)
    address = random.choice([PERSON.email, NEW_ADDRESS])
    stand = world.stand
    places: list[Place] = [
        *((QUANTCONNECT, str(one), PERSON.key) for one in [*stand.quantconnect.state.projects][1:]),
        *((TESTOMATO, one, address) for one in [*stand.testomato.state.projects][1:]),
    ]
    random.shuffle(places)
    many = Many(world=world, clock=clock, places=tuple(places), address=address)
    for log in world.logs.values():
        log.on_write = many.meet
    return many


def assert_true(many: Many, answer: Answer) -> None:
    """Everything that is said is so: of every target, and in the order asked."""
    assert [told.project_id for told in answer.results.values()] == [*map(project_id_of, many.places)]
    for place, told in answer.results.items():
        assert told.outcome in {*DONE, *NOT_THERE, Outcome.UNKNOWN}, (place, told)
        if told.outcome is Outcome.UNKNOWN:
            assert told.code, place
        else:
            assert many.is_in(place) is (told.outcome in DONE), (place, told)
    assert answer.complete is (answer.places_of(*DONE) == set(many.places))
