"""What the tests of batches share: a platform with many projects, and batches of changes to them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from msgspec.structs import replace

from gateway.access.batches.batch import Batch, BatchResult, Part
from gateway.access.changing.change import ChangeResult, GrantAccess, RevokeAccess
from gateway.access.changing.ledger import PLACE_MARK
from gateway.domain.errors import UpstreamDenied, UpstreamTimeout, UpstreamUnavailable
from gateway.domain.membership import Addition, Person, Removal, RoleChange, UserError
from gateway.domain.platform import MembershipReply
from gateway.domain.vocabulary import Outcome, Role, UserErrorCode
from tests.access.world import INGRID, KEY, MARA, NOON, Process, World

PROJECTS: Final = tuple(map(str, range(1, 13)))
INVALID = UserError(code=UserErrorCode.INVALID_ID, message="No id.", field=("input", "projectIds", "0"))

Hook = Callable[[], Awaitable[object]]


class WideWorld(World):
    """Many projects, each with a fate of its own.

    Attributes:
        before: by project, awaited when a write has come in, before it is made.
        after: by project, awaited when it has been made, before it is answered.
        most_at_once: how many writes have been under way at once.
    """

    def __init__(self) -> None:
        super().__init__(projects=PROJECTS)
        self.before: dict[str, Hook] = {}
        self.after: dict[str, Hook] = {}
        self.most_at_once = 0
        self._under_way = 0

    @property
    def written(self) -> list[str]:
        """The projects of the writes, in the order in which they came in."""
        return [write.project_upstream_id for write in self.writes]

    @property
    def writes_of_each(self) -> Counter[tuple[str, type]]:
        """How often what was asked for, by project."""
        return Counter((write.project_upstream_id, type(write)) for write in self.writes)

    def who_has(self, upstream_id: str) -> list[str]:
        """The projects that somebody is in."""
        return [project for project, people in self.people.items() if upstream_id in people]

    async def _write(
        self, command: Addition | RoleChange | Removal, make: Callable[[], object]
    ) -> MembershipReply:
        project = command.project_upstream_id

        async def make_and_answer() -> MembershipReply:
            await self.before.get(project, _go_on)()
            reply = await self._written(command, make)
            await self.after.get(project, _go_on)()
            return reply

        self.writes.append(command)
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            return await make_and_answer()
        finally:
            self._under_way -= 1


async def _go_on() -> None:
    """For a hook: all is well."""


async def be_denied() -> None:
    """For a hook: nothing is done, and never will be."""
    raise UpstreamDenied(KEY)


async def be_unavailable() -> None:
    """For a hook: nothing is done for now."""
    raise UpstreamUnavailable(KEY)


async def get_lost() -> None:
    """For a hook: nobody knows."""
    raise UpstreamTimeout(KEY, may_have_acted=True)


def grant(project: str, *, role: Role = Role.VIEWER) -> GrantAccess:
    return GrantAccess(
        platform=KEY, project_upstream_id=project, person=Person(upstream_user_id=MARA), role=role
    )


def revocation(project: str) -> RevokeAccess:
    return RevokeAccess(platform=KEY, project_upstream_id=project, person=Person(upstream_user_id=INGRID))


def batch(
    *changes: GrantAccess | RevokeAccess | UserError,
    atomic: bool = False,
    key: str | None = "k",
    digest: str | None = None,
    caller_id: str = "me",
    is_open: bool = False,
) -> Batch:
    """Of these changes, and of refusals in the place of changes that cannot be tried."""
    parts = [
        Part(target=place, refusal=one) if isinstance(one, UserError) else Part(target=place, change=one)
        for place, one in enumerate(changes)
    ]
    return Batch(
        parts=tuple(parts),
        atomic=atomic,
        digest=repr(changes) if digest is None else digest,
        key=key or f"{PLACE_MARK}nobody's",
        caller_id=caller_id,
        credential="",
        request_id="r-1",
        at=NOON,
        is_open=is_open,
    )


def grants(*, atomic: bool = False, key: str | None = "k") -> Batch:
    """Let Mara into every project."""
    return batch(*map(grant, PROJECTS), atomic=atomic, key=key)


def revocations(*, atomic: bool = False, key: str | None = "k") -> Batch:
    """Take Ingrid out of every project."""
    return batch(*map(revocation, PROJECTS), atomic=atomic, key=key)


async def make(process: Process, wanted: Batch, refusals: Sequence[UserError] = ()) -> BatchResult:
    """What comes of it, made with the process's accounts."""
    own = replace(wanted, credential=process.platforms.fingerprint)
    return await process.batches.once(own, platforms=process.platforms, refusals=refusals)


async def take_up(process: Process) -> list[BatchResult]:
    """What comes of all that processes which are gone have left."""
    await asyncio.gather(*await process.changes.take_up())
    return await asyncio.gather(*await process.batches.take_up())


async def stop(process: Process, making: asyncio.Future[object]) -> None:
    """The process is gone, in the middle of what it does."""
    await process.batches.close()
    await process.changes.drain(longest_seconds=0)
    await asyncio.wait({making})
    await process.end()


def outcomes(result: BatchResult) -> list[Outcome]:
    return [one.outcome for one in result.results]


def as_told(result: BatchResult) -> list[tuple[object, ...]]:
    """What must be the same whenever it is given."""
    return [(one.outcome, one.member, one.user_errors) for one in result.results]


def codes(result: ChangeResult | BatchResult) -> list[UserErrorCode]:
    return [error.code for error in result.user_errors]
