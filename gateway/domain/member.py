"""A person in a project."""

import hashlib
from typing import Final, Self

import msgspec

from gateway.domain.permission import Permission
from gateway.domain.vocabulary import Action, PlatformKey, Role


class Member(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One person in one project of one platform.

    Attributes:
        upstream_id: names the person on the platform (QuantConnect `publicId`, Testomato user id).
        native_role: the platform's own name for the role.
        permissions: one for every action that the platform knows, granted or not.
        is_addressable: whether `upstream_id` is one that the platform takes back in a change.
        is_removable: whether the platform would let the member be removed.
        confirmed: whether the person has accepted; None where the platform does not say.
    """

    platform: PlatformKey
    project_upstream_id: str
    upstream_id: str
    name: str | None
    email: str | None
    avatar_url: str | None
    bio: str | None
    timezone: str | None
    role: Role
    native_role: str
    permissions: tuple[Permission, ...]
    is_addressable: bool
    is_removable: bool
    confirmed: bool | None

    @property
    def is_owner(self) -> bool:
        """Whether the project belongs to this person."""
        return self.role is Role.OWNER

    def can(self, action: Action) -> bool:
        """Whether `action` is granted; an action that the platform does not know is not."""
        return any(permission.granted and permission.action is action for permission in self.permissions)

    def without_personal_data(self) -> Self:
        """For those who may see who is in a project, but not how to reach them."""
        return msgspec.structs.replace(self, email=None, avatar_url=None, bio=None)

    def __repr__(self) -> str:
        """Personal data stays out of logs and tracebacks."""
        return f"Member({self.platform}, project={self.project_upstream_id!r}, role={self.role})"


_ANONYMOUS: Final = "anonymous:"


def anonymous_id(*seen: str | None) -> str:
    """An id for someone whom the platform shows without one: stable, and of no use in a change."""
    return f"{_ANONYMOUS}{hashlib.sha256(repr(seen).encode()).hexdigest()[:16]}"


def is_anonymous(upstream_id: str) -> bool:
    """Whether an id was made by `anonymous_id`: it names nobody to the platform."""
    return upstream_id.startswith(_ANONYMOUS)
