"""gateway/http/caching.py: what the answer to a GET tells its client about keeping it."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.vocabulary import PlatformKey
from gateway.http.caching import for_keeping
from gateway.http.response import JsonResponse, executed
from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.faults import Fault, FaultKind
from tests.access.reads import Clock
from tests.conftest import MakeStand, Stand

NAMES = "{ projects { nodes { name } } }"
TAGS = st.text("0123456789abcdef", min_size=1, max_size=8)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def keeping(make_stand: MakeStand, clock: Clock) -> Stand:
    """A gateway whose clock stands still, and that keeps what platforms say for ten seconds."""
    settings = {f"GATEWAY_{key}__CACHE_FRESH_SECONDS": "10" for key in PlatformKey}
    return await make_stand(
        settings=settings,
        quantconnect=create_quantconnect_sandbox(clock=lambda: clock().timestamp()),
        testomato=create_testomato_sandbox(clock=lambda: clock().timestamp(), lists_projects=False),
        now=clock,
    )


async def get(stand: Stand, query: str = NAMES, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await stand.client.get("/graphql", params={"query": query}, headers=named)


@pytest.mark.anyio
async def test_an_answer_may_be_kept_as_long_as_what_was_read_for_it_is_fresh(
    keeping: Stand, clock: Clock
) -> None:
    first = await get(keeping)
    clock.pass_seconds(4)
    second = await get(keeping)
    assert [one.headers["cache-control"] for one in (first, second)] == [
        "private, max-age=10",
        "private, max-age=6",
    ]


@pytest.mark.anyio
async def test_an_answer_that_is_made_of_one_before_may_be_kept_as_long(keeping: Stand, clock: Clock) -> None:
    for _ in range(3):
        await get(keeping)
    clock.pass_seconds(4)
    assert (await get(keeping)).headers["cache-control"] == "private, max-age=6"


@pytest.mark.anyio
async def test_an_answer_may_not_be_kept_longer_than_what_a_part_of_it_was_made_of(
    keeping: Stand, clock: Clock
) -> None:
    """The members are older than the list, and from the second answer on their JSON is there already."""
    listed = "{ projects(filter: { platforms: [TESTOMATO] }) { nodes { id members { totalCount } } } }"
    site = next(iter(keeping.testomato.state.projects))
    of_site = "{ projectByUpstreamId(platform: TESTOMATO, upstreamId: %s) { members { totalCount } } }"
    await get(keeping, of_site % json.dumps(site))
    clock.pass_seconds(4)
    for _ in range(3):
        assert (await get(keeping, listed)).headers["cache-control"] == "private, max-age=6"


@pytest.mark.anyio
async def test_what_has_not_changed_is_not_sent_again(keeping: Stand) -> None:
    first = await get(keeping)
    second = await get(keeping, If_None_Match=first.headers["etag"])
    assert (second.status_code, second.content) == (304, b"")
    assert {name: second.headers[name] for name in ("etag", "cache-control", "vary")} == {
        name: first.headers[name] for name in ("etag", "cache-control", "vary")
    }
    assert "content-type" not in second.headers


@pytest.mark.anyio
async def test_what_has_changed_is_sent(keeping: Stand) -> None:
    first = await get(keeping)
    other = await get(keeping, "{ projects { nodes { id } } }", If_None_Match=first.headers["etag"])
    assert (other.status_code, other.json()["data"] is not None) == (200, True)
    assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.anyio
async def test_an_answer_differs_by_what_tells_who_asks(keeping: Stand) -> None:
    vary = (await get(keeping)).headers["vary"].split(", ")
    assert vary[:2] == ["Accept", "Authorization"]
    assert any("quantconnect" in name.lower() for name in vary)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "query",
    [
        "{ __typename }",
        "{ platforms { status } }",
        "{ auditLog { totalCount } }",
        "{ auditLog { totalCount } projects { nodes { name } } }",
    ],
)
async def test_what_nothing_is_known_about_is_asked_for_again(keeping: Stand, query: str) -> None:
    response = await get(keeping, query)
    assert (response.headers["cache-control"], "etag" in response.headers) == ("private, no-cache", True)


@pytest.mark.anyio
async def test_an_answer_with_a_failed_source_is_asked_for_again(keeping: Stand) -> None:
    keeping.testomato.faults.add(Fault(kind=FaultKind.STATUS, status=500))
    assert (await get(keeping)).headers["cache-control"] == "private, no-cache"


@pytest.mark.anyio
@pytest.mark.parametrize("query", ["{ nothing }", '{ project(id: "x") { name } nodes(ids: []) { id } }}'])
async def test_errors_are_not_kept(keeping: Stand, query: str) -> None:
    response = await get(keeping, query)
    assert (response.headers["cache-control"], "etag" in response.headers) == ("no-store", False)


@pytest.mark.anyio
async def test_the_answer_to_a_post_is_not_kept(keeping: Stand) -> None:
    response = await keeping.client.post("/graphql", json={"query": NAMES})
    assert (response.headers["cache-control"], "etag" in response.headers) == ("no-store", False)


def kept(if_none_match: str | None, *, content: bytes = b"{}") -> JsonResponse:
    response = executed((content,), "application/json")
    return for_keeping(response, fresh_seconds=1, if_none_match=if_none_match, vary=("Accept",))


def tag_of(content: bytes) -> str:
    fields: dict[bytes, bytes] = dict(kept(None, content=content).fields)
    return fields[b"etag"].decode()


@given(others=st.lists(TAGS, max_size=4), weak=st.booleans(), place=st.integers(0, 4))
def test_the_tag_is_found_among_others(others: list[str], weak: bool, place: int) -> None:  # noqa: FBT001
    own = tag_of(b"{}")
    tags = [f'"{one}"' for one in others]
    tags.insert(min(place, len(tags)), f"W/{own}" if weak else own)
    assert kept(", ".join(tags)).status == 304


@given(others=st.lists(TAGS, max_size=4))
def test_other_tags_are_not_taken_for_it(others: list[str]) -> None:
    assert kept(", ".join(f'"{one}"' for one in others)).status == 200


def test_any_tag_is_meant_by_an_asterisk() -> None:
    assert kept("*").status == 304


@given(one=st.binary(max_size=20), other=st.binary(max_size=20))
def test_two_contents_have_the_same_tag_only_where_they_are_the_same(one: bytes, other: bytes) -> None:
    assert (tag_of(one) == tag_of(other)) is (one == other)
