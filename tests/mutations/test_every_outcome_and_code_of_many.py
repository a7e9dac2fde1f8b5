"""Every outcome and every code that grantAccess and revokeAccess can come to, wherever it can occur.

`CASES` has a way to each of them: a new outcome or code without a case fails the last two tests. What single
changes come to stands in `test_every_outcome_and_code.py`.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey, UserErrorCode
from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import Stand
from tests.mutations.access import Everywhere
from tests.mutations.ground import NEWCOMER, OWNER, VIEWER, Payload
from tests.mutations.test_every_outcome_and_code import RETRYABLE
from tests.mutations.ways_of_many import (
    GRANT,
    REVOKE,
    Ask,
    Many,
    World,
    making,
    of,
    of_no_id,
    of_nobody,
    of_one_without_a_handle,
    of_the_irremovable,
    of_too_many,
    twice_under_one_key,
    until_a_moment_that_has_passed,
    while_reading_fails,
    while_writing_is_cut_off,
    with_one_that_fails,
    with_one_that_is_none,
)

pytestmark = pytest.mark.anyio

QUANTCONNECT, TESTOMATO = BOTH = tuple(PlatformKey)
CODES = UserErrorCode


EVERYWHERE = {(key, many) for key in PlatformKey for many in Many}
ON_GRANTING = {(key, GRANT) for key in PlatformKey}
ON_REVOKING = {(key, REVOKE) for key in PlatformKey}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way to one end.

    Attributes:
        field: the argument at fault.
        of_all: whether nothing was even tried.
    """

    key: PlatformKey
    many: Many
    end: Outcome | UserErrorCode
    field: str
    of_all: bool
    ask: Ask

    def __str__(self) -> str:
        return f"{self.key}-{self.many}-{self.end}"


def case(
    places: Iterable[tuple[PlatformKey, Many]],
    end: Outcome | UserErrorCode,
    ask: Callable[[World, Many], Awaitable[Payload]],
    *,
    at: str | None = None,
    of_all: bool = False,
) -> list[Case]:
    """A case for each mutation on each platform; at fault is the project, if nothing else."""

    def asking(many: Many) -> Ask:
        return lambda world: ask(world, many)

    fields = {GRANT: "targets.0.projectId", REVOKE: "projectIds.0"}
    return [
        Case(key=key, many=many, end=end, field=at or fields[many], of_all=of_all, ask=asking(many))
        for key, many in sorted(places)
    ]


NEITHER = {"upstreamUserId": " "}
REFUSAL = Fault(kind=FaultKind.STATUS, status=400, body='{"success": false}')
CASES: list[Case] = [
    *case(ON_GRANTING, Outcome.ADDED, making),
    *case({(TESTOMATO, GRANT)}, Outcome.INVITED, of("someone.new@example.org")),
    *case({(QUANTCONNECT, GRANT)}, Outcome.UPDATED, of(VIEWER)),
    *case(ON_REVOKING, Outcome.REMOVED, making),
    *case(ON_GRANTING, Outcome.UNCHANGED, of(VIEWER, role="VIEWER")),
    *case(ON_REVOKING, Outcome.UNCHANGED, of(NEWCOMER)),
    *case(EVERYWHERE, Outcome.COMPENSATED, with_one_that_fails),
    *case(EVERYWHERE, Outcome.SKIPPED, with_one_that_is_none),
    *case(ON_GRANTING, CODES.INVALID_ID, of_no_id, at="targets.0"),
    *case(ON_REVOKING, CODES.INVALID_ID, of_no_id),
    *case(EVERYWHERE, CODES.PROJECT_NOT_FOUND, of(VIEWER, "424242")),
    *case(ON_REVOKING, CODES.MEMBER_NOT_FOUND, of_nobody, at="person", of_all=True),
    *case(EVERYWHERE, CODES.INVALID_PERSON, of(NEITHER), at="person.upstreamUserId", of_all=True),
    *case(
        {(QUANTCONNECT, GRANT)},
        CODES.PERSON_UNKNOWN_ON_PLATFORM,
        of("someone.new@example.org"),
        at="person.email",
    ),
    *case(ON_GRANTING, CODES.ROLE_NOT_AVAILABLE, of(NEWCOMER, role="OWNER"), at="targets.0.role"),
    *case(ON_GRANTING, CODES.ACTION_NOT_GRANTABLE, of(NEWCOMER, grant=["RUN"]), at="targets.0.grant"),
    *case(ON_GRANTING, CODES.INVALID_UNTIL, until_a_moment_that_has_passed, at="targets.0.until"),
    *case(EVERYWHERE, CODES.OWNER_IMMUTABLE, of(OWNER)),
    *case({(TESTOMATO, GRANT)}, CODES.UNSUPPORTED_BY_PLATFORM, of(VIEWER)),
    *case({(TESTOMATO, REVOKE)}, CODES.UNSUPPORTED_BY_PLATFORM, of_the_irremovable),
    *case({(QUANTCONNECT, many) for many in Many}, CODES.UNSUPPORTED_BY_PLATFORM, of_one_without_a_handle),
    *case(EVERYWHERE, CODES.UPSTREAM_REFUSED, while_reading_fails(REFUSAL)),
    *case(
        EVERYWHERE,
        CODES.UPSTREAM_DENIED,
        while_reading_fails(Fault(kind=FaultKind.STATUS, status=403)),
    ),
    *case(
        EVERYWHERE,
        CODES.UPSTREAM_UNAVAILABLE,
        while_reading_fails(Fault(kind=FaultKind.STATUS, status=503)),
    ),
    *case(EVERYWHERE, CODES.UPSTREAM_THROTTLED, while_reading_fails(Fault(kind=FaultKind.THROTTLE))),
    *case(EVERYWHERE, CODES.OUTCOME_UNKNOWN, while_writing_is_cut_off),
    *case(EVERYWHERE, CODES.IDEMPOTENCY_KEY_REUSED, twice_under_one_key, at="idempotencyKey", of_all=True),
    *case(ON_GRANTING, CODES.TOO_MANY_TARGETS, of_too_many, at="targets", of_all=True),
    *case(ON_REVOKING, CODES.TOO_MANY_TARGETS, of_too_many, at="projectIds", of_all=True),
]

