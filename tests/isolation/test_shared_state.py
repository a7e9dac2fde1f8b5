"""What requests share in one gateway is kept apart by the account that they are for.

Changes with their keys and the projects remembered with them, and each platform's way out with its health.
What was read, and what is being read, is looked at in `test_shared_reads`.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Self

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from gateway.access.changing.change import ChangeResult
from gateway.access.changing.changes import Changes
from gateway.access.changing.ledger import Begun, Intent
from gateway.access.changing.membership import Membership
from gateway.accounts import UpstreamAccounts
from gateway.domain.errors import UpstreamError
from gateway.domain.platform import PlatformHealth, Platforms
from gateway.domain.vocabulary import PlatformKey
from gateway.settings.loading import load_settings
from gateway.store.sqlite import open_ledger
from gateway.upstream.channel import Call, UpstreamChannel
from gateway.upstream.settings import UpstreamSettings
from gateway.upstream.transport import HttpReply, HttpRequest, TransportLimits
from tests.access.world import ADD, KEY, NOON, PROFILE, REMOVE, UPDATE
from tests.isolation.marked_world import ACCOUNTS, MarkedWorld, platforms_of

CHANGES = (ADD, UPDATE, REMOVE, structs.replace(ADD, project_upstream_id="2"))


# ---------------------------------------------------------------- changes


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One caller's request, with one account's credential."""

    account: str
    caller: str
    key: str | None
    change: int


ASKS = st.builds(
    Ask,
    account=st.sampled_from(ACCOUNTS),
    caller=st.sampled_from(["one", "two"]),
    key=st.sampled_from([None, "k", "l"]),
    change=st.integers(0, len(CHANGES) - 1),
)


async def told(asks: list[Ask]) -> list[tuple[str, object]]:
    """What each is told by one gateway, with the account that it was for."""
    worlds = {mark: MarkedWorld(mark) for mark in ACCOUNTS}
    platforms = {mark: platforms_of(world) for mark, world in worlds.items()}
    async with open_ledger(":memory:") as ledger:
        changes = Changes(
            membership=Membership(settling_pauses_seconds=(0,)),
            ledger=ledger,
            platforms=Platforms(profiles={KEY: PROFILE}, connected={}),
            now=lambda: NOON,
        )
        results = [
            await changes.once(
                CHANGES[ask.change],
                platforms=platforms[ask.account],
                key=ask.key,
                caller_id=ask.caller,
                request_id="r",
            )
            for ask in asks
        ]
    writes = [(mark, tuple(world.writes)) for mark, world in worlds.items() if world.writes]
    return [*((ask.account, shown(result)) for ask, result in zip(asks, results, strict=True)), *writes]


def shown(result: ChangeResult) -> tuple[object, ...]:
    project = None if result.project is None else result.project.name
    return (result.outcome, result.member, project, result.members, result.user_errors)


@settings(deadline=None, max_examples=40)
@given(asks=st.lists(ASKS, min_size=2, max_size=14))
def test_an_account_is_told_of_its_changes_what_it_would_be_told_alone(asks: list[Ask]) -> None:
    """The remembered projects and the keys among them: one shared gateway, or one for each account."""
    together = asyncio.run(told(asks))
    for mark in ACCOUNTS:
        alone = asyncio.run(told([ask for ask in asks if ask.account == mark]))
        assert [one for one in together if one[0] == mark] == alone


@settings(deadline=None, max_examples=40)
@given(asks=st.lists(ASKS, min_size=2, max_size=14))
def test_a_caller_s_keys_are_nobody_else_s(asks: list[Ask]) -> None:
    """With the same account: what is told of a key depends on its holder's own requests alone."""
    asks = [replace(ask, account="amber") for ask in asks]
    reused = [_is_reused(result) for _, result in asyncio.run(told(asks))[: len(asks)]]
    seen: dict[tuple[str, str], int] = {}
    for ask, was_refused in zip(asks, reused, strict=True):
        first = ask.change if ask.key is None else seen.setdefault((ask.caller, ask.key), ask.change)
        assert was_refused is (first != ask.change)


def _is_reused(result: object) -> bool:
    return "IDEMPOTENCY_KEY_REUSED" in repr(result)


SCOPES = [
    {"caller_id": "me", "credential": "amber", "key": "k"},
    {"caller_id": "you", "credential": "amber", "key": "k"},
    {"caller_id": "me", "credential": "cobalt", "key": "k"},
    {"caller_id": "me", "credential": "amber", "key": "l"},
    # As one text they would be the same.
    {"caller_id": "meamber", "credential": "", "key": "k"},
    {"caller_id": "me", "credential": "", "key": "amberk"},
]


