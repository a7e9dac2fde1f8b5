"""What a payload, the rest of the document and the next request show of a project that was changed."""

import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey, Role, UserErrorCode
from gateway.sandbox.faults import Fault, FaultKind
from tests.mutations.conftest import MakeGround
from tests.mutations.ground import (
    NEWCOMER,
    VIEWER,
    WRITES,
    Change,
    Ground,
    Payload,
    QuantConnectGround,
    TestomatoGround,
    codes_of,
)

pytestmark = pytest.mark.anyio

any_write = pytest.mark.parametrize(("key", "change"), WRITES)

MEMBERS = "{ members(first: 100) { nodes { name role } } }"
PROJECTS = "query($who: EmailAddress) { projects(filter: { memberEmail: $who }) { nodes { id } } }"
ADD_THEN_REMOVE = f"""mutation($add: AddMemberInput!, $remove: RemoveMemberInput!) {{
  first: addMember(input: $add) {{ outcome project {MEMBERS} userErrors {{ code }} }}
  second: removeMember(input: $remove) {{ outcome project {MEMBERS} userErrors {{ code }} }}
}}"""
REMOVE_THEN_ADD = """mutation($add: AddMemberInput!, $remove: RemoveMemberInput!) {
  first: removeMember(input: $remove) { outcome }
  second: addMember(input: $add) { outcome }
}"""


