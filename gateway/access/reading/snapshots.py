"""What platforms said lately, so that it need not be asked for again.

    age 0 ────── fresh ──────┬── stale while revalidate ──┬── stale if error ──┐
    given as it is           given, and read anew          given where reading  forgotten
                             in the background             it anew fails

A list that lacks projects, for a reason that may pass, is given while it is fresh, and then where reading it
anew fails.

Kept apart by platform, account, endpoint and what was asked for: an account never sees what another was
told. What one request asks for while another is asking for the same is asked once. A change of a project
drops everything that could tell otherwise, and what is under way then is not kept.

After RFC 9111 and RFC 5861.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from gateway.access.reading.generations import Generations
from gateway.domain.errors import UpstreamError
from gateway.domain.project import Project
from gateway.domain.vocabulary import PlatformKey, SourceState

T = TypeVar("T")

DEFAULT_MAX_BYTES = 128 * 1024 * 1024
# About what one takes in memory, measured with tracemalloc over both platforms' values.
_BYTES_A_PROJECT = 3_000
_BYTES_A_MEMBER = 2_500
_EDITION_BITS = 32
_MOST_DERIVED = 256


class Endpoint(StrEnum):
    """What a platform can be asked for."""

    ACCOUNT = "account"
    LISTING = "listing"
    PROJECT = "project"
    MEMBERS = "members"
    ROLES = "roles"
    VIEWER = "viewer"


class SnapshotKey(NamedTuple):
    """What was asked for.

    Attributes:
        account: the fingerprint of the account that asked.
        upstream_id: the project's; empty where none is meant.
    """

    platform: PlatformKey
    account: str
    endpoint: Endpoint
    upstream_id: str = ""


class CachePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How long what one platform said is good.

    Attributes:
        fresh_seconds: given without another word.
        stale_while_revalidate_seconds: after that, given while it is read anew.
        stale_if_error_seconds: after it was fresh, given where reading it anew fails.
    """

    fresh_seconds: float
    stale_while_revalidate_seconds: float
    stale_if_error_seconds: float

    @property
    def keep_seconds(self) -> float:
        """How long it may be of use."""
        return self.fresh_seconds + max(self.stale_while_revalidate_seconds, self.stale_if_error_seconds)


class Snapshot(msgspec.Struct, Generic[T], frozen=True, kw_only=True, eq=False):
    """What a platform said, and when.

    Attributes:
        derived: what was made of it; as immutable as the value, and forgotten with it.
    """

    value: T
    as_of: datetime
    derived: dict[Hashable, Any] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """What is in it may be anybody's."""
        return f"Snapshot(as_of={self.as_of})"


