"""gateway/sandbox/injection.py: every fault, seen from the client's end of a real socket."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.sandbox.calls import CallLog
from gateway.sandbox.connection import BreakableConnection
from gateway.sandbox.faults import Fault, FaultKind, FaultSwitches
from gateway.sandbox.injection import FaultInjection
from gateway.serving import serving
from tests.plain_http import NO_TLS

pytestmark = pytest.mark.anyio


NOW = 1_800_000_000.0


@pytest.fixture(
    params=["asyncio", pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop")], autouse=True
)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Both loops: connections are cut through their transports, which are different code."""
    return request.param


@dataclass(kw_only=True)
class Stand:
    """A stand-in with one endpoint that counts what it did."""

    client: httpx.AsyncClient
    faults: FaultSwitches
    calls: CallLog
    written: list[str] = field(default_factory=list)

    async def write(self) -> httpx.Response:
        return await self.client.post("/notes", json={"text": "a"})

    async def raw_answer(self) -> bytes:
        """All that arrives on a connection of its own until the other side closes it."""
        url = self.client.base_url
        reader, writer = await asyncio.open_connection(url.host, url.port)
        try:
            writer.write(b"POST /notes HTTP/1.1\r\nhost: here\r\ncontent-length: 2\r\n\r\n{}")
            return await reader.read()
        finally:
            writer.close()
            await asyncio.wait({asyncio.ensure_future(closed(writer))})


async def closed(writer: asyncio.StreamWriter) -> None:
    try:
        await writer.wait_closed()
    except ConnectionError:
        return


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    faults, calls = FaultSwitches(), CallLog(clock=lambda: NOW)
    written: list[str] = []

    async def note(request: Request) -> Response:
        written.append((await request.body()).decode())
        return JSONResponse({"saved": True})

    notes = Starlette(routes=[Route("/notes", note, methods=["POST"])])
    app = FaultInjection(notes, faults=faults, calls=calls, clock=lambda: NOW)
    async with (
        serving(app, http=BreakableConnection, grace_seconds=0.05) as base_url,
        httpx.AsyncClient(verify=NO_TLS, base_url=base_url, timeout=5) as client,
    ):
        yield Stand(client=client, faults=faults, calls=calls, written=written)


async def test_without_a_fault_the_handler_answers(stand: Stand) -> None:
    assert (await stand.write()).json() == {"saved": True}


async def test_every_kind_of_fault_can_be_applied(stand: Stand) -> None:
    for kind in FaultKind:
        stand.faults.clear()
        stand.faults.add(Fault(kind=kind, seconds=0, status=503, size_bytes=10, times=1))
        await asyncio.wait({asyncio.ensure_future(outcome(stand))})
    assert len(stand.calls) == len(FaultKind)


async def outcome(stand: Stand) -> str:
    """What a client makes of it: a status, or the name of its exception."""
    try:
        return str((await stand.write()).status_code)
    except httpx.HTTPError as error:
        return type(error).__name__


async def test_a_delay_comes_before_the_handler(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.DELAY, seconds=60))
    with pytest.raises(httpx.ReadTimeout):
        await stand.client.post("/notes", json={}, timeout=0.05)
    assert stand.written == []


async def test_a_delayed_call_is_answered_in_the_end(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.DELAY, seconds=0.05))
    started = time.monotonic()
    await stand.write()
    assert time.monotonic() - started >= 0.05


async def test_a_late_answer_comes_after_the_handler(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.LATE_ANSWER, seconds=60))
    with pytest.raises(httpx.ReadTimeout):
        await stand.client.post("/notes", json={"text": "a"}, timeout=httpx.Timeout(30, read=0.5))
    assert len(stand.written) == 1


async def test_a_status_stands_in_for_the_handler(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.STATUS, status=503))
    assert (await outcome(stand), stand.written) == ("503", [])


async def test_a_status_comes_with_an_empty_body(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.STATUS, status=500))
    assert (await stand.write()).content == b""


async def test_a_status_may_come_with_json(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.STATUS, status=402, body='{"message": "no"}'))
    assert (await stand.write()).json() == {"message": "no"}


async def test_an_empty_answer_is_a_success_with_nothing_in_it(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.EMPTY))
    reply = await stand.write()
    assert (reply.status_code, reply.content) == (200, b"")


