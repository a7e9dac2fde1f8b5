"""grantAccess: one person, many projects of both platforms, one result for each."""

import pytest

from gateway.domain.vocabulary import Outcome, Role, UserErrorCode
from gateway.graph import ids
from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import MakeStand, Stand
from tests.mutations.access import (
    LEAVER,
    QUANTCONNECT,
    TESTOMATO,
    Everywhere,
    address_of,
    errors_of,
    outcomes_of,
)
from tests.mutations.ground import NEWCOMER, OWNER, PERSON, VIEWER

pytestmark = pytest.mark.anyio

ADDED, UNCHANGED, REFUSED = Outcome.ADDED, Outcome.UNCHANGED, Outcome.REFUSED
FIRST, SECOND = (QUANTCONNECT, 1), (TESTOMATO, 1)
BOTH = (FIRST, SECOND)
NOBODY = "nobody.yet@example.org"


@pytest.fixture
def everywhere(stand: Stand) -> Everywhere:
    return Everywhere.of(stand)


# ---------------------------------------------------------------- done


async def test_a_person_is_let_into_projects_of_both_platforms_by_their_address(
    everywhere: Everywhere,
) -> None:
    before = everywhere.roles_of(NEWCOMER)
    wanted = everywhere.targets(*BOTH)
    payload = await everywhere.grant(NEWCOMER, wanted)
    assert (payload["complete"], outcomes_of(payload), errors_of(payload)) == (True, [ADDED, ADDED], [])
    added = {target["projectId"]: Role.EDITOR for target in wanted}
    assert (everywhere.roles_of(NEWCOMER), len(everywhere.writes)) == (before | added, 2)


async def test_results_come_in_the_order_asked(everywhere: Everywhere) -> None:
    places = [(TESTOMATO, 3), (QUANTCONNECT, 5), (TESTOMATO, 1), (QUANTCONNECT, 1), (QUANTCONNECT, 3)]
    wanted = everywhere.targets(*places)
    everywhere.testomato.fail(Fault(kind=FaultKind.DELAY, seconds=0.05), path="/api/project/", method="GET")
    payload = await everywhere.grant(NEWCOMER, wanted)
    assert [one["projectId"] for one in payload["results"]] == [one["projectId"] for one in wanted]
    assert outcomes_of(payload) == [ADDED] * 5


async def test_each_target_has_a_role_of_its_own_and_what_is_granted_on_top(everywhere: Everywhere) -> None:
    wanted = [
        *everywhere.targets(FIRST, role="VIEWER", grant=["LIVE_CONTROL"]),
        *everywhere.targets(SECOND, role="ADMIN"),
    ]
    await everywhere.grant(NEWCOMER, wanted)
    roles = [ground.role_of(NEWCOMER) for ground in everywhere.grounds]
    assert (roles, everywhere.quantconnect.has_live_control(NEWCOMER)) == ([Role.VIEWER, Role.ADMIN], True)


async def test_who_is_in_already_is_given_exactly_the_role_asked_for(everywhere: Everywhere) -> None:
    payload = await everywhere.grant(VIEWER, everywhere.targets(FIRST, role="EDITOR", grant=["LIVE_CONTROL"]))
    assert outcomes_of(payload) == [Outcome.UPDATED]
    assert everywhere.quantconnect.role_of(VIEWER) is Role.EDITOR
    assert everywhere.quantconnect.has_live_control(VIEWER)


async def test_what_is_granted_already_is_taken_away_where_it_is_not_asked_for(
    everywhere: Everywhere,
) -> None:
    payload = await everywhere.grant("mateo-ferreira", everywhere.targets(FIRST))
    assert outcomes_of(payload) == [Outcome.UPDATED]
    assert not everywhere.quantconnect.has_live_control("mateo-ferreira")


async def test_what_is_so_already_is_not_sent(everywhere: Everywhere) -> None:
    payload = await everywhere.grant(VIEWER, everywhere.targets(*BOTH, role="VIEWER"))
    assert (outcomes_of(payload), payload["complete"], everywhere.writes) == ([UNCHANGED] * 2, True, [])


async def test_an_account_of_one_platform_leads_to_the_persons_account_on_the_other(
    everywhere: Everywhere,
) -> None:
    payload = await everywhere.grant({"upstreamUserId": LEAVER}, everywhere.targets(*BOTH))
    assert outcomes_of(payload) == [ADDED, ADDED]
    assert everywhere.testomato.role_of(LEAVER) is Role.EDITOR


async def test_an_address_without_an_account_is_invited(everywhere: Everywhere) -> None:
    payload = await everywhere.grant(NOBODY, everywhere.targets(SECOND))
    assert outcomes_of(payload) == [Outcome.INVITED]


