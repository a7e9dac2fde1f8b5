"""addMember: who can be let in, and how the person is found."""

import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey, Role, UserErrorCode
from tests.mutations.conftest import MakeGround
from tests.mutations.ground import NEWCOMER, OWNER, VIEWER, Ground, QuantConnectGround, codes_of

pytestmark = pytest.mark.anyio

# Shown upstream as Mateo.Ferreira@Example.Com, in projects 1, 4 and 9.
MATEO = "mateo.ferreira@example.com"


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
async def test_a_newcomer_gets_the_role_asked_for(role: Role, ground: Ground) -> None:
    payload = await ground.add(NEWCOMER, role)
    assert (payload["member"]["role"], ground.role_of(NEWCOMER)) == (role, role)


async def test_an_admin_can_be_added_to_testomato(testomato: Ground) -> None:
    payload = await testomato.add(NEWCOMER, Role.ADMIN)
    assert (payload["member"]["role"], testomato.role_of(NEWCOMER)) == (Role.ADMIN, Role.ADMIN)


async def test_an_admin_who_is_not_the_owner_adds_people_too(testomato: Ground) -> None:
    payload = await testomato.add("emil-kowalczyk", project=2)
    assert payload["outcome"] == Outcome.ADDED


async def test_the_member_is_shown_with_the_id_that_later_changes_take(ground: Ground) -> None:
    payload = await ground.add(NEWCOMER)
    assert payload["member"]["id"] == ground.member_id(NEWCOMER)


async def test_a_member_with_that_role_is_left_alone(ground: Ground) -> None:
    payload = await ground.add(VIEWER, Role.VIEWER)
    assert (payload["outcome"], payload["member"]["id"]) == (Outcome.UNCHANGED, ground.member_id(VIEWER))
    assert ground.writes == []


@pytest.mark.parametrize("address", ["caoimhe.doyle@example.com", "  Caoimhe.DOYLE@Example.com\n"])
async def test_a_member_is_known_by_the_address_in_any_spelling(address: str, ground: Ground) -> None:
    payload = await ground.add({"email": address}, Role.VIEWER)
    assert payload["outcome"] == Outcome.UNCHANGED
    assert ground.writes == []


async def test_a_member_is_known_by_the_upstream_id(ground: Ground) -> None:
    payload = await ground.add({"upstreamUserId": ground.upstream_id(VIEWER)}, Role.VIEWER)
    assert payload["outcome"] == Outcome.UNCHANGED
    assert ground.writes == []


async def test_a_member_without_an_address_is_known_by_the_upstream_id(
    quantconnect: QuantConnectGround,
) -> None:
    payload = await quantconnect.add({"upstreamUserId": "elena-petrova"}, Role.VIEWER, project=4)
    assert (payload["outcome"], payload["member"]["email"]) == (Outcome.UNCHANGED, None)
    assert quantconnect.writes == []


async def test_one_look_is_enough_to_see_that_somebody_is_a_member(quantconnect: QuantConnectGround) -> None:
    await quantconnect.add({"email": "caoimhe.doyle@example.com"}, Role.VIEWER)
    assert quantconnect.sandbox.calls.total_count == 1


async def test_a_member_with_another_role_is_not_changed_but_pointed_to_update(ground: Ground) -> None:
    payload = await ground.add(VIEWER, Role.EDITOR)
    [error] = payload["userErrors"]
    assert error["code"] == UserErrorCode.MEMBER_EXISTS_WITH_OTHER_ROLE
    assert error["message"] == (
        "This person is a member already, as VIEWER. To change that, use updateMember."
    )
    assert (payload["member"]["role"], ground.writes) == (Role.VIEWER, [])


async def test_a_member_with_other_grants_is_told_which(quantconnect: QuantConnectGround) -> None:
    payload = await quantconnect.add("leila-benhaddou", Role.VIEWER, project=3)
    assert "as VIEWER with LIVE_CONTROL" in payload["userErrors"][0]["message"]


async def test_the_owner_is_not_given_a_role(ground: Ground) -> None:
    payload = await ground.add(OWNER, Role.EDITOR)
    assert (codes_of(payload), ground.writes) == ([UserErrorCode.OWNER_IMMUTABLE], [])


@pytest.mark.parametrize("address", [MATEO, "MATEO.FERREIRA@EXAMPLE.COM", f"\t{MATEO} "])
async def test_an_address_leads_to_the_quantconnect_account(
    address: str, quantconnect: QuantConnectGround
) -> None:
    payload = await quantconnect.add({"email": address}, project=2)
    assert (payload["outcome"], payload["member"]["upstreamId"]) == (Outcome.ADDED, "mateo-ferreira")
    assert quantconnect.role_of("mateo-ferreira", project=2) is Role.EDITOR


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("zanele.mthembu@example.com", id="in no project"),
        pytest.param("elena.petrova@example.com", id="shown without an address"),
        pytest.param("hugo.delacroix@example.org", id="shown without a handle"),
        pytest.param("ferreira@example.com", id="part of an address"),
    ],
)
async def test_an_address_that_leads_to_no_account_is_unknown(
    address: str, quantconnect: QuantConnectGround
) -> None:
    payload = await quantconnect.add({"email": address})
    assert codes_of(payload) == [UserErrorCode.PERSON_UNKNOWN_ON_PLATFORM]
    assert quantconnect.writes == []


