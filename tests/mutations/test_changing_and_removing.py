"""updateMember and removeMember: what a member can be made, and who can be taken out."""

import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey, Role, UserErrorCode
from tests.mutations.conftest import MakeGround
from tests.mutations.ground import NEWCOMER, OWNER, VIEWER, Change, Ground, QuantConnectGround, codes_of

pytestmark = pytest.mark.anyio

# Leïla is a viewer with live control in QuantConnect's project 3, Arjun an editor with it.
LEILA = "leila-benhaddou"
ARJUN = "arjun-mehta"
# The platform says "backtest" of Kwame in QuantConnect's project 2, a word without a meaning to the gateway.
KWAME = "kwame-boateng"

LIVE = ["LIVE_CONTROL"]


@pytest.mark.parametrize(
    ("person", "role", "grant"),
    [
        (LEILA, Role.VIEWER, []),
        (LEILA, Role.VIEWER, None),
        (LEILA, Role.EDITOR, []),
        (LEILA, Role.EDITOR, LIVE),
        (ARJUN, Role.VIEWER, LIVE),
        (ARJUN, Role.EDITOR, []),
        ("beatriz-carvalho", Role.VIEWER, LIVE),
        ("beatriz-carvalho", Role.EDITOR, LIVE),
    ],
)
async def test_a_member_gets_exactly_the_role_and_the_grants_asked_for(
    person: str, role: Role, grant: list[str] | None, quantconnect: QuantConnectGround
) -> None:
    payload = await quantconnect.update(person, role, grant=grant, project=3)
    shown = payload["member"]
    assert (payload["outcome"], shown["role"], shown["live"]) == (Outcome.UPDATED, role, bool(grant))
    assert quantconnect.role_of(person, project=3) is role
    assert quantconnect.has_live_control(person, project=3) is bool(grant)


async def test_a_grant_that_is_not_named_is_taken_away(quantconnect: QuantConnectGround) -> None:
    payload = await quantconnect.update(LEILA, Role.VIEWER, project=3)
    assert (payload["outcome"], payload["member"]["live"]) == (Outcome.UPDATED, False)


@pytest.mark.parametrize(("person", "role"), [(LEILA, Role.VIEWER), (ARJUN, Role.EDITOR)])
async def test_what_is_so_already_is_not_sent(
    person: str, role: Role, quantconnect: QuantConnectGround
) -> None:
    payload = await quantconnect.update(person, role, grant=LIVE, project=3)
    assert (payload["outcome"], quantconnect.writes) == (Outcome.UNCHANGED, [])


async def test_a_member_with_an_unknown_role_is_given_a_known_one(quantconnect: QuantConnectGround) -> None:
    payload = await quantconnect.update(KWAME, Role.VIEWER, project=2)
    assert (payload["outcome"], quantconnect.role_of(KWAME, project=2)) == (Outcome.UPDATED, Role.VIEWER)


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.CUSTOM])
async def test_a_quantconnect_member_is_made_an_editor_or_a_viewer_and_nothing_else(
    role: Role, quantconnect: QuantConnectGround
) -> None:
    payload = await quantconnect.update(VIEWER, role)
    assert (codes_of(payload), quantconnect.writes) == ([UserErrorCode.ROLE_NOT_AVAILABLE], [])


@pytest.mark.parametrize("role", [Role.ADMIN, Role.EDITOR])
async def test_testomato_cannot_change_a_role_and_a_way_around_is_told(role: Role, testomato: Ground) -> None:
    payload = await testomato.update(VIEWER, role)
    [error] = payload["userErrors"]
    assert (error["code"], testomato.writes) == (UserErrorCode.UNSUPPORTED_BY_PLATFORM, [])
    assert error["message"].endswith("remove the member and add the person again.")


async def test_a_testomato_member_who_has_the_role_is_unchanged(testomato: Ground) -> None:
    payload = await testomato.update(VIEWER, Role.VIEWER)
    assert (payload["outcome"], testomato.writes) == (Outcome.UNCHANGED, [])


@pytest.mark.parametrize("change", [Change.UPDATE, Change.REMOVE])
async def test_an_owner_can_be_neither_changed_nor_removed(change: Change, ground: Ground) -> None:
    payload = await (ground.remove if change is Change.REMOVE else ground.update)(OWNER)
    assert (codes_of(payload), ground.writes) == ([UserErrorCode.OWNER_IMMUTABLE], [])


