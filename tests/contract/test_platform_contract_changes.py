"""What every registered platform must do when somebody is added, changed or removed."""

from itertools import combinations, product

import pytest

from gateway.domain.errors import UpstreamDenied, UpstreamRejected
from gateway.domain.member import Member
from gateway.domain.membership import Addition, Removal, RoleChange
from gateway.domain.platform import PersonAddress, PlatformProfile
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, Capability, Role
from gateway.platforms.registry import REGISTRY, RegisteredPlatform
from tests.contract.conftest import Connected

pytestmark = pytest.mark.anyio

Offer = tuple[Role, frozenset[Action]]


def offers(profile: PlatformProfile) -> list[Offer]:
    """Every role with every choice of what can be granted on top."""
    grantable = profile.grantable_actions
    grants = [frozenset(some) for size in range(len(grantable) + 1) for some in combinations(grantable, size)]
    return list(product((mapping.role for mapping in profile.roles), grants))


def every_offer(capability: Capability, *, count: int = 1) -> list[object]:
    """Each platform that can do this, with every choice of `count` offers."""
    return [
        pytest.param(entry, *chosen, id=f"{entry.profile.name}: {' to '.join(map(words, chosen))}")
        for entry in REGISTRY
        if capability in entry.profile.capabilities
        for chosen in product(offers(entry.profile), repeat=count)
    ]


def words(offer: Offer) -> str:
    role, grant = offer
    return " with ".join([role, *grant])


def person(profile: PlatformProfile, members: tuple[Member, ...], person_id: str) -> Member:
    by_email = profile.adds_people_by is PersonAddress.EMAIL
    [found] = [one for one in members if person_id == (one.email if by_email else one.upstream_id)]
    return found


def given(profile: PlatformProfile, member: Member) -> Offer:
    """The member's role and what they may do of what can be granted."""
    return member.role, frozenset(action for action in profile.grantable_actions if member.can(action))


async def addition(connected: Connected, project: Project, offer: Offer) -> Addition:
    newcomer = await connected.newcomer_to(project)
    role, grant = offer
    return Addition(project_upstream_id=project.upstream_id, person_id=newcomer, role=role, grant=grant)


@pytest.mark.parametrize(("entry", "offer"), every_offer(Capability.ADD_MEMBER), indirect=["entry"])
async def test_whoever_is_added_is_read_back_with_exactly_what_was_given(
    connected: Connected, offer: Offer
) -> None:
    profile = connected.platform.profile
    project = await connected.project_of_own()
    before = await connected.members(project)
    wanted = await addition(connected, project, offer)
    reply = await connected.platform.add_member(wanted)
    after = await connected.members(project)
    added = person(profile, after, wanted.person_id)
    assert given(profile, added) == offer
    assert [member for member in after if member != added] == list(before)
    assert reply.member == added
    assert reply.members in {None, after}


@pytest.mark.parametrize(
    ("entry", "offer", "other"), every_offer(Capability.UPDATE_MEMBER, count=2), indirect=["entry"]
)
async def test_whoever_is_changed_is_read_back_with_exactly_what_was_given(
    connected: Connected, offer: Offer, other: Offer
) -> None:
    profile = connected.platform.profile
    project = await connected.project_of_own()
    wanted = await addition(connected, project, offer)
    await connected.platform.add_member(wanted)
    before = await connected.members(project)
    member = person(profile, before, wanted.person_id)
    role, grant = other
    reply = await connected.platform.update_member(
        RoleChange(project_upstream_id=project.upstream_id, member=member, role=role, grant=grant)
    )
    after = await connected.members(project)
    changed = person(profile, after, wanted.person_id)
    assert given(profile, changed) == other
    assert [one for one in after if one != changed] == [one for one in before if one != member]
    assert reply.member in {None, changed}
    assert reply.members in {None, after}


@pytest.mark.parametrize(("entry", "offer"), every_offer(Capability.REMOVE_MEMBER), indirect=["entry"])
async def test_whoever_is_added_and_removed_again_leaves_no_trace(connected: Connected, offer: Offer) -> None:
    project = await connected.project_of_own()
    before = await connected.members(project)
    wanted = await addition(connected, project, offer)
    await connected.platform.add_member(wanted)
    added = person(connected.platform.profile, await connected.members(project), wanted.person_id)
    removal = Removal(project_upstream_id=project.upstream_id, member=added)
    reply = await connected.platform.remove_member(removal)
    assert await connected.members(project) == before
    assert reply.members in {None, before}


async def test_everybody_who_is_removable_can_be_removed(connected: Connected) -> None:
    project = await connected.project_of_own()
    for member in await connected.members(project):
        if member.is_removable:
            await connected.platform.remove_member(
                Removal(project_upstream_id=project.upstream_id, member=member)
            )
    assert [member.is_owner for member in await connected.members(project)] == [True]


async def test_somebody_who_is_in_already_is_not_added_again(connected: Connected) -> None:
    project = await connected.project_of_own()
    wanted = await addition(connected, project, offers(connected.platform.profile)[0])
    await connected.platform.add_member(wanted)
    before = await connected.members(project)
    with pytest.raises(UpstreamRejected) as refused:
        await connected.platform.add_member(wanted)
    assert not refused.value.may_have_acted
    assert await connected.members(project) == before


async def test_nobody_is_added_to_a_project_whose_members_the_account_may_not_manage(
    connected: Connected,
) -> None:
    for project in await connected.projects():
        members = await connected.members(project)
        access = await connected.platform.viewer_access(project, members)
        if any(one.action is Action.MANAGE_MEMBERS and one.granted for one in access.permissions):
            continue
        wanted = await addition(connected, project, offers(connected.platform.profile)[0])
        with pytest.raises((UpstreamRejected, UpstreamDenied)) as refused:
            await connected.platform.add_member(wanted)
        assert not refused.value.may_have_acted
        assert await connected.members(project) == members
        return
    pytest.fail("the account manages every project")


async def test_nobody_is_added_to_a_project_that_does_not_exist(
    connected: Connected, entry: RegisteredPlatform
) -> None:
    project = await connected.project_of_own()
    wanted = await addition(connected, project, offers(entry.profile)[0])
    gone = Addition(
        project_upstream_id="9" * len(project.upstream_id),
        person_id=wanted.person_id,
        role=wanted.role,
        grant=wanted.grant,
    )
    with pytest.raises(UpstreamRejected) as refused:
        await connected.platform.add_member(gone)
    assert not refused.value.may_have_acted


async def test_a_change_is_sent_once(connected: Connected) -> None:
    project = await connected.project_of_own()
    wanted = await addition(connected, project, offers(connected.platform.profile)[0])
    connected.sandbox.calls.clear()
    await connected.platform.add_member(wanted)
    assert connected.sandbox.calls.total_count == 1
