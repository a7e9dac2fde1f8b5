"""What every registered platform must do when it is read, whatever it is called."""

import pytest
from msgspec import to_builtins

from gateway.domain.platform import PlatformStatus
from gateway.domain.vocabulary import Action, Role
from tests.contract.conftest import Connected

pytestmark = pytest.mark.anyio

IMPOSSIBLE_IDS = ["", " ", "no such/project", "../projects", "?x=1", "é", "x" * 300]


def unknown_id(known: set[str]) -> str:
    """An id of the platform's own form that names nothing."""
    pattern = min(known)
    return next(f"{pattern[:-1]}{digit}" for digit in "0123456789" if f"{pattern[:-1]}{digit}" not in known)


async def test_every_project_is_listed_once_under_the_platforms_key(connected: Connected) -> None:
    listing = await connected.platform.list_projects()
    ids = [project.upstream_id for project in listing.projects]
    assert len(ids) == len(set(ids)) > 5
    assert {project.platform for project in listing.projects} == {connected.platform.profile.key}


async def test_a_whole_list_has_nothing_missing(connected: Connected) -> None:
    listing = await connected.platform.list_projects()
    assert (listing.failure, listing.missing_count) == (None, 0)


async def test_every_project_has_a_name_and_moments_in_utc(connected: Connected) -> None:
    for project in await connected.projects():
        assert project.name
        for moment in (project.created_at, project.updated_at):
            assert moment is None or (moment.utcoffset() is not None and not moment.utcoffset())


async def test_projects_are_given_in_the_order_in_which_they_are_asked_for(connected: Connected) -> None:
    ids = [project.upstream_id for project in await connected.projects()][::-1]
    found = await connected.platform.get_projects(ids)
    assert [project.upstream_id for project in found] == ids


async def test_one_project_is_given_as_the_list_has_it(connected: Connected) -> None:
    listed = (await connected.projects())[0]
    [found] = await connected.platform.get_projects([listed.upstream_id])
    assert (found.name, found.created_at, found.details) == (listed.name, listed.created_at, listed.details)


async def test_an_unknown_id_among_known_ones_gives_none_in_its_place(connected: Connected) -> None:
    known = [project.upstream_id for project in await connected.projects()]
    asked = [known[1], unknown_id(set(known)), known[0], *IMPOSSIBLE_IDS, known[1]]
    found = await connected.platform.get_projects(asked)
    given = [project and project.upstream_id for project in found]
    assert given == [known[1], None, known[0], *[None] * len(IMPOSSIBLE_IDS), known[1]]


async def test_a_project_that_does_not_exist_is_none(connected: Connected) -> None:
    known = {project.upstream_id for project in await connected.projects()}
    assert await connected.platform.get_projects([unknown_id(known)]) == [None]


@pytest.mark.parametrize("upstream_id", IMPOSSIBLE_IDS)
async def test_an_id_that_the_platform_cannot_have_is_none_and_costs_no_call(
    connected: Connected, upstream_id: str
) -> None:
    assert await connected.platform.get_projects([upstream_id]) == [None]
    assert await connected.platform.list_members([upstream_id]) == [None]
    assert connected.sandbox.calls.total_count == 0


async def test_nothing_asked_for_is_nothing_given(connected: Connected) -> None:
    assert await connected.platform.get_projects([]) == []
    assert await connected.platform.list_members([]) == []


async def test_members_are_given_in_the_order_of_the_projects_asked_for(connected: Connected) -> None:
    known = [project.upstream_id for project in await connected.projects()]
    asked = [known[2], unknown_id(set(known)), known[0], "no such/project"]
    answers = await connected.platform.list_members(asked)
    given = [members and {member.project_upstream_id for member in members} for members in answers]
    assert given == [{known[2]}, None, {known[0]}, None]


async def test_the_members_of_a_project_that_does_not_exist_are_none(connected: Connected) -> None:
    known = {project.upstream_id for project in await connected.projects()}
    assert await connected.platform.list_members([unknown_id(known)]) == [None]


async def test_every_project_has_exactly_one_owner_among_its_members(connected: Connected) -> None:
    for project in await connected.projects():
        owners = [member for member in await connected.members(project) if member.is_owner]
        assert len(owners) == 1, project


