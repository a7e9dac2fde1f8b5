"""QuantConnect's words into the graph's, and back. Pure."""

from collections.abc import Iterable
from functools import lru_cache

from gateway.domain.member import Member, anonymous_id
from gateway.domain.permission import Permission, ProjectAccess, RoleMapping
from gateway.domain.project import Project, QuantConnectDetails
from gateway.domain.vocabulary import Action, PlatformKey, Role
from gateway.platforms.moments import read_moment
from gateway.platforms.quantconnect import wire

# Deleting a project upstream moves it into this folder, where it stays listed.
RECYCLE_BIN = "Recycle Bin/"

NATIVE_ACTIONS = {
    Action.READ: "read",
    Action.WRITE: "write",
    Action.LIVE_CONTROL: "liveControl",
    Action.MANAGE_MEMBERS: "owner",
    Action.LEAVE: "not owner",
}

ROLES = (
    RoleMapping(role=Role.EDITOR, native_name="write", actions=(Action.READ, Action.WRITE, Action.LEAVE)),
    RoleMapping(role=Role.VIEWER, native_name="read", actions=(Action.READ, Action.LEAVE)),
)

_ROLE_OF_PERMISSION = {mapping.native_name: mapping.role for mapping in ROLES}


@lru_cache(maxsize=64)  # a handful of combinations, for every member of every project
def permissions_of(*, permission: str | None, live_control: bool, owner: bool) -> tuple[Permission, ...]:
    """The platform's two flags and its ownership as one list; an owner may do everything but leave."""
    granted = {
        Action.READ: owner or permission in {"read", "write"},
        Action.WRITE: owner or permission == "write",
        Action.LIVE_CONTROL: owner or live_control,
        Action.MANAGE_MEMBERS: owner,
        Action.LEAVE: not owner,
    }
    return tuple(
        Permission(action=action, granted=granted[action], native_name=name)
        for action, name in NATIVE_ACTIONS.items()
    )


@lru_cache(maxsize=64)
def access_of(*, permission: str | None, live_control: bool, owner: bool) -> ProjectAccess:
    """What the account of the credential may do."""
    role = Role.OWNER if owner else _ROLE_OF_PERMISSION.get(permission or "", Role.CUSTOM)
    return ProjectAccess(
        role=role,
        permissions=permissions_of(permission=permission, live_control=live_control, owner=owner),
    )


def member(collaborator: wire.Collaborator, *, project_upstream_id: str) -> Member:
    """One collaborator as a member."""
    owner = bool(collaborator.owner)
    access = access_of(
        permission=collaborator.permission, live_control=bool(collaborator.live_control), owner=owner
    )
    addressable = collaborator.public_id not in {None, ""}
    return Member(
        platform=PlatformKey.QUANTCONNECT,
        project_upstream_id=project_upstream_id,
        upstream_id=str(collaborator.public_id) if addressable else _stand_in_id(collaborator),
        name=collaborator.name,
        email=collaborator.email,
        avatar_url=collaborator.profile_image,
        bio=collaborator.bio,
        timezone=None,
        role=access.role or Role.CUSTOM,
        native_role="owner" if owner else collaborator.permission or "none",
        permissions=access.permissions,
        is_addressable=addressable,
        is_removable=addressable and not owner,
        confirmed=None,
    )


def members(collaborators: Iterable[wire.Collaborator], *, project_upstream_id: str) -> tuple[Member, ...]:
    """Everybody in a project."""
    return tuple(member(one, project_upstream_id=project_upstream_id) for one in collaborators)


def project(source: wire.Project, *, account_user_id: str) -> Project:
    """A project with its members; `account_user_id` is whose credential read it."""
    upstream_id = str(source.project_id)
    name = (source.name or upstream_id).removeprefix("/")
    return Project(
        platform=PlatformKey.QUANTCONNECT,
        upstream_id=upstream_id,
        name=name,
        description=source.description,
        url=None,
        created_at=read_moment(source.created),
        updated_at=read_moment(source.modified),
        archived=name.startswith(RECYCLE_BIN),
        details=QuantConnectDetails(
            organization_id=None if source.organization_id is None else str(source.organization_id),
            language=source.language,
            lean_version_id=source.lean_version_id,
            lean_pinned_to_master=source.lean_pinned_to_master,
            last_live_deployment=read_moment(source.last_live_deployment),
            code_running=source.code_running,
            encrypted=source.encrypted,
        ),
        members=None
        if source.collaborators is None
        else members(source.collaborators, project_upstream_id=upstream_id),
        viewer=_viewer(source, account_user_id=account_user_id),
    )


def _viewer(source: wire.Project, *, account_user_id: str) -> ProjectAccess | None:
    """What the project itself tells of the credential's rights; None where only a call can tell."""
    if source.owner or str(source.owner_id) == account_user_id:
        return access_of(permission="write", live_control=True, owner=True)
    for collaborator in source.collaborators or ():
        if str(collaborator.uid) == account_user_id:
            return access_of(
                permission=collaborator.permission,
                live_control=bool(collaborator.live_control),
                owner=bool(collaborator.owner),
            )
    return None


def flags_for(*, role: Role, grant: frozenset[Action]) -> tuple[bool, bool]:
    """The platform's (write, live control) for a role and what is granted on top."""
    return role is Role.EDITOR, Action.LIVE_CONTROL in grant


def _stand_in_id(collaborator: wire.Collaborator) -> str:
    """An id for someone whose handle the platform withheld: stable, and useless for changes."""
    if collaborator.uid is not None:
        return f"uid:{collaborator.uid}"
    return anonymous_id(collaborator.email, collaborator.name, collaborator.profile_image)
