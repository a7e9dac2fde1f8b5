"""Changes of membership: what is asked for, and what came of it."""

from dataclasses import dataclass

import msgspec

from gateway.domain.member import Member
from gateway.domain.vocabulary import Action, Role, UserErrorCode


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who is meant: exactly one of the two is given."""

    email: str | None = None
    upstream_user_id: str | None = None

    def __repr__(self) -> str:
        """Personal data stays out of logs and tracebacks."""
        return f"Person(by={'email' if self.email is not None else 'upstream_user_id'})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Addition:
    """Add a person to a project: `person_id` is what the platform addresses people by."""

    project_upstream_id: str
    person_id: str
    role: Role
    grant: frozenset[Action]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RoleChange:
    """Give a member another role or other additional actions."""

    project_upstream_id: str
    member: Member
    role: Role
    grant: frozenset[Action]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Removal:
    """Take a member out of a project."""

    project_upstream_id: str
    member: Member


class UserError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a change was not made.

    Attributes:
        message: one sentence: what is wrong and what to do.
        field: the path of the argument at fault, from `input` down.
        retryable: whether the same request may well succeed later.
    """

    code: UserErrorCode
    message: str
    field: tuple[str, ...]
    retryable: bool = False
