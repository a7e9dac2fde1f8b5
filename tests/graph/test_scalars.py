"""gateway/graph/scalars.py: e-mail addresses and moments, in and out."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from gateway.graph.scalars import DATE_TIME, EMAIL_ADDRESS

MOMENTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - given its zone by the strategy
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=st.timedeltas(min_value=timedelta(hours=-23), max_value=timedelta(hours=23))
    .map(lambda offset: timedelta(minutes=offset // timedelta(minutes=1)))
    .map(timezone),
)


def parse_email(value: object) -> object:
    assert EMAIL_ADDRESS.parse_value is not None
    return EMAIL_ADDRESS.parse_value(value)


def parse_moment(value: object) -> object:
    assert DATE_TIME.parse_value is not None
    return DATE_TIME.parse_value(value)


def written(moment: datetime) -> str:
    assert DATE_TIME.serialize is not None
    text: str = DATE_TIME.serialize(moment)
    return text


# ---------------------------------------------------------------- e-mail addresses


@pytest.mark.parametrize(
    "address",
    [
        "mara@example.org",
        "Mara.Lindqvist+tag@mail.example.org",
        "o'neill@example.org",
        "mara_l-1@sub-domain.example.org",
        "müller@bücher.example",
        "a@b.co",
        "x" * 64 + "@example.org",
    ],
)
def test_an_address_is_taken_as_it_is_written(address: str) -> None:
    assert parse_email(address) == address


@pytest.mark.parametrize("address", [" mara@example.org", "mara@example.org\n", "\tmara@example.org "])
def test_blanks_around_an_address_do_not_count(address: str) -> None:
    assert parse_email(address) == "mara@example.org"


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "mara",
        "mara@",
        "@example.org",
        "mara@example",
        "mara@example.",
        "mara@.",
        "mara@@example.org",
        "mara@exa mple.org",
        "ma ra@example.org",
        "mara at example.org",
        "Mara <mara@example.org>",
        "mara@example.org,ingrid@example.org",
        "mara@example.org;ingrid@example.org",
        "mara@example.org\ningrid@example.org",
        '"mara"@example.org',
        "x" * 65 + "@example.org",
        "mara@" + "x" * 190 + ".org",
        None,
        7,
        True,
        ["mara@example.org"],
        {"email": "mara@example.org"},
    ],
    ids=repr,
)
def test_what_is_no_address_is_refused_without_being_quoted(value: object) -> None:
    with pytest.raises(GraphQLError, match=r"^This is not an e-mail address\.$"):
        parse_email(value)


def test_an_address_goes_out_as_the_platform_wrote_it() -> None:
    """A platform may hold an address that would not be taken in."""
    assert EMAIL_ADDRESS.serialize is not None
    assert EMAIL_ADDRESS.serialize("Mara@localhost") == "Mara@localhost"


# ---------------------------------------------------------------- moments


@given(MOMENTS)
def test_a_moment_comes_back_as_it_went_out(moment: datetime) -> None:
    assert parse_moment(written(moment)) == moment


@given(MOMENTS)
def test_moments_go_out_in_utc(moment: datetime) -> None:
    assert written(moment).endswith("Z")


@given(MOMENTS)
def test_moments_come_in_in_utc(moment: datetime) -> None:
    parsed = parse_moment(moment.isoformat())
    assert isinstance(parsed, datetime)
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 21, 12, 0, tzinfo=UTC), "2026-11-21T12:00:00Z"),
        (datetime(2026, 11, 21, 12, 0, 0, 5, tzinfo=UTC), "2026-11-21T12:00:00.000005Z"),
        (datetime(2026, 11, 21, 1, 0, tzinfo=timezone(timedelta(hours=2))), "2026-11-20T23:00:00Z"),
    ],
)
def test_moments_are_written_as_rfc_3339_says(moment: datetime, text: str) -> None:
    assert written(moment) == text


@pytest.mark.parametrize(
    "value",
    [
        "",
        "now",
        "2026-11-21",
        "2026-11-21T12:00:00",
        "2026-13-21T12:00:00Z",
        "2026-11-21T25:00:00Z",
        "12:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        None,
        1_800_000_000,
        datetime(2026, 11, 21, tzinfo=UTC),
        ["2026-11-21T12:00:00Z"],
    ],
    ids=repr,
)
def test_what_is_no_moment_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError, match="RFC 3339"):
        parse_moment(value)
