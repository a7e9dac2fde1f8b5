"""What the file holds of changes that were made through a whole gateway, and what another one gives again."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import anyio
import httpx
import pytest

from gateway.app import create_app
from gateway.domain.vocabulary import Outcome, PlatformKey
from gateway.graph import ids
from gateway.serving import serving
from tests.access.world import rows_of
from tests.conftest import TAKES_GRAPHQL, MakeStand, Stand

pytestmark = pytest.mark.anyio

MEMBER = "{ id name email role permissions { action granted } project { id name } }"
REST = "project { id name members(first: 100) { totalCount } } userErrors { code message field retryable }"
ADD = f"mutation($input: AddMemberInput!) {{ addMember(input: $input) {{ outcome member {MEMBER} {REST} }} }}"
REMOVE = f"""mutation($input: RemoveMemberInput!) {{
  removeMember(input: $input) {{ outcome removedMemberId {REST} }}
}}"""
NEWCOMER = "tomasz.wierzbicki@example.com"


class Another(Protocol):
    """Another gateway on the same file, in front of the same stand-ins; see `another`."""

    async def __call__(self, stand: Stand) -> Stand: ...


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "changes.sqlite3")


@pytest.fixture
async def stand(make_stand: MakeStand, database: str) -> Stand:
    return await make_stand(settings={"GATEWAY_STORE__URL": f"sqlite:///{database}"})


@pytest.fixture
async def another() -> AsyncIterator[Another]:
    async with AsyncExitStack() as stack:

        async def start(stand: Stand) -> Stand:
            base_url = await stack.enter_async_context(serving(create_app(stand.settings)))
            client = await stack.enter_async_context(
                httpx.AsyncClient(base_url=base_url, timeout=60, headers=TAKES_GRAPHQL)
            )
            return replace(stand, base_url=base_url, client=client)

        yield start


def addition(stand: Stand, *, key: str = "k", person: str = NEWCOMER) -> dict[str, object]:
    project = next(iter(stand.testomato.state.projects))
    return {
        "projectId": ids.project_id(PlatformKey.TESTOMATO, project),
        "person": {"email": person},
        "role": "VIEWER",
        "idempotencyKey": key,
    }


async def test_another_gateway_gives_the_whole_answer_again(stand: Stand, another: Another) -> None:
    given = addition(stand)
    first = await stand.data(ADD, input=given)
    again = await (await another(stand)).data(ADD, input=given)
    assert (first["addMember"]["outcome"], again) == (Outcome.ADDED, first)
    assert first["addMember"]["project"] is not None


async def test_another_gateway_gives_the_id_of_who_was_removed_again(stand: Stand, another: Another) -> None:
    added = await stand.data(ADD, input=addition(stand))
    given = {"memberId": added["addMember"]["member"]["id"], "idempotencyKey": "l"}
    first = await stand.data(REMOVE, input=given)
    again = await (await another(stand)).data(REMOVE, input=given)
    assert (first["removeMember"]["outcome"], again) == (Outcome.REMOVED, first)


async def test_a_project_that_nobody_asks_for_is_not_read(stand: Stand, another: Another) -> None:
    given = addition(stand)
    document = "mutation($input: AddMemberInput!) { addMember(input: $input) { outcome member { name } } }"
    await stand.data(document, input=given)
    stand.testomato.calls.clear()
    await (await another(stand)).data(document, input=given)
    assert stand.testomato.calls.total_count == 0


async def test_a_record_has_the_requests_id(stand: Stand, database: str) -> None:
    response = await stand.client.post(
        "/graphql",
        json={"query": ADD, "variables": {"input": addition(stand)}},
        headers={"X-Request-ID": "onboarding-117"},
    )
    [record] = rows_of(database, "audit")
    assert (response.headers["x-request-id"], record["request_id"]) == ("onboarding-117", "onboarding-117")
    assert (record["actor"], record["person"], record["outcome"]) == ("anybody", NEWCOMER, "ADDED")


async def test_no_secret_gets_into_the_file_or_what_lies_beside_it(
    stand: Stand, database: str, tmp_path: Path
) -> None:
    await stand.data(ADD, input=addition(stand))
    await stand.execute(ADD, input=addition(stand, key="l", person="no address"))
    held = b"".join([await file.read_bytes() async for file in anyio.Path(tmp_path).iterdir()])
    secrets = stand.quantconnect.secrets | stand.testomato.secrets
    assert NEWCOMER.encode() in held
    assert [secret for secret in secrets if secret.encode() in held] == []
    assert len(rows_of(database, "audit")) == 1
