"""gateway/http/health.py: whether the process lives, and whether it takes requests."""

import httpx
import pytest

pytestmark = pytest.mark.anyio

PROBES = {"/livez": {"status": "live"}, "/readyz": {"status": "ready"}}


@pytest.mark.parametrize(("path", "answer"), PROBES.items())
async def test_a_gateway_without_platforms_answers_its_probes(
    client: httpx.AsyncClient, path: str, answer: dict[str, str]
) -> None:
    response = await client.get(path)
    assert (response.status_code, response.json()) == (200, answer)


# Nobody listens there: a platform that is down takes none of the others' data away.
UNREACHABLE = {
    "GATEWAY_QUANTCONNECT__BASE_URL": "http://127.0.0.1:1/api",
    "GATEWAY_QUANTCONNECT__USER_ID": "1",
    "GATEWAY_QUANTCONNECT__API_TOKEN": "made-up",
}


@pytest.mark.parametrize("variables", [UNREACHABLE])
@pytest.mark.parametrize("path", PROBES)
async def test_a_gateway_whose_platform_is_down_answers_its_probes(
    client: httpx.AsyncClient, path: str
) -> None:
    await client.post("/graphql", json={"query": "{ projects { totalCount } }"})
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("path", PROBES)
async def test_a_probe_may_ask_for_the_head_only(client: httpx.AsyncClient, path: str) -> None:
    response = await client.head(path)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("path", PROBES)
async def test_a_probe_can_only_be_read(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.post(path)).status_code == 405
