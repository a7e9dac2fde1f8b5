"""A company of 2,000 people and 300 projects, for whom the dashboard has to stay smooth."""

from gateway.domain.vocabulary import PlatformKey, Role
from gateway.sandbox.organisation import Membership, MonitoredSite, Organisation, Person, TradingProject

PEOPLE = 2_000
PROJECTS = 300
MEMBERS_PER_PROJECT = 40
_ROLES = (Role.EDITOR, Role.VIEWER, Role.VIEWER)


def large_company() -> Organisation:
    """Everybody is in some projects; the first person owns all of them."""
    people = tuple(_person(number) for number in range(PEOPLE))
    half = PROJECTS // 2
    return Organisation(
        name="Longshore Holdings",
        operator=people[0].key,
        people=people,
        trading_projects=tuple(
            TradingProject(name=f"Strategy {number:03}", description="", memberships=_team(number))
            for number in range(half)
        ),
        sites=tuple(
            MonitoredSite(
                title=f"Site {number:03}",
                url=f"https://site-{number:03}.example.com",
                memberships=_team(half + number),
            )
            for number in range(half)
        ),
    )


def _person(number: int) -> Person:
    return Person(
        key=f"person-{number:04}",
        name=f"Person {number:04}",
        email=f"person.{number:04}@example.com",
        timezone="Europe/Lisbon",
        platforms=frozenset(PlatformKey),
    )


def _team(project: int) -> tuple[Membership, ...]:
    """The owner, and others in turn, so that nobody is left out."""
    first = project * (MEMBERS_PER_PROJECT - 1)
    others = dict.fromkeys(1 + (first + place) % (PEOPLE - 1) for place in range(MEMBERS_PER_PROJECT - 1))
    return (
        Membership(person="person-0000", role=Role.OWNER, live_control=True),
        *(Membership(person=f"person-{number:04}", role=_ROLES[number % len(_ROLES)]) for number in others),
    )
