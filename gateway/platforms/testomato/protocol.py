"""Read a reply and a token, without I/O."""

import base64
import re
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from gateway.domain.errors import (
    UpstreamBroken,
    UpstreamDenied,
    UpstreamNotFound,
    UpstreamRejected,
    UpstreamUnavailable,
)
from gateway.domain.vocabulary import PlatformKey
from gateway.platforms.testomato.wire import Envelope, Role, User
from gateway.platforms.wire_struct import read_json
from gateway.upstream.transport import HttpReply

T = TypeVar("T")

TESTOMATO = PlatformKey.TESTOMATO

_FAMILIAR = 512
_ROLE: Any = Role | list[object] | None  # PHP writes an empty map as a list

_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)


class TokenNotAccepted(UpstreamDenied):
    """The token is missing, malformed or expired (401); another one may do."""


class _Claims(msgspec.Struct):
    exp: float | None = None


def read_reply(reply: HttpReply, shape: type[T]) -> T:
    """The reply's content as `shape`.

    Raises:
        TokenNotAccepted: 401.
        UpstreamDenied: 403: the plan has no API access, or the account lacks the permission.
        UpstreamNotFound: 404.
        UpstreamRejected: any other refusal, with an error status or with `error: true` in a 200.
        UpstreamUnavailable: a failure of its own that it tells in a 200.
        UpstreamBroken: not JSON or not of this shape.
    """
    refuse_status(reply.status)
    if reply.body.lstrip()[:1] == b"{":
        envelope = decode(reply.body, Envelope)
        if envelope.is_failure:
            refuse_status(envelope.status)
    return decode(reply.body, shape)


def read_user(reply: HttpReply) -> User:
    """One user, whose role can be read.

    Raises:
        UpstreamError: as in `read_reply`.
    """
    user = read_reply(reply, User)
    read_role(bytes(user.role))
    return user


def read_users(reply: HttpReply) -> list[User]:
    """Several users, whose roles can be read.

    Raises:
        UpstreamError: as in `read_reply`.
    """
    users = read_reply(reply, list[User])
    for user in users:
        read_role(bytes(user.role))
    return users


@lru_cache(_FAMILIAR)
def read_role(body: bytes) -> Role:
    """A user's role in a project.

    Raises:
        UpstreamBroken: it is none.
    """
    role: object = decode(body, _ROLE)
    return role if isinstance(role, Role) else Role()


def read_acknowledgement(reply: HttpReply) -> None:
    """Check the answer to a change: nothing of its body is needed, and it may be empty.

    Raises:
        UpstreamError: as in `read_reply`.
    """
    if reply.body.strip():
        read_reply(reply, dict[str, object])
    else:
        refuse_status(reply.status)


def read_switches(reply: HttpReply) -> dict[str, object]:
    """A map of switches; PHP writes an empty one as a list.

    Raises:
        UpstreamError: as in `read_reply`.
    """
    if reply.status < 400 and reply.body.strip() == b"[]":
        return {}
    return read_reply(reply, dict[str, object])


def read_token(reply: HttpReply) -> str:
    """The bare JSON Web Token that signing in answers with, as `text/plain`.

    Raises:
        UpstreamDenied: the address or the password is wrong; the status for that is not documented.
        UpstreamBroken: a body that is no token.
    """
    if reply.status >= 400:
        raise UpstreamDenied(TESTOMATO)
    if reply.body.lstrip()[:1] == b"{" and decode(reply.body, Envelope).is_failure:
        raise UpstreamDenied(TESTOMATO)
    token = reply.body.decode(errors="replace").strip().strip('"')
    if not _JWT.fullmatch(token):
        raise UpstreamBroken(TESTOMATO)
    return token


def expiry_of(token: str) -> datetime | None:
    """When a JSON Web Token ends (RFC 7519, 4.1.4), unverified: it is not ours to verify. None if unsaid."""
    try:
        payload = token.split(".")[1]
        claims = decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), _Claims)
        # Before 1970 is as far past as 1970, and leaves room to subtract from.
        return None if claims.exp is None else datetime.fromtimestamp(max(claims.exp, 0), tz=UTC)
    except (IndexError, UpstreamBroken, ValueError, OverflowError, OSError):
        return None


def refuse_status(status: int) -> None:
    """Raise what an error status means here; a reply's own 5xx and 429 are read before, for all platforms."""
    if status < 400:
        return
    if status >= 500:
        raise UpstreamUnavailable(TESTOMATO, may_have_acted=True)
    refusals = {401: TokenNotAccepted, 403: UpstreamDenied, 404: UpstreamNotFound}
    raise refusals.get(status, UpstreamRejected)(TESTOMATO)


def decode(body: bytes | msgspec.Raw, shape: type[T]) -> T:
    """JSON, or a part of it that was left as it came, as `shape`.

    Raises:
        UpstreamBroken: not JSON, or not of this shape.
    """
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return read_json(body, shape)
    # Not raised while the parser's error is handled: that one can hold the body, and would stay attached.
    raise UpstreamBroken(TESTOMATO)
