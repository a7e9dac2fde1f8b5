"""Every outcome and every code of a user error, of each mutation, on each platform where it can occur.

`CASES` has a way to each of them: a new outcome or code without a case fails the last two tests.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey, UserErrorCode
from gateway.graph import ids
from gateway.sandbox.faults import Fault, FaultKind
from tests.mutations.conftest import MakeGround
from tests.mutations.ground import NEWCOMER, OWNER, VIEWER, Change, Ground, Payload

pytestmark = pytest.mark.anyio

Ask = Callable[[Ground], Awaitable[Payload]]

QUANTCONNECT, TESTOMATO = BOTH = tuple(PlatformKey)
ADD, UPDATE, REMOVE = tuple(Change)
MEMBER_EXISTS = UserErrorCode.MEMBER_EXISTS_WITH_OTHER_ROLE
UNSUPPORTED = UserErrorCode.UNSUPPORTED_BY_PLATFORM

EVERYWHERE = {(key, change) for key in PlatformKey for change in Change}
ON_ADDING = {(key, ADD) for key in PlatformKey}
ON_REMOVING = {(key, REMOVE) for key in PlatformKey}
WITHOUT_A_CALL = {(TESTOMATO, UPDATE)}

TARGETS = {ADD: "projectId", UPDATE: "memberId", REMOVE: "memberId"}
RETRYABLE = {UserErrorCode.UPSTREAM_UNAVAILABLE, UserErrorCode.UPSTREAM_THROTTLED}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way to one end."""

    key: PlatformKey
    change: Change
    end: Outcome | UserErrorCode
    field: str
    ask: Ask

    def __str__(self) -> str:
        return f"{self.key}-{self.change}-{self.end}"


def case(
    keys: tuple[PlatformKey, ...], change: Change, end: Outcome | UserErrorCode, ask: Ask, *, at: str = ""
) -> list[Case]:
    """A case for each platform; `at` is the argument at fault."""
    return [Case(key=key, change=change, end=end, field=at, ask=ask) for key in keys]


def of_each(
    end: UserErrorCode,
    ask: Callable[[Ground, Change], Awaitable[Payload]],
    *,
    places: set[tuple[PlatformKey, Change]] = EVERYWHERE,
    at: str | None = None,
) -> list[Case]:
    """A case for each mutation on each platform; at fault is what is to be changed, if nothing else."""

    def asking(change: Change) -> Ask:
        return lambda ground: ask(ground, change)

    return [
        one
        for key, change in sorted(places)
        for one in case((key,), change, end, asking(change), at=at or TARGETS[change])
    ]


async def ask_of(ground: Ground, change: Change, object_id: str) -> Payload:
    """The change of a project or a member by its id."""
    if change is ADD:
        given = {"projectId": object_id, "person": ground.reference(NEWCOMER), "role": "EDITOR"}
    else:
        given = {"memberId": object_id} | ({"role": "EDITOR"} if change is UPDATE else {})
    return await ground.ask(change, given)


async def ask_of_the_other_type(ground: Ground, change: Change) -> Payload:
    return await ask_of(ground, change, ground.member_id(VIEWER) if change is ADD else ground.project_id())


async def ask_of_no_project(ground: Ground, change: Change) -> Payload:
    project_id = ids.project_id(ground.key, "424242")
    member_id = ids.member_id(ground.key, "424242", ground.upstream_id(VIEWER))
    return await ask_of(ground, change, project_id if change is ADD else member_id)


def ask_while_reading_fails(fault: Fault) -> Callable[[Ground, Change], Awaitable[Payload]]:
    async def ask(ground: Ground, change: Change) -> Payload:
        ground.fail_reads(fault)
        return await ground.make(change)

    return ask


async def ask_while_writing_is_cut_off(ground: Ground, change: Change) -> Payload:
    ground.fail_write(change, Fault(kind=FaultKind.RESET))
    return await ground.make(change)


async def ask_twice_under_one_key(ground: Ground, change: Change) -> Payload:
    await ground.remove(VIEWER, project=2, idempotencyKey="k")
    return await ground.make(change, idempotencyKey="k")


