"""The token that signing in answers with, and what it says of itself."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import UpstreamBroken, UpstreamDenied
from gateway.platforms.testomato.protocol import expiry_of, read_token
from gateway.upstream.transport import HttpReply

FAILURE = {"message": "Wrong password", "code": 400, "ok": False, "error": True}


def reply(body: object, *, status: int = 200) -> HttpReply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpReply(status=status, headers={}, body=content)


def token(payload: bytes) -> str:
    return f"e30.{urlsafe_b64encode(payload).decode().rstrip('=')}.sig"


@pytest.mark.parametrize("body", [b"aa.bb-_.cc", b'"aa.bb-_.cc"', b"aa.bb-_.cc\n", b' "aa.bb-_.cc"\r\n'])
def test_a_token_is_bare_or_quoted(body: bytes) -> None:
    assert read_token(reply(body)) == "aa.bb-_.cc"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
@pytest.mark.parametrize("body", [b"", b"aa.bb.cc", FAILURE], ids=repr)
def test_a_sign_in_with_any_error_status_is_denied(status: int, body: object) -> None:
    with pytest.raises(UpstreamDenied) as caught:
        read_token(reply(body, status=status))
    assert type(caught.value) is UpstreamDenied


def test_a_sign_in_that_fails_in_a_200_reply_is_denied() -> None:
    with pytest.raises(UpstreamDenied):
        read_token(reply(FAILURE))


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'""', b"aa.bb", b"aa.bb.cc dd", b"\xff.\xff.\xff", b'{"token": "aa.bb.cc"}', b"{"],
)
def test_what_is_no_token_is_broken(body: bytes) -> None:
    with pytest.raises(UpstreamBroken):
        read_token(reply(body))


@pytest.mark.parametrize("payload", [b'{"exp": 1825840726}', b'{"exp": "1825840726", "nbf": "x"}'])
def test_a_token_says_when_it_ends(payload: bytes) -> None:
    assert expiry_of(token(payload)) == datetime.fromtimestamp(1_825_840_726, tz=UTC)


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b"",
        b"[]",
        b'{"exp": null}',
        b'{"exp": "soon"}',
        b'{"exp": "nan"}',
        b'{"exp": 1e300}',
        b'{"exp": {}}',
        b"\xff",
        b'{"deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda payload: payload[:20],
)
def test_a_token_that_does_not_say_when_it_ends_has_no_end(payload: bytes) -> None:
    assert expiry_of(token(payload)) is None


@given(st.text() | st.binary().map(token))
def test_any_text_has_an_end_in_utc_or_none(text: str) -> None:
    end = expiry_of(text)
    assert end is None or end.tzinfo is UTC
