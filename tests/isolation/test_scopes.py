"""Who may see members, change them, see what was changed, see the schema: each scope opens only its own."""

from itertools import combinations
from typing import Any

import pytest
from graphql import get_named_type

from gateway.domain.caller import Scope
from gateway.domain.vocabulary import PlatformKey
from gateway.graph.schema import create_schema
from tests.isolation.border import EVERYTHING, codes_of
from tests.isolation.subjects import NAMES, NEWCOMER, Guarded
from tests.isolation.ways import NOT_WALKED, chosen, object_types, ways_to

pytestmark = pytest.mark.anyio

SCHEMA = create_schema().core
WAYS = {
    "Member": chosen(ways_to(SCHEMA, lambda type_name: type_name == "Member")),
    "Person": chosen(ways_to(SCHEMA, lambda type_name: type_name == "Person")),
}
# What holds one, and what each has as its name.
HOLDERS = {
    "Member": {"Member", "MemberEdge", "MemberConnection", "Node"},
    "Person": {"Person", "PersonEdge", "PersonConnection", "Node"},
}
NAME = {"Member": "name", "Person": "displayName"}
TYPES = pytest.mark.parametrize("type_name", WAYS)
WAYS_TO_THE_TRAIL = chosen(ways_to(SCHEMA, lambda type_name: type_name == "AuditEntry"))
MUTATIONS = list(SCHEMA.mutation_type.fields) if SCHEMA.mutation_type else []
# Each with its input, and what there is to ask of its payload.
CALLS = {
    "addMember": ("$add: AddMemberInput!", "input: $add", "outcome"),
    "updateMember": ("$update: UpdateMemberInput!", "input: $update", "outcome"),
    "removeMember": ("$remove: RemoveMemberInput!", "input: $remove", "outcome"),
    "grantAccess": ("$grant: GrantAccessInput!", "input: $grant", "complete"),
    "revokeAccess": ("$revoke: RevokeAccessInput!", "input: $revoke", "complete"),
    "applyAccessPlan": ("", 'input: {token: "none"}', "complete"),
}
AUDIT_LOG = "{ auditLog { totalCount } }"
INTROSPECTION = "{ __schema { queryType { name } } }"
SCOPE_SETS = [frozenset(some) for count in range(len(Scope) + 1) for some in combinations(Scope, count)]


def spelled(scopes: frozenset[Scope]) -> str:
    return " ".join(sorted(scopes)) or "none"


def change(mutation: str) -> str:
    """An operation that makes a change and asks only what became of it."""
    variables, arguments, asked = CALLS[mutation]
    declared = f"({variables})" if variables else ""
    return f"mutation {declared} {{ {mutation}({arguments}) {{ {asked} }} }}"


# ---------------------------------------------------------------- members:read


@TYPES
def test_the_ways_to_members_and_persons_lead_through_every_field_that_holds_them(type_name: str) -> None:
    """The walk is what the tests below stand on: nothing that holds one may be off its ways."""
    holders = HOLDERS[type_name]
    fields = {
        f"{type_.name}.{name}"
        for type_ in object_types(SCHEMA)
        for name, field in type_.fields.items()
        if get_named_type(field.type).name in holders
    }
    walked = {step.name for way in WAYS[type_name] for step in way.steps if step.to in holders}
    assert fields - NOT_WALKED.keys() == walked


@TYPES
@pytest.mark.parametrize("key", PlatformKey)
async def test_with_members_read_every_way_to_members_and_persons_leads_there(
    guarded: Guarded, key: PlatformKey, type_name: str
) -> None:
    dead_ends, name = [], NAME[type_name]
    for way in WAYS[type_name]:
        answer = await guarded.ask(way.document(name), key, scopes=EVERYTHING)
        if "errors" in answer or not {one[name] for one in way.follow(answer["data"])} & NAMES:
            dead_ends.append(str(way))
    assert dead_ends == []


@TYPES
@pytest.mark.parametrize("key", PlatformKey)
async def test_without_members_read_no_way_leads_to_a_member_or_person(
    guarded: Guarded, key: PlatformKey, type_name: str
) -> None:
    shown = {}
    for way in WAYS[type_name]:
        answer = await guarded.ask(
            way.document(f"id {NAME[type_name]}"), key, scopes=EVERYTHING - {Scope.MEMBERS_READ}
        )
        if way.follow(answer["data"]) or any(name in str(answer) for name in NAMES):
            shown[str(way)] = answer
    assert shown == {}


