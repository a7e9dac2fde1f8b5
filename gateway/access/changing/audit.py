"""The port of the audit trail as it is read: who changed what, when, and what came of it.

What is written into it, and when, is for `ledger` to say. `gateway.store` implements the port.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from gateway.access.changing.ledger import AuditRecord
from gateway.domain.caller import Caller, Scope
from gateway.domain.vocabulary import Outcome, PlatformKey


class AuditSelection(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are asked for; everything given must hold.

    Attributes:
        since: settled at this moment or later.
        until: settled before this moment.
        actor: the id of the caller who asked for the change.
        project: the platform and what it calls the project that was changed.
        person_email: the address of the person concerned, as far as it was known then.
        outcomes: with one of them; None for all.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    project: tuple[PlatformKey, str] | None = None
    person_email: str | None = None
    outcomes: frozenset[Outcome] | None = None

    def __repr__(self) -> str:
        """Addresses stay out of logs."""
        return "AuditSelection(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(AuditRecord):
    """A record in its place.

    Attributes:
        number: of the order in which they were written; the first has 1.
    """

    number: int


class AuditPosition(NamedTuple):
    """Where an entry stands; the newest has the highest."""

    at: datetime
    number: int


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the entries that a selection means, the newest first.

    Attributes:
        total_count: how many it means altogether.
        has_newer: whether there are some before these.
        has_older: whether there are some after these.
    """

    entries: tuple[AuditEntry, ...]
    total_count: int
    has_newer: bool
    has_older: bool


class AuditTrail(Protocol):
    """Where records are kept."""

    async def page(
        self, selection: AuditSelection, *, size: int, after: AuditPosition | None = None
    ) -> AuditPage:
        """At most `size` entries, those after the position `after` or else the newest.

        Raises:
            LedgerError: they could not be read.
        """


class AuditLog(msgspec.Struct, eq=False):
    """The audit trail as one request sees it.

    Attributes:
        was_read: whether anything of it was told: it may be otherwise the next moment.
    """

    trail: AuditTrail
    caller: Caller
    was_read: bool = False

    async def page(
        self, selection: AuditSelection, *, size: int, after: AuditPosition | None = None
    ) -> AuditPage:
        """See `AuditTrail.page`.

        Raises:
            Forbidden: the caller may not see the trail, or not look for people by their addresses.
            LedgerError: it could not be read.
        """
        self.caller.demand(Scope.AUDIT_READ)
        if selection.person_email is not None:
            self.caller.demand(Scope.PII_READ)
        self.was_read = True
        return await self.trail.page(selection, size=size, after=after)
