"""The seeded organisation as QuantConnect would tell it, with the oddities that have been seen there.

Each oddity stands where a number or a name puts it, so that it is always in the same place. Sources: the
official clients' issues and tolerant models (lean-cli#440 and #606 among them), and LEAN's tests.
"""

from collections.abc import Callable
from hashlib import sha256

from gateway.domain.vocabulary import PlatformKey, Role
from gateway.platforms.quantconnect.sandbox_state import (
    RECYCLE_BIN,
    Account,
    Collaboration,
    SandboxState,
    StoredProject,
)
from gateway.sandbox.organisation import Language, Membership, Organisation, Person, TradingProject

_LANGUAGES = {
    Language.PYTHON: "Py",
    Language.CSHARP: "C#",
    Language.JAVA: "Ja",
}  # "Ja" is in no specification
_FIRST_UID = 412_000
_FIRST_PROJECT_ID = 23_456_000
_ODD_PERMISSIONS = {("Overnight Gap Fade", "kwame-boateng"): "backtest"}
_WITHOUT_PUBLIC_ID = {("Dividend Capture EU", "hugo-delacroix")}
_WITHOUT_EMAIL = {"elena-petrova"}
_EMAIL_IN_OTHER_CASE = {"mateo-ferreira"}


def seeded_state(organisation: Organisation, *, clock: Callable[[], float]) -> SandboxState:
    """All of the organisation's trading people and projects."""
    people = [person for person in organisation.people if PlatformKey.QUANTCONNECT in person.platforms]
    accounts = {person.key: _account(number, person) for number, person in enumerate(people)}
    projects = [
        _project(number, project, accounts=accounts)
        for number, project in enumerate(organisation.trading_projects, start=1)
    ]
    return SandboxState(
        accounts=accounts.values(),
        projects=projects,
        organization_id=_hex(organisation.name, length=32),
        clock=clock,
    )


def sharing_token(number: int) -> str:
    """What the platform puts into `sharingTokenBacktest`: whoever has it sees the backtest."""
    return f"share-me-not-{_hex('sharing', number, length=64)}"


def brokerage_password(number: int) -> str:
    """What a live project's `liveForm` may hold."""
    return f"broker-{_hex('brokerage', number, length=16)}"


def _hex(*parts: object, length: int) -> str:
    return sha256(":".join(map(str, parts)).encode()).hexdigest()[:length]


def _account(number: int, person: Person) -> Account:
    uid = _FIRST_UID + 11 * number
    email = person.email.title() if person.key in _EMAIL_IN_OTHER_CASE else person.email
    shown: dict[str, object] = {
        "uid": None if number % 4 == 2 else uid,
        "name": person.name,
        "email": email,
        "bio": person.bio or "",
        "profileImage": f"https://cdn.example.net/profiles/{person.key}.png" if number % 5 != 3 else None,
    }
    if person.key in _WITHOUT_EMAIL:
        del shown["email"]
    if number % 5 == 4:
        del shown["profileImage"], shown["bio"]
    return Account(
        uid=uid,
        public_id=person.key,
        name=person.name,
        api_token=_hex("quantconnect", person.key, length=64),
        shown=shown,
    )


def _project(number: int, project: TradingProject, *, accounts: dict[str, Account]) -> StoredProject:
    owner = next(one.person for one in project.memberships if one.role is Role.OWNER)
    name = f"/{project.name}" if number % 3 == 0 and not project.archived else project.name
    return StoredProject(
        project_id=_FIRST_PROJECT_ID + 137 * number,
        name=f"{RECYCLE_BIN}{name}" if project.archived else name,
        description=None if number % 4 == 0 else project.description,
        owner=accounts[owner],
        modified=f"2026-{number % 9 + 1:02}-14T16:20:{number % 60:02}Z",
        collaborations=tuple(_collaboration(number, project, one) for one in project.memberships),
        shown=_unchanging_keys(number, project),
    )


def _collaboration(number: int, project: TradingProject, membership: Membership) -> Collaboration:
    place = (project.name, membership.person)
    left_out: set[str] = set()
    if place in _WITHOUT_PUBLIC_ID:
        left_out.add("publicId")
    if number % 3 == 1 and membership.role is not Role.OWNER:
        left_out.add("owner")
    written = "read" if membership.role is Role.VIEWER else "write"
    return Collaboration(
        public_id=membership.person,
        permission=_ODD_PERMISSIONS.get(place, written),
        live_control=membership.live_control,
        left_out=frozenset(left_out),
    )


def _unchanging_keys(number: int, project: TradingProject) -> dict[str, object]:
    month = number % 12 + 1
    keys: dict[str, object] = {
        # A blank in place of the T, and no zone: met by a third party, who takes it for UTC.
        "created": "2024-11-02 08:15:30" if number == 2 else f"2025-{month:02}-03T09:12:{number % 60:02}Z",
        "language": _LANGUAGES[project.language],
        "channelId": _hex("channel", number, length=16),
        "parameters": _parameters(number),
        "libraries": [],
        "grid": [],
        "liveGrid": {"xs": [], "sm": [], "md": []},
        "paperEquity": None,
        "liveForm": [],
        "encryptionKey": None,
        "sharingTokenBacktest": sharing_token(number) if number % 2 else None,
        "isPinned": number == 1,
    }
    if project.live:
        keys["liveForm"] = {
            "brokerage": "paper",
            "ib-password": brokerage_password(number),
            "autoRestart": "true",
        }
    if number % 5 == 0:
        keys["boardLayout"] = {"columns": 3}  # a key that no source knows: they come without notice
    if number % 4 != 0:
        keys |= {
            "leanVersionId": 16_500 + number,
            "leanPinnedToMaster": number % 2 == 1,
            "leanEnvironment": 1,
            "lastLiveDeployment": "2026-08-30T13:31:00Z" if project.live else None,
            "encrypted": False if number % 2 else None,
            "codeRunning": project.live,
        }
    return keys


def _parameters(number: int) -> object:
    """Three shapes for one key: the empty map as a list, a map, a list of pairs."""
    if number % 2 == 0:
        return []
    return {"lookback": "20"} if number % 4 == 1 else [{"name": "lookback", "value": "20"}]