class Read(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A snapshot as one request got it.

    Attributes:
        state: FRESH where it was read for this request, CACHED or STALE where it was kept.
        failure: why it could not be read anew, where that is so.
    """

    snapshot: Snapshot[T]
    state: SourceState
    failure: UpstreamError | None = None

    @property
    def value(self) -> T:
        """What the platform said."""
        return self.snapshot.value


class _Kept(NamedTuple):
    snapshot: Snapshot[Any]
    size_bytes: int
    generation: int


class SnapshotStore:
    """Keeps snapshots, those used last the longest.

    Args:
        now: the current moment in UTC.
        generations: common to all who serve together.
        max_bytes: about how much memory they may take together.
        on_lookup: told whether what was asked for could be given.
    """

    def __init__(
        self,
        *,
        policies: Mapping[PlatformKey, CachePolicy],
        now: Callable[[], datetime],
        generations: Generations | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        on_lookup: Callable[[bool], object] = lambda _: None,
    ) -> None:
        self._policies = policies
        self._keeping = {platform for platform, policy in policies.items() if policy.keep_seconds > 0}
        self._now = now
        self._max_bytes = max_bytes
        self._on_lookup = on_lookup
        self._kept: OrderedDict[SnapshotKey, _Kept] = OrderedDict()
        self._bytes = 0
        self._generations = generations or Generations()
        self._edition = 0
        self._fresh_until: list[datetime] = []  # a heap
        self._derived: dict[Hashable, Any] = {}
        self._derived_edition = -1

    @property
    def edition(self) -> int:
        """Changes with everything that is kept, and whenever something of it is fresh no longer."""
        self._pass_ends_of_freshness()
        return (self._generations.latest << _EDITION_BITS) + self._edition

    @property
    def edition_fresh_seconds(self) -> float:
        """How long everything stays fresh that is."""
        ends = self._fresh_until
        return max(0.0, (ends[0] - self._now()) / timedelta(seconds=1)) if ends else 0.0

    def derived(self, edition: int) -> dict[Hashable, Any]:
        """What was made of what is kept in this edition; a place for more of it."""
        if edition != self._derived_edition or len(self._derived) >= _MOST_DERIVED:
            self._derived, self._derived_edition = {}, edition
        return self._derived

    def find(self, key: SnapshotKey, *, longest_age_seconds: float | None) -> Read[Any] | None:
        """What is kept and may be given at once; a STALE one is to be read anew meanwhile.

        Args:
            longest_age_seconds: what the caller takes, 0 nothing; None leaves it to the policy.
        """
        found = self._usable(key, longest_age_seconds=longest_age_seconds)
        self._on_lookup(found is not None)
        return found

    def find_in_need(self, key: SnapshotKey, failure: UpstreamError) -> Read[Any] | None:
        """What is kept and better than `failure`; nothing where the platform's no is an answer."""
        snapshot = self._current(key)
        policy = self._policies[key.platform]
        if snapshot is None or not failure.retryable:
            return None
        if self._age_seconds(snapshot) > policy.fresh_seconds + policy.stale_if_error_seconds:
            return None
        return Read(snapshot=snapshot, state=SourceState.STALE, failure=failure)

    def fresh_seconds_left(self, key: SnapshotKey, read: Read[Any]) -> float:
        """How long what was read stays fresh."""
        if read.state is SourceState.STALE:
            return 0.0
        return max(0.0, self._policies[key.platform].fresh_seconds - self._age_seconds(read.snapshot))

    def keeps(self, platform: PlatformKey) -> bool:
        """Whether what the platform says is of use to anybody but who asked."""
        return platform in self._keeping

    def generation(self, key: SnapshotKey) -> int:
        """Changes whenever what the key names may have changed by our own doing."""
        return self._generations.of(key.platform, key.upstream_id)

    def keep(self, key: SnapshotKey, value: T, *, generation: int) -> Snapshot[T]:
        """A snapshot of what the platform just said; kept, unless something was changed meanwhile."""
        snapshot = Snapshot(value=value, as_of=self._now())
        # Without the role it was put together while something else could not be read.
        known = key.endpoint is not Endpoint.VIEWER or getattr(value, "role", None) is not None
        if known and generation == self.generation(key) and self.keeps(key.platform):
            self._drop(key)
            size = _bytes_of(value)
            self._kept[key] = _Kept(snapshot, size, generation)
            self._bytes += size
            self._edition += 1
            self._pass_ends_of_freshness()
            fresh = timedelta(seconds=self._policies[key.platform].fresh_seconds)
            heappush(self._fresh_until, snapshot.as_of + fresh)
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._kept)))
        return snapshot

    def forget_project(self, platform: PlatformKey, upstream_id: str) -> None:
        """A project was changed, or may have been: nobody is told what was true before."""
        self._generations.changed(platform, upstream_id)
        for key in [
            key for key in self._kept if key.platform is platform and key.upstream_id in {"", upstream_id}
        ]:
            self._drop(key)

    def _usable(self, key: SnapshotKey, *, longest_age_seconds: float | None) -> Read[Any] | None:
        snapshot = self._current(key)
        if snapshot is None:
            return None
        policy, age_seconds = self._policies[key.platform], self._age_seconds(snapshot)
        if age_seconds > policy.keep_seconds:
            self._drop(key)
            return None
        if longest_age_seconds is not None and not 0 < longest_age_seconds >= age_seconds:
            return None
        self._kept.move_to_end(key)
        if age_seconds <= policy.fresh_seconds:
            return Read(snapshot=snapshot, state=SourceState.CACHED)
        stale_seconds = policy.stale_while_revalidate_seconds
        if _lacks_what_may_be_there_by_now(key, snapshot.value):
            stale_seconds = 0.0
        if age_seconds <= policy.fresh_seconds + stale_seconds:
            return Read(snapshot=snapshot, state=SourceState.STALE)
        return None

    def _current(self, key: SnapshotKey) -> Snapshot[Any] | None:
        """What is kept, unless it was changed since, by this process or another."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.generation != self.generation(key):
            self._drop(key)
            return None
        return kept.snapshot

    def _pass_ends_of_freshness(self) -> None:
        ends = self._fresh_until
        if ends and ends[0] < self._now():
            now = self._now()
            while ends and ends[0] < now:
                heappop(ends)
            self._edition += 1

    def _age_seconds(self, snapshot: Snapshot[Any]) -> float:
        return (self._now() - snapshot.as_of) / timedelta(seconds=1)

    def _drop(self, key: SnapshotKey) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped.size_bytes
            self._edition += 1


def _lacks_what_may_be_there_by_now(key: SnapshotKey, value: object) -> bool:
    """Whether projects are missing in a list for a reason that may have passed."""
    failure = getattr(value, "failure", None) if key.endpoint is Endpoint.LISTING else None
    return isinstance(failure, UpstreamError) and failure.retryable


def _bytes_of(value: object) -> int:
    """About how much memory a value takes."""
    if isinstance(value, Project):
        return _BYTES_A_PROJECT + len(value.members or ()) * _BYTES_A_MEMBER
    if isinstance(value, tuple):
        return (
            sum(map(_bytes_of, value))
            if value and isinstance(value[0], Project)
            else len(value) * _BYTES_A_MEMBER
        )
    projects = getattr(value, "projects", None)
    return _BYTES_A_MEMBER if projects is None else _bytes_of(projects)
