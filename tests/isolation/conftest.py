"""What the tests of scopes and isolation share."""

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from tests.isolation.accounts import AMBER, COBALT, Account, create_account, switchboards
from tests.isolation.border import Border, Keys, border
from tests.isolation.logs import logging_to_memory
from tests.isolation.subjects import Guarded
from tests.one_authority import one_authority as one_authority  # noqa: PLC0414 - a fixture


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys.toml")


@pytest.fixture
async def guarded(variables: dict[str, str], keys: Keys) -> AsyncIterator[Guarded]:
    """A gateway that asks for keys and calls both platforms with its own account."""
    quantconnect = create_quantconnect_sandbox()
    testomato = create_testomato_sandbox(lists_projects=False)
    async with quantconnect.running() as quantconnect_url, testomato.running() as testomato_url:
        given = {
            f"GATEWAY_{sandbox.platform}__{name.upper()}": value
            for sandbox, url in ((quantconnect, quantconnect_url), (testomato, testomato_url))
            for name, value in sandbox.gateway_settings(url).items()
        }
        async with border({**given, **variables}, keys=keys) as opened:
            guarded = Guarded(border=opened, quantconnect=quantconnect, testomato=testomato)
            await guarded.leave_a_trail()
            yield guarded


@pytest.fixture
def variables() -> dict[str, str]:
    """Further settings of `guarded`; a test may parametrise them."""
    return {}


@pytest.fixture
def accounts() -> dict[str, Account]:
    """Two customers, by their marks."""
    return {mark: create_account(mark) for mark in (AMBER, COBALT)}


@pytest.fixture
def amber(accounts: dict[str, Account]) -> Account:
    return accounts[AMBER]


@pytest.fixture
def cobalt(accounts: dict[str, Account]) -> Account:
    return accounts[COBALT]


@pytest.fixture
async def platforms(accounts: dict[str, Account]) -> AsyncIterator[dict[str, str]]:
    """Settings of a gateway that calls both platforms with its callers' own credentials."""
    async with switchboards(accounts) as variables:
        yield variables


@pytest.fixture
async def shared(platforms: dict[str, str], keys: Keys) -> AsyncIterator[Border]:
    """Such a gateway."""
    async with border(platforms, keys=keys) as opened:
        yield opened


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged from here on, however fine."""
    with logging_to_memory(level="debug") as stream:
        yield stream
