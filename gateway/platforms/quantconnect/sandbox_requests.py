"""What QuantConnect's stand-in is asked for, endpoint by endpoint.

One struct for each request body: its fields are those that the endpoint knows, and anything else, be it a
misspelled name or a number as text, is an "Invalid argument" (lean-cli#464 shows that for stray fields).
The names differ from endpoint to endpoint as they do on the platform.
"""

from abc import abstractmethod
from dataclasses import replace
from typing import Literal

import msgspec

from gateway.platforms.quantconnect.sandbox_state import (
    RECYCLE_BIN,
    Account,
    Collaboration,
    RefusedError,
    SandboxState,
    StoredProject,
)

Reply = dict[str, object]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The body of a request."""

    @abstractmethod
    def answer(self, state: SandboxState, caller: Account) -> Reply:
        """Do it, and say what the reply holds beside `success`."""


class Authenticate(Request, frozen=True, kw_only=True):
    """`authenticate`."""

    def answer(self, state: SandboxState, caller: Account) -> Reply:  # noqa: ARG002 - that they passed is the answer
        """Nothing but success."""
        return {}


class AccountRead(Request, frozen=True, kw_only=True):
    """`account/read`."""

    organization_id: str | None = None

    def answer(self, state: SandboxState, caller: Account) -> Reply:  # noqa: ARG002 - one account, one answer
        """The organisation and its credit."""
        card = {"brand": "visa", "expiration": "12/27", "last4": "0001"}
        return {"organizationId": state.organization_id, "creditBalance": 111.56, "card": card}


class UserRead(Request, frozen=True, kw_only=True):
    """`user/read`; in no specification, used by the official command line."""

    organization_id: str | None = None

    def answer(self, state: SandboxState, caller: Account) -> Reply:  # noqa: ARG002 - the caller is the answer
        """Who signs."""
        return {"user": {"name": caller.name, "profile": caller.public_id, "badge": None}}


class ProjectsRead(Request, frozen=True, kw_only=True):
    """`projects/read`: all, one, or a window."""

    project_id: int | None = None
    start: int | None = None
    end: int | None = None
    organization_id: str | None = None

    def answer(self, state: SandboxState, caller: Account) -> Reply:
        """A list in any case."""
        if self.project_id is not None:
            if self.start is not None or self.end is not None:
                raise RefusedError("Invalid argument")
            return _listing(state, caller, [state.project(self.project_id, caller=caller)])
        projects = state.visible_to(caller)
        if self.organization_id not in (None, state.organization_id):
            projects = []
        start = self.start or 0
        end = len(projects) if self.end is None else self.end
        # An empty window fails: `start: 1, end: 1` and `start: 1, end: 0` in the live tests.
        if start < 0 or (self.end is not None and start >= end):
            raise RefusedError("Invalid argument")
        return _listing(state, caller, projects[start:end])


class ProjectsCreate(Request, frozen=True, kw_only=True):
    """`projects/create`."""

    name: str
    language: Literal["Py", "C#"]
    organization_id: str | None = None

    def answer(self, state: SandboxState, caller: Account) -> Reply:
        """The new project, as `projects/read` would list it. A name that is taken gets a number."""
        taken = {project.name for project in state.projects.values()}
        name = next(
            n for n in (self.name, *(f"{self.name} {i}" for i in range(1, len(taken) + 2))) if n not in taken
        )
        now = state.now_text()
        project = StoredProject(
            project_id=max(state.projects, default=23_456_000) + 137,
            name=name,
            description="",
            owner=caller,
            modified=now,
            collaborations=(
                Collaboration(public_id=caller.public_id, permission="write", live_control=True),
            ),
            shown={"created": now, "language": self.language, "parameters": [], "codeRunning": False},
        )
        return _listing(state, caller, [state.put(project)])


class ProjectsUpdate(Request, frozen=True, kw_only=True):
    """`projects/update`."""

    project_id: int
    name: str | None = None
    description: str | None = None

    def answer(self, state: SandboxState, caller: Account) -> Reply:
        """Nothing but success: the project does not come back."""
        project = state.project(self.project_id, caller=caller)
        if any(other.name == self.name for other in state.projects.values() if other is not project):
            raise RefusedError("A project with this name exists already.")
        state.put(
            replace(
                project,
                name=project.name if self.name is None else self.name,
                description=project.description if self.description is None else self.description,
                modified=state.now_text(),
            )
        )
        return {}


class ProjectsDelete(Request, frozen=True, kw_only=True):
    """`projects/delete`."""

    project_id: int

    def answer(self, state: SandboxState, caller: Account) -> Reply:
        """The owner's goes to the recycle bin; others leave the project by deleting it."""
        project = state.project(self.project_id, caller=caller)
        if project.owner.public_id != caller.public_id:
            state.drop_collaboration(project, caller.public_id)
        elif not project.name.startswith(RECYCLE_BIN):
            name = f"{RECYCLE_BIN}{project.name.removeprefix('/')}"
            state.put(replace(project, name=name, modified=state.now_text()))
        return {}


