"""A person: the accounts that one human being has on the platforms."""

from typing import NamedTuple, Self

import msgspec

from gateway.domain.member import Member
from gateway.domain.vocabulary import LinkEvidence, PlatformKey


def address_of(email: str) -> str:
    """An e-mail address as it is compared: nobody gives two people addresses that differ in case only."""
    return email.strip().casefold()


class AccountKey(NamedTuple):
    """What names an account.

    Attributes:
        upstream_id: as in `Member.upstream_id`.
    """

    platform: PlatformKey
    upstream_id: str

    def __repr__(self) -> str:
        """On some platforms the id is a name."""
        return f"AccountKey({self.platform})"


class Account(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One account on one platform.

    Attributes:
        name: as the platform shows it.
        linked_by: DECLARED where the links file names it, EMAIL where it shares an address with another of
            the person's accounts, SELF where it is the person's only one.
    """

    platform: PlatformKey
    upstream_id: str
    name: str | None
    email: str | None
    linked_by: LinkEvidence

    @property
    def key(self) -> AccountKey:
        """What names it."""
        return AccountKey(self.platform, self.upstream_id)

    def without_personal_data(self) -> Self:
        """For those who may see who is there, but not how to reach them."""
        return msgspec.structs.replace(self, email=None)

    def __repr__(self) -> str:
        """Personal data stays out of logs and tracebacks."""
        return f"Account({self.platform}, linked_by={self.linked_by})"


class Person(msgspec.Struct, frozen=True, kw_only=True, weakref=True):
    """One human being, as far as it is known which accounts are theirs.

    Attributes:
        origin: the account that names the person in the graph; theirs, or one that was.
        display_name: None where no platform shows a name.
        accounts: at least one; in the order of the platforms.
        memberships: one for each project that one of the accounts is in.
    """

    origin: AccountKey
    display_name: str | None
    accounts: tuple[Account, ...]
    memberships: tuple[Member, ...]

    @property
    def emails(self) -> tuple[str, ...]:
        """Every address that an account shows in any project, once."""
        shown = (*(one.email for one in self.accounts), *(one.email for one in self.memberships))
        found: dict[str, str] = {}
        for email in shown:
            if email and email.strip():
                found.setdefault(address_of(email), email)
        return tuple(found.values())

    def without_personal_data(self) -> Self:
        """For those who may see who is there, but not how to reach them."""
        return msgspec.structs.replace(
            self,
            accounts=tuple(account.without_personal_data() for account in self.accounts),
            memberships=tuple(member.without_personal_data() for member in self.memberships),
        )

    def __repr__(self) -> str:
        """Personal data stays out of logs and tracebacks."""
        return f"Person(accounts={len(self.accounts)}, memberships={len(self.memberships)})"
