"""What each scope opens, and what stays closed without it, through a served gateway."""

from pathlib import Path
from typing import Any

import pytest

from gateway.domain.caller import Scope
from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from gateway.http.authentication.api_keys import new_key
from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import MakeStand, Stand

pytestmark = pytest.mark.anyio

ADDRESS = TIDEWATER.person("ingrid-solheim").email
MEMBERS = "{ projects(first: 3) { nodes { members { nodes { name email avatarUrl bio } } } } }"
OWNERS = "{ projects(first: 3) { nodes { owner { name } } } }"
BY_ID = "query ($id: ID!) { node(id: $id) { ... on Member { name } } }"
BY_ADDRESS = "query ($email: EmailAddress!) { projects(filter: {memberEmail: $email}) { totalCount } }"
ADD = """mutation ($input: AddMemberInput!) {
  addMember(input: $input) { outcome userErrors { code } } }"""

Answer = dict[str, Any]


class Desk:
    """A gateway that knows its callers by keys."""

    def __init__(self, stand: Stand, file: Path) -> None:
        self.stand = stand
        self._file = file
        self._keys: dict[str, str] = {}

    async def ask(self, document: str, *scopes: Scope, caller: str = "one", **variables: object) -> Answer:
        """The answer to a caller with these scopes."""
        if caller not in self._keys:
            self._keys[caller] = new_key(self._file, name=caller, scopes=scopes)
        response = await self.stand.client.post(
            "/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {self._keys[caller]}"},
        )
        assert response.status_code == 200, response.text
        answer: Answer = response.json()
        return answer

    @property
    def member_id(self) -> str:
        """Of somebody in a project."""
        project_id = str(next(iter(self.stand.quantconnect.state.projects)))
        return ids.member_id(PlatformKey.QUANTCONNECT, project_id, "ingrid-solheim")

    @property
    def addition(self) -> dict[str, object]:
        """A change that nothing stands against."""
        project_id = next(iter(self.stand.testomato.state.projects))
        return {
            "projectId": ids.project_id(PlatformKey.TESTOMATO, project_id),
            "person": {"email": "somebody.new@example.org"},
            "role": "VIEWER",
        }


@pytest.fixture
async def desk(make_stand: MakeStand, tmp_path: Path) -> Desk:
    file = tmp_path / "keys.toml"
    new_key(file, name="spare", scopes=[])
    stand = await make_stand(settings={"GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": str(file)})
    return Desk(stand, file)


def codes_of(answer: Answer) -> set[str]:
    return {error["extensions"]["code"] for error in answer.get("errors", ())}


def people_in(answer: Answer) -> list[dict[str, Any]]:
    return [
        person for project in answer["data"]["projects"]["nodes"] for person in project["members"]["nodes"]
    ]


EVERYTHING_BUT = {scope: [other for other in Scope if other is not scope] for scope in Scope}


async def test_projects_need_no_scope(desk: Desk) -> None:
    answer = await desk.ask("{ projects { totalCount sources { state } } platforms { status } }")
    assert ("errors" in answer, answer["data"]["projects"]["totalCount"] > 5) == (False, True)


@pytest.mark.parametrize("document", [MEMBERS, OWNERS, BY_ID, BY_ADDRESS])
async def test_people_are_forbidden_without_the_scope_to_read_members(desk: Desk, document: str) -> None:
    answer = await desk.ask(document, *EVERYTHING_BUT[Scope.MEMBERS_READ], id=desk.member_id, email=ADDRESS)
    assert codes_of(answer) == {"FORBIDDEN"}
    assert "Ingrid" not in str(answer)


@pytest.mark.parametrize("document", [MEMBERS, OWNERS, BY_ID])
async def test_people_are_shown_with_the_scope_to_read_members(desk: Desk, document: str) -> None:
    answer = await desk.ask(document, Scope.MEMBERS_READ, id=desk.member_id)
    assert ("errors" in answer, "Ingrid" in str(answer)) == (False, True)


async def test_what_is_personal_is_null_without_its_scope(desk: Desk) -> None:
    answer = await desk.ask(MEMBERS, *EVERYTHING_BUT[Scope.PII_READ])
    people = people_in(answer)
    assert ("errors" in answer, len(people) > 5) == (False, True)
    assert {(person["email"], person["avatarUrl"], person["bio"]) for person in people} == {(None,) * 3}


async def test_what_is_personal_is_shown_with_its_scope(desk: Desk) -> None:
    answer = await desk.ask(MEMBERS, Scope.MEMBERS_READ, Scope.PII_READ)
    assert [person for person in people_in(answer) if person["email"]]


async def test_nobody_is_looked_for_by_address_without_the_scope_for_it(desk: Desk) -> None:
    answer = await desk.ask(BY_ADDRESS, *EVERYTHING_BUT[Scope.PII_READ], email=ADDRESS)
    assert codes_of(answer) == {"FORBIDDEN"}


async def test_a_search_among_members_finds_nobody_by_address_without_the_scope_for_it(desk: Desk) -> None:
    """Otherwise an address could be guessed letter by letter."""
    document = "query ($part: String!) { projects { nodes { members(search: $part) { totalCount } } } }"
    part = ADDRESS.partition("@")[2]
    blind = await desk.ask(document, Scope.MEMBERS_READ, caller="blind", part=part)
    seeing = await desk.ask(document, *Scope, caller="seeing", part=part)
    found = [
        sum(project["members"]["totalCount"] for project in answer["data"]["projects"]["nodes"])
        for answer in (blind, seeing)
    ]
    assert (found[0], found[1] > 0) == (0, True)


async def test_a_change_is_forbidden_without_its_scope_and_nothing_is_sent(desk: Desk) -> None:
    answer = await desk.ask(ADD, *EVERYTHING_BUT[Scope.MEMBERS_WRITE], input=desk.addition)
    assert codes_of(answer) == {"FORBIDDEN"}
    assert desk.stand.testomato.calls.total_count == 0


async def test_a_change_needs_no_other_scope(desk: Desk) -> None:
    answer = await desk.ask(ADD, Scope.MEMBERS_WRITE, input=desk.addition)
    assert answer["data"]["addMember"] == {"outcome": "INVITED", "userErrors": []}


async def test_a_change_shows_nobody_to_a_caller_who_may_not_read_members(desk: Desk) -> None:
    document = """mutation ($input: AddMemberInput!) {
      addMember(input: $input) { outcome member { name email } project { members { totalCount } } } }"""
    answer = await desk.ask(document, Scope.MEMBERS_WRITE, input=desk.addition)
    assert codes_of(answer) == {"FORBIDDEN"}
    assert "somebody.new" not in str(answer)


async def test_two_callers_under_one_idempotency_key_are_two_changes(desk: Desk) -> None:
    """Otherwise one caller's key could learn, or stand in the way of, what another does."""
    given = {**desk.addition, "idempotencyKey": "monday-1"}
    first = await desk.ask(ADD, Scope.MEMBERS_WRITE, caller="one", input=given)
    other = await desk.ask(ADD, Scope.MEMBERS_WRITE, caller="two", input={**given, "role": "EDITOR"})
    outcomes = [answer["data"]["addMember"] for answer in (first, other)]
    assert outcomes[0]["outcome"] == "INVITED"
    assert "IDEMPOTENCY_KEY_REUSED" not in str(outcomes[1])
