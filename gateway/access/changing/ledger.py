"""The port of the ledger: what is kept of changes, so that neither a crash nor a second request does harm.

A change leaves its traces in this order:

    begin       who asks for what, under which key         nothing has been done
    mark_sent   what is about to be sent, as it is sent    from here on it may have been done
    settle      what came of it, and one audit record      the key gives this outcome from now on
    release     … or: nothing was changed, and the same request may well succeed later; the key is free again

An entry that is neither settled nor released is held by somebody: at first by the gateway that began it, and
a process that dies lets go of everything. What nobody holds and was never sent is as if it had never been;
what was sent may be taken by anyone, to be settled by reading. `gateway.store` implements the port.

What a key means follows
https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NewType, Protocol

import msgspec

from gateway.access.changing.change import (
    AddMember,
    Change,
    ChangeResult,
    GrantAccess,
    RemoveMember,
    RevokeAccess,
    SentChange,
    UpdateMember,
)
from gateway.access.changing.end import EndChange
from gateway.domain.member import Member
from gateway.domain.vocabulary import Action, Outcome, PlatformKey, Role, UserErrorCode

EntryId = NewType("EntryId", int)

# Between the key of a batch and the place of a change in it: nothing that a client may have in a key.
PLACE_MARK: Final = "\x1f"

OPERATIONS: Final[Mapping[type[Change], str]] = {
    AddMember: "addMember",
    UpdateMember: "updateMember",
    RemoveMember: "removeMember",
    GrantAccess: "grantAccess",
    RevokeAccess: "revokeAccess",
}
"""What each change is called in the graph."""


class LedgerError(Exception):
    """The ledger could not be read or written; the message holds no value of an entry."""


class KeyScope(msgspec.Struct, frozen=True, kw_only=True):
    """Whose idempotency key: another caller's, or one for other upstream accounts, is another key."""

    caller_id: str
    credential: str
    key: str


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A change that is asked for.

    Attributes:
        key: the idempotency key; None without one.
        credential: tells the upstream accounts apart from others, and gives no secret away.
        at: when it was asked for (UTC).
        plan_token: names the plan that the change is a step of; None where it is of none.
    """

    change: Change
    key: str | None
    caller_id: str
    credential: str
    request_id: str
    at: datetime
    plan_token: str | None = None

    @property
    def scope(self) -> KeyScope | None:
        """The key as nobody else can have it; None without one."""
        if self.key is None:
            return None
        return KeyScope(caller_id=self.caller_id, credential=self.credential, key=self.key)

    @property
    def input_digest(self) -> str:
        """The same for equal changes only."""
        text = msgspec.json.encode((OPERATIONS[type(self.change)], self.change), order="deterministic")
        return hashlib.sha256(text).hexdigest()


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What was about to be sent.

    Attributes:
        change: as it is sent: with a newcomer named as the platform wants it.
        before: the member concerned as found before; None where there was none.
    """

    change: SentChange
    before: Member | None


class Unsettled(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was sent, and of which nobody knows what became of it; whoever is given it holds it."""

    entry_id: EntryId
    intent: Intent
    sent: Sent


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A new entry, held by whoever began it."""

    entry_id: EntryId


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """The same change was asked for under the key before.

    Attributes:
        result: what came of it, without project and members.
    """

    entry_id: EntryId
    result: ChangeResult
    sent: Sent | None


class Interrupted(msgspec.Struct, frozen=True, kw_only=True):
    """The same change was asked for under the key and sent, and nobody is left to learn what came of it."""

    entry: Unsettled


class KeyReused(msgspec.Struct, frozen=True):
    """Another change was asked for under the key."""


class UnderWay(msgspec.Struct, frozen=True):
    """Somebody else holds the entry of the key: another process, as a rule."""


class ProjectBusy(msgspec.Struct, frozen=True):
    """Another process is changing the same project, and changes to one project are made one by one."""


Beginning = Begun | Settled | Interrupted | KeyReused | UnderWay | ProjectBusy


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody was in a project."""

    role: Role
    native_role: str
    granted: tuple[Action, ...]
    confirmed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """Who did what to whom, and what came of it. Holds no secret, and of a person no more than is needed.

    Attributes:
        at: when it was settled (UTC).
        person: as the caller named them: an e-mail address or the platform's id.
        member_upstream_id: the platform's id of their account; None where nobody has named it.
        member_email: their address as it was known; None where it was not.
        before: None where the person was not in the project.
        after: None where they are not in it, or where that is not known.
        reason: why nothing was changed, or why it is not known.
        plan_token: names the plan that the change was a step of; None where it was of none.
    """

    at: datetime
    actor: str
    operation: str
    platform: PlatformKey
    project_upstream_id: str
    person: str = field(repr=False)
    member_upstream_id: str | None
    member_email: str | None = field(repr=False)
    before: Standing | None
    after: Standing | None
    outcome: Outcome
    reason: UserErrorCode | None
    idempotency_key: str | None
    plan_token: str | None
    request_id: str


class Ledger(Protocol):
    """Where entries and audit records are kept. Every coroutine may raise `LedgerError`."""

    async def begin(self, intent: Intent) -> Beginning:
        """Make an entry, unless there is one under the same key or another process changes the project."""

    async def mark_sent(self, entry_id: EntryId, sent: Sent, *, at: datetime) -> None:
        """Note that the change may have taken effect from now on; nothing is sent where this raises."""

    async def settle(
        self,
        entry_id: EntryId,
        *,
        result: ChangeResult,
        audit: AuditRecord,
        end: EndChange | None = None,
    ) -> None:
        """Keep the outcome, the record and what the change does to an end: all of it or nothing.

        An outcome stays as it is, and is recorded once; only one that was unknown can be settled again.
        """

    async def restore_end(self, scope: KeyScope, *, member_upstream_id: str | None) -> None:
        """Make the end of a member's access what it was before the change under this key moved it; once.

        Args:
            member_upstream_id: what names the member now; None: what named them then.
        """

    async def release(self, entry_id: EntryId) -> None:
        """Forget the entry: nothing was changed, and its key may be used again."""

    def let_go(self, entry_id: EntryId) -> None:
        """Leave the entry as it is to whoever takes it next."""

    async def take_unsettled(self) -> tuple[Unsettled, ...]:
        """Take every entry that was sent and that nobody holds, and forget what was never sent."""

    async def was_sent(self, scope: KeyScope) -> bool:
        """Whether there is an entry under this key whose change may have taken effect."""

    async def purge(self, *, settled_before: datetime) -> None:
        """Forget the keys whose change was settled before this moment; audit records stay."""
