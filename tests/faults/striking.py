"""Where a fault strikes an operation, how the operation is asked for, and what is then to be seen."""

from dataclasses import dataclass
from typing import Any

from gateway.domain.vocabulary import Outcome, PlatformKey, SourceState
from gateway.sandbox.faults import Fault
from tests.faults.table import Cell, Operation, Part, Read
from tests.mutations.faults import AN_AGE, MUCH_BYTES, PATIENCE
from tests.mutations.ground import VIEWER, Change, Ground, codes_of
from tests.reading.questions import NAMES, SITE_NAMES, TRADING_NAMES

PROJECTS = """query { projects(first: 200) { totalCount nodes { name }
  sources { platform state error { code } } } }"""
MEMBERS = "query($id: ID!) { project(id: $id) { name members(first: 100) { nodes { role } } } }"
MEMBER = "query($id: ID!) { node(id: $id) { ... on Member { role project { id } } } }"

# What one platform's list loses: QuantConnect's is one call, Testomato's is one a project. The last: a
# `Retry-After` of the first would keep those from being read that come after it.
LOST_NAMES = {PlatformKey.QUANTCONNECT: TRADING_NAMES, PlatformKey.TESTOMATO: SITE_NAMES[-1:]}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A call: what a fault strikes, and what is counted."""

    method: str
    path: str


def settings_for(fault: Fault) -> dict[str, str]:
    """The gateway as it comes, retries included; nothing else that it remembers may decide a cell.

    Short of patience and of room only where the fault is long or large.
    """
    settings: dict[str, str] = {}
    for key in PlatformKey:
        section = {
            "RETRY_ATTEMPTS": "3",
            "RETRY_WAIT_SECONDS": "0.001",
            "RETRY_BUDGET_RESERVE": "1000",
            "BREAKER_LEAST_CALLS": "1000",
        }
        if fault.seconds == AN_AGE:
            section["CALL_TIMEOUT_SECONDS"] = str(PATIENCE)
        if fault.size_bytes == MUCH_BYTES:
            section["MAX_REPLY_BYTES"] = str(MUCH_BYTES // 2)
        settings |= {f"GATEWAY_{key}__{name}": value for name, value in section.items()}
    return settings


def lasts(fault: Fault) -> bool:
    """Whether it takes an operation its time, or has the platform left alone for a while."""
    return fault.seconds is not None and fault.seconds >= 1


def struck(ground: Ground, operation: Operation) -> Place:
    """The call at which the operation is struck."""
    if ground.key is PlatformKey.QUANTCONNECT:
        names: dict[Operation, str] = {
            Read.PROJECTS: "read",
            Read.MEMBERS: "read",
            Read.MEMBER: "collaboration/read",
            Change.ADD: "collaboration/create",
            Change.UPDATE: "collaboration/update",
            Change.REMOVE: "collaboration/delete",
        }
        return Place(method="POST", path=f"/api/v2/projects/{names[operation]}")
    if operation is Read.PROJECTS:
        return Place(method="GET", path=f"/api/project/{ground.project_upstream_id(len(SITE_NAMES))}")
    methods: dict[Operation, str] = {Change.ADD: "POST", Change.UPDATE: "PATCH", Change.REMOVE: "DELETE"}
    users = f"/api/project/{ground.project_upstream_id(1)}/users"
    return Place(method=methods.get(operation, "GET"), path=users)


async def strike(ground: Ground, operation: Operation, fault: Fault) -> Cell:
    """The cell as it is found; all is well again afterwards."""
    place = struck(ground, operation)
    ground.sandbox.calls.clear()
    ground.fail(fault, path=place.path, method=place.method)
    found = (
        await _read(ground, operation, place)
        if isinstance(operation, Read)
        else await _change(ground, operation, place)
    )
    ground.sandbox.faults.clear()
    return found


async def _read(ground: Ground, read: Read, place: Place) -> Cell:
    if read is Read.PROJECTS:
        return await _read_projects(ground, place)
    document, asked = (MEMBERS, ground.project_id()) if read is Read.MEMBERS else (MEMBER, "")
    answer = await ground.stand.execute(document, id=asked or ground.member_id(VIEWER))
    [field] = answer["data"]
    codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
    return Cell(
        shown=_part_of(answer["data"][field], nested="members" if read is Read.MEMBERS else "project"),
        code=", ".join(codes) or None,
        calls=_count(ground, place),
    )


def _part_of(value: dict[str, Any] | None, *, nested: str) -> Part:
    if value is None:
        return Part.NOTHING
    return Part.REST if value[nested] is None else Part.ALL


async def _read_projects(ground: Ground, place: Place) -> Cell:
    """Everything else must be there: the other platform's projects, and its source without an error."""
    connection = (await ground.stand.data(PROJECTS))["projects"]
    sources = {source["platform"]: source for source in connection["sources"]}
    own = sources.pop(ground.key)
    [other] = sources.values()
    assert (other["state"], other["error"]) == (SourceState.FRESH, None)
    names = sorted(node["name"] for node in connection["nodes"])
    assert connection["totalCount"] == len(names)
    rest = [name for name in NAMES if name not in LOST_NAMES[ground.key]]
    parts = {tuple(sorted(NAMES)): Part.ALL, tuple(sorted(rest)): Part.REST}
    return Cell(
        shown=parts[tuple(names)],
        code=own["error"] and own["error"]["code"],
        calls=_count(ground, place),
        state=SourceState(own["state"]),
    )


async def _change(ground: Ground, change: Change, place: Place) -> Cell:
    payload = await ground.make(change)
    return Cell(
        shown=Outcome(payload["outcome"]),
        code=", ".join(codes_of(payload)) or None,
        calls=_count(ground, place),
        read_backs=_read_backs(ground),
    )


def _count(ground: Ground, place: Place) -> int:
    return sum((call.method, call.path) == (place.method, place.path) for call in ground.sandbox.calls)


def _read_backs(ground: Ground) -> int:
    """How often the members were read after the last write."""
    sent = [f"{call.method} {call.path}" for call in ground.sandbox.calls]
    if not ground.writes:
        return 0
    last = max(place for place, call in enumerate(sent) if call in ground.writes)
    return sum(call.endswith(("/collaboration/read", "/users")) for call in sent[last + 1 :])
