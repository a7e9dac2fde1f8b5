"""What Testomato's stand-in is asked for, endpoint by endpoint.

The paths are those of the official specification (github.com/testomato/help.testomato.com), and the retired
`GET /user/:id/projects`. Listed as `(method, path, handler)` in `ENDPOINTS`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from gateway.platforms.testomato.sandbox_auth import Claims
from gateway.platforms.testomato.sandbox_seed import invited_user, next_user_id
from gateway.platforms.testomato.sandbox_state import (
    NO_PERMISSION,
    NOT_FOUND,
    SYSTEM_ROLES,
    RefusedError,
    SandboxState,
    User,
)

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call by a known caller.

    Attributes:
        subject: the id in the path, where there is one.
        roles_as_text: whether the role of a new user is taken as text, or as a number.
    """

    state: SandboxState
    caller: User
    claims: Claims
    subject: str
    body: bytes
    roles_as_text: bool


class _NewUser(msgspec.Struct, frozen=True):
    """The body of `POST /project/:id/users`."""

    email: str
    role: int | str


class _Removal(msgspec.Struct, frozen=True):
    """The body of `DELETE /project/:id/users`."""

    users: list[int]


def _verify_token(request: Request) -> object:
    return request.claims


def _get_project(request: Request) -> object:
    project = request.state.project(request.subject, caller=request.caller, needs="read")
    return request.state.render_project(project, caller=request.caller)


def _list_users(request: Request) -> object:
    project = request.state.project(request.subject, caller=request.caller, needs="read")
    return request.state.render_users(project)


def _list_roles(request: Request) -> object:
    state = request.state
    project = state.project(request.subject, caller=request.caller, needs="read")
    return [state.role_as_dict(project, role) for role in state.roles_of(project)]


def _get_permissions(request: Request) -> object:
    project = request.state.project(request.subject, caller=request.caller, needs="read")
    return request.state.permissions(project, caller=request.caller)


def _add_user(request: Request) -> object:
    """The user, new or known. An address without an account is invited (documentation of 2020)."""
    state = request.state
    project = state.project(request.subject, caller=request.caller, needs="manageUsers")
    try:
        wanted = msgspec.json.decode(request.body, type=_NewUser)
    except msgspec.MsgspecError:
        raise RefusedError(400, "Invalid parameters.", bare=True) from None
    email = wanted.email.strip()
    if _ADDRESS.fullmatch(email) is None:
        raise RefusedError(400, "Invalid e-mail address.", bare=True)
    role_id = _role_id(wanted.role, as_text=request.roles_as_text)
    user = state.user_by_email(email) or invited_user(next_user_id(state), email)
    if user.user_id in project.roles:
        raise RefusedError(400, "User has access to the project already.", bare=True)
    changed = state.add_user(project, user=user, role_id=role_id)
    return state.user_as_dict(changed, user.user_id)


def _role_id(role: int | str, *, as_text: bool) -> int:
    names = {str(known.role_id) if as_text else known.role_id: known.role_id for known in SYSTEM_ROLES}
    if role not in names:
        raise RefusedError(400, "Invalid role.", bare=True)
    return names[role]


def _remove_users(request: Request) -> object:
    """All or none: what happens to a partly valid list is not documented."""
    state = request.state
    project = state.project(request.subject, caller=request.caller, needs="manageUsers")
    try:
        user_ids = msgspec.json.decode(request.body, type=_Removal).users
    except msgspec.MsgspecError:
        raise RefusedError(400, "Invalid parameters.", bare=True) from None
    if project.payer_id in user_ids:
        raise RefusedError(400, "The project owner cannot be removed.", bare=True)
    if not user_ids or any(user_id not in project.roles for user_id in user_ids):
        raise RefusedError(404, NOT_FOUND)
    state.remove_users(project, user_ids)
    return {"message": "Users have been removed.", "code": 200, "ok": True, "error": False}


def _list_user_projects(request: Request) -> object:
    if request.subject != str(request.caller.user_id):
        raise RefusedError(403, NO_PERMISSION)
    state, caller = request.state, request.caller
    return [
        state.render_project(project, caller=caller, with_permissions=False)
        for project in state.projects.values()
        if caller.user_id in project.roles
    ]


Endpoint = tuple[str, str, Callable[[Request], object]]

ENDPOINTS: tuple[Endpoint, ...] = (
    ("GET", "/authenticate", _verify_token),
    ("GET", "/project/{subject}", _get_project),
    ("GET", "/project/{subject}/users", _list_users),
    ("POST", "/project/{subject}/users", _add_user),
    ("DELETE", "/project/{subject}/users", _remove_users),
    ("GET", "/project/{subject}/roles", _list_roles),
    ("GET", "/project/{subject}/permissions", _get_permissions),
)
"""What the specification lists and the stand-in serves, signing in apart."""

RETIRED_LIST: Endpoint = ("GET", "/user/{subject}/projects", _list_user_projects)
"""In no specification any more; whether it is still served is not known."""
