"""What QuantConnect's stand-in remembers, and the rules by which it changes.

Values are frozen and replaced; only `SandboxState` changes. Where no source says how the platform words a
refusal, the words here are made up: a gateway must not build on them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import msgspec

RECYCLE_BIN = "Recycle Bin/"
"""Deleted projects stay listed under this folder (lean-cli's own test of a soft delete)."""


class RefusedError(Exception):
    """The stand-in says no; the text goes into `errors`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One user of the platform.

    Attributes:
        public_id: the handle in the profile's URL; what collaborators are addressed by.
        shown: how the account looks in a list of collaborators, keys left out and all.
    """

    uid: int
    public_id: str
    name: str
    api_token: str = field(repr=False)
    shown: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaboration:
    """One user in one project.

    Attributes:
        permission: "write", "read", or in one place a word that no source knows.
        left_out: keys that the platform does not send in this place.
    """

    public_id: str
    permission: str
    live_control: bool
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProject:
    """One project.

    Attributes:
        collaborations: the owner's first.
        shown: the keys that no call changes.
    """

    project_id: int
    name: str
    description: str | None
    owner: Account
    modified: str
    collaborations: tuple[Collaboration, ...]
    shown: Mapping[str, object] = field(repr=False)

    def collaboration_of(self, public_id: str) -> Collaboration | None:
        """What this user is in the project; None for strangers."""
        return next((one for one in self.collaborations if one.public_id == public_id), None)


class SandboxState:
    """All accounts and projects of the stand-in.

    Attributes:
        accounts: by public id.
        projects: by project id, in the order in which they are listed.
    """

    def __init__(
        self,
        *,
        accounts: Iterable[Account],
        projects: Iterable[StoredProject],
        organization_id: str,
        clock: Callable[[], float],
    ) -> None:
        self.accounts = {account.public_id: account for account in accounts}
        self.projects = {project.project_id: project for project in projects}
        self.organization_id = organization_id
        self._clock = clock
        self._rendered: dict[tuple[int, bool], msgspec.Raw] = {}

    def now_text(self) -> str:
        """The present moment as the platform writes it."""
        return datetime.fromtimestamp(self._clock(), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def visible_to(self, caller: Account) -> list[StoredProject]:
        """The projects in which `caller` takes part."""
        return [project for project in self.projects.values() if project.collaboration_of(caller.public_id)]

    def project(self, project_id: int, *, caller: Account) -> StoredProject:
        """The project, if `caller` takes part in it."""
        project = self.projects.get(project_id)
        if project is None or project.collaboration_of(caller.public_id) is None:
            raise RefusedError("Project not found.")
        return project

    def owned(self, project_id: int, *, caller: Account) -> StoredProject:
        """The project, if it is `caller`'s own: only owners add people (platform documentation)."""
        project = self.project(project_id, caller=caller)
        if project.owner.public_id != caller.public_id:
            raise RefusedError("Only the owner of the project can change its collaborators.")
        return project

    def put(self, project: StoredProject) -> StoredProject:
        """Add a project or put it in place of its earlier state."""
        self.projects[project.project_id] = project
        for seen_by_owner in (True, False):
            self._rendered.pop((project.project_id, seen_by_owner), None)
        return project

    def put_collaboration(self, project: StoredProject, changed: Collaboration) -> StoredProject:
        """Add a collaboration, or put it in place of the same user's earlier one."""
        if project.collaboration_of(changed.public_id) is None:
            return self.put(replace(project, collaborations=(*project.collaborations, changed)))
        collaborations = tuple(
            changed if one.public_id == changed.public_id else one for one in project.collaborations
        )
        return self.put(replace(project, collaborations=collaborations))

    def drop_collaboration(self, project: StoredProject, public_id: str) -> StoredProject:
        """Take a user out of a project."""
        left = tuple(one for one in project.collaborations if one.public_id != public_id)
        return self.put(replace(project, collaborations=left))

    def render(self, project: StoredProject, *, caller: Account) -> msgspec.Raw:
        """The project as JSON. Kept until it changes: a stand-in should not be what a benchmark measures."""
        key = (project.project_id, project.owner.public_id == caller.public_id)
        if key not in self._rendered:
            self._rendered[key] = msgspec.Raw(msgspec.json.encode(self._as_dict(project, is_owner=key[1])))
        return self._rendered[key]

    def _as_dict(self, project: StoredProject, *, is_owner: bool) -> dict[str, object]:
        described = {} if project.description is None else {"description": project.description}
        return {
            "projectId": project.project_id,
            "organizationId": self.organization_id,
            "name": project.name,
            "modified": project.modified,
            **described,
            "ownerId": project.owner.uid,
            "owner": is_owner,
            "collaborators": self.collaborators(project),
            **project.shown,
        }

    def collaborators(self, project: StoredProject) -> list[dict[str, object]]:
        """Everybody in the project as collaboration calls list them, the owner included."""
        return [self._collaborator(project, one) for one in project.collaborations]

    def _collaborator(self, project: StoredProject, one: Collaboration) -> dict[str, object]:
        account = self.accounts[one.public_id]
        shown = {
            **account.shown,
            "publicId": account.public_id,
            "permission": one.permission,
            "liveControl": one.live_control,
            "owner": project.owner.public_id == one.public_id,
        }
        return {key: value for key, value in shown.items() if key not in one.left_out}
