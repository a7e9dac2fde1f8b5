"""gateway/access/changing/end.py: what a change does to the end of somebody's access."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from gateway.access.changing.change import Change, ChangeResult, GrantAccess, RevokeAccess
from gateway.access.changing.end import AccessEnd, EndChange, MemberKey, end_change
from gateway.access.changing.ledger import Intent
from gateway.domain.membership import Person
from gateway.domain.vocabulary import Outcome, Role
from tests.access.world import ADD, INGRID, KEY, NOON, REMOVE, UPDATE, person

MEMBER = person(INGRID, Role.EDITOR)
KEY_OF_MEMBER = MemberKey(KEY, "1", INGRID)
UNTIL = NOON + timedelta(days=30)
GRANT = GrantAccess(
    platform=KEY,
    project_upstream_id="1",
    person=Person(upstream_user_id=INGRID),
    role=Role.EDITOR,
    until=UNTIL,
)
FOR_GOOD = replace(GRANT, until=None)
REVOKE = RevokeAccess(platform=KEY, project_upstream_id="1", person=Person(upstream_user_id=INGRID))
SET = EndChange(
    key=KEY_OF_MEMBER,
    end=AccessEnd(key=KEY_OF_MEMBER, at=UNTIL, email="ingrid@example.org"),
)
DROP = EndChange(key=KEY_OF_MEMBER, end=None)
GRANTED = [Outcome.ADDED, Outcome.INVITED, Outcome.UPDATED, Outcome.UNCHANGED]


def made(change: Change, outcome: Outcome) -> EndChange | None:
    return end_change(change, ChangeResult(outcome=outcome, member=MEMBER))


@pytest.mark.parametrize("outcome", GRANTED)
def test_a_grant_that_ends_sets_the_end(outcome: Outcome) -> None:
    assert made(GRANT, outcome) == SET


@pytest.mark.parametrize("outcome", GRANTED)
def test_a_grant_for_good_drops_the_end(outcome: Outcome) -> None:
    assert made(FOR_GOOD, outcome) == DROP


@pytest.mark.parametrize("change", [REMOVE, REVOKE], ids=["remove", "revoke"])
def test_a_removal_drops_the_end(change: Change) -> None:
    assert made(change, Outcome.REMOVED) == DROP


@pytest.mark.parametrize("outcome", [Outcome.ADDED, Outcome.INVITED])
def test_letting_somebody_in_drops_an_end_that_is_left(outcome: Outcome) -> None:
    assert made(ADD, outcome) == DROP


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (ADD, Outcome.UNCHANGED),
        (UPDATE, Outcome.UPDATED),
        (UPDATE, Outcome.UNCHANGED),
        (REVOKE, Outcome.UNCHANGED),
        *(
            (change, outcome)
            for change in (GRANT, FOR_GOOD)
            for outcome in (Outcome.REFUSED, Outcome.UNKNOWN)
        ),
    ],
)
def test_otherwise_the_end_stays_as_it_is(change: Change, outcome: Outcome) -> None:
    assert made(change, outcome) is None


def test_without_a_member_there_is_no_end() -> None:
    assert end_change(GRANT, ChangeResult(outcome=Outcome.ADDED)) is None


def test_a_member_without_an_address_is_found_by_the_one_they_were_granted_by() -> None:
    by_address = replace(GRANT, person=Person(email="new@example.org"))
    result = ChangeResult(outcome=Outcome.INVITED, member=replace(MEMBER, email=None))
    found = end_change(by_address, result)
    assert found is not None
    assert found.end is not None
    assert found.end.email == "new@example.org"


def test_the_digest_of_a_change_is_what_databases_have() -> None:
    """Written down by the first version; whoever repeats a key must find it."""
    intent = Intent(change=ADD, key="k", caller_id="me", credential="c", request_id="r", at=NOON)
    assert intent.input_digest == "bb23d1ee3fb0feaed284c512d602ba4b3e4e7566b9785c5029d1630f324ea3bf"


def test_an_address_is_not_in_a_representation() -> None:
    assert "example.org" not in repr(SET)
