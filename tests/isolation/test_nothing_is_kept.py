"""Of what callers bring and platforms answer, a gateway that has answered keeps nothing but what it must.

Looked for in whatever can be reached from the application and from the gateway's modules: a cache that is
added tomorrow is found tomorrow, and belongs into `KEPT` only with what keeps its accounts apart.
"""

import sys
from pathlib import Path

import httpx
import pytest

from gateway.access.changing.changes import Changes
from gateway.access.reading.snapshots import SnapshotStore
from gateway.app import create_app
from gateway.http.application import Application
from gateway.settings.loading import load_settings
from gateway.settings.model import GatewaySettings
from gateway.store.origins import SqliteOrigins
from tests.conftest import TAKES_GRAPHQL
from tests.isolation.accounts import Account
from tests.isolation.reach import texts_in
from tests.isolation.visitors import QUESTIONS, Change
from tests.plain_http import NO_TLS

pytestmark = pytest.mark.anyio

# Where something of an answer may be found: under the fingerprint of its account, see those.
STORE = SnapshotStore.__name__
KEPT = {
    f"{Changes.__name__}._projects",
    f"{STORE}._kept",
    f"{STORE}._derived",
    f"{SqliteOrigins.__name__}._holders",
}


def places_of(app: Application, texts: tuple[str, ...]) -> set[str]:
    """Where in an application, or in the modules that it is made of, any of `texts` stands."""
    modules = {name: dict(vars(one)) for name, one in sys.modules.items() if name.startswith("gateway")}
    return {place for place, text in texts_in([app, modules]) if any(one in text.lower() for one in texts)}


@pytest.fixture
def settings(platforms: dict[str, str], tmp_path: Path) -> GatewaySettings:
    variables = {"GATEWAY_STORE__URL": f"sqlite:///{tmp_path / 'gateway.db'}", **platforms}
    return load_settings(environment=variables, dotenv_file=None)


def questions_of(account: Account) -> list[bytes]:
    return [one.body(account, by_hash=True, with_text=True) for one in QUESTIONS]


def everything_of(account: Account) -> list[bytes]:
    return [*questions_of(account), *(Change(number).body(account) for number in range(12))]


async def ask(app: Application, account: Account, bodies: list[bytes]) -> str:
    """All the answers to one caller."""
    headers = {**TAKES_GRAPHQL, **account.headers, "Content-Type": "application/json"}
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://gateway", headers=headers, verify=NO_TLS
    ) as client:
        return "".join([(await client.post("/graphql", content=body)).text for body in bodies])


async def test_nothing_of_an_answer_is_kept_but_under_the_fingerprint_of_its_account(
    settings: GatewaySettings, amber: Account
) -> None:
    # Who is who is written in the background, and surely when a gateway ends: the next one surely reads it.
    before, app = create_app(settings), create_app(settings)
    async with before.running():
        await ask(before, amber, questions_of(amber))
    async with app.running():
        told = await ask(app, amber, everything_of(amber))
        places = places_of(app, (amber.mark,))
    assert told.lower().count(amber.mark) > 50
    assert {place for place in places if not KEPT & set(place.split())} == set()
    assert {kept for kept in KEPT if any(kept in place for place in places)} == KEPT


async def test_no_credential_of_a_caller_is_kept(settings: GatewaySettings, amber: Account) -> None:
    app = create_app(settings)
    async with app.running():
        await ask(app, amber, everything_of(amber))
        places = places_of(app, tuple(one.lower() for one in amber.credentials))
    assert places == set()


async def test_what_is_kept_would_be_found(platforms: dict[str, str], amber: Account) -> None:
    """The account in the settings is kept, by the platforms that are connected with it."""
    variables = {"GATEWAY_STORE__URL": "sqlite:///:memory:", **platforms, **amber.settings}
    app = create_app(load_settings(environment=variables, dotenv_file=None))
    async with app.running():
        places = places_of(app, tuple(one.lower() for one in amber.credentials))
    assert {"Credential.api_token", "ReadyToken._token"} <= {place.split()[-1] for place in places}
