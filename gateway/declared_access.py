"""`accessgraph drift`, `apply` and `snapshot`: declared access, held against what is there.

They work with the accounts in the settings, whether a gateway is running or not.
"""

import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

from gateway.access.batches.batch import GOOD, Batch, BatchResult, Part
from gateway.access.batches.batches import MOST_AT_ONCE
from gateway.access.changing.ledger import PLACE_MARK
from gateway.access.declarations.declared import Declaration
from gateway.access.declarations.differences import Drift
from gateway.access.declarations.drift import drift
from gateway.access.declarations.needed_changes import needed_changes
from gateway.access.declarations.needed_parts import parts_of
from gateway.access.declarations.reader import read_declaration
from gateway.access.declarations.text import declaration_of
from gateway.access.people.everybody import Everybody
from gateway.access.plans.planning import Step, plan
from gateway.access.reading.soon import arrival
from gateway.graph.context import RequestContext
from gateway.runtime import Runtime
from gateway.settings.model import GatewaySettings

_PIECE: Final = MOST_AT_ONCE


class NotEverythingRead(Exception):
    """Something of a platform could not be read; the message says what."""


class DeclaredAccess:
    """Declared access on the platforms in the settings.

    Attributes:
        declaration: what the file says.
        everybody: who is where, when the command began.
    """

    def __init__(self, context: RequestContext, everybody: Everybody, declaration: Declaration) -> None:
        self._context = context
        self._profiles = context.directory.platforms.profiles
        self.everybody = everybody
        self.declaration = declaration

    def drift(self) -> Drift:
        """How the world differs from the declaration."""
        return drift(
            self.declaration,
            projects=self.everybody.projects.values(),
            people=self.everybody.people,
            profiles=self._profiles,
            now=self._context.now(),
            unread=self.everybody.unread.keys(),
            unlisted={failure.platform for failure in self.everybody.failures},
        )

    def plan(self, *, prune: bool) -> tuple[Step, ...]:
        """What would have to be done, and what of it can be.

        Args:
            prune: whether whoever is unexpected or expired is to be removed.
        """
        needed = needed_changes(self.drift(), prune=prune)
        parts = parts_of(needed, profiles=self._profiles)
        return plan(parts, everybody=self.everybody, profiles=self._profiles)

    async def apply(self, parts: Sequence[Part], *, done: Callable[[BatchResult], object]) -> bool:
        """Carry out the parts, a few at a time; whether all of it went well.

        Args:
            done: told what came of some of them.
        """
        is_good, left = True, iter(parts)
        while some := tuple(islice(left, _PIECE)):
            result = await self._context.batches.once(
                self._batch(some), platforms=self._context.directory.platforms
            )
            is_good = is_good and all(one.outcome in GOOD for one in result.results)
            done(result)
        return is_good

    def _batch(self, parts: tuple[Part, ...]) -> Batch:
        unique = uuid.uuid4().hex
        return Batch(
            parts=parts,
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
        LinksFileError, StoreError: a file in the settings cannot be used.
    """
    runtime = Runtime(settings)
    async with runtime.running():
        context = runtime.open_command_context(request_id=f"command-{uuid.uuid4().hex[:12]}")
        declaration = read_declaration(text, profiles=context.directory.platforms.profiles)
        yield DeclaredAccess(context, await arrival(context.everybody()), declaration)
        context.directory.close()


async def snapshot(settings: GatewaySettings) -> str:
    """Today's access as the text of a declaration.

    Raises:
        NotEverythingRead: a file with holes would take access away when it is applied.
        LinksFileError, StoreError: a file in the settings cannot be used.
    """
    runtime = Runtime(settings)
    async with runtime.running():
        context = runtime.open_command_context(request_id="snapshot")
        everybody = await arrival(context.everybody())
        context.directory.close()
        if problems := list(unread(everybody)):
            raise NotEverythingRead("; ".join(problems))
        return declaration_of(
            everybody.projects.values(),
            everybody.people,
            profiles=context.directory.platforms.profiles,
        )


def unread(everybody: Everybody) -> Iterator[str]:
    """What could not be read, a sentence each."""
    for source in everybody.sources:
        if source.error is not None:
            yield source.error.message
