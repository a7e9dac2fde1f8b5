"""Arguments that do not fit: named errors, nobody asked, and nothing told again that is somebody's."""

import httpx
import pytest

from gateway.domain.vocabulary import Outcome
from tests.conftest import Stand
from tests.mutations.ground import NEWCOMER, VIEWER, Change, Ground, TestomatoGround

pytestmark = pytest.mark.anyio

ADDRESS = "somebody.private@example.com"

GOOD: dict[Change, dict[str, object]] = {
    Change.ADD: {"projectId": "x", "person": {"email": ADDRESS}, "role": "EDITOR"},
    Change.UPDATE: {"memberId": "x", "role": "EDITOR"},
    Change.REMOVE: {"memberId": "x"},
}
WRONG: dict[str, dict[str, object]] = {
    "person": {
        "null": None,
        "text": ADDRESS,
        "a list of two": [{"email": ADDRESS}, {"email": ADDRESS}],
        "neither": {},
        "both": {"email": ADDRESS, "upstreamUserId": "somebody-private"},
        "one that is null": {"email": None},
        "both, one of them null": {"email": ADDRESS, "upstreamUserId": None},
        "by another name": {"address": ADDRESS},
        "an empty address": {"email": ""},
        "a blank address": {"email": " "},
        "a name for an address": {"email": "somebody.private"},
        "an address without a dot": {"email": "somebody.private@example"},
        "an address with a second sign": {"email": "somebody.private@@example.com"},
        "an address with a name": {"email": f"Somebody <{ADDRESS}>"},
        "two addresses": {"email": f"{ADDRESS}, {ADDRESS}"},
        "a number for an address": {"email": 5},
        "a list for an address": {"email": [ADDRESS]},
        "a number for an id": {"upstreamUserId": 5},
        "an object for an id": {"upstreamUserId": {"email": ADDRESS}},
    },
    "role": {
        "null": None,
        "unknown": "KING",
        "in lower case": "editor",
        "empty": "",
        "a number": 4,
        "a list of two": ["EDITOR", "VIEWER"],
        "an address": ADDRESS,
    },
    "grant": {
        "unknown": ["FLY"],
        "null inside": ["LIVE_CONTROL", None],
        "a number": 1,
        "an object": {"action": "LIVE_CONTROL"},
        "an address": [ADDRESS],
    },
    "projectId": {"null": None, "a fraction": 1.5, "a truth": True, "a list": ["x", ADDRESS]},
    "memberId": {"null": None, "a fraction": 1.5, "a truth": True, "a list": ["x", ADDRESS]},
    "idempotencyKey": {"a number": 5, "a list": [ADDRESS], "an object": {"key": ADDRESS}},
    "note": {"no such argument": ADDRESS},
}
ARGUMENTS = [
    (change, argument)
    for change in Change
    for argument in (*GOOD[change], *(["grant"] if "role" in GOOD[change] else []), "idempotencyKey", "note")
]
REFUSED = (400, {"BAD_USER_INPUT"}, "nothing private")


@pytest.mark.parametrize(("change", "argument"), ARGUMENTS)
async def test_an_argument_that_does_not_fit_is_refused(change: Change, argument: str, stand: Stand) -> None:
    wrong = WRONG[argument]
    answers = {
        what: await answer_to(stand, change, {**GOOD[change], argument: value})
        for what, value in wrong.items()
    }
    assert answers == dict.fromkeys(wrong, REFUSED)
    assert calls_of(stand) == 0


@pytest.mark.parametrize("change", Change)
async def test_an_argument_that_is_missing_is_refused(change: Change, stand: Stand) -> None:
    answers = {
        name: await answer_to(
            stand, change, {key: value for key, value in GOOD[change].items() if key != name}
        )
        for name in GOOD[change]
    }
    assert answers == dict.fromkeys(GOOD[change], REFUSED)
    assert calls_of(stand) == 0


@pytest.mark.parametrize("given", [None, {}, ADDRESS, 5, [ADDRESS]])
@pytest.mark.parametrize("change", Change)
async def test_an_input_that_is_none_is_refused(change: Change, given: object, stand: Stand) -> None:
    assert await answer_to(stand, change, given) == REFUSED


