"""Which accounts are one person's: pure, over the members of all projects.

    declared   the links file says so
    e-mail     two accounts show the same address, whatever its case and the blanks around it
    itself     nothing else is known of the account

Nobody is joined by name. Where an address would join what the links file holds apart, it joins nothing.

A person is named by an **origin**: the account that was the first of theirs. It stays the same as long as one
of the accounts is there, also where the first one has gone: the origins of accounts are remembered.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from gateway.access.links import Links
from gateway.domain.member import Member
from gateway.domain.person import Account, AccountKey, Person
from gateway.domain.vocabulary import LinkEvidence

Origins = Mapping[AccountKey, AccountKey]
"""The origin of each account's person, as far as it is remembered."""


def people_among(members: Iterable[Member], *, links: Links, origins: Origins) -> tuple[Person, ...]:
    """Everybody among `members`, each person once."""
    memberships: dict[AccountKey, list[Member]] = defaultdict(list)
    for member in members:
        memberships[AccountKey(member.platform, member.upstream_id)].append(member)
    groups = _grouped(memberships, links)
    named = zip(groups, _origins_of(groups, origins), strict=True)
    return tuple(_person(keys, origin, memberships, links) for keys, origin in named)


def new_origins(people: Iterable[Person], origins: Origins) -> dict[AccountKey, AccountKey]:
    """What is to be remembered beside `origins`, or otherwise."""
    return {
        account.key: person.origin
        for person in people
        for account in person.accounts
        if origins.get(account.key) != person.origin
    }


def address_of(email: str) -> str:
    """An e-mail address as it is compared: nobody gives two people addresses that differ in case only."""
    return email.strip().casefold()


def _grouped(memberships: Mapping[AccountKey, Sequence[Member]], links: Links) -> list[list[AccountKey]]:
    """The accounts of each person, in order."""
    declared: dict[str, list[AccountKey]] = defaultdict(list)
    names_at: dict[str, set[str]] = defaultdict(set)
    others_at: dict[str, list[AccountKey]] = defaultdict(list)
    addresses = {key: _addresses(found) for key, found in memberships.items()}
    for key, own in addresses.items():
        name = links.names.get(key)
        if name is not None:
            declared[name].append(key)
        for address in own:
            if name is None:
                others_at[address].append(key)
            else:
                names_at[address].add(name)
    apart: list[list[AccountKey]] = []
    for group in _connected([key for key in addresses if key not in links.names], addresses, others_at):
        names = {name for key in group for address in addresses[key] for name in names_at[address]}
        (declared[names.pop()].extend if len(names) == 1 else apart.append)(group)
    return [sorted(group) for group in (*declared.values(), *apart)]


def _connected(
    keys: Iterable[AccountKey],
    addresses: Mapping[AccountKey, Iterable[str]],
    keys_at: Mapping[str, Iterable[AccountKey]],
) -> Iterable[list[AccountKey]]:
    """Those that are joined by addresses, over others too."""
    seen: set[AccountKey] = set()
    for first in keys:
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