async def test_a_person_stands_in_a_project_once(connected: Connected) -> None:
    for project in await connected.projects():
        ids = [member.upstream_id for member in await connected.members(project)]
        assert len(ids) == len(set(ids)) > 1
        assert all(ids)


async def test_members_that_come_with_a_project_are_those_that_the_members_call_gives(
    connected: Connected,
) -> None:
    for project in await connected.projects():
        if project.members is not None:
            assert project.members == await connected.members(project)


async def test_a_permission_is_told_for_each_action_that_the_platform_knows(connected: Connected) -> None:
    known: set[frozenset[Action]] = set()
    for project in await connected.projects():
        for member in await connected.members(project):
            actions = [permission.action for permission in member.permissions]
            assert len(actions) == len(set(actions))
            assert all(permission.native_name for permission in member.permissions)
            known.add(frozenset(actions))
    profile = connected.platform.profile
    [actions] = known
    assert actions >= {action for mapping in profile.roles for action in mapping.actions}
    assert actions >= set(profile.grantable_actions)


async def test_a_member_may_do_what_the_profile_says_of_the_role(connected: Connected) -> None:
    profile = connected.platform.profile
    for project in await connected.projects():
        for member in await connected.members(project):
            mapping = profile.mapping_of(member.role)
            if mapping is not None and not member.is_owner:
                granted = {one.action for one in member.permissions if one.granted}
                assert granted - set(profile.grantable_actions) == set(mapping.actions)
                assert member.native_role == mapping.native_name


async def test_an_owner_manages_members_and_can_neither_leave_nor_be_removed(connected: Connected) -> None:
    for project in await connected.projects():
        [owner] = [member for member in await connected.members(project) if member.is_owner]
        assert owner.can(Action.READ)
        assert owner.can(Action.MANAGE_MEMBERS)
        assert not owner.can(Action.LEAVE)
        assert not owner.is_removable


async def test_the_gateways_own_access_is_that_of_the_member_whose_account_it_is(
    connected: Connected,
) -> None:
    name = (await connected.platform.account()).name
    seen: set[Role | None] = set()
    for project in await connected.projects():
        members = await connected.members(project)
        [own] = [member for member in members if member.name == name]
        access = await connected.platform.viewer_access(project, members)
        assert (access.role, access.permissions) == (own.role, own.permissions)
        seen.add(access.role)
    assert seen >= {Role.OWNER, Role.EDITOR, Role.VIEWER}


async def test_the_gateways_own_permissions_are_known_even_where_the_members_are_not(
    connected: Connected,
) -> None:
    project = await connected.project_of_own()
    access = await connected.platform.viewer_access(project, ())
    assert {one.action for one in access.permissions if one.granted} >= {Action.READ, Action.MANAGE_MEMBERS}


async def test_every_role_of_the_profile_exists_in_every_project(connected: Connected) -> None:
    wanted = set(connected.platform.profile.roles)
    for project in await connected.projects():
        assert set(await connected.platform.list_roles(project)) >= wanted


async def test_a_member_with_a_role_of_the_profile_has_one_that_the_project_offers(
    connected: Connected,
) -> None:
    for project in await connected.projects():
        offered = {(one.role, one.native_name) for one in await connected.platform.list_roles(project)}
        for member in await connected.members(project):
            if connected.platform.profile.mapping_of(member.role) is not None:
                assert (member.role, member.native_role) in offered


async def test_the_account_is_the_same_whenever_it_is_asked_for(connected: Connected) -> None:
    account = await connected.platform.account()
    assert account.upstream_id
    assert account == await connected.platform.account()


async def test_nothing_is_sent_before_anything_is_asked_for(connected: Connected) -> None:
    assert connected.sandbox.calls.total_count == 0
    assert connected.platform.health().status is PlatformStatus.UP


async def test_no_secret_of_the_platform_stands_in_anything_that_it_gives(connected: Connected) -> None:
    platform = connected.platform
    given: list[object] = [await platform.account(), await platform.list_projects(), platform.health()]
    for project in await connected.projects():
        members = await connected.members(project)
        given += [*members, await platform.viewer_access(project, members)]
        given += await platform.list_roles(project)
        given += await platform.get_projects([project.upstream_id])
    text = " ".join(f"{value!r} {to_builtins(value)!r}" for value in given)
    assert len(given) > 100
    assert not [secret for secret in connected.sandbox.secrets if secret in text]
