"""Callers' credentials: taken where nobody can read along, looked at only where callers bring their own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import anyio.to_thread
import httpx
import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gateway.app import create_app
from gateway.domain.vocabulary import PlatformKey
from gateway.settings.loading import load_settings
from gateway.settings.model import GatewaySettings
from tests.cli.command import running
from tests.conftest import TAKES_GRAPHQL
from tests.isolation.accounts import AMBER, COBALT, Account
from tests.isolation.border import Answer, Border, Keys, border, codes_of
from tests.plain_http import NO_TLS

pytestmark = pytest.mark.anyio

PROJECTS = "{ projects { nodes { name } sources { platform state } } }"
ADD = """mutation ($input: AddMemberInput!) { addMember(input: $input) {
  outcome member { name } project { name } userErrors { code } } }"""
ELSEWHERE = "203.0.113.9"  # an address for documentation: RFC 5737
PROXY = "198.51.100.7"


@asynccontextmanager
async def reached_from(
    peer: str, variables: Mapping[str, str], *, url: str = "http://gateway"
) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway as it meets requests of a connection from `peer`, which loopback sockets cannot have.

    uvicorn's reading of the proxy's headers stands before it, as in `accessgraph serve`.
    """
    settings: GatewaySettings = load_settings(
        environment={"GATEWAY_STORE__URL": "sqlite:///:memory:", **variables}, dotenv_file=None
    )
    app = create_app(settings)
    transport = httpx.ASGITransport(
        ProxyHeadersMiddleware(app, trusted_hosts=settings.trusted_proxies),  # type: ignore[arg-type]
        client=(peer, 50_000),
    )
    async with (
        app.running(),
        httpx.AsyncClient(transport=transport, base_url=url, headers=TAKES_GRAPHQL, verify=NO_TLS) as client,
    ):
        yield client


async def projects(client: httpx.AsyncClient, headers: Mapping[str, str]) -> httpx.Response:
    return await client.post("/graphql", json={"query": PROJECTS}, headers=dict(headers))


def is_taken(response: httpx.Response) -> bool:
    """Whether the projects of a caller's own account came; otherwise it must be refused for its way."""
    if response.status_code == 200:
        return AMBER.title() in response.text
    [error] = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert "TLS" in error["message"]
    return False


# ---------------------------------------------------------------- the connection


@pytest.mark.parametrize(
    ("peer", "is_readable_by_others"),
    [
        ("127.0.0.1", False),
        ("127.8.9.10", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.5", True),
        (ELSEWHERE, True),
        ("10.0.0.5", True),
        ("192.168.1.2", True),
        ("2001:db8::9", True),
        ("localhost.example.net", True),
        ("", True),
    ],
)
async def test_in_clear_text_credentials_are_taken_from_this_machine_only(
    platforms: dict[str, str], amber: Account, peer: str, *, is_readable_by_others: bool
) -> None:
    async with reached_from(peer, platforms) as client:
        assert is_taken(await projects(client, amber.headers)) is not is_readable_by_others


async def test_over_tls_that_the_gateway_ends_itself_credentials_are_taken_from_anywhere(
    platforms: dict[str, str], amber: Account
) -> None:
    async with reached_from(ELSEWHERE, platforms, url="https://gateway") as client:
        assert is_taken(await projects(client, amber.headers))


FORWARDED = {
    "over TLS": ({"X-Forwarded-Proto": "https", "X-Forwarded-For": ELSEWHERE}, True),
    "over TLS, from nobody knows where": ({"X-Forwarded-Proto": "https"}, True),
    "in clear text": ({"X-Forwarded-Proto": "http", "X-Forwarded-For": ELSEWHERE}, False),
    "without a word about TLS": ({"X-Forwarded-For": ELSEWHERE}, False),
    "in a way that is none": ({"X-Forwarded-Proto": "https,http", "X-Forwarded-For": ELSEWHERE}, False),
    "from one who says to be this machine": ({"X-Forwarded-For": f"127.0.0.1, {ELSEWHERE}"}, False),
}


@pytest.mark.parametrize("name", FORWARDED)
async def test_a_trusted_proxy_is_believed_how_a_request_came(
    platforms: dict[str, str], amber: Account, name: str
) -> None:
    forwarded, taken = FORWARDED[name]
    async with reached_from(PROXY, {**platforms, "GATEWAY_TRUSTED_PROXIES": PROXY}) as client:
        assert is_taken(await projects(client, amber.headers | forwarded)) is taken


@pytest.mark.parametrize("trusted", ["127.0.0.1", "198.51.100.8", "10.0.0.0/8"])
@pytest.mark.parametrize(
    "forwarded",
    [
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1;proto=https"},
    ],
    ids=str,
)
async def test_whoever_is_no_trusted_proxy_is_not_believed(
    platforms: dict[str, str], amber: Account, trusted: str, forwarded: dict[str, str]
) -> None:
    async with reached_from(PROXY, {**platforms, "GATEWAY_TRUSTED_PROXIES": trusted}) as client:
        assert not is_taken(await projects(client, amber.headers | forwarded))


async def test_a_request_without_credentials_may_come_in_clear_text(platforms: dict[str, str]) -> None:
    async with reached_from(ELSEWHERE, platforms) as client:
        response = await projects(client, {})
        assert (response.status_code, response.text.count("UNCONFIGURED")) == (200, 2)


async def test_a_refused_credential_reaches_no_platform(platforms: dict[str, str], amber: Account) -> None:
    async with reached_from(ELSEWHERE, platforms) as client:
        await projects(client, amber.headers)
    assert [sandbox.calls.total_count for sandbox in amber.sandboxes] == [0, 0]


@pytest.mark.parametrize(
    ("forwarded", "taken"),
    [
        ({}, True),
        ({"X-Forwarded-For": ELSEWHERE}, False),
        ({"X-Forwarded-For": ELSEWHERE, "X-Forwarded-Proto": "https"}, True),
    ],
    ids=str,
)
async def test_the_command_as_it_is_run_believes_a_proxy_on_this_machine(
    platforms: dict[str, str],
    amber: Account,
    tmp_path_factory: pytest.TempPathFactory,
    forwarded: dict[str, str],
    *,
    taken: bool,
) -> None:
    """A process of its own on a real socket; see `test_serve` for what else it does."""
    environment = {"GATEWAY_PORT": "0", **platforms}
    with running(tmp_path_factory.mktemp("served"), "serve", environment=environment) as command:
        address = await anyio.to_thread.run_sync(command.address)
        async with httpx.AsyncClient(verify=NO_TLS, headers=TAKES_GRAPHQL, timeout=60) as client:
            response = await client.post(address, json={"query": PROJECTS}, headers=amber.headers | forwarded)
        assert is_taken(response) is taken


# ---------------------------------------------------------------- with an account in the settings


@pytest.fixture
async def configured(platforms: dict[str, str], amber: Account, keys: Keys) -> AsyncIterator[Border]:
    """A gateway that calls both platforms with Amber's account."""
    async with border({**platforms, **amber.settings}, keys=keys) as opened:
        yield opened


def marks_in(answer: Answer) -> set[str]:
    """Whose projects are shown."""
    return {node["name"].split()[0].lower() for node in answer["data"]["projects"]["nodes"]}


async def test_with_an_account_in_the_settings_nobody_elses_is_used(
    configured: Border, cobalt: Account
) -> None:
    answer = await configured.ask(PROJECTS, headers=cobalt.headers)
    assert marks_in(answer) == {AMBER}
    assert [sandbox.calls.total_count for sandbox in cobalt.sandboxes] == [0, 0]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-QuantConnect-User-Id": "412000"},
        {"X-QuantConnect-User-Id": "no number", "X-QuantConnect-Token": "two words"},
        {"X-Testomato-Token": "two words"},
        {"X-Testomato-Token": "a" * 5_000},
    ],
    ids=["half a pair", "no pair", "no token", "too long"],
)
async def test_with_an_account_in_the_settings_callers_headers_are_not_even_looked_at(
    configured: Border, headers: dict[str, str]
) -> None:
    answer = await configured.ask(PROJECTS, headers=headers)
    assert (codes_of(answer), marks_in(answer)) == (set(), {AMBER})


