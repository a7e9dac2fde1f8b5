"""How each end of grantAccess and revokeAccess is come to, on either platform."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from gateway.sandbox.faults import Fault, FaultKind
from tests.mutations.access import Everywhere
from tests.mutations.ground import NEWCOMER, OWNER, VIEWER, Change, Ground, Payload

QUANTCONNECT, TESTOMATO = PlatformKey


class Many(StrEnum):
    """The mutations of many projects."""

    GRANT = "grantAccess"
    REVOKE = "revokeAccess"


GRANT, REVOKE = Many
# Projects that Yuki is in and Tomasz is not.
OWN_AND_FOREIGN = {QUANTCONNECT: (1, 10), TESTOMATO: (8, 7)}


@dataclass(frozen=True, kw_only=True)
class World:
    """Both platforms, and the one that a case is about."""

    everywhere: Everywhere
    on: Ground

    @property
    def projects(self) -> list[str]:
        """Two of the platform's."""
        return [self.on.project_id(number) for number in (1, 3)]

    async def ask(
        self, many: Many, person: str | dict[str, str], project_id: str | None = None, **more: object
    ) -> Payload:
        """The change of one project, the first where none is named."""
        project = project_id or self.projects[0]
        if many is REVOKE:
            return await self.everywhere.revoke(person, project, **more)
        role = {"role": more.pop("role", "EDITOR"), "grant": more.pop("grant", [])}
        return await self.everywhere.grant(person, [{"projectId": project, **role}], **more)

    async def make(self, many: Many, **more: object) -> Payload:
        """The change against which nothing stands."""
        return await self.ask(many, NEWCOMER if many is GRANT else VIEWER, **more)


Ask = Callable[[World], Awaitable[Payload]]


def while_reading_fails(fault: Fault) -> Callable[[World, Many], Awaitable[Payload]]:
    async def ask(world: World, many: Many) -> Payload:
        world.on.fail_reads(fault)
        return await world.make(many)

    return ask


async def while_writing_is_cut_off(world: World, many: Many) -> Payload:
    world.on.fail_write(Change.ADD if many is GRANT else Change.REMOVE, Fault(kind=FaultKind.RESET))
    return await world.make(many)


async def twice_under_one_key(world: World, many: Many) -> Payload:
    await world.ask(many, OWNER, idempotencyKey="k")
    return await world.make(many, idempotencyKey="k")


async def with_one_that_fails(world: World, many: Many) -> Payload:
    """The second project is somebody else's: the gateway's account may not change who is in it."""
    own, foreign = OWN_AND_FOREIGN[world.on.key]
    person = "yuki-tanabe" if many is REVOKE else NEWCOMER
    return await of_both(world, many, person, [world.on.project_id(number) for number in (own, foreign)])


async def with_one_that_is_none(world: World, many: Many) -> Payload:
    person = VIEWER if many is REVOKE else NEWCOMER
    return await of_both(world, many, person, [world.on.project_id(), "x"])


async def of_both(world: World, many: Many, person: str, projects: list[str]) -> Payload:
    if many is REVOKE:
        return await world.everywhere.revoke(person, *projects, atomic=True)
    targets = [{"projectId": project, "role": "EDITOR"} for project in projects]
    return await world.everywhere.grant(person, targets, atomic=True)


async def of_too_many(world: World, many: Many) -> Payload:
    if many is REVOKE:
        return await world.everywhere.revoke(VIEWER, *["x"] * 201)
    return await world.everywhere.grant(NEWCOMER, [{"projectId": "x", "role": "EDITOR"}] * 201)


async def of_the_irremovable(world: World, many: Many) -> Payload:
    """Testomato says of everybody whether they can be removed; of members who are no owners it says yes."""
    address = world.on.reference(VIEWER)["email"]
    user = f'"id": {world.on.upstream_id(VIEWER)}, "email": "{address}", "role": {{"id": 6}}'
    users = f'[{{{user}, "isPayer": false, "canBeRemoved": false}}]'
    world.on.fail_read_back(Fault(kind=FaultKind.INVALID_JSON, body=users))
    return await world.ask(many, VIEWER)


async def of_one_without_a_handle(world: World, many: Many) -> Payload:
    more = {"role": "VIEWER"} if many is GRANT else {}
    return await world.ask(many, "hugo-delacroix", world.on.project_id(5), **more)


def of(person: str | dict[str, str], project: str | None = None, **more: object):  # noqa: ANN201 - a way to ask
    async def ask(world: World, many: Many) -> Payload:
        project_id = project and ids.project_id(world.on.key, project)
        return await world.ask(many, person, project_id, **more)

    return ask


async def of_no_id(world: World, many: Many) -> Payload:
    return await world.ask(many, VIEWER, world.on.member_id(VIEWER))


async def until_a_moment_that_has_passed(world: World, many: Many) -> Payload:
    assert many is GRANT
    target = {"projectId": world.projects[0], "role": "EDITOR", "until": "2001-01-01T00:00:00Z"}
    return await world.everywhere.grant(NEWCOMER, [target])


async def of_nobody(world: World, many: Many) -> Payload:
    assert many is REVOKE
    return await world.everywhere.revoke("nobody.yet@example.org")


async def making(world: World, many: Many) -> Payload:
    return await world.make(many)