@pytest.mark.parametrize("status", [200, 502])
async def test_an_html_page_comes_with_any_status(stand: Stand, status: int) -> None:
    stand.faults.add(Fault(kind=FaultKind.HTML, status=status))
    reply = await stand.write()
    assert (reply.status_code, reply.text[:15]) == (status, "<!DOCTYPE html>")


async def test_throttling_names_the_seconds_to_wait(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.THROTTLE, seconds=7))
    reply = await stand.write()
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "7")


async def test_throttling_names_the_moment_by_the_stand_ins_clock(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.THROTTLE, seconds=7, as_date=True))
    named = parsedate_to_datetime((await stand.write()).headers["retry-after"])
    assert named.timestamp() == NOW + 7


async def test_throttling_may_keep_silent_about_the_time(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.THROTTLE))
    assert "retry-after" not in (await stand.write()).headers


async def test_a_redirect_leads_elsewhere(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.REDIRECT, location="https://thief.example.net/"))
    reply = await stand.write()
    assert (reply.status_code, reply.headers["location"]) == (302, "https://thief.example.net/")


async def test_invalid_json_calls_itself_json(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.INVALID_JSON))
    reply = await stand.write()
    assert reply.headers["content-type"] == "application/json"
    with pytest.raises(ValueError, match="Expecting"):
        reply.json()


async def test_an_oversized_body_does_not_state_its_length(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.OVERSIZED, size_bytes=200_000))
    reply = await stand.write()
    assert (len(reply.content), "content-length" in reply.headers) == (200_000, False)


async def test_an_oversized_body_ends_when_the_client_hangs_up(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.OVERSIZED, size_bytes=10**12))
    async with stand.client.stream("POST", "/notes") as reply:
        assert len(await anext(reply.aiter_raw())) > 0


async def test_a_reset_is_a_real_one(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.RESET))
    with pytest.raises(ConnectionResetError):
        await stand.raw_answer()


async def test_after_a_reset_nothing_was_done(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.RESET))
    assert (await outcome(stand), stand.written) == ("ReadError", [])


async def test_an_orderly_reset_is_an_end_without_an_answer(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.RESET, orderly=True))
    assert await stand.raw_answer() == b""


async def test_a_dropped_answer_leaves_the_work_done(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.DROP_AFTER))
    assert (await outcome(stand), len(stand.written)) == ("ReadError", 1)


async def test_an_orderly_dropped_answer_is_an_end_without_an_answer(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.DROP_AFTER, orderly=True))
    assert (await stand.raw_answer(), stand.written) == (b"", ["{}"])


async def test_a_truncated_body_is_shorter_than_it_says(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.TRUNCATED, size_bytes=4))
    head, _, body = (await stand.raw_answer()).partition(b"\r\n\r\n")
    assert (b"content-length: 14" in head, body) == (True, b'{"sa')


async def test_a_truncated_answer_leaves_the_work_done(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.TRUNCATED))
    assert (await outcome(stand), len(stand.written)) == ("RemoteProtocolError", 1)


async def test_a_drip_brings_the_whole_answer_byte_by_byte(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.DRIP, seconds=0.002))
    async with stand.client.stream("POST", "/notes") as reply:
        pieces = [piece async for piece in reply.aiter_raw()]
    assert (b"".join(pieces), len(pieces) > 1) == (b'{"saved":true}', True)


async def test_a_faulty_connection_spoils_no_other_one(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.RESET, times=1))
    outcomes = await asyncio.gather(*(outcome(stand) for _ in range(5)))
    assert sorted(outcomes) == ["200", "200", "200", "200", "ReadError"]


async def test_a_spoiled_call_is_counted(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.RESET))
    await outcome(stand)
    assert [(call.method, call.path, call.at) for call in stand.calls] == [("POST", "/notes", NOW)]


async def test_the_most_calls_at_once_are_noted(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.DELAY, seconds=0.1))
    await asyncio.gather(*(outcome(stand) for _ in range(3)))
    await outcome(stand)
    assert stand.calls.most_at_once == 3


async def test_without_a_real_socket_a_reset_says_what_it_needs(stand: Stand) -> None:
    stand.faults.add(Fault(kind=FaultKind.RESET))
    app = FaultInjection(Starlette(), faults=stand.faults, calls=stand.calls, clock=lambda: NOW)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        with pytest.raises(RuntimeError, match="BreakableConnection"):
            await client.get("/")