async def test_with_an_account_in_the_settings_a_request_may_come_in_clear_text(
    platforms: dict[str, str], amber: Account, cobalt: Account
) -> None:
    async with reached_from(ELSEWHERE, {**platforms, **amber.settings}) as client:
        assert is_taken(await projects(client, cobalt.headers))


async def test_one_platform_may_have_an_account_in_the_settings_and_the_other_callers_own(
    platforms: dict[str, str], amber: Account, cobalt: Account, keys: Keys
) -> None:
    own = {name: value for name, value in amber.settings.items() if "QUANTCONNECT" in name}
    async with border({**platforms, **own}, keys=keys) as mixed:
        bare, both = await mixed.ask(PROJECTS), await mixed.ask(PROJECTS, headers=cobalt.headers)
    assert ({node["name"] for node in bare["data"]["projects"]["nodes"]}, marks_in(both)) == (
        {"Ambertown Alpha", "Ambertown Beta", "Ambertown Gamma"},
        {AMBER, COBALT},
    )


# ---------------------------------------------------------------- idempotency keys


@pytest.mark.parametrize("key", PlatformKey)
async def test_the_same_idempotency_key_for_two_accounts_is_two_keys(
    shared: Border, amber: Account, cobalt: Account, key: PlatformKey
) -> None:
    """One caller, one project id, one input as far as the platform lets it be; only the account differs."""
    told = []
    for account in (amber, cobalt, amber, cobalt):
        given = account.addition(key, "crew-5", idempotencyKey="onboarding-117")
        payload = (await shared.ask(ADD, headers=account.headers, input=given))["data"]["addMember"]
        told.append((payload["outcome"], payload["member"]["name"], payload["project"]["name"].split()[0]))
    assert amber.project_id(key) == cobalt.project_id(key)
    assert told == 2 * [
        ("ADDED", "Ambertown Crew-5", "Ambertown"),
        ("ADDED", "Cobaltville Crew-5", "Cobaltville"),
    ]
    assert [account.write_count for account in (amber, cobalt)] == [1, 1]


async def test_a_change_is_not_given_again_to_whoever_brings_no_credential(
    shared: Border, amber: Account
) -> None:
    given = amber.addition(PlatformKey.QUANTCONNECT, "crew-5", idempotencyKey="onboarding-117")
    await shared.ask(ADD, headers=amber.headers, input=given)
    answer = await shared.ask(ADD, input=given)
    assert answer["data"]["addMember"] == {
        "outcome": "REFUSED",
        "member": None,
        "project": None,
        "userErrors": [{"code": "PROJECT_NOT_FOUND"}],
    }
