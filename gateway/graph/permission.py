"""Permissions, and the roles that bundle them."""

import strawberry

from gateway.domain.vocabulary import Action, Role


@strawberry.type(description="Whether one action is granted, with the platform's own word for it.")
class Permission:
    """Reads `gateway.domain.permission.Permission`."""

    action: Action
    granted: bool
    native_name: str = strawberry.field(description="What the platform calls it.")


@strawberry.type(description="A role, what the platform calls it, and what it lets a person do.")
class RoleMapping:
    """Reads `gateway.domain.permission.RoleMapping`."""

    role: Role
    native_name: str
    actions: list[Action]


@strawberry.type(description="What the gateway's own account may do in a project.")
class ProjectAccess:
    """Reads `gateway.domain.permission.ProjectAccess`."""

    role: Role | None
    permissions: list[Permission]
