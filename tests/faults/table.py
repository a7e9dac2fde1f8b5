"""The fault table: every fault that a stand-in can make, and what must come of it, operation by operation.

`ROWS` holds the rules: a row for each fault, the same for both platforms and all operations of a kind.
`EXCEPTIONS` holds what is otherwise somewhere, with its reason; `cell` puts both together. A read is struck
where it is made, a change where it is sent: what is read before it goes well.

What the rules follow:

- a call that may be repeated is made three times (`RETRY_ATTEMPTS`), and only where the failure may pass: a
  connection that was lost, 429, 502, 503, 504. What was waited for in vain is not waited for again, and what
  cannot be read is no better a second time;
- a change is sent once, whatever becomes of it. An answer that was lost is settled by reading the members;
- an answer below 500 that refuses says that nothing was done, 500 and 503 are believed when the members show
  it too. Of everything else nobody knows whether it is still to come, unless the members show it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.domain.vocabulary import Outcome, PlatformKey, SourceState, UserErrorCode
from gateway.sandbox.faults import Fault, FaultKind
from tests.mutations.faults import (
    AN_AGE,
    AN_INSTANT,
    FAILURE_IN_WORDS,
    MUCH_BYTES,
    REFUSAL_IN_WORDS,
)
from tests.mutations.ground import Change

QUANTCONNECT, TESTOMATO = PlatformKey


class Read(StrEnum):
    """The three ways to read; each is struck at one call."""

    PROJECTS = "projects"
    """All of them. Struck: QuantConnect's list; of Testomato's projects, which are a call each, the first."""

    MEMBERS = "members"
    """Of one project. Struck: QuantConnect's project, which they come with; Testomato's users."""

    MEMBER = "member"
    """One, by its id. Struck: the call that lists the members of its project."""


Operation = Read | Change
OPERATIONS: tuple[Operation, ...] = (*Read, *Change)


class Part(StrEnum):
    """How much of what was asked for is there."""

    ALL = "all"
    REST = "all but what was struck"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What is told, and what the platform gets to see.

    Attributes:
        shown: how much of the data is there, or what came of the change.
        code: of the error: the source's, the answer's or the change's.
        calls: made where the fault strikes.
        state: of the platform as a source, of all projects.
        read_backs: of a change: how often the members were read after it was sent.
    """

    shown: Part | Outcome
    code: str | None
    calls: int
    state: SourceState | None = None
    read_backs: int = 0


@dataclass(frozen=True)
class Reading:
    """How a struck read ends: well without a code."""

    code: str | None
    calls: int


@dataclass(frozen=True)
class Writing:
    """How a struck change ends: well without an outcome."""

    outcome: Outcome | None
    code: UserErrorCode | None
    read_backs: int


@dataclass(frozen=True)
class Row:
    """One fault."""

    name: str
    fault: Fault
    read: Reading
    write: Writing


GOOD = Reading(None, 1)
SECOND_TIME_GOOD = Reading(None, 2)
DONE = Writing(None, None, 0)
FOUND_DONE = Writing(None, None, 1)
FOUND_UNDONE = Writing(Outcome.REFUSED, UserErrorCode.UPSTREAM_UNAVAILABLE, 1)
UNKNOWN = Writing(Outcome.UNKNOWN, UserErrorCode.OUTCOME_UNKNOWN, 1)


def once(code: str) -> Reading:
    """It does not pass."""
    return Reading(f"UPSTREAM_{code}", 1)


def thrice(code: str) -> Reading:
    """It may pass, and is tried until the attempts are used up."""
    return Reading(f"UPSTREAM_{code}", 3)


def refused(code: str) -> Writing:
    """The answer itself says that nothing was done."""
    return Writing(Outcome.REFUSED, UserErrorCode(f"UPSTREAM_{code}"), 0)


def status(number: int, body: str | None = None, times: int | None = None) -> Fault:
    return Fault(kind=FaultKind.STATUS, status=number, body=body, times=times)


def of(kind: FaultKind, **more: object) -> Fault:
    return Fault(kind=kind, **more)  # type: ignore[arg-type]


