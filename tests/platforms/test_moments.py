"""Dates and times, however a platform writes them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.platforms.moments import read_moment

NOON = datetime(2020, 4, 14, 12, 0, tzinfo=UTC)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.just("date") | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "written",
    [
        "2020-04-14T12:00:00Z",
        "2020-04-14T12:00:00+00:00",
        "2020-04-14T12:00:00",
        "2020-04-14 12:00:00",
        "2020-04-14 12:00:00.000",
        "  2020-04-14T12:00:00Z\n",
    ],
)
def test_iso_8601_is_read_with_a_blank_or_a_t_and_as_utc_where_no_zone_stands(written: str) -> None:
    assert read_moment(written) == NOON


def test_fractions_of_a_second_are_kept() -> None:
    assert read_moment("2020-04-14 12:00:00.250") == NOON + timedelta(milliseconds=250)


def test_an_offset_is_turned_into_utc() -> None:
    moment = read_moment("2020-04-14T14:00:00+02:00")
    assert moment == NOON
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("seconds", [1_586_865_600, 1_586_865_600.0])
def test_a_number_is_seconds_since_1970(seconds: float) -> None:
    assert read_moment(seconds) == NOON


@pytest.mark.parametrize("zone", ["UTC", "Europe/Prague"])
def test_a_php_date_object_is_read_by_its_date(zone: str) -> None:
    assert read_moment({"date": "2020-04-14 12:00:00.000000", "timezone_type": 3, "timezone": zone}) == NOON


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        "",
        "soon",
        "12/27",
        "0000-00-00 00:00:00",
        "-0001-11-30T00:00:00+00:00",
        False,
        True,
        [],
        {},
        {"date": None},
        {"date": False},
        float("nan"),
        float("inf"),
        10**400,
        1e18,
    ],
)
def test_what_is_no_moment_is_none(nothing: object) -> None:
    assert read_moment(nothing) is None


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59-02:00"])
def test_a_moment_that_utc_cannot_hold_is_none(edge: str) -> None:
    assert read_moment(edge) is None


def test_a_date_object_inside_a_date_object_is_none() -> None:
    nested: dict[str, object] = {"date": "2020-04-14 12:00:00"}
    for _ in range(100_000):
        nested = {"date": nested}
    assert read_moment(nested) is None


@given(JSON)
def test_any_value_is_a_moment_in_utc_or_none(value: object) -> None:
    moment = read_moment(value)
    assert moment is None or moment.tzinfo is UTC


@given(
    st.datetimes(
        min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(9998, 1, 1),  # noqa: DTZ001
        timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    ),
    st.sampled_from(["T", " "]),
)
def test_any_moment_written_in_iso_8601_is_read_back(moment: datetime, separator: str) -> None:
    assert read_moment(moment.isoformat(sep=separator)) == moment
