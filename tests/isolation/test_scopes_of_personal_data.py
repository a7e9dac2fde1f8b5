"""Personal data: null without `pii:read`, whichever way leads to it; and nobody is found by an address."""

import json

import pytest
from graphql import GraphQLInputObjectType, get_named_type, is_composite_type

from gateway.domain.caller import Scope
from gateway.domain.vocabulary import PlatformKey
from gateway.graph.schema import create_schema
from tests.isolation.accounts import revealed
from tests.isolation.border import EVERYTHING, codes_of
from tests.isolation.subjects import EDITOR, OWNER, PERSONAL_TEXTS, TIDEWATER, Guarded
from tests.isolation.ways import NOT_WALKED, Way, chosen, leaves, object_types, ways_to

pytestmark = pytest.mark.anyio

SCHEMA = create_schema().core
WITHOUT = EVERYTHING - {Scope.PII_READ}

# Every type that tells of a person, and its fields: what is personal, and what is for everybody.
PERSONAL = {
    "Member": {"email", "avatarUrl", "bio"},
    "PlatformAccount": {"email"},
    "Person": {"emails"},
    "Account": {"email"},
}
OPEN = {
    "Member": {"id", "platform", "upstreamId", "name", "timezone"}
    | {"role", "nativeRole", "isOwner", "isRemovable", "confirmed", "accessUntil"},
    "PlatformAccount": {"upstreamId", "name"},
    "Person": {"id", "displayName"},
    "Account": {"platform", "upstreamId", "name", "linkedBy"},
}
# What each platform's stand-in shows of the people that the ways lead to.
OF_BOTH = {"Person": {"emails"}, "Account": {"email"}}
SHOWN = {
    PlatformKey.QUANTCONNECT: {
        "Member": {"email", "avatarUrl", "bio"},
        "PlatformAccount": set(),
        **OF_BOTH,
    },
    PlatformKey.TESTOMATO: {"Member": {"email"}, "PlatformAccount": {"email"}, **OF_BOTH},
}
# A text with an address in it finds out whose that is.
NEEDS_PII_READ = "Query.accessDrift"
WAYS = chosen(ways_to(SCHEMA, PERSONAL.__contains__, beyond=True))
# To whatever has something in it.
EVERYWHERE = chosen(ways_to(SCHEMA, lambda type_name: bool(leaves(SCHEMA, type_name)), beyond=True))
MEMBERS_FOUND = """query ($project: ID!, $search: String!) {
  project(id: $project) { members(search: $search) { totalCount nodes { name } } } }"""
THE_TRAIL_OF = "query ($email: EmailAddress!) { auditLog(filter: {personEmail: $email}) { totalCount } }"
OF_A_PERSON = '{ projects(filter: {memberEmail: "%s"}) { totalCount } }'
ADD = """mutation ($add: AddMemberInput!) { addMember(input: $add) { outcome
  member { name email avatarUrl bio } project { members(search: "Tomasz") { nodes { name email } } } } }"""


def personal(way: Way) -> str:
    return " ".join(sorted(PERSONAL[way.end]))


# ---------------------------------------------------------------- the schema


@pytest.mark.parametrize("type_name", PERSONAL)
def test_every_field_of_a_person_is_known_as_personal_or_open(type_name: str) -> None:
    assert set(leaves(SCHEMA, type_name)) == PERSONAL[type_name] | OPEN[type_name]


def test_addresses_stand_in_the_fields_known_as_personal_only() -> None:
    fields = {
        (type_.name, name)
        for type_ in object_types(SCHEMA)
        for name, field in type_.fields.items()
        if get_named_type(field.type).name == "EmailAddress"
    }
    assert fields == {
        (type_name, name) for type_name, names in PERSONAL.items() for name in names & {"email", "emails"}
    }


