"""Which accounts are meant by those whom a declaration names."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from gateway.access.declarations.declared import DeclaredPerson, address_key
from gateway.domain.member import Member
from gateway.domain.person import AccountKey, Person
from gateway.domain.vocabulary import PlatformKey, Role

_POWER = {role: -position for position, role in enumerate(Role)}


def account_of(member: Member) -> AccountKey:
    """Whose membership it is."""
    return AccountKey(member.platform, member.upstream_id)


def memberships_of(person: Person) -> Iterator[Member]:
    """The person's memberships, one for an account and a project.

    Where a platform lists an account in a project twice, the more powerful membership counts.
    """
    found: dict[tuple[PlatformKey, str, str], Member] = {}
    for member in person.memberships:
        key = (member.platform, member.project_upstream_id, member.upstream_id)
        before = found.get(key)
        if before is None or _strength(member) > _strength(before):
            found[key] = member
    return iter(found.values())


def account_keys_of(person: Person) -> list[AccountKey]:
    """Every account of the person, in a fixed order."""
    keys = {account.key for account in person.accounts}
    return sorted(keys.union(map(account_of, person.memberships)))


class Accounts:
    """The accounts of everybody whom the platforms show.

    Args:
        people: each once; their order does not matter.
    """

    def __init__(self, people: Iterable[Person]) -> None:
        self._by_address: dict[str, list[Person]] = defaultdict(list)
        self._by_account: dict[AccountKey, Person] = {}
        self._keys: dict[PlatformKey, dict[AccountKey, list[AccountKey]]] = {
            platform: defaultdict(list) for platform in PlatformKey
        }
        self._without_id: set[AccountKey] = set()
        for person in sorted(people, key=lambda person: person.origin):
            for email in person.emails:
                self._by_address[address_key(email)].append(person)
            for key in account_keys_of(person):
                self._by_account[key] = person
                self._keys[key.platform][person.origin].append(key)
            self._without_id.update(
                account_of(member) for member in person.memberships if not member.is_addressable
            )

    def person_of(self, account: AccountKey) -> Person | None:
        """Whose account it is."""
        return self._by_account.get(account)

    def has_account_on(self, platform: PlatformKey, person: Person) -> bool:
        """Whether the person has any account there."""
        return person.origin in self._keys[platform]

    def people_of(self, declared: DeclaredPerson) -> list[Person]:
        """Who is meant; the address counts before the accounts. Empty where no platform shows them."""
        found: list[Person] = []
        if declared.email is not None:
            found += self._by_address.get(address_key(declared.email), ())
        for account in declared.accounts:
            person = self._by_account.get(account)
            if person is not None and all(person is not one for one in found):
                found.append(person)
        return found

    def accounts_of(self, declared: DeclaredPerson, platform: PlatformKey) -> list[AccountKey]:
        """The accounts that are meant on a platform; being a member with one of them is enough.

        Beside an account that is named together with an address, these are the person's accounts for which
        the platform shows no id of use, as it does for people who are invited: they may be the same one.
        """
        named = declared.account_on(platform)
        if named is not None and declared.email is None:
            return [named]
        keys = self._keys[platform]
        linked = [key for person in self.people_of(declared) for key in keys.get(person.origin, ())]
        if named is None:
            return linked
        return list(dict.fromkeys([named, *(key for key in linked if key in self._without_id)]))

    def best_of(self, accounts: Iterable[AccountKey]) -> AccountKey | None:
        """The first account that the platform takes back in a change."""
        return next((account for account in accounts if account not in self._without_id), None)


def _strength(member: Member) -> tuple[int, int, tuple[str, ...], str]:
    granted = sorted(permission.action for permission in member.permissions if permission.granted)
    return (_POWER[member.role], len(granted), tuple(granted), member.native_role)
