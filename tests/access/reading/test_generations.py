"""access/reading/generations.py: several processes know of each other's changes."""

import mmap
import os
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.reading.generations import MEMORY_BYTES, Generations
from gateway.access.reading.snapshots import CachePolicy, Endpoint, SnapshotKey, SnapshotStore
from gateway.domain.vocabulary import PlatformKey

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
KEYS = st.sampled_from(PlatformKey)
IDS = st.text(min_size=1, max_size=8)
LISTING = SnapshotKey(PlatformKey.TESTOMATO, "an account", Endpoint.LISTING)
MEMBERS = SnapshotKey(PlatformKey.TESTOMATO, "an account", Endpoint.MEMBERS, "50a9")
OTHERS = SnapshotKey(PlatformKey.TESTOMATO, "an account", Endpoint.MEMBERS, "60b0")


@pytest.fixture
def stores() -> tuple[SnapshotStore, SnapshotStore]:
    """Those of two processes that serve together."""
    memory = bytearray(MEMORY_BYTES)
    policy = CachePolicy(fresh_seconds=5, stale_while_revalidate_seconds=5, stale_if_error_seconds=5)

    def store() -> SnapshotStore:
        return SnapshotStore(
            policies=dict.fromkeys(PlatformKey, policy), now=lambda: NOON, generations=Generations(memory)
        )

    return store(), store()


@given(platform=KEYS, upstream_id=IDS, changes=st.integers(2, 5))
def test_every_change_makes_another_number(platform: PlatformKey, upstream_id: str, changes: int) -> None:
    generations = Generations(clock=lambda: 7)
    seen = set()
    for _ in range(changes):
        generations.changed(platform, upstream_id)
        seen.add((generations.of(platform, upstream_id), generations.of(platform, ""), generations.latest))
    assert [len({one[part] for one in seen}) for part in range(3)] == [changes] * 3


def test_a_change_is_seen_in_another_process() -> None:
    with mmap.mmap(-1, MEMORY_BYTES) as memory:
        generations = Generations(memoryview(memory))
        before = generations.of(PlatformKey.TESTOMATO, "50a9")
        child = os.fork()
        if not child:
            generations.changed(PlatformKey.TESTOMATO, "50a9")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert generations.of(PlatformKey.TESTOMATO, "50a9") != before
        del generations


def test_what_another_process_has_changed_is_not_given_any_more(
    stores: tuple[SnapshotStore, SnapshotStore],
) -> None:
    ours, theirs = stores
    for key in (LISTING, MEMBERS, OTHERS):
        ours.keep(key, "said before", generation=ours.generation(key))
    theirs.forget_project(PlatformKey.TESTOMATO, "50a9")
    given_now = [ours.find(key, longest_age_seconds=None) is not None for key in (LISTING, MEMBERS, OTHERS)]
    assert given_now == [False, False, True]


def test_what_was_read_while_another_process_changed_it_is_not_kept(
    stores: tuple[SnapshotStore, SnapshotStore],
) -> None:
    ours, theirs = stores
    generation = ours.generation(MEMBERS)
    theirs.forget_project(PlatformKey.TESTOMATO, "50a9")
    ours.keep(MEMBERS, "read before", generation=generation)
    assert ours.find(MEMBERS, longest_age_seconds=None) is None


def test_a_change_by_another_process_makes_another_edition(
    stores: tuple[SnapshotStore, SnapshotStore],
) -> None:
    ours, theirs = stores
    before = ours.edition
    theirs.forget_project(PlatformKey.TESTOMATO, "50a9")
    assert ours.edition != before
