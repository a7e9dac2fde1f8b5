"""The people in one project, as one caller may see them."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import msgspec

from gateway.access.reading.snapshots import Read, Snapshot
from gateway.domain.member import Member
from gateway.domain.project import Project
from gateway.domain.vocabulary import SourceState

T = TypeVar("T")

_MOST_DERIVED = 64


class MemberListing(msgspec.Struct, frozen=True, kw_only=True):
    """Everybody in a project.

    Attributes:
        read: of the members.
        shows_personal_data: whether the caller may see how to reach them.
    """

    read: Read[Any]
    shows_personal_data: bool

    @property
    def members(self) -> tuple[Member, ...]:
        """As far as the caller may see them; the same values each time."""
        if self.shows_personal_data:
            members: tuple[Member, ...] = self.read.value
            return members
        return self.derived(
            "members", lambda: tuple(member.without_personal_data() for member in self.read.value)
        )

    @property
    def state(self) -> SourceState:
        """How fresh they are."""
        return self.read.state

    def derived(self, what: Hashable, make: Callable[[], T]) -> T:
        """Something made of them and nothing else: once, as long as they are kept."""
        kept = self.read.snapshot.derived
        key = (what, self.shows_personal_data)
        if key not in kept:
            if len(kept) >= _MOST_DERIVED:
                kept.clear()
            kept[key] = make()
        found: T = kept[key]
        return found


def listed_project(listing: Read[Any], upstream_id: str) -> Read[Any] | None:
    """One project out of a list, as a read of its own."""
    derived = listing.snapshot.derived
    if "projects" not in derived:
        derived["projects"] = {
            project.upstream_id: Snapshot(value=project, as_of=listing.snapshot.as_of)
            for project in listing.value.projects
        }
    snapshot = derived["projects"].get(upstream_id)
    return None if snapshot is None else Read(snapshot=snapshot, state=listing.state, failure=listing.failure)


def members_in(project: Read[Any]) -> Read[Any]:
    """The members that came with a project, as a read of their own."""
    found: Project = project.value
    derived = project.snapshot.derived
    if "members" not in derived:
        derived["members"] = Snapshot(value=found.members, as_of=project.snapshot.as_of)
    return Read(snapshot=derived["members"], state=project.state, failure=project.failure)
