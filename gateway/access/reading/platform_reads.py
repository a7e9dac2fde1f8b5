"""One request's reads of what platforms offer, each by its name."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from gateway.access.reading.flights import Flight, Flights
from gateway.access.reading.members import listed_project, members_in
from gateway.access.reading.request_reads import Reading
from gateway.access.reading.snapshots import Endpoint, Read, Snapshot, SnapshotKey
from gateway.access.reading.soon import Soon, settled, then
from gateway.domain.errors import UpstreamError, UpstreamNotFound
from gateway.domain.platform import Platforms
from gateway.domain.project import Project
from gateway.domain.vocabulary import PlatformKey, SourceState

_FAMILIAR = 1_024


class PlatformReads(msgspec.Struct, frozen=True, eq=False):
    """What is read of the connected platforms.

    Attributes:
        reading: the request's.
        flights: what is being read for other requests as well.
        now: the current moment in UTC.
    """

    platforms: Platforms
    reading: Reading
    flights: Flights
    now: Callable[[], datetime]

    def key(self, key: PlatformKey, endpoint: Endpoint, upstream_id: str = "") -> SnapshotKey:
        """What is asked of a platform, with the account that the request is for."""
        return _key(key, self.platforms.accounts.get(key, ""), endpoint, upstream_id)

    def one(
        self,
        key: PlatformKey,
        endpoint: Endpoint,
        fetch: Callable[[], Awaitable[Any]],
        upstream_id: str = "",
    ) -> Soon[Read[Any]]:
        """Something that a platform is asked for by a call of its own."""
        snapshot_key = self.key(key, endpoint, upstream_id)

        def begin(only_new: bool) -> Flight:  # noqa: FBT001 - as `Begin` has it
            return self.flights.one(snapshot_key, fetch, only_new=only_new)

        return self.reading.get(snapshot_key, begin)

    def many(self, key: PlatformKey, endpoint: Endpoint, upstream_id: str) -> Soon[Read[Any]]:
        """A project, or its members, which a platform may be asked for together with others."""
        platform = self.platforms.connected[key]
        snapshot_key = self.key(key, endpoint, upstream_id)

        def begin(only_new: bool) -> Flight:  # noqa: FBT001 - likewise
            fetch = platform.get_projects if endpoint is Endpoint.PROJECT else platform.list_members
            return self.flights.among_many(snapshot_key, fetch, only_new=only_new)

        return self.reading.get(snapshot_key, begin)

    def project(self, key: PlatformKey, upstream_id: str) -> Soon[Read[Any]]:
        """A project; out of the list where that is read anyway."""
        if not self._is_listed(key, upstream_id):
            return self.many(key, Endpoint.PROJECT, upstream_id)
        return then(
            self.listed_project(key, upstream_id),
            lambda listed: listed or self.many(key, Endpoint.PROJECT, upstream_id),
        )

    def listed_project(self, key: PlatformKey, upstream_id: str) -> Soon[Read[Any] | None]:
        """A project out of the list, where the request reads that anyway and has not changed the project."""
        if not self._is_listed(key, upstream_id):
            return None
        listing = self.reading.get(self.key(key, Endpoint.LISTING), _unreachable)
        return then(
            settled(listing, UpstreamError),
            lambda listing: listed_project(listing, upstream_id) if isinstance(listing, Read) else None,
        )

    def _is_listed(self, key: PlatformKey, upstream_id: str) -> bool:
        reading = self.reading
        return (
            reading.has_begun
            and reading.is_known(self.key(key, Endpoint.LISTING))
            and not reading.is_known(self.key(key, Endpoint.PROJECT, upstream_id))
        )

    def members(self, project: Project) -> Soon[Read[Any]]:
        """A read whose value is the members."""
        if project.members is not None:
            return then(self.project(project.platform, project.upstream_id), self._members_of(project))

        def present(read: "Read[Any]") -> "Read[Any]":
            if read.value is None:
                raise UpstreamNotFound(project.platform)
            return read

        return then(self.many(project.platform, Endpoint.MEMBERS, project.upstream_id), present)

    def _members_of(self, project: Project) -> Callable[[Read[Any]], Read[Any]]:
        def members(read: "Read[Any]") -> "Read[Any]":
            if read.value is project:
                return members_in(read)
            snapshot = Snapshot(value=project.members, as_of=self.now())
            return Read(snapshot=snapshot, state=SourceState.FRESH)

        return members


# Asked for again and again: a table is faster than the making of a tuple with names.
_key = lru_cache(_FAMILIAR)(SnapshotKey)


def _unreachable(_: bool) -> Flight:  # noqa: FBT001 - as `Begin` has it
    raise AssertionError("what is known is not read")