@pytest.mark.anyio
@pytest.mark.parametrize(("held", "asked"), list(combinations(SCOPES, 2)), ids=str)
async def test_in_the_ledger_a_key_belongs_to_its_caller_and_account(
    held: dict[str, str], asked: dict[str, str]
) -> None:
    first, second = (Intent(change=ADD, request_id="r", at=NOON, **scope) for scope in (held, asked))
    assert first.scope != second.scope
    async with open_ledger(":memory:") as ledger:
        assert isinstance(await ledger.begin(first), Begun)
        assert isinstance(await ledger.begin(second), Begun)


# ---------------------------------------------------------------- the way out


class Fickle:
    """A transport that answers with the status that the next request names in its address."""

    async def send(self, request: HttpRequest, limits: TransportLimits) -> HttpReply:  # noqa: ARG002 - the port's
        return HttpReply(status=int(request.url.rpartition("/")[2]), headers={}, body=b"")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


def channel() -> UpstreamChannel:
    """A way to a platform that is tried once a call, whatever became of the calls before."""
    section = UpstreamSettings(
        base_url="http://platform.example", retry_attempts=1, breaker_least_calls=1_000
    )
    return UpstreamChannel(platform=KEY, settings=section, transport=Fickle(), now=lambda: NOON)


async def call(way: UpstreamChannel, status: int) -> None:
    request = HttpRequest(method="GET", url=f"http://platform.example/{status}", headers={})
    with suppress(UpstreamError):
        await way.call(
            Call(operation="look", repeatable=True, prepare=lambda: request, read=lambda reply: reply)
        )


@settings(deadline=None, max_examples=40)
@given(
    calls=st.lists(st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from([200, 429, 500, 503])), max_size=20)
)
def test_an_account_s_health_is_that_of_its_own_calls(calls: list[tuple[str, int]]) -> None:
    async def health(mark: str, way: UpstreamChannel, of: list[tuple[str, int]]) -> PlatformHealth:
        ways = {one: way.for_another_account() for one in ACCOUNTS}
        for account, status in of:
            await call(ways[account], status)
        return ways[mark].health()

    for mark in ACCOUNTS:
        own = [one for one in calls if one[0] == mark]
        together = asyncio.run(health(mark, channel(), calls))
        assert together == asyncio.run(health(mark, channel(), own))


# ---------------------------------------------------------------- what accounts are told apart by


TOKENS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
USER_IDS = st.text("0123456789", min_size=1, max_size=6)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "quantconnect": st.tuples(USER_IDS, TOKENS),
        "testomato": TOKENS,
    },
)


def accounts_of(given: dict[str, object], *, upstream: UpstreamAccounts) -> Platforms:
    """The platforms of a request with these credentials."""
    headers: dict[str, str] = {}
    if isinstance(pair := given.get("quantconnect"), tuple):
        headers |= {"X-QuantConnect-User-Id": pair[0], "X-QuantConnect-Token": pair[1]}
    if isinstance(token := given.get("testomato"), str):
        headers["X-Testomato-Token"] = token
    return upstream.of_request(headers, confidential=True)


@pytest.fixture(scope="module")
def upstream() -> UpstreamAccounts:
    """Makes platforms with callers' credentials; nothing is ever sent."""
    variables = {f"GATEWAY_{key}__CREDENTIALS": "caller" for key in PlatformKey}
    loaded = load_settings(environment=variables, dotenv_file=None)
    return UpstreamAccounts(loaded, channels={key: channel() for key in PlatformKey}, now=lambda: NOON)


@given(one=HEADERS, other=HEADERS)
def test_the_fingerprints_of_two_requests_are_the_same_only_for_the_same_credentials(
    upstream: UpstreamAccounts, one: dict[str, object], other: dict[str, object]
) -> None:
    same = (
        accounts_of(one, upstream=upstream).fingerprint == accounts_of(other, upstream=upstream).fingerprint
    )
    assert same is (one == other)


@given(one=HEADERS, other=HEADERS)
def test_what_is_remembered_for_good_belongs_to_whoever_brought_the_credentials_or_to_the_gateway(
    upstream: UpstreamAccounts, one: dict[str, object], other: dict[str, object]
) -> None:
    holders = [accounts_of(given, upstream=upstream).holder for given in (one, other)]
    assert (holders[0] == holders[1]) is (one == other)
    assert [holder == "" for holder in holders] == [not one, not other]


@given(user_id=USER_IDS, token=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8))
def test_no_fingerprint_gives_a_credential_away(upstream: UpstreamAccounts, user_id: str, token: str) -> None:
    platforms = accounts_of({"quantconnect": (user_id, token), "testomato": token}, upstream=upstream)
    told_of_it = f"{platforms!r} {platforms.accounts} {platforms.fingerprint} {platforms.holder}"
    others = accounts_of({"quantconnect": ("0", "-"), "testomato": "-"}, upstream=upstream)
    assume(token not in f"{upstream.configured!r} {others!r}")  # words of the gateway's own
    assert token not in told_of_it
