"""Personal data in what changes and their replays show."""

import json
from typing import Any

import pytest

from gateway.domain.caller import Scope
from gateway.domain.vocabulary import PlatformKey
from tests.isolation.border import EVERYTHING, codes_of
from tests.isolation.subjects import NEWCOMER, OWNER, PERSONAL_TEXTS, Guarded

pytestmark = pytest.mark.anyio

WITHOUT = EVERYTHING - {Scope.PII_READ}
ADD = """mutation ($add: AddMemberInput!) { addMember(input: $add) { outcome
  member { name email avatarUrl bio } project { members(search: "Tomasz") { nodes { name email } } } } }"""


def addition(guarded: Guarded, key: PlatformKey) -> dict[str, Any]:
    return {**guarded.addition(key, NEWCOMER), "idempotencyKey": "the key"}


def shown_by(answer: dict[str, Any]) -> dict[str, Any]:
    payload: dict[str, Any] = answer["data"]["addMember"]
    return payload


@pytest.mark.parametrize("key", PlatformKey)
async def test_without_pii_read_a_change_shows_the_newcomer_without_personal_data(
    guarded: Guarded, key: PlatformKey
) -> None:
    answer = await guarded.ask(ADD, key, scopes=WITHOUT, add=addition(guarded, key))
    assert shown_by(answer) == {
        "outcome": "ADDED",
        "member": {"name": "Tomasz Wierzbicki", "email": None, "avatarUrl": None, "bio": None},
        "project": {"members": {"nodes": [{"name": "Tomasz Wierzbicki", "email": None}]}},
    }


@pytest.mark.parametrize("key", PlatformKey)
async def test_a_replay_shows_what_its_caller_may_see_now_and_not_what_they_might_then(
    guarded: Guarded, key: PlatformKey
) -> None:
    bearer = guarded.border.keys.of(EVERYTHING)
    given = addition(guarded, key)
    before = shown_by(await guarded.border.ask(ADD, bearer=bearer, add=given))
    guarded.border.keys.narrow(bearer, to=WITHOUT)
    after = shown_by(await guarded.border.ask(ADD, bearer=bearer, add=given))
    assert (before["member"]["email"], after["member"]["email"]) == ("tomasz.wierzbicki@example.com", None)
    assert (after["outcome"], after["project"]["members"]["nodes"][0]["email"]) == ("ADDED", None)
    assert guarded.write_count == 1


@pytest.mark.parametrize("key", PlatformKey)
async def test_a_replay_shows_no_member_to_a_caller_who_may_see_none_any_more(
    guarded: Guarded, key: PlatformKey
) -> None:
    bearer = guarded.border.keys.of(EVERYTHING)
    given = addition(guarded, key)
    await guarded.border.ask(ADD, bearer=bearer, add=given)
    guarded.border.keys.narrow(bearer, to=EVERYTHING - {Scope.MEMBERS_READ})
    after = await guarded.border.ask(ADD, bearer=bearer, add=given)
    assert (codes_of(after), "Tomasz" in json.dumps(after)) == ({"FORBIDDEN"}, False)
    assert shown_by(after)["outcome"] == "ADDED"


@pytest.mark.parametrize("key", PlatformKey)
async def test_a_refusal_tells_no_personal_data(guarded: Guarded, key: PlatformKey) -> None:
    """The owner is in already; why nothing is changed is told without a word of theirs."""
    document = """mutation ($add: AddMemberInput!) { addMember(input: $add) {
      member { email } userErrors { code message } } }"""
    answer = await guarded.ask(document, key, scopes=WITHOUT, add=guarded.addition(key, OWNER))
    assert [one["code"] for one in shown_by(answer)["userErrors"]] == ["OWNER_IMMUTABLE"]
    assert not [one for one in PERSONAL_TEXTS if one in json.dumps(answer).lower()]
