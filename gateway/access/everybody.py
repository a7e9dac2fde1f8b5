"""Everybody in all projects: one list call a project at most, and none for a person.

What a platform did not tell is missing, and the sources say so.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

from gateway.access.catalogue import Catalogue
from gateway.access.directory import Directory
from gateway.access.links import Links
from gateway.access.members import MemberListing
from gateway.access.people import Origins, new_origins, people_among
from gateway.access.soon import Soon, all_of, settled, then
from gateway.domain.caller import Scope
from gateway.domain.errors import UpstreamError
from gateway.domain.member import Member
from gateway.domain.person import AccountKey, Person, address_of
from gateway.domain.project import Project
from gateway.domain.source import SourceStatus
from gateway.domain.vocabulary import PlatformKey, SourceState

T = TypeVar("T")

_MOST_DERIVED = 256


@dataclass(frozen=True, kw_only=True, eq=False)
class Everybody:
    """Everybody in all projects, as far as the caller may see them.

    Attributes:
        projects: by what names them, also those whose members could not be read.
        unread: why the members of a project could not be read.
        failures: why something is missing; empty where everybody is here.
        derived: what was made of this and nothing else.
    """

    people: tuple[Person, ...]
    projects: Mapping[tuple[PlatformKey, str], Project] = field(repr=False)
    unread: Mapping[tuple[PlatformKey, str], UpstreamError] = field(repr=False)
    sources: tuple[SourceStatus, ...]
    failures: tuple[UpstreamError, ...]
    derived: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def by_account(self) -> Mapping[AccountKey, Person]:
        """Each person under every account of theirs."""
        return {account.key: person for person in self.people for account in person.accounts}

    @cached_property
    def members(self) -> Mapping[tuple[PlatformKey, str], Sequence[Member]]:
        """Everybody in each project whose members could be read."""
        found: dict[tuple[PlatformKey, str], list[Member]] = {
            key: [] for key in self.projects if key not in self.unread
        }
        for person in self.people:
            for member in person.memberships:
                found[member.platform, member.project_upstream_id].append(member)
        return found

    def with_address(self, email: str) -> Person | None:
        """Who has this address, whatever its case; the first one where several have."""
        return self.keep("addresses", self._by_address).get(address_of(email))

    def keep(self, what: Hashable, make: Callable[[], T]) -> T:
        """Something made of this and nothing else: once."""
        if what not in self.derived:
            if len(self.derived) >= _MOST_DERIVED:
                self.derived.clear()
            self.derived[what] = make()
        found: T = self.derived[what]
        return found

    def _by_address(self) -> Mapping[str, Person]:
        found: dict[str, Person] = {}
        for person in self.people:
            for email in person.emails:
                found.setdefault(address_of(email), person)
        return found


class OriginStore(Protocol):
    """Remembers the origins of persons; see `gateway.access.people`."""

    @property
    def known(self) -> Origins:
        """What is remembered."""

    def learn(self, origins: Origins) -> None:
        """Remember these too, from now on; never raises."""


class People:
    """Tells who is who; lives as long as the gateway.

    Args:
        links: what is declared about accounts.
        origins: by what persons have been named.
    """

    def __init__(self, *, links: Links, origins: OriginStore) -> None:
        self._links = links
        self._origins = origins

    def everybody(self, directory: Directory) -> Soon[Everybody]:
        """Everybody in all projects that `directory` reads.

        Raises:
            Forbidden: the caller may not see members.
        """
        directory.caller.demand(Scope.MEMBERS_READ)
        return directory.derived("everybody", lambda: self._read(directory))

    def _read(self, directory: Directory) -> Soon[Everybody]:
        def among(catalogue: Catalogue) -> Soon[Everybody]:
            asked: list[Soon[MemberListing | Exception]] = [
                settled(directory.members(project), UpstreamError) for project in catalogue.projects
            ]
            listings: Soon[list[MemberListing | Exception]] = all_of(asked)
            return then(listings, lambda listings: self._everybody(directory, catalogue, listings))

        return then(directory.catalogue(directory.platforms.profiles), among)

    def _everybody(
        self,
        directory: Directory,
        catalogue: Catalogue,
        listings: Sequence[MemberListing | Exception],
    ) -> Everybody:
        members = [
            member
            for listing in listings
            if isinstance(listing, MemberListing)
            for member in listing.read.value
        ]
        known = self._origins.known
        people = people_among(members, links=self._links, origins=known)
        if learned := new_origins(people, known):
            self._origins.learn(learned)
        unread = {
            _key_of(project): listing
            for project, listing in zip(catalogue.projects, listings, strict=True)
            if isinstance(listing, UpstreamError)
        }
        shows_personal_data = directory.caller.may(Scope.PII_READ)
        return Everybody(
            people=people if shows_personal_data else tuple(one.without_personal_data() for one in people),
            projects={_key_of(project): project for project in catalogue.projects},
            unread=unread,
            sources=sources_without(directory, catalogue.sources, tuple(unread.values())),
            failures=(*catalogue.failures, *unread.values()),
        )


def sources_without(
    directory: Directory, sources: Iterable[SourceStatus], failures: Sequence[UpstreamError]
) -> tuple[SourceStatus, ...]:
    """The sources, where the members of some projects could not be read: one failure for each of those."""

    def without(source: SourceStatus) -> SourceStatus:
        own = [failure for failure in failures if failure.platform is source.platform]
        if not own or source.state is SourceState.FAILED:
            return source
        words = f"The members of {len(own)} projects could not be read."
        return directory.failed_source(own[0], missing=words)

    return tuple(map(without, sources))


def _key_of(project: Project) -> tuple[PlatformKey, str]:
    return project.platform, project.upstream_id
