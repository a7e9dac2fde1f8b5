"""A small fictional trading company: who its people are, and who may do what in which project.

In the gateway's own vocabulary: each platform's stand-in tells this in its platform's words, numbers and
oddities. All of it is made up; the addresses lie in the domains that RFC 2606 reserves.
"""

from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.vocabulary import PlatformKey, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who works for or with the company.

    Attributes:
        key: the name in lower-case ASCII with hyphens; names the person within the organisation.
        platforms: where the person has an account.
        bio: None for those who never wrote one.
    """

    key: str
    name: str
    email: str
    timezone: str
    platforms: frozenset[PlatformKey]
    bio: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What one person is in one project; `live_control` comes on top of the role."""

    person: str
    role: Role
    live_control: bool = False


class Language(StrEnum):
    """What a trading project is written in."""

    PYTHON = "Python"
    CSHARP = "C#"
    JAVA = "Java"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingProject:
    """A strategy under development; exactly one membership is the owner's.

    Attributes:
        archived: thrown away, but still there.
        live: it trades at present.
    """

    name: str
    description: str
    memberships: tuple[Membership, ...]
    language: Language = Language.PYTHON
    archived: bool = False
    live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An address that was invited, whose owner has no account yet."""

    email: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredSite:
    """A web site under watch; exactly one membership is the owner's.

    Attributes:
        checked: checks run by themselves.
        watched_for_uptime: it is also asked every few seconds whether it is there.
    """

    title: str
    url: str
    memberships: tuple[Membership, ...]
    invitations: tuple[Invitation, ...] = ()
    checked: bool = True
    watched_for_uptime: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """The company: its people and everything that they share.

    Attributes:
        operator: key of the person whose credentials the gateway uses on both platforms.
    """

    name: str
    operator: str
    people: tuple[Person, ...]
    trading_projects: tuple[TradingProject, ...]
    sites: tuple[MonitoredSite, ...]

    def person(self, key: str) -> Person:
        """The person with this key.

        Raises:
            KeyError: there is none.
        """
        for person in self.people:
            if person.key == key:
                return person
        raise KeyError(key)
