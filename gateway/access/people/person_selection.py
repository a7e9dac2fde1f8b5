"""Which people are meant by a filter."""

from collections.abc import Collection, Iterable

import msgspec

from gateway.domain.member import Member
from gateway.domain.person import Person
from gateway.domain.vocabulary import PlatformKey, Role

ProjectKey = tuple[PlatformKey, str]


class PersonSelection(msgspec.Struct, frozen=True, kw_only=True):
    """Which people are asked for; everything given must hold, of roles, platforms and projects together.

    Attributes:
        search: a part of a name, an address or an account's id, in any case.
        platforms: None for all.
        roles: None for all.
        projects: None for all.
        on_more_than_one_platform: None for all.
    """

    search: str | None = None
    platforms: frozenset[PlatformKey] | None = None
    roles: frozenset[Role] | None = None
    projects: frozenset[ProjectKey] | None = None
    on_more_than_one_platform: bool | None = None

    def __repr__(self) -> str:
        """Names and addresses stay out of logs."""
        return "PersonSelection(…)"


def select_people(people: Iterable[Person], selection: PersonSelection) -> tuple[Person, ...]:
    """The people that `selection` means."""
    return tuple(person for person in people if _matches(person, selection))


def select_memberships(
    memberships: Iterable[Member],
    *,
    platforms: Collection[PlatformKey] | None,
    roles: Collection[Role] | None,
    projects: Collection[ProjectKey] | None = None,
) -> tuple[Member, ...]:
    """Those on one of the platforms, with one of the roles, in one of the projects; None: any."""
    return tuple(
        member
        for member in memberships
        if (platforms is None or member.platform in platforms)
        and (roles is None or member.role in roles)
        and (projects is None or (member.platform, member.project_upstream_id) in projects)
    )


def _matches(person: Person, selection: PersonSelection) -> bool:
    wanted = selection.on_more_than_one_platform
    if wanted is not None and wanted != (len({account.platform for account in person.accounts}) > 1):
        return False
    asked = (selection.platforms, selection.roles, selection.projects)
    if any(one is not None for one in asked) and not select_memberships(
        person.memberships,
        platforms=selection.platforms,
        roles=selection.roles,
        projects=selection.projects,
    ):
        return False
    needle = (selection.search or "").strip().casefold()
    return not needle or any(needle in text.casefold() for text in _texts(person))


def _texts(person: Person) -> Iterable[str]:
    for text in (person.display_name, *_texts_of_accounts(person)):
        if text:
            yield text


def _texts_of_accounts(person: Person) -> Iterable[str | None]:
    for account in person.accounts:
        yield from (account.name, account.email, account.upstream_id)
