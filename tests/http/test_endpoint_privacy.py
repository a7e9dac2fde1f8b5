"""gateway/http/endpoint.py: what a client typed is not quoted back, not even a slip of an address."""

import httpx
import pytest

pytestmark = pytest.mark.anyio

ADD = "mutation ($input: AddMemberInput!) { addMember(input: $input) { outcome } }"
FIND = "{{ projects(filter: {{memberEmail: {literal}}}) {{ totalCount }} }}"

ADDRESSES = [
    "mara.lindqvist",
    "mara.lindqvist@",
    "mara.lindqvist at example.org",
    "mara.lindqvist@example.org,",
]


async def answer_to(client: httpx.AsyncClient, query: str, **variables: object) -> str:
    """The text of a refusal."""
    response = await client.post("/graphql", json={"query": query, "variables": variables})
    assert response.status_code == 400
    return response.text


def addition(**changes: object) -> dict[str, object]:
    return {"projectId": "x", "person": {"email": "a@example.org"}, "role": "VIEWER", **changes}


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_bad_address_in_a_variable_is_not_quoted(client: httpx.AsyncClient, address: str) -> None:
    text = await answer_to(client, ADD, input=addition(person={"email": address}))
    assert ("This is not an e-mail address." in text, "mara" in text) == (True, False)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_bad_address_in_a_literal_is_not_quoted(client: httpx.AsyncClient, address: str) -> None:
    text = await answer_to(client, FIND.format(literal=f'"{address}"'))
    assert ("This is not an e-mail address." in text, "mara" in text) == (True, False)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_bad_address_in_a_default_is_not_quoted(client: httpx.AsyncClient, address: str) -> None:
    text = await answer_to(
        client,
        f'query ($email: EmailAddress = "{address}") '
        "{ projects(filter: {memberEmail: $email}) { totalCount } }",
    )
    assert ("This is not an e-mail address." in text, "mara" in text) == (True, False)


@pytest.mark.parametrize("address", [*ADDRESSES, "mara.lindqvist@example.org"])
@pytest.mark.parametrize(
    "mistake",
    [
        {"role": None},
        {"roll": "VIEWER"},
        {"grant": {"action": "READ"}},
    ],
    ids=["a value missing", "a field too many", "another type"],
)
async def test_an_address_beside_a_mistake_is_not_quoted(
    client: httpx.AsyncClient, address: str, mistake: dict[str, object]
) -> None:
    text = await answer_to(client, ADD, input=addition(person={"email": address}, **mistake))
    assert "mara" not in text


@pytest.mark.parametrize("address", [*ADDRESSES, "mara.lindqvist@example.org"])
@pytest.mark.parametrize(
    "variables",
    [
        {"input": addition(projectId=["{}"])},
        {"input": addition(person="{}")},
        {"input": addition(person={"upstreamUserId": {"email": "{}"}})},
        {"input": "{}"},
        {"input": ["{}", "; found: "]},
    ],
    ids=["for an id", "for a person", "within text", "for everything", "in a list"],
)
async def test_an_address_in_the_wrong_place_is_not_quoted(
    client: httpx.AsyncClient, address: str, variables: dict[str, object]
) -> None:
    text = await answer_to(client, ADD, **filled(variables, address))
    assert "mara" not in text


@pytest.mark.parametrize("address", [*ADDRESSES, "mara.lindqvist@example.org"])
@pytest.mark.parametrize(
    "query",
    [
        '{{ projects(first: "{}") {{ totalCount }} }}',
        '{{ projects(filter: "{}") {{ totalCount }} }}',
        '{{ projects(filter: {{email: "{}"}}) {{ totalCount }} }}',
        '{{ projects(orderBy: {{field: NAME, email: "{}"}}) {{ totalCount }} }}',
        '{{ projects(filter: {{platforms: ["{}"]}}) {{ totalCount }} }}',
        '{{ projects "{}" }}',
        '{{ projects(search: """{}""" "") }}',
    ],
)
async def test_an_address_in_the_wrong_place_of_a_document_is_not_quoted(
    client: httpx.AsyncClient, address: str, query: str
) -> None:
    assert "mara" not in await answer_to(client, query.format(address))


def filled(value: object, address: str) -> dict[str, object]:
    """`value` with `address` in place of every `{}`."""
    result = _filled(value, address)
    assert isinstance(result, dict)
    return result


def _filled(value: object, address: str) -> object:
    if isinstance(value, dict):
        return {key: _filled(inner, address) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, address) for inner in value]
    return address if value == "{}" else value


async def test_what_is_wrong_is_still_told(client: httpx.AsyncClient) -> None:
    text = await answer_to(client, ADD, input=addition(roll="VIEWER", grant=1))
    assert "unknown field 'roll'" in text
    assert "Did you mean 'role'?" in text


async def test_a_long_complaint_is_cut_short(client: httpx.AsyncClient) -> None:
    response = await client.post("/graphql", json={"query": "{ " + "a" * 5000 + " }"})
    [error] = response.json()["errors"]
    assert len(error["message"]) == 500
