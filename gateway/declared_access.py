"""`accessgraph drift`, `apply` and `snapshot`: declared access, held against what is there.

They work with the accounts in the settings, whether a gateway is running or not. What only reads leaves no
trace: it uses no database, and takes no access away that has ended.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from gateway.access.batches.batch import Batch
from gateway.access.batches.batches import MOST_AT_ONCE
from gateway.access.changing.change import ChangeResult
from gateway.access.changing.ledger import PLACE_MARK
from gateway.access.declarations.declared import Declaration
from gateway.access.declarations.differences import DriftKind
from gateway.access.declarations.drift_wording import level, shown
from gateway.access.declarations.needed_changes import NeededChange, needed_changes
from gateway.access.declarations.needed_parts import parts_of
from gateway.access.declarations.observed_drift import (
    NO_PLATFORM,
    ObservedDrift,
    failures_of,
    observed_drift,
    unconfigured,
)
from gateway.access.declarations.reader import read_declaration
from gateway.access.declarations.text import declaration_of
from gateway.access.people.everybody import Everybody
from gateway.access.plans.planning import Step, plan
from gateway.access.reading.soon import arrival
from gateway.domain.membership import UserError
from gateway.domain.vocabulary import Outcome, PlannedChange, UserErrorCode
from gateway.graph.context import RequestContext
from gateway.platforms.registry import REGISTRY
from gateway.runtime import Runtime
from gateway.settings.model import GatewaySettings, StoreSettings

_PIECE: Final = MOST_AT_ONCE
_NO_DATABASE: Final = StoreSettings(url="sqlite:///:memory:")
_CUT_OFF: Final = ChangeResult(
    outcome=Outcome.UNKNOWN,
    user_errors=(
        UserError(
            code=UserErrorCode.OUTCOME_UNKNOWN,
            message="This was cut off. Whether it was done is told by `accessgraph drift`.",
            field=(),
        ),
    ),
)
_NEEDS_PRUNING: Final = {DriftKind.UNEXPECTED, DriftKind.EXPIRED}


class NotEverythingRead(Exception):
    """Something of a platform could not be read; the message says what."""


class Intended(msgspec.Struct, frozen=True, kw_only=True):
    """One change that is to be made.

    Attributes:
        who: what the platforms call the person; where the file names them, when no platform shows them.
        before: the role and what is granted on top of it; empty for whoever is not there.
        after: likewise.
    """

    step: Step
    who: str
    before: str
    after: str

    @property
    def can_be_done(self) -> bool:
        """Whether it is tried at all."""
        return self.step.kind is not PlannedChange.IMPOSSIBLE


class DeclaredAccess:
    """Declared access on the platforms in the settings.

    Attributes:
        observed: how it differed from the declaration when the command began.
    """

    def __init__(self, context: RequestContext, everybody: Everybody, declaration: Declaration) -> None:
        self._context = context
        self._everybody = everybody
        self._profiles = context.directory.platforms.profiles
        self.observed = observed_drift(declaration, everybody, profiles=self._profiles, now=context.now())

    @property
    def left_without_pruning(self) -> int:
        """How many stay in that are unexpected, or whose access has ended."""
        return sum(item.kind in _NEEDS_PRUNING for item in self.observed.drift.items)

    def plan(self, *, prune: bool) -> tuple[Intended, ...]:
        """What would have to be done, and what of it can be.

        Args:
            prune: whether whoever is unexpected or expired is to be removed. Nobody is where something could
                not be read: who a person is may depend on it.
        """
        needed = needed_changes(self.observed.drift, prune=prune and not self.observed.gaps)
        parts = parts_of(needed, profiles=self._profiles)
        steps = plan(parts, everybody=self._everybody, profiles=self._profiles)
        return tuple(
            self._intended(one, step)
            for one, step in zip(needed, steps, strict=True)
            if step.kind is not PlannedChange.NONE
        )

    async def apply(
        self, intended: Sequence[Intended], *, done: Callable[[Sequence[ChangeResult]], object]
    ) -> None:
        """Carry out changes, a few at a time.

        Args:
            done: told what came of the next few.

        Raises:
            LedgerError: something could not be written down; nothing more is begun.
        """
        for start in range(0, len(intended), _PIECE):
            batch = self._batch(intended[start : start + _PIECE])
            try:
                result = await self._context.batches.once(batch, platforms=self._context.directory.platforms)
            except asyncio.CancelledError:
                done([_CUT_OFF] * len(batch.parts))
                raise
            done(result.results)

    def _intended(self, needed: NeededChange, step: Step) -> Intended:
        member, grantable = needed.member, self._profiles[needed.project.platform].grantable_actions
        return Intended(
            step=step,
            who=_who(needed),
            before="" if member is None else level(member.role, filter(member.can, grantable)),
            after="" if needed.role is None else level(needed.role, needed.grant),
        )

    def _batch(self, intended: Sequence[Intended]) -> Batch:
        unique = uuid.uuid4().hex
        return Batch(
            parts=tuple(one.step.part for one in intended),
            atomic=False,
            digest=unique,
            key=f"{PLACE_MARK}{unique}",
            caller_id=self._context.caller.id,
            credential=self._context.directory.platforms.fingerprint,
            request_id=self._context.request_id,
            at=self._context.now(),
        )


@asynccontextmanager
async def declared_access(settings: GatewaySettings, text: str) -> AsyncIterator[DeclaredAccess]:
    """What a declaration is held against, as long as the block lasts.

    Raises:
        DeclarationInvalid: the text cannot be read.
        LinksFileError, StoreError, LedgerError: a file in the settings cannot be used.
    """
    declaration = read_declaration(text, profiles={entry.profile.key: entry.profile for entry in REGISTRY})
    async with _opened(settings) as context:
        yield DeclaredAccess(context, await arrival(context.everybody()), declaration)


async def drift_from(settings: GatewaySettings, text: str) -> ObservedDrift:
    """How the world differs from what a text declares.

    Raises:
        DeclarationInvalid: the text cannot be read.
        LinksFileError: a file in the settings cannot be used.
    """
    async with declared_access(_without_database(settings), text) as declared:
        return declared.observed


async def snapshot(settings: GatewaySettings) -> tuple[str, tuple[str, ...]]:
    """Today's access as the text of a declaration, and the platforms of which there is nothing in it.

    Raises:
        NotEverythingRead: a file with holes would take access away when it is applied.
        LinksFileError: a file in the settings cannot be used.
    """
    async with _opened(_without_database(settings)) as context:
        everybody = await arrival(context.everybody())
        absent = unconfigured(everybody)
        if problems := list(failures_of(everybody)):
            raise NotEverythingRead("; ".join(problems))
        if len(absent) == len(everybody.sources):
            raise NotEverythingRead(NO_PLATFORM)
        profiles = context.directory.platforms.profiles
        text = declaration_of(everybody.projects.values(), everybody.people, profiles=profiles)
        return text, tuple(profiles[key].name for key in sorted(absent))


@asynccontextmanager
async def _opened(settings: GatewaySettings) -> AsyncIterator[RequestContext]:
    runtime = Runtime(settings)
    async with runtime.running(ends_access=False):
        context = runtime.open_command_context(request_id=f"command-{uuid.uuid4().hex[:12]}")
        try:
            yield context
        finally:
            context.directory.close()


def _without_database(settings: GatewaySettings) -> GatewaySettings:
    return settings.model_copy(update={"store": _NO_DATABASE})


def _who(needed: NeededChange) -> str:
    if needed.person is not None and (name := shown(needed.person.display_name or "")):
        return name
    return "somebody without a name" if needed.declared is None else needed.declared.place
