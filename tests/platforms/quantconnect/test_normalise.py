"""QuantConnect's words in the graph's, and back."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import UpstreamBroken
from gateway.domain.member import Member
from gateway.domain.permission import ProjectAccess
from gateway.domain.project import Project, QuantConnectDetails
from gateway.domain.vocabulary import Action, Role
from gateway.platforms.quantconnect import normalise, wire
from gateway.platforms.quantconnect.protocol import decode

KNOWN_ACTIONS = {Action.READ, Action.WRITE, Action.LIVE_CONTROL, Action.MANAGE_MEMBERS, Action.LEAVE}
GRANTS = [frozenset[Action](), frozenset({Action.LIVE_CONTROL})]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MIA = {"uid": 1234, "publicId": "mia-ai", "permission": "write", "name": "Mia", "email": "mia@example.com"}
PROJECT = {
    "projectId": 1,
    "name": "Momentum",
    "created": "2026-01-01 00:00:00",
    "ownerId": 9,
    "collaborators": [MIA],
}


def member(**changed: object) -> Member:
    collaborator = decode(json.dumps(MIA | changed).encode(), wire.Collaborator)
    return normalise.member(collaborator, project_upstream_id="1")


def project(**changed: object) -> Project:
    source = decode(json.dumps(PROJECT | changed).encode(), wire.Project)
    return normalise.project(source, account_user_id="123456")


def granted(access: Member | ProjectAccess) -> set[Action]:
    return {permission.action for permission in access.permissions if permission.granted}


@pytest.mark.parametrize(
    ("permission", "role", "actions"),
    [
        ("write", Role.EDITOR, {Action.READ, Action.WRITE, Action.LEAVE}),
        ("read", Role.VIEWER, {Action.READ, Action.LEAVE}),
        ("administer", Role.CUSTOM, {Action.LEAVE}),
        ("", Role.CUSTOM, {Action.LEAVE}),
        (None, Role.CUSTOM, {Action.LEAVE}),
    ],
)
def test_a_permission_is_a_role_with_its_actions(
    permission: str | None, role: Role, actions: set[Action]
) -> None:
    found = member(permission=permission)
    assert (found.role, granted(found)) == (role, actions)


@pytest.mark.parametrize("permission", ["read", "write", None])
def test_live_control_is_one_more_action(permission: str | None) -> None:
    more = granted(member(permission=permission, liveControl=True))
    assert more == granted(member(permission=permission)) | {Action.LIVE_CONTROL}


@pytest.mark.parametrize("permission", ["read", "write", "unheard of", None])
def test_an_owner_may_do_everything_but_leave(permission: str | None) -> None:
    owner = member(owner=True, permission=permission, liveControl=False)
    assert owner.role is Role.OWNER
    assert owner.native_role == "owner"
    assert granted(owner) == KNOWN_ACTIONS - {Action.LEAVE}
    assert not owner.is_removable


@pytest.mark.parametrize(("permission", "native"), [("read", "read"), ("new one", "new one"), (None, "none")])
def test_the_platforms_own_word_for_the_role_is_kept(permission: str | None, native: str) -> None:
    assert member(permission=permission).native_role == native


def test_each_mapping_of_a_role_lists_the_actions_that_the_role_really_brings() -> None:
    for mapping in normalise.ROLES:
        assert granted(member(permission=mapping.native_name)) == set(mapping.actions)


@pytest.mark.parametrize("role", [mapping.role for mapping in normalise.ROLES])
@pytest.mark.parametrize("grant", GRANTS)
def test_a_role_that_was_given_is_the_role_that_is_read_back(role: Role, grant: frozenset[Action]) -> None:
    write, live_control = normalise.flags_for(role=role, grant=grant)
    found = member(permission="write" if write else "read", liveControl=live_control)
    mapping = next(mapping for mapping in normalise.ROLES if mapping.role is role)
    assert found.role is role
    assert granted(found) == {*mapping.actions, *grant}


@given(
    permission=st.none() | st.text() | st.sampled_from(["read", "write"]),
    live_control=st.booleans(),
    owner=st.booleans(),
)
def test_there_is_one_permission_for_every_known_action(
    *, permission: str | None, live_control: bool, owner: bool
) -> None:
    found = normalise.permissions_of(permission=permission, live_control=live_control, owner=owner)
    assert [one.action for one in found] == list(normalise.NATIVE_ACTIONS)
    assert {one.action for one in found} == KNOWN_ACTIONS


def test_a_member_is_addressed_by_the_public_id() -> None:
    found = member()
    assert (found.upstream_id, found.is_addressable, found.is_removable) == ("mia-ai", True, True)


def test_a_public_id_may_be_a_number() -> None:
    assert member(publicId=77).upstream_id == "77"


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_a_public_id_the_numeric_one_stands_in_and_cannot_be_addressed(nothing: str | None) -> None:
    found = member(publicId=nothing)
    assert (found.upstream_id, found.is_addressable, found.is_removable) == ("uid:1234", False, False)


def test_without_any_id_people_are_told_apart_by_a_stable_one_that_does_not_show_who_they_are() -> None:
    nameless = {"publicId": None, "uid": None}
    found = member(**nameless)
    assert found.upstream_id == member(**nameless).upstream_id
    assert found.upstream_id != member(**nameless, email="other@example.com").upstream_id
    assert "mia" not in found.upstream_id.casefold()
    assert not found.is_addressable


def test_a_member_keeps_what_is_said_of_the_person() -> None:
    found = member(profileImage="https://cdn.example/mia.png", bio="Quant")
    assert (found.name, found.email, found.bio) == ("Mia", "mia@example.com", "Quant")
    assert found.avatar_url == "https://cdn.example/mia.png"
    assert (found.timezone, found.confirmed) == (None, None)


def test_a_project_keeps_what_only_this_platform_says() -> None:
    found = project(
        organizationId=5,
        language="Py",
        leanVersionId=2500,
        leanPinnedToMaster=True,
        lastLiveDeployment="2026-02-03T04:05:06",
        codeRunning=True,
        encrypted=False,
    )
    assert found.details == QuantConnectDetails(
        organization_id="5",
        language="Py",
        lean_version_id=2500,
        lean_pinned_to_master=True,
        last_live_deployment=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
        code_running=True,
        encrypted=False,
    )


@pytest.mark.parametrize("written", ["2026-01-02 03:04:05", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05"])
def test_both_forms_of_dates_are_read_as_utc(written: str) -> None:
    found = project(created=written, modified=written)
    assert found.created_at == found.updated_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_the_members_come_with_the_project() -> None:
    assert project().members == (member(),)


@pytest.mark.parametrize(("collaborators", "members"), [(None, None), ([], ())])
def test_members_that_are_not_told_are_not_the_same_as_nobody(
    collaborators: object, members: tuple[Member, ...] | None
) -> None:
    assert project(collaborators=collaborators).members == members


@pytest.mark.parametrize(
    ("written", "name", "archived"),
    [
        ("Momentum", "Momentum", False),
        ("/Momentum", "Momentum", False),
        ("//Momentum", "/Momentum", False),
        ("Strategies/Momentum", "Strategies/Momentum", False),
        ("Recycle Bin/Momentum", "Recycle Bin/Momentum", True),
        ("/Recycle Bin/Momentum", "Recycle Bin/Momentum", True),
        ("My Recycle Bin/Momentum", "My Recycle Bin/Momentum", False),
        ("Recycle Bin", "Recycle Bin", False),
    ],
)
def test_a_name_loses_one_leading_slash_and_tells_a_deleted_project(
    *, written: str | None, name: str, archived: bool
) -> None:
    found = project(name=written)
    assert (found.name, found.archived) == (name, archived)


@pytest.mark.parametrize("written", ["", None])
def test_a_project_without_a_name_is_called_by_its_id(written: str | None) -> None:
    found = project(name=written)
    assert found.name == found.upstream_id


@pytest.mark.parametrize("said", [{"owner": True}, {"ownerId": 123456}, {"ownerId": "123456"}])
def test_the_account_is_the_viewer_who_owns_the_project(said: dict[str, object]) -> None:
    viewer = project(**said).viewer
    assert viewer is not None
    assert viewer.role is Role.OWNER
    assert granted(viewer) == KNOWN_ACTIONS - {Action.LEAVE}


@pytest.mark.parametrize("uid", [123456, "123456"])
def test_the_account_is_the_viewer_who_is_among_the_collaborators(uid: object) -> None:
    own = {"uid": uid, "permission": "read", "liveControl": True}
    viewer = project(collaborators=[MIA, own]).viewer
    assert viewer is not None
    assert viewer.role is Role.VIEWER
    assert granted(viewer) == {Action.READ, Action.LIVE_CONTROL, Action.LEAVE}


@pytest.mark.parametrize("collaborators", [[MIA], [{**MIA, "uid": None}], [], None])
def test_what_the_account_may_do_is_not_guessed(collaborators: object) -> None:
    assert project(collaborators=collaborators, ownerId=None).viewer is None


@given(
    st.dictionaries(st.sampled_from(wire.Project.__struct_encode_fields__), JSON, max_size=2),
    st.dictionaries(st.sampled_from(wire.Collaborator.__struct_encode_fields__), JSON, max_size=2),
)
def test_whatever_a_project_holds_it_is_a_project_or_broken(
    odd: dict[str, object], odd_person: dict[str, object]
) -> None:
    with suppress(UpstreamBroken):
        found = project(**{"collaborators": [MIA | odd_person]} | odd)
        assert isinstance(found, Project)


def test_no_value_shows_whom_it_is_about() -> None:
    assert "mia" not in repr((project(), member())).casefold()
