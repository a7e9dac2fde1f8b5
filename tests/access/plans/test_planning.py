"""access/plans/planning.py: what a change would do, told before it is made."""

import pytest

from gateway.access.batches.batch import Part
from gateway.access.changing.change import Change
from gateway.access.plans.planning import plan
from gateway.domain.person import Person
from gateway.domain.vocabulary import Action, PlannedChange, Role
from tests.access.planned_town import ALPHA, HARBOUR, KIM, MARA, OLA, everybody, grant, planned, revoke
from tests.access.scene import PROFILES, member, somebody

# ---------------------------------------------------------------- kinds of steps


def test_whoever_is_not_there_would_be_added() -> None:
    step = planned(grant(account="u-7"))
    assert (step.kind, step.project, step.person) == (PlannedChange.ADD, ALPHA, None)
    assert (step.before, step.after, step.standing) == (None, Role.EDITOR, "")
    assert (step.gained, step.lost) == ((Action.READ, Action.WRITE, Action.LEAVE), ())


def test_whoever_is_known_elsewhere_is_named() -> None:
    step = planned(grant(HARBOUR, email="MARA@example.org"))
    assert (step.kind, step.person) == (PlannedChange.ADD, MARA)


def test_whoever_is_there_otherwise_would_be_changed() -> None:
    step = planned(grant(account="u-1", actions=frozenset({Action.LIVE_CONTROL})))
    assert (step.kind, step.person) == (PlannedChange.UPDATE, MARA)
    assert (step.before, step.after) == (Role.VIEWER, Role.EDITOR)
    assert (set(step.gained), step.lost) == ({Action.WRITE, Action.LIVE_CONTROL, Action.LEAVE}, ())


def test_what_was_granted_on_top_and_is_not_any_more_is_lost() -> None:
    lead = somebody("Lea", member(ALPHA, "u-4", Role.EDITOR, live=True))
    step = planned(grant(account="u-4"), seen=everybody(people=[lead]))
    assert (step.kind, step.before, step.after) == (PlannedChange.UPDATE, Role.EDITOR, Role.EDITOR)
    assert step.lost == (Action.LIVE_CONTROL,)


def test_whoever_is_there_so_would_be_left_alone() -> None:
    step = planned(grant(role=Role.VIEWER, account="u-1"))
    assert (step.kind, step.before, step.after) == (PlannedChange.NONE, Role.VIEWER, Role.VIEWER)
    assert (step.upstream_call, step.gained, step.lost, step.warnings) == (None, (), (), ())


def test_whoever_is_to_go_would_be_removed() -> None:
    step = planned(revoke(email="mara@example.org"))
    assert (step.kind, step.person) == (PlannedChange.REMOVE, MARA)
    assert (step.before, step.after, step.gained, step.lost) == (Role.VIEWER, None, (), (Action.READ,))


def test_whoever_is_to_go_and_is_not_there_would_be_left_alone() -> None:
    step = planned(revoke(account="u-7"))
    assert (step.kind, step.before, step.upstream_call) == (PlannedChange.NONE, None, None)


def test_there_is_one_step_for_each_part_in_order() -> None:
    parts = [Part(change=one) for one in (revoke(account="u-1"), grant(account="u-7"), grant(account="u-1"))]
    steps = plan(parts, everybody=everybody(), profiles=PROFILES)
    kinds = [PlannedChange.REMOVE, PlannedChange.ADD, PlannedChange.UPDATE]
    assert ([step.part for step in steps], [step.kind for step in steps]) == (parts, kinds)


# ---------------------------------------------------------------- the call


@pytest.mark.parametrize(
    ("change", "call"),
    [
        (grant(account="u-7"), "POST /projects/collaboration/create"),
        (grant(account="u-1"), "POST /projects/collaboration/update"),
        (revoke(account="u-1"), "POST /projects/collaboration/delete"),
        (grant(HARBOUR, email="kim@example.org"), "POST /project/{projectId}/users"),
        (revoke(HARBOUR, account="77"), "DELETE /project/{projectId}/users"),
    ],
    ids=str,
)
def test_the_call_is_told_without_values(change: Change, call: str) -> None:
    assert planned(change).upstream_call == call


# ---------------------------------------------------------------- what is not quite so


def test_an_address_that_nobody_has_may_be_sent_an_invitation() -> None:
    [first, *_] = planned(grant(HARBOUR, Role.VIEWER, email="new@example.org")).warnings
    assert first == "Nobody here is known by this address: Testomato may send an invitation to it."


def test_a_role_that_allows_more_than_elsewhere_says_what() -> None:
    """EDITOR is one word for what the platforms have, and Testomato's developer may do more."""
    assert planned(grant(HARBOUR, email="mara@example.org")).warnings == (
        "EDITOR is Testomato's project developer, which also allows RUN, VIEW_API_KEY.",
    )


def test_a_role_that_allows_the_same_everywhere_says_nothing() -> None:
    assert planned(grant(HARBOUR, Role.VIEWER, email="mara@example.org")).warnings == ()
    assert planned(grant(ALPHA, Role.VIEWER, account="u-7")).warnings == ()


def test_a_role_that_no_other_platform_has_is_compared_with_nothing() -> None:
    assert planned(grant(HARBOUR, Role.ADMIN, email="mara@example.org")).warnings == ()


@pytest.mark.parametrize("change", [grant(account="u-3"), revoke(account="u-3")], ids=["grant", "revoke"])
def test_a_custom_role_is_gone_for_good(change: Change) -> None:
    assert planned(change).warnings == (
        "The custom role that the person has now cannot be given back through the gateway.",
    )


# ---------------------------------------------------------------- how the person stands


def standing(*memberships: Person) -> str:
    return planned(grant(account="u-1"), seen=everybody(people=memberships)).standing


def test_how_the_person_stands_is_the_same_as_long_as_nothing_changes() -> None:
    mara = somebody("Maria", member(ALPHA, "u-1", email="other@example.org"))
    assert standing(MARA) == standing(mara) == standing(MARA, OLA, KIM)


def test_how_the_person_stands_tells_every_change_apart() -> None:
    found = [
        standing(),
        standing(MARA),
        standing(somebody("Mara", member(ALPHA, "u-1", Role.EDITOR))),
        standing(somebody("Mara", member(ALPHA, "u-1", live=True))),
    ]
    assert len(set(found)) == len(found)
