"""What a reply's bytes and status mean."""

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import (
    UpstreamBroken,
    UpstreamDenied,
    UpstreamError,
    UpstreamNotFound,
    UpstreamRejected,
    UpstreamUnavailable,
)
from gateway.platforms.testomato import wire
from gateway.platforms.testomato.protocol import (
    TokenNotAccepted,
    read_acknowledgement,
    read_reply,
    read_switches,
    read_token,
)
from gateway.upstream.transport import HttpReply

SECRET = "s3cr3t-value"
READERS: list[Callable[[HttpReply], object]] = [
    lambda reply: read_reply(reply, wire.Project),
    lambda reply: read_reply(reply, list[wire.User]),
    read_acknowledgement,
    read_switches,
    read_token,
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["error", "ok", "success", "code", "message", "id"])


def reply(body: object, *, status: int = 200) -> HttpReply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpReply(status=status, headers={}, body=content)


def refusal(body: object, *, status: int = 200) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        read_reply(reply(body, status=status), wire.Project)
    return caught.value


def envelope(code: object, message: str = "no") -> dict[str, object]:
    return {"message": message, "code": code, "ok": False, "error": True}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, UpstreamRejected),
        (401, TokenNotAccepted),
        (402, UpstreamRejected),
        (403, UpstreamDenied),
        (404, UpstreamNotFound),
        (405, UpstreamRejected),
        (410, UpstreamRejected),
        (432, UpstreamRejected),
        (433, UpstreamRejected),
        (434, UpstreamRejected),
    ],
)
@pytest.mark.parametrize(
    "body", [{"message": "no"}, envelope(200), b"", b"<html>no</html>", {"ok": True}, []], ids=repr
)
def test_an_error_status_means_the_same_whatever_the_body_says(
    status: int, kind: type[UpstreamError], body: object
) -> None:
    assert type(refusal(body, status=status)) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, UpstreamRejected),
        (401, TokenNotAccepted),
        ("401", TokenNotAccepted),
        (403, UpstreamDenied),
        (404, UpstreamNotFound),
        ("404", UpstreamNotFound),
        (432, UpstreamRejected),
        (500, UpstreamUnavailable),
        (200, UpstreamRejected),
        (None, UpstreamRejected),
        ("no number", UpstreamRejected),
        (-404, UpstreamRejected),
        ("9" * 5000, UpstreamRejected),
        ("\u0664\u0660\u0664", UpstreamRejected),
    ],
)
def test_a_failure_told_in_a_200_reply_means_what_its_code_says(
    code: object, kind: type[UpstreamError]
) -> None:
    assert type(refusal(envelope(code))) is kind


def test_a_failure_of_the_platform_told_in_a_200_reply_may_have_acted() -> None:
    assert refusal(envelope(500)).may_have_acted


@pytest.mark.parametrize(
    "flags",
    [
        {"error": True},
        {"ok": False},
        {"success": False},
        {"error": True, "ok": True, "success": True},
        {"error": 1},
        {"ok": 0},
        {"success": "false"},
    ],
    ids=repr,
)
def test_any_flag_that_tells_a_failure_makes_a_200_reply_an_error(flags: dict[str, object]) -> None:
    assert type(refusal({"id": "50a9", "message": "no", **flags})) is UpstreamRejected


@pytest.mark.parametrize(
    "flags", [{}, {"error": False}, {"ok": True}, {"ok": 1}, {"error": None, "success": True}], ids=repr
)
def test_a_200_reply_that_tells_no_failure_is_an_answer(flags: dict[str, object]) -> None:
    assert read_reply(reply({"id": "50a9", **flags}), wire.Project).id == "50a9"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html><title>Maintenance</title>",
        b'{"id": "50a9',
        b'{"id": null}',
        b"{}",
        b"[]",
        b"null",
        b'"50a9"',
        b'{"id": "\xff"}',
        b'{"error": "\xff"}',
        b'{"id": "50a9", "unheardOf": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: body[:40],
)
def test_what_is_no_answer_of_the_expected_shape_is_broken(body: bytes) -> None:
    with pytest.raises(UpstreamBroken):
        read_reply(reply(body), wire.Project)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        {"message": "ok", "code": 200, "ok": True, "error": False},
        {"message": "ok", "success": True, "error": False},
        {"error": False, "ok": True, "success": True, "type": "delete"},
        {},
    ],
    ids=repr,
)
def test_an_acknowledgement_may_be_irregular_or_empty(body: object) -> None:
    read_acknowledgement(reply(body))


@pytest.mark.parametrize("body", [envelope(400), {"message": "no", "success": False, "ok": False}], ids=repr)
def test_an_acknowledgement_that_tells_a_failure_is_an_error(body: object) -> None:
    with pytest.raises(UpstreamRejected):
        read_acknowledgement(reply(body))


@pytest.mark.parametrize(
    ("status", "kind"), [(401, TokenNotAccepted), (403, UpstreamDenied), (404, UpstreamNotFound)]
)
@pytest.mark.parametrize("body", [b"", {"message": "no"}], ids=repr)
def test_an_empty_error_is_no_acknowledgement(status: int, kind: type[UpstreamError], body: object) -> None:
    with pytest.raises(kind):
        read_acknowledgement(reply(body, status=status))


def test_a_web_page_is_no_acknowledgement() -> None:
    with pytest.raises(UpstreamBroken):
        read_acknowledgement(reply(b"<html>"))


@pytest.mark.parametrize(("body", "switches"), [(b"[]", {}), (b" [] ", {}), ({"read": True}, {"read": True})])
def test_switches_are_a_map_and_an_empty_one_may_be_a_list(body: object, switches: object) -> None:
    assert read_switches(reply(body)) == switches


def test_an_empty_list_with_an_error_status_is_an_error() -> None:
    with pytest.raises(UpstreamNotFound):
        read_switches(reply(b"[]", status=404))


@pytest.mark.parametrize("read", [READERS[0], read_token])
@pytest.mark.parametrize(
    "body",
    [
        envelope(400, SECRET),
        {"error": SECRET},
        {"id": [SECRET]},
        {SECRET: SECRET},
        f'{{"message": "{SECRET}'.encode(),
        f'{{"id": "{SECRET} \xff"}}'.encode("latin-1"),
        f"<html>{SECRET}".encode(),
    ],
    ids=lambda body: type(body).__name__,
)
@pytest.mark.parametrize("status", [200, 400, 401])
def test_no_error_holds_what_the_platform_said(
    read: Callable[[HttpReply], object],
    body: object,
    status: int,
    everything_in: Callable[[BaseException], str],
) -> None:
    with pytest.raises(UpstreamError) as caught:
        read(reply(body, status=status))
    assert SECRET not in everything_in(caught.value)


@given(st.binary() | JSON.map(json.dumps).map(str.encode), st.integers(100, 599))
def test_any_bytes_with_any_status_give_an_answer_or_an_upstream_error(body: bytes, status: int) -> None:
    for read in READERS:
        with suppress(UpstreamError):
            read(reply(body, status=status))
            assert status < 400


@given(st.dictionaries(KEYS, JSON | st.booleans() | st.integers(0, 999)))
def test_no_object_that_tells_a_failure_is_an_answer(body: dict[str, object]) -> None:
    for read in READERS:
        with suppress(UpstreamError):
            read(reply(body))
            assert body.get("error") is not True
            assert body.get("ok") is not False
