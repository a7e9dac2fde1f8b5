"""Testomato's projects in the graph's words."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import UpstreamBroken
from gateway.domain.permission import Permission
from gateway.domain.project import Project, TestomatoDetails
from gateway.domain.vocabulary import Action
from gateway.platforms.testomato import normalise, wire
from gateway.platforms.testomato.protocol import decode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PROJECT = {"id": "50a9", "title": "Tidewater", "created": "2020-04-14T15:59:51+00:00"}


def project(**changed: object) -> Project:
    return normalise.project(decode(json.dumps(PROJECT | changed).encode(), wire.Project))


def details(**changed: object) -> TestomatoDetails:
    found = project(**changed).details
    assert isinstance(found, TestomatoDetails)
    return found


def granted(permissions: tuple[Permission, ...]) -> set[Action]:
    return {permission.action for permission in permissions if permission.granted}


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"title": "Tidewater", "name": "old", "url": "https://x.example"}, "Tidewater"),
        ({"title": "", "name": "old", "url": "https://x.example"}, "old"),
        ({"title": None, "url": "https://x.example"}, "https://x.example"),
        ({"title": None}, "50a9"),
    ],
)
def test_a_project_is_called_by_the_best_name_there_is(said: dict[str, object], name: str) -> None:
    assert project(**said).name == name


@pytest.mark.parametrize(
    ("period", "interval"),
    [
        ("5 minutes", "5 minutes"),
        ("fortnightly", "fortnightly"),
        (False, None),
        ("false", None),
        ("", None),
        (None, None),
        (True, None),
    ],
)
def test_a_period_of_false_means_that_checks_run_by_hand_only(period: object, interval: str | None) -> None:
    assert details(period=period).check_interval == interval


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(15, 15), ("15", 15), (60.0, 60), (False, None), (True, None), (0, None), ("0", None), ("on", None)],
)
def test_uptime_monitoring_has_an_interval_or_is_off(written: object, seconds: int | None) -> None:
    assert details(uptimeEnabled=written).uptime_interval_seconds == seconds


@pytest.mark.parametrize(
    ("written", "number"),
    [(7, 7), ("7", 7), (0, 0), (2.5, 2.5), (False, None), ("nan", None), ("inf", None), ("1e999", None)],
)
def test_a_timeout_is_a_finite_number_or_none(written: object, number: float | None) -> None:
    assert details(timeout=written).timeout_seconds == number


@pytest.mark.parametrize(("written", "days"), [(14, 14), ("14", 14), (0, 0), (-3, -3), (False, None)])
def test_the_days_left_of_a_certificate_may_be_none_or_negative(written: object, days: int | None) -> None:
    assert details(sslDaysLeft=written).ssl_days_left == days


@pytest.mark.parametrize(
    "written",
    [
        "2022-10-21T13:10:35+00:00",
        "2022-10-21T15:10:35+02:00",
        "2022-10-21 13:10:35.000000",
        1666357835,
        {"date": "2022-10-21 13:10:35.000000", "timezone_type": 3, "timezone": "UTC"},
    ],
    ids=type,
)
def test_a_date_is_read_in_every_form(written: object) -> None:
    moment = datetime(2022, 10, 21, 13, 10, 35, tzinfo=UTC)
    assert project(created=written).created_at == moment
    assert details(sslExpiration=written).ssl_expires_at == moment


@pytest.mark.parametrize("nothing", [None, False, [], {}, "", "0000-00-00 00:00:00"])
def test_a_date_that_is_none_is_none(nothing: object) -> None:
    assert project(created=nothing).created_at is None


def test_a_project_keeps_what_only_this_platform_says() -> None:
    said = {"location": "eu", "delay": "50", "checkDefaultErrors": False, "sslStatus": "unheard of"}
    found = details(**said)
    assert (found.location, found.delay_milliseconds) == ("eu", 50)
    assert (found.check_default_errors, found.ssl_status) == (False, "unheard of")


def test_the_viewers_rights_come_with_the_project_and_the_role_does_not() -> None:
    viewer = project(permissions={"read": True, "editTests": False}).viewer
    assert viewer is not None
    assert viewer.role is None
    assert granted(viewer.permissions) == {Action.READ, Action.LEAVE}


@pytest.mark.parametrize("untold", [None, []])
def test_rights_that_did_not_come_along_are_not_guessed(untold: object) -> None:
    assert project(permissions=untold).viewer is None


@given(st.dictionaries(st.sampled_from(wire.Project.__struct_encode_fields__), JSON, max_size=2))
def test_whatever_a_project_holds_it_is_a_project_or_broken(odd: dict[str, object]) -> None:
    with suppress(UpstreamBroken):
        assert isinstance(project(**odd), Project)
