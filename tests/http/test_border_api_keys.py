"""API keys in front of a served gateway: who is let in, and which file counts while it runs."""

from pathlib import Path

import httpx
import pytest

from gateway.domain.caller import Scope
from gateway.http.authentication.api_keys import new_key
from tests.conftest import MakeStand

pytestmark = pytest.mark.anyio

QUESTION = {"query": "{ platforms { key } }"}
NO_KEY = "ag_spare_" + "A" * 43  # well-formed, and made by nobody


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of keys, with one that no test uses."""
    path = tmp_path / "keys.toml"
    new_key(path, name="spare", scopes=[])
    return path


@pytest.fixture
def variables(file: Path) -> dict[str, str]:
    return {"GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": str(file)}


def content_of(file: Path) -> str:
    return file.read_text()


def rewrite(file: Path, content: bytes | str | None) -> None:
    """As an operator's editor does; None deletes."""
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content.encode() if isinstance(content, str) else content)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def status_for(client: httpx.AsyncClient, key: str) -> int:
    response = await client.post("/graphql", json=QUESTION, headers=bearer(key))
    assert response.status_code in {200, 401}, response.text
    return response.status_code


def assert_unauthenticated(response: httpx.Response) -> None:
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert "data" not in response.json()
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["UNAUTHENTICATED"]


# ---------------------------------------------------------------- who is let in


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer"},
        {"X-Api-Key": NO_KEY},
        bearer(NO_KEY),
        bearer("x"),
    ],
    ids=["no key", "another scheme", "a scheme alone", "another header", "a wrong key", "no key's form"],
)
async def test_a_request_without_a_good_key_is_unauthenticated(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert_unauthenticated(await client.post("/graphql", json=QUESTION, headers=headers))


async def test_a_get_without_a_good_key_is_unauthenticated(client: httpx.AsyncClient) -> None:
    assert_unauthenticated(await client.get("/graphql", params=QUESTION, headers=bearer(NO_KEY)))


async def test_a_key_in_the_address_is_not_looked_at(client: httpx.AsyncClient, file: Path) -> None:
    key = new_key(file, name="one", scopes=Scope)
    assert_unauthenticated(await client.post("/graphql", json=QUESTION, params={"access_token": key}))


async def test_the_holder_of_a_key_is_answered(client: httpx.AsyncClient, file: Path) -> None:
    key = new_key(file, name="one", scopes=[])
    response = await client.post("/graphql", json=QUESTION, headers=bearer(key))
    assert (response.status_code, "www-authenticate" in response.headers) == (200, False)
    assert len(response.json()["data"]["platforms"]) == 2


@pytest.mark.parametrize("body", [b"", b"{", b'{"query": "{ nothing }"}', b"[]"])
async def test_a_stranger_is_told_nothing_but_that_a_key_is_missing(
    client: httpx.AsyncClient, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    assert_unauthenticated(await client.post("/graphql", content=body, headers=headers))


async def test_no_refusal_quotes_the_key(client: httpx.AsyncClient) -> None:
    response = await client.post("/graphql", json=QUESTION, headers=bearer(NO_KEY))
    assert NO_KEY.rpartition("_")[2] not in response.text + str(response.headers)


async def test_nothing_is_asked_of_a_platform_for_a_stranger(
    make_stand: MakeStand, variables: dict[str, str]
) -> None:
    stand = await make_stand(settings=variables)
    response = await stand.client.post("/graphql", json={"query": "{ projects { totalCount } }"})
    assert_unauthenticated(response)
    assert stand.quantconnect.calls.total_count + stand.testomato.calls.total_count == 0


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_a_probe_needs_no_key(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


# ---------------------------------------------------------------- a file that changes


async def test_a_key_that_is_added_while_the_gateway_runs_is_good(
    client: httpx.AsyncClient, file: Path
) -> None:
    assert await status_for(client, NO_KEY) == 401
    key = new_key(file, name="later", scopes=[])
    assert await status_for(client, key) == 200


async def test_a_key_that_is_withdrawn_while_the_gateway_runs_is_refused(
    client: httpx.AsyncClient, file: Path
) -> None:
    without = content_of(file)
    key = new_key(file, name="one", scopes=[])
    assert await status_for(client, key) == 200
    rewrite(file, without)
    assert await status_for(client, key) == 401


async def test_a_scope_that_is_taken_from_a_key_is_gone(client: httpx.AsyncClient, file: Path) -> None:
    key = new_key(file, name="one", scopes=[Scope.MEMBERS_WRITE])
    remove = {"query": 'mutation { removeMember(input: {memberId: "none"}) { outcome } }'}
    allowed = await client.post("/graphql", json=remove, headers=bearer(key))
    rewrite(file, content_of(file).replace("members:write", "members:read"))
    forbidden = await client.post("/graphql", json=remove, headers=bearer(key))
    assert allowed.json()["data"]["removeMember"]["outcome"] == "REFUSED"
    assert [error["extensions"]["code"] for error in forbidden.json()["errors"]] == ["FORBIDDEN"]


# Deeper than Python's parser of TOML can follow.
TOO_DEEP = b"a = " + b"[" * 5_000


@pytest.mark.parametrize(
    "content",
    [b"this is no TOML", b"\xff\xfe", b"[one]\nscopes = []", b"[one", TOO_DEEP, None],
    ids=["no TOML", "no text", "no digest", "cut off", "nested without end", "gone"],
)
async def test_a_file_that_cannot_be_used_leaves_the_last_good_keys_in_force(
    client: httpx.AsyncClient, file: Path, content: bytes | None
) -> None:
    key = new_key(file, name="one", scopes=[])
    assert await status_for(client, key) == 200
    rewrite(file, content)
    assert [await status_for(client, one) for one in (key, NO_KEY, key)] == [200, 401, 200]


async def test_a_file_that_was_repaired_counts_again(client: httpx.AsyncClient, file: Path) -> None:
    good = content_of(file)
    key = new_key(file, name="one", scopes=[])
    assert await status_for(client, key) == 200
    rewrite(file, "this is no TOML")
    assert await status_for(client, key) == 200
    rewrite(file, good)
    assert await status_for(client, key) == 401


async def test_a_file_that_is_put_in_place_of_the_old_one_counts(
    client: httpx.AsyncClient, file: Path, tmp_path: Path
) -> None:
    """As editors and secret managers do it: a new file is renamed to the old one's name."""
    key = new_key(file, name="one", scopes=[])
    assert await status_for(client, key) == 200
    other = tmp_path / "new.toml"
    successor = new_key(other, name="two", scopes=[])
    other.rename(file)
    assert [await status_for(client, one) for one in (key, successor)] == [401, 200]
