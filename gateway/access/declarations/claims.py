"""Who is to have what in one project: the entries of a declaration, the last one first.

People are counted in seats: one for each of their accounts on the project's platform, and one for somebody
who has none there. Seats are small numbers, so that an entry for everybody in every project costs little.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from gateway.access.declarations.accounts import Accounts
from gateway.access.declarations.declared import DeclaredAccess, DeclaredPerson, address_key
from gateway.domain.member import Member
from gateway.domain.person import AccountKey, Person
from gateway.domain.vocabulary import PlatformKey

Seat = int

Present = Mapping[Seat, tuple[Person, Member]]
"""Who is in a project."""


class Seated(msgspec.Struct, frozen=True, kw_only=True):
    """The people of a list, on one platform.

    Attributes:
        single: those with one seat.
        several: those with more, by all of them.
        all: every seat.
    """

    single: Mapping[Seat, DeclaredPerson]
    several: Mapping[frozenset[Seat], DeclaredPerson]
    all: frozenset[Seat]


class Seating:
    """Gives seats; the same account always has the same one."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._seats: dict[PlatformKey, dict[object, Seat]] = {platform: {} for platform in PlatformKey}
        self._seats_by_place: dict[PlatformKey, dict[str, frozenset[Seat]]] = {
            platform: {} for platform in PlatformKey
        }
        self._seated: dict[tuple[int, PlatformKey], tuple[Sequence[DeclaredPerson], Seated]] = {}

    def seat_of(self, account: AccountKey) -> Seat:
        """The account's seat on its platform."""
        return self._seat(account.platform, account.upstream_id)

    def seated(self, people: Sequence[DeclaredPerson], platform: PlatformKey) -> Seated:
        """The seats of a list of people; worked out once for each list."""
        found = self._seated.get((id(people), platform))
        if found is None:
            # The list is kept, so that its identity keeps its meaning.
            found = self._seated[id(people), platform] = (people, self._seat_all(people, platform))
        return found[1]

    def _seat_all(self, people: Sequence[DeclaredPerson], platform: PlatformKey) -> Seated:
        single: dict[Seat, DeclaredPerson] = {}
        several: dict[frozenset[Seat], DeclaredPerson] = {}
        known = self._seats_by_place[platform]
        for person in people:
            seats = known.get(person.place)
            if seats is None:
                seats = known[person.place] = self._seats_of(person, platform)
            if len(seats) == 1:
                single.update(dict.fromkeys(seats, person))
            else:
                several[seats] = person
        return Seated(single=single, several=several, all=frozenset(single).union(*several))

    def _seats_of(self, declared: DeclaredPerson, platform: PlatformKey) -> frozenset[Seat]:
        seats = [self.seat_of(account) for account in self._accounts.accounts_of(declared, platform)]
        if declared.account_on(platform) is None:
            seats += [
                self._seat(platform, person.origin)
                for person in self._accounts.people_of(declared)
                if not self._accounts.has_account_on(platform, person)
            ]
        if not seats:
            stranger = declared.accounts if declared.email is None else address_key(declared.email)
            seats.append(self._seat(platform, ("stranger", stranger)))
        return frozenset(seats)

    def _seat(self, platform: PlatformKey, key: object) -> Seat:
        seats = self._seats[platform]
        return seats.setdefault(key, len(seats))


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What the entries that mean a project say of it.

    Attributes:
        entry_of: for each seat the last entry that gives it something.
        absent: those who are to be there with any of their seats, and are not.
    """

    entry_of: Mapping[Seat, DeclaredAccess]
    absent: Sequence[tuple[DeclaredPerson, DeclaredAccess]]


def claims_on(entries: Sequence[tuple[DeclaredAccess, Seated]], *, present: Iterable[Seat]) -> Claims:
    """What entries that all mean one project say of it.

    A later entry stands in for an earlier one wherever it means one of the same person's accounts.

    Args:
        entries: in the order of the file.
        present: the seats of those who are in the project.
    """
    there = frozenset(present)
    entry_of: dict[Seat, DeclaredAccess] = {}
    absent: list[tuple[DeclaredPerson, DeclaredAccess]] = []
    done: set[int] = set()
    for entry, seated in reversed(entries):
        if id(seated) in done:
            continue  # a later entry means the same list of people
        done.add(id(seated))
        missing = seated.single.keys() - entry_of.keys() - there
        absent += ((seated.single[seat], entry) for seat in missing)
        absent += ((person, entry) for person in _all_absent(seated, there, entry_of))
        entry_of.update(dict.fromkeys(seated.all - entry_of.keys(), entry))
    return Claims(entry_of=entry_of, absent=absent)


def _all_absent(
    seated: Seated, there: frozenset[Seat], claimed: Mapping[Seat, object]
) -> Iterator[DeclaredPerson]:
    """Of those with several seats, whoever has none there and none that is claimed elsewhere."""
    for seats, person in seated.several.items():
        elsewhere = (seats & claimed.keys()) or (seats & seated.single.keys())
        if not elsewhere and seats.isdisjoint(there):
            yield person
