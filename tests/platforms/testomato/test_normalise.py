"""Testomato's roles, rights and people in the graph's words, and back."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import UpstreamBroken
from gateway.domain.member import Member
from gateway.domain.permission import Permission, RoleMapping
from gateway.domain.vocabulary import Action, Role
from gateway.platforms.testomato import normalise, wire
from gateway.platforms.testomato.protocol import decode

KNOWN_ACTIONS = set(Action) - {Action.LIVE_CONTROL}
NATIVE_NAMES = [name for names in normalise.NATIVE_ACTIONS.values() for name in names]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
JANA = {"id": "7", "email": "jana@example.com", "name": "Jana", "role": {"id": 5}}


def member(**changed: object) -> Member:
    return normalise.member(
        decode(json.dumps(JANA | changed).encode(), wire.User), project_upstream_id="50a9"
    )


def role(**said: object) -> RoleMapping:
    return normalise.role_mapping(decode(json.dumps(said).encode(), wire.Role))


def granted(permissions: tuple[Permission, ...]) -> set[Action]:
    return {permission.action for permission in permissions if permission.granted}


def listed_as(actions: set[Action]) -> list[str]:
    """The actions as a role of the platform lists them; none lists `leave`."""
    return [normalise.NATIVE_ACTIONS[action][0] for action in actions - {Action.LEAVE}]


@pytest.mark.parametrize("mapping", normalise.ROLES, ids=lambda mapping: mapping.role)
@pytest.mark.parametrize("as_written", [int, str])
def test_a_role_that_was_given_is_the_role_that_is_read_back(
    mapping: RoleMapping, as_written: type[int | str]
) -> None:
    names = listed_as(set(mapping.actions))
    given_role = {
        "id": as_written(normalise.ROLE_IDS[mapping.role]),
        "name": mapping.native_name,
        "permissions": names,
        "permissionsSwitches": dict.fromkeys(names, True),
    }
    found = member(role=given_role)
    assert (found.role, found.native_role) == (mapping.role, mapping.native_name)
    assert granted(found.permissions) == set(mapping.actions)


def test_every_role_that_can_be_given_has_a_number_of_its_own() -> None:
    assert dict(normalise.ROLE_IDS) == {Role.ADMIN: 4, Role.EDITOR: 5, Role.VIEWER: 6}
    assert {mapping.role for mapping in normalise.ROLES} == set(normalise.ROLE_IDS)


@pytest.mark.parametrize("number", [0, 3, 7, "44", "admin", "04", "", None])
def test_any_other_number_is_a_custom_role(number: object) -> None:
    assert member(role={"id": number}).role is Role.CUSTOM


@pytest.mark.parametrize(
    ("said", "native"),
    [
        ({"id": 4, "name": "project admin"}, "project admin"),
        ({"id": 4, "name": "Renamed"}, "Renamed"),
        ({"id": 6}, "project guest"),
        ({"id": 9, "name": "auditor"}, "auditor"),
        ({"id": 9}, "role 9"),
        ({}, "none"),
        ([], "none"),
        (None, "none"),
    ],
)
def test_the_platforms_own_word_for_the_role_is_kept(said: object, native: str) -> None:
    assert member(role=said).native_role == native


@pytest.mark.parametrize("spelling", ["editTests", "editTest"])
@pytest.mark.parametrize("value", [True, False])
def test_the_right_to_edit_checks_is_read_in_both_spellings(*, spelling: str, value: bool) -> None:
    found = next(one for one in normalise.permissions({spelling: value}) if one.action is Action.WRITE)
    assert found == Permission(action=Action.WRITE, granted=value, native_name=spelling)


@pytest.mark.parametrize(
    ("written", "truth"), [(1, True), ("1", True), (0, False), ("0", False), ("false", False)]
)
def test_a_switch_may_be_a_number_or_text(*, written: object, truth: bool) -> None:
    assert (Action.READ in granted(normalise.permissions({"read": written}))) is truth


@pytest.mark.parametrize("switches", [None, [], {}, {"read": None}, {"fly": True}])
def test_a_right_that_is_not_named_is_not_granted_but_for_leaving(switches: wire.Switches) -> None:
    assert granted(normalise.permissions(switches)) == {Action.LEAVE}


def test_what_the_switches_lack_is_taken_from_the_list() -> None:
    found = normalise.permissions({"read": True, "run": False}, listed=["run", "edit", None, ["apiKey"], 7])
    assert granted(found) == {Action.READ, Action.EDIT_SETTINGS, Action.LEAVE}


@pytest.mark.parametrize("listed", [["read", "run"], {"0": "read", "2": "run"}])
def test_a_role_without_switches_is_read_from_its_list(listed: object) -> None:
    assert set(role(id=9, permissions=listed).actions) == {Action.READ, Action.RUN, Action.LEAVE}


@pytest.mark.parametrize("said", [True, False])
def test_leaving_is_what_the_platform_says_where_it_says_it(*, said: bool) -> None:
    assert (Action.LEAVE in granted(normalise.permissions({"leave": said}))) is said


def test_a_custom_role_of_a_project_keeps_its_name_and_its_actions() -> None:
    assert role(id="17", name="auditor", permissionsSwitches={"read": True}) == RoleMapping(
        role=Role.CUSTOM, native_name="auditor", actions=(Action.READ, Action.LEAVE)
    )


def test_the_payer_is_the_owner_whatever_the_role_and_cannot_leave_or_be_removed() -> None:
    owner = member(isPayer=True, role={"id": 4, "permissions": ["read", "edit"]})
    assert (owner.role, owner.native_role) == (Role.OWNER, "project admin")
    assert granted(owner.permissions) == {Action.READ, Action.EDIT_SETTINGS}
    assert not owner.is_removable


def test_an_owner_found_out_later_cannot_leave_either() -> None:
    found = normalise.as_owner(normalise.permissions({"read": True, "leave": True}))
    assert granted(found) == {Action.READ}
    assert {one.action for one in found} == KNOWN_ACTIONS


@given(
    st.none() | st.lists(JSON, max_size=2) | st.dictionaries(st.sampled_from(NATIVE_NAMES) | st.text(), JSON),
    st.lists(st.sampled_from(NATIVE_NAMES) | JSON),
    st.booleans(),
)
def test_there_is_one_permission_for_every_known_action(
    switches: wire.Switches,
    listed: list[object],
    owner: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    found = normalise.permissions(switches, listed=listed, owner=owner)
    assert [one.action for one in found] == list(normalise.NATIVE_ACTIONS)
    assert {one.action for one in found} == KNOWN_ACTIONS


@pytest.mark.parametrize("written", [7, "7"])
def test_a_member_is_addressed_by_a_whole_number(written: object) -> None:
    found = member(id=written)
    assert (found.upstream_id, found.is_addressable, found.is_removable) == ("7", True, True)


@pytest.mark.parametrize("written", ["50a9", "-7", "7.0", " 7", "\u0667"])
def test_a_member_with_another_id_cannot_be_addressed(written: str) -> None:
    found = member(id=written)
    assert (found.upstream_id, found.is_addressable, found.is_removable) == (written, False, False)


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_an_id_people_are_told_apart_by_a_stable_one_that_does_not_show_who_they_are(
    nothing: str | None,
) -> None:
    found = member(id=nothing)
    assert found.upstream_id == member(id=nothing).upstream_id
    assert found.upstream_id != member(id=nothing, email="other@example.com").upstream_id
    assert "jana" not in found.upstream_id.casefold()
    assert not found.is_addressable


@pytest.mark.parametrize(("said", "removable"), [(False, False), (True, True), (None, True)])
def test_the_platform_may_say_that_a_member_stays(said: object, removable: object) -> None:
    assert member(canBeRemoved=said).is_removable is removable


@pytest.mark.parametrize("said", [True, False, None])
def test_whether_a_member_has_accepted_is_kept(said: object) -> None:
    assert member(confirmed=said).confirmed is said


def test_a_member_keeps_what_is_said_of_the_person() -> None:
    found = member(timezone="Europe/Prague")
    assert (found.name, found.email, found.timezone) == ("Jana", "jana@example.com", "Europe/Prague")
    assert (found.project_upstream_id, found.avatar_url, found.bio) == ("50a9", None, None)


@given(st.dictionaries(st.sampled_from(wire.User.__struct_encode_fields__), JSON, max_size=2))
def test_whatever_a_user_holds_it_is_a_member_or_broken(odd: dict[str, object]) -> None:
    with suppress(UpstreamBroken):
        assert isinstance(member(**odd), Member)


@given(st.dictionaries(st.sampled_from(wire.Role.__struct_encode_fields__), JSON))
def test_whatever_a_role_holds_it_is_a_role_or_broken(odd: dict[str, object]) -> None:
    with suppress(UpstreamBroken):
        assert isinstance(role(**odd), RoleMapping)
