"""gateway/store/rows.py: what an earlier version has written can be read.

A change of a domain value that breaks a test here needs a migration.
"""

import json

import msgspec
import pytest

from gateway.access.changing.change import AddMember, GrantAccess, RemoveMember, RevokeAccess, UpdateMember
from gateway.access.changing.ledger import Sent
from gateway.domain.member import Member
from gateway.domain.membership import Person, UserError
from gateway.domain.permission import Permission
from gateway.domain.vocabulary import Action, Outcome, PlatformKey, Role, UserErrorCode
from gateway.store import rows

# As version 1 of the tables holds them.
MEMBER_TEXT = json.dumps(
    {
        "platform": "TESTOMATO",
        "project_upstream_id": "a1",
        "upstream_id": "4291",
        "name": "Ingrid Solheim",
        "email": "ingrid@example.org",
        "avatar_url": None,
        "bio": None,
        "timezone": "Europe/Oslo",
        "role": "VIEWER",
        "native_role": "project guest",
        "permissions": [{"action": "READ", "granted": True, "native_name": "read"}],
        "is_addressable": True,
        "is_removable": True,
        "confirmed": False,
    }
)
ERROR = {"code": "OUTCOME_UNKNOWN", "message": "Look.", "field": ["input", "projectId"], "retryable": False}
ROW = {
    "id": 7,
    "caller_id": "key:hr",
    "credential": "0f",
    "idempotency_key": "k",
    "plan_token": None,
    "operation": "addMember",
    "input": '{"platform":"TESTOMATO","project_upstream_id":"a1",'
    '"person":{"email":"ingrid@example.org","upstream_user_id":null},"role":"VIEWER","grant":["READ"]}',
    "request_id": "r-1",
    "begun_at": "2026-11-21T12:00:00.000000+00:00",
    "sent_at": "2026-11-21T12:00:01.000000+00:00",
    "sent_operation": None,  # for which there was no column
    "sent_input": '{"platform":"TESTOMATO","project_upstream_id":"a1",'
    '"person":{"email":"ingrid@example.org","upstream_user_id":null},"role":"VIEWER","grant":["READ"]}',
    "member_before": None,
    "result": f'{{"outcome":"UNKNOWN","member":{MEMBER_TEXT},"user_errors":[{json.dumps(ERROR)}]}}',
}
REMOVE_TEXT = '{"platform":"QUANTCONNECT","project_upstream_id":"1","member_upstream_id":"i"}'
UPDATE_TEXT = REMOVE_TEXT.replace("}", ',"role":"EDITOR","grant":[]}')

MEMBER = Member(
    platform=PlatformKey.TESTOMATO,
    project_upstream_id="a1",
    upstream_id="4291",
    name="Ingrid Solheim",
    email="ingrid@example.org",
    avatar_url=None,
    bio=None,
    timezone="Europe/Oslo",
    role=Role.VIEWER,
    native_role="project guest",
    permissions=(Permission(action=Action.READ, granted=True, native_name="read"),),
    is_addressable=True,
    is_removable=True,
    confirmed=False,
)
ADD = AddMember(
    platform=PlatformKey.TESTOMATO,
    project_upstream_id="a1",
    person=Person(email="ingrid@example.org"),
    role=Role.VIEWER,
    grant=frozenset({Action.READ}),
)


def test_an_outcome_of_version_1_can_be_read() -> None:
    settled = rows.settled(ROW)
    error = UserError(code=UserErrorCode.OUTCOME_UNKNOWN, message="Look.", field=("input", "projectId"))
    result = settled.result
    assert (result.outcome, result.member, result.user_errors) == (Outcome.UNKNOWN, MEMBER, (error,))
    assert settled.sent == Sent(change=ADD, before=None)


def test_an_intent_of_version_1_can_be_read() -> None:
    entry = rows.unsettled({**ROW, "member_before": MEMBER_TEXT})
    assert (entry.intent.change, entry.intent.key, entry.intent.caller_id) == (ADD, "k", "key:hr")
    assert entry.sent == Sent(change=ADD, before=MEMBER)


def test_the_digest_of_an_input_is_what_version_1_made_of_it() -> None:
    assert rows.unsettled(ROW).intent.input_digest == (
        "13460f45aab277b4ef2b4e27c28c0a88da7bf4b976867ed5081f5b9c91ac8ab9"
    )


def test_every_operation_of_version_1_can_be_read() -> None:
    update = UpdateMember(
        platform=PlatformKey.QUANTCONNECT, project_upstream_id="1", member_upstream_id="i", role=Role.EDITOR
    )
    remove = RemoveMember(platform=PlatformKey.QUANTCONNECT, project_upstream_id="1", member_upstream_id="i")
    texts = {"updateMember": UPDATE_TEXT, "removeMember": REMOVE_TEXT}
    read = [
        rows.unsettled({**ROW, "operation": name, "input": text, "sent_input": text}).sent.change
        for name, text in texts.items()
    ]
    assert read == [update, remove]


def test_a_change_is_read_as_it_was_asked_for_and_as_it_was_sent() -> None:
    person = '"person":{"email":null,"upstream_user_id":"i"}'
    asked = f'{{"platform":"QUANTCONNECT","project_upstream_id":"1",{person}'
    grant = {"operation": "grantAccess", "input": f'{asked},"role":"EDITOR","grant":[]}}'}
    revocation = {"operation": "revokeAccess", "input": f"{asked}}}"}
    read = [
        rows.unsettled({**ROW, **row, "sent_operation": name, "sent_input": text})
        for row, name, text in (
            (grant, "updateMember", UPDATE_TEXT),
            (revocation, "removeMember", REMOVE_TEXT),
        )
    ]
    named = {"platform": PlatformKey.QUANTCONNECT, "project_upstream_id": "1"}
    whom = Person(upstream_user_id="i")
    assert [entry.intent.change for entry in read] == [
        GrantAccess(**named, person=whom, role=Role.EDITOR),
        RevokeAccess(**named, person=whom),
    ]
    assert [entry.sent.change for entry in read] == [
        UpdateMember(**named, member_upstream_id="i", role=Role.EDITOR),
        RemoveMember(**named, member_upstream_id="i"),
    ]


def test_what_is_asked_for_but_never_sent_is_none_that_was_sent() -> None:
    row = {
        **ROW,
        "sent_operation": "revokeAccess",
        "sent_input": '{"platform":"QUANTCONNECT",'
        '"project_upstream_id":"1","person":{"email":null,"upstream_user_id":"i"}}',
    }
    with pytest.raises(msgspec.ValidationError, match="none that is sent"):
        rows.unsettled(row)
