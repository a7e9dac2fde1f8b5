"""gateway/direct_http: answers leave in the order of their requests, no faster than they are taken."""

import asyncio
from itertools import product

import pytest

from tests.direct_http.two_way_teller import Watched, telling
from tests.wire import Connection, connected, pieces_of, request

pytestmark = pytest.mark.anyio

# The answer to each kind of request, and what it is asked with.
KINDS = {"at once": b"", "asgi": b"leave", "later": b"wait"}
BIG_BYTES = 32 * 1024 * 1024  # more than all buffers on the way


@pytest.fixture(params=["asyncio", pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop")])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """The gateway's own loop, and the one that tests have elsewhere."""
    return request.param


async def bodies(connection: Connection, count: int) -> list[bytes]:
    return [(await connection.answer()).body for _ in range(count)]


async def test_many_requests_in_one_piece_are_answered_at_once_in_their_order() -> None:
    sent = b"".join(request(b"%d" % number) for number in range(100))
    async with telling() as (base_url, _, __), connected(base_url) as connection:
        await connection.send(sent)
        assert await bodies(connection, 100) == [b"at once %d" % number for number in range(100)]


@pytest.mark.parametrize("kinds", list(product(KINDS, repeat=3)), ids=" ".join)
async def test_requests_of_several_kinds_in_one_piece_are_answered_in_their_order(
    kinds: tuple[str, ...],
) -> None:
    asked = [KINDS[kind] + b" %d" % number for number, kind in enumerate(kinds)]
    async with telling() as (base_url, _, __), connected(base_url) as connection:
        await connection.send(b"".join(map(request, asked)))
        answered = await bodies(connection, 3)
    assert [body.rpartition(b" ")[2] for body in answered] == [b"0", b"1", b"2"]


@pytest.mark.parametrize("size", [1, 13, 70, 200])
async def test_requests_of_several_kinds_in_any_pieces_are_answered_in_their_order(size: int) -> None:
    asked = [KINDS[kind] + b" %d" % number for number, kind in enumerate([*KINDS, *KINDS, *reversed(KINDS)])]
    async with telling() as (base_url, _, watched), connected(base_url) as connection:
        answers = asyncio.create_task(bodies(connection, len(asked)))
        for piece in pieces_of(b"".join(map(request, asked)), size):
            await connection.send(piece)
            await watched.read.get()
        answered = await answers
    assert [body.rpartition(b" ")[2] for body in answered] == [b"%d" % number for number in range(len(asked))]


@pytest.mark.parametrize("first", ["hold", "stay"])
async def test_a_request_does_not_overtake_one_that_is_waited_for(first: str) -> None:
    async with telling() as (base_url, teller, watched), connected(base_url) as connection:
        await connection.send(request(first.encode()))
        await teller.begun.wait()
        await watched.read.get()
        await connection.send(request(b"second"))
        await watched.read.get()
        teller.opened.set()
        answered = await bodies(connection, 2)
    assert [body.split()[-1] for body in answered] == [first.encode(), b"second"]


@pytest.mark.parametrize("first", ["hold", "stay"])
async def test_a_request_in_the_same_piece_does_not_overtake_one_that_is_waited_for(first: str) -> None:
    async with telling() as (base_url, teller, _), connected(base_url) as connection:
        await connection.send(request(first.encode()) + request(b"second"))
        await teller.begun.wait()
        teller.opened.set()
        answered = await bodies(connection, 2)
    assert [body.split()[-1] for body in answered] == [first.encode(), b"second"]


@pytest.mark.parametrize("first", ["hold", "stay"])
async def test_after_one_that_was_waited_for_the_next_is_answered_at_once(first: str) -> None:
    async with telling() as (base_url, teller, _), connected(base_url) as connection:
        teller.opened.set()
        await connection.ask(request(first.encode()))
        assert (await connection.ask(request(b"second"))).body == b"at once second"


async def test_one_that_is_waited_for_keeps_no_other_connection_waiting() -> None:
    async with telling() as (base_url, teller, _), connected(base_url) as one, connected(base_url) as other:
        await one.send(request(b"stay"))
        await teller.begun.wait()
        assert (await other.ask(request(b"second"))).body == b"at once second"


# ---------------------------------------------------------------- waited for, without ASGI


async def test_an_answer_that_is_waited_for_needs_no_asgi() -> None:
    async with telling() as (base_url, teller, _), connected(base_url) as connection:
        assert (await connection.ask(request(b"wait"))).body == b"later wait"
        assert teller.scopes == []


async def test_an_answer_that_is_waited_for_has_what_the_server_adds() -> None:
    async with telling() as (base_url, _, __), connected(base_url) as connection:
        answer = await connection.ask(request(b"wait"))
    assert [name for name, _ in answer.fields] == [b"date", b"content-length"]


# ---------------------------------------------------------------- a client that does not read


async def fill(connection: Connection, watched: type[Watched]) -> None:
    """Ask for what fits into no buffer, and do not read it."""
    await connection.send(request(b"big %d" % BIG_BYTES))
    await watched.full.wait()
    await watched.read.get()


@pytest.mark.parametrize("asked", [b"second", b"wait second"])
async def test_a_client_that_does_not_read_is_not_answered_at_once(asked: bytes) -> None:
    async with telling() as (base_url, teller, watched), connected(base_url) as connection:
        await fill(connection, watched)
        await connection.send(request(asked))
        await watched.read.get()
        assert [shown["body"] for shown in teller.shown] == [b"big %d" % BIG_BYTES]


async def test_a_client_that_reads_late_gets_all_answers_in_their_order() -> None:
    async with telling() as (base_url, _, watched), connected(base_url) as connection:
        await fill(connection, watched)
        for number in range(3):
            await connection.send(request(b"%d" % number))
        first, *others = await bodies(connection, 4)
    assert (len(first), others) == (BIG_BYTES, [b"asgi 0", b"asgi 1", b"asgi 2"])


async def test_a_client_that_has_read_is_answered_at_once_again() -> None:
    async with telling() as (base_url, _, watched), connected(base_url) as connection:
        await fill(connection, watched)
        await bodies(connection, 1)
        assert (await connection.ask(request(b"second"))).body == b"at once second"