async def ask_to_remove_the_irremovable(ground: Ground) -> Payload:
    """Testomato says of everybody whether they can be removed; of members who are no owners it says yes."""
    user_id = ground.upstream_id(VIEWER)
    users = f'[{{"id": {user_id}, "role": {{"id": 6}}, "isPayer": false, "canBeRemoved": false}}]'
    ground.fail_read_back(Fault(kind=FaultKind.INVALID_JSON, body=users))
    return await ground.remove(VIEWER)


async def ask_of_one_without_a_handle(ground: Ground, change: Change) -> Payload:
    member = (await ground.members(project=5))["Hugo Delacroix"]
    given = {"memberId": member["id"]} | ({"role": "VIEWER"} if change is UPDATE else {})
    return await ground.ask(change, given)


CODES = UserErrorCode
CASES: list[Case] = [
    *case(BOTH, ADD, Outcome.ADDED, lambda on: on.add(NEWCOMER)),
    *case((TESTOMATO,), ADD, Outcome.INVITED, lambda on: on.add("someone.new@example.org")),
    *case(BOTH, ADD, Outcome.UNCHANGED, lambda on: on.add(VIEWER, "VIEWER")),
    *case((QUANTCONNECT,), UPDATE, Outcome.UPDATED, lambda on: on.update(VIEWER, "EDITOR")),
    *case(BOTH, UPDATE, Outcome.UNCHANGED, lambda on: on.update(VIEWER, "VIEWER")),
    *case(BOTH, REMOVE, Outcome.REMOVED, lambda on: on.remove(VIEWER)),
    *of_each(CODES.INVALID_ID, ask_of_the_other_type),
    *of_each(CODES.PROJECT_NOT_FOUND, ask_of_no_project),
    *case(BOTH, UPDATE, CODES.MEMBER_NOT_FOUND, lambda on: on.update(NEWCOMER), at="memberId"),
    *case(BOTH, REMOVE, CODES.MEMBER_NOT_FOUND, lambda on: on.remove(NEWCOMER), at="memberId"),
    *case(
        BOTH,
        ADD,
        CODES.INVALID_PERSON,
        lambda on: on.add({"upstreamUserId": " "}),
        at="person.upstreamUserId",
    ),
    *case(
        (QUANTCONNECT,),
        ADD,
        CODES.PERSON_UNKNOWN_ON_PLATFORM,
        lambda on: on.add({"email": "someone.new@example.org"}),
        at="person.email",
    ),
    *case(BOTH, ADD, CODES.ROLE_NOT_AVAILABLE, lambda on: on.add(NEWCOMER, "OWNER"), at="role"),
    *case(BOTH, UPDATE, CODES.ROLE_NOT_AVAILABLE, lambda on: on.update(VIEWER, "OWNER"), at="role"),
    *case(BOTH, ADD, CODES.ACTION_NOT_GRANTABLE, lambda on: on.add(NEWCOMER, grant=["RUN"]), at="grant"),
    *case(BOTH, UPDATE, CODES.ACTION_NOT_GRANTABLE, lambda on: on.update(VIEWER, grant=["RUN"]), at="grant"),
    *case(BOTH, ADD, CODES.OWNER_IMMUTABLE, lambda on: on.add(OWNER), at="person"),
    *case(BOTH, UPDATE, CODES.OWNER_IMMUTABLE, lambda on: on.update(OWNER), at="memberId"),
    *case(BOTH, REMOVE, CODES.OWNER_IMMUTABLE, lambda on: on.remove(OWNER), at="memberId"),
    *case(BOTH, ADD, MEMBER_EXISTS, lambda on: on.add(VIEWER), at="person"),
    *case((TESTOMATO,), UPDATE, UNSUPPORTED, lambda on: on.update(VIEWER), at="memberId"),
    *case((TESTOMATO,), REMOVE, UNSUPPORTED, ask_to_remove_the_irremovable, at="memberId"),
    *case(
        (QUANTCONNECT,),
        UPDATE,
        UNSUPPORTED,
        lambda on: ask_of_one_without_a_handle(on, UPDATE),
        at="memberId",
    ),
    *case(
        (QUANTCONNECT,),
        REMOVE,
        UNSUPPORTED,
        lambda on: ask_of_one_without_a_handle(on, REMOVE),
        at="memberId",
    ),
    *of_each(
        CODES.UPSTREAM_REFUSED,
        ask_while_reading_fails(Fault(kind=FaultKind.STATUS, status=400, body='{"success": false}')),
    ),
    *of_each(CODES.UPSTREAM_DENIED, ask_while_reading_fails(Fault(kind=FaultKind.STATUS, status=403))),
    *of_each(CODES.UPSTREAM_UNAVAILABLE, ask_while_reading_fails(Fault(kind=FaultKind.STATUS, status=503))),
    *of_each(CODES.UPSTREAM_THROTTLED, ask_while_reading_fails(Fault(kind=FaultKind.THROTTLE))),
    *of_each(CODES.OUTCOME_UNKNOWN, ask_while_writing_is_cut_off, places=EVERYWHERE - WITHOUT_A_CALL),
    *of_each(CODES.IDEMPOTENCY_KEY_REUSED, ask_twice_under_one_key, at="idempotencyKey"),
]

