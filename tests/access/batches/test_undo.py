"""access/batches/undo.py: undoing what a change did gives the state before, wherever it can be restored."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.access.batches.undo import undo_of
from gateway.access.changing.change import ChangeResult, GrantAccess, RevokeAccess, UpdateMember
from gateway.access.changing.membership import Membership
from gateway.domain.member import Member
from gateway.domain.membership import Person, UserError
from gateway.domain.platform import PersonAddress, Platforms
from gateway.domain.vocabulary import Action, Outcome, Role, UserErrorCode
from tests.access.world import INGRID, KEY, MARA, OWNER, PROFILE, World, person

LIVE = frozenset({Action.LIVE_CONTROL})
BY_ADDRESS = replace(PROFILE, adds_people_by=PersonAddress.EMAIL)
GRANT = GrantAccess(
    platform=KEY, project_upstream_id="1", person=Person(upstream_user_id=MARA), role=Role.EDITOR
)
REVOKE = RevokeAccess(platform=KEY, project_upstream_id="1", person=Person(upstream_user_id=MARA))

standings = st.none() | st.builds(
    person, st.just(MARA), st.sampled_from([Role.EDITOR, Role.VIEWER]), live=st.booleans()
)
changes = st.just(REVOKE) | st.builds(
    replace,
    st.just(GRANT),
    role=st.sampled_from([Role.EDITOR, Role.VIEWER]),
    grant=st.sampled_from([frozenset(), LIVE]),
)


async def carry_out(world: World, change: object) -> ChangeResult:
    async def write_nothing_down(*_: object) -> None:
        pass

    platforms = Platforms(profiles={KEY: PROFILE}, connected={KEY: world})
    return await Membership(settling_pauses_seconds=()).carry_out(
        change, platforms=platforms, on_send=write_nothing_down
    )


@given(before=standings, change=changes)
def test_undoing_what_a_change_did_gives_the_state_before(
    before: Member | None, change: GrantAccess | RevokeAccess
) -> None:
    async def make_and_undo() -> tuple[object, object, ChangeResult]:
        world = World()
        if before is not None:
            world.people["1"][MARA] = before
        at_first = dict(world.people["1"])
        result = await carry_out(world, change)
        if result.outcome is Outcome.UNCHANGED:
            assert world.writes == []
            return at_first, world.people["1"], result
        assert world.people["1"] != at_first
        undoing = undo_of(result, PROFILE)
        assert not isinstance(undoing, UserError)
        return at_first, world.people["1"], await carry_out(world, undoing)

    at_first, at_last, undone = asyncio.run(make_and_undo())
    assert at_last == at_first
    assert undone.outcome in {Outcome.ADDED, Outcome.UPDATED, Outcome.REMOVED, Outcome.UNCHANGED}


def test_what_has_been_undone_by_somebody_else_is_not_undone_again() -> None:
    async def make_and_undo() -> tuple[ChangeResult, int]:
        world = World()
        result = await carry_out(world, GRANT)
        del world.people["1"][MARA]
        return await carry_out(world, undo_of(result, PROFILE)), len(world.writes)

    undone, writes = asyncio.run(make_and_undo())
    assert (undone.outcome, writes) == (Outcome.UNCHANGED, 1)


def test_a_role_that_somebody_else_has_given_since_is_left_to_whoever_was_taken_out() -> None:
    async def make_and_undo() -> tuple[ChangeResult, int]:
        world = World()
        world.people["1"][MARA] = person(MARA, Role.VIEWER)
        result = await carry_out(world, REVOKE)
        world.people["1"][MARA] = person(MARA, Role.EDITOR)
        return await carry_out(world, undo_of(result, PROFILE)), len(world.writes)

    undone, writes = asyncio.run(make_and_undo())
    assert (undone.outcome, writes) == (Outcome.REFUSED, 1)
    assert [error.code for error in undone.user_errors] == [UserErrorCode.MEMBER_EXISTS_WITH_OTHER_ROLE]


def test_who_was_taken_out_is_let_in_again_as_the_platform_names_newcomers() -> None:
    removed = ChangeResult(outcome=Outcome.REMOVED, before=person(INGRID, Role.VIEWER))
    named = [undo_of(removed, profile).person for profile in (PROFILE, BY_ADDRESS)]
    assert named == [Person(upstream_user_id=INGRID), Person(email=f"{INGRID}@example.org")]


def test_an_update_is_undone_by_an_update_of_the_same_member() -> None:
    before = person(INGRID, Role.VIEWER, live=True)
    updated = ChangeResult(outcome=Outcome.UPDATED, member=person(INGRID, Role.EDITOR), before=before)
    assert undo_of(updated, PROFILE) == UpdateMember(
        platform=KEY, project_upstream_id="1", member_upstream_id=INGRID, role=Role.VIEWER, grant=LIVE
    )


def nameless(role: Role) -> Member:
    return replace(person(INGRID, role), email=None, is_addressable=False)


@pytest.mark.parametrize(
    ("outcome", "before"),
    [
        pytest.param(Outcome.REMOVED, person(INGRID, Role.CUSTOM), id="a role that nobody can be given"),
        pytest.param(Outcome.UPDATED, person(INGRID, Role.CUSTOM), id="the same, changed"),
        pytest.param(Outcome.REMOVED, person(OWNER, Role.OWNER), id="an owner"),
        pytest.param(Outcome.REMOVED, nameless(Role.VIEWER), id="somebody who cannot be named"),
        pytest.param(Outcome.ADDED, None, id="somebody who was not seen"),
    ],
)
@pytest.mark.parametrize("profile", [PROFILE, BY_ADDRESS], ids=["by account", "by address"])
def test_what_cannot_be_restored_is_told(outcome: Outcome, before: Member | None, profile: object) -> None:
    error = undo_of(ChangeResult(outcome=outcome, before=before), profile)
    assert isinstance(error, UserError)
    assert (error.code, error.field) == (UserErrorCode.UNSUPPORTED_BY_PLATFORM, ("input", "atomic"))