def test_addresses_are_asked_for_by_the_arguments_tried_here_only() -> None:
    arguments = {
        f"{type_.name}.{name}"
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLInputObjectType)
        for name, field in type_.fields.items()
        if get_named_type(field.type).name == "EmailAddress"
    }
    arguments |= {
        f"{type_.name}.{name}({argument})"
        for type_ in object_types(SCHEMA)
        for name, field in type_.fields.items()
        for argument, definition in field.args.items()
        if get_named_type(definition.type).name == "EmailAddress"
    }
    assert arguments == {
        "AuditFilter.personEmail",
        "PersonRef.email",
        "ProjectFilter.memberEmail",
        "Query.person(email)",
    }


def test_every_field_with_something_in_it_is_asked_for_somewhere() -> None:
    """A few of the ways are chosen; all that they are chosen from lead to no other."""
    fields = {
        f"{type_.name}.{name}"
        for type_ in object_types(SCHEMA)
        for name, field in type_.fields.items()
        if is_composite_type(get_named_type(field.type))
    }
    walked = {step.name for way in EVERYWHERE for step in way.steps}
    assert walked == fields - NOT_WALKED.keys()


# ---------------------------------------------------------------- every way


@pytest.mark.parametrize("key", PlatformKey)
async def test_with_pii_read_every_way_leads_to_what_the_platform_shows(
    guarded: Guarded, key: PlatformKey
) -> None:
    missing = {}
    for way in WAYS:
        answer = await guarded.ask(way.document(personal(way)), key)
        found = way.follow(answer["data"])
        shown = {name for one in found for name, value in one.items() if value not in (None, [])}
        if not shown >= SHOWN[key][way.end]:
            missing[str(way)] = answer
    assert missing == {}


@pytest.mark.parametrize("key", PlatformKey)
async def test_without_pii_read_every_way_leads_to_nulls(guarded: Guarded, key: PlatformKey) -> None:
    otherwise = {}
    for way in [way for way in WAYS if way.steps[0].name != NEEDS_PII_READ]:
        answer = await guarded.ask(way.document(personal(way)), key, scopes=WITHOUT)
        found = way.follow(answer["data"])
        if "errors" in answer or not found or any(one[name] for one in found for name in PERSONAL[way.end]):
            otherwise[str(way)] = answer
    assert otherwise == {}


@pytest.mark.parametrize("key", PlatformKey)
async def test_without_pii_read_nothing_at_all_that_can_be_asked_for_is_personal(
    guarded: Guarded, key: PlatformKey
) -> None:
    """Not by the fields' names, but by what comes: ids and cursors opened, too."""
    told = {}
    for way in EVERYWHERE:
        everything = way.document(" ".join(leaves(SCHEMA, way.end)))
        answer = await guarded.ask(everything, key, scopes=WITHOUT)
        text = revealed(json.dumps(answer, ensure_ascii=False))
        if personal_texts := [one for one in PERSONAL_TEXTS if one in text]:
            told[str(way)] = personal_texts
    assert told == {}


@pytest.mark.parametrize("key", PlatformKey)
@pytest.mark.parametrize("order", [(EVERYTHING, WITHOUT), (WITHOUT, EVERYTHING)], ids=["first", "last"])
async def test_what_was_kept_for_one_caller_is_shown_to_the_next_as_they_may_see_it(
    guarded: Guarded, key: PlatformKey, order: tuple[frozenset[Scope], ...]
) -> None:
    """The same words, the same account, within the time in which nothing is read anew."""
    document = "query ($project: ID!) { project(id: $project) { members { nodes { email } } } }"
    told = []
    for scopes in (*order, *order):
        answer = await guarded.ask(document, key, scopes=scopes)
        nodes = answer["data"]["project"]["members"]["nodes"]
        told.append(any(node["email"] for node in nodes))
    assert told == [Scope.PII_READ in scopes for scopes in (*order, *order)]


