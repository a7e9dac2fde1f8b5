"""What Testomato's stand-in remembers, and the rules by which it changes.

Values are frozen and replaced; only `SandboxState` changes. Where no source says how the platform words a
refusal, the words here are made up: a gateway must not build on them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import msgspec

NOT_FOUND = "Object not found"
NO_PERMISSION = "You don't have required permission to selected project."


class RefusedError(Exception):
    """The stand-in says no.

    Attributes:
        status: of the HTTP answer.
        bare: the body holds only the message, not the usual four keys.
    """

    def __init__(self, status: int, message: str, *, bare: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.bare = bare


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One account, or an address that was invited: it has neither name nor password.

    Attributes:
        shown: how the account looks in a list of users, beside what stands here.
    """

    user_id: int
    email: str
    name: str | None
    confirmed: bool
    password: str | None = field(default=None, repr=False)
    shown: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDefinition:
    """A role: 4, 5 and 6 are the system's; a user may define others (documentation of 2016).

    Attributes:
        permissions: from `read run editTests edit manageUsers apiKey`.
    """

    role_id: int
    name: str
    permissions: tuple[str, ...]
    defined_by: int | None = None

    def grants(self, permission: str) -> bool:
        """Whether the role brings this permission."""
        return permission in self.permissions


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProject:
    """One project.

    Attributes:
        roles: user id → role id, the payer first.
        custom_roles: defined for this project, beside the system's.
        editing_word: `editTests` in every payload seen, `editTest` in the schema.
        user_ids_as_text: sent as text or as numbers: samples and third parties differ.
        role_ids_as_text: likewise.
        shown: the keys that no call changes.
    """

    project_id: str
    payer_id: int
    roles: Mapping[int, int]
    custom_roles: tuple[RoleDefinition, ...]
    editing_word: str
    user_ids_as_text: bool
    role_ids_as_text: bool
    shown: Mapping[str, object] = field(repr=False)


SYSTEM_ROLES = (
    RoleDefinition(
        role_id=4,
        name="project admin",
        permissions=("read", "run", "editTests", "edit", "manageUsers", "apiKey"),
    ),
    RoleDefinition(role_id=5, name="project developer", permissions=("read", "run", "editTests", "apiKey")),
    RoleDefinition(role_id=6, name="project guest", permissions=("read",)),
)
_SWITCHES = ("read", "run", "editTests", "edit", "manageUsers", "apiKey")


class SandboxState:
    """All accounts and projects of the stand-in.

    Attributes:
        users: by user id.
        projects: by project id.
    """

    def __init__(self, *, users: Iterable[User], projects: Iterable[StoredProject]) -> None:
        self.users = {user.user_id: user for user in users}
        self.projects = {project.project_id: project for project in projects}
        self._rendered: dict[str, dict[str, msgspec.Raw]] = {}

    def user_by_email(self, email: str) -> User | None:
        """The account with this address, in whatever case it is written."""
        wanted = email.strip().lower()
        return next((user for user in self.users.values() if user.email.lower() == wanted), None)

    def project(self, project_id: str, *, caller: User, needs: str) -> StoredProject:
        """The project, if `caller` has the permission `needs` in it.

        Raises:
            RefusedError: 404 where there is none, 403 where the permission is missing.
        """
        project = self.projects.get(project_id)
        if project is None:
            raise RefusedError(404, NOT_FOUND)
        role = self.role_in(project, caller.user_id)
        if role is None or not role.grants(needs):
            raise RefusedError(403, NO_PERMISSION)
        return project

    def role_in(self, project: StoredProject, user_id: int) -> RoleDefinition | None:
        """What this user is in the project; None for strangers."""
        role_id = project.roles.get(user_id)
        return next((role for role in self.roles_of(project) if role.role_id == role_id), None)

    def roles_of(self, project: StoredProject) -> tuple[RoleDefinition, ...]:
        """Every role that the project knows."""
        return (*SYSTEM_ROLES, *project.custom_roles)

    def add_user(self, project: StoredProject, *, user: User, role_id: int) -> StoredProject:
        """Put a user into a project; an account that is not known yet is remembered."""
        self.users[user.user_id] = user
        return self._put(replace(project, roles={**project.roles, user.user_id: role_id}))

    def remove_users(self, project: StoredProject, user_ids: Iterable[int]) -> StoredProject:
        """Take users out of a project."""
        gone = set(user_ids)
        return self._put(
            replace(project, roles={user: role for user, role in project.roles.items() if user not in gone})
        )

    def _put(self, project: StoredProject) -> StoredProject:
        self.projects[project.project_id] = project
        self._rendered.pop(project.project_id, None)
        return project

    def render_users(self, project: StoredProject) -> msgspec.Raw:
        """Everybody in the project as JSON. Kept until it changes: a benchmark should not measure us."""
        rendered = self._rendered.setdefault(project.project_id, {})
        if "users" not in rendered:
            shown = [self.user_as_dict(project, user_id) for user_id in project.roles]
            rendered["users"] = msgspec.Raw(msgspec.json.encode(shown))
        return rendered["users"]

    def render_project(
        self, project: StoredProject, *, caller: User, with_permissions: bool = True
    ) -> msgspec.Raw:
        """The project as JSON, with what `caller` may do in it; kept like the users."""
        rendered = self._rendered.setdefault(project.project_id, {})
        key = f"project {caller.user_id} {with_permissions}"
        if key not in rendered:
            ids = [str(one) if project.user_ids_as_text else one for one in project.roles]
            shown: dict[str, object] = {"id": project.project_id, **project.shown, "userIds": ids}
            if with_permissions:
                shown["permissions"] = self.permissions(project, caller=caller)
            rendered[key] = msgspec.Raw(msgspec.json.encode(shown))
        return rendered[key]

    def permissions(self, project: StoredProject, *, caller: User) -> dict[str, bool]:
        """What `caller` may do in the project."""
        role = self.role_in(project, caller.user_id)
        granted = _switches(project, role.permissions if role else ())
        if project.editing_word == "editTest":  # `leave` stands in the same schema as this spelling
            granted["leave"] = caller.user_id != project.payer_id
        return granted

    def user_as_dict(self, project: StoredProject, user_id: int) -> dict[str, object]:
        """One user of the project."""
        user = self.users[user_id]
        role = self.role_in(project, user_id)
        return {
            "id": str(user_id) if project.user_ids_as_text else user_id,
            "email": user.email,
            "name": user.name,
            "confirmed": user.confirmed,
            **user.shown,
            "role": None if role is None else self.role_as_dict(project, role),
            "isPayer": user_id == project.payer_id,
            "canBeRemoved": user_id != project.payer_id,
        }

    def role_as_dict(self, project: StoredProject, role: RoleDefinition) -> dict[str, object]:
        """One role of the project. Those that users define come without switches."""
        shown: dict[str, object] = {
            "id": str(role.role_id) if project.role_ids_as_text else role.role_id,
            "users_id": None if role.defined_by is None else str(role.defined_by),
            "name": role.name,
            "permissions": [
                project.editing_word if permission == "editTests" else permission
                for permission in role.permissions
            ],
            "systemRole": role.defined_by is None,
        }
        if role.defined_by is None:
            shown["permissionsSwitches"] = _switches(project, role.permissions)
        return shown


def _switches(project: StoredProject, granted: tuple[str, ...]) -> dict[str, bool]:
    return {
        project.editing_word if permission == "editTests" else permission: permission in granted
        for permission in _SWITCHES
    }
