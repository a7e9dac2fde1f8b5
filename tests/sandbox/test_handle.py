"""What every platform's stand-in offers to the demo and to the tests of all platforms."""

from collections.abc import Callable

import httpx
import pytest

from gateway.platforms.quantconnect import sandbox as quantconnect
from gateway.platforms.testomato import sandbox as testomato
from gateway.sandbox.handle import Sandbox
from tests.plain_http import NO_TLS

pytestmark = pytest.mark.anyio


every_platform = pytest.mark.parametrize(
    "create", [quantconnect.create_sandbox, testomato.create_sandbox], ids=["quantconnect", "testomato"]
)


@every_platform
async def test_a_running_stand_in_gives_the_base_url_of_its_api(create: Callable[[], Sandbox]) -> None:
    sandbox = create()
    async with sandbox.running() as base_url, httpx.AsyncClient(verify=NO_TLS) as client:
        await client.get(f"{base_url}/authenticate")
    assert [call.path for call in sandbox.calls] == [f"{sandbox.base_path}/authenticate"]


@every_platform
async def test_the_control_calls_stand_beside_the_api(create: Callable[[], Sandbox]) -> None:
    sandbox = create()
    async with sandbox.running() as base_url, httpx.AsyncClient(verify=NO_TLS) as client:
        reply = await client.get(f"{base_url.removesuffix(sandbox.base_path)}/_sandbox/faults")
    assert reply.json() == {"faults": []}


@every_platform
def test_the_gateways_settings_hold_the_url_and_a_credential(create: Callable[[], Sandbox]) -> None:
    sandbox = create()
    settings = sandbox.gateway_settings("http://here/api")
    assert settings["base_url"] == "http://here/api"
    assert sandbox.secrets & set(settings.values())


@every_platform
def test_two_stand_ins_share_nothing(create: Callable[[], Sandbox]) -> None:
    one, other = create(), create()
    one.calls.record(method="GET", path="/")
    assert len(other.calls) == 0


@every_platform
def test_no_secret_is_shown_when_a_test_fails(create: Callable[[], Sandbox]) -> None:
    sandbox = create()
    shown = repr(sandbox)
    assert not [secret for secret in sandbox.secrets if secret in shown]
