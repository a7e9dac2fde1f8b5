"""What the tests of changes share: a gateway whose every answer is watched."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar, cast

import httpx
import pytest

from gateway.domain.vocabulary import PlatformKey
from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.handle import Sandbox
from tests.conftest import MakeStand, Stand
from tests.mutations.ground import Ground, QuantConnectGround, TestomatoGround
from tests.mutations.line import Line
from tests.one_authority import one_authority as one_authority  # noqa: PLC0414 - a fixture

S = TypeVar("S", bound=Sandbox)


class MakeGround(Protocol):
    """Starts a gateway and gives one platform behind it."""

    async def __call__(self, key: PlatformKey, *, settings: Mapping[str, str] | None = None) -> Ground: ...


@pytest.fixture
def make_stand(make_stand: MakeStand) -> MakeStand:
    """As for all tests, with a line to each stand-in and an eye on every answer of the gateway."""

    async def make(*, settings: Mapping[str, str] | None = None, **sandboxes: Sandbox | None) -> Stand:
        quantconnect = _with_line(sandboxes.get("quantconnect") or create_quantconnect_sandbox())
        testomato = _with_line(sandboxes.get("testomato") or create_testomato_sandbox(lists_projects=False))
        stand = await make_stand(settings=settings, quantconnect=quantconnect, testomato=testomato)

        async def watch(response: httpx.Response) -> None:
            await response.aread()
            _assert_discreet(response.json(), [quantconnect, testomato])

        stand.client.event_hooks = {"response": [watch]}
        return stand

    return make


def _with_line(sandbox: S) -> S:
    return replace(sandbox, app=Line(sandbox.app))


def _assert_discreet(answer: object, sandboxes: list[Sandbox]) -> None:
    """Nothing of a platform's secrets or error texts, and no address in a message."""
    texts = "\n".join(_strings(answer))
    assert "Traceback" not in texts
    for sandbox in sandboxes:
        hidden = sandbox.secrets | cast("Line", sandbox.app).overheard
        assert not [text for text in hidden if len(text) > 7 and text in texts]
    assert "@" not in "\n".join(_messages(answer))


def _strings(answer: object) -> Iterator[str]:
    if isinstance(answer, str):
        yield answer
    for value in _values(answer):
        yield from _strings(value)


def _messages(answer: object) -> Iterator[str]:
    if isinstance(answer, dict) and "message" in answer:
        yield answer["message"]
    for value in _values(answer):
        yield from _messages(value)


def _values(answer: object) -> Iterator[object]:
    if isinstance(answer, dict):
        yield from answer.values()
    elif isinstance(answer, list):
        yield from answer


@pytest.fixture
def make_ground(make_stand: MakeStand) -> MakeGround:
    """Starts gateways in front of fresh stand-ins; everything ends with the test."""

    async def make(key: PlatformKey, *, settings: Mapping[str, str] | None = None) -> Ground:
        stand = await make_stand(settings=settings)
        if key is PlatformKey.QUANTCONNECT:
            return QuantConnectGround(stand=stand, sandbox=stand.quantconnect)
        return TestomatoGround(stand=stand, sandbox=stand.testomato)

    return make


@pytest.fixture
async def quantconnect(make_stand: MakeStand) -> QuantConnectGround:
    stand = await make_stand()
    return QuantConnectGround(stand=stand, sandbox=stand.quantconnect)


@pytest.fixture
async def testomato(make_stand: MakeStand) -> TestomatoGround:
    stand = await make_stand()
    return TestomatoGround(stand=stand, sandbox=stand.testomato)


@pytest.fixture(params=PlatformKey)
async def ground(request: pytest.FixtureRequest, make_ground: MakeGround) -> Ground:
    """Either platform: what holds for both."""
    return await make_ground(request.param)
