"""Testomato's words into the graph's, and back. Pure."""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from gateway.domain.member import Member, anonymous_id
from gateway.domain.permission import Permission, ProjectAccess, RoleMapping
from gateway.domain.project import Project, TestomatoDetails
from gateway.domain.vocabulary import Action, PlatformKey, Role
from gateway.platforms.moments import read_moment
from gateway.platforms.testomato import wire
from gateway.platforms.testomato.protocol import read_role

# Each action with its spellings, the usual one first: the documented schema says `editTest`, every
# sample `editTests`.
NATIVE_ACTIONS: Mapping[Action, tuple[str, ...]] = {
    Action.READ: ("read",),
    Action.WRITE: ("editTests", "editTest"),
    Action.RUN: ("run",),
    Action.EDIT_SETTINGS: ("edit",),
    Action.MANAGE_MEMBERS: ("manageUsers",),
    Action.VIEW_API_KEY: ("apiKey",),
    Action.LEAVE: ("leave",),
}

_SPELLINGS = tuple(name for spellings in NATIVE_ACTIONS.values() for name in spellings)

# The system roles. What they may do is taken from the sample payloads; of the guest's no sample is
# known, so nothing beyond reading is claimed.
ROLES = (
    RoleMapping(
        role=Role.ADMIN,
        native_name="project admin",
        actions=(
            Action.READ,
            Action.WRITE,
            Action.RUN,
            Action.EDIT_SETTINGS,
            Action.MANAGE_MEMBERS,
            Action.VIEW_API_KEY,
            Action.LEAVE,
        ),
    ),
    RoleMapping(
        role=Role.EDITOR,
        native_name="project developer",
        actions=(Action.READ, Action.WRITE, Action.RUN, Action.VIEW_API_KEY, Action.LEAVE),
    ),
    RoleMapping(role=Role.VIEWER, native_name="project guest", actions=(Action.READ, Action.LEAVE)),
)

ROLE_IDS: Mapping[Role, int] = {Role.ADMIN: 4, Role.EDITOR: 5, Role.VIEWER: 6}
_ROLE_OF_ID = {str(number): role for role, number in ROLE_IDS.items()}
_NATIVE_NAMES = {mapping.role: mapping.native_name for mapping in ROLES}


def permissions(
    switches: wire.Switches, *, listed: Iterable[object] = (), owner: bool = False
) -> tuple[Permission, ...]:
    """One permission an action, from a map of switches or, for what it lacks, from a list of granted names.

    A right that is named in neither is not granted, with one exception: `leave` stands in few answers,
    its documented default is true, and only the owner cannot leave.
    """
    switched = switches if isinstance(switches, dict) else {}
    granted_names = {name for name in listed if isinstance(name, str)}
    said = tuple(
        _truth(switched[name]) if name in switched else True if name in granted_names else None
        for name in _SPELLINGS
    )
    return _permissions(said, owner=owner)


@lru_cache(maxsize=256)  # a handful of combinations, for every member of every project
def _permissions(said: tuple[bool | None, ...], *, owner: bool) -> tuple[Permission, ...]:
    """`said` has for each of the spellings what was said of it, None for nothing."""
    of_name = dict(zip(_SPELLINGS, said, strict=True))

    def permission(action: Action, spellings: tuple[str, ...]) -> Permission:
        name = next((name for name in spellings if of_name[name] is not None), None)
        if name is None:
            granted = action is Action.LEAVE and not owner
            return Permission(action=action, granted=granted, native_name=spellings[0])
        return Permission(action=action, granted=of_name[name] is True, native_name=name)

    return tuple(permission(action, spellings) for action, spellings in NATIVE_ACTIONS.items())


def as_owner(granted: tuple[Permission, ...]) -> tuple[Permission, ...]:
    """The same permissions of somebody who turned out to be the owner, and so cannot leave."""
    return tuple(
        msgspec.structs.replace(one, granted=False) if one.action is Action.LEAVE else one for one in granted
    )


