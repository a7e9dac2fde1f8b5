"""Testomato's JSON, with the oddities of its samples."""

import json

import msgspec
import pytest

from gateway.domain.errors import UpstreamBroken
from gateway.platforms.testomato import wire
from gateway.platforms.testomato.protocol import decode, read_role
from gateway.platforms.wire_struct import WireStruct

PHP_DATE = {"date": "2022-10-21 13:10:35.000000", "timezone_type": 3, "timezone": "Europe/Prague"}
# As in the samples, with every key that the gateway does not read.
PROJECT = {
    "id": "50a9f72f14db3be812000233",
    "title": "Tidewater",
    "url": "https://tidewater.example",
    "period": "5 minutes",
    "uptimeUrl": "https://tidewater.example",
    "uptimeEnabled": 15,
    "apiKey": "4PJAOwTK",
    "payerId": "7",
    "location": "eu",
    "checkDefaultErrors": True,
    "created": "2020-04-14T15:59:51+00:00",
    "userAgent": None,
    "timeout": 7,
    "delay": 50,
    "userIds": ["7"],
    "name": "1icaoc-tidewater.example",
    "status": None,
    "sslStatus": "ok",
    "sslExpiration": "2026-09-08T00:00:00+00:00",
    "sslDaysLeft": 14,
    "permissions": {"read": True, "editTests": True},
}
USER = {
    "id": "7",
    "email": "jana@example.com",
    "phone": "+420 123 456 789",
    "confirmTokenExpiration": PHP_DATE,
    "name": "Jana",
    "confirmed": True,
    "timezone": "Europe/Prague",
    "reportPeriod": "day",
    "notificationEmail": None,
    "notificationDelay": 0,
    "apiKey": "4PJAOwTK",
    "role": {"id": "4", "users_id": None, "name": "project admin", "permissions": ["read"]},
    "isPayer": True,
    "canBeRemoved": False,
}
STRUCTS = [kind for kind in vars(wire).values() if isinstance(kind, type) and issubclass(kind, WireStruct)]


def project(**changed: object) -> wire.Project:
    return decode(json.dumps(PROJECT | changed).encode(), wire.Project)


def user(**changed: object) -> wire.User:
    return decode(json.dumps(USER | changed).encode(), wire.User)


def role(**changed: object) -> wire.Role:
    return decode(json.dumps(changed).encode(), wire.Role)


def test_a_project_is_read_as_in_the_samples() -> None:
    found = project()
    assert (found.id, found.title, found.url) == (PROJECT["id"], "Tidewater", "https://tidewater.example")
    assert (found.period, found.uptime_enabled, found.timeout, found.delay) == ("5 minutes", 15, 7, 50)
    assert found.permissions == {"read": True, "editTests": True}


def test_a_user_is_read_as_in_the_samples() -> None:
    found = user()
    assert (found.id, found.email, found.name, found.confirmed) == ("7", "jana@example.com", "Jana", True)
    assert (found.is_payer, found.can_be_removed) == (True, False)
    assert read_role(bytes(found.role)) == wire.Role(id="4", name="project admin", permissions=["read"])


@pytest.mark.parametrize("key", [key for key in PROJECT if key != "id"])
def test_every_key_of_a_project_but_its_id_may_be_null_or_missing(key: str) -> None:
    rest = {name: value for name, value in PROJECT.items() if name != key}
    assert decode(json.dumps(rest).encode(), wire.Project) == project(**{key: None})


@pytest.mark.parametrize("key", USER)
def test_every_key_of_a_user_may_be_null_or_missing(key: str) -> None:
    rest = {name: value for name, value in USER.items() if name != key}
    assert decode(json.dumps(rest).encode(), wire.User) == user(**{key: None})


@pytest.mark.parametrize("body", [b"{}", b'{"id": null}', b'{"id": []}', b"[]", b'"50a9"'])
def test_a_project_without_an_id_is_broken(body: bytes) -> None:
    with pytest.raises(UpstreamBroken):
        decode(body, wire.Project)


@pytest.mark.parametrize("written", [7, "7", "007", "50a9f72f14db3be812000233", "012345678901234567890123"])
def test_an_id_is_kept_as_it_is_written(written: object) -> None:
    assert (project(id=written).id, user(id=written).id, role(id=written).id) == (written,) * 3


@pytest.mark.parametrize("written", [False, "false", "8 hours", "every blue moon"])
def test_a_period_is_text_or_false(written: object) -> None:
    assert project(period=written).period == written


@pytest.mark.parametrize("key", ["uptimeEnabled", "timeout", "delay", "sslDaysLeft"])
@pytest.mark.parametrize("written", [False, 15, "15", 0, 1.5, "soon"])
def test_a_number_may_be_text_or_false(key: str, written: object) -> None:
    held = msgspec.to_builtins(project(**{key: written}))
    assert held[key] == written


@pytest.mark.parametrize("key", ["created", "sslExpiration"])
@pytest.mark.parametrize("written", ["2020-04-14 15:59:51", 1586879991, 1586879991.5, PHP_DATE, [], False])
def test_a_date_is_text_seconds_an_object_or_empty(key: str, written: object) -> None:
    held = msgspec.to_builtins(project(**{key: written}))
    assert held[key] == written


@pytest.mark.parametrize("empty", [[], {}, None])
def test_a_map_may_be_empty_in_three_ways(empty: object) -> None:
    assert not project(permissions=empty).permissions
    assert not role(permissionsSwitches=empty).permissions_switches
    assert not role(permissions=empty).permissions


@pytest.mark.parametrize("nothing", [None, []])
def test_a_user_may_have_no_role(nothing: object) -> None:
    assert read_role(bytes(user(role=nothing).role)) == wire.Role()


def test_a_list_with_gaps_may_be_a_map() -> None:
    assert role(permissions={"0": "read", "2": "run"}).permissions == {"0": "read", "2": "run"}


@pytest.mark.parametrize(("written", "meant"), [(1, True), (0, False), ("1", True), ("false", False)])
def test_a_flag_may_be_a_number_or_text(written: object, meant: object) -> None:
    found = user(isPayer=written, canBeRemoved=written, confirmed=written)
    assert (found.is_payer, found.can_be_removed, found.confirmed) == (meant, meant, meant)


def test_an_account_is_told_by_its_token() -> None:
    said = {"id": 1, "name": "Jana", "email": "jana@example.com", "exp": 1, "tid": "e2", "iat": 1, "nbf": "1"}
    account = decode(json.dumps(said).encode(), wire.Account)
    assert (account.id, account.name, account.email) == (1, "Jana", "jana@example.com")


def test_keys_and_telephone_numbers_do_not_enter_memory() -> None:
    held = msgspec.json.encode((project(), user())).decode()
    for secret in ("4PJAOwTK", "+420 123 456 789"):
        assert secret not in held


@pytest.mark.parametrize("kind", STRUCTS)
def test_no_struct_shows_what_it_holds(kind: type[WireStruct]) -> None:
    held = kind(**dict.fromkeys(kind.__struct_fields__, "jana@example.com"))
    assert f"{[held]} {held}" == f"[{kind.__name__}(…)] {kind.__name__}(…)"
