"""gateway/upstream/settings.py: what every platform's connection can be told."""

import pytest
from pydantic import ValidationError

from gateway.upstream.settings import UpstreamSettings

SECRET = "s3cret-t0ken"


def mistakes(**values: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        UpstreamSettings.model_validate({"base_url": "https://host", **values})
    return caught.value


@pytest.mark.parametrize(
    "address",
    [
        "https://www.quantconnect.com/api/v2",
        "https://host",
        "https://host/",
        "http://127.0.0.1:8081/api",
        "http://[::1]:8081/api",
    ],
)
def test_an_address_is_taken_as_it_is_written(address: str) -> None:
    assert UpstreamSettings(base_url=address).base_url == address


def test_blanks_around_an_address_do_not_count() -> None:
    assert UpstreamSettings(base_url=" https://host/api\n").base_url == "https://host/api"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "host/api",
        "//host/api",
        "https://",
        "https:///api",
        "ftp://host/api",
        "https://host:99999/api",
        "https://host:port/api",
        "https://[::1/api",
        f"https://{SECRET}@host/api",
        f"https://user:{SECRET}@host/api",
        f"https://host/api?token={SECRET}",
        f"https://host/api#{SECRET}",
    ],
)
def test_what_is_no_plain_address_is_a_mistake_that_does_not_show_it(address: str) -> None:
    mistake = mistakes(base_url=address)
    assert "https://host/path" in str(mistake)
    assert SECRET not in f"{mistake} {mistake!r}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("connect_timeout_seconds", 0),
        ("connect_timeout_seconds", -1),
        ("connect_timeout_seconds", "nan"),
        ("call_timeout_seconds", 0),
        ("max_concurrent_calls", 0),
        ("max_concurrent_calls", 1001),
        ("max_concurrent_calls", "1.5"),
        ("max_reply_bytes", 1023),
        ("max_replies", 1),
    ],
)
def test_a_value_that_makes_no_sense_is_a_mistake(name: str, value: object) -> None:
    assert [error["loc"] for error in mistakes(**{name: value}).errors()] == [(name,)]


def test_settings_cannot_be_changed() -> None:
    settings = UpstreamSettings(base_url="https://host")
    with pytest.raises(ValidationError, match="frozen"):
        settings.max_concurrent_calls = 5  # type: ignore[misc]