@pytest.mark.parametrize(
    "document",
    [
        "query ($declaration: String!) { accessDrift(declaration: $declaration) { clean } }",
        "query ($declaration: String!) { planAccess(input: {declaration: $declaration}) { token } }",
    ],
)
async def test_without_pii_read_nothing_is_held_against_a_declaration(
    guarded: Guarded, document: str
) -> None:
    answer = await guarded.ask(document, PlatformKey.TESTOMATO, scopes=WITHOUT)
    assert codes_of(answer) == {"FORBIDDEN"}


# ---------------------------------------------------------------- looking for people


@pytest.mark.parametrize("scopes", [WITHOUT, EVERYTHING - {Scope.MEMBERS_READ}], ids=["pii", "members"])
async def test_projects_are_found_by_an_address_with_pii_read_and_members_read_only(
    guarded: Guarded, scopes: frozenset[Scope]
) -> None:
    document = OF_A_PERSON % TIDEWATER.person(OWNER).email
    answer = await guarded.border.ask(document, scopes=scopes)
    assert (codes_of(answer), answer["data"], guarded.call_count) == ({"FORBIDDEN"}, {"projects": None}, 0)


async def test_projects_are_found_by_an_address_with_both(guarded: Guarded) -> None:
    document = OF_A_PERSON % TIDEWATER.person(OWNER).email
    answer = await guarded.border.ask(document, scopes=[Scope.PII_READ, Scope.MEMBERS_READ])
    assert answer["data"]["projects"]["totalCount"] > 10


async def test_an_address_that_nobody_has_is_as_forbidden_as_any(guarded: Guarded) -> None:
    answer = await guarded.border.ask(OF_A_PERSON % "nobody@example.net", scopes=WITHOUT)
    assert codes_of(answer) == {"FORBIDDEN"}


@pytest.mark.parametrize("key", PlatformKey)
async def test_the_trail_of_a_person_is_found_by_an_address_with_pii_read(
    guarded: Guarded, key: PlatformKey
) -> None:
    email = TIDEWATER.person(EDITOR[key]).email.upper()
    answer = await guarded.ask(THE_TRAIL_OF, key, scopes=[Scope.AUDIT_READ, Scope.PII_READ], email=email)
    assert answer == {"data": {"auditLog": {"totalCount": 1}}}


@pytest.mark.parametrize("email", [TIDEWATER.person(OWNER).email, "nobody@example.net"])
async def test_without_pii_read_nobody_s_trail_is_found_by_an_address(guarded: Guarded, email: str) -> None:
    answer = await guarded.border.ask(THE_TRAIL_OF, scopes=WITHOUT, email=email)
    assert (codes_of(answer), answer["data"]) == ({"FORBIDDEN"}, None)


@pytest.mark.parametrize("key", PlatformKey)
@pytest.mark.parametrize("part", ["ingrid.solheim@example.com", "@", "example.com"])
async def test_without_pii_read_nobody_is_found_by_an_address(
    guarded: Guarded, key: PlatformKey, part: str
) -> None:
    answer = await guarded.ask(MEMBERS_FOUND, key, scopes=WITHOUT, search=part)
    assert answer == {"data": {"project": {"members": {"totalCount": 0, "nodes": []}}}}


@pytest.mark.parametrize("key", PlatformKey)
@pytest.mark.parametrize("scopes", [EVERYTHING, WITHOUT], ids=["with", "without"])
async def test_everybody_is_found_by_name_with_pii_read_and_without(
    guarded: Guarded, key: PlatformKey, scopes: frozenset[Scope]
) -> None:
    answer = await guarded.ask(MEMBERS_FOUND, key, scopes=scopes, search="ingrid sol")
    assert answer["data"]["project"]["members"]["nodes"] == [{"name": "Ingrid Solheim"}]


@pytest.mark.parametrize("key", PlatformKey)
async def test_with_pii_read_people_are_found_by_their_addresses(guarded: Guarded, key: PlatformKey) -> None:
    answer = await guarded.ask(MEMBERS_FOUND, key, search="INGRID.SOLHEIM@")
    assert answer["data"]["project"]["members"]["nodes"] == [{"name": "Ingrid Solheim"}]
