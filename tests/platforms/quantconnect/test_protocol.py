"""Signatures, and what a reply's bytes and status mean."""

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import (
    UpstreamBroken,
    UpstreamDenied,
    UpstreamError,
    UpstreamRejected,
    UpstreamThrottled,
    UpstreamUnavailable,
)
from gateway.platforms.quantconnect import wire
from gateway.platforms.quantconnect.protocol import decode, read_reply, signed_headers
from gateway.upstream.transport import HttpReply

HASH = "450d27e42585c1ad669258cf477727331297d8359b287750542681b11e8f621a"
HASH_COMPLAINT = f"Hash doesn't match. UID: 123456 Hash: {HASH} Timestamp: '1700000000'"
NOW = datetime.fromtimestamp(1_700_000_000, tz=UTC)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["success", "errors", "messages", "Message", "projects", "collaborators"])


def reply(body: object, *, status: int = 200) -> HttpReply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpReply(status=status, headers={}, body=content)


def refusal(body: object, *, status: int = 200) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        read_reply(reply(body, status=status), wire.Acknowledgement)
    return caught.value


def test_the_signature_is_the_documented_one() -> None:
    headers = signed_headers(user_id="123456", api_token="0123456789abcdef0123456789abcdef", now=NOW)
    assert headers == {
        "Authorization": (
            "Basic MTIzNDU2OjQ1MGQyN2U0MjU4NWMxYWQ2NjkyNThjZjQ3NzcyNzMzMTI5N2Q4MzU5"
            "YjI4Nzc1MDU0MjY4MWIxMWU4ZjYyMWE="
        ),
        "Timestamp": "1700000000",
    }


def test_the_signature_holds_whole_seconds_only() -> None:
    within = signed_headers(user_id="1", api_token="token", now=NOW + timedelta(microseconds=999_999))
    assert within == signed_headers(user_id="1", api_token="token", now=NOW)


def test_the_token_itself_is_not_sent() -> None:
    headers = signed_headers(user_id="1", api_token="the-token", now=NOW)
    pair = base64.b64decode(headers["Authorization"].removeprefix("Basic "))
    assert b"the-token" not in pair


@pytest.mark.parametrize(
    "envelope",
    [
        {"success": True},
        {"success": True, "errors": []},
        {"success": True, "errors": None},
        {"success": True, "errors": ["a remark"]},
        {"errors": []},
        {},
    ],
)
def test_a_reply_that_does_not_say_otherwise_is_good(envelope: dict[str, object]) -> None:
    body = {**envelope, "projects": [{"projectId": 1}], "unheardOf": {"a": [1]}}
    assert len(read_reply(reply(body), wire.ProjectsReply).projects) == 1


def test_success_false_in_a_200_reply_is_an_error() -> None:
    assert type(refusal({"success": False, "projects": []})) is UpstreamRejected


@pytest.mark.parametrize(
    "complaint", [{"errors": ["no"]}, {"errors": "no"}, {"messages": ["no"]}, {"Message": "Invalid"}]
)
def test_a_complaint_without_success_is_an_error(complaint: dict[str, object]) -> None:
    assert type(refusal(complaint)) is UpstreamRejected


def test_an_error_status_is_an_error_even_when_the_body_claims_success() -> None:
    assert type(refusal({"success": True}, status=400)) is UpstreamRejected


@pytest.mark.parametrize(
    ("complaint", "kind"),
    [
        (HASH_COMPLAINT, UpstreamDenied),
        (HASH_COMPLAINT.upper(), UpstreamDenied),
        ("UserID not valid: 123456", UpstreamDenied),
        ("Too many backtest requests; please slow down.", UpstreamThrottled),
        ("please SLOW DOWN", UpstreamThrottled),
        ("Internal Error 21", UpstreamUnavailable),
        ("Invalid argument", UpstreamRejected),
        ("File content not valid. content: ", UpstreamRejected),
        ("an error that nobody has seen yet", UpstreamRejected),
        ("", UpstreamRejected),
    ],
)
@pytest.mark.parametrize("key", ["errors", "messages", "Message"])
@pytest.mark.parametrize("status", [200, 400])
def test_a_complaint_means_the_same_under_every_key(
    complaint: str, kind: type[UpstreamError], key: str, status: int
) -> None:
    value = complaint if key == "Message" else [complaint]
    assert type(refusal({"success": False, key: value}, status=status)) is kind


