"""What the tests of the way in share: a gateway without platforms, on a real socket."""

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.app import create_app
from gateway.serving import serving
from gateway.settings.loading import load_settings
from tests.conftest import TAKES_GRAPHQL
from tests.plain_http import NO_TLS


@pytest.fixture
def variables() -> dict[str, str]:
    """The gateway's settings; a test may parametrise them."""
    return {}


@pytest.fixture
async def client(variables: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that has no platform configured."""
    settings = load_settings(
        environment={"GATEWAY_STORE__URL": "sqlite:///:memory:", **variables}, dotenv_file=None
    )
    async with (
        serving(create_app(settings)) as base_url,
        httpx.AsyncClient(verify=NO_TLS, base_url=base_url, timeout=30, headers=TAKES_GRAPHQL) as opened,
    ):
        yield opened
