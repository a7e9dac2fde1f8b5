"""What a caller asks to be changed, and what came of it."""

from datetime import datetime
from typing import Self

import msgspec

from gateway.domain.member import Member
from gateway.domain.membership import Person, UserError
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, Outcome, PlatformKey, Role


class AddMember(msgspec.Struct, frozen=True, kw_only=True):
    """Let `person` into a project with `role` and what is granted on top."""

    platform: PlatformKey
    project_upstream_id: str
    person: Person
    role: Role
    grant: frozenset[Action] = frozenset()


class UpdateMember(msgspec.Struct, frozen=True, kw_only=True):
    """Give a member exactly `role` and `grant`."""

    platform: PlatformKey
    project_upstream_id: str
    member_upstream_id: str
    role: Role
    grant: frozenset[Action] = frozenset()


class RemoveMember(msgspec.Struct, frozen=True, kw_only=True):
    """Take a member out of a project."""

    platform: PlatformKey
    project_upstream_id: str
    member_upstream_id: str


class GrantAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Give `person` exactly `role` and `grant` in a project, whether they are in it or not.

    Attributes:
        until: when it ends (UTC); None: never.
    """

    platform: PlatformKey
    project_upstream_id: str
    person: Person
    role: Role
    grant: frozenset[Action] = frozenset()
    until: datetime | None = None


class RevokeAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Take `person` out of a project, if they are in it."""

    platform: PlatformKey
    project_upstream_id: str
    person: Person


SentChange = AddMember | UpdateMember | RemoveMember
"""What a platform has a call for."""

Change = SentChange | GrantAccess | RevokeAccess
"""What can be asked for. The last two become one of the others, or nothing, by what they find."""

NamesPerson = AddMember | GrantAccess | RevokeAccess


class ChangeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a change.

    Attributes:
        member: the person concerned as last seen: after an addition or an update, before a removal.
        before: the person as found before the change; None where they were not there, or nothing was sent.
        project: as it was before; its members may have changed.
        members: everybody in the project after the change, where that is known.
        user_errors: why nothing was changed, or why it is not known.
        project_key: which project is to be read where it is asked for and `project` is not at hand.
    """

    outcome: Outcome
    member: Member | None = None
    before: Member | None = None
    project: Project | None = None
    members: tuple[Member, ...] | None = None
    user_errors: tuple[UserError, ...] = ()
    project_key: tuple[PlatformKey, str] | None = None

    @classmethod
    def refused(cls, error: UserError) -> Self:
        """Nothing was changed."""
        return cls(outcome=Outcome.REFUSED, user_errors=(error,))

    @property
    def may_pass(self) -> bool:
        """Whether nothing was changed, and the same request may well succeed later."""
        return self.outcome is Outcome.REFUSED and any(error.retryable for error in self.user_errors)
