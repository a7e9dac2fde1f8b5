"""gateway/direct_http: a request that came before, byte for byte, is answered without being read again."""

import asyncio
from itertools import product

import pytest

from gateway.direct_http.familiar import MAX_FAMILIAR, MAX_FAMILIAR_BYTES, Familiar
from tests.direct_http.two_way_teller import Told, telling
from tests.wire import Connection, chunked, connected, request

pytestmark = pytest.mark.anyio

HELLO = request(b"hello")


@pytest.fixture(params=["asyncio", pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop")])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """The gateway's own loop, and the one that tests have elsewhere."""
    return request.param


async def bodies_and_reads(*sent: bytes) -> tuple[list[bytes], int]:
    """The answers to requests on one connection, each sent when the one before was answered."""
    async with telling() as (base_url, teller, _), connected(base_url) as connection:
        answered = [(await connection.ask(one)).body for one in sent]
    return answered, teller.read


# ---------------------------------------------------------------- what is read once


async def test_the_same_request_again_is_answered_without_being_read() -> None:
    assert await bodies_and_reads(HELLO, HELLO, HELLO) == ([b"at once hello"] * 3, 1)


async def test_it_is_answered_anew_each_time() -> None:
    async with telling() as (base_url, teller, _), connected(base_url) as connection:
        await connection.ask(HELLO)
        await connection.ask(HELLO)
    assert [shown["body"] for shown in teller.shown] == [b"hello"] * 2
    assert teller.shown[0]["fields"] == teller.shown[1]["fields"]


async def test_the_same_request_on_another_connection_is_answered_without_being_read() -> None:
    async with telling() as (base_url, teller, _), connected(base_url) as one, connected(base_url) as other:
        await one.ask(HELLO)
        assert (await other.ask(HELLO)).body == b"at once hello"
    assert teller.read == 1


async def test_the_same_request_to_another_application_is_read() -> None:
    assert await bodies_and_reads(HELLO) == await bodies_and_reads(HELLO) == ([b"at once hello"], 1)


async def test_one_that_is_waited_for_is_read_once() -> None:
    assert await bodies_and_reads(request(b"wait"), request(b"wait")) == ([b"later wait"] * 2, 1)


@pytest.mark.parametrize(
    "other",
    [request(b"hellO"), request(b"hello", "X-Some: one"), request(b"hello ")],
    ids=["body", "field", "length"],
)
async def test_one_that_differs_in_a_byte_is_read(other: bytes) -> None:
    assert (await bodies_and_reads(HELLO, other))[1] == 2


# ---------------------------------------------------------------- what is read each time


@pytest.mark.parametrize(
    "sent",
    [
        request(b"once upon a time"),
        request(b"x" * MAX_FAMILIAR_BYTES),
        chunked(b"hello"),
    ],
    ids=["may mean something else next time", "long", "of unknown length"],
)
async def test_a_request_is_read_each_time(sent: bytes) -> None:
    assert (await bodies_and_reads(sent, sent))[1] == 2


async def test_what_goes_through_asgi_goes_there_each_time() -> None:
    assert (await bodies_and_reads(request(b"leave"), request(b"leave")))[0] == [b"asgi leave"] * 2


async def test_one_that_came_in_two_pieces_is_read_again() -> None:
    async with telling() as (base_url, teller, watched), connected(base_url) as connection:
        await connection.send(HELLO[:20])
        await watched.read.get()
        await connection.ask(HELLO[20:])
        await connection.ask(HELLO)
    assert teller.read == 2


async def test_several_that_came_in_one_piece_are_read_again() -> None:
    async with telling() as (base_url, teller, _), connected(base_url) as connection:
        for _ in range(2):
            await connection.send(HELLO + HELLO)
            assert [(await connection.answer()).body for _ in range(2)] == [b"at once hello"] * 2
    assert teller.read == 4


async def test_one_that_came_behind_another_in_a_piece_is_not_taken_for_the_whole_piece() -> None:
    both = request() + HELLO
    async with telling() as (base_url, _, __), connected(base_url) as connection:
        for _ in range(2):
            await connection.send(both)
            assert [(await connection.answer()).body for _ in range(2)] == [b"at once ", b"at once hello"]


# ---------------------------------------------------------------- bytes that are no request where they come


async def in_pieces(connection: Connection, read: "asyncio.Queue[int]", *pieces: bytes) -> None:
    """Each is sent when the one before has been read."""
    for piece in pieces:
        await connection.send(piece)
        await read.get()


async def test_a_body_that_looks_like_a_familiar_request_is_a_body() -> None:
    """Otherwise whoever writes a part of a body could have another request answered: request smuggling."""
    outer = request(HELLO)
    async with telling() as (base_url, _, watched), connected(base_url) as connection:
        await connection.ask(HELLO)
        await watched.read.get()
        await in_pieces(connection, watched.read, outer[: -len(HELLO)], HELLO)
        assert (await connection.answer()).body == b"at once " + HELLO
        assert (await connection.ask(request(b"next"))).body == b"at once next"


async def test_a_chunk_that_looks_like_a_familiar_request_is_a_chunk() -> None:
    head, _, end = chunked(HELLO).partition(HELLO)
    async with telling() as (base_url, _, watched), connected(base_url) as connection:
        await connection.ask(HELLO)
        await watched.read.get()
        await in_pieces(connection, watched.read, head, HELLO, end)
        assert (await connection.answer()).body == b"at once " + HELLO


async def test_half_a_request_before_a_familiar_one_is_no_request() -> None:
    async with telling() as (base_url, _, watched), connected(base_url) as connection:
        await connection.ask(HELLO)
        await watched.read.get()
        await in_pieces(connection, watched.read, HELLO[:10], HELLO)
        assert (await connection.answer()).status == 400


async def test_an_empty_line_between_requests_changes_nothing() -> None:
    """RFC 9112, 2.2."""
    async with telling() as (base_url, _, watched), connected(base_url) as connection:
        await connection.ask(HELLO)
        await watched.read.get()
        await in_pieces(connection, watched.read, b"\r\n", HELLO)
        assert (await connection.answer()).body == b"at once hello"


# ---------------------------------------------------------------- order

KINDS = {"at once": b"hello", "later": b"wait", "asgi": b"leave"}


@pytest.mark.parametrize("kinds", list(product(KINDS, repeat=3)), ids=" ".join)
async def test_familiar_requests_that_do_not_wait_for_answers_are_answered_in_their_order(
    kinds: tuple[str, ...],
) -> None:
    async with telling() as (base_url, _, watched), connected(base_url) as connection:
        for body in KINDS.values():
            await connection.ask(request(body))
            await watched.read.get()
        await in_pieces(connection, watched.read, *(request(KINDS[kind]) for kind in kinds))
        answered = [(await connection.answer()).body.split()[-1] for _ in kinds]
    assert answered == [KINDS[kind] for kind in kinds]


@pytest.mark.parametrize("first", ["hold", "stay"])
async def test_a_familiar_request_does_not_overtake_one_that_is_waited_for(first: str) -> None:
    async with telling() as (base_url, teller, watched), connected(base_url) as connection:
        await connection.ask(HELLO)
        await watched.read.get()
        await in_pieces(connection, watched.read, request(first.encode()))
        await teller.begun.wait()
        await in_pieces(connection, watched.read, HELLO)
        teller.opened.set()
        answered = [(await connection.answer()).body.split()[-1] for _ in range(2)]
    assert answered == [first.encode(), b"hello"]


# ---------------------------------------------------------------- how much is remembered


def told(number: int) -> tuple[bytes, Told]:
    return b"%d" % number, Told((), b"%d" % number)


def test_what_was_remembered_first_is_forgotten_first() -> None:
    familiar = Familiar[Told]()
    for number in range(MAX_FAMILIAR + 1):
        familiar.keep(*told(number))
    assert [familiar.find(b"%d" % number) is None for number in range(MAX_FAMILIAR + 1)] == [
        number == 0 for number in range(MAX_FAMILIAR + 1)
    ]


@pytest.mark.parametrize(("bytes_", "is_kept"), [(MAX_FAMILIAR_BYTES, True), (MAX_FAMILIAR_BYTES + 1, False)])
def test_a_long_request_is_not_remembered(bytes_: int, is_kept: bool) -> None:  # noqa: FBT001 - a parameter
    familiar, data = Familiar[Told](), b"x" * bytes_
    familiar.keep(data, told(0)[1])
    assert (familiar.find(data) is not None) is is_kept
