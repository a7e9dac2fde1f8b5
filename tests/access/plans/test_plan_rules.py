"""access/plans/plan_rules.py: what a plan comes to when it is carried out."""

from gateway.access.batches.batch import Part
from gateway.access.plans.plan_rules import agreed_part, plan_expired, plan_stale, standings
from gateway.domain.vocabulary import Role, UserErrorCode
from tests.access.planned_town import everybody, grant, planned, revoke


def test_what_can_be_done_is_carried_out_as_it_was_asked_for() -> None:
    step = planned(grant(account="u-1"))
    assert agreed_part(step) is step.part


def test_what_is_so_already_is_asked_for_all_the_same() -> None:
    """Whether it still is so is found out then."""
    step = planned(grant(role=Role.VIEWER, account="u-1"))
    assert agreed_part(step) is step.part


def test_what_cannot_be_done_is_not_tried_and_says_why_at_its_target() -> None:
    part = agreed_part(planned(grant(role=Role.OWNER, account="u-1")))
    assert part.refusal is not None
    assert part.refusal.code is UserErrorCode.ROLE_NOT_AVAILABLE
    assert part.refusal.field == ("input", "targets", "0", "role")


def test_how_somebody_stands_is_of_no_matter_where_nothing_is_tried() -> None:
    steps = [planned(grant(account="u-1")), planned(revoke(account="u-9"))]
    then, never = standings([agreed_part(step) for step in steps], steps)
    assert (then, never) == (steps[0].standing, "")
    assert steps[1].standing != ""


def test_what_has_changed_since_is_told_with_its_step_its_project_and_how_it_is_now() -> None:
    error = plan_stale(planned(grant(account="u-1")), 2)
    assert error.code is UserErrorCode.PLAN_STALE
    assert "step 3 (Alpha) has changed: the person is VIEWER there now" in error.message
    assert error.retryable is False


def test_whoever_has_gone_since_is_told_to_be_gone() -> None:
    error = plan_stale(planned(grant(account="u-1"), seen=everybody(people=[])), 0)
    assert "step 1 (Alpha) has changed: the person is not in the project now" in error.message


def test_a_step_whose_project_cannot_be_seen_any_more_is_told_by_its_number() -> None:
    error = plan_stale(planned(grant(account="u-1"), seen=everybody(people=[], projects=[])), 0)
    assert "step 1 has changed" in error.message


def test_a_token_that_cannot_be_used_is_the_tokens_fault() -> None:
    error = plan_expired()
    assert (error.code, error.field) == (UserErrorCode.PLAN_EXPIRED, ("input", "token"))


def test_a_part_that_was_refused_before_stays_so() -> None:
    part = Part(target=0, refusal=plan_expired())
    assert agreed_part(planned(None, refusal=part.refusal)).refusal == part.refusal