def test_every_complaint_is_looked_at() -> None:
    assert type(refusal({"success": False, "errors": ["no", 7, None, HASH_COMPLAINT]})) is UpstreamDenied


def test_an_internal_error_may_have_taken_effect() -> None:
    assert refusal({"success": False, "Message": "Internal Error 21"}).may_have_acted


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", [b"", b"<html>no</html>", {"success": True}, {"errors": [HASH_COMPLAINT]}])
def test_401_and_403_mean_that_the_credential_is_not_accepted(status: int, body: object) -> None:
    assert type(refusal(body, status=status)) is UpstreamDenied


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html><title>Just a moment</title>",
        b'{"success": true, "projects": [',
        b'{"success": true, "projects": null}',
        b'{"success": true}',
        b'{"success": true, "projects": {"a": 1}}',
        b'{"success": "perhaps", "projects": []}',
        b'{"success": true, "projects": []} trailing',
        b"[]",
        b"null",
        b'"text"',
        b'\xef\xbb\xbf{"success": true, "projects": []}',
        b'{"Message": "\xff"}',
        b'{"unheardOf": ' + b"[" * 100_000 + b"]" * 100_000 + b', "projects": []}',
        b'{"success": true, "projects": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: body[:40],
)
def test_what_is_no_answer_of_the_expected_shape_is_broken(body: bytes) -> None:
    with pytest.raises(UpstreamBroken):
        read_reply(reply(body), wire.ProjectsReply)


@pytest.mark.parametrize("body", [b"", b"<html>413 Request Entity Too Large</html>", b"[]"])
@pytest.mark.parametrize("status", [400, 404, 413])
def test_an_error_without_an_envelope_is_broken(body: bytes, status: int) -> None:
    assert type(refusal(body, status=status)) is UpstreamBroken


def test_complaints_nested_as_deep_as_the_parser_just_takes_are_an_upstream_error() -> None:
    for depth in range(800, 1001):
        body = b'{"success": false, "errors": ' + b"[" * depth + b"]" * depth + b"}"
        assert type(refusal(body)) in {UpstreamRejected, UpstreamBroken}


@pytest.mark.parametrize(
    "body",
    [
        {"success": False, "errors": [HASH_COMPLAINT]},
        {"success": False, "errors": [HASH_COMPLAINT, {"deeper": HASH_COMPLAINT}]},
        {"success": False, "messages": ["no", HASH_COMPLAINT]},
        {"Message": f"Invalid: {HASH_COMPLAINT}"},
        {"success": HASH_COMPLAINT},
        {"success": True, "projects": HASH_COMPLAINT},
        HASH_COMPLAINT.encode(),
        f'{{"Message": "{HASH_COMPLAINT}'.encode(),
        f'{{"Message": "{HASH_COMPLAINT} \xff"}}'.encode("latin-1"),
    ],
    ids=lambda body: type(body).__name__,
)
@pytest.mark.parametrize("status", [200, 400, 401])
def test_no_error_holds_what_the_platform_said(
    body: object, status: int, everything_in: Callable[[BaseException], str]
) -> None:
    with pytest.raises(UpstreamError) as caught:
        read_reply(reply(body, status=status), wire.ProjectsReply)
    assert HASH not in everything_in(caught.value)
    assert caught.value.__context__ is None


def test_a_part_of_a_reply_with_bytes_that_are_no_text_is_broken() -> None:
    [part] = decode(b'["\xff"]', list[msgspec.Raw])
    with pytest.raises(UpstreamBroken):
        decode(part, str)


@given(st.binary() | JSON.map(json.dumps).map(str.encode), st.integers(100, 599))
def test_any_bytes_with_any_status_give_an_answer_or_an_upstream_error(body: bytes, status: int) -> None:
    for shape in (wire.ProjectsReply, wire.CollaboratorsReply, wire.UserReply, wire.Acknowledgement):
        with suppress(UpstreamError):
            answer = read_reply(reply(body, status=status), shape)
            assert isinstance(answer, shape)
            assert status < 400


@given(st.dictionaries(KEYS, JSON | st.booleans() | st.lists(JSON, max_size=2)), st.integers(100, 599))
def test_any_object_gives_an_answer_or_an_upstream_error(body: dict[str, object], status: int) -> None:
    with suppress(UpstreamError):
        read_reply(reply(body, status=status), wire.CollaboratorsReply)
        assert body.get("success") is not False
