"""Permissions and the roles that bundle them."""

import msgspec

from gateway.domain.vocabulary import Action, Role


class Permission(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whether one action is granted, with the platform's own word for it.

    Attributes:
        action: the action in the graph's vocabulary.
        granted: whether the person may do it.
        native_name: what the platform calls it, so that nothing is lost in translation.
    """

    action: Action
    granted: bool
    native_name: str


class RoleMapping(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A role that can be given on a platform: its own name there and the actions that it brings."""

    role: Role
    native_name: str
    actions: tuple[Action, ...]


class ProjectAccess(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one person may do in one project.

    Attributes:
        role: None where the platform does not say it.
        permissions: one for every action that the platform knows.
    """

    role: Role | None
    permissions: tuple[Permission, ...]
