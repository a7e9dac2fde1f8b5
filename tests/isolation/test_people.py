"""People and the export: who is found by what, and nothing of what another account was told."""

import csv
import io
import json

import pytest

from gateway.domain.caller import Scope
from tests.isolation.accounts import AMBER, COBALT, Account, revealed
from tests.isolation.border import EVERYTHING, Border, codes_of
from tests.isolation.subjects import OWNER, PERSONAL_TEXTS, TIDEWATER, Guarded
from tests.isolation.visitors import theirs_alone

pytestmark = pytest.mark.anyio

WITHOUT = EVERYTHING - {Scope.PII_READ}
INGRID = TIDEWATER.person(OWNER)
BY_ADDRESS = "query ($email: EmailAddress!) { person(email: $email) { displayName } }"
SEARCH = "query ($part: String!) { people(filter: {search: $part}) { totalCount nodes { displayName } } }"
ALL = """{ people(first: 100) { totalCount nodes { id displayName emails
  accounts { platform upstreamId name email } memberships(first: 20) { edges { cursor } nodes { id } } }
  edges { cursor } } }"""
EXPORT = "/export/access.csv"


# ---------------------------------------------------------------- looking for people


@pytest.mark.parametrize("scopes", [WITHOUT, EVERYTHING - {Scope.MEMBERS_READ}], ids=["pii", "members"])
@pytest.mark.parametrize("email", [INGRID.email, "nobody@example.net"], ids=["somebody's", "nobody's"])
async def test_a_person_is_found_by_an_address_with_pii_read_and_members_read_only(
    guarded: Guarded, scopes: frozenset[Scope], email: str
) -> None:
    answer = await guarded.border.ask(BY_ADDRESS, scopes=scopes, email=email)
    assert (codes_of(answer), answer["data"], guarded.call_count) == ({"FORBIDDEN"}, {"person": None}, 0)


async def test_a_person_is_found_by_an_address_with_both(guarded: Guarded) -> None:
    scopes = [Scope.PII_READ, Scope.MEMBERS_READ]
    answer = await guarded.border.ask(BY_ADDRESS, scopes=scopes, email=INGRID.email)
    assert answer == {"data": {"person": {"displayName": INGRID.name}}}


@pytest.mark.parametrize("part", [INGRID.email, "@", "example.com", "solheim@", ".solheim"])
async def test_without_pii_read_no_part_of_an_address_finds_anybody(guarded: Guarded, part: str) -> None:
    answers = [await guarded.border.ask(SEARCH, scopes=one, part=part) for one in (EVERYTHING, WITHOUT)]
    counts = [answer["data"]["people"]["totalCount"] for answer in answers]
    assert (counts[0] > 0, counts[1]) == (True, 0)


@pytest.mark.parametrize("part", ["ingrid sol", OWNER])
@pytest.mark.parametrize("scopes", [EVERYTHING, WITHOUT], ids=["with", "without"])
async def test_everybody_is_found_by_what_they_may_be_seen_by(
    guarded: Guarded, scopes: frozenset[Scope], part: str
) -> None:
    answer = await guarded.border.ask(SEARCH, scopes=scopes, part=part)
    assert answer["data"]["people"] == {"totalCount": 1, "nodes": [{"displayName": INGRID.name}]}


async def test_without_pii_read_no_address_is_anywhere_ids_and_cursors_opened_too(guarded: Guarded) -> None:
    told = revealed(json.dumps(await guarded.border.ask(ALL, scopes=WITHOUT), ensure_ascii=False))
    assert INGRID.name.lower() in told
    assert [one for one in PERSONAL_TEXTS if one in told] == []


async def test_persons_and_their_ids_are_the_same_with_pii_read_and_without(guarded: Guarded) -> None:
    document = (
        "{ people(first: 200) { totalCount nodes { id displayName accounts { upstreamId linkedBy } } } }"
    )
    answers = [await guarded.border.ask(document, scopes=scopes) for scopes in (WITHOUT, EVERYTHING)]
    assert answers[0] == answers[1]


# ---------------------------------------------------------------- whose people


@pytest.mark.parametrize(("mark", "other"), [(AMBER, COBALT), (COBALT, AMBER)])
async def test_an_account_is_told_of_its_own_people_only(
    shared: Border, accounts: dict[str, Account], mark: str, other: str
) -> None:
    for one in (other, mark, mark):
        answer = await shared.ask(ALL, headers=accounts[one].headers)
        told = revealed(json.dumps(answer))
        assert mark not in told or one == mark
    assert answer["data"]["people"]["totalCount"] == 5
    assert [text for text in theirs_alone(accounts[other]) if text in told] == []


async def test_what_another_account_was_told_changes_no_id(
    shared: Border, accounts: dict[str, Account]
) -> None:
    """The one sees an account on QuantConnect that the other has lost; otherwise theirs have the same ids."""
    amber, cobalt = accounts[AMBER], accounts[COBALT]
    document = (
        "query ($email: EmailAddress!) { person(email: $email) { id accounts { platform upstreamId } } }"
    )

    async def person(account: Account) -> dict[str, object]:
        answer = await shared.ask(document, headers=account.headers, email=account.email_of("crew-1"))
        found: dict[str, object] = answer["data"]["person"]
        return found

    for project in cobalt.quantconnect.state.projects.values():
        cobalt.quantconnect.state.drop_collaboration(project, "crew-1")
    seen, lost = await person(amber), await person(cobalt)
    assert [len(one["accounts"]) for one in (seen, lost)] == [2, 1]  # type: ignore[arg-type]
    assert seen["id"] != lost["id"]


async def test_the_export_holds_the_people_of_its_account_only(
    shared: Border, accounts: dict[str, Account]
) -> None:
    key = {"Authorization": f"Bearer {shared.keys.of(EVERYTHING)}"}
    for one, other in ((AMBER, COBALT), (COBALT, AMBER)):
        response = await shared.client.get(EXPORT, headers={**key, **accounts[one].headers})
        told = revealed(f"{response.headers} {response.text}")
        assert len(list(csv.reader(io.StringIO(response.text)))) > 20
        assert (one in told, other in told) == (True, False)


async def test_half_a_pair_of_credentials_gets_no_export(shared: Border) -> None:
    key = {"Authorization": f"Bearer {shared.keys.of(EVERYTHING)}"}
    response = await shared.client.get(EXPORT, headers={**key, "X-QuantConnect-Token": "s3cret"})
    [error] = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert "s3cret" not in response.text
