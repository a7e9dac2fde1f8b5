"""Many changes at once, and callers that go away."""

import asyncio
import gc
from collections import Counter
from dataclasses import replace

import httpx
import pytest

from gateway.app import create_app
from gateway.domain.vocabulary import Outcome, PlatformKey, Role
from gateway.serving import serving
from tests.mutations.conftest import MakeGround
from tests.mutations.ground import NEWCOMER, WRITES, Change, Ground, TestomatoGround
from tests.mutations.line import Gate

pytestmark = pytest.mark.anyio

any_write = pytest.mark.parametrize(("key", "change"), WRITES)

# In no project 1, with an account on both platforms.
PEOPLE = ["tomasz-wierzbicki", "priya-raghunathan", "soren-kjeldsen", "leila-benhaddou", "rafael-quintana"]


async def test_twenty_additions_of_one_person_are_one_write(ground: Ground) -> None:
    payloads = await asyncio.gather(*(ground.add(NEWCOMER) for _ in range(20)))
    outcomes = Counter(payload["outcome"] for payload in payloads)
    assert outcomes == {Outcome.ADDED: 1, Outcome.UNCHANGED: 19}
    assert len(ground.writes) == 1


async def test_twenty_invitations_of_one_address_are_one_write(testomato: TestomatoGround) -> None:
    payloads = await asyncio.gather(*(testomato.add("someone.new@example.org") for _ in range(20)))
    outcomes = Counter(payload["outcome"] for payload in payloads)
    assert outcomes == {Outcome.INVITED: 1, Outcome.UNCHANGED: 19}
    assert len(testomato.writes) == 1


async def test_twenty_removals_of_one_member_are_one_write(ground: Ground) -> None:
    payloads = await asyncio.gather(*(ground.make(Change.REMOVE) for _ in range(20)))
    outcomes = Counter(payload["outcome"] for payload in payloads)
    assert outcomes == {Outcome.REMOVED: 1, Outcome.REFUSED: 19}
    assert len(ground.writes) == 1


async def test_of_two_different_roles_at_once_one_is_given_and_the_other_refused(ground: Ground) -> None:
    payloads = await asyncio.gather(ground.add(NEWCOMER, "EDITOR"), ground.add(NEWCOMER, "VIEWER"))
    given = [payload["outcome"] for payload in payloads].index(Outcome.ADDED)
    assert payloads[1 - given]["outcome"] == Outcome.REFUSED
    assert ground.role_of(NEWCOMER) is [Role.EDITOR, Role.VIEWER][given]


async def test_different_people_at_once_are_all_added(ground: Ground) -> None:
    payloads = await asyncio.gather(*(ground.add(person) for person in PEOPLE))
    assert [payload["outcome"] for payload in payloads] == [Outcome.ADDED] * len(PEOPLE)
    assert {ground.role_of(person) for person in PEOPLE} == {Role.EDITOR}


async def test_a_slow_change_does_not_hold_up_another_project(ground: Ground) -> None:
    ground.line.on_write = gate = Gate()
    slow = asyncio.create_task(ground.add(NEWCOMER, project=1))
    await gate.reached.wait()
    other = await ground.add("rafael-quintana", project=4)
    gate.opened.set()
    assert (other["outcome"], (await slow)["outcome"]) == (Outcome.ADDED, Outcome.ADDED)


async def test_a_change_waits_for_the_one_before_it_in_the_same_project(ground: Ground) -> None:
    ground.line.on_write = gate = Gate()
    first = asyncio.create_task(ground.add(NEWCOMER))
    await gate.reached.wait()
    second = asyncio.create_task(ground.remove(NEWCOMER))
    # The members can be read meanwhile; the second change is not among those who do.
    before = await ground.members()
    gate.opened.set()
    assert "Tomasz Wierzbicki" not in before
    assert [(await one)["outcome"] for one in (first, second)] == [Outcome.ADDED, Outcome.REMOVED]


@any_write
async def test_a_client_that_goes_away_before_its_change_is_sent_does_not_stop_it(
    key: PlatformKey, change: Change, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    ground.line.on_call = gate = Gate()
    await make_and_go_away(ground, change, gate)
    assert ground.has_been_made(change)


@any_write
async def test_a_client_that_goes_away_before_the_answer_does_not_have_its_change_sent_twice(
    key: PlatformKey, change: Change, make_ground: MakeGround
) -> None:
    ground = await make_ground(key)
    ground.line.on_write = gate = Gate()
    await make_and_go_away(ground, change, gate)
    assert (ground.has_been_made(change), len(ground.writes)) == (True, 1)


async def test_nobody_complains_of_a_client_that_went_away(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    ground.line.on_call = gate = Gate()
    await make_and_go_away(ground, Change.ADD, gate)
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


async def test_whoever_shares_the_key_of_a_client_that_went_away_gets_the_answer(ground: Ground) -> None:
    ground.line.on_write = gate = Gate()
    gone = asyncio.create_task(ground.add(NEWCOMER, idempotencyKey="shared"))
    await gate.reached.wait()
    other = asyncio.create_task(ground.add(NEWCOMER, idempotencyKey="shared"))
    gone.cancel()
    await asyncio.wait({gone})
    gate.opened.set()
    assert (await other)["outcome"] == Outcome.ADDED
    assert len(ground.writes) == 1


async def test_a_gateway_that_is_stopped_carries_its_change_through(ground: Ground) -> None:
    ground.line.on_call = gate = Gate()
    loop = asyncio.get_running_loop()
    async with httpx.AsyncClient(timeout=60) as client:
        async with serving(create_app(ground.stand.settings)) as base_url:
            client.base_url = httpx.URL(base_url)
            other = type(ground)(stand=replace(ground.stand, client=client), sandbox=ground.sandbox)
            request = asyncio.create_task(other.make(Change.ADD))
            # The platform answers only when the stopping gateway has given up its client, and not at once.
            request.add_done_callback(lambda _: loop.call_later(0.1, gate.opened.set))
            await gate.reached.wait()
        assert isinstance(request.exception(), httpx.TransportError)
    assert ground.has_been_made(Change.ADD)


async def make_and_go_away(ground: Ground, change: Change, gate: Gate) -> None:
    """Ask for a change, hang up while the platform is held up at `gate`, and wait for the change's end."""
    request = asyncio.create_task(ground.make(change))
    await gate.reached.wait()
    request.cancel()
    await asyncio.wait({request})
    gate.opened.set()
    # A change of the same project waits for those before it.
    await ground.remove("nadia-haddad" if ground.key is PlatformKey.QUANTCONNECT else "emil-kowalczyk")