OUTCOMES_POSSIBLE = {
    Outcome.ADDED: ON_ADDING,
    Outcome.INVITED: {(TESTOMATO, ADD)},
    Outcome.UPDATED: {(QUANTCONNECT, UPDATE)},
    Outcome.REMOVED: ON_REMOVING,
    Outcome.UNCHANGED: EVERYWHERE - ON_REMOVING,
    Outcome.REFUSED: EVERYWHERE,
    Outcome.UNKNOWN: EVERYWHERE - WITHOUT_A_CALL,
    # Where there are many targets: see `test_every_outcome_and_code_of_many.py`.
    Outcome.COMPENSATED: set(),
    Outcome.SKIPPED: set(),
}
CODES_POSSIBLE = {
    CODES.INVALID_ID: EVERYWHERE,
    CODES.PROJECT_NOT_FOUND: EVERYWHERE,
    CODES.MEMBER_NOT_FOUND: EVERYWHERE - ON_ADDING,
    CODES.INVALID_PERSON: ON_ADDING,
    CODES.PERSON_UNKNOWN_ON_PLATFORM: {(QUANTCONNECT, ADD)},
    CODES.ROLE_NOT_AVAILABLE: EVERYWHERE - ON_REMOVING,
    CODES.ACTION_NOT_GRANTABLE: EVERYWHERE - ON_REMOVING,
    CODES.OWNER_IMMUTABLE: EVERYWHERE,
    CODES.MEMBER_EXISTS_WITH_OTHER_ROLE: ON_ADDING,
    CODES.UNSUPPORTED_BY_PLATFORM: EVERYWHERE - ON_ADDING,
    CODES.UPSTREAM_REFUSED: EVERYWHERE,
    CODES.UPSTREAM_DENIED: EVERYWHERE,
    CODES.UPSTREAM_UNAVAILABLE: EVERYWHERE,
    CODES.UPSTREAM_THROTTLED: EVERYWHERE,
    CODES.OUTCOME_UNKNOWN: EVERYWHERE - WITHOUT_A_CALL,
    CODES.IDEMPOTENCY_KEY_REUSED: EVERYWHERE,
    # Where there are many targets, and of plans and declarations: see test_plans.py.
    CODES.TOO_MANY_TARGETS: set(),
    CODES.INVALID_UNTIL: set(),
    CODES.PLAN_STALE: set(),
    CODES.PLAN_EXPIRED: set(),
    CODES.DECLARATION_INVALID: set(),
}


def outcome_of(case: Case) -> Outcome:
    if isinstance(case.end, Outcome):
        return case.end
    return Outcome.UNKNOWN if case.end is CODES.OUTCOME_UNKNOWN else Outcome.REFUSED


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_change_ends_as_it_should(case: Case, make_ground: MakeGround) -> None:
    payload = await case.ask(await make_ground(case.key))
    errors = [(error["code"], error["field"], error["retryable"]) for error in payload["userErrors"]]
    field = ["input", *case.field.split(".")]
    expected = [] if isinstance(case.end, Outcome) else [(case.end, field, case.end in RETRYABLE)]
    assert (payload["outcome"], errors) == (outcome_of(case), expected)


def test_every_outcome_is_reached_wherever_it_is_possible() -> None:
    reached = {
        outcome: {(one.key, one.change) for one in CASES if outcome_of(one) is outcome} for outcome in Outcome
    }
    assert reached == OUTCOMES_POSSIBLE


def test_every_code_is_reached_wherever_it_is_possible() -> None:
    reached = {code: {(one.key, one.change) for one in CASES if one.end is code} for code in UserErrorCode}
    assert reached == CODES_POSSIBLE
