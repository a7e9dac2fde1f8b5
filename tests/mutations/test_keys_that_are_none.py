"""An idempotency key that cannot be one is told of all mutations, before anybody is asked for anything."""

import pytest

from tests.conftest import Stand
from tests.mutations.ground import TestomatoGround

pytestmark = pytest.mark.anyio

PERSON = {"email": "somebody.private@example.com"}
INPUTS = {
    "addMember": {"person": PERSON, "role": "EDITOR", "projectId": "project"},
    "updateMember": {"memberId": "member", "role": "EDITOR"},
    "removeMember": {"memberId": "member"},
    "grantAccess": {"person": PERSON, "targets": [{"projectId": "project", "role": "EDITOR"}]},
    "revokeAccess": {"person": PERSON, "everywhere": True},
}
LONGEST = 255
NO_KEYS = {
    "too long": "k" * (LONGEST + 1),
    "a line break": "key\nkey",
    "a tabulator": "key\tkey",
    "a zero": "key\x00",
    "what stands between a key and a place": "key\x1f0",
    "an escape": "\x1b[31mkey",
    "a delete": "key\x7f",
}


async def answer_to(stand: Stand, mutation: str, key: str) -> dict[str, object]:
    ground = TestomatoGround(stand=stand, sandbox=stand.testomato)
    named = {"projectId": ground.project_id(), "memberId": ground.member_id("caoimhe-doyle")}
    given = {name: named.get(name, value) for name, value in INPUTS[mutation].items()}
    if "targets" in given:
        given["targets"] = [{"projectId": named["projectId"], "role": "EDITOR"}]
    document = (
        f"mutation($input: {mutation[0].upper()}{mutation[1:]}Input!) "
        f"{{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"
    )
    return await stand.execute(document, input={**given, "idempotencyKey": key})


@pytest.mark.parametrize("key", NO_KEYS.values(), ids=NO_KEYS)
@pytest.mark.parametrize("mutation", INPUTS)
async def test_a_key_that_cannot_be_one_is_refused(stand: Stand, mutation: str, key: str) -> None:
    answer = await answer_to(stand, mutation, key)
    [error] = answer["errors"]
    assert (answer["data"], error["extensions"]["code"]) == (None, "BAD_USER_INPUT")
    assert error["message"].startswith("input.idempotencyKey: at most 255 characters")
    assert stand.quantconnect.calls.total_count + stand.testomato.calls.total_count == 0


@pytest.mark.parametrize("key", ["k" * LONGEST, "clé, 鍵, 🗝", " k ", "k-1_2.3:4/5"])
@pytest.mark.parametrize("mutation", INPUTS)
async def test_any_other_text_is_one(stand: Stand, mutation: str, key: str) -> None:
    assert "errors" not in await answer_to(stand, mutation, key)