K = FaultKind
ROWS = (
    # name, fault, a read ends with (code, calls), a change ends with (outcome, code, read-backs)
    Row("short delay", of(K.DELAY, seconds=AN_INSTANT), GOOD, DONE),
    Row("delay beyond patience", of(K.DELAY, seconds=AN_AGE), once("TIMEOUT"), UNKNOWN),
    # In place of the handler: nothing was done.
    Row("400", status(400), once("REJECTED"), refused("REFUSED")),
    Row("400 in words", status(400, REFUSAL_IN_WORDS), once("REJECTED"), refused("REFUSED")),
    Row("200 that refuses", status(200, REFUSAL_IN_WORDS), once("REJECTED"), refused("REFUSED")),
    Row("401", status(401), once("DENIED"), refused("DENIED")),
    Row("401 once", status(401, times=1), once("DENIED"), refused("DENIED")),
    Row("403", status(403), once("DENIED"), refused("DENIED")),
    Row("404", status(404), once("REJECTED"), refused("REFUSED")),
    Row("429", status(429), thrice("THROTTLED"), refused("THROTTLED")),
    Row("500", status(500), once("UNAVAILABLE"), FOUND_UNDONE),
    Row("200 that fails", status(200, FAILURE_IN_WORDS), once("UNAVAILABLE"), FOUND_UNDONE),
    Row("502", status(502), thrice("UNREACHABLE"), UNKNOWN),
    Row("503", status(503), thrice("UNAVAILABLE"), FOUND_UNDONE),
    Row("503 once", status(503, times=1), SECOND_TIME_GOOD, FOUND_UNDONE),
    Row("504", status(504), thrice("TIMEOUT"), UNKNOWN),
    Row("empty", of(K.EMPTY), once("BROKEN"), UNKNOWN),
    Row("web page", of(K.HTML), once("BROKEN"), UNKNOWN),
    Row("web page with 503", of(K.HTML, status=503), thrice("UNAVAILABLE"), FOUND_UNDONE),
    Row("throttle", of(K.THROTTLE), thrice("THROTTLED"), refused("THROTTLED")),
    # `Retry-After`: zero may be written (RFC 9110, 10.2.3), and costs the tests no time.
    Row("throttle for now", of(K.THROTTLE, seconds=0), thrice("THROTTLED"), refused("THROTTLED")),
    Row(
        "throttle until now",
        of(K.THROTTLE, seconds=0, as_date=True),
        thrice("THROTTLED"),
        refused("THROTTLED"),
    ),
    Row("throttle once", of(K.THROTTLE, seconds=1, times=1), SECOND_TIME_GOOD, refused("THROTTLED")),
    Row("throttle for long", of(K.THROTTLE, seconds=AN_AGE), once("THROTTLED"), refused("THROTTLED")),
    Row(
        "throttle until late",
        of(K.THROTTLE, seconds=AN_AGE, as_date=True),
        once("THROTTLED"),
        refused("THROTTLED"),
    ),
    Row("503 for long", of(K.THROTTLE, seconds=AN_AGE, status=503), once("UNAVAILABLE"), FOUND_UNDONE),
    Row("redirect", of(K.REDIRECT), once("BROKEN"), UNKNOWN),
    Row("half of the JSON", of(K.INVALID_JSON), once("BROKEN"), UNKNOWN),
    Row("another shape", of(K.INVALID_JSON, body='"text"'), once("BROKEN"), UNKNOWN),
    Row("oversized", of(K.OVERSIZED, size_bytes=MUCH_BYTES), once("BROKEN"), UNKNOWN),
    Row("reset", of(K.RESET), thrice("UNREACHABLE"), UNKNOWN),
    Row("reset once", of(K.RESET, times=1), SECOND_TIME_GOOD, UNKNOWN),
    Row("orderly reset", of(K.RESET, orderly=True), thrice("UNREACHABLE"), UNKNOWN),
    # After the handler: a change has been made.
    Row("late answer", of(K.LATE_ANSWER, seconds=AN_INSTANT), GOOD, DONE),
    Row("answer beyond patience", of(K.LATE_ANSWER, seconds=AN_AGE), once("TIMEOUT"), FOUND_DONE),
    Row("truncated", of(K.TRUNCATED), thrice("UNREACHABLE"), FOUND_DONE),
    Row("truncated to nothing", of(K.TRUNCATED, size_bytes=0), thrice("UNREACHABLE"), FOUND_DONE),
    Row("drip", of(K.DRIP, seconds=AN_AGE), once("TIMEOUT"), FOUND_DONE),
    Row("drop after", of(K.DROP_AFTER), thrice("UNREACHABLE"), FOUND_DONE),
    Row("drop after once", of(K.DROP_AFTER, times=1), SECOND_TIME_GOOD, FOUND_DONE),
    Row("orderly drop after", of(K.DROP_AFTER, orderly=True), thrice("UNREACHABLE"), FOUND_DONE),
)
ROW = {row.name: row for row in ROWS}

