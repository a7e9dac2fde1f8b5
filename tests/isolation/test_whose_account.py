"""`CREDENTIALS=caller`: a platform is called with what the request brings, for that request and no other."""

import asyncio
import io

import pytest

from gateway.domain.vocabulary import PlatformKey
from gateway.platforms.registry import REGISTRY
from gateway.settings.loading import SettingsError, load_settings
from tests.isolation.accounts import AMBER, COBALT, Account, revealed
from tests.isolation.border import EVERYTHING, Answer, Border, codes_of

pytestmark = pytest.mark.anyio

PROJECTS = "{ projects { totalCount nodes { name owner { name email } } sources { platform state } } }"
PLATFORMS = "{ platforms { key status account { upstreamId name } } }"
QUANTCONNECT, TESTOMATO = PlatformKey
ADD = """mutation ($input: AddMemberInput!) { addMember(input: $input) {
  outcome member { name email } project { name } userErrors { code message } } }"""
USER_ID, TOKEN, BEARER = "X-QuantConnect-User-Id", "X-QuantConnect-Token", "X-Testomato-Token"


def sources_of(answer: Answer) -> dict[str, str]:
    return {one["platform"]: one["state"] for one in answer["data"]["projects"]["sources"]}


def names_in(answer: Answer) -> set[str]:
    """The marks of whose projects are shown."""
    return {node["name"].split()[0].lower() for node in answer["data"]["projects"]["nodes"]}


# ---------------------------------------------------------------- with a credential


@pytest.mark.parametrize("mark", [AMBER, COBALT])
async def test_each_caller_sees_the_projects_of_the_account_that_they_bring(
    shared: Border, accounts: dict[str, Account], mark: str
) -> None:
    answer = await shared.ask(PROJECTS, headers=accounts[mark].headers)
    assert (sources_of(answer), answer["data"]["projects"]["totalCount"], names_in(answer)) == (
        {"QUANTCONNECT": "FRESH", "TESTOMATO": "FRESH"},
        6,
        {mark},
    )


async def test_the_platforms_name_the_account_that_is_brought(shared: Border, cobalt: Account) -> None:
    answer = await shared.ask(PLATFORMS, headers=cobalt.headers)
    shown = [(one["status"], one["account"]["name"]) for one in answer["data"]["platforms"]]
    assert shown == [("UP", "Cobaltville Operator"), ("UP", "Cobaltville Operator")]


async def test_a_credential_is_good_for_its_own_request_and_no_later_one(
    shared: Border, amber: Account, cobalt: Account
) -> None:
    """All on one connection, with one key."""
    turns = (amber.headers, {}, cobalt.headers, {}, amber.headers)
    seen = [names_in(await shared.ask(PROJECTS, headers=headers)) for headers in turns]
    assert seen == [{AMBER}, set(), {COBALT}, set(), {AMBER}]


async def test_credentials_of_two_accounts_can_be_brought_together(
    shared: Border, amber: Account, cobalt: Account
) -> None:
    answer = await shared.ask(PROJECTS, headers=amber.quantconnect_headers | cobalt.testomato_headers)
    shown = {name.split()[0] + ("site" in name) * " site" for name in names_of(answer)}
    assert shown == {"Ambertown", "Cobaltville site"}


def names_of(answer: Answer) -> list[str]:
    return [node["name"] for node in answer["data"]["projects"]["nodes"]]


async def test_an_id_of_somebody_elses_project_stands_for_nothing(
    shared: Border, amber: Account, cobalt: Account
) -> None:
    foreign = cobalt.project_id(TESTOMATO, 3)
    assert foreign != amber.project_id(TESTOMATO, 3)
    answer = await shared.ask("query ($id: ID!) { node(id: $id) { id } }", headers=amber.headers, id=foreign)
    assert answer == {"data": {"node": None}}


# ---------------------------------------------------------------- without


async def test_without_a_credential_a_platform_is_unconfigured(shared: Border) -> None:
    answer = await shared.ask(PROJECTS)
    assert answer["data"]["projects"]["nodes"] == []
    assert sources_of(answer) == {"QUANTCONNECT": "UNCONFIGURED", "TESTOMATO": "UNCONFIGURED"}


@pytest.mark.parametrize("given", PlatformKey)
async def test_the_platform_with_a_credential_works_beside_one_without(
    shared: Border, amber: Account, given: PlatformKey
) -> None:
    headers = amber.quantconnect_headers if given is QUANTCONNECT else amber.testomato_headers
    [missing] = set(PlatformKey) - {given}
    answer = await shared.ask(PROJECTS, headers=headers)
    assert (len(names_of(answer)), sources_of(answer)) == (3, {given: "FRESH", missing: "UNCONFIGURED"})


async def test_without_a_credential_no_account_is_named_and_none_is_at_fault(shared: Border) -> None:
    answer = await shared.ask(PLATFORMS)
    shown = [(one["status"], one["account"]) for one in answer["data"]["platforms"]]
    assert (codes_of(answer), shown) == (set(), [("UNCONFIGURED", None)] * 2)


@pytest.mark.parametrize("key", PlatformKey)
async def test_without_a_credential_nothing_is_changed_and_it_is_told_why(
    shared: Border, amber: Account, key: PlatformKey
) -> None:
    answer = await shared.ask(ADD, input=amber.addition(key, "crew-5"))
    [error] = answer["data"]["addMember"]["userErrors"]
    assert (error["code"], "is not configured" in error["message"]) == ("PROJECT_NOT_FOUND", True)
    assert [sandbox.calls.total_count for sandbox in amber.sandboxes] == [0, 0]