@pytest.mark.parametrize(
    "literal",
    [
        'person: {email: "somebody.private"}, role: EDITOR',
        'person: {email: "somebody.private@@example.com"}, role: EDITOR',
        'person: {email: "a@example.com", upstreamUserId: "somebody.private"}, role: EDITOR',
        "person: {}, role: EDITOR",
        "person: {email: null}, role: EDITOR",
        f'person: "{ADDRESS}", role: EDITOR',
        f'person: {{email: "{ADDRESS}"}}, role: null',
        f'person: {{email: "{ADDRESS}"}}, role: KING',
        f'person: {{email: "{ADDRESS}"}}, role: "{ADDRESS}"',
        f'person: {{email: "{ADDRESS}"}}, role: EDITOR, grant: [FLY]',
        f'person: {{email: "{ADDRESS}"}}',
        f'person: {{email: "{ADDRESS}"}}, role: EDITOR, note: "x"',
    ],
)
async def test_a_literal_that_does_not_fit_makes_the_document_invalid(literal: str, stand: Stand) -> None:
    document = f'mutation {{ addMember(input: {{projectId: "x", {literal}}}) {{ outcome }} }}'
    answer = await stand.client.post("/graphql", json={"query": document})
    assert seen_in(answer) == (400, {"GRAPHQL_VALIDATION_FAILED"}, "nothing private")


async def test_a_cut_document_is_not_quoted(stand: Stand) -> None:
    document = f'mutation {{ addMember(input: {{person: {{email: "{ADDRESS}'
    answer = await stand.client.post("/graphql", json={"query": document})
    assert seen_in(answer) == (400, {"GRAPHQL_PARSE_FAILED"}, "nothing private")


async def test_a_refusal_names_no_address(quantconnect: Ground) -> None:
    given = {**GOOD[Change.ADD], "projectId": quantconnect.project_id()}
    answer = await post(quantconnect.stand, Change.ADD, given)
    assert "PERSON_UNKNOWN_ON_PLATFORM" in answer.text
    assert "private" not in answer.text


@pytest.mark.parametrize("change", Change)
async def test_a_mutation_sent_with_get_is_not_made(change: Change, ground: Ground) -> None:
    parameters = {"query": change.document(), "variables": "{}"}
    headers = {"Accept": "application/graphql-response+json"}
    answer = await ground.stand.client.get("/graphql", params=parameters, headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert ground.sandbox.calls.total_count == 0


async def test_one_action_stands_for_a_list_of_it(quantconnect: Ground) -> None:
    payload = await quantconnect.add(NEWCOMER, grant="LIVE_CONTROL")
    assert (payload["outcome"], payload["member"]["live"]) == (Outcome.ADDED, True)


async def test_an_action_that_is_named_twice_is_granted_once(quantconnect: Ground) -> None:
    payload = await quantconnect.update(VIEWER, grant=["LIVE_CONTROL", "LIVE_CONTROL"])
    assert (payload["outcome"], payload["member"]["live"]) == (Outcome.UPDATED, True)


async def test_an_address_is_trimmed_before_it_is_sent(testomato: TestomatoGround) -> None:
    payload = await testomato.add({"email": " someone.new@example.org\n"})
    assert payload["member"]["email"] == "someone.new@example.org"


async def post(stand: Stand, change: Change, given: object) -> httpx.Response:
    request = {"query": change.document(), "variables": {"input": given}}
    return await stand.client.post("/graphql", json=request)


async def answer_to(stand: Stand, change: Change, given: object) -> tuple[int, set[str], str]:
    return seen_in(await post(stand, change, given))


def seen_in(answer: httpx.Response) -> tuple[int, set[str], str]:
    """The status, the codes, and whether anything of what was given is in it."""
    codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
    return answer.status_code, codes, answer.text if "private" in answer.text else "nothing private"


def calls_of(stand: Stand) -> int:
    return stand.quantconnect.calls.total_count + stand.testomato.calls.total_count
