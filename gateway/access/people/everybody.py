"""Everybody in all projects: one list call a project at most, and none for a person.

What a platform did not tell is missing, and the sources say so.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

from gateway.access.people.joining import Origins, new_origins, people_among, people_by_name
from gateway.access.people.links import Links
from gateway.access.reading.catalogue import Catalogue
from gateway.access.reading.directory import Directory
from gateway.access.reading.members import MemberListing
from gateway.access.reading.snapshots import Read
from gateway.access.reading.soon import Soon, all_of, settled, then
from gateway.domain.caller import Scope
from gateway.domain.errors import UpstreamError
from gateway.domain.member import Member
from gateway.domain.person import AccountKey, Person, address_of
from gateway.domain.project import Project
from gateway.domain.source import SourceStatus
from gateway.domain.vocabulary import PlatformKey, SourceState

T = TypeVar("T")

_MOST_DERIVED = 256
_AGES = (SourceState.FRESH, SourceState.CACHED, SourceState.STALE)


@dataclass(frozen=True, kw_only=True, eq=False)
class Everybody:
    """Everybody in all projects, as far as the caller may see them.

    Attributes:
        projects: by what names them, also those whose members could not be read.
        unread: why the members of a project could not be read.
        failures: why something is missing; empty where everybody is here.
        origins: by what persons are named, or have been.
        derived: what was made of this and nothing else.
    """

    people: tuple[Person, ...]
    projects: Mapping[tuple[PlatformKey, str], Project] = field(repr=False)
    unread: Mapping[tuple[PlatformKey, str], UpstreamError] = field(repr=False)
    sources: tuple[SourceStatus, ...]
    failures: tuple[UpstreamError, ...]
    origins: Origins = field(repr=False)
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

    @cached_property
    def by_name(self) -> Mapping[AccountKey, Person]:
        """Each person under every account that names them, or has named them."""
        return people_by_name(self.people, self.origins)

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
    """Remembers the origins of persons; see `gateway.access.people.joining`.

    Each holder of upstream accounts has their own; see `gateway.domain.platform.Platforms.holder`.
    """

    def known(self, holder: str) -> Soon[Origins]:
        """What is remembered, also what others have learned who serve together; never fails."""

    def learn(self, holder: str, origins: Origins) -> None:
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
        return directory.once("everybody", lambda: self._read(directory))

    def _read(self, directory: Directory) -> Soon[Everybody]:
        def among(catalogue: Catalogue) -> Soon[Everybody]:
            asked: list[Soon[MemberListing | Exception]] = [
                settled(directory.members(project), UpstreamError) for project in catalogue.projects
            ]
            listings: Soon[list[MemberListing | Exception]] = all_of(asked)
            return then(listings, lambda listings: self._named(directory, catalogue, listings))

        return then(directory.catalogue(directory.platforms.profiles), among)

    def _named(
        self, directory: Directory, catalogue: Catalogue, listings: Sequence[MemberListing | Exception]
    ) -> Soon[Everybody]:
        known = self._origins.known(directory.platforms.holder)
        return then(known, lambda known: self._everybody(directory, catalogue, listings, known))

    def _everybody(
        self,
        directory: Directory,
        catalogue: Catalogue,
        listings: Sequence[MemberListing | Exception],
        known: Origins,
    ) -> Everybody:
        reads = [
            (project.platform, listing.read)
            for project, listing in zip(catalogue.projects, listings, strict=True)
            if isinstance(listing, MemberListing)
        ]
        members = [member for _, read in reads for member in read.value]
        people = people_among(members, links=self._links, origins=known)
        learned = new_origins(people, known)
        if learned:
            self._origins.learn(directory.platforms.holder, learned)
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
            sources=sources_without(
                directory,
                [_as_old_as_its_oldest(directory, source, reads) for source in catalogue.sources],
                tuple(unread.values()),
            ),
            failures=(*catalogue.failures, *unread.values()),
            origins={**known, **learned},
        )


def sources_without(
    directory: Directory, sources: Iterable[SourceStatus], failures: Sequence[UpstreamError]
) -> tuple[SourceStatus, ...]:
    """The sources, where the members of some projects could not be read: one failure for each of those."""

    def without(source: SourceStatus) -> SourceStatus:
        own = [failure for failure in failures if failure.platform is source.platform]
        if not own or source.state is SourceState.FAILED:
            return source
        words = f"The members of {len(own)} project{'' if len(own) == 1 else 's'} could not be read."
        return directory.failed_source(own[0], missing=words)

    return tuple(map(without, sources))


def _as_old_as_its_oldest(
    directory: Directory, source: SourceStatus, reads: Iterable[tuple[PlatformKey, Read[Any]]]
) -> SourceStatus:
    """The source, where the members of a project were read before its list of projects was."""
    own = [read for platform, read in reads if platform is source.platform]
    oldest = max(own, key=_age_of, default=None)
    if oldest is None or source.state not in _AGES:
        return source
    found = directory.source(oldest, source.platform)
    return max(source, found, key=_age_of_source)


def _age_of(read: Read[Any]) -> tuple[int, bool, float]:
    return _AGES.index(read.state), read.failure is not None, -read.snapshot.as_of.timestamp()


def _age_of_source(source: SourceStatus) -> tuple[int, bool, float]:
    as_of = source.as_of
    return _AGES.index(source.state), source.error is not None, 0.0 if as_of is None else -as_of.timestamp()


def _key_of(project: Project) -> tuple[PlatformKey, str]:
    return project.platform, project.upstream_id
