"""How the world differs from a declaration. Pure.

What the entries of a declaration mean is explained in `gateway.access.declarations.reader`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from gateway.access.declarations import drift_wording as wording
from gateway.access.declarations.accounts import Accounts, account_of, memberships_of
from gateway.access.declarations.claims import Present, Seat, Seating, claims_on
from gateway.access.declarations.declared import Declaration, DeclaredAccess, DeclaredPerson
from gateway.access.declarations.differences import (
    Drift,
    DriftItem,
    DriftKind,
    ProjectKey,
    Unmatched,
    key_of,
    place_in_order,
)
from gateway.access.declarations.entries_by_project import EntriesByProject
from gateway.domain.member import Member
from gateway.domain.person import AccountKey, Person
from gateway.domain.platform import PlatformProfile
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, PlatformKey


def drift(  # noqa: PLR0913 - the two sides, and what is known of the one that was read
    declaration: Declaration,
    *,
    projects: Iterable[Project],
    people: Iterable[Person],
    profiles: Mapping[PlatformKey, PlatformProfile],
    now: datetime,
    unread: Collection[ProjectKey] = (),
    unlisted: Collection[PlatformKey] = (),
) -> Drift:
    """How the world differs from `declaration`; the order of projects, people and memberships is no matter.

    Args:
        people: with their memberships, which count where they are in `projects`; `Project.members` is not
            looked at.
        profiles: of every platform that a project is on.
        now: the current moment in UTC.
        unread: projects whose members could not be read: nothing is said of who is in them.
        unlisted: platforms whose projects are not all known: a pattern that means none may mean another,
            and whoever is seen nowhere may be there.
    """
    known = {key_of(project): project for project in projects}
    people = tuple(people)
    accounts = Accounts(people)
    seating = Seating(accounts)
    entries = EntriesByProject(declaration, projects=known.values(), seating=seating)
    present = _present(people, seating)
    items = [
        item
        for key, project in known.items()
        if key not in unread
        for item in _Comparison(
            project=project, profile=profiles[project.platform], entries=entries, accounts=accounts, now=now
        ).items(present.get(key, {}))
    ]
    return Drift(
        items=tuple(sorted(items, key=place_in_order)),
        unmatched=(
            *_patterns_without_project(declaration, entries, unlisted),
            *(() if unlisted or unread else _people_without_account(declaration, accounts)),
        ),
        unread=tuple(known[key] for key in sorted(known.keys() & unread)),
    )


class _Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A project held against what is declared of it."""

    project: Project
    profile: PlatformProfile
    entries: EntriesByProject
    accounts: Accounts
    now: datetime

    def items(self, present: Present) -> Iterator[DriftItem]:
        """What differs, in no order."""
        entries = self.entries.of(self.project)
        claims = claims_on([one for one in entries if not one[0].is_past(self.now)], present=present)
        past = [one for one in reversed(entries) if one[0].is_past(self.now)]
        for seat, (person, member) in present.items():
            if member.is_owner:
                continue
            entry = claims.entry_of.get(seat)
            if entry is not None:
                yield from self._changed(person, member, entry)
                continue
            ended = next((one for one, seated in past if seat in seated.all), None)
            if ended is not None:
                yield self._expired(person, member, ended)
            elif not self.entries.ignores(self.project, member, seat):
                yield self._unexpected(person, member)
        for declared, entry in claims.absent:
            yield self._missing(declared, entry)

    def _unexpected(self, person: Person, member: Member) -> DriftItem:
        detail = wording.unexpected(person, member, self.project, self._granted_to(member))
        return self._of_present(DriftKind.UNEXPECTED, person, member, detail)

    def _expired(self, person: Person, member: Member, entry: DeclaredAccess) -> DriftItem:
        detail = wording.expired(person, member, self.project, entry, self._granted_to(member))
        return self._declared_by(entry, self._of_present(DriftKind.EXPIRED, person, member, detail))

    def _changed(self, person: Person, member: Member, entry: DeclaredAccess) -> Iterator[DriftItem]:
        grant = self._granted_to(member)
        if member.role is entry.role and self._grantable(entry) == grant:
            return
        detail = wording.changed(person, member, self.project, grant, self._declared_role(entry))
        yield self._declared_by(entry, self._of_present(DriftKind.CHANGED, person, member, detail))

    def _missing(self, declared: DeclaredPerson, entry: DeclaredAccess) -> DriftItem:
        named = declared.account_on(self.project.platform)
        person = None if named is None else self.accounts.person_of(named)
        person = person or next(iter(self.accounts.people_of(declared)), None)
        missing = DriftItem(
            kind=DriftKind.MISSING,
            project=self.project,
            person=person,
            account=named or self._best_account(declared),
            member=None,
            declared=declared,
            detail=wording.missing(person, declared, self.project, self._declared_role(entry)),
        )
        return self._declared_by(entry, missing)

    def _of_present(self, kind: DriftKind, person: Person, member: Member, detail: str) -> DriftItem:
        return DriftItem(
            kind=kind,
            project=self.project,
            person=person,
            account=account_of(member),
            member=member,
            actual_role=member.role,
            actual_grant=self._granted_to(member),
            detail=detail,
        )

    def _declared_by(self, entry: DeclaredAccess, item: DriftItem) -> DriftItem:
        return msgspec.structs.replace(
            item,
            place=entry.place,
            line=entry.line,
            role=entry.role,
            grant=self._grantable(entry),
            until=entry.until,
        )

    def _declared_role(self, entry: DeclaredAccess) -> str:
        obstacle = wording.no_such_role(self.profile, entry.role)
        return wording.declared(entry, self._grantable(entry), obstacle)

    def _best_account(self, declared: DeclaredPerson) -> AccountKey | None:
        return self.accounts.best_of(self.accounts.accounts_of(declared, self.project.platform))

    def _granted_to(self, member: Member) -> frozenset[Action]:
        return frozenset(action for action in self.profile.grantable_actions if member.can(action))

    def _grantable(self, entry: DeclaredAccess) -> frozenset[Action]:
        return entry.grant.intersection(self.profile.grantable_actions)


def _present(people: Iterable[Person], seating: Seating) -> Mapping[ProjectKey, Present]:
    present: dict[ProjectKey, dict[Seat, tuple[Person, Member]]] = defaultdict(dict)
    for person in people:
        for member in memberships_of(person):
            seat = seating.seat_of(account_of(member))
            present[member.platform, member.project_upstream_id][seat] = (person, member)
    return present


def _patterns_without_project(
    declaration: Declaration, entries: EntriesByProject, unlisted: Collection[PlatformKey]
) -> Iterator[Unmatched]:
    for entry in declaration.access:
        for position, pattern in enumerate(entry.projects, start=1):
            may_mean_another = unlisted if pattern.platform is None else pattern.platform in unlisted
            if not may_mean_another and not entries.means_any(pattern):
                yield Unmatched(
                    place=f"{entry.place}.projects[{position}]", detail=wording.NO_PROJECT, line=entry.line
                )


def _people_without_account(declaration: Declaration, accounts: Accounts) -> Iterator[Unmatched]:
    named = {person.place: (person, entry) for entry in declaration.access for person in entry.people}
    for place, (person, entry) in named.items():
        if not accounts.people_of(person):
            line = entry.line if place.startswith(f"{entry.place}.") else None
            yield Unmatched(place=place, detail=wording.NOBODY, line=line)
