"""Whom a declaration names: by short names, in groups, by addresses."""

import re
from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

from gateway.access.declarations.declared import DeclaredPerson, address_key
from gateway.access.declarations.fields import NAME, NAME_RULE, Mistakes, Table
from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import PlatformKey

GROUP_MARK: Final = "@"
_ADDRESS: Final = re.compile(r"[^\s@]+@[^\s@]+")
_LONGEST_ADDRESS: Final = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets

ACCOUNT_KEYS: Final = {platform.value.lower(): platform for platform in PlatformKey}
"""How a person's account on each platform is called in the file."""

Named = Sequence[tuple[str, str]]
"""Texts that name people, each with its place."""


def is_address(text: str) -> bool:
    """Whether this can be written for a person's e-mail address."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None and text.isprintable()


class People:
    """Everybody who is named in a file.

    Args:
        people: the table of short names.
        groups: the table of groups.
    """

    def __init__(self, *, people: Table | None, groups: Table | None, mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self._by_name: dict[str, DeclaredPerson] = {}
        self._by_address: dict[str, DeclaredPerson] = {}
        self._by_account: dict[AccountKey, DeclaredPerson] = {}
        self._groups: dict[str, tuple[DeclaredPerson, ...]] = {}
        # One value for all lists with the same names in them: what is made of it is made once.
        self._listed: dict[tuple[str, ...], tuple[DeclaredPerson, ...]] = {}
        if people is not None:
            self._read_people(people)
        if groups is not None:
            self._read_groups(groups)

    def listed(self, named: Named) -> tuple[DeclaredPerson, ...]:
        """Everybody whom the texts name, once; what names nobody is noted."""
        texts = tuple(text for _, text in named)
        found = self._listed.get(texts)
        if found is None:
            mistakes_before = len(self._mistakes.found)
            people = [person for place, text in named for person in self._named(place, text)]
            found = tuple({id(person): person for person in people}.values())
            if len(self._mistakes.found) == mistakes_before:  # a mistake is noted wherever it stands
                self._listed[texts] = found
        return found

    def _named(self, place: str, text: str) -> Iterable[DeclaredPerson]:
        if text.startswith(GROUP_MARK):
            group = text.removeprefix(GROUP_MARK)
            if group in self._groups:
                return self._groups[group]
            self._mistakes.note_unknown(place, "group", group, self._groups)
            return ()
        if text in self._by_name:
            return (self._by_name[text],)
        if GROUP_MARK not in text:
            self._mistakes.note_unknown(place, "person in [people]", text, self._by_name)
            return ()
        if not is_address(text.strip()):
            self._mistakes.note(place, "this is neither a name from [people] nor an e-mail address")
            return ()
        key = address_key(text)
        person = self._by_address.get(key)
        if person is None:
            person = self._by_address[key] = DeclaredPerson(place=place, email=text.strip())
        return (person,)

    def _read_people(self, table: Table) -> None:
        for name, value in table.values.items():
            place = table.place_of(name)
            if NAME.fullmatch(name) is None:
                self._mistakes.note(place, NAME_RULE)
            email: str | None
            accounts: tuple[AccountKey, ...] = ()
            if isinstance(value, str):
                email = self._address(place, value)
            elif isinstance(value, dict):
                email, accounts = self._person(Table(value, place=place, mistakes=self._mistakes))
            else:
                self._mistakes.note(place, "an e-mail address or a table of accounts is expected")
                continue
            # Also where something is wrong with it, so that whoever names it is not wrong as well.
            self._keep(name, DeclaredPerson(place=place, email=email, accounts=accounts))

    def _person(self, table: Table) -> tuple[str | None, tuple[AccountKey, ...]]:
        table.allow_only(["email", *ACCOUNT_KEYS])
        if not table.values:
            self._mistakes.note(table.place, "an e-mail address or an account id is needed")
        email, accounts = None, []
        if "email" in table.values:
            text = table.text("email")
            email = None if text is None else self._address(table.place_of("email"), text)
        for key, platform in ACCOUNT_KEYS.items():
            if key not in table.values:
                continue
            upstream_id = table.text(key)
            if upstream_id == "":
                self._mistakes.note(table.place_of(key), "the account id is empty")
            elif upstream_id is not None:
                accounts.append(AccountKey(platform, upstream_id))
        return email, tuple(accounts)

    def _address(self, place: str, text: str) -> str | None:
        address = text.strip()
        if is_address(address):
            return address
        self._mistakes.note(place, "this is no e-mail address")
        return None

    def _keep(self, name: str, person: DeclaredPerson) -> None:
        self._by_name[name] = person
        if person.email is not None:
            before = self._by_address.setdefault(address_key(person.email), person)
            if before is not person:
                self._mistakes.note(person.place, f"{before.place} has the same address; name a person once")
        for account in person.accounts:
            before = self._by_account.setdefault(account, person)
            if before is not person:
                self._mistakes.note(
                    person.place,
                    f"{before.place} has the same {account.platform} account; name a person once",
                )

    def _read_groups(self, table: Table) -> None:
        for name in table.values:
            if NAME.fullmatch(name) is None:
                self._mistakes.note(table.place_of(name), NAME_RULE)
        lists = {name: table.texts(name, needed=False) for name in table.values}
        # Known from the start, so that a name that is wrong is told from a group that comes later.
        self._groups = dict.fromkeys(lists, ())
        for name in self._innermost_first(table, lists):
            self._groups[name] = self.listed(lists[name])

    def _innermost_first(self, table: Table, lists: dict[str, list[tuple[str, str]]]) -> list[str]:
        """The groups in an order in which each comes after those that are in it."""
        inner = {
            name: [
                group
                for _, text in named
                if text.startswith(GROUP_MARK) and (group := text.removeprefix(GROUP_MARK)) in lists
            ]
            for name, named in lists.items()
        }
        while True:
            try:
                return list(TopologicalSorter(inner).static_order())
            except CycleError as error:
                cycle: list[str] = error.args[1]
                way = " in ".join(table.place_of(name) for name in cycle)
                self._mistakes.note(table.place_of(cycle[0]), f"the group is in itself: {way}")
                inner.update({name: [] for name in cycle})
