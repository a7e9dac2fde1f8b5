"""What a declaration says: who should have which access, and until when. Frozen values, no I/O.

`reader` reads them from a file, `drift` holds them against the world.
"""

from datetime import datetime

import msgspec

from gateway.access.declarations.project_patterns import ProjectPattern
from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import Action, PlatformKey, Role


def address_key(address: str) -> str:
    """What all spellings of one e-mail address have in common."""
    return address.strip().casefold()


class DeclaredPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody as a declaration names them: by an address, by accounts, or by both.

    Where an account is named on a platform, it alone is meant there. Elsewhere every account is meant that
    is linked to the address or to a named account.

    Attributes:
        place: where in the file they are named first: `people.mara`, `access[2].who[1]`.
        accounts: at most one on each platform.
    """

    place: str
    email: str | None = None
    accounts: tuple[AccountKey, ...] = ()

    def account_on(self, platform: PlatformKey) -> AccountKey | None:
        """The account that is named on the platform."""
        return next((account for account in self.accounts if account.platform is platform), None)

    def __repr__(self) -> str:
        """Personal data stays out of logs and tracebacks."""
        return f"DeclaredPerson(place={self.place!r})"


class DeclaredAccess(msgspec.Struct, frozen=True, kw_only=True):
    """One entry: these people have this role in these projects.

    Attributes:
        place: `access[2]` is the second entry of the file.
        line: where it begins, counted from one; None where that is not known.
        people: everybody named, by groups too, once.
        projects: in the order of the file.
        grant: what is granted on top of the role, on the platforms that can grant it.
        until: the first moment (UTC) at which the entry gives nothing any more; None for never.
    """

    place: str
    people: tuple[DeclaredPerson, ...]
    projects: tuple[ProjectPattern, ...]
    role: Role
    grant: frozenset[Action] = frozenset()
    until: datetime | None = None
    line: int | None = None

    def is_past(self, now: datetime) -> bool:
        """Whether the entry gives nothing any more."""
        return self.until is not None and self.until <= now


class IgnoredAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Certain people in certain projects, whom it is no news to find there.

    Attributes:
        roles: only while they have one of these; None for any.
    """

    people: tuple[DeclaredPerson, ...]
    projects: tuple[ProjectPattern, ...]
    roles: frozenset[Role] | None = None


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a file declares.

    Attributes:
        access: in the order of the file, which decides where several entries give one person one project.
        ignored_people: never unexpected anywhere.
        ignored_projects: nobody is unexpected there.
    """

    access: tuple[DeclaredAccess, ...] = ()
    ignored_people: tuple[DeclaredPerson, ...] = ()
    ignored_projects: tuple[ProjectPattern, ...] = ()
    ignored_access: tuple[IgnoredAccess, ...] = ()
