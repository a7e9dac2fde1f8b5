"""access/reading/snapshots.py: how long what a platform said is given, and to whom."""

import pytest

from gateway.access.reading.snapshots import CachePolicy, Endpoint, Read, SnapshotKey, SnapshotStore
from gateway.domain.errors import UpstreamDenied, UpstreamError, UpstreamUnavailable
from gateway.domain.platform import ProjectListing
from gateway.domain.vocabulary import PlatformKey, SourceState
from tests.access.reads import FRESH, IF_ERROR, NOON, POLICY, REVALIDATE, Clock, key_of

KEY = key_of("1")
PASSING, FINAL = UpstreamUnavailable(PlatformKey.TESTOMATO), UpstreamDenied(PlatformKey.TESTOMATO)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> SnapshotStore:
    return SnapshotStore(policies=dict.fromkeys(PlatformKey, POLICY), now=clock)


def keep(store: SnapshotStore, key: SnapshotKey = KEY, value: object = "said") -> None:
    store.keep(key, value, generation=store.generation(key))


def state_of(read: Read[object] | None) -> SourceState | None:
    return None if read is None else read.state


@pytest.mark.parametrize(
    ("age_seconds", "state"),
    [
        (0, SourceState.CACHED),
        (FRESH, SourceState.CACHED),
        (FRESH + 0.1, SourceState.STALE),
        (FRESH + REVALIDATE, SourceState.STALE),
        (FRESH + REVALIDATE + 0.1, None),
    ],
)
def test_what_was_said_is_given_as_long_as_it_is_good(
    store: SnapshotStore, clock: Clock, age_seconds: float, state: SourceState | None
) -> None:
    keep(store)
    clock.pass_seconds(age_seconds)
    assert state_of(store.find(KEY, longest_age_seconds=None)) is state


@pytest.mark.parametrize(
    ("failure", "age_seconds", "state"),
    [
        pytest.param(PASSING, FRESH, SourceState.CACHED, id="passing, fresh"),
        pytest.param(PASSING, FRESH + 0.1, None, id="passing, older"),
        pytest.param(FINAL, FRESH + 0.1, SourceState.STALE, id="final, older"),
    ],
)
def test_a_list_that_lacks_something_is_given_no_longer_than_fresh_where_it_may_be_whole_by_now(
    store: SnapshotStore, clock: Clock, failure: UpstreamError, age_seconds: float, state: SourceState | None
) -> None:
    listing = SnapshotKey(PlatformKey.TESTOMATO, "mine", Endpoint.LISTING)
    keep(store, listing, ProjectListing(projects=(), failure=failure, missing_count=1))
    clock.pass_seconds(age_seconds)
    assert state_of(store.find(listing, longest_age_seconds=None)) is state


@pytest.mark.parametrize(("longest_age_seconds", "is_given"), [(0, False), (2, False), (3, True)])
def test_a_caller_may_ask_for_what_is_younger(
    store: SnapshotStore, clock: Clock, longest_age_seconds: float, *, is_given: bool
) -> None:
    keep(store)
    clock.pass_seconds(3)
    assert (store.find(KEY, longest_age_seconds=longest_age_seconds) is not None) is is_given


@pytest.mark.parametrize(
    ("age_seconds", "is_given"), [(FRESH + IF_ERROR, True), (FRESH + IF_ERROR + 0.1, False)]
)
def test_what_was_said_helps_out_while_reading_fails(
    store: SnapshotStore, clock: Clock, age_seconds: float, *, is_given: bool
) -> None:
    keep(store)
    clock.pass_seconds(age_seconds)
    found = store.find_in_need(KEY, PASSING)
    assert (found is not None) is is_given
    if found is not None:
        assert (found.state, found.failure, found.snapshot.as_of) == (SourceState.STALE, PASSING, NOON)


def test_a_platforms_no_is_an_answer(store: SnapshotStore) -> None:
    keep(store)
    assert store.find_in_need(KEY, FINAL) is None


@pytest.mark.parametrize(
    "other",
    [
        key_of("1", account="another"),
        key_of("2"),
        key_of("1", endpoint=Endpoint.ROLES),
        KEY._replace(platform=PlatformKey.QUANTCONNECT),
    ],
)
def test_nothing_is_given_for_another_account_project_endpoint_or_platform(
    store: SnapshotStore, other: SnapshotKey
) -> None:
    keep(store)
    assert store.find(other, longest_age_seconds=None) is None


@pytest.mark.parametrize(
    ("key", "is_kept"),
    [
        (KEY, False),
        (key_of("1", account="another"), False),
        (key_of("1", endpoint=Endpoint.PROJECT), False),
        (key_of("", endpoint=Endpoint.LISTING), False),
        (key_of("2"), True),
        (KEY._replace(platform=PlatformKey.QUANTCONNECT), True),
    ],
)
def test_a_change_drops_whatever_could_tell_otherwise(
    store: SnapshotStore, key: SnapshotKey, *, is_kept: bool
) -> None:
    keep(store, key)
    store.forget_project(PlatformKey.TESTOMATO, "1")
    assert (store.find(key, longest_age_seconds=None) is not None) is is_kept


@pytest.mark.parametrize("key", [KEY, key_of("", endpoint=Endpoint.LISTING)])
def test_what_was_asked_before_a_change_is_not_kept_after_it(store: SnapshotStore, key: SnapshotKey) -> None:
    generation = store.generation(key)
    store.forget_project(PlatformKey.TESTOMATO, "1")
    given = store.keep(key, "said before", generation=generation)
    assert (given.value, store.find(key, longest_age_seconds=None)) == ("said before", None)


def test_what_was_used_least_lately_is_forgotten_where_there_is_no_room(clock: Clock) -> None:
    members = tuple(range(100))
    store = SnapshotStore(policies=dict.fromkeys(PlatformKey, POLICY), now=clock, max_bytes=600_000)
    for number in ("1", "2", "1", "3"):
        if store.find(key_of(number), longest_age_seconds=None) is None:
            keep(store, key_of(number), members)
    kept = [one for one in "123" if store.find(key_of(one), longest_age_seconds=None) is not None]
    assert kept == ["1", "3"]


def test_nothing_is_kept_where_nothing_is_to_be(clock: Clock) -> None:
    never = CachePolicy(fresh_seconds=0, stale_while_revalidate_seconds=0, stale_if_error_seconds=0)
    store = SnapshotStore(policies=dict.fromkeys(PlatformKey, never), now=clock)
    keep(store)
    assert (store.find(KEY, longest_age_seconds=None), store.find_in_need(KEY, PASSING)) == (None, None)