@pytest.mark.parametrize("change", [Change.UPDATE, Change.REMOVE])
async def test_a_collaborator_without_a_handle_can_be_neither_changed_nor_removed(
    change: Change, quantconnect: QuantConnectGround
) -> None:
    hugo = (await quantconnect.members(project=5))["Hugo Delacroix"]
    more = {"role": Role.VIEWER} if change is Change.UPDATE else {}
    payload = await quantconnect.ask(change, {"memberId": hugo["id"], **more})
    assert (codes_of(payload), quantconnect.writes) == ([UserErrorCode.UNSUPPORTED_BY_PLATFORM], [])


async def test_a_removed_member_is_gone_and_named(ground: Ground) -> None:
    payload = await ground.remove(VIEWER)
    assert payload["removedMemberId"] == ground.member_id(VIEWER)
    assert ground.role_of(VIEWER) is None


@pytest.mark.parametrize(
    ("person", "project"),
    [
        pytest.param("new.writer@example.org", 5, id="invited"),
        pytest.param("tariq-rahimi", 3, id="with a custom role"),
        pytest.param("viktor-halvorsen", 2, id="admin"),
    ],
)
async def test_every_kind_of_testomato_member_can_be_removed(
    person: str, project: int, testomato: Ground
) -> None:
    payload = await testomato.remove(person, project=project)
    assert (payload["outcome"], testomato.role_of(person, project=project)) == (Outcome.REMOVED, None)


async def test_nobody_else_is_removed(ground: Ground) -> None:
    before = await ground.members()
    await ground.remove(VIEWER)
    after = await ground.members()
    assert set(before) - set(after) == {"Caoimhe Doyle"}


@pytest.mark.parametrize("change", [Change.UPDATE, Change.REMOVE])
async def test_whoever_was_removed_is_no_member_any_more(change: Change, ground: Ground) -> None:
    await ground.remove(VIEWER)
    payload = await (ground.remove if change is Change.REMOVE else ground.update)(VIEWER)
    assert (payload["outcome"], codes_of(payload)) == (Outcome.REFUSED, [UserErrorCode.MEMBER_NOT_FOUND])


async def test_no_member_is_named_as_removed_where_none_was(ground: Ground) -> None:
    payload = await ground.remove(NEWCOMER)
    assert payload["removedMemberId"] is None


async def test_a_removed_person_can_be_added_again(ground: Ground) -> None:
    await ground.remove(VIEWER)
    payload = await ground.add(VIEWER, Role.EDITOR)
    assert (payload["outcome"], ground.role_of(VIEWER)) == (Outcome.ADDED, Role.EDITOR)


@pytest.mark.parametrize(
    ("person", "project", "other"), [(NEWCOMER, 9, Role.VIEWER), (VIEWER, 10, Role.EDITOR)]
)
async def test_where_the_account_is_no_owner_nobody_is_changed(
    person: str, project: int, other: Role, quantconnect: QuantConnectGround
) -> None:
    payload = await quantconnect.update(person, other, project=project)
    assert (payload["outcome"], codes_of(payload)) == (Outcome.REFUSED, [UserErrorCode.UPSTREAM_REFUSED])
    assert quantconnect.role_of(person, project=project) is not other


@pytest.mark.parametrize(
    ("key", "person", "project", "code"),
    [
        (PlatformKey.QUANTCONNECT, NEWCOMER, 9, UserErrorCode.UPSTREAM_REFUSED),
        (PlatformKey.QUANTCONNECT, VIEWER, 10, UserErrorCode.UPSTREAM_REFUSED),
        (PlatformKey.TESTOMATO, "petra-novakova", 7, UserErrorCode.UPSTREAM_DENIED),
        (PlatformKey.TESTOMATO, "samir-aziz", 9, UserErrorCode.UPSTREAM_DENIED),
    ],
)
async def test_where_the_account_may_not_manage_members_nobody_is_removed(
    key: PlatformKey, person: str, project: int, code: UserErrorCode, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    payload = await ground.remove(person, project=project)
    assert (payload["outcome"], codes_of(payload)) == (Outcome.REFUSED, [code])
    assert ground.role_of(person, project=project) is not None
