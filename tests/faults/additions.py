"""Many additions to many projects, and what the stand-ins got to see of them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, product
from random import Random

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.domain.vocabulary import Outcome, PlatformKey, Role
from gateway.graph import ids
from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.runtime import current_moment
from gateway.sandbox.handle import Sandbox
from gateway.sandbox.large import large_organisation
from gateway.sandbox.organisation import Organisation
from tests.conftest import MakeStand, Stand
from tests.mutations.ground import Change
from tests.writes import Write, write_in

ADD = "mutation($input: AddMemberInput!) { addMember(input: $input) { outcome } }"
ORGANISATION = large_organisation(projects_per_platform=14, members_per_project=2)
# What the stand-ins call a role; the ids and words are the platforms' own.
QUANTCONNECT_ROLES = {Role.EDITOR: "write", Role.VIEWER: "read"}
TESTOMATO_ROLES = {Role.EDITOR: 5, Role.VIEWER: 6}

Place = tuple[PlatformKey, str, str]
"""A platform, a project and a person, as the platform names them."""


@dataclass(frozen=True, kw_only=True)
class Addition:
    """One person to be let into one project."""

    place: Place
    role: Role
    idempotency_key: str

    @property
    def given(self) -> dict[str, object]:
        """The mutation's input."""
        key, project, person = self.place
        named = "email" if key is PlatformKey.TESTOMATO else "upstreamUserId"
        return {
            "projectId": ids.project_id(key, project),
            "person": {named: person},
            "role": self.role,
            "idempotencyKey": self.idempotency_key,
        }


class WriteLog:
    """Stands before a stand-in and counts the writes that come in, whatever becomes of them.

    Attributes:
        received: how many of each.
        on_write: awaited when one has come in, before it is carried out.
        on_next: called when the next one has come in, likewise, and no more after that.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.received: Counter[Write] = Counter()
        self.on_write: Callable[[Write], Awaitable[object]] | None = None
        self.on_next: Callable[[], object] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = await write_in(scope, receive)
        if found is None:
            await self._app(scope, receive, send)
            return
        write, receive_again = found
        self.received[write] += 1
        on_next, self.on_next = self.on_next, None
        if on_next is not None:
            on_next()
        if self.on_write is not None:
            await self.on_write(write)
        await self._app(scope, receive_again, send)


@dataclass(frozen=True, kw_only=True)
class World:
    """A gateway, and both stand-ins with a log of what was sent to them."""

    stand: Stand
    logs: dict[PlatformKey, WriteLog]

    @property
    def sandboxes(self) -> tuple[Sandbox, Sandbox]:
        return self.stand.quantconnect, self.stand.testomato

    async def ask(self, addition: Addition) -> Outcome:
        """What is said to have come of it."""
        payload = (await self.stand.data(ADD, input=addition.given))["addMember"]
        return Outcome(payload["outcome"])

    def writes_of(self, place: Place) -> int:
        """How often the addition came in."""
        key, project, person = place
        wanted = Write(platform=key, project=project, person=person, change=Change.ADD)
        return self.logs[key].received[wanted]

    def roles_of(self, place: Place) -> list[Role]:
        """What the person is in the project: one role a membership."""
        key, project, person = place
        if key is PlatformKey.QUANTCONNECT:
            stored = self.stand.quantconnect.state.projects[int(project)]
            words = [one.permission for one in stored.collaborations if one.public_id == person]
            return [role for word in words for role, named in QUANTCONNECT_ROLES.items() if named == word]
        state = self.stand.testomato.state
        numbers = [
            number
            for user_id, number in state.projects[project].roles.items()
            if state.users[user_id].email == person
        ]
        return [role for number in numbers for role, named in TESTOMATO_ROLES.items() if named == number]


async def create_world(
    make_stand: MakeStand,
    settings: dict[str, str],
    *,
    organisation: Organisation = ORGANISATION,
    now: Callable[[], datetime] = current_moment,
) -> World:
    quantconnect = create_quantconnect_sandbox(organisation=organisation)
    testomato = create_testomato_sandbox(organisation=organisation, lists_projects=False)
    logs = {one.platform: WriteLog(one.app) for one in (quantconnect, testomato)}
    stand = await make_stand(
        settings=settings,
        now=now,
        quantconnect=replace(quantconnect, app=logs[PlatformKey.QUANTCONNECT]),
        testomato=replace(testomato, app=logs[PlatformKey.TESTOMATO]),
    )
    return World(stand=stand, logs=logs)


def additions(world: World, *, count: int, random: Random) -> list[Addition]:
    """So many, no two of one person to one project, half of them on each platform, in any order."""
    taken = chain.from_iterable(
        zip(_of_quantconnect(world, random), _of_testomato(world, random), strict=False)
    )
    places = [place for _, place in zip(range(count), taken, strict=False)]
    assert len(places) == count
    random.shuffle(places)
    return [
        Addition(place=place, role=random.choice([Role.EDITOR, Role.VIEWER]), idempotency_key=f"key-{number}")
        for number, place in enumerate(places)
    ]


def _of_quantconnect(world: World, random: Random) -> Iterator[Place]:
    projects = list(world.stand.quantconnect.state.projects.values())
    pairs = list(product(projects, (person.key for person in ORGANISATION.people)))
    random.shuffle(pairs)
    for project, person in pairs:
        if project.collaboration_of(person) is None:
            yield PlatformKey.QUANTCONNECT, str(project.project_id), person


def _of_testomato(world: World, random: Random) -> Iterator[Place]:
    """Every eighth has no account there and is invited."""
    state = world.stand.testomato.state
    pairs = list(product(state.projects.values(), (person.email for person in ORGANISATION.people)))
    random.shuffle(pairs)
    for number, (project, email) in enumerate(pairs):
        user = state.user_by_email(email)
        if number % 8 == 0:
            yield PlatformKey.TESTOMATO, project.project_id, f"newcomer-{number}@example.org"
        elif user is not None and user.user_id not in project.roles:
            yield PlatformKey.TESTOMATO, project.project_id, email
