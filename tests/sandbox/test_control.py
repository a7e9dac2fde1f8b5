"""gateway/sandbox/control.py: the switches over HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from gateway.sandbox.calls import CallLog
from gateway.sandbox.faults import Fault, FaultKind, FaultSwitches
from gateway.sandbox.injection import FaultInjection
from gateway.serving import serving
from tests.plain_http import NO_TLS

pytestmark = pytest.mark.anyio


FAULTS = "/_sandbox/faults"
CALLS = "/_sandbox/calls"


@pytest.fixture
def faults() -> FaultSwitches:
    return FaultSwitches()


@pytest.fixture
def calls() -> CallLog:
    return CallLog(clock=lambda: 12.5)


@pytest.fixture
async def client(faults: FaultSwitches, calls: CallLog) -> AsyncIterator[httpx.AsyncClient]:
    app = FaultInjection(Starlette(), faults=faults, calls=calls, clock=lambda: 12.5)
    async with serving(app) as base_url, httpx.AsyncClient(verify=NO_TLS, base_url=base_url) as client:
        yield client


async def test_post_adds_a_fault(client: httpx.AsyncClient, faults: FaultSwitches) -> None:
    faults.add(Fault(kind=FaultKind.HTML))
    await client.post(FAULTS, json={"kind": "status", "status": 503, "path": "/api", "times": 2})
    assert [armed.fault for armed in faults.armed] == [
        Fault(kind=FaultKind.HTML),
        Fault(kind=FaultKind.STATUS, status=503, path="/api", times=2),
    ]


async def test_post_adds_a_list_of_faults(client: httpx.AsyncClient, faults: FaultSwitches) -> None:
    await client.post(FAULTS, json=[{"kind": "reset"}, {"kind": "delay", "seconds": 0.5}])
    assert [armed.fault.kind for armed in faults.armed] == [FaultKind.RESET, FaultKind.DELAY]


async def test_put_replaces_all_faults(client: httpx.AsyncClient, faults: FaultSwitches) -> None:
    faults.add(Fault(kind=FaultKind.HTML))
    await client.put(FAULTS, json=[{"kind": "reset"}])
    assert [armed.fault.kind for armed in faults.armed] == [FaultKind.RESET]


async def test_delete_clears_all_faults(client: httpx.AsyncClient, faults: FaultSwitches) -> None:
    faults.add(Fault(kind=FaultKind.HTML))
    await client.delete(FAULTS)
    assert faults.armed == ()


async def test_get_lists_the_faults_in_force(client: httpx.AsyncClient, faults: FaultSwitches) -> None:
    faults.add(Fault(kind=FaultKind.THROTTLE, seconds=3, times=2, as_date=True))
    [shown] = (await client.get(FAULTS)).json()["faults"]
    assert (shown["remaining"], shown["fault"]["kind"], shown["fault"]["asDate"]) == (2, "throttle", True)


@pytest.mark.parametrize(
    "body", ['{"kind": "earthquake"}', '{"kind": "reset", "tmes": 1}', '{"kind": "status"}', "not json"]
)
async def test_what_is_no_fault_is_refused(client: httpx.AsyncClient, body: str) -> None:
    assert (await client.post(FAULTS, content=body)).status_code == 400


async def test_a_refused_put_leaves_the_faults_in_force(
    client: httpx.AsyncClient, faults: FaultSwitches
) -> None:
    faults.add(Fault(kind=FaultKind.HTML))
    await client.put(FAULTS, content="not json")
    assert len(faults.armed) == 1


async def test_calls_are_listed(client: httpx.AsyncClient) -> None:
    await client.get("/api/project/1")
    assert (await client.get(CALLS)).json()["calls"] == [
        {"method": "GET", "path": "/api/project/1", "at": 12.5}
    ]


async def test_calls_are_counted_by_path(client: httpx.AsyncClient) -> None:
    for path in ("/a", "/b", "/a"):
        await client.get(path)
    assert (await client.get(CALLS)).json()["counts"] == {"/a": 2, "/b": 1}


async def test_calls_can_be_forgotten(client: httpx.AsyncClient, calls: CallLog) -> None:
    await client.get("/a")
    await client.delete(CALLS)
    assert (len(calls), calls.total_count) == (0, 0)


async def test_control_calls_are_not_counted(client: httpx.AsyncClient, calls: CallLog) -> None:
    await client.get(CALLS)
    assert len(calls) == 0


async def test_control_calls_are_not_spoiled(client: httpx.AsyncClient, faults: FaultSwitches) -> None:
    faults.add(Fault(kind=FaultKind.STATUS, status=503))
    assert (await client.get(FAULTS)).status_code == 200


async def test_an_unknown_control_path_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/_sandbox/weather")).status_code == 404
