"""How people are called in a declaration that is written: a short name, and what it stands for. Pure."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from gateway.access.declarations.accounts import account_keys_of
from gateway.access.declarations.declared import address_key
from gateway.access.declarations.drift_wording import shown
from gateway.access.declarations.people import ACCOUNT_KEYS, is_address
from gateway.domain.person import AccountKey, Person

_LONGEST_SLUG: Final = 40
_NOT_IN_A_SLUG: Final = re.compile(r"[^a-z0-9]+")
_KEY_OF: Final = {platform: key for key, platform in ACCOUNT_KEYS.items()}
_ESCAPED: Final = {'"': '\\"', "\\": "\\\\"}


class PersonLine(NamedTuple):
    """One line under `[people]`.

    Attributes:
        name: the short name.
        stands_for: in TOML: an address, or a table of accounts.
        comment: what the platforms call the person; may be empty.
        accounts: those that are meant.
    """

    name: str
    stands_for: str
    comment: str
    accounts: tuple[AccountKey, ...]

    def __str__(self) -> str:
        """As it is written."""
        comment = f"  # {self.comment}" if self.comment else ""
        return f"{self.name} = {self.stands_for}{comment}"

    def __repr__(self) -> str:
        """Personal data stays out of logs and tracebacks."""
        return "PersonLine(…)"


def person_lines(
    people: Iterable[Person], *, needed: AbstractSet[AccountKey]
) -> Mapping[AccountKey, PersonLine]:
    """For each account that is needed, the line that means it and no other account on its platform.

    The lines are the same in whatever order the people come.
    """
    everybody = tuple(people)
    owners = Counter(address_key(email) for person in everybody for email in person.emails)
    drafts = sorted(
        line
        for person in everybody
        for line in _lines_of(person, owners)
        if not needed.isdisjoint(line.accounts)
    )
    return {account: line for line in _numbered(drafts) for account in line.accounts}


def quoted(text: str) -> str:
    """A text as TOML writes it, in one line."""
    return f'"{"".join(map(_written, text))}"'


def _lines_of(person: Person, owners: Mapping[str, int]) -> Iterator[PersonLine]:
    """One line; or one for each account, where the person has several on one platform."""
    accounts = tuple(account_keys_of(person))
    comment = shown(person.display_name or "")
    slug = _slug(person.display_name or "")
    if len({account.platform for account in accounts}) < len(accounts):
        for account in accounts:
            yield PersonLine(slug or _slug_of(account), _table_of([account]), comment, (account,))
        return
    name = slug or _slug_of(accounts[0])
    for email in person.emails:
        address = email.strip()
        if is_address(address) and owners[address_key(address)] == 1:
            yield PersonLine(name, quoted(address), comment, accounts)
            return
    yield PersonLine(name, _table_of(accounts), comment, accounts)


def _numbered(drafts: Iterable[PersonLine]) -> Iterator[PersonLine]:
    """Each with a name of its own: the first keeps the one that it wants."""
    lines = tuple(drafts)
    taken = {line.name for line in lines}
    given: Counter[str] = Counter()
    for line in lines:
        name = line.name
        given[line.name] += 1
        while given[line.name] > 1 and name in taken:
            name = f"{line.name}-{given[line.name]}"
            given[line.name] += name in taken
        taken.add(name)
        yield line._replace(name=name)


def _table_of(accounts: Iterable[AccountKey]) -> str:
    ids = ", ".join(f"{_KEY_OF[account.platform]} = {quoted(account.upstream_id)}" for account in accounts)
    return f"{{ {ids} }}"


def _slug_of(account: AccountKey) -> str:
    return _slug(f"{account.platform} {account.upstream_id}")


def _slug(text: str) -> str:
    """What of a name can be written without quotes; may be empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_A_SLUG.sub("-", plain)[:_LONGEST_SLUG].strip("-")


def _written(one: str) -> str:
    if one in _ESCAPED:
        return _ESCAPED[one]
    if one.isprintable():
        return one
    return f"\\u{ord(one):04x}" if ord(one) <= 0xFFFF else f"\\U{ord(one):08x}"