@any_write
async def test_the_payload_shows_the_members_after_the_change(
    key: PlatformKey, change: Change, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    payload = await ground.make(change, showing=MEMBERS)
    name, role = as_wanted(change)
    assert roles_in(payload["project"]).get(name) == role


@any_write
async def test_the_payload_shows_them_also_where_the_answer_was_lost(
    key: PlatformKey, change: Change, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    ground.fail_write(change, Fault(kind=FaultKind.DROP_AFTER))
    payload = await ground.make(change, showing=MEMBERS)
    name, role = as_wanted(change)
    assert roles_in(payload["project"]).get(name) == role


@any_write
async def test_the_next_request_shows_the_members_after_the_change(
    key: PlatformKey, change: Change, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    before = await ground.members()
    await ground.make(change)
    after = await ground.members()
    name, role = as_wanted(change)
    assert after != before
    assert (after[name]["role"] if name in after else None) == role


async def test_the_next_list_of_projects_shows_them_too(ground: Ground) -> None:
    await ground.add("emil-kowalczyk" if ground.key is PlatformKey.TESTOMATO else "zanele-mthembu")
    who = (
        "emil.kowalczyk@example.com" if ground.key is PlatformKey.TESTOMATO else "zanele.mthembu@example.com"
    )
    data = await ground.stand.data(PROJECTS, who=who)
    assert [project["id"] for project in data["projects"]["nodes"]] == [ground.project_id()]


async def test_the_id_of_a_new_member_leads_to_them(ground: Ground) -> None:
    member = (await ground.add(NEWCOMER))["member"]
    data = await ground.stand.data("query($id: ID!) { node(id: $id) { id } }", id=member["id"])
    assert data["node"] == {"id": member["id"]}


async def test_the_id_of_a_removed_member_leads_nowhere(ground: Ground) -> None:
    gone = (await ground.remove(VIEWER))["removedMemberId"]
    data = await ground.stand.data("query($id: ID!) { node(id: $id) { id } }", id=gone)
    assert data["node"] is None


async def test_the_project_of_the_new_member_is_the_project_after_the_change(ground: Ground) -> None:
    shown = f"{{ member {{ project {MEMBERS} }} }}"
    document = f"mutation($input: AddMemberInput!) {{ addMember(input: $input) {shown} }}"
    given = {"projectId": ground.project_id(), "person": ground.reference(NEWCOMER), "role": "EDITOR"}
    data = await ground.stand.data(document, input=given)
    assert roles_in(data["addMember"]["member"]["project"])["Tomasz Wierzbicki"] == Role.EDITOR


async def test_two_changes_in_one_document_are_made_in_their_order(ground: Ground) -> None:
    data = await ground.stand.data(ADD_THEN_REMOVE, **both_of(NEWCOMER, ground))
    assert (data["first"]["outcome"], data["second"]["outcome"]) == (Outcome.ADDED, Outcome.REMOVED)
    assert ground.role_of(NEWCOMER) is None


async def test_the_other_order_has_another_end(ground: Ground) -> None:
    data = await ground.stand.data(REMOVE_THEN_ADD, **both_of(VIEWER, ground))
    assert (data["first"]["outcome"], data["second"]["outcome"]) == (Outcome.REMOVED, Outcome.ADDED)
    assert ground.role_of(VIEWER) is Role.EDITOR


async def test_each_of_two_changes_shows_the_members_at_its_own_moment(ground: Ground) -> None:
    data = await ground.stand.data(ADD_THEN_REMOVE, **both_of(NEWCOMER, ground))
    shown = ["Tomasz Wierzbicki" in roles_in(data[step]["project"]) for step in ("first", "second")]
    assert shown == [True, False]


async def test_the_first_of_two_changes_is_made_also_when_the_second_is_refused(ground: Ground) -> None:
    both = both_of(NEWCOMER, ground)
    both["remove"] = {"memberId": "no such id"}
    data = await ground.stand.data(ADD_THEN_REMOVE, **both)
    assert codes_of(data["second"]) == [UserErrorCode.INVALID_ID]
    assert ground.role_of(NEWCOMER) is Role.EDITOR


async def test_a_change_on_each_platform_fits_into_one_document(quantconnect: QuantConnectGround) -> None:
    stand = quantconnect.stand
    testomato = TestomatoGround(stand=stand, sandbox=stand.testomato)
    both = both_of(NEWCOMER, quantconnect) | {"remove": {"memberId": testomato.member_id(VIEWER)}}
    await stand.data(ADD_THEN_REMOVE, **both)
    assert (quantconnect.role_of(NEWCOMER), testomato.role_of(VIEWER)) == (Role.EDITOR, None)


async def test_what_was_left_unchanged_is_shown_as_it_is(ground: Ground) -> None:
    payload = await ground.add(VIEWER, Role.VIEWER, showing=MEMBERS)
    assert roles_in(payload["project"])["Caoimhe Doyle"] == Role.VIEWER


async def test_what_was_refused_is_shown_as_it_is(ground: Ground) -> None:
    payload = await ground.add(VIEWER, Role.EDITOR, showing=MEMBERS)
    assert roles_in(payload["project"])["Caoimhe Doyle"] == Role.VIEWER


async def test_members_that_cannot_be_read_afterwards_are_missing_by_name(testomato: TestomatoGround) -> None:
    testomato.fail_read_back_when_written(Fault(kind=FaultKind.STATUS, status=503))
    given = {"projectId": testomato.project_id(), "person": testomato.reference(NEWCOMER), "role": "EDITOR"}
    answer = await testomato.stand.execute(Change.ADD.document(project=MEMBERS), input=given)
    payload = answer["data"]["addMember"]
    assert (payload["outcome"], payload["project"]["members"]) == (Outcome.ADDED, None)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UPSTREAM_UNAVAILABLE"]


def as_wanted(change: Change) -> tuple[str, Role | None]:
    """Who is looked for after `Ground.make`, and as what."""
    if change is Change.ADD:
        return "Tomasz Wierzbicki", Role.EDITOR
    return "Caoimhe Doyle", None if change is Change.REMOVE else Role.EDITOR


def both_of(person: str, ground: Ground) -> dict[str, dict[str, object]]:
    """The variables of a document that adds and removes the same person."""
    return {
        "add": {"projectId": ground.project_id(), "person": ground.reference(person), "role": "EDITOR"},
        "remove": {"memberId": ground.member_id(person)},
    }


def roles_in(project: Payload) -> dict[str, str]:
    return {node["name"]: node["role"] for node in project["members"]["nodes"]}
