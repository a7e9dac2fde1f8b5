"""Organisations of any size, for counting calls and measuring."""

from itertools import product

from gateway.domain.vocabulary import PlatformKey, Role
from gateway.sandbox.organisation import Membership, MonitoredSite, Organisation, Person, TradingProject

_FIRST_NAMES = (
    *("Ada", "Bruno", "Clara", "Dario", "Edith", "Felix", "Gwen", "Henrik", "Imani", "Joaquin"),
    *("Kaia", "Lorenzo", "Maren", "Niko", "Orla", "Paolo", "Quinn", "Renata", "Stellan", "Tove"),
)
_LAST_NAMES = (
    *(
        "Abbott",
        "Bergstrom",
        "Castell",
        "Dunmore",
        "Eriksen",
        "Farrow",
        "Galvez",
        "Hartley",
        "Iversen",
        "Jansen",
    ),
    *("Keller", "Lombard", "Moreau", "Norling", "Oakley", "Pereira", "Quade", "Rossi", "Sandoval", "Thorne"),
)
_ADJECTIVES = ("Adaptive", "Balanced", "Cyclical", "Defensive", "Enhanced", "Focused", "Global", "Hedged")
_SUBJECTS = ("Breakout", "Carry", "Momentum", "Pairs", "Reversal", "Rotation", "Seasonality", "Spread")
_ROLES = (Role.EDITOR, Role.VIEWER, Role.ADMIN)
_TIMEZONES = ("Europe/Lisbon", "Europe/Prague", "America/New_York", "Asia/Singapore")


def large_organisation(*, projects_per_platform: int, members_per_project: int) -> Organisation:
    """An organisation with as many projects on each platform, each with as many members, the owner included.

    Everybody has accounts on both platforms. The operator owns every project.

    Raises:
        ValueError: there is not a name for everybody.
    """
    people = _people(max(members_per_project, 40))
    teams = [
        _team(people, size=members_per_project, start=index * 7) for index in range(projects_per_platform)
    ]
    return Organisation(
        name="Longshore Holdings",
        operator=people[0].key,
        people=people,
        trading_projects=tuple(
            TradingProject(name=_title(index), description=f"Strategy sheet {index + 1}.", memberships=team)
            for index, team in enumerate(teams)
        ),
        sites=tuple(
            MonitoredSite(
                title=f"{_title(index)} site",
                url=f"https://{_title(index).lower().replace(' ', '-')}.example.com",
                memberships=team,
            )
            for index, team in enumerate(teams)
        ),
    )


def _people(count: int) -> tuple[Person, ...]:
    # Walking the table diagonally, neighbours share neither first nor last name.
    names = [
        f"{_FIRST_NAMES[(row + column) % len(_FIRST_NAMES)]} {_LAST_NAMES[column]}"
        for row, column in product(range(len(_FIRST_NAMES)), range(len(_LAST_NAMES)))
    ]
    if count > len(names):
        raise ValueError(f"at most {len(names)} members a project")
    return tuple(
        Person(
            key=name.lower().replace(" ", "-"),
            name=name,
            email=f"{name.lower().replace(' ', '.')}@example.com",
            timezone=_TIMEZONES[index % len(_TIMEZONES)],
            platforms=frozenset(PlatformKey),
            bio=f"Desk {index % 9 + 1}.",
        )
        for index, name in enumerate(names[:count])
    )


def _team(people: tuple[Person, ...], *, size: int, start: int) -> tuple[Membership, ...]:
    others = people[1:]
    return (
        Membership(person=people[0].key, role=Role.OWNER, live_control=True),
        *(
            Membership(
                person=others[(start + index) % len(others)].key,
                role=_ROLES[index % len(_ROLES)],
                live_control=index % 4 == 0,
            )
            for index in range(size - 1)
        ),
    )


def _title(index: int) -> str:
    series, place = divmod(index, len(_ADJECTIVES) * len(_SUBJECTS))
    adjective, subject = divmod(place, len(_SUBJECTS))
    name = f"{_ADJECTIVES[adjective]} {_SUBJECTS[subject]}"
    return f"{name} {series + 1}" if series else name
