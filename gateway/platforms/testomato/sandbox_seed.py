"""The seeded organisation as Testomato would tell it, with the oddities that stand in its samples.

Each oddity stands where a number puts it, so that it is always in the same place. Sources: the official
specification's schemas and mocks (github.com/testomato/help.testomato.com), its older pages, and what a
third party took from live answers; they contradict one another, so here both forms occur.
"""

from hashlib import sha256

from gateway.domain.vocabulary import PlatformKey, Role
from gateway.platforms.testomato.sandbox_state import RoleDefinition, SandboxState, StoredProject, User
from gateway.sandbox.organisation import MonitoredSite, Organisation, Person

_FIRST_USER_ID = 4_200
_USER_ID_STEP = 7
_ROLE_IDS = {Role.OWNER: 4, Role.ADMIN: 4, Role.EDITOR: 5, Role.VIEWER: 6, Role.CUSTOM: 17}
_CONFIRMATION_ENDS = {"date": "2026-12-24 13:10:35.000000", "timezone_type": 3, "timezone": "Europe/Prague"}
_SSL = ("ok", "soon", "nossl")


def seeded_state(organisation: Organisation) -> SandboxState:
    """All of the organisation's monitoring people and sites."""
    people = [person for person in organisation.people if PlatformKey.TESTOMATO in person.platforms]
    ids = {person.key: _FIRST_USER_ID + _USER_ID_STEP * number for number, person in enumerate(people)}
    users = [_user(ids[person.key], number, person) for number, person in enumerate(people)]
    projects: list[StoredProject] = []
    for number, site in enumerate(organisation.sites, start=1):
        invited = {
            _FIRST_USER_ID + _USER_ID_STEP * (len(users) + place): invitation
            for place, invitation in enumerate(site.invitations)
        }
        users += [invited_user(user_id, invitation.email) for user_id, invitation in invited.items()]
        roles = {ids[one.person]: _ROLE_IDS[one.role] for one in site.memberships}
        roles |= {user_id: _ROLE_IDS[invitation.role] for user_id, invitation in invited.items()}
        projects.append(_project(number, site, roles=roles))
    return SandboxState(users=users, projects=projects)


def next_user_id(state: SandboxState) -> int:
    """The id of the next account."""
    return max(state.users, default=_FIRST_USER_ID) + _USER_ID_STEP


def invited_user(user_id: int, email: str) -> User:
    """An address that was invited: an account that nobody has confirmed."""
    shown: dict[str, object] = {
        "phone": None,
        "confirmTokenExpiration": _CONFIRMATION_ENDS,
        "timezone": "UTC",
        "reportPeriod": "week",
        "notificationEmail": None,
        "notificationDelay": 1,
        "apiKey": api_key(email),
    }
    return User(user_id=user_id, email=email, name=None, confirmed=False, shown=shown)


def api_key(owner: object) -> str:
    """The key of a user or a project: whoever had it could call the API in former times."""
    return f"key-{_hex('api key', owner, length=20)}"


def phone_number(email: str) -> str:
    """A made-up number in the range that is kept for fiction."""
    return f"+1 202 555 01{int(_hex('phone', email, length=8), 16) % 100:02} ext {_hex(email, length=6)}"


def _hex(*parts: object, length: int) -> str:
    return sha256(":".join(map(str, parts)).encode()).hexdigest()[:length]


def _user(user_id: int, number: int, person: Person) -> User:
    shown: dict[str, object] = {
        "phone": phone_number(person.email) if number % 2 == 0 else None,
        "confirmTokenExpiration": _CONFIRMATION_ENDS if number % 3 == 0 else None,
        "timezone": person.timezone,
        "reportPeriod": ("week", "day", "month")[number % 3],
        "notificationEmail": None,
        "notificationDelay": number % 2,
        "apiKey": api_key(person.email),
    }
    if number % 5 == 4:
        del shown["confirmTokenExpiration"]
    if number % 6 == 5:
        shown["webPushDevices"] = 2  # a key that no source knows: they come without notice
    return User(
        user_id=user_id,
        email=person.email,
        name=person.name,
        confirmed=True,
        password=f"pass-{_hex('password', person.key, length=16)}",
        shown=shown,
    )


def _project(number: int, site: MonitoredSite, *, roles: dict[int, int]) -> StoredProject:
    payer_id = next(iter(roles))
    auditor = RoleDefinition(role_id=17, name="auditor", permissions=("read", "run"), defined_by=payer_id)
    return StoredProject(
        project_id=_hex("testomato", site.url, length=24),
        payer_id=payer_id,
        roles=roles,
        custom_roles=(auditor,) if auditor.role_id in roles.values() else (),
        editing_word="editTest" if number % 3 == 0 else "editTests",
        user_ids_as_text=number % 2 == 1,
        role_ids_as_text=number % 4 < 2,
        shown=_unchanging_keys(number, site, payer_id=payer_id),
    )


def _unchanging_keys(number: int, site: MonitoredSite, *, payer_id: int) -> dict[str, object]:
    keys: dict[str, object] = {
        "title": site.title,
        "url": site.url,
        "period": ("5 minutes", "30 minutes", "1 hour")[number % 3] if site.checked else False,
        "uptimeUrl": site.url,
        "uptimeEnabled": 15 if site.watched_for_uptime else False,
        "apiKey": api_key(site.url),
        "payerId": str(payer_id) if number % 2 == 0 else payer_id,
        "location": ("eu", "de", "us", "gb")[number % 4],
        "checkDefaultErrors": number % 5 != 0,
        "created": f"2025-{number % 12 + 1:02}-14T15:59:51+00:00",
        "userAgent": None if number % 2 else "Mozilla/5.0 (compatible; Testomatobot/1.0)",
        "timeout": 3 if number % 3 else 7,
        "delay": 50 if number % 4 else 70,
        "name": f"{_hex('name', number, length=6)}-{site.url.partition('://')[2]}",
        "status": "ok" if number % 4 else None,
    }
    if number % 2 == 1:  # the keys of the newest specification are not in every answer
        keys |= {
            "sslStatus": _SSL[number // 2 % 3],
            "sslExpiration": "2027-02-11T23:59:59+00:00" if number // 2 % 3 < 2 else None,
            "sslAlertPeriod": 14,
            "httpsRedirectEnabled": True,
            "isWordPress": None,
        }
    if number % 4 == 1:
        keys["sslDaysLeft"] = 82  # absent until the first check
    return keys