@TYPES
@pytest.mark.parametrize("key", PlatformKey)
async def test_without_members_read_every_way_to_members_and_persons_is_forbidden(
    guarded: Guarded, key: PlatformKey, type_name: str
) -> None:
    otherwise = {}
    for way in WAYS[type_name]:
        answer = await guarded.ask(way.document("id"), key, scopes=EVERYTHING - {Scope.MEMBERS_READ})
        if codes_of(answer) != {"FORBIDDEN"}:
            otherwise[str(way)] = answer
    assert otherwise == {}


@pytest.mark.parametrize("key", PlatformKey)
@pytest.mark.parametrize("field", ["totalCount", "pageInfo { endCursor }", "sources { platform }"])
async def test_without_members_read_a_list_of_members_does_not_even_tell_its_length(
    guarded: Guarded, key: PlatformKey, field: str
) -> None:
    document = f"query ($project: ID!) {{ project(id: $project) {{ members {{ {field} }} }} }}"
    answer = await guarded.ask(document, key, scopes=EVERYTHING - {Scope.MEMBERS_READ})
    assert (codes_of(answer), answer["data"]) == ({"FORBIDDEN"}, {"project": {"members": None}})


@pytest.mark.parametrize("field", ["totalCount", "pageInfo { endCursor }", "sources { platform }"])
async def test_without_members_read_nobody_is_told_how_many_people_there_are(
    guarded: Guarded, field: str
) -> None:
    document = f'{{ people(filter: {{search: "x"}}) {{ {field} }} }}'
    answer = await guarded.border.ask(document, scopes=EVERYTHING - {Scope.MEMBERS_READ})
    assert (codes_of(answer), answer["data"], guarded.call_count) == ({"FORBIDDEN"}, None, 0)


async def test_without_members_read_the_other_things_asked_for_by_id_arrive(guarded: Guarded) -> None:
    key = PlatformKey.TESTOMATO
    document = """query ($project: ID!, $member: ID!, $platform: ID!) {
      nodes(ids: [$project, $member, $platform]) { __typename } }"""
    answer = await guarded.ask(document, key, scopes=[])
    assert answer["data"]["nodes"] == [{"__typename": "Project"}, None, {"__typename": "Platform"}]
    assert [error["path"] for error in answer["errors"]] == [["nodes", 1]]


async def test_without_members_read_no_platform_is_asked_for_members(guarded: Guarded) -> None:
    for key in PlatformKey:
        await guarded.ask("query ($member: ID!) { node(id: $member) { id } }", key, scopes=[])
        await guarded.ask("query ($person: ID!) { node(id: $person) { id } }", key, scopes=[])
        await guarded.ask("query ($person: ID!) { person(id: $person) { id } }", key, scopes=[])
    assert guarded.call_count == 0


# ---------------------------------------------------------------- members:write


def test_every_mutation_is_among_those_tried_here() -> None:
    assert set(MUTATIONS) == set(CALLS)


@pytest.mark.parametrize("key", PlatformKey)
@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_without_members_write_a_change_is_forbidden(
    guarded: Guarded, mutation: str, key: PlatformKey
) -> None:
    answer = await guarded.ask(change(mutation), key, scopes=EVERYTHING - {Scope.MEMBERS_WRITE})
    assert (codes_of(answer), answer["data"]) == ({"FORBIDDEN"}, None)


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_without_members_write_nothing_at_all_is_sent(guarded: Guarded, mutation: str) -> None:
    for key in PlatformKey:
        await guarded.ask(change(mutation), key, scopes=EVERYTHING - {Scope.MEMBERS_WRITE})
    assert guarded.call_count == 0


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_without_members_write_an_id_that_is_none_is_forbidden_too(
    guarded: Guarded, mutation: str
) -> None:
    """Otherwise the order of the checks would tell which ids there are."""
    person = {"person": {"upstreamUserId": "x"}, "projectId": "x"}
    given = {"add": {**person, "role": "VIEWER"}, "update": {"memberId": "x", "role": "VIEWER"}}
    more: dict[str, Any] = {**given, "remove": {"memberId": "x"}}
    answer = await guarded.ask(
        change(mutation), PlatformKey.QUANTCONNECT, scopes=EVERYTHING - {Scope.MEMBERS_WRITE}, **more
    )
    assert codes_of(answer) == {"FORBIDDEN"}


@pytest.mark.parametrize("key", PlatformKey)
async def test_members_write_alone_is_enough_for_a_change(guarded: Guarded, key: PlatformKey) -> None:
    answer = await guarded.ask(
        change("addMember"), key, scopes=[Scope.MEMBERS_WRITE], add=guarded.addition(key, NEWCOMER)
    )
    assert (answer, guarded.write_count) == ({"data": {"addMember": {"outcome": "ADDED"}}}, 1)