async def test_where_the_account_cannot_be_known_it_can_be_told(everywhere: Everywhere) -> None:
    [first], [second] = everywhere.targets(FIRST), everywhere.targets(SECOND)
    payload = await everywhere.grant(
        NOBODY, [first, second, {**first, "upstreamUserId": "tomasz-wierzbicki"}]
    )
    assert errors_of(payload) == [
        (UserErrorCode.PERSON_UNKNOWN_ON_PLATFORM, "input.person.email"),
        (UserErrorCode.INVALID_ID, "input.targets.2"),
    ]
    told = await everywhere.grant(NOBODY, [{**first, "upstreamUserId": "tomasz-wierzbicki"}])
    assert (outcomes_of(told), everywhere.quantconnect.role_of(NEWCOMER)) == ([ADDED], Role.EDITOR)


async def test_a_result_shows_the_person_and_the_project_as_they_are_afterwards(
    everywhere: Everywhere,
) -> None:
    shown = f"results {{ outcome member {PERSON} project {{ name members {{ nodes {{ name }} }} }} }}"
    payload = await everywhere.grant(NEWCOMER, everywhere.targets(*BOTH), shown=shown)
    for result in payload["results"]:
        assert (result["member"]["name"], result["member"]["role"]) == ("Tomasz Wierzbicki", "EDITOR")
        assert {"name": "Tomasz Wierzbicki"} in result["project"]["members"]["nodes"]
    assert [result["project"]["name"] for result in payload["results"]] == [
        "Momentum Rotation",
        "Corporate site",
    ]


# ---------------------------------------------------------------- not done


async def test_what_is_refused_names_the_argument_at_fault_and_takes_no_other_target_along(
    everywhere: Everywhere,
) -> None:
    wanted = [
        *everywhere.targets(FIRST, role="ADMIN"),
        *everywhere.targets(SECOND, grant=["LIVE_CONTROL"]),
        {"projectId": ids.project_id(QUANTCONNECT, "424242"), "role": "EDITOR"},
        *everywhere.targets((QUANTCONNECT, 3)),
        {"projectId": ids.platform_id(TESTOMATO), "role": "EDITOR"},
    ]
    payload = await everywhere.grant(NEWCOMER, wanted)
    assert outcomes_of(payload) == [REFUSED, REFUSED, REFUSED, ADDED, REFUSED]
    assert errors_of(payload) == [
        (UserErrorCode.ROLE_NOT_AVAILABLE, "input.targets.0.role"),
        (UserErrorCode.ACTION_NOT_GRANTABLE, "input.targets.1.grant"),
        (UserErrorCode.PROJECT_NOT_FOUND, "input.targets.2.projectId"),
        (UserErrorCode.INVALID_ID, "input.targets.4"),
    ]
    assert (payload["complete"], payload["results"][4]["projectId"]) == (False, wanted[4]["projectId"])


async def test_an_owner_stays_an_owner(everywhere: Everywhere) -> None:
    payload = await everywhere.grant(OWNER, everywhere.targets(*BOTH))
    assert errors_of(payload) == [
        (UserErrorCode.OWNER_IMMUTABLE, "input.targets.0.projectId"),
        (UserErrorCode.OWNER_IMMUTABLE, "input.targets.1.projectId"),
    ]


async def test_a_role_that_a_platform_has_no_call_to_change_stays(everywhere: Everywhere) -> None:
    payload = await everywhere.grant(VIEWER, everywhere.targets(SECOND))
    assert errors_of(payload) == [(UserErrorCode.UNSUPPORTED_BY_PLATFORM, "input.targets.0.projectId")]
    assert everywhere.testomato.role_of(VIEWER) is Role.VIEWER


async def test_a_project_that_is_named_twice_is_changed_once(everywhere: Everywhere) -> None:
    payload = await everywhere.grant(NEWCOMER, everywhere.targets(FIRST, SECOND, FIRST))
    assert outcomes_of(payload) == [ADDED, ADDED, REFUSED]
    assert errors_of(payload) == [(UserErrorCode.INVALID_ID, "input.targets.2")]


async def test_a_person_who_is_not_named_is_refused_before_anybody_is_asked(everywhere: Everywhere) -> None:
    payload = await everywhere.grant({"upstreamUserId": " "}, everywhere.targets(*BOTH))
    assert errors_of(payload) == [(UserErrorCode.INVALID_PERSON, "input.person.upstreamUserId")]
    assert (payload["complete"], payload["results"], everywhere.call_count) == (False, [], 0)


