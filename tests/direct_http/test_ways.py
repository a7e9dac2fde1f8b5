"""gateway/direct_http: which requests are shown to the application, and which go through ASGI."""

import pytest
from starlette.types import Receive, Scope, Send

from gateway.direct_http.connection import MAX_BODY_BYTES
from gateway.serving import HttpProtocol, serving
from tests.direct_http.two_way_teller import Teller, telling
from tests.wire import chunked, connected, pieces_of, request

pytestmark = pytest.mark.anyio

HOST = "Host: gateway"


@pytest.fixture(params=["asyncio", pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop")])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """The gateway's own loop, and the one that tests have elsewhere."""
    return request.param


async def ask(sent: bytes) -> tuple[bytes, Teller]:
    """The body of the answer, and the application that gave it."""
    async with telling() as (base_url, teller, _), connected(base_url) as connection:
        return (await connection.ask(sent)).body, teller


async def body_of_answer(sent: bytes) -> bytes:
    body, _ = await ask(sent)
    return body


async def body_of_answer_in_pieces(pieces: list[bytes]) -> bytes:
    """Each piece is sent when the one before has been read."""
    async with telling() as (base_url, _, watched), connected(base_url) as connection:
        for piece in pieces:
            await connection.send(piece)
            assert await watched.read.get() == len(piece)
        return (await connection.answer()).body


# ---------------------------------------------------------------- at once


async def test_a_short_post_is_answered_at_once() -> None:
    assert await body_of_answer(request(b"hello")) == b"at once hello"


@pytest.mark.parametrize("size", [1, 7, 50])
async def test_a_post_that_comes_in_pieces_is_answered_at_once(size: int) -> None:
    pieces = pieces_of(request(b"a body of some length"), size)
    assert await body_of_answer_in_pieces(pieces) == b"at once a body of some length"


async def test_a_post_without_a_body_is_answered_at_once() -> None:
    assert await body_of_answer(request()) == b"at once "


async def test_a_body_in_chunks_is_answered_at_once() -> None:
    assert await body_of_answer(chunked(b"one", b" ", b"two")) == b"at once one two"


@pytest.mark.parametrize("size", [1, 7])
async def test_a_body_in_chunks_that_come_in_pieces_is_answered_at_once(size: int) -> None:
    pieces = pieces_of(chunked(b"one", b" ", b"two"), size)
    assert await body_of_answer_in_pieces(pieces) == b"at once one two"


@pytest.mark.parametrize("size", [MAX_BODY_BYTES * 2, 10_000])
async def test_a_body_of_the_greatest_length_is_answered_at_once(size: int) -> None:
    body = b"x" * MAX_BODY_BYTES
    assert await body_of_answer_in_pieces(pieces_of(request(body), size)) == b"at once " + body


async def test_an_answer_is_sent_as_it_was_given() -> None:
    async with telling() as (base_url, _, __), connected(base_url) as connection:
        answer = await connection.ask(request(b"hello"))
    assert (answer.status, [name for name, _ in answer.fields]) == (200, [b"date", b"content-length"])


@pytest.mark.parametrize("length", [0, 1, 16 * 1024, 64 * 1024, 3 * 1024 * 1024])
async def test_an_answer_of_any_length_arrives_whole(length: int) -> None:
    assert await body_of_answer(request(b"big %d" % length)) == b"." * length


async def test_the_application_is_shown_the_request() -> None:
    _, teller = await ask(request(b"hello", "X-Some: one", "X-SOME: Two"))
    [shown] = teller.shown
    assert [name for name, _ in shown.pop("server_fields")] == [b"date"]
    assert shown == {
        "fields": [
            (b"host", b"gateway"),
            (b"x-some", b"one"),
            (b"x-some", b"Two"),
            (b"content-length", b"5"),
        ],
        "body": b"hello",
        "scheme": "http",
        "client_host": "127.0.0.1",
    }


WITH_TRAILER = {"trailers": ("X-Forwarded-For: 10.9.8.7",)}


async def test_what_stands_behind_a_body_is_none_of_its_head() -> None:
    """RFC 9110, 6.5.1: a trailer must not be taken for a header field, which somebody before us may check."""
    _, teller = await ask(chunked(b"hello", **WITH_TRAILER))
    assert [name for name, _ in teller.shown[0]["fields"]] == [b"host", b"transfer-encoding"]


async def test_what_stands_behind_a_body_that_is_left_is_none_of_its_head() -> None:
    _, teller = await ask(chunked(b"leave", **WITH_TRAILER))
    assert [name for name, _ in teller.scopes[0]["headers"]] == [b"host", b"transfer-encoding"]


async def test_a_client_that_sends_no_more_gets_its_answer() -> None:
    async with telling() as (base_url, _, __), connected(base_url) as connection:
        await connection.send(request(b"hello"))
        connection.half_close()
        assert (await connection.rest()).endswith(b"at once hello")


# ---------------------------------------------------------------- through ASGI


async def test_what_the_application_leaves_goes_through_asgi_whole() -> None:
    assert await body_of_answer(request(b"leave it")) == b"asgi leave it"


@pytest.mark.parametrize("size", [1, 7, 50])
async def test_what_came_in_pieces_and_is_left_goes_through_asgi_whole(size: int) -> None:
    pieces = pieces_of(request(b"leave what came in pieces"), size)
    assert await body_of_answer_in_pieces(pieces) == b"asgi leave what came in pieces"


@pytest.mark.parametrize("size", [MAX_BODY_BYTES * 2, 10_000])
@pytest.mark.parametrize("too_much", [1, 50_000])
async def test_a_longer_body_goes_through_asgi_whole(size: int, too_much: int) -> None:
    body = b"x" * (MAX_BODY_BYTES + too_much)
    assert await body_of_answer_in_pieces(pieces_of(request(body), size)) == b"asgi " + body


async def test_a_longer_body_in_chunks_goes_through_asgi_whole() -> None:
    pieces = pieces_of(b"x" * (MAX_BODY_BYTES + 1), 5_000)
    assert await body_of_answer(chunked(*pieces)) == b"asgi " + b"x" * (MAX_BODY_BYTES + 1)


async def test_a_longer_body_is_not_shown_to_the_application() -> None:
    _, teller = await ask(request(b"x" * (MAX_BODY_BYTES + 1)))
    assert teller.shown == []


@pytest.mark.parametrize(
    "sent",
    [
        request(b"hello", version="1.0"),
        request(b"hello", "Connection: keep-alive", version="1.0"),
        request(b"hello", "Connection: close"),
        request(b"hello", "Connection: x-other, close"),
        request(b"hello", method="PUT"),
        request(b"hello", method="GET"),
        request(b"hello", method="PATCH"),
        request(b"hello", target="/"),
        request(b"hello", target="/graphql/"),
        request(b"hello", target="//graphql"),
        request(b"hello", target="/graphqlx"),
        request(b"hello", target="/GraphQL"),
        request(b"hello", target="/%67raphql"),
        request(b"hello", target="/graphql?"),
        request(b"hello", target="/graphql?query=x"),
        request(b"hello", target="http://gateway/graphql"),
    ],
    ids=lambda sent: sent.decode().replace("\r\n", " "),
)
async def test_any_other_request_goes_through_asgi(sent: bytes) -> None:
    body, teller = await ask(sent)
    assert (body, teller.shown) == (b"asgi hello", [])


async def test_a_request_to_speak_something_else_goes_through_asgi() -> None:
    body, teller = await ask(request(b"", "Connection: Upgrade", "Upgrade: h2c"))
    assert (body, teller.shown) == (b"asgi ", [])


async def test_a_client_that_asks_before_it_sends_its_body_is_told_to_go_on() -> None:
    whole = request(b"hello", "Expect: 100-continue")
    async with telling() as (base_url, _, __), connected(base_url) as connection:
        interim = await connection.ask(whole.removesuffix(b"hello"))
        answer = await connection.ask(b"hello")
    assert (interim.status, answer.body) == (100, b"asgi hello")


async def test_asgi_is_told_the_same_as_without_a_shorter_way() -> None:
    scopes = []
    ways: tuple[HttpProtocol | None, ...] = (None, "httptools")
    for http in ways:
        teller = Teller()
        async with serving(teller, http=http) as base_url, connected(base_url) as connection:
            await connection.ask(request(b"leave", "X-Some: one", "X-SOME: Two"))
        [scope] = teller.scopes
        scopes.append({name: value for name, value in scope.items() if name not in {"client", "server"}})
    assert scopes[0] == scopes[1]


async def test_an_application_without_a_shorter_way_is_asked_through_asgi() -> None:
    teller = Teller()

    async def plain(scope: Scope, receive: Receive, send: Send) -> None:
        await teller(scope, receive, send)

    async with serving(plain) as base_url, connected(base_url) as connection:
        assert (await connection.ask(request(b"hello"))).body == b"asgi hello"


async def test_the_shorter_way_is_found_without_being_asked_for() -> None:
    async with serving(Teller()) as base_url, connected(base_url) as connection:
        assert (await connection.ask(request(b"hello"))).body == b"at once hello"


async def test_a_server_that_is_told_how_to_speak_http_leaves_the_shorter_way_out() -> None:
    async with serving(Teller(), http="httptools") as base_url, connected(base_url) as connection:
        assert (await connection.ask(request(b"hello"))).body == b"asgi hello"


# ---------------------------------------------------------------- one connection


async def test_a_connection_takes_requests_of_every_kind_in_turn() -> None:
    long = b"x" * (MAX_BODY_BYTES + 1)
    expected = {
        request(b"1"): b"at once 1",
        request(b"leave 2"): b"asgi leave 2",
        request(b"wait 3"): b"later wait 3",
        request(b"4", target="/"): b"asgi 4",
        request(long): b"asgi " + long,
        chunked(b"6"): b"at once 6",
        request(b"7"): b"at once 7",
    }
    async with telling() as (base_url, _, __), connected(base_url) as connection:
        assert [(await connection.ask(sent)).body for sent in expected] == list(expected.values())


async def test_a_body_that_is_no_body_is_refused_and_not_shown() -> None:
    async with telling() as (base_url, teller, _), connected(base_url) as connection:
        head, _, _ = chunked(b"").partition(b"\r\n\r\n")
        answer = await connection.ask(head + b"\r\n\r\nno chunk\r\n")
        assert (answer.status, await connection.rest(), teller.shown) == (400, b"", [])


async def test_what_stands_before_a_request_that_is_none_is_answered() -> None:
    async with telling() as (base_url, _, __), connected(base_url) as connection:
        await connection.send(request(b"hello") + b"no request\r\n\r\n")
        answers = [await connection.answer() for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 400]
