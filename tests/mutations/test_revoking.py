"""revokeAccess: one person out of some projects, or out of everything that any account of theirs is in."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain.caller import Scope
from gateway.domain.vocabulary import Outcome, Role, UserErrorCode
from gateway.graph import ids
from gateway.platforms.quantconnect.sandbox_state import Collaboration, SandboxState
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.faults import Fault, FaultKind
from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import MakeStand, Stand
from tests.isolation.border import Keys
from tests.mutations.access import (
    LEAVER,
    PLACES,
    QUANTCONNECT,
    REVOKE,
    TESTOMATO,
    Everywhere,
    errors_of,
    outcomes_of,
)
from tests.mutations.ground import OWNER, VIEWER

pytestmark = pytest.mark.anyio

REMOVED, UNCHANGED, REFUSED = Outcome.REMOVED, Outcome.UNCHANGED, Outcome.REFUSED
DOWN = Fault(kind=FaultKind.STATUS, status=503)
# Whatever was read stays good for as long as a test takes.
KEEPING = {
    f"GATEWAY_{key}__CACHE_{name}_SECONDS": "600"
    for key in (QUANTCONNECT, TESTOMATO)
    for name in ("FRESH", "STALE_IF_ERROR")
}
ALL = "{ projects(first: 200) { nodes { members { totalCount } } } }"


@pytest.fixture
def everywhere(stand: Stand) -> Everywhere:
    return Everywhere.of(stand)


def places_of_the_leaver(everywhere: Everywhere) -> list[str]:
    return [everywhere.ground(key).project_id(number) for key, number in PLACES.items()]


# ---------------------------------------------------------------- out of some projects


async def test_a_person_is_taken_out_of_projects_of_both_platforms_by_their_address(
    everywhere: Everywhere,
) -> None:
    trading, site = places_of_the_leaver(everywhere)
    elsewhere = everywhere.quantconnect.project_id(1)
    payload = await everywhere.revoke(LEAVER, site, elsewhere, trading)
    assert (payload["complete"], outcomes_of(payload)) == (True, [REMOVED, UNCHANGED, REMOVED])
    assert [one["projectId"] for one in payload["results"]] == [site, elsewhere, trading]
    assert (everywhere.roles_of(LEAVER), len(everywhere.writes)) == ({}, 2)


async def test_a_person_stays_in_the_projects_that_were_not_named(everywhere: Everywhere) -> None:
    before = everywhere.roles_of(VIEWER)
    first = everywhere.quantconnect.project_id(1)
    await everywhere.revoke(VIEWER, first)
    assert everywhere.roles_of(VIEWER) == {one: role for one, role in before.items() if one != first}


async def test_an_account_of_one_platform_leads_to_the_persons_account_on_the_other(
    everywhere: Everywhere,
) -> None:
    payload = await everywhere.revoke({"upstreamUserId": LEAVER}, *places_of_the_leaver(everywhere))
    assert (outcomes_of(payload), everywhere.roles_of(LEAVER)) == ([REMOVED] * 2, {})


async def test_what_is_refused_names_the_argument_at_fault(everywhere: Everywhere) -> None:
    own = everywhere.testomato.project_id(1)
    nowhere = ids.project_id(TESTOMATO, "f" * 24)
    payload = await everywhere.revoke(OWNER, own, nowhere, ids.platform_id(TESTOMATO), own)
    assert (outcomes_of(payload), payload["complete"]) == ([REFUSED] * 4, False)
    assert errors_of(payload) == [
        (UserErrorCode.OWNER_IMMUTABLE, "input.projectIds.0"),
        (UserErrorCode.PROJECT_NOT_FOUND, "input.projectIds.1"),
        (UserErrorCode.INVALID_ID, "input.projectIds.2"),
        (UserErrorCode.INVALID_ID, "input.projectIds.3"),
    ]


async def test_two_hundred_projects_are_taken_and_one_more_is_not(everywhere: Everywhere) -> None:
    taken = await everywhere.revoke(LEAVER, *["x"] * 200)
    everywhere.forget_calls()
    refused = await everywhere.revoke(LEAVER, *places_of_the_leaver(everywhere), *["x"] * 200)
    assert outcomes_of(taken) == [REFUSED] * 200
    assert errors_of(refused) == [(UserErrorCode.TOO_MANY_TARGETS, "input.projectIds")]
    assert (refused["results"], everywhere.call_count) == ([], 0)


@pytest.mark.parametrize("given", [{"projectIds": None}, {"projectIds": ["x"], "everywhere": True}, {}])
async def test_projects_are_named_or_everything_is_meant_one_of_the_two(
    everywhere: Everywhere, given: dict[str, object]
) -> None:
    data = await everywhere.stand.data(
        REVOKE.format(shown="complete userErrors { code field }"),
        input={"person": {"upstreamUserId": LEAVER}, **given},
    )
    assert data["revokeAccess"] == {
        "complete": False,
        "userErrors": [{"code": "INVALID_ID", "field": ["input", "projectIds"]}],
    }
    assert everywhere.call_count == 0


@pytest.mark.parametrize("named", [[], ["x"]], ids=["everywhere", "projects"])
async def test_a_person_who_is_not_named_is_refused_before_anybody_is_asked(
    everywhere: Everywhere, named: list[str]
) -> None:
    payload = await everywhere.revoke({"upstreamUserId": " "}, *named)
    assert errors_of(payload) == [(UserErrorCode.INVALID_PERSON, "input.person.upstreamUserId")]
    assert (payload["complete"], everywhere.call_count) == (False, 0)


# ---------------------------------------------------------------- out of everything


async def test_out_of_everything_is_out_of_every_project_of_both_platforms(everywhere: Everywhere) -> None:
    before = everywhere.roles_of(LEAVER)
    payload = await everywhere.revoke(LEAVER)
    assert (payload["complete"], outcomes_of(payload)) == (True, [REMOVED] * len(before))
    assert {one["projectId"] for one in payload["results"]} == set(before)
    assert everywhere.roles_of(LEAVER) == {}


async def test_what_the_gateway_may_not_do_is_told_and_the_rest_is_done(everywhere: Everywhere) -> None:
    foreign = everywhere.quantconnect.project_id(10)
    payload = await everywhere.revoke(VIEWER)
    assert (payload["complete"], everywhere.roles_of(VIEWER)) == (False, {foreign: Role.VIEWER})
    assert errors_of(payload) == [(UserErrorCode.UPSTREAM_REFUSED, "input.everywhere")]


async def test_all_accounts_that_the_links_file_declares_are_meant(
    make_stand: MakeStand, tmp_path: Path
) -> None:
    testomato = create_testomato_sandbox(lists_projects=False)
    user = testomato.state.user_by_email(TIDEWATER.person("ondrej-benes").email)
    links = tmp_path / "links.toml"
    links.write_text(f'["Ondrej"]\nquantconnect = "weilin-zhao"\ntestomato = "{user.user_id}"\n')
    settings = {"GATEWAY_PEOPLE__LINKS_FILE": str(links)}
    everywhere = Everywhere.of(await make_stand(settings=settings, testomato=testomato))
    payload = await everywhere.revoke("ondrej-benes")
    assert (payload["complete"], outcomes_of(payload)) == (True, [REMOVED] * 4)
    assert [everywhere.roles_of(person) for person in ("weilin-zhao", "ondrej-benes")] == [{}, {}]


async def test_somebody_who_came_a_second_ago_is_not_left(make_stand: MakeStand) -> None:
    everywhere = Everywhere.of(await make_stand(settings=KEEPING))
    await everywhere.stand.data(ALL)
    come_unseen(everywhere, LEAVER)
    payload = await everywhere.revoke(LEAVER)
    assert (outcomes_of(payload), everywhere.roles_of(LEAVER)) == ([REMOVED] * 4, {})


def come_unseen(everywhere: Everywhere, person: str) -> None:
    """Into the first project of either platform, and not by the gateway."""
    trading, sites = everywhere.stand.quantconnect.state, everywhere.stand.testomato.state
    come_in_as(trading, everywhere.quantconnect.project_upstream_id(1), person)
    user = sites.user_by_email(TIDEWATER.person(person).email)
    sites.add_user(sites.projects[everywhere.testomato.project_upstream_id(1)], user=user, role_id=5)


def come_in_as(trading: SandboxState, project: str, public_id: str) -> None:
    one = Collaboration(public_id=public_id, permission="write", live_control=False)
    trading.put_collaboration(trading.projects[int(project)], one)


async def test_nobody_is_told_to_be_out_who_is_in_nothing(everywhere: Everywhere) -> None:
    payload = await everywhere.revoke("nobody.yet@example.org")
    assert errors_of(payload) == [(UserErrorCode.MEMBER_NOT_FOUND, "input.person")]
    assert (payload["complete"], payload["results"], everywhere.writes) == (False, [], [])


async def test_an_accounts_id_that_is_two_peoples_is_refused(everywhere: Everywhere) -> None:
    trading, user_id = everywhere.stand.quantconnect.state, everywhere.testomato.upstream_id(LEAVER)
    # On QuantConnect somebody else has chosen this for a name.
    trading.accounts[user_id] = replace(trading.accounts["freya-lindqvist"], public_id=user_id)
    come_in_as(trading, everywhere.quantconnect.project_upstream_id(1), user_id)
    payload = await everywhere.revoke({"upstreamUserId": user_id})
    assert errors_of(payload) == [(UserErrorCode.INVALID_PERSON, "input.person.upstreamUserId")]
    assert (payload["complete"], everywhere.writes) == (False, [])


@pytest.mark.parametrize(
    "scopes",
    [{Scope.MEMBERS_WRITE}, set(Scope) - {Scope.PII_READ}],
    ids=["members:write", "all but pii:read"],
)
@pytest.mark.parametrize("named", [True, False], ids=["projects", "everywhere"])
async def test_callers_who_see_no_addresses_mean_the_same_accounts_as_all_others(
    make_stand: MakeStand, tmp_path: Path, scopes: set[Scope], *, named: bool
) -> None:
    keys = Keys(tmp_path / "keys.toml")
    settings = {"GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": str(keys.file), **KEEPING}
    everywhere = Everywhere.of(await make_stand(settings=settings))
    everywhere.stand.client.headers["Authorization"] = f"Bearer {keys.of(scopes)}"
    payload = await everywhere.revoke(LEAVER, *(places_of_the_leaver(everywhere) if named else ()))
    assert (outcomes_of(payload), everywhere.roles_of(LEAVER)) == ([REMOVED] * 2, {})


# ---------------------------------------------------------------- what could not be read


@pytest.mark.parametrize("key", PLACES)
async def test_what_a_platform_did_not_tell_is_told_to_be_missing_and_the_rest_is_done(
    make_stand: MakeStand, key: object
) -> None:
    """Also where what it said before is still kept: somebody may have come since."""
    everywhere = Everywhere.of(await make_stand(settings=KEEPING))
    await everywhere.stand.data(ALL)
    down = everywhere.ground(key)
    down.fail(DOWN, path="/")
    payload = await everywhere.revoke(LEAVER)
    [error] = payload["userErrors"]
    assert (payload["complete"], outcomes_of(payload)) == (False, [REMOVED])
    assert (error["code"], error["field"], error["retryable"], key in error["message"]) == (
        UserErrorCode.UPSTREAM_UNAVAILABLE,
        ["input", "everywhere"],
        True,
        True,
    )
    assert list(everywhere.roles_of(LEAVER)) == [down.project_id(PLACES[key])]


async def test_one_project_whose_members_cannot_be_read_is_enough_to_be_incomplete(
    everywhere: Everywhere,
) -> None:
    third = everywhere.testomato.project_upstream_id(3)
    everywhere.testomato.fail(DOWN, path=f"/api/project/{third}/users", method="GET")
    payload = await everywhere.revoke(LEAVER)
    assert (payload["complete"], outcomes_of(payload)) == (False, [REMOVED] * 2)
    assert errors_of(payload) == [(UserErrorCode.UPSTREAM_UNAVAILABLE, "input.everywhere")]


async def test_all_of_it_or_nothing_is_refused_where_not_everything_could_be_read(
    everywhere: Everywhere,
) -> None:
    before = everywhere.roles_of(LEAVER)
    everywhere.testomato.fail(DOWN, path="/api/")
    payload = await everywhere.revoke(LEAVER, atomic=True)
    assert errors_of(payload) == [(UserErrorCode.UPSTREAM_UNAVAILABLE, "input.everywhere")]
    assert (payload["results"], everywhere.roles_of(LEAVER), everywhere.writes) == ([], before, [])


async def test_nobody_is_said_to_be_in_nothing_where_not_everything_could_be_read(
    everywhere: Everywhere,
) -> None:
    everywhere.testomato.fail(DOWN, path="/api/")
    payload = await everywhere.revoke("chloe-beaumont")  # on Testomato only
    assert errors_of(payload) == [(UserErrorCode.UPSTREAM_UNAVAILABLE, "input.everywhere")]


# ---------------------------------------------------------------- all or nothing


async def test_where_one_membership_stays_all_of_them_stay(everywhere: Everywhere) -> None:
    before = everywhere.roles_of(VIEWER)
    payload = await everywhere.revoke(VIEWER, atomic=True)
    assert outcomes_of(payload).count(REFUSED) == 1  # somebody else's project
    assert set(outcomes_of(payload)) <= {REFUSED, Outcome.COMPENSATED, Outcome.SKIPPED}
    assert everywhere.roles_of(VIEWER) == before


async def test_where_all_go_well_all_are_gone(everywhere: Everywhere) -> None:
    payload = await everywhere.revoke(LEAVER, atomic=True)
    assert (outcomes_of(payload), everywhere.roles_of(LEAVER)) == ([REMOVED] * 2, {})


async def test_who_may_steer_live_trading_may_do_so_again_when_they_were_let_in_again(
    everywhere: Everywhere,
) -> None:
    own, foreign = (everywhere.quantconnect.project_id(number) for number in (3, 9))
    await everywhere.revoke("leila-benhaddou", own, foreign, everywhere.testomato.project_id(7), atomic=True)
    assert everywhere.quantconnect.role_of("leila-benhaddou", project=3) is Role.VIEWER
    assert everywhere.quantconnect.has_live_control("leila-benhaddou", project=3)


async def test_a_role_that_nobody_can_be_given_is_told_to_be_lost(everywhere: Everywhere) -> None:
    sites = everywhere.stand.testomato.state
    auditor = sites.user_by_email(TIDEWATER.person("tariq-rahimi").email)
    own, foreign = (everywhere.testomato.project_upstream_id(number) for number in (3, 7))
    sites.add_user(sites.projects[foreign], user=auditor, role_id=6)
    places = [ids.project_id(TESTOMATO, one) for one in (own, foreign)]
    payload = await everywhere.revoke("tariq-rahimi", *places, atomic=True)
    assert (outcomes_of(payload), payload["complete"]) == ([Outcome.UNKNOWN, REFUSED], False)
    assert errors_of(payload)[0] == (UserErrorCode.UNSUPPORTED_BY_PLATFORM, "input.projectIds.0")
    assert everywhere.roles_of("tariq-rahimi") == {places[1]: Role.VIEWER}
