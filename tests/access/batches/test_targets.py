"""access/batches/targets.py: whose account a change is about, on each platform and in each project."""

from collections.abc import Iterable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from gateway.access.batches.batch import Part
from gateway.access.batches.targets import (
    GrantTarget,
    ProjectKey,
    every_revocation,
    grants,
    humans_named,
    revocations,
)
from gateway.access.changing.change import GrantAccess, RevokeAccess
from gateway.access.people.everybody import Everybody
from gateway.access.people.joining import people_among
from gateway.access.people.links import Links
from gateway.domain.member import Member
from gateway.domain.membership import Person
from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import Action, PlatformKey, Role, UserErrorCode
from gateway.platforms.quantconnect.platform import PROFILE as QUANTCONNECT_PROFILE
from gateway.platforms.testomato.platform import PROFILE as TESTOMATO_PROFILE
from tests.access.world import person

QUANTCONNECT, TESTOMATO = PlatformKey
PROFILES = {QUANTCONNECT: QUANTCONNECT_PROFILE, TESTOMATO: TESTOMATO_PROFILE}
MARA = "mara@example.org"
TRADING, SITE = (QUANTCONNECT, "1"), (TESTOMATO, "a")
BY_ADDRESS = Person(email=MARA)


def member(project: ProjectKey, upstream_id: str, email: str | None = MARA) -> Member:
    platform, project_upstream_id = project
    one = person(upstream_id, Role.VIEWER, project=project_upstream_id)
    return structs.replace(one, platform=platform, email=email)


def everybody(*members: Member, mara: Iterable[AccountKey] = ()) -> Everybody:
    """Everybody in these projects; `mara` are the accounts that the links file declares hers."""
    people = people_among(members, links=Links(names=dict.fromkeys(mara, "Mara")), origins={})
    return Everybody(people=people, projects={}, unread={}, sources=(), failures=(), origins={})


def target(project: ProjectKey | None, *, told: str | None = None) -> GrantTarget:
    return GrantTarget(project=project, role=Role.EDITOR, upstream_user_id=told)


def granted_to(known: Everybody, *targets: GrantTarget, who: Person = BY_ADDRESS) -> list[Person | None]:
    """Who is named for each target; None where it cannot be tried."""
    parts = grants(who, targets, everybody=known, profiles=PROFILES)
    return [part.change.person if isinstance(part.change, GrantAccess) else None for part in parts]


def revoked(known: Everybody, *projects: ProjectKey | None, who: Person = BY_ADDRESS) -> tuple[Part, ...]:
    return revocations(who, projects, everybody=known, profiles=PROFILES)


def account(upstream_id: str) -> Person:
    return Person(upstream_user_id=upstream_id)


# ---------------------------------------------------------------- who is meant


def test_a_platform_that_adds_by_account_is_given_the_account_that_has_the_address() -> None:
    known = everybody(member((QUANTCONNECT, "2"), "m-1"))
    assert granted_to(known, target(TRADING)) == [account("m-1")]


def test_a_platform_that_adds_by_address_is_given_the_address_that_the_account_has_there() -> None:
    other = member((TESTOMATO, "b"), "77", "m.lindqvist@example.net")
    known = everybody(
        member(TRADING, "m-1"), other, mara=[AccountKey(QUANTCONNECT, "m-1"), AccountKey(TESTOMATO, "77")]
    )
    assert granted_to(known, target(SITE)) == [Person(email="m.lindqvist@example.net")]


def test_an_account_without_an_address_is_named_by_its_id() -> None:
    known = everybody(
        member(TRADING, "m-1"),
        member(SITE, "77", None),
        mara=[AccountKey(QUANTCONNECT, "m-1"), AccountKey(TESTOMATO, "77")],
    )
    assert granted_to(known, target(SITE)) == [account("77")]


def test_who_is_not_known_on_a_platform_is_named_there_as_the_caller_did() -> None:
    known = everybody(member(TRADING, "m-1"))
    assert granted_to(known, target(SITE)) == [BY_ADDRESS]
    assert granted_to(everybody(), target(SITE), target(TRADING)) == [BY_ADDRESS, BY_ADDRESS]


def test_an_account_of_one_platform_leads_to_the_persons_account_on_the_other() -> None:
    known = everybody(member(TRADING, "m-1"), member(SITE, "77"))
    assert granted_to(known, target(SITE), who=account("m-1")) == [Person(email=MARA)]


def test_an_address_is_the_same_in_whatever_case() -> None:
    known = everybody(member(TRADING, "m-1", MARA.upper()))
    assert granted_to(known, target(TRADING)) == [account("m-1")]


def test_an_account_that_is_told_is_the_one_that_is_meant() -> None:
    known = everybody(member(TRADING, "m-1"))
    assert granted_to(known, target(TRADING, told="m-2")) == [account("m-2")]


def test_of_several_accounts_on_a_platform_the_one_that_is_in_the_project_already_is_meant() -> None:
    known = everybody(member((QUANTCONNECT, "2"), "m-1"), member(TRADING, "m-2"))
    assert granted_to(known, target(TRADING), target((QUANTCONNECT, "2"))) == [account("m-2"), account("m-1")]