async def test_a_credential_that_the_platform_turns_down_takes_its_own_part_only(
    shared: Border, amber: Account, cobalt: Account
) -> None:
    """Nor does one caller's wrong credential cast a shadow on another's account."""
    wrong = amber.headers | {TOKEN: "f" * 64}
    denied = await shared.ask(PROJECTS, headers=wrong)
    assert (sources_of(denied), names_in(denied)) == (
        {"QUANTCONNECT": "FAILED", "TESTOMATO": "FRESH"},
        {AMBER},
    )
    healthy = await shared.ask(PLATFORMS, headers=cobalt.headers)
    assert [one["status"] for one in healthy["data"]["platforms"]] == ["UP", "UP"]


# ---------------------------------------------------------------- what is none


SECRET = "s3cret-of-a-caller"
UNUSABLE = {
    "half a pair: no token": ({USER_ID: "412000"}, "412000"),
    "half a pair: no user id": ({TOKEN: SECRET}, SECRET),
    "half a pair: an empty token": ({USER_ID: "412000", TOKEN: ""}, "412000"),
    "a user id that is no number": ({USER_ID: SECRET, TOKEN: "f" * 64}, SECRET),
    "a user id in other digits": ({USER_ID: "٤١٢", TOKEN: SECRET}, SECRET),
    "a token with a blank in it": ({BEARER: f"{SECRET} {SECRET}"}, SECRET),
    "a token with a tab in it": ({BEARER: f"{SECRET}\t{SECRET}"}, SECRET),
    "a token with a letter beyond ASCII": ({BEARER: f"{SECRET}é"}, SECRET),
    "a token that is too long": ({BEARER: f"{SECRET}{'a' * 2_040}"}, SECRET),
    "a QuantConnect token that is too long": ({USER_ID: "412000", TOKEN: f"{SECRET}{'a' * 2_040}"}, SECRET),
}


@pytest.mark.parametrize("name", UNUSABLE)
async def test_a_credential_that_is_none_is_refused_by_the_name_of_its_header(
    shared: Border, name: str
) -> None:
    headers, _ = UNUSABLE[name]
    response = await shared.send(
        PROJECTS, headers={header: value.encode() for header, value in headers.items()}
    )
    [error] = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert any(header in error["message"] for header in (USER_ID, TOKEN, BEARER))


@pytest.mark.parametrize("name", [name for name in UNUSABLE if name.startswith("half a pair")])
async def test_whoever_brings_half_a_pair_is_told_both_headers(shared: Border, name: str) -> None:
    response = await shared.send(PROJECTS, headers=UNUSABLE[name][0])
    [error] = response.json()["errors"]
    assert (USER_ID in error["message"], TOKEN in error["message"]) == (True, True)


@pytest.mark.parametrize("name", UNUSABLE)
async def test_a_refused_credential_is_in_no_answer_and_no_log(
    shared: Border, log: io.StringIO, name: str
) -> None:
    headers, secret = UNUSABLE[name]
    response = await shared.send(
        PROJECTS, headers={header: value.encode() for header, value in headers.items()}
    )
    assert '"status": 400' in log.getvalue()
    assert secret not in f"{response.headers} {response.text} {log.getvalue()}"


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x1f", "\x7f", "\n", "\r"], ids=repr)
async def test_a_character_that_http_has_no_place_for_ends_the_request(
    shared: Border, log: io.StringIO, character: str
) -> None:
    """Whoever reads the request refuses it before the gateway sees it."""
    url = shared.client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n{BEARER}: {SECRET}{character}z\r\n\r\n"
    writer.write(head.encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    assert (answer.split()[1], SECRET in answer + log.getvalue()) == ("400", False)


async def test_a_good_credential_is_in_no_answer_and_no_log(
    shared: Border, amber: Account, log: io.StringIO
) -> None:
    texts = []
    for document in (PROJECTS, PLATFORMS):
        response = await shared.send(document, headers=amber.headers)
        texts += [str(response.headers), revealed(response.text)]
    everything = "\n".join([*texts, log.getvalue()])
    assert AMBER in everything
    assert not [one for one in (*amber.credentials, shared.keys.of(EVERYTHING)) if one in everything]
    assert AMBER not in log.getvalue()


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("platform", "configured"),
    [
        ("QUANTCONNECT", {"USER_ID": "412000", "API_TOKEN": SECRET}),
        ("TESTOMATO", {"TOKEN": SECRET}),
        ("TESTOMATO", {"EMAIL": "mara@example.org", "PASSWORD": SECRET}),
    ],
)
def test_an_account_in_the_settings_beside_callers_own_is_a_mistake(
    platform: str, configured: dict[str, str]
) -> None:
    variables = {f"GATEWAY_{platform}__{name}": value for name, value in configured.items()}
    with pytest.raises(SettingsError) as refused:
        load_settings(
            environment={**variables, f"GATEWAY_{platform}__CREDENTIALS": "caller"}, dotenv_file=None
        )
    [problem] = refused.value.problems
    assert (problem.startswith(f"GATEWAY_{platform}: "), "caller" in problem) == (True, True)
    assert not [value for value in configured.values() if value in str(refused.value)]


def test_every_platform_can_be_called_with_callers_own_credentials() -> None:
    """Each has headers of its own, by which no other platform is meant."""
    named = [name.lower() for entry in REGISTRY for name in entry.settings_type.caller_headers]
    assert len(named) == len(set(named)) >= len(REGISTRY)