@pytest.mark.parametrize("person", ["zanele-mthembu", "elena-petrova"])
async def test_whoever_has_no_address_to_be_found_by_is_added_by_id(
    person: str, quantconnect: QuantConnectGround
) -> None:
    payload = await quantconnect.add({"upstreamUserId": person})
    assert (payload["outcome"], quantconnect.role_of(person)) == (Outcome.ADDED, Role.EDITOR)


async def test_blanks_around_an_upstream_id_do_not_count(quantconnect: QuantConnectGround) -> None:
    payload = await quantconnect.add({"upstreamUserId": f" {NEWCOMER}\n"})
    assert payload["outcome"] == Outcome.ADDED


async def test_an_id_that_the_platform_does_not_know_is_refused_by_it(
    quantconnect: QuantConnectGround,
) -> None:
    payload = await quantconnect.add({"upstreamUserId": "nobody-at-all"})
    assert (payload["outcome"], codes_of(payload)) == (Outcome.REFUSED, [UserErrorCode.UPSTREAM_REFUSED])


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
async def test_a_blank_upstream_id_names_nobody(blank: str, ground: Ground) -> None:
    payload = await ground.add({"upstreamUserId": blank})
    assert (codes_of(payload), ground.writes) == ([UserErrorCode.INVALID_PERSON], [])


async def test_testomato_adds_nobody_by_id(testomato: Ground) -> None:
    payload = await testomato.add({"upstreamUserId": testomato.upstream_id(NEWCOMER)})
    assert (codes_of(payload), testomato.writes) == ([UserErrorCode.INVALID_PERSON], [])


@pytest.mark.parametrize("role", [Role.OWNER, Role.CUSTOM])
async def test_nobody_is_made_an_owner_or_something_custom(role: Role, ground: Ground) -> None:
    payload = await ground.add(NEWCOMER, role)
    assert (codes_of(payload), ground.writes) == ([UserErrorCode.ROLE_NOT_AVAILABLE], [])


async def test_quantconnect_has_no_admins_and_says_what_it_has(quantconnect: QuantConnectGround) -> None:
    payload = await quantconnect.add(NEWCOMER, Role.ADMIN)
    assert payload["userErrors"][0]["message"] == (
        "QuantConnect gives nobody the role ADMIN; it has EDITOR, VIEWER."
    )


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
async def test_live_control_is_granted_on_top_of_either_role(
    role: Role, quantconnect: QuantConnectGround
) -> None:
    payload = await quantconnect.add(NEWCOMER, role, grant=["LIVE_CONTROL"])
    assert (payload["outcome"], payload["member"]["live"]) == (Outcome.ADDED, True)
    assert (quantconnect.role_of(NEWCOMER), quantconnect.has_live_control(NEWCOMER)) == (role, True)


@pytest.mark.parametrize("grant", [[], None])
async def test_live_control_is_not_granted_unasked(grant: object, quantconnect: QuantConnectGround) -> None:
    payload = await quantconnect.add(NEWCOMER, grant=grant)
    assert (payload["member"]["live"], quantconnect.has_live_control(NEWCOMER)) == (False, False)


async def test_testomato_grants_nothing_on_top_of_a_role(testomato: Ground) -> None:
    payload = await testomato.add(NEWCOMER, grant=["LIVE_CONTROL"])
    assert (codes_of(payload), testomato.writes) == ([UserErrorCode.ACTION_NOT_GRANTABLE], [])


async def test_an_address_without_an_account_is_invited(testomato: Ground) -> None:
    payload = await testomato.add("someone.new@example.org", Role.VIEWER)
    assert (payload["outcome"], payload["member"]["confirmed"]) == (Outcome.INVITED, False)
    assert testomato.role_of("someone.new@example.org") is Role.VIEWER


async def test_somebody_invited_elsewhere_is_invited_here_too(testomato: Ground) -> None:
    payload = await testomato.add("new.writer@example.org")
    assert payload["outcome"] == Outcome.INVITED


@pytest.mark.parametrize("address", ["new.writer@example.org", "New.Writer@EXAMPLE.org"])
async def test_an_invitation_that_stands_is_not_sent_again(address: str, testomato: Ground) -> None:
    payload = await testomato.add({"email": address}, Role.VIEWER, project=5)
    assert (payload["outcome"], testomato.writes) == (Outcome.UNCHANGED, [])


@pytest.mark.parametrize(
    ("key", "project", "code"),
    [
        (PlatformKey.QUANTCONNECT, 9, UserErrorCode.UPSTREAM_REFUSED),
        (PlatformKey.QUANTCONNECT, 10, UserErrorCode.UPSTREAM_REFUSED),
        (PlatformKey.TESTOMATO, 7, UserErrorCode.UPSTREAM_DENIED),
        (PlatformKey.TESTOMATO, 9, UserErrorCode.UPSTREAM_DENIED),
    ],
)
async def test_where_the_account_may_not_manage_members_nobody_is_added(
    key: PlatformKey, project: int, code: UserErrorCode, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    payload = await ground.add("rafael-quintana", project=project)
    assert (payload["outcome"], codes_of(payload)) == (Outcome.REFUSED, [code])
    assert ground.role_of("rafael-quintana", project=project) is None
