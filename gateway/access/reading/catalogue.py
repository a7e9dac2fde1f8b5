"""Projects of several platforms, with what each contributed."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec

from gateway.access.reading.snapshots import Read
from gateway.domain.errors import UpstreamError
from gateway.domain.project import Project
from gateway.domain.source import SourceStatus
from gateway.domain.vocabulary import PlatformKey, SourceState

_MOST_DERIVED = 64
_KEPT = "catalogue"


@dataclass(frozen=True, kw_only=True, eq=False)
class Catalogue:
    """Projects of several platforms.

    Attributes:
        sources: one a platform asked.
        failures: why something is missing; empty when the projects are all there.
        derived: what was made of it; as immutable as the catalogue.
    """

    projects: tuple[Project, ...]
    sources: tuple[SourceStatus, ...]
    failures: tuple[UpstreamError, ...] = ()
    derived: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def keep_derived(self, key: Hashable, value: object) -> None:
        """Keep something that was made of the catalogue, for a while."""
        if len(self.derived) >= _MOST_DERIVED:
            self.derived.clear()
        self.derived[key] = value


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one platform contributes.

    Attributes:
        listing: None where there is none.
    """

    source: SourceStatus
    listing: Read[Any] | None = None
    failure: UpstreamError | None = None

    @classmethod
    def unconfigured(cls, key: PlatformKey) -> Self:
        """The gateway has no credential for the platform."""
        return cls(source=SourceStatus(platform=key, state=SourceState.UNCONFIGURED))

    @classmethod
    def failed(cls, failure: UpstreamError, source: SourceStatus) -> Self:
        """The platform could not be asked."""
        return cls(source=source, failure=failure)

    @classmethod
    def listed(cls, listing: Read[Any], source: SourceStatus) -> Self:
        """The platform's projects, or those that could be read."""
        return cls(source=source, listing=listing, failure=listing.value.failure)


def catalogue_of(parts: Sequence[Part]) -> Catalogue:
    """The parts put together: once, as long as the same snapshots say the same of themselves."""
    listings = [part.listing for part in parts if part.listing is not None]
    if not listings or any(part.failure is not None for part in parts):
        return _put_together(parts)
    # Kept with the first one. The others are held beside it, so that their identities keep their meaning.
    derived, others = listings[0].snapshot.derived, tuple(listing.snapshot for listing in listings[1:])
    key = (_KEPT, tuple(map(id, others)), tuple(part.source for part in parts))
    found: tuple[object, Catalogue] | None = derived.get(key)
    if found is None:
        for old in [old for old in derived if isinstance(old, tuple) and old[0] == _KEPT]:
            del derived[old]
        found = derived[key] = (others, _put_together(parts))
    return found[1]


def _put_together(parts: Sequence[Part]) -> Catalogue:
    return Catalogue(
        projects=tuple(
            project for part in parts if part.listing is not None for project in part.listing.value.projects
        ),
        sources=tuple(part.source for part in parts),
        failures=tuple(part.failure for part in parts if part.failure is not None),
    )
