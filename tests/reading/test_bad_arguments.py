"""Arguments that cannot be used: each is refused by name, and no address that somebody typed comes back."""

import base64
import json

import pytest
from graphql import GraphQLObjectType, build_schema

from gateway.graph.schema import print_schema
from tests.conftest import Stand
from tests.reading.bad_arguments import ADDRESS, ARGUMENTS
from tests.reading.questions import ask_id

pytestmark = pytest.mark.anyio


def literal(value: object) -> str:
    """As GraphQL writes it; what cannot be a name in a document is written as another one."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key.split('.')[0]}: {literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return json.dumps(value)


async def refused(stand: Stand, document: str, **variables: object) -> tuple[int, set[str], bool]:
    """The status and the codes of an answer without data, and whether it holds the address."""
    response = await stand.client.post("/graphql", json={"query": document, "variables": variables})
    answer = response.json()
    codes = {error["extensions"]["code"] for error in answer["errors"]}
    return response.status_code, codes, "solheim@" in response.text or "data" in answer


def test_every_argument_of_reading_is_among_those_tried() -> None:
    types = build_schema(print_schema()).type_map
    arguments = {
        f"{name}.{field}({argument})"
        for name, type_ in types.items()
        if isinstance(type_, GraphQLObjectType) and name != "Mutation" and not name.startswith("__")
        for field, definition in type_.fields.items()
        for argument in definition.args
    }
    assert arguments == set(ARGUMENTS)


@pytest.mark.parametrize("argument", ARGUMENTS)
async def test_a_variable_that_does_not_fit_is_refused_without_repeating_it(
    stand: Stand, argument: str
) -> None:
    type_, selection, values = ARGUMENTS[argument]
    document = f"query ($bad: {type_}) {selection}"
    outcomes = {repr(value): await refused(stand, document, bad=value) for value in values}
    assert outcomes == dict.fromkeys(outcomes, (400, {"BAD_USER_INPUT"}, False))


@pytest.mark.parametrize("argument", ARGUMENTS)
async def test_a_literal_that_does_not_fit_is_refused_without_repeating_addresses(
    stand: Stand, argument: str
) -> None:
    _, selection, values = ARGUMENTS[argument]
    documents = [selection.replace("$bad", literal(value)) for value in values]
    outcomes = {document: await refused(stand, document) for document in documents}
    assert outcomes == dict.fromkeys(outcomes, (400, {"GRAPHQL_VALIDATION_FAILED"}, False))


async def test_an_argument_that_must_be_given_is_missed(stand: Stand) -> None:
    assert await refused(stand, "{ node { id } }") == (400, {"GRAPHQL_VALIDATION_FAILED"}, False)


async def test_a_document_that_cannot_be_read_is_refused_without_repeating_addresses(stand: Stand) -> None:
    document = f'{{ projects(filter: {{memberEmail: "{ADDRESS}" }} "{ADDRESS}"'
    assert await refused(stand, document) == (400, {"GRAPHQL_PARSE_FAILED"}, False)


def cursor(*content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


NO_PAGES = {
    "first": [0, -1, 201, 2**31 - 1, -(2**31)],
    "after": [
        "",
        "nonsense",
        ADDRESS,
        "é",
        cursor(),
        cursor("NAME:ASC", [ADDRESS]),
        cursor("members", [ADDRESS]),
        cursor("people", [ADDRESS]),
        cursor("memberships", 5, ADDRESS),
        cursor("NAME:ASC", None),
        cursor("audit", ADDRESS),
        cursor({"name": ADDRESS}),
        cursor(ADDRESS, "x"),
        base64.b64encode(b"{}").decode(),
        base64.b64encode(b"[" * 50_000).decode(),
    ],
}


@pytest.mark.parametrize("argument", NO_PAGES)
@pytest.mark.parametrize(
    "path",
    [["projects"], ["auditLog"], ["project", "members"], ["people"], ["person", "memberships"]],
    ids=["projects", "audit log", "members", "people", "memberships"],
)
async def test_a_page_that_there_cannot_be_is_refused_at_its_field(
    stand: Stand, path: list[str], argument: str
) -> None:
    page = f"{path[-1]}({argument}: $bad) {{ totalCount }}"
    argument_of = {"project": "id: $id", "person": f'email: "{ADDRESS}"'}
    selection = page if len(path) == 1 else f"{path[0]}({argument_of[path[0]]}) {{ {page} }}"
    type_ = "Int" if argument == "first" else "String"
    document = f"query ($bad: {type_}, $id: ID!) {{ node(id: $id) {{ id }} {selection} }}"
    project_id = await ask_id(stand, "Careers")
    for value in NO_PAGES[argument]:
        answer = await stand.execute(document, bad=value, id=project_id)
        [error] = answer["errors"]
        assert (error["path"], error["extensions"]) == (path, {"code": "BAD_USER_INPUT"}), value
        assert error["message"].startswith(f"{argument}: ")
        assert ADDRESS not in error["message"]


async def test_the_cursor_of_another_list_or_order_is_refused(stand: Stand) -> None:
    page = "pageInfo { endCursor }"
    answer = await stand.data(
        f"{{ named: projects(first: 1) {{ {page} nodes {{ id }} }} "
        f"dated: projects(first: 1, orderBy: {{field: CREATED_AT, direction: ASC}}) {{ {page} }} }}"
    )
    for foreign in (answer["dated"]["pageInfo"]["endCursor"], cursor("members", 1, False, "a", "b")):
        refusal = await stand.execute(
            "query ($after: String) { projects(after: $after) { totalCount } }", after=foreign
        )
        [error] = refusal["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_one_bad_argument_spoils_its_own_field_only(stand: Stand) -> None:
    answer = await stand.execute("{ bad: projects(first: 0) { totalCount } good: projects { totalCount } }")
    assert (answer["data"]["bad"], answer["data"]["good"]["totalCount"] > 0) == (None, True)
    assert [error["path"] for error in answer["errors"]] == [["bad"]]


async def test_a_bad_page_size_costs_no_call(stand: Stand) -> None:
    await stand.execute("{ projects(first: 0) { totalCount } }")
    await stand.execute('{ projects(after: "nonsense") { totalCount } }')
    await stand.execute("{ people(first: 0) { totalCount } }")
    await stand.execute('{ people(after: "nonsense") { totalCount } }')
    await stand.execute('{ people(filter: {projectIds: ["nonsense"]}) { totalCount } }')
    await stand.execute("{ person { id } }")
    assert (stand.quantconnect.calls.total_count, stand.testomato.calls.total_count) == (0, 0)
