"""Which accounts are one person's: pure, over the members of all projects.

    declared   the links file says so
    e-mail     two accounts show the same address, whatever its case and the blanks around it
    itself     nothing else is known of the account

Nobody is joined by name. An address that two declared persons have in common joins nothing, and where several
addresses together would join what the links file holds apart, they do not.

A person is named by an **origin**: the account that was the first of theirs. It stays the same as long as one
of the accounts is there, also where the first one has gone: the origins of accounts are remembered. Where two
persons turn out to be one, one of the two names stays and the other one is remembered to mean the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gateway.access.people.links import Links
from gateway.domain.member import Member
from gateway.domain.person import Account, AccountKey, Person, address_of
from gateway.domain.vocabulary import LinkEvidence

Origins = Mapping[AccountKey, AccountKey]
"""The origin of each account's person, as far as it is remembered; of one that is none any more, the next."""


def people_among(members: Iterable[Member], *, links: Links, origins: Origins) -> tuple[Person, ...]:
    """Everybody among `members`, each person once; the same whatever the order of the members."""
    memberships: dict[AccountKey, list[Member]] = defaultdict(list)
    for member in members:
        memberships[AccountKey(member.platform, member.upstream_id)].append(member)
    for found in memberships.values():
        found.sort(key=lambda member: member.project_upstream_id)
    groups = sorted(_grouped(memberships, links))
    named = zip(groups, _origins_of(groups, origins), strict=True)
    return tuple(_person(keys, origin, memberships, links) for keys, origin in named)


def new_origins(people: Sequence[Person], origins: Origins) -> dict[AccountKey, AccountKey]:
    """What is to be remembered beside `origins`, or otherwise."""
    learned = {account.key: person.origin for person in people for account in person.accounts}
    for person in people:
        # Their name, where its account has gone, and one that was theirs and is nobody's now.
        for former in {origins.get(account.key, person.origin) for account in person.accounts}:
            learned.setdefault(former, person.origin)
    return {key: origin for key, origin in learned.items() if origins.get(key) != origin}


def people_by_name(people: Iterable[Person], origins: Origins) -> dict[AccountKey, Person]:
    """Each person under their origin, under every account of theirs, and under what has named them before."""
    found = {name: person for person in people for name in _names_of(person)}
    for name in origins:
        seen, origin = {name}, origins[name]
        while origin not in found and origin not in seen:
            seen.add(origin)
            origin = origins.get(origin, origin)
        if name not in found and origin in found:
            found[name] = found[origin]
    return found


def _names_of(person: Person) -> Iterator[AccountKey]:
    yield person.origin
    for account in person.accounts:
        yield account.key


def _grouped(memberships: Mapping[AccountKey, Sequence[Member]], links: Links) -> list[list[AccountKey]]:
    """The accounts of each person, in order."""
    addresses = {key: _addresses(found) for key, found in memberships.items()}
    declared: dict[str, list[AccountKey]] = defaultdict(list)
    names_at: dict[str, set[str]] = defaultdict(set)
    for key in addresses.keys() & links.names.keys():
        name = links.names[key]
        declared[name].append(key)
        for address in addresses[key]:
            names_at[address].add(name)
    usable = {
        key: {address for address in own if len(names_at[address]) <= 1}
        for key, own in addresses.items()
        if key not in links.names
    }
    apart: list[list[AccountKey]] = []
    for group in _connected(usable):
        names = {name for key in group for address in usable[key] for name in names_at[address]}
        (declared[names.pop()].extend if len(names) == 1 else apart.append)(group)
    return [sorted(group) for group in (*declared.values(), *apart)]


def _connected(addresses: Mapping[AccountKey, Iterable[str]]) -> Iterator[list[AccountKey]]:
    """Those that are joined by addresses, over others too."""
    keys_at: dict[str, list[AccountKey]] = defaultdict(list)
    for key, own in addresses.items():
        for address in own:
            keys_at[address].append(key)
    seen: set[AccountKey] = set()
    for first in addresses:
        if first in seen:
            continue
        seen.add(first)
        group = [first]
        for key in group:  # grows meanwhile
            found = {other for address in addresses[key] for other in keys_at[address]} - seen
            seen |= found
            group += found
        yield group


def _addresses(memberships: Iterable[Member]) -> frozenset[str]:
    return frozenset(address_of(one.email) for one in memberships if one.email and one.email.strip())


def _origins_of(groups: Sequence[Sequence[AccountKey]], origins: Origins) -> list[AccountKey]:
    """A name for each group, no two the same: as it was, where that is not another one's."""
    present = {key for group in groups for key in group}
    taken: set[AccountKey] = set()
    found: list[AccountKey] = []
    for group in groups:
        own = set(group)
        remembered = {origins[key] for key in group if key in origins}
        # One that is an account of somebody else's now is theirs.
        good = sorted(origin for origin in remembered - taken if origin in own or origin not in present)
        origin = min((key for key in good if key in own), default=good[0] if good else group[0])
        taken.add(origin)
        found.append(origin)
    return found


def _person(
    keys: Sequence[AccountKey],
    origin: AccountKey,
    memberships: Mapping[AccountKey, Sequence[Member]],
    links: Links,
) -> Person:
    accounts = tuple(
        Account(
            platform=key.platform,
            upstream_id=key.upstream_id,
            name=_first(member.name for member in memberships[key]),
            email=_first(member.email for member in memberships[key]),
            linked_by=_evidence(key, links, alone=len(keys) == 1),
        )
        for key in keys
    )
    declared = _first(links.names.get(key) for key in keys)
    return Person(
        origin=origin,
        display_name=declared or _first(account.name for account in accounts),
        accounts=accounts,
        memberships=tuple(member for key in keys for member in memberships[key]),
    )


def _evidence(key: AccountKey, links: Links, *, alone: bool) -> LinkEvidence:
    if key in links.names:
        return LinkEvidence.DECLARED
    return LinkEvidence.SELF if alone else LinkEvidence.EMAIL


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text and text.strip()), None)
