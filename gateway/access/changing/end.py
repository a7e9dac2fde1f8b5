"""When a member's access ends, and what changes do to that.

An end is written down in the same transaction as the outcome of the grant that it belongs to, so neither is
ever there without the other. It is forgotten when the member is removed, or is given access without an end.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import msgspec

from gateway.access.changing.change import AddMember, Change, ChangeResult, GrantAccess
from gateway.domain.vocabulary import Outcome, PlatformKey

_GRANTED = frozenset({Outcome.ADDED, Outcome.INVITED, Outcome.UPDATED, Outcome.UNCHANGED})


class MemberKey(NamedTuple):
    """What names a member."""

    platform: PlatformKey
    project_upstream_id: str
    member_upstream_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEnd:
    """When a member's access ends.

    Attributes:
        at: the moment (UTC).
        email: the member's, by which one is found who had no id of use yet.
    """

    key: MemberKey
    at: datetime
    email: str | None = field(default=None, repr=False)


class EndChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a change does to the end of a member's access.

    Attributes:
        end: None where there is none any more.
    """

    key: MemberKey
    end: AccessEnd | None


def end_change(change: Change, result: ChangeResult) -> EndChange | None:
    """What settling a change with this result does to an end; None where it stays as it is."""
    member = result.member
    if member is None:
        return None
    key = MemberKey(member.platform, member.project_upstream_id, member.upstream_id)
    if result.outcome is Outcome.REMOVED:
        return EndChange(key=key, end=None)
    if isinstance(change, AddMember) and result.outcome in {Outcome.ADDED, Outcome.INVITED}:
        return EndChange(key=key, end=None)  # of earlier access, which somebody else has taken away
    if not isinstance(change, GrantAccess) or result.outcome not in _GRANTED:
        return None
    if change.until is None:
        return EndChange(key=key, end=None)
    email = member.email or change.person.email
    return EndChange(key=key, end=AccessEnd(key=key, at=change.until, email=email))
