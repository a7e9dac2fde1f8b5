"""The seeded organisation and the generated ones hold together."""

from collections import Counter
from collections.abc import Sequence

import pytest

from gateway.domain.vocabulary import PlatformKey, Role
from gateway.sandbox.large import large_organisation
from gateway.sandbox.organisation import Membership, Organisation
from gateway.sandbox.tidewater import TIDEWATER

LARGE = large_organisation(projects_per_platform=70, members_per_project=50)
both_organisations = pytest.mark.parametrize(
    "organisation", [TIDEWATER, LARGE], ids=lambda organisation: organisation.name
)


def teams(organisation: Organisation) -> Sequence[tuple[PlatformKey, tuple[Membership, ...]]]:
    return [
        *((PlatformKey.QUANTCONNECT, project.memberships) for project in organisation.trading_projects),
        *((PlatformKey.TESTOMATO, site.memberships) for site in organisation.sites),
    ]


@both_organisations
def test_every_project_has_one_owner_who_comes_first(organisation: Organisation) -> None:
    owners = [[one.role is Role.OWNER for one in team].index(True) for _, team in teams(organisation)]
    assert set(owners) == {0}


@both_organisations
def test_nobody_is_twice_in_a_project(organisation: Organisation) -> None:
    assert all(len({one.person for one in team}) == len(team) for _, team in teams(organisation))


@both_organisations
def test_every_member_has_an_account_on_the_platform(organisation: Organisation) -> None:
    platforms_of = {person.key: person.platforms for person in organisation.people}
    assert all(platform in platforms_of[one.person] for platform, team in teams(organisation) for one in team)


@both_organisations
def test_everybody_has_an_address_of_their_own_in_a_reserved_domain(organisation: Organisation) -> None:
    addresses = {person.email for person in organisation.people}
    assert len(addresses) == len(organisation.people)
    assert {address.partition("@")[2] for address in addresses} <= {
        "example.com",
        "example.org",
        "example.net",
    }


@both_organisations
def test_no_two_projects_of_a_platform_share_a_name(organisation: Organisation) -> None:
    names = [project.name for project in organisation.trading_projects]
    urls = [site.url for site in organisation.sites]
    assert (len(set(names)), len(set(urls))) == (len(names), len(urls))


def test_ten_of_forty_people_are_on_both_platforms() -> None:
    counts = Counter(len(person.platforms) for person in TIDEWATER.people)
    assert counts == {1: 30, 2: 10}


def test_the_seeded_organisation_has_twelve_strategies_and_ten_sites() -> None:
    assert (len(TIDEWATER.trading_projects), len(TIDEWATER.sites)) == (12, 10)


def test_the_operator_meets_every_role() -> None:
    roles = {one.role for _, team in teams(TIDEWATER) for one in team if one.person == TIDEWATER.operator}
    assert roles == {Role.OWNER, Role.ADMIN, Role.EDITOR, Role.VIEWER}


def test_a_large_organisation_has_the_size_that_was_asked_for() -> None:
    assert {len(team) for _, team in teams(LARGE)} == {50}
    assert (len(LARGE.trading_projects), len(LARGE.sites)) == (70, 70)


def test_a_large_organisation_is_the_same_every_time() -> None:
    assert large_organisation(projects_per_platform=70, members_per_project=50) == LARGE


def test_a_team_larger_than_the_supply_of_names_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 400"):
        large_organisation(projects_per_platform=1, members_per_project=401)


def test_nobody_answers_to_an_unknown_key() -> None:
    with pytest.raises(KeyError):
        TIDEWATER.person("nobody")