class CollaborationRead(Request, frozen=True, kw_only=True):
    """`projects/collaboration/read`."""

    project_id: int

    def answer(self, state: SandboxState, caller: Account) -> Reply:
        """Everybody, and what the caller may do."""
        project = state.project(self.project_id, caller=caller)
        own = project.collaboration_of(caller.public_id)
        if own is None:
            raise RefusedError("Project not found.")
        return {
            "collaborators": state.collaborators(project),
            "userLiveControl": own.live_control,
            "userPermissions": own.permission,
        }


class CollaborationCreate(Request, frozen=True, kw_only=True):
    """`projects/collaboration/create`: the flags have their long names here."""

    project_id: int
    collaborator_user_id: str
    collaboration_live_control: bool
    collaboration_write: bool

    def answer(self, state: SandboxState, caller: Account) -> Reply:
        """Everybody after the change."""
        project = state.owned(self.project_id, caller=caller)
        account = _account(state, self.collaborator_user_id)
        if project.collaboration_of(account.public_id) is not None:
            raise RefusedError("This user is a collaborator already.")
        permission = "write" if self.collaboration_write else "read"
        added = Collaboration(
            public_id=account.public_id, permission=permission, live_control=self.collaboration_live_control
        )
        return {"collaborators": state.collaborators(state.put_collaboration(project, added))}


class CollaborationUpdate(Request, frozen=True, kw_only=True):
    """`projects/collaboration/update`: the flags have their short names here."""

    project_id: int
    collaborator_user_id: str
    live_control: bool
    write: bool

    def answer(self, state: SandboxState, caller: Account) -> Reply:
        """Everybody after the change."""
        project = state.owned(self.project_id, caller=caller)
        earlier = _changeable(state, project, self.collaborator_user_id)
        permission = "write" if self.write else "read"
        changed = replace(earlier, permission=permission, live_control=self.live_control)
        return {"collaborators": state.collaborators(state.put_collaboration(project, changed))}


class CollaborationDelete(Request, frozen=True, kw_only=True):
    """`projects/collaboration/delete`: the person has another name here."""

    project_id: int
    collaborator_id: str

    def answer(self, state: SandboxState, caller: Account) -> Reply:
        """Everybody who is left."""
        project = state.owned(self.project_id, caller=caller)
        dropped = _changeable(state, project, self.collaborator_id)
        return {"collaborators": state.collaborators(state.drop_collaboration(project, dropped.public_id))}


ENDPOINTS: dict[str, type[Request]] = {
    "authenticate": Authenticate,
    "account/read": AccountRead,
    "user/read": UserRead,
    "projects/read": ProjectsRead,
    "projects/create": ProjectsCreate,
    "projects/update": ProjectsUpdate,
    "projects/delete": ProjectsDelete,
    "projects/collaboration/read": CollaborationRead,
    "projects/collaboration/create": CollaborationCreate,
    "projects/collaboration/update": CollaborationUpdate,
    "projects/collaboration/delete": CollaborationDelete,
}
"""Every path that the stand-in serves, below the base path."""

_VERSIONS = [
    {
        "id": 16_500 + number,
        "created": f"2026-01-{number:02}T00:00:00Z",
        "description": f"Nightly build {number}",
        "leanHash": f"{number:040x}",
        "leanCloudHash": f"{number + 64:040x}",
        "name": f"v{16_500 + number}",
        "ref": "refs/heads/master",
        "public": True,
    }
    for number in range(1, 25)
]
_RENDERED_VERSIONS = msgspec.Raw(msgspec.json.encode(_VERSIONS))


def _listing(state: SandboxState, caller: Account, projects: list[StoredProject]) -> Reply:
    rendered = [state.render(project, caller=caller) for project in projects]
    return {"projects": rendered, "versions": _RENDERED_VERSIONS, "errors": []}


def _account(state: SandboxState, public_id: str) -> Account:
    if not public_id.strip():
        raise RefusedError("Invalid argument")
    account = state.accounts.get(public_id)
    if account is None:
        raise RefusedError("User not found.")
    return account


def _changeable(state: SandboxState, project: StoredProject, public_id: str) -> Collaboration:
    collaboration = project.collaboration_of(_account(state, public_id).public_id)
    if collaboration is None:
        raise RefusedError("This user is not a collaborator.")
    if public_id == project.owner.public_id:
        raise RefusedError("The owner of a project cannot be changed.")
    return collaboration
