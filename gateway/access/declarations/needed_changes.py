"""What would have to be done to make the world as declared. Pure; nothing is done here."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.access.declarations.declared import DeclaredPerson
from gateway.access.declarations.differences import Drift, DriftItem, DriftKind
from gateway.domain.member import Member
from gateway.domain.person import AccountKey, Person
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, Role


class Need(StrEnum):
    """What is to be done with somebody's access."""

    GRANT = "GRANT"
    REVOKE = "REVOKE"


_NEEDS = {
    DriftKind.MISSING: Need.GRANT,
    DriftKind.CHANGED: Need.GRANT,
    DriftKind.UNEXPECTED: Need.REVOKE,
    DriftKind.EXPIRED: Need.REVOKE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededChange:
    """One change to one project.

    Attributes:
        person: None where no platform shows whoever is declared.
        account: on the project's platform, as far as one is known.
        member: None for somebody who is to be added.
        declared: whom the file means, for somebody who is to be added.
        role: what to give; None for REVOKE.
        until: when the file takes it back (UTC).
    """

    need: Need
    project: Project
    person: Person | None
    account: AccountKey | None = field(repr=False)
    member: Member | None
    declared: DeclaredPerson | None
    role: Role | None = None
    grant: frozenset[Action] = frozenset()
    until: datetime | None = None

    @property
    def email(self) -> str | None:
        """An address by which the person can be added: the one in the file before the platforms' own."""
        if self.declared is not None and self.declared.email is not None:
            return self.declared.email
        return None if self.person is None else next(iter(self.person.emails), None)


def needed_changes(drift: Drift, *, prune: bool) -> tuple[NeededChange, ...]:
    """What would have to be done, in the order of the drift; whoever is to be let in comes first.

    Whether the platform has the role, a call for a change, and lets the member be touched, is for
    `gateway.access.changing.rules` to say.

    Args:
        prune: whether whoever is unexpected or expired is to be removed; they stay otherwise.
    """
    wanted = set(Need) if prune else {Need.GRANT}
    needed = [_needed(item) for item in drift.items if _NEEDS[item.kind] in wanted]
    return tuple(sorted(needed, key=lambda change: change.need is Need.REVOKE))


def _needed(item: DriftItem) -> NeededChange:
    need = _NEEDS[item.kind]
    gives = need is Need.GRANT
    return NeededChange(
        need=need,
        project=item.project,
        person=item.person,
        account=item.account,
        member=item.member,
        declared=item.declared,
        role=item.role if gives else None,
        grant=item.grant if gives else frozenset(),
        until=item.until if gives else None,
    )
