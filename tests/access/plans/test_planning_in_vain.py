"""access/plans/planning.py: what cannot be done, told before it is tried; and what holds of every step."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from gateway.access.changing.change import AddMember, Change, GrantAccess, RevokeAccess
from gateway.access.people.everybody import Everybody
from gateway.access.plans.planning import Step
from gateway.domain.membership import Person as PersonRef
from gateway.domain.membership import UserError
from gateway.domain.vocabulary import Action, PlannedChange, PlatformKey, Role, UserErrorCode
from tests.access.planned_town import ALPHA, HARBOUR, JON, MARA, everybody, grant, planned, revoke
from tests.access.scene import QUANTCONNECT, TESTOMATO, project


def code_of(step: Step) -> UserErrorCode | None:
    return None if step.error is None else step.error.code


REFUSED = UserError(code=UserErrorCode.INVALID_UNTIL, message="Past.", field=("input",))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (grant(role=Role.OWNER, account="u-1"), UserErrorCode.ROLE_NOT_AVAILABLE),
        (grant(role=Role.ADMIN, account="u-1"), UserErrorCode.ROLE_NOT_AVAILABLE),
        (
            grant(HARBOUR, account="77", actions=frozenset({Action.LIVE_CONTROL})),
            UserErrorCode.ACTION_NOT_GRANTABLE,
        ),
        (grant(account="u-9"), UserErrorCode.OWNER_IMMUTABLE),
        (revoke(account="u-9"), UserErrorCode.OWNER_IMMUTABLE),
        (grant(HARBOUR, Role.VIEWER, account="77"), UserErrorCode.UNSUPPORTED_BY_PLATFORM),
        (grant(account="anonymous:1"), UserErrorCode.UNSUPPORTED_BY_PLATFORM),
        (revoke(account="anonymous:1"), UserErrorCode.UNSUPPORTED_BY_PLATFORM),
        (grant(email="nobody@example.org"), UserErrorCode.PERSON_UNKNOWN_ON_PLATFORM),
        (grant(HARBOUR, account="78"), UserErrorCode.INVALID_PERSON),
        (grant(account=" "), UserErrorCode.INVALID_PERSON),
        (grant(project("404"), account="u-1"), UserErrorCode.PROJECT_NOT_FOUND),
        (revoke(project("404"), account="u-1"), UserErrorCode.PROJECT_NOT_FOUND),
    ],
    ids=str,
)
def test_what_cannot_be_done_says_why_and_has_no_call(change: Change, code: UserErrorCode) -> None:
    step = planned(change)
    assert (step.kind, code_of(step)) == (PlannedChange.IMPOSSIBLE, code)
    assert (step.upstream_call, step.gained, step.lost) == (None, (), ())


def test_an_addition_of_a_member_with_another_role_is_impossible() -> None:
    there = AddMember(
        platform=QUANTCONNECT,
        project_upstream_id="1",
        person=PersonRef(upstream_user_id="u-1"),
        role=Role.EDITOR,
    )
    assert code_of(planned(there)) is UserErrorCode.MEMBER_EXISTS_WITH_OTHER_ROLE
    assert planned(structs.replace(there, role=Role.VIEWER)).kind is PlannedChange.NONE


def test_a_part_that_is_no_change_is_impossible() -> None:
    step = planned(None, refusal=REFUSED)
    assert (step.kind, step.error, step.project) == (PlannedChange.IMPOSSIBLE, REFUSED, None)


def test_a_part_that_is_refused_already_keeps_its_reason_and_its_project() -> None:
    step = planned(grant(account="u-1"), refusal=REFUSED)
    assert (step.kind, step.error, step.project) == (PlannedChange.IMPOSSIBLE, REFUSED, ALPHA)


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(everybody(unread=[ALPHA]), id="its members"),
        pytest.param(everybody(projects=[HARBOUR], failing=[QUANTCONNECT]), id="its platform"),
    ],
)
def test_what_could_not_be_read_is_impossible_for_now(seen: Everybody) -> None:
    people = tuple(one for one in seen.people if one is JON)
    step = planned(grant(account="u-1"), seen=replace(seen, people=people))
    assert (step.kind, code_of(step)) == (PlannedChange.IMPOSSIBLE, UserErrorCode.UPSTREAM_UNAVAILABLE)
    assert step.error is not None
    assert step.error.retryable


def test_another_platform_that_fails_is_no_matter() -> None:
    seen = everybody(people=[MARA], projects=[ALPHA], failing=[TESTOMATO])
    assert planned(grant(account="u-1"), seen=seen).kind is PlannedChange.UPDATE
    step = planned(grant(project("404"), account="u-1"), seen=seen)
    assert code_of(step) is UserErrorCode.PROJECT_NOT_FOUND


@pytest.mark.parametrize(
    ("unconfigured", "why"), [([QUANTCONNECT], "not configured"), ([], "no such project")]
)
def test_a_project_that_is_not_there_says_whether_its_platform_is(
    unconfigured: list[PlatformKey], why: str
) -> None:
    seen = everybody(people=[], projects=[], unconfigured=unconfigured)
    error = planned(grant(account="u-1"), seen=seen).error
    assert error is not None
    assert why in error.message


# ---------------------------------------------------------------- laws

roles = st.sampled_from(Role)
grants = st.frozensets(st.sampled_from(Action), max_size=2)
accounts = st.sampled_from(["u-1", "u-3", "u-9", "u-7", "77", "9", "anonymous:1", ""])
addresses = st.sampled_from(["mara@example.org", "jon@example.org", "new@example.org"])
persons = st.builds(PersonRef, upstream_user_id=accounts) | st.builds(PersonRef, email=addresses)
projects = st.sampled_from([ALPHA, HARBOUR, project("404")])
changes = st.builds(
    lambda where, person, role, actions: GrantAccess(
        platform=where.platform,
        project_upstream_id=where.upstream_id,
        person=person,
        role=role,
        grant=actions,
    ),
    projects,
    persons,
    roles,
    grants,
) | st.builds(
    lambda where, person: RevokeAccess(
        platform=where.platform, project_upstream_id=where.upstream_id, person=person
    ),
    projects,
    persons,
)


@given(change=changes)
def test_a_step_has_a_call_where_something_is_sent_and_an_error_where_it_cannot_be(change: Change) -> None:
    step = planned(change)
    sends = step.kind in {PlannedChange.ADD, PlannedChange.UPDATE, PlannedChange.REMOVE}
    assert (step.upstream_call is not None) is sends
    assert (step.error is not None) is (step.kind is PlannedChange.IMPOSSIBLE)
    assert set(step.gained).isdisjoint(step.lost)
    assert (step.before is None) is (step.standing == "")


@given(change=changes)
def test_nothing_of_a_person_is_in_a_sentence(change: Change) -> None:
    step = planned(change)
    sentences = [*step.warnings, *(() if step.error is None else [step.error.message])]
    assert not [sentence for sentence in sentences if "@" in sentence]