# ---------------------------------------------------------------- audit:read


def test_the_ways_to_the_trail_lead_through_every_field_that_holds_it() -> None:
    holders = {"AuditEntry", "AuditEdge", "AuditConnection"}
    fields = {
        f"{type_.name}.{name}"
        for type_ in object_types(SCHEMA)
        for name, field in type_.fields.items()
        if get_named_type(field.type).name in holders
    }
    assert fields == {step.name for way in WAYS_TO_THE_TRAIL for step in way.steps}


@pytest.mark.parametrize("key", PlatformKey)
async def test_audit_read_alone_leads_to_the_trail(guarded: Guarded, key: PlatformKey) -> None:
    told = []
    for way in WAYS_TO_THE_TRAIL:
        answer = await guarded.ask(way.document("outcome"), key, scopes=[Scope.AUDIT_READ])
        told.append((codes_of(answer), way.follow(answer["data"])))
    assert told == [(set(), [{"outcome": "UNCHANGED"}])] * len(WAYS_TO_THE_TRAIL)


@pytest.mark.parametrize("key", PlatformKey)
async def test_without_audit_read_no_way_leads_to_the_trail(guarded: Guarded, key: PlatformKey) -> None:
    told = []
    for way in WAYS_TO_THE_TRAIL:
        answer = await guarded.ask(way.document("id"), key, scopes=EVERYTHING - {Scope.AUDIT_READ})
        told.append((codes_of(answer), answer["data"]))
    assert told == [({"FORBIDDEN"}, None)] * len(WAYS_TO_THE_TRAIL)


@pytest.mark.parametrize("field", ["totalCount", "pageInfo { endCursor }"])
async def test_without_audit_read_the_trail_does_not_even_tell_its_length(
    guarded: Guarded, field: str
) -> None:
    document = f"{{ auditLog {{ {field} }} }}"
    answer = await guarded.border.ask(document, scopes=EVERYTHING - {Scope.AUDIT_READ})
    assert (codes_of(answer), answer["data"]) == ({"FORBIDDEN"}, None)


# ---------------------------------------------------------------- each by itself


@pytest.mark.parametrize("variables", [{"GATEWAY_PROFILE": "production"}], ids=["production"])
@pytest.mark.parametrize("scopes", SCOPE_SETS, ids=spelled)
async def test_each_scope_opens_what_is_its_own_and_nothing_else(
    guarded: Guarded, scopes: frozenset[Scope]
) -> None:
    key = PlatformKey.QUANTCONNECT
    owner = await guarded.ask(
        "query ($project: ID!) { project(id: $project) { owner { name email } } }", key, scopes=scopes
    )
    found = owner["data"]["project"]["owner"]
    changed = await guarded.ask(change("updateMember"), key, scopes=scopes)
    trail = await guarded.border.ask(AUDIT_LOG, scopes=scopes)
    schema = await guarded.border.send(INTROSPECTION, scopes=scopes)
    opened = {
        Scope.MEMBERS_READ: found is not None,
        Scope.MEMBERS_WRITE: changed["data"] is not None,
        Scope.AUDIT_READ: trail["data"] is not None,
        Scope.EXPLORER: schema.status_code == 200,
    }
    assert {scope for scope, is_open in opened.items() if is_open} == scopes - {Scope.PII_READ}
    if found is not None:
        assert (found["email"] is not None) == (Scope.PII_READ in scopes)


async def test_whoever_has_no_key_reaches_no_platform(guarded: Guarded) -> None:
    response = await guarded.border.client.post(
        "/graphql", json={"query": "{ projects { totalCount } platforms { account { name } } }"}
    )
    assert (response.status_code, "data" in response.json(), guarded.call_count) == (401, False, 0)


async def test_a_scope_that_is_taken_away_is_gone_with_the_next_request(guarded: Guarded) -> None:
    key = PlatformKey.QUANTCONNECT
    document = "query ($project: ID!) { project(id: $project) { owner { name } } }"
    held = guarded.border.keys.of([Scope.MEMBERS_READ])
    given = {"project": guarded.subjects(key)["project"]}
    before = await guarded.border.ask(document, bearer=held, **given)
    guarded.border.keys.narrow(held, to=[])
    after = await guarded.border.ask(document, bearer=held, **given)
    assert (codes_of(before), codes_of(after)) == (set(), {"FORBIDDEN"})
