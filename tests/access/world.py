"""A platform with a few people in memory, and gateway processes that make changes on it."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from gateway.access.batches.batches import MOST_AT_ONCE, Batches
from gateway.access.batches.recovery import Recovery
from gateway.access.changing.change import AddMember, Change, ChangeResult, RemoveMember, UpdateMember
from gateway.access.changing.changes import Changes
from gateway.access.changing.membership import Membership
from gateway.domain.errors import UpstreamError
from gateway.domain.member import Member
from gateway.domain.membership import Addition, Person, Removal, RoleChange
from gateway.domain.permission import Permission, RoleMapping
from gateway.domain.platform import (
    MembershipReply,
    PersonAddress,
    PlatformProfile,
    Platforms,
    ProjectListing,
)
from gateway.domain.project import Project, QuantConnectDetails
from gateway.domain.vocabulary import Action, Capability, PlatformKey, Role
from gateway.store.sqlite import open_ledger
from tests.access.watched import WatchedBatches, WatchedLedger

KEY = PlatformKey.QUANTCONNECT
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PROFILE = PlatformProfile(
    key=KEY,
    name="QuantConnect",
    capabilities=tuple(Capability),
    roles=tuple(
        RoleMapping(role=role, native_name=role.lower(), actions=(Action.READ,))
        for role in (Role.EDITOR, Role.VIEWER)
    ),
    grantable_actions=(Action.LIVE_CONTROL,),
    adds_people_by=PersonAddress.UPSTREAM_USER_ID,
)
OTHER_PROFILE = replace(PROFILE, key=PlatformKey.TESTOMATO, name="Testomato")

OWNER, MARA, INGRID = "owner", "mara", "ingrid"
ADD = AddMember(platform=KEY, project_upstream_id="1", person=Person(upstream_user_id=MARA), role=Role.VIEWER)
UPDATE = UpdateMember(platform=KEY, project_upstream_id="1", member_upstream_id=INGRID, role=Role.EDITOR)
REMOVE = RemoveMember(platform=KEY, project_upstream_id="1", member_upstream_id=INGRID)


class Killed(Exception):
    """The process ends here."""


async def kill() -> None:
    """For a hook of `World`."""
    raise Killed


def person(upstream_id: str, role: Role, *, live: bool = False, project: str = "1") -> Member:
    return Member(
        platform=KEY,
        project_upstream_id=project,
        upstream_id=upstream_id,
        name=upstream_id.title(),
        email=f"{upstream_id}@example.org",
        avatar_url=None,
        bio="Likes “quotes”, \N{SNOWMAN} and 'null'.",
        timezone=None,
        role=role,
        native_role=role.lower(),
        permissions=(
            Permission(action=Action.READ, granted=True, native_name="read"),
            Permission(action=Action.LIVE_CONTROL, granted=live, native_name="liveControl"),
        ),
        is_addressable=True,
        is_removable=role is not Role.OWNER,
        confirmed=None,
    )


class World:
    """The platform: projects with people in them. Implements `Platform` as far as changes need it.

    Attributes:
        writes: what it has been asked to change.
        reads: how often somebody looked.
        down: raised by every read.
        on_read: awaited when somebody looks.
        on_write: awaited when a change has come in, before it is made.
        on_answer: awaited when it has been made, before it is answered.
    """

    profile = PROFILE

    def __init__(self, *, projects: Iterable[str] = ("1", "2")) -> None:
        people = (person(OWNER, Role.OWNER), person(INGRID, Role.VIEWER))
        self.people: dict[str, dict[str, Member]] = {
            project: {one.upstream_id: replace(one, project_upstream_id=project) for one in people}
            for project in projects
        }
        self.writes: list[Addition | RoleChange | Removal] = []
        self.reads = 0
        self.down: UpstreamError | None = None
        self.on_read: Callable[[], Awaitable[object]] | None = None
        self.on_write: Callable[[], Awaitable[object]] | None = None
        self.on_answer: Callable[[], Awaitable[object]] | None = None

    async def get_projects(self, upstream_ids: Sequence[str]) -> list[Project | None]:
        await self._read()
        return [_project(one) if one in self.people else None for one in upstream_ids]

    async def list_members(self, upstream_ids: Sequence[str]) -> list[tuple[Member, ...] | None]:
        await self._read()
        return [tuple(self.people[one].values()) if one in self.people else None for one in upstream_ids]

    async def list_projects(self) -> ProjectListing:
        await self._read()
        return ProjectListing(projects=tuple(_project(one) for one in self.people))

    async def add_member(self, addition: Addition) -> MembershipReply:
        live = Action.LIVE_CONTROL in addition.grant
        project = addition.project_upstream_id
        added = person(addition.person_id, addition.role, live=live, project=project)
        return await self._write(addition, lambda: self.people[project].update({addition.person_id: added}))

    async def update_member(self, change: RoleChange) -> MembershipReply:
        live = Action.LIVE_CONTROL in change.grant
        who, project = change.member.upstream_id, change.project_upstream_id
        changed = person(who, change.role, live=live, project=project)
        return await self._write(change, lambda: self.people[project].update({who: changed}))

    async def remove_member(self, removal: Removal) -> MembershipReply:
        people = self.people[removal.project_upstream_id]
        return await self._write(removal, lambda: people.pop(removal.member.upstream_id))

    async def _read(self) -> None:
        self.reads += 1
        if self.on_read is not None:
            await self.on_read()
        if self.down is not None:
            raise self.down

    async def _write(
        self, command: Addition | RoleChange | Removal, make: Callable[[], object]
    ) -> MembershipReply:
        self.writes.append(command)
        return await self._written(command, make)

    async def _written(
        self, command: Addition | RoleChange | Removal, make: Callable[[], object]
    ) -> MembershipReply:
        if self.on_write is not None:
            await self.on_write()
        make()
        if self.on_answer is not None:
            await self.on_answer()
        return MembershipReply(members=tuple(self.people[command.project_upstream_id].values()))


class Process:
    """One gateway process as far as changes go, its clock standing still.

    Args:
        looks: how often it is looked whether another process has made the change.
        most_at_once: how many changes of one batch are under way at once.
    """

    def __init__(
        self,
        world: World,
        database: str,
        *,
        credential: str = "accounts",
        looks: int = 0,
        most_at_once: int = MOST_AT_ONCE,
    ) -> None:
        self._world = world
        self._database = database
        self._credential = credential
        self._looks = looks
        self._most_at_once = most_at_once
        self._stack = AsyncExitStack()
        self.now = NOON

    async def start(self) -> "Process":
        ledger = await self._stack.enter_async_context(open_ledger(self._database))
        self.ledger, self.batch_ledger = WatchedLedger(ledger), WatchedBatches(ledger.batches)
        platforms = Platforms(
            profiles={KEY: PROFILE, OTHER_PROFILE.key: OTHER_PROFILE},
            connected={KEY: self._world},
            accounts={KEY: self._credential},
        )
        self.platforms = platforms
        self.changes = Changes(
            membership=Membership(settling_pauses_seconds=(0,)),
            ledger=self.ledger,
            platforms=platforms,
            now=lambda: self.now,
            waiting_pauses_seconds=(0,) * self._looks,
        )
        self.batches = Batches(
            changes=self.changes,
            ledger=self.batch_ledger,
            platforms=platforms,
            now=lambda: self.now,
            most_at_once=self._most_at_once,
            waiting_pauses_seconds=(0,) * self._looks,
        )
        return self

    async def recover(self) -> None:
        """Go on in the background until the process ends, as fast as can be."""
        recovery = Recovery(
            changes=self.changes,
            batches=self.batches,
            ledger=self.ledger,
            batch_ledger=self.batch_ledger,
            keep_keys=timedelta(days=30),
            now=lambda: self.now,
            pauses_seconds=(0,),
        )
        await self._stack.enter_async_context(recovery.running())

    async def once(
        self,
        change: Change,
        key: str | None = "k",
        *,
        caller_id: str = "me",
        request_id: str = "r-1",
        plan_token: str | None = None,
    ) -> ChangeResult:
        return await self.changes.once(
            change,
            platforms=self.platforms,
            key=key,
            caller_id=caller_id,
            request_id=request_id,
            plan_token=plan_token,
        )

    async def end(self) -> None:
        await self._stack.aclose()


def outcome_of(result: ChangeResult) -> tuple[object, ...]:
    """What must be the same whenever it is given."""
    return (result.outcome, result.member, result.user_errors)


def rows_of(database: str, table: str) -> list[dict[str, Any]]:
    """What is in the file, as anyone can see it meanwhile."""
    with closing(sqlite3.connect(Path(database))) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY id")]  # noqa: S608


def _project(upstream_id: str) -> Project:
    return Project(
        platform=KEY,
        upstream_id=upstream_id,
        name=f"Project {upstream_id}",
        description=None,
        url=None,
        created_at=None,
        updated_at=None,
        archived=False,
        details=QuantConnectDetails(
            organization_id=None,
            language=None,
            lean_version_id=None,
            lean_pinned_to_master=None,
            last_live_deployment=None,
            code_running=None,
            encrypted=None,
        ),
        members=None,
        viewer=None,
    )
