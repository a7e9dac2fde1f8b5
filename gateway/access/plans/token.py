"""A plan as its caller carries it: everything that carrying it out needs, signed and with an end.

Nothing of a plan is kept in the gateway. A token is the plan's text, compressed, and its HMAC-SHA256
(RFC 2104) with a key that all processes which serve together have, and that a restart changes.
"""

import base64
import binascii
import hashlib
import hmac
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gateway.access.batches.batch import Part
from gateway.access.batches.text import parts_in, parts_text

VALID_FOR: Final = timedelta(minutes=15)
KEY_BYTES: Final = 32
_MOST_BYTES: Final = 4 * 1024 * 1024
_NAME_CHARACTERS: Final = 16


class TokenRefused(Exception):
    """The token is none of this gateway's, for this caller, or too old."""


class AgreedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller was shown.

    Attributes:
        standings: how each person stood in the project; see `gateway.access.plans.planning.Step`.
        project_ids: of the targets as they were named; None where they were not.
    """

    parts: tuple[Part, ...]
    standings: tuple[str, ...]
    atomic: bool
    project_ids: tuple[str, ...] | None


class _Text(msgspec.Struct, frozen=True):
    """What a token holds."""

    expires_at: datetime
    caller_id: str
    credential: str
    parts: str
    standings: tuple[str, ...]
    atomic: bool
    project_ids: tuple[str, ...] | None


class PlanTokens:
    """Signs plans and reads them again.

    Args:
        key: `KEY_BYTES` that nobody else has.
        now: the current moment in UTC.
    """

    def __init__(self, *, key: bytes, now: Callable[[], datetime]) -> None:
        self._key = key
        self._now = now

    def sign(self, plan: AgreedPlan, *, caller_id: str, credential: str) -> tuple[str, datetime]:
        """The token, and when it ends (UTC)."""
        expires_at = self._now() + VALID_FOR
        text = _Text(
            expires_at=expires_at,
            caller_id=caller_id,
            credential=credential,
            parts=parts_text(plan.parts),
            standings=plan.standings,
            atomic=plan.atomic,
            project_ids=plan.project_ids,
        )
        packed = zlib.compress(msgspec.json.encode(text))
        return f"{_text_of(packed)}.{_text_of(self._signature(packed))}", expires_at

    def read(self, token: str, *, caller_id: str, credential: str) -> AgreedPlan:
        """The plan in a token.

        Raises:
            TokenRefused: it cannot be carried out by this caller now.
        """
        packed, _, signature = token.strip().partition(".")
        content = _bytes_of(packed)
        if not hmac.compare_digest(self._signature(content), _bytes_of(signature)):
            raise TokenRefused
        text = _unpacked(content)
        if (text.caller_id, text.credential) != (caller_id, credential) or text.expires_at <= self._now():
            raise TokenRefused
        return AgreedPlan(
            parts=parts_in(text.parts),
            standings=text.standings,
            atomic=text.atomic,
            project_ids=text.project_ids,
        )

    def _signature(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, hashlib.sha256)


def plan_name(token: str) -> str:
    """What names the plan of a good token in the audit trail; tells nothing of it.

    Of the content and not of its spelling: a token can be written in several ways.
    """
    content = _bytes_of(token.strip().partition(".")[0])
    return hashlib.sha256(content).hexdigest()[:_NAME_CHARACTERS]


def changed_places(plan: AgreedPlan, standings: Sequence[str]) -> list[int]:
    """Which of the parts no longer find things as they were when the plan was made."""
    return [place for place, then in enumerate(plan.standings) if then != standings[place]]


def _unpacked(content: bytes) -> _Text:
    """What was packed: our own, since the signature is right."""
    return msgspec.json.decode(zlib.decompressobj().decompress(content, _MOST_BYTES), type=_Text)


def _text_of(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise TokenRefused from None
