"""Access that ends: until on a grant, what will end, and taking it away."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.access.changing.change import GrantAccess
from gateway.accounts import configured_account
from gateway.domain.membership import Person
from gateway.domain.vocabulary import PlatformKey, Role
from gateway.runtime import Runtime
from gateway.settings.model import GatewaySettings, StoreSettings
from tests.conftest import Stand
from tests.mutations.conftest import MakeGround
from tests.mutations.ground import NEWCOMER, VIEWER, Ground

pytestmark = pytest.mark.anyio

GRANT = """mutation($input: GrantAccessInput!) { grantAccess(input: $input) { complete
  results { outcome member { accessUntil } userErrors { code field } } userErrors { code } } }"""
EXPIRING = """query($days: Int = 14) { accessExpiring(withinDays: $days) {
  totalCount nodes { name accessUntil project { id } } } }"""
UNTIL = "query($id: ID!) { node(id: $id) { ... on Member { accessUntil } } }"
AUDIT = "{ auditLog { nodes { actor operation outcome before after } } }"
LONGEST_SECONDS = 20


def later(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


async def grant(ground: Ground, person: str, role: str = "EDITOR", *, until: str | None) -> dict[str, Any]:
    reference = ground.reference(person)
    target: dict[str, Any] = {"projectId": ground.project_id(), "role": role, "until": until, **reference}
    target.pop("email", None)
    given = {"person": reference, "targets": [target]}
    payload: dict[str, Any] = (await ground.stand.data(GRANT, input=given))["grantAccess"]
    return payload


async def gone(ground: Ground, person: str) -> None:
    """Wait until the person is out of project 1."""
    async with asyncio.timeout(LONGEST_SECONDS):
        while ground.role_of(person) is not None:  # noqa: ASYNC110 - the stand-in has no event for it
            await asyncio.sleep(0.05)


async def names_expiring(stand: Stand, days: int = 14) -> list[str]:
    found = (await stand.data(EXPIRING, days=days))["accessExpiring"]
    return [node["name"] for node in found["nodes"]]


async def test_a_grant_says_when_it_ends(ground: Ground) -> None:
    until = later(days=3)
    payload = await grant(ground, NEWCOMER, until=until)
    [result] = payload["results"]
    assert datetime.fromisoformat(result["member"]["accessUntil"]) == datetime.fromisoformat(until)


async def test_access_is_taken_away_when_it_ends(ground: Ground) -> None:
    payload = await grant(ground, NEWCOMER, until=later(seconds=2))
    assert [result["outcome"] for result in payload["results"]] == ["ADDED"]
    await gone(ground, NEWCOMER)
    entries = (await ground.stand.data(AUDIT))["auditLog"]["nodes"]
    assert entries[0] == {
        "actor": "accessgraph",
        "operation": "revokeAccess",
        "outcome": "REMOVED",
        "before": "EDITOR",
        "after": None,
    }
    assert await names_expiring(ground.stand) == []


async def test_what_will_end_is_listed(ground: Ground) -> None:
    await grant(ground, NEWCOMER, until=later(days=3))
    assert await names_expiring(ground.stand, 2) == []
    assert await names_expiring(ground.stand, 3) == ["Tomasz Wierzbicki"]


async def test_a_grant_without_an_end_forgets_the_one_that_was_set(ground: Ground) -> None:
    await grant(ground, NEWCOMER, until=later(days=3))
    payload = await grant(ground, NEWCOMER, until=None)
    assert payload["results"][0]["outcome"] == "UNCHANGED"
    assert await names_expiring(ground.stand) == []


async def test_who_is_there_already_is_given_an_end(ground: Ground) -> None:
    payload = await grant(ground, VIEWER, "VIEWER", until=later(days=3))
    assert payload["results"][0]["outcome"] == "UNCHANGED"
    assert await names_expiring(ground.stand) == ["Caoimhe Doyle"]


async def test_removing_a_member_forgets_the_end(ground: Ground) -> None:
    await grant(ground, NEWCOMER, until=later(days=3))
    await ground.remove(NEWCOMER)
    await ground.add(NEWCOMER)
    data = await ground.stand.data(UNTIL, id=ground.member_id(NEWCOMER))
    assert data == {"node": {"accessUntil": None}}


async def test_who_was_taken_out_by_others_and_is_added_again_has_no_end(ground: Ground) -> None:
    await grant(ground, NEWCOMER, until=later(days=3))
    ground.take_out(NEWCOMER)
    await ground.add(NEWCOMER)
    data = await ground.stand.data(UNTIL, id=ground.member_id(NEWCOMER))
    assert data == {"node": {"accessUntil": None}}


async def test_a_grant_that_is_refused_sets_no_end(ground: Ground) -> None:
    payload = await grant(ground, VIEWER, "OWNER", until=later(days=3))
    assert payload["results"][0]["outcome"] == "REFUSED"
    assert await names_expiring(ground.stand) == []


async def test_an_end_that_is_past_is_refused_and_nothing_is_sent(ground: Ground) -> None:
    payload = await grant(ground, NEWCOMER, until="2020-01-01T00:00:00Z")
    [result] = payload["results"]
    assert result["outcome"] == "REFUSED"
    assert result["userErrors"] == [{"code": "INVALID_UNTIL", "field": ["input", "targets", "0", "until"]}]
    assert ground.writes == []


@pytest.mark.parametrize("is_another_account", [False, True], ids=["as before", "with another account"])
async def test_what_ended_during_a_downtime_is_taken_away_at_the_next_start(
    make_ground: MakeGround, tmp_path: Path, *, is_another_account: bool
) -> None:
    """The first gateway is gone when the access ends."""
    ground = await make_ground(PlatformKey.QUANTCONNECT)
    store = {"url": f"sqlite:///{tmp_path / 'gateway.sqlite3'}"}
    settings = ground.stand.settings.model_copy(update={"store": StoreSettings.model_validate(store)})
    first = Runtime(settings)
    async with first.running():
        context = first.open_command_context(request_id="r")
        granted = GrantAccess(
            platform=ground.key,
            project_upstream_id=ground.project_upstream_id(1),
            person=Person(upstream_user_id=NEWCOMER),
            role=Role.EDITOR,
            until=datetime.now(UTC) + timedelta(seconds=2),
        )
        await context.changes.once(
            granted, platforms=context.directory.platforms, key=None, caller_id="me", request_id="r"
        )
    assert ground.role_of(NEWCOMER) is Role.EDITOR
    async with Runtime(with_another_account(settings) if is_another_account else settings).running():
        await gone(ground, NEWCOMER)


def with_another_account(settings: GatewaySettings) -> GatewaySettings:
    """As the gateway tells accounts apart: by whose they are, and where."""
    section = settings.quantconnect
    other = section.model_copy(update={"base_url": section.base_url.replace("127.0.0.1", "localhost")})
    changed = settings.model_copy(update={"quantconnect": other})
    assert configured_account(changed.quantconnect) != configured_account(section)
    return changed