def test_an_accounts_id_that_is_two_peoples_is_taken_on_each_platform_for_itself() -> None:
    known = everybody(member(TRADING, "5", "one@example.org"), member(SITE, "5", "two@example.org"))
    assert granted_to(known, target(TRADING), target(SITE), who=account("5")) == [account("5")] * 2
    assert len(humans_named(account("5"), known)) == 2


# ---------------------------------------------------------------- what cannot be tried


@pytest.mark.parametrize("project", [None, TRADING], ids=["no id of a project", "named before"])
def test_a_target_that_is_no_project_or_that_was_named_before_is_refused_in_its_place(
    project: ProjectKey | None,
) -> None:
    parts = grants(BY_ADDRESS, [target(TRADING), target(project)], everybody=everybody(), profiles=PROFILES)
    refusals = [part.refusal for part in (parts[1], revoked(everybody(), TRADING, project)[1])]
    assert [one and (one.code, one.field) for one in refusals] == [
        (UserErrorCode.INVALID_ID, ("input", "targets", "1")),
        (UserErrorCode.INVALID_ID, ("input", "projectIds", "1")),
    ]


# ---------------------------------------------------------------- every account


def test_a_project_that_the_person_is_in_with_two_accounts_has_a_part_for_each() -> None:
    known = everybody(member(TRADING, "m-1"), member(TRADING, "m-2"), member(SITE, "77"))
    parts = revoked(known, SITE, TRADING)
    assert [(part.target, part.change.person) for part in parts if part.change] == [
        (0, account("77")),
        (1, account("m-1")),
        (1, account("m-2")),
    ]


PROJECTS: list[ProjectKey] = [*product((QUANTCONNECT,), "123"), *product((TESTOMATO,), "abc")]
# Hers by the address, hers by the links file only, and somebody else's.
ACCOUNTS = {"m-1": MARA, "m-2": None, "n-1": "nell@example.org"}
HERS = [AccountKey(platform, upstream_id) for platform in PlatformKey for upstream_id in ("m-1", "m-2")]
memberships = st.sets(st.tuples(st.sampled_from(PROJECTS), st.sampled_from(sorted(ACCOUNTS))))


def known_of(pairs: Iterable[tuple[ProjectKey, str]]) -> Everybody:
    members = [member(project, upstream_id, ACCOUNTS[upstream_id]) for project, upstream_id in sorted(pairs)]
    return everybody(*members, mara=HERS)


def places_of(parts: Iterable[Part]) -> list[tuple[ProjectKey, str | None]]:
    changes = [part.change for part in parts if isinstance(part.change, RevokeAccess)]
    return [((one.platform, one.project_upstream_id), one.person.upstream_user_id) for one in changes]


@given(pairs=memberships)
def test_out_of_everything_is_out_of_each_membership_of_hers_once_and_of_nobody_elses(
    pairs: set[tuple[ProjectKey, str]],
) -> None:
    known = known_of({*pairs, (TRADING, "m-1")})
    [human] = humans_named(BY_ADDRESS, known)
    hers = {(project, one) for project, one in {*pairs, (TRADING, "m-1")} if one != "n-1"}
    parts = every_revocation(human)
    assert sorted(places_of(parts), key=str) == sorted(hers, key=str)
    assert {part.target for part in parts} == {None}


@given(pairs=memberships, asked=st.lists(st.sampled_from(PROJECTS), unique=True))
def test_out_of_some_projects_is_out_of_each_membership_of_hers_there_in_the_order_asked(
    pairs: set[tuple[ProjectKey, str]], asked: list[ProjectKey]
) -> None:
    parts = revoked(known_of({*pairs, (TRADING, "m-1")}), *asked)
    hers = {(project, one) for project, one in {*pairs, (TRADING, "m-1")} if one != "n-1"}
    assert {place for place in hers if place[0] in asked} <= set(places_of(parts))
    # Where she is not, the change is for her all the same: that is looked at when it is made.
    assert not [one for _, one in places_of(parts) if one == "n-1"]
    targets = [part.target for part in parts]
    assert (targets, set(targets)) == (sorted(targets), set(range(len(asked))))
    assert all(
        (part.change.platform, part.change.project_upstream_id) == asked[part.target] for part in parts
    )


@given(pairs=memberships, asked=st.lists(st.sampled_from([None, *PROJECTS])))
def test_there_is_one_part_for_each_target_in_the_order_asked(
    pairs: set[tuple[ProjectKey, str]], asked: list[ProjectKey | None]
) -> None:
    targets = [
        GrantTarget(project=project, role=Role.VIEWER, grant=frozenset({Action.LIVE_CONTROL}))
        for project in asked
    ]
    parts = grants(BY_ADDRESS, targets, everybody=known_of(pairs), profiles=PROFILES)
    assert [part.target for part in parts] == list(range(len(asked)))
    assert all((part.change is None) != (part.refusal is None) for part in parts)
    made = [part.change for part in parts if isinstance(part.change, GrantAccess)]
    assert [(one.platform, one.project_upstream_id) for one in made] == list(
        dict.fromkeys(project for project in asked if project is not None)
    )
    assert {(one.role, one.grant) for one in made} <= {(Role.VIEWER, frozenset({Action.LIVE_CONTROL}))}
