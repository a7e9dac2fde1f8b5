"""gateway/http/direct.py: whichever way a request takes, its answer, the figures and the log are the same."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.telemetry.request_id import add_request_id
from tests.http.operations_asked import DIRECT, EVERY_KIND, GRAPHQL, JSON, NOT_DIRECT, QUESTION, ask
from tests.http.two_ways import Way, two_ways

pytestmark = pytest.mark.anyio

FLOOD = 100
TIMES = 2  # nothing is known of the first one
ONE_ANSWER = {name: sent for name, sent in EVERY_KIND.items() if b"Connection: close" not in sent}

every_kind = pytest.mark.parametrize("sent", EVERY_KIND.values(), ids=EVERY_KIND.keys())
every_kind_again = pytest.mark.parametrize("sent", ONE_ANSWER.values(), ids=ONE_ANSWER.keys())


async def logged(way: Way, sent: bytes) -> list[dict[str, Any]]:
    """The lines, with the request's id only where the client gave it."""
    with capture_logs(processors=[add_request_id]) as lines:
        await way.ask(sent)
    told = [dict(line) for line in lines]
    for line in told:
        assert line.pop("milliseconds") >= 0
        assert line["request_id"] == "mine" or len(line.pop("request_id")) == 32
    return told


@every_kind
async def test_the_answer_is_the_same_either_way(sent: bytes) -> None:
    async with two_ways() as (direct, through_asgi):
        assert await direct.ask(sent) == await through_asgi.ask(sent)


@every_kind_again
async def test_the_answer_to_the_same_request_again_is_the_same_either_way(sent: bytes) -> None:
    async with two_ways() as ways:
        first, second = [[await way.ask(sent) for _ in range(TIMES)] for way in ways]
    assert first == second


@every_kind_again
async def test_the_figures_are_the_same_either_way(sent: bytes) -> None:
    async with two_ways() as ways:
        for way in ways:
            for _ in range(TIMES):
                await way.ask(sent)
        assert await ways[0].figures() == await ways[1].figures()


@every_kind
async def test_the_log_is_the_same_either_way(sent: bytes) -> None:
    async with two_ways() as (direct, through_asgi):
        assert await logged(direct, sent) == await logged(through_asgi, sent)


@pytest.mark.parametrize("sent", DIRECT.values(), ids=DIRECT.keys())
async def test_what_can_be_answered_without_asgi_is(sent: bytes) -> None:
    async with two_ways() as (direct, _):
        await direct.ask(sent)
        assert direct.app.operations == 0


@pytest.mark.parametrize("sent", NOT_DIRECT.values(), ids=NOT_DIRECT.keys())
async def test_what_needs_more_goes_through_asgi(sent: bytes) -> None:
    async with two_ways() as (direct, _):
        await direct.ask(sent)
        assert direct.app.operations == 1


async def test_the_other_gateway_knows_no_way_but_asgi() -> None:
    async with two_ways() as (_, through_asgi):
        await through_asgi.ask(ask())
        assert through_asgi.app.operations == 1


# ---------------------------------------------------------------- the request's id


async def ids_given_back(*fields: str) -> list[list[bytes]]:
    async with two_ways() as ways:
        sent = ask(QUESTION, JSON, GRAPHQL, *fields)
        return [(await way.connection.ask(sent)).all_of(b"x-request-id") for way in ways]


async def test_a_request_keeps_its_id_either_way() -> None:
    assert await ids_given_back("X-Request-ID: mine") == [[b"mine"], [b"mine"]]


async def test_of_two_ids_the_first_one_counts_either_way() -> None:
    assert await ids_given_back("X-Request-ID: mine", "X-Request-ID: other") == [[b"mine"], [b"mine"]]


@pytest.mark.parametrize("forged", ["", "a b", "x" * 65, "<script>", "\u00e9"])
async def test_a_forged_id_is_replaced_either_way(forged: str) -> None:
    answered = await ids_given_back(f"X-Request-ID: {forged}")
    assert [[len(one) for one in ids] for ids in answered] == [[32], [32]]


async def test_every_request_has_an_id_of_its_own_on_whichever_way_it_comes() -> None:
    sent = [DIRECT["a query"], NOT_DIRECT["a query string"]] * 3
    async with two_ways() as (direct, _):
        ids = [(await direct.connection.ask(one)).all_of(b"x-request-id")[0] for one in sent]
    assert len(set(ids)) == len(sent)


@pytest.mark.parametrize("accept", [GRAPHQL, "Accept: application/json"])
async def test_a_flood_of_requests_that_are_refused_leaves_few_lines_either_way(accept: str) -> None:
    """Older clients get a 200 for some refusals."""
    refused = ask("{ nothing }", JSON, accept)
    async with two_ways() as ways:
        for way in ways:
            with capture_logs() as lines:
                await way.connection.send(refused * FLOOD)
                for _ in range(FLOOD):
                    await way.connection.answer()
            assert 0 < len(lines) < FLOOD