def role_mapping(source: wire.Role) -> RoleMapping:
    """A role as a project offers it, custom ones included."""
    role = role_of(source)
    return RoleMapping(
        role=role,
        native_name=_native_name(source, role),
        actions=tuple(one.action for one in _permissions_of_role(source) if one.granted),
    )


def role_of(source: wire.Role) -> Role:
    """The role behind an id; any id but those of the system roles is a custom one."""
    return _ROLE_OF_ID.get(str(source.id), Role.CUSTOM)


def member(user: wire.User, *, project_upstream_id: str) -> Member:
    """One user of a project as a member."""
    owner = bool(user.is_payer)
    access = _access(bytes(user.role), owner=owner)
    upstream_id = None if user.id in {None, ""} else str(user.id)
    # Removing takes whole numbers only.
    addressable = upstream_id is not None and upstream_id.isascii() and upstream_id.isdecimal()
    may_be_removed = not owner and user.can_be_removed is not False
    return Member(
        platform=PlatformKey.TESTOMATO,
        project_upstream_id=project_upstream_id,
        upstream_id=upstream_id or anonymous_id(user.email, user.name),
        name=user.name,
        email=user.email,
        avatar_url=None,
        bio=None,
        timezone=user.timezone,
        role=access.role,
        native_role=access.native_role,
        permissions=access.permissions,
        is_addressable=addressable,
        is_removable=addressable and may_be_removed,
        confirmed=user.confirmed,
    )


def members(users: Iterable[wire.User], *, project_upstream_id: str) -> tuple[Member, ...]:
    """Everybody in a project."""
    return tuple(member(one, project_upstream_id=project_upstream_id) for one in users)


class _Access(NamedTuple):
    role: Role
    native_role: str
    permissions: tuple[Permission, ...]


@lru_cache(maxsize=512)  # few roles, for every user of every project
def _access(role_json: bytes, *, owner: bool) -> _Access:
    role = read_role(role_json)
    return _Access(
        role=Role.OWNER if owner else role_of(role),
        native_role=_native_name(role, role_of(role)),
        permissions=_permissions_of_role(role, owner=owner),
    )


def project(source: wire.Project) -> Project:
    """A project; its users are listed apart."""
    return Project(
        platform=PlatformKey.TESTOMATO,
        upstream_id=str(source.id),
        name=source.title or source.name or source.url or str(source.id),
        description=None,
        url=source.url,
        created_at=read_moment(source.created),
        updated_at=None,
        archived=False,
        details=TestomatoDetails(
            check_interval=_interval(source.period),
            uptime_interval_seconds=_whole_number(source.uptime_enabled) or None,
            location=source.location,
            timeout_seconds=_number(source.timeout),
            delay_milliseconds=_whole_number(source.delay),
            check_default_errors=source.check_default_errors,
            ssl_status=source.ssl_status,
            ssl_expires_at=read_moment(source.ssl_expiration),
            ssl_days_left=_whole_number(source.ssl_days_left),
        ),
        members=None,
        viewer=ProjectAccess(role=None, permissions=permissions(source.permissions))
        if isinstance(source.permissions, dict)
        else None,
    )


def _native_name(source: wire.Role, role: Role) -> str:
    if source.name:
        return source.name
    return _NATIVE_NAMES.get(role) or ("none" if source.id is None else f"role {source.id}")


def _permissions_of_role(source: wire.Role, *, owner: bool = False) -> tuple[Permission, ...]:
    # PHP writes a list with gaps as a map.
    listed = source.permissions.values() if isinstance(source.permissions, dict) else source.permissions
    return permissions(source.permissions_switches, listed=listed or (), owner=owner)


def _truth(value: object) -> bool:
    """A switch as PHP may write it."""
    return bool(value) and value not in ("0", "false")


def _interval(period: wire.TextOrFalse) -> str | None:
    """`false` stands for checks that run by hand only."""
    return period if isinstance(period, str) and period not in {"", "false"} else None


def _number(value: wire.NumberOrFalse) -> float | None:
    """A number that may be text; false and anything else is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _whole_number(value: wire.NumberOrFalse) -> int | None:
    number = _number(value)
    return None if number is None else int(number)