OUTCOMES_POSSIBLE = {
    Outcome.ADDED: ON_GRANTING,
    Outcome.INVITED: {(TESTOMATO, GRANT)},
    Outcome.UPDATED: {(QUANTCONNECT, GRANT)},
    Outcome.REMOVED: ON_REVOKING,
    Outcome.UNCHANGED: EVERYWHERE,
    Outcome.REFUSED: EVERYWHERE,
    Outcome.UNKNOWN: EVERYWHERE,
    Outcome.COMPENSATED: EVERYWHERE,
    Outcome.SKIPPED: EVERYWHERE,
}
CODES_POSSIBLE = {
    CODES.INVALID_ID: EVERYWHERE,
    CODES.PROJECT_NOT_FOUND: EVERYWHERE,
    CODES.MEMBER_NOT_FOUND: ON_REVOKING,
    CODES.INVALID_PERSON: EVERYWHERE,
    CODES.PERSON_UNKNOWN_ON_PLATFORM: {(QUANTCONNECT, GRANT)},
    CODES.ROLE_NOT_AVAILABLE: ON_GRANTING,
    CODES.ACTION_NOT_GRANTABLE: ON_GRANTING,
    CODES.OWNER_IMMUTABLE: EVERYWHERE,
    # Only where somebody else comes in between: see tests/access/batches/test_undo.py.
    CODES.MEMBER_EXISTS_WITH_OTHER_ROLE: set(),
    CODES.UNSUPPORTED_BY_PLATFORM: EVERYWHERE,
    CODES.UPSTREAM_REFUSED: EVERYWHERE,
    CODES.UPSTREAM_DENIED: EVERYWHERE,
    CODES.UPSTREAM_UNAVAILABLE: EVERYWHERE,
    CODES.UPSTREAM_THROTTLED: EVERYWHERE,
    CODES.OUTCOME_UNKNOWN: EVERYWHERE,
    CODES.IDEMPOTENCY_KEY_REUSED: EVERYWHERE,
    CODES.TOO_MANY_TARGETS: EVERYWHERE,
    CODES.INVALID_UNTIL: ON_GRANTING,
    # Of plans and declarations: see test_plans.py.
    CODES.PLAN_STALE: set(),
    CODES.PLAN_EXPIRED: set(),
    CODES.DECLARATION_INVALID: set(),
}


def outcome_of(case: Case) -> Outcome | None:
    """Of the first target; None where nothing was tried."""
    if isinstance(case.end, Outcome):
        return case.end
    if case.of_all:
        return None
    return Outcome.UNKNOWN if case.end is CODES.OUTCOME_UNKNOWN else Outcome.REFUSED


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_change_of_many_ends_as_it_should(case: Case, stand: Stand) -> None:
    everywhere = Everywhere.of(stand)
    payload = await case.ask(World(everywhere=everywhere, on=everywhere.ground(case.key)))
    first = payload["results"][0] if payload["results"] else {"outcome": None, "userErrors": []}
    told = payload["userErrors"] if case.of_all else first["userErrors"]
    errors = [(error["code"], error["field"], error["retryable"]) for error in told]
    field = ["input", *case.field.split(".")]
    expected = [] if isinstance(case.end, Outcome) else [(case.end, field, case.end in RETRYABLE)]
    assert (first["outcome"], errors) == (outcome_of(case), expected)
    good = isinstance(case.end, Outcome) and case.end not in {Outcome.COMPENSATED, Outcome.SKIPPED}
    assert payload["complete"] is good


def test_every_outcome_is_reached_wherever_it_is_possible() -> None:
    reached = {
        outcome: {(one.key, one.many) for one in CASES if outcome_of(one) is outcome} for outcome in Outcome
    }
    assert reached == OUTCOMES_POSSIBLE


def test_every_code_is_reached_wherever_it_is_possible() -> None:
    reached = {code: {(one.key, one.many) for one in CASES if one.end is code} for code in UserErrorCode}
    assert reached == CODES_POSSIBLE
