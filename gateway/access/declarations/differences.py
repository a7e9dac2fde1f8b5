"""What may differ between the world and a declaration. Frozen values."""

from datetime import datetime
from enum import StrEnum

import msgspec

from gateway.access.declarations.declared import DeclaredPerson
from gateway.domain.member import Member
from gateway.domain.person import AccountKey, Person
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, PlatformKey, Role

ProjectKey = tuple[PlatformKey, str]
"""A project's platform and upstream id."""


class DriftKind(StrEnum):
    """How somebody's access differs from what is declared."""

    UNEXPECTED = "UNEXPECTED"
    MISSING = "MISSING"
    CHANGED = "CHANGED"
    EXPIRED = "EXPIRED"


_ORDER = {kind: position for position, kind in enumerate(DriftKind)}


class DriftItem(msgspec.Struct, frozen=True, kw_only=True):
    """One account in one project that differs, or somebody who is not there.

    Attributes:
        person: None where no platform shows whoever is declared.
        account: on the project's platform: the member's, or one by which the person can be added; None where
            none is known.
        member: None for MISSING.
        declared: whom the file means; None for UNEXPECTED and EXPIRED.
        place: the entry that declares it; None for UNEXPECTED.
        line: where that entry begins; None where it is not known.
        role: the declared one; None for UNEXPECTED.
        grant: what is declared on top, as far as the platform can grant it.
        until: when the declared access ends (UTC).
        actual_role: None for MISSING.
        actual_grant: what is granted on top.
        detail: one sentence for a person.
    """

    kind: DriftKind
    project: Project
    person: Person | None
    account: AccountKey | None
    member: Member | None
    declared: DeclaredPerson | None = None
    place: str | None = None
    line: int | None = None
    role: Role | None = None
    grant: frozenset[Action] = frozenset()
    until: datetime | None = None
    actual_role: Role | None = None
    actual_grant: frozenset[Action] = frozenset()
    detail: str

    def __repr__(self) -> str:
        """Personal data stays out of logs and tracebacks."""
        return f"DriftItem({self.kind}, {self.project.platform}, project={self.project.upstream_id!r})"


class Unmatched(msgspec.Struct, frozen=True, kw_only=True):
    """Something declared that means nothing in the world, and may be a slip of the pen.

    Attributes:
        place: where it stands in the file: `access[2].projects[1]`, `people.mara`.
        line: where the entry concerned begins; None where it is none, or not known.
        detail: one sentence for a person.
    """

    place: str
    detail: str
    line: int | None = None


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """How the world differs from a declaration.

    Attributes:
        items: by platform, the project's name, kind and the person's name.
        unmatched: in the order of the file, patterns before people.
        unread: projects of which nothing is said, since their members could not be read.
    """

    items: tuple[DriftItem, ...]
    unmatched: tuple[Unmatched, ...] = ()
    unread: tuple[Project, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether everything that could be read is as declared."""
        return not self.items


def key_of(project: Project) -> ProjectKey:
    """What names a project."""
    return (project.platform, project.upstream_id)


def place_in_order(item: DriftItem) -> tuple[str | int, ...]:
    """Where an item stands among all; no two are equal."""
    project, person = item.project, item.person
    name = "" if person is None else person.display_name or ""
    return (
        project.platform,
        project.name.casefold(),
        project.name,
        project.upstream_id,
        _ORDER[item.kind],
        name.casefold(),
        name,
        "" if item.account is None else item.account.upstream_id,
        "" if item.declared is None else item.declared.place,
    )