# What is there of a read that failed.
REMAINS = {
    (QUANTCONNECT, Read.PROJECTS): Part.REST,  # the other platform's projects
    (TESTOMATO, Read.PROJECTS): Part.REST,  # the same, and all of its own but one
    (QUANTCONNECT, Read.MEMBERS): Part.NOTHING,  # without its project nothing is known
    (TESTOMATO, Read.MEMBERS): Part.REST,  # the project without its members
    (QUANTCONNECT, Read.MEMBER): Part.NOTHING,
    (TESTOMATO, Read.MEMBER): Part.NOTHING,
}


def by_rule(row: Row, key: PlatformKey, operation: Operation) -> Cell:
    """The cell as it is where nothing else is said."""
    if isinstance(operation, Read):
        good = row.read.code is None
        state = SourceState.FRESH if good else SourceState.FAILED
        return Cell(
            shown=Part.ALL if good else REMAINS[key, operation],
            code=row.read.code,
            calls=row.read.calls,
            state=state if operation is Read.PROJECTS else None,
        )
    return Cell(
        shown=row.write.outcome or operation.done,
        code=row.write.code,
        calls=1,
        read_backs=row.write.read_backs,
    )


def _exceptions() -> dict[tuple[str, PlatformKey, Operation], Cell]:
    found: dict[tuple[str, PlatformKey, Operation], Cell] = {}

    def but(name: str, key: PlatformKey, *operations: Operation, **differently: object) -> None:
        for operation in operations:
            rule = by_rule(ROW[name], key, operation)
            found[name, key, operation] = replace(rule, **differently)  # type: ignore[arg-type]

    # An error without QuantConnect's envelope may be anybody's: a proxy's, a firewall's. Whether what it
    # answers to was carried out before, nobody can say.
    for name in ("400", "404"):
        but(name, QUANTCONNECT, *Read, code="UPSTREAM_BROKEN")
        lost = {"shown": Outcome.UNKNOWN, "code": UserErrorCode.OUTCOME_UNKNOWN, "read_backs": 1}
        but(name, QUANTCONNECT, *Change, **lost)
    # How an unknown id is refused is not documented: it is looked for in the list, which is struck as well.
    # What refuses to list the members is made up for by the project, which they come with.
    for name in ("400 in words", "200 that refuses"):
        but(name, QUANTCONNECT, Read.MEMBERS, calls=2)
        but(name, QUANTCONNECT, Read.MEMBER, shown=Part.ALL, code=None)
    # A token that ended opens nothing, so nothing was done: one other is tried, for a change too.
    but("401", TESTOMATO, *Read, Change.ADD, Change.REMOVE, calls=2)
    but("401 once", TESTOMATO, Read.PROJECTS, shown=Part.ALL, code=None, calls=2, state=SourceState.FRESH)
    but("401 once", TESTOMATO, Read.MEMBERS, Read.MEMBER, shown=Part.ALL, code=None, calls=2)
    but("401 once", TESTOMATO, Change.ADD, shown=Outcome.ADDED, code=None, calls=2)
    but("401 once", TESTOMATO, Change.REMOVE, shown=Outcome.REMOVED, code=None, calls=2, read_backs=1)
    # What is not there is null, and no error.
    but("404", TESTOMATO, Read.MEMBER, code=None)
    for row in ROWS:
        # Testomato's answer to a removal does not say who is left.
        if row.write == DONE:
            but(row.name, TESTOMATO, Change.REMOVE, read_backs=1)
        # It has no call that changes a role, so none can be struck.
        no_call = {"shown": Outcome.REFUSED, "code": UserErrorCode.UNSUPPORTED_BY_PLATFORM}
        but(row.name, TESTOMATO, Change.UPDATE, calls=0, read_backs=0, **no_call)
    return found


EXCEPTIONS = _exceptions()
CELLS = {
    (row.name, key, operation): EXCEPTIONS.get((row.name, key, operation), by_rule(row, key, operation))
    for row in ROWS
    for key in PlatformKey
    for operation in OPERATIONS
}
