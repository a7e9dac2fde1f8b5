"""Where an answer came from and how old it is: partial data is never silent."""

from datetime import datetime

import msgspec

from gateway.domain.errors import UpstreamError
from gateway.domain.vocabulary import PlatformKey, SourceState


class SourceError(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why a source failed.

    Attributes:
        code: the failure's public name, as in `extensions.code`.
        failing_since: the first failure after the platform's last good answer (UTC).
        retry_at: the earliest useful moment to ask again (UTC), where one is known.
    """

    code: str
    message: str
    retryable: bool
    retry_at: datetime | None
    failing_since: datetime | None

    @classmethod
    def of(cls, error: UpstreamError, *, failing_since: datetime | None, missing: str = "") -> "SourceError":
        """`error` as clients see it; `missing` adds in words which part of the data is absent."""
        return cls(
            code=error.code,
            message=f"{error.message} {missing}".rstrip(),
            retryable=error.retryable,
            retry_at=error.retry_at,
            failing_since=failing_since,
        )


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one platform contributed to an answer.

    Attributes:
        as_of: when the platform said what is shown; where it failed, when it last said anything.
        error: present only where the state is FAILED or STALE.
    """

    platform: PlatformKey
    state: SourceState
    as_of: datetime | None = None
    error: SourceError | None = None
