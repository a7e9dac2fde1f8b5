"""access/changing/ledger.py: what is recorded of a change beside what came of it."""

import pytest
from msgspec.structs import replace

from gateway.access.changing.audit_record import audit_record
from gateway.access.changing.change import AddMember, Change, ChangeResult
from gateway.access.changing.ledger import AuditRecord, Intent, Sent
from gateway.domain.membership import Person
from gateway.domain.vocabulary import Outcome, Role
from tests.access.conftest import StartProcess
from tests.access.world import (
    ADD,
    INGRID,
    MARA,
    NOON,
    REMOVE,
    UPDATE,
    Killed,
    World,
    kill,
    person,
    rows_of,
)

SEEN = person(INGRID, Role.VIEWER)
HIDDEN = replace(SEEN, email=None)
BY_ADDRESS = replace(ADD, person=Person(email="Mara@Example.org"))


def record_of(
    change: Change, *, result: ChangeResult, sent: AddMember | None = None, plan_token: str | None = None
) -> AuditRecord:
    intent = Intent(
        change=change,
        key=None,
        caller_id="me",
        credential="c",
        request_id="r",
        at=NOON,
        plan_token=plan_token,
    )
    return audit_record(
        intent, sent=None if sent is None else Sent(change=sent, before=None), result=result, at=NOON
    )


UNKNOWN = ChangeResult(outcome=Outcome.UNKNOWN)


@pytest.mark.parametrize(
    ("change", "result", "email"),
    [
        (UPDATE, ChangeResult(outcome=Outcome.UPDATED, member=SEEN), "ingrid@example.org"),
        (UPDATE, ChangeResult(outcome=Outcome.UPDATED, member=HIDDEN), None),
        (REMOVE, UNKNOWN, None),
        (ADD, UNKNOWN, None),
        (BY_ADDRESS, UNKNOWN, "Mara@Example.org"),
        # The platform's own word for it is the better one.
        (BY_ADDRESS, ChangeResult(outcome=Outcome.ADDED, member=SEEN), "ingrid@example.org"),
        (BY_ADDRESS, ChangeResult(outcome=Outcome.ADDED, member=HIDDEN), "Mara@Example.org"),
    ],
)
def test_a_record_has_the_address_that_the_platform_shows_or_else_the_caller_gave(
    change: Change, result: ChangeResult, email: str | None
) -> None:
    assert record_of(change, result=result).member_email == email


@pytest.mark.parametrize(
    ("change", "sent", "account"),
    [
        (REMOVE, None, INGRID),
        (ADD, ADD, MARA),
        (BY_ADDRESS, None, None),
        (BY_ADDRESS, BY_ADDRESS, None),
        (BY_ADDRESS, ADD, MARA),
    ],
)
def test_a_record_names_the_account_of_somebody_who_was_not_seen_as_the_caller_or_a_search_did(
    change: Change, sent: AddMember | None, account: str | None
) -> None:
    assert record_of(change, sent=sent, result=UNKNOWN).member_upstream_id == account


def test_a_record_shows_no_address() -> None:
    result = ChangeResult(outcome=Outcome.ADDED, member=SEEN)
    assert "@" not in repr(record_of(BY_ADDRESS, result=result))


@pytest.mark.parametrize("plan_token", ["plan 7", None])
def test_a_record_names_the_plan_that_the_change_is_a_step_of(plan_token: str | None) -> None:
    assert record_of(ADD, result=UNKNOWN, plan_token=plan_token).plan_token == plan_token


@pytest.mark.anyio
async def test_the_plan_is_recorded_also_where_its_process_has_died(
    start_process: StartProcess, world: World, database: str
) -> None:
    process = await start_process()
    world.on_answer = kill
    with pytest.raises(Killed):
        await process.once(ADD, plan_token="plan 7")
    await process.end()
    world.on_answer = None
    [settling] = await (await start_process()).changes.take_up()
    await settling
    assert [record["plan_token"] for record in rows_of(database, "audit")] == ["plan 7"]


@pytest.mark.anyio
async def test_another_plan_makes_no_other_change_of_it(
    start_process: StartProcess, world: World, database: str
) -> None:
    process = await start_process()
    outcomes = [(await process.once(ADD, plan_token=token)).outcome for token in ("plan 7", "plan 8")]
    assert (outcomes, len(world.writes)) == ([Outcome.ADDED, Outcome.ADDED], 1)
    assert [record["plan_token"] for record in rows_of(database, "audit")] == ["plan 7"]