async def test_while_a_platform_is_down_the_others_targets_are_done(everywhere: Everywhere) -> None:
    everywhere.testomato.fail(Fault(kind=FaultKind.STATUS, status=503), path="/api/")
    payload = await everywhere.grant(LEAVER, everywhere.targets(FIRST, SECOND))
    assert outcomes_of(payload) == [ADDED, REFUSED]
    [error] = payload["results"][1]["userErrors"]
    assert (error["code"], error["retryable"]) == (UserErrorCode.UPSTREAM_UNAVAILABLE, True)


@pytest.mark.parametrize("atomic", [False, True])
async def test_a_platform_that_is_not_configured_refuses_its_own_targets(
    make_stand: MakeStand, *, atomic: bool
) -> None:
    without = {f"GATEWAY_TESTOMATO__{name}": "" for name in ("TOKEN", "EMAIL", "PASSWORD")}
    everywhere = Everywhere.of(await make_stand(settings=without))
    payload = await everywhere.grant(NEWCOMER, everywhere.targets(SECOND, FIRST), atomic=atomic)
    outcomes = outcomes_of(payload)
    assert (outcomes[0], outcomes[1] in {Outcome.COMPENSATED, Outcome.SKIPPED}) == (REFUSED, atomic)


# ---------------------------------------------------------------- how many


async def test_two_hundred_targets_are_taken_and_one_more_is_not(everywhere: Everywhere) -> None:
    nowhere = {"projectId": "x", "role": "EDITOR"}
    taken = await everywhere.grant(NEWCOMER, [nowhere] * 200)
    everywhere.forget_calls()
    refused = await everywhere.grant(NEWCOMER, [*everywhere.targets(FIRST), *[nowhere] * 200])
    assert outcomes_of(taken) == [REFUSED] * 200
    assert (refused["results"], errors_of(refused)) == (
        [],
        [(UserErrorCode.TOO_MANY_TARGETS, "input.targets")],
    )
    assert everywhere.call_count == 0


@pytest.mark.parametrize("atomic", [False, True])
async def test_no_targets_are_done_at_once(everywhere: Everywhere, *, atomic: bool) -> None:
    payload = await everywhere.grant(NEWCOMER, [], atomic=atomic)
    assert (payload["complete"], payload["results"], everywhere.writes) == (True, [], [])


# ---------------------------------------------------------------- all or nothing


async def test_where_one_target_fails_an_atomic_change_leaves_everything_as_it_was(
    everywhere: Everywhere,
) -> None:
    before = [everywhere.roles_of(person) for person in (NEWCOMER, VIEWER)]
    places = [(QUANTCONNECT, 1), (TESTOMATO, 1), (QUANTCONNECT, 10), (TESTOMATO, 3)]
    payload = await everywhere.grant(NEWCOMER, everywhere.targets(*places), atomic=True)
    outcomes = outcomes_of(payload)
    # The tenth is somebody else's: the gateway's account may not change who is in it.
    assert (outcomes[2], payload["complete"]) == (REFUSED, False)
    assert {*outcomes[:2], outcomes[3]} <= {Outcome.COMPENSATED, Outcome.SKIPPED}
    assert [everywhere.roles_of(person) for person in (NEWCOMER, VIEWER)] == before


async def test_what_can_be_told_beforehand_keeps_an_atomic_change_from_being_sent_at_all(
    everywhere: Everywhere,
) -> None:
    wanted = [*everywhere.targets(SECOND), *everywhere.targets(FIRST, role="ADMIN")]
    payload = await everywhere.grant(NEWCOMER, wanted, atomic=True)
    assert (outcomes_of(payload), everywhere.writes) == ([Outcome.SKIPPED, REFUSED], [])


async def test_a_role_that_was_changed_is_changed_back(everywhere: Everywhere) -> None:
    payload = await everywhere.grant(VIEWER, everywhere.targets(FIRST, (QUANTCONNECT, 10)), atomic=True)
    assert outcomes_of(payload) == [Outcome.COMPENSATED, REFUSED]
    assert everywhere.quantconnect.role_of(VIEWER) is Role.VIEWER
    assert [write.rpartition("/")[2] for write in everywhere.writes].count("update") == 3


async def test_the_next_read_sees_what_was_done(make_stand: MakeStand) -> None:
    caching = {f"GATEWAY_{key}__CACHE_FRESH_SECONDS": "600" for key in (QUANTCONNECT, TESTOMATO)}
    everywhere = Everywhere.of(await make_stand(settings=caching))
    before = [await ground.members() for ground in everywhere.grounds]
    await everywhere.grant(address_of(NEWCOMER), everywhere.targets(*BOTH))
    after = [await ground.members() for ground in everywhere.grounds]
    assert ["Tomasz Wierzbicki" in names for names in (*before, *after)] == [False, False, True, True]
