"""access/people/joining.py: which accounts are one person's."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.people.joining import people_among
from gateway.access.people.links import Links
from gateway.domain.member import Member
from gateway.domain.person import AccountKey, Person, address_of
from gateway.domain.vocabulary import LinkEvidence
from tests.access.crowd import (
    LINKS,
    MEMBERS,
    accounts_of,
    key_of,
    links_of,
    member,
    on_quantconnect,
    on_testomato,
)

ONE, TWO, THREE = on_quantconnect("1"), on_testomato("2"), on_testomato("3")
MARA = "mara@example.org"


def joined(members: Iterable[Member], links: Links | None = None) -> tuple[Person, ...]:
    return people_among(members, links=links or Links(), origins={})


def groups_of(people: Iterable[Person]) -> list[set[AccountKey]]:
    return [{account.key for account in person.accounts} for person in people]


def evidence_of(people: Iterable[Person]) -> dict[AccountKey, LinkEvidence]:
    return {account.key: account.linked_by for person in people for account in person.accounts}


# ---------------------------------------------------------------- whom an address joins


@pytest.mark.parametrize("other", [MARA, "Mara@Example.ORG", f"  {MARA} "], ids=["same", "case", "blanks"])
def test_an_address_joins_accounts_whatever_its_case_and_the_blanks_around_it(other: str) -> None:
    people = joined([member(ONE, email=MARA), member(TWO, email=other)])
    assert groups_of(people) == [{ONE, TWO}]
    assert evidence_of(people) == {ONE: LinkEvidence.EMAIL, TWO: LinkEvidence.EMAIL}


def test_nobody_is_joined_by_name() -> None:
    people = joined([member(ONE, name="Mara"), member(TWO, name="Mara")])
    assert evidence_of(people) == {ONE: LinkEvidence.SELF, TWO: LinkEvidence.SELF}
    assert len(people) == 2


@pytest.mark.parametrize("email", [None, "", "  "])
def test_what_is_no_address_joins_nobody(email: str | None) -> None:
    assert len(joined([member(ONE, email=email), member(TWO, email=email)])) == 2


def test_addresses_join_over_others() -> None:
    over = [member(TWO, project="1", email="a@x.org"), member(TWO, project="2", email="b@x.org")]
    people = joined([member(ONE, email="a@x.org"), *over, member(THREE, email="b@x.org")])
    assert groups_of(people) == [{ONE, TWO, THREE}]


def test_a_person_has_every_address_that_an_account_shows_anywhere() -> None:
    shown = {"1": "a@x.org", "2": "b@x.org", "3": "A@x.org", "4": None}
    [person] = joined([member(ONE, project=project, email=email) for project, email in shown.items()])
    assert person.emails == ("a@x.org", "b@x.org")


# ---------------------------------------------------------------- what is declared


def test_what_is_declared_is_joined_without_an_address() -> None:
    people = joined([member(ONE), member(TWO)], links_of({"Mara": [ONE, TWO]}))
    assert groups_of(people) == [{ONE, TWO}]
    assert evidence_of(people) == {ONE: LinkEvidence.DECLARED, TWO: LinkEvidence.DECLARED}


def test_an_address_adds_to_what_is_declared() -> None:
    members = [member(ONE, email=MARA), member(TWO), member(THREE, email=MARA)]
    people = joined(members, links_of({"Mara": [ONE, TWO]}))
    assert groups_of(people) == [{ONE, TWO, THREE}]
    assert evidence_of(people)[THREE] is LinkEvidence.EMAIL


def test_an_address_does_not_join_what_is_held_apart() -> None:
    members = [member(ONE, email=MARA), member(TWO, email=MARA)]
    assert groups_of(joined(members, links_of({"Mara": [ONE], "Max": [TWO]}))) == [{ONE}, {TWO}]


def test_an_address_of_two_declared_persons_joins_nothing_at_all() -> None:
    """Of a mailbox that several share nobody can tell whose the other accounts are."""
    others = [on_testomato("8"), on_testomato("9")]
    members = [member(account, email="team@x.org") for account in (ONE, TWO, *others)]
    people = joined(members, links_of({"Mara": [ONE], "Max": [TWO]}))
    assert len(people) == 4
    assert {evidence_of(people)[other] for other in others} == {LinkEvidence.SELF}


def test_addresses_that_together_would_join_what_is_held_apart_join_only_each_other() -> None:
    between = on_testomato("9")
    both = [member(between, project="1", email="a@x.org"), member(between, project="2", email="b@x.org")]
    members = [member(ONE, email="a@x.org"), member(TWO, email="b@x.org"), *both]
    people = joined(members, links_of({"Mara": [ONE], "Max": [TWO]}))
    assert groups_of(people) == [{ONE}, {TWO}, {between}]


def test_a_declared_account_that_is_in_no_project_is_nobody() -> None:
    assert joined([], links_of({"Mara": [ONE]})) == ()


# ---------------------------------------------------------------- what is shown


def test_a_declared_name_goes_before_those_of_the_platforms() -> None:
    members = [member(ONE, name="mara_l"), member(TWO, name="M. L.")]
    [person] = joined(members, links_of({"Mara Lindqvist": [ONE, TWO]}))
    assert (person.display_name, [one.name for one in person.accounts]) == (
        "Mara Lindqvist",
        ["mara_l", "M. L."],
    )


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["Mara", "M. L."], "Mara"),
        ([None, "M. L."], "M. L."),
        ([" ", "M. L."], "M. L."),
        ([None, None], None),
    ],
)
def test_a_person_is_shown_by_the_first_name_that_an_account_has(
    names: list[str | None], shown: str | None
) -> None:
    members = [
        member(account, name=name, email=MARA) for account, name in zip((ONE, TWO), names, strict=True)
    ]
    [person] = joined(members)
    assert person.display_name == shown


def test_a_person_has_one_membership_for_each_project() -> None:
    members = [member(ONE, project=project, email=MARA) for project in "12"] + [member(TWO, email=MARA)]
    [person] = joined(members)
    assert [(key_of(one), one.project_upstream_id) for one in person.memberships] == [
        (ONE, "1"),
        (ONE, "2"),
        (TWO, "1"),
    ]


# ---------------------------------------------------------------- laws


def together(members: Sequence[Member], links: Links) -> list[set[AccountKey]]:
    """What all addresses and all of the links file would join, were nothing held apart."""
    marks: dict[AccountKey, set[str]] = {account: set() for account in accounts_of(members)}
    for one in members:
        if one.email and one.email.strip():
            marks[key_of(one)].add(address_of(one.email))
    for account, name in links.names.items():
        if account in marks:
            marks[account].add(f"declared {name}")
    groups = [{account} for account in marks]
    for one, other in combinations(marks, 2):
        if marks[one] & marks[other]:
            merged = [group for group in groups if one in group or other in group]
            groups = [group for group in groups if group not in merged] + [set().union(*merged)]
    return groups


def names_in(accounts: Iterable[AccountKey], links: Links) -> set[str]:
    return {links.names[account] for account in accounts if account in links.names}


@given(MEMBERS, LINKS, st.randoms(use_true_random=False))
def test_the_order_of_the_members_does_not_matter(
    members: list[Member], links: Links, random: Random
) -> None:
    shuffled = random.sample(members, len(members))
    assert joined(shuffled, links) == joined(members, links)


@given(MEMBERS, LINKS)
def test_every_member_and_every_account_is_in_exactly_one_person(members: list[Member], links: Links) -> None:
    people = joined(members, links)
    assert Counter(one for person in people for one in person.memberships) == Counter(members)
    assert Counter(account.key for person in people for account in person.accounts) == Counter(
        accounts_of(members)
    )


@given(MEMBERS, LINKS)
def test_whoever_has_an_address_in_common_is_one_unless_the_links_file_says_otherwise(
    members: list[Member], links: Links
) -> None:
    groups = groups_of(joined(members, links))
    for group in together(members, links):
        if len(names_in(group, links)) <= 1:
            assert group in groups


@given(MEMBERS, LINKS)
def test_what_nothing_joins_stays_apart(members: list[Member], links: Links) -> None:
    whole = together(members, links)
    for group in groups_of(joined(members, links)):
        assert any(group <= one for one in whole)


@given(MEMBERS, LINKS)
def test_what_the_links_file_holds_apart_stays_apart_and_what_it_joins_is_joined(
    members: list[Member], links: Links
) -> None:
    names = [names_in(group, links) for group in groups_of(joined(members, links))]
    assert all(len(each) <= 1 for each in names)
    declared = Counter(name for each in names for name in each)
    assert set(declared.values()) <= {1}


@given(MEMBERS, LINKS)
def test_every_account_has_the_evidence_that_is_said_of_it(members: list[Member], links: Links) -> None:
    addresses = {
        account: {address_of(one.email) for one in members if key_of(one) == account and one.email} - {""}
        for account in accounts_of(members)
    }
    for person in joined(members, links):
        own = [account.key for account in person.accounts]
        for account in person.accounts:
            others = [key for key in own if key != account.key]
            shares = any(addresses[account.key] & addresses[other] for other in others)
            if account.key in links.names:
                assert account.linked_by is LinkEvidence.DECLARED
            elif others:
                assert (account.linked_by, shares) == (LinkEvidence.EMAIL, True)
            else:
                assert account.linked_by is LinkEvidence.SELF
