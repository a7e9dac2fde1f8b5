"""Laws that hold of drift, whatever the platforms show."""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from gateway.access.declarations.differences import Drift, DriftKind, key_of
from gateway.access.declarations.needed_changes import Need, NeededChange, needed_changes
from gateway.domain.person import Account, AccountKey, Person
from gateway.domain.project import Project
from gateway.domain.vocabulary import LinkEvidence, Role
from tests.access.scene import PROFILES, QUANTCONNECT, Scene, member
from tests.access.scenes import declarations, scenes


def told(drift: Drift) -> list[tuple[object, ...]]:
    """What two equal drifts have in common, whatever the order within a person."""
    return [
        (item.kind, key_of(item.project), item.account, item.person and item.person.origin, item.detail)
        for item in drift.items
    ]


def can_be_given(where: Project, role: Role | None) -> bool:
    """Whether the platform has the role; it can always take one away."""
    return role is None or PROFILES[where.platform].mapping_of(role) is not None


def carried_out(scene: Scene, changes: Iterable[NeededChange]) -> Scene:
    """The scene after changes, as the platforms would show it."""
    people = {person.origin: person for person in scene.people}
    for change in changes:
        where = change.project
        if not can_be_given(where, change.role):
            continue
        if change.person is None:
            key = AccountKey(where.platform, f"new {change.account or change.email}")
            person = people.get(key) or Person(origin=key, display_name=None, accounts=(), memberships=())
        else:
            person = people[change.person.origin]
        key = change.account or AccountKey(where.platform, f"new {change.email}")
        kept = tuple(
            one
            for one in person.memberships
            if (one.platform, one.project_upstream_id, one.upstream_id)
            != (where.platform, where.upstream_id, key.upstream_id)
        )
        if change.need is Need.GRANT:
            assert change.role is not None
            addressable = change.member is None or change.member.is_addressable
            live = bool(change.grant)
            kept += (member(where, key.upstream_id, change.role, live=live, addressable=addressable),)
        account = Account(
            platform=key.platform,
            upstream_id=key.upstream_id,
            name=None,
            email=change.email,
            linked_by=LinkEvidence.SELF,
        )
        known = any(one.key == key for one in person.accounts)
        accounts = person.accounts if known else (*person.accounts, account)
        people[person.origin] = structs.replace(person, accounts=accounts, memberships=kept)
    return replace(scene, people=tuple(people.values()))


@settings(deadline=None, max_examples=150)
@given(scene=scenes())
def test_a_world_is_as_its_own_snapshot_declares(scene: Scene) -> None:
    found = scene.drift(scene.snapshot())
    assert found.items == ()
    assert found.unmatched == ()


@settings(deadline=None, max_examples=60)
@given(scene=scenes(), data=st.data())
def test_a_world_is_as_its_own_snapshot_declares_where_some_of_it_cannot_be_read(
    scene: Scene, data: st.DataObject
) -> None:
    unread = data.draw(st.lists(st.sampled_from([key_of(project) for project in scene.projects])))
    assert scene.drift(scene.snapshot(unread=unread), unread=unread).items == ()


@settings(deadline=None, max_examples=60)
@given(scene=scenes(), data=st.data())
def test_whoever_leaves_is_missing_and_nobody_else(scene: Scene, data: st.DataObject) -> None:
    declared = [
        one
        for person in scene.people
        for one in person.memberships
        if not one.is_owner and PROFILES[one.platform].mapping_of(one.role) is not None
    ]
    assume(declared)
    leaver = data.draw(st.sampled_from(declared))
    [item] = scene.without(leaver).drift(scene.snapshot()).items
    assert item.kind is DriftKind.MISSING
    assert key_of(item.project) == (leaver.platform, leaver.project_upstream_id)
    assert item.role is leaver.role


@settings(deadline=None, max_examples=60)
@given(
    scene=scenes(), data=st.data(), role=st.sampled_from([role for role in Role if role is not Role.OWNER])
)
def test_whoever_comes_is_unexpected_and_nobody_else(scene: Scene, data: st.DataObject, role: Role) -> None:
    where = data.draw(st.sampled_from(scene.projects))
    newcomer = member(where, "comes in", role)
    account = AccountKey(where.platform, "comes in")
    person = Person(origin=account, display_name=None, accounts=(), memberships=(newcomer,))
    [item] = replace(scene, people=(*scene.people, person)).drift(scene.snapshot()).items
    assert (item.kind, item.project, item.account) == (DriftKind.UNEXPECTED, where, account)


@settings(deadline=None, max_examples=60)
@given(scene=scenes(), text=declarations(), data=st.data())
def test_the_order_in_which_the_platforms_show_things_is_no_matter(
    scene: Scene, text: str, data: st.DataObject
) -> None:
    shuffled = Scene(
        projects=tuple(data.draw(st.permutations(scene.projects))),
        people=tuple(
            structs.replace(person, memberships=tuple(data.draw(st.permutations(person.memberships))))
            for person in data.draw(st.permutations(scene.people))
        ),
    )
    assert told(shuffled.drift(text)) == told(scene.drift(text))
    assert shuffled.drift(text).unmatched == scene.drift(text).unmatched
    assert shuffled.snapshot() == scene.snapshot()


@settings(deadline=None, max_examples=150)
@given(scene=scenes(), text=declarations())
def test_what_is_carried_out_leaves_only_what_no_platform_can_give(scene: Scene, text: str) -> None:
    before = scene.drift(text)
    after = carried_out(scene, needed_changes(before, prune=True)).drift(text)
    assert [item for item in after.items if can_be_given(item.project, item.role)] == []
    # Whatever its role, a membership can always be taken away.
    granted = [item for item in before.items if item.kind in {DriftKind.MISSING, DriftKind.CHANGED}]
    assert len(after.items) == sum(not can_be_given(item.project, item.role) for item in granted)


@settings(deadline=None, max_examples=60)
@given(scene=scenes(), text=declarations())
def test_without_pruning_nobody_loses_a_membership(scene: Scene, text: str) -> None:
    changes = needed_changes(scene.drift(text), prune=False)
    assert {change.need for change in changes} <= {Need.GRANT}


@settings(deadline=None, max_examples=60)
@given(scene=scenes(), text=declarations())
def test_a_member_differs_in_one_way_and_an_owner_in_none(scene: Scene, text: str) -> None:
    found = scene.drift(text)
    members = [id(item.member) for item in found.items if item.member is not None]
    assert len(members) == len(set(members))
    assert not any(item.member.is_owner for item in found.items if item.member is not None)


@settings(deadline=None, max_examples=60)
@given(scene=scenes(), text=declarations())
def test_nothing_is_said_of_what_could_not_be_read(scene: Scene, text: str) -> None:
    unread = [key_of(project) for project in scene.projects if project.platform is QUANTCONNECT]
    found = scene.drift(text, unread=unread)
    whole = scene.drift(text)
    assert told(found) == [one for one in told(whole) if one[1] not in unread]
