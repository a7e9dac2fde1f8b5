"""Members of many projects at random: few accounts, names and addresses, so that they meet often."""

from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

from gateway.access.people.links import Links
from gateway.domain.member import Member
from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import PlatformKey, Role

QUANTCONNECT, TESTOMATO = PlatformKey


def member(
    account: AccountKey,
    *,
    project: str = "1",
    name: str | None = None,
    email: str | None = None,
    role: Role = Role.VIEWER,
) -> Member:
    return Member(
        platform=account.platform,
        project_upstream_id=project,
        upstream_id=account.upstream_id,
        name=name,
        email=email,
        avatar_url=None,
        bio=None,
        timezone=None,
        role=role,
        native_role=role.lower(),
        permissions=(),
        is_addressable=True,
        is_removable=True,
        confirmed=None,
    )


def on_quantconnect(upstream_id: str) -> AccountKey:
    return AccountKey(QUANTCONNECT, upstream_id)


def on_testomato(upstream_id: str) -> AccountKey:
    return AccountKey(TESTOMATO, upstream_id)


def key_of(one: Member) -> AccountKey:
    return AccountKey(one.platform, one.upstream_id)


def accounts_of(members: Iterable[Member]) -> set[AccountKey]:
    return {key_of(one) for one in members}


def links_of(persons: Mapping[str, Iterable[AccountKey]]) -> Links:
    return Links(names={account: name for name, accounts in persons.items() for account in accounts})


ACCOUNTS = st.builds(AccountKey, st.sampled_from(PlatformKey), st.sampled_from("12345"))
ADDRESSES = st.sampled_from(
    [None, None, " ", "a@x.org", "A@X.org", " a@x.org ", "b@x.org", "B@x.ORG", "c@x.org"]
)
# One account may show another address in another project.
MEMBERS = st.lists(
    st.builds(
        member,
        ACCOUNTS,
        project=st.sampled_from("12"),
        name=st.sampled_from([None, "", "Mara", "Ingrid"]),
        email=ADDRESSES,
    ),
    unique_by=lambda one: (key_of(one), one.project_upstream_id),
    max_size=14,
)
LINKS = st.builds(Links, names=st.dictionaries(ACCOUNTS, st.sampled_from(["Mara", "Max", "Mo"]), max_size=5))
