"""What every platform's connection can be told; each platform's own settings extend it."""

import re
from enum import StrEnum
from importlib.util import find_spec
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FilePath, model_validator

from gateway.upstream.breaker import BreakerPolicy
from gateway.upstream.retry import RetryPolicy
from gateway.upstream.transport import LONGEST_IDLE_SECONDS, TransportLimits


def _checked_base_url(value: str) -> str:
    """Keep a user name, a query or a fragment out of the address: secrets hide there and get logged."""
    try:
        parts = urlsplit(value.strip())
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        raise ValueError("must be an address like https://host/path, without user, query or fragment")
    return value.strip()


BaseUrl = Annotated[str, AfterValidator(_checked_base_url)]


# Visible ASCII, as RFC 9110, 5.5 lets a header's value be made of, and no longer than any token is.
_CREDENTIAL = re.compile(r"[!-~]{1,2048}", re.ASCII)


class CredentialSource(StrEnum):
    """Whose account the gateway uses on a platform: its own, or that of whoever calls it."""

    CONFIGURED = "configured"
    CALLER = "caller"


class TransportKind(StrEnum):
    """Which library carries the calls."""

    AUTO = "auto"
    CURL = "curl"
    HTTPX = "httpx"


def _checked_transport(value: TransportKind) -> TransportKind:
    if value is TransportKind.CURL and find_spec("pycurl") is None:
        raise ValueError("curl needs the package pycurl, which is not installed")
    return value


class UpstreamSettings(BaseModel):
    """One platform's connection. Frozen; a misspelled name is an error and no value is ever shown."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    caller_headers: ClassVar[tuple[str, ...]]
    """In which headers callers send credentials of their own; `of_caller` takes the values in this order."""

    base_url: BaseUrl = Field(description="Where the platform's API lives.")
    credentials: CredentialSource = Field(
        default=CredentialSource.CONFIGURED,
        description="`configured`: the account named here · `caller`: each caller's own, from headers.",
    )
    connect_timeout_seconds: float = Field(default=3.0, gt=0, description="To make a connection.")
    call_timeout_seconds: float = Field(default=8.0, gt=0, description="For one call, connecting included.")
    max_concurrent_calls: int = Field(default=10, ge=1, le=1000, description="Calls under way at once.")
    idle_connection_seconds: int = Field(
        default=LONGEST_IDLE_SECONDS,
        ge=1,
        description="A connection that was idle for longer is not used again.",
    )
    read_timeout_seconds: float | None = Field(
        default=None, gt=0, description="Between two pieces of a reply; as for the call when left out."
    )
    write_timeout_seconds: float | None = Field(
        default=None, gt=0, description="Between two pieces of a request; as for the call when left out."
    )
    pool_timeout_seconds: float = Field(default=10.0, gt=0, description="To wait for a call's turn.")
    max_reply_bytes: int = Field(default=32 * 1024 * 1024, ge=1024, description="Of one decompressed reply.")
    max_calls_per_second: float | None = Field(
        default=None, gt=0, description="Calls begun in a second; as many as there are when left out."
    )
    retry_attempts: int = Field(default=3, ge=1, le=10, description="At one call that may be repeated.")
    retry_wait_seconds: float = Field(default=0.2, gt=0, description="At most, before the second attempt.")
    retry_longest_wait_seconds: float = Field(default=2.0, gt=0, description="At most, before any attempt.")
    retry_budget_ratio: float = Field(default=0.2, ge=0, le=1, description="Retries to calls, on average.")
    retry_budget_reserve: int = Field(default=10, ge=0, description="Retries at once.")
    breaker_window_seconds: float = Field(default=30.0, gt=0, description="How far back failures count.")
    breaker_least_calls: int = Field(default=10, ge=1, description="Fewer calls prove nothing.")
    breaker_failure_ratio: float = Field(
        default=0.5, gt=0, le=1, description="Failed calls to calls, at which no more are made."
    )
    breaker_open_seconds: float = Field(default=10.0, gt=0, description="Until one call may find out.")
    breaker_longest_open_seconds: float = Field(default=60.0, gt=0, description="The same, at most.")
    cache_fresh_seconds: float = Field(
        default=5.0, ge=0, description="How long what the platform said is given to others too."
    )
    cache_stale_while_revalidate_seconds: float = Field(
        default=30.0, ge=0, description="After that, given while it is read anew."
    )
    cache_stale_if_error_seconds: float = Field(
        default=600.0, ge=0, description="After it was fresh, given where reading it anew fails."
    )
    transport: Annotated[TransportKind, AfterValidator(_checked_transport)] = Field(
        default=TransportKind.AUTO, description="`curl`, `httpx`, or `auto`: curl where it is installed."
    )
    ca_file: FilePath | None = Field(
        default=None, description="Certificate authorities to trust beside the system's, in PEM."
    )

    @property
    def transport_limits(self) -> TransportLimits:
        """What one request may take."""
        return TransportLimits(
            connect_timeout_seconds=self.connect_timeout_seconds,
            total_timeout_seconds=self.call_timeout_seconds,
            read_timeout_seconds=self.read_timeout_seconds,
            write_timeout_seconds=self.write_timeout_seconds,
            max_reply_bytes=self.max_reply_bytes,
        )

    @property
    def retry_policy(self) -> RetryPolicy:
        """How often and how soon a call is made again."""
        return RetryPolicy(
            attempts=self.retry_attempts,
            wait_seconds=self.retry_wait_seconds,
            longest_wait_seconds=self.retry_longest_wait_seconds,
            budget_ratio=self.retry_budget_ratio,
            budget_reserve=self.retry_budget_reserve,
        )

    @property
    def breaker_policy(self) -> BreakerPolicy:
        """When the platform is not called for a while."""
        return BreakerPolicy(
            window_seconds=self.breaker_window_seconds,
            least_calls=self.breaker_least_calls,
            failure_ratio=self.breaker_failure_ratio,
            open_seconds=self.breaker_open_seconds,
            longest_open_seconds=self.breaker_longest_open_seconds,
        )

    @property
    def is_configured(self) -> bool:
        """Whether there is a credential to call with."""
        raise NotImplementedError

    def of_caller(self, values: tuple[str, ...]) -> Self:
        """These settings with the credential that a caller sent in `caller_headers`.

        Raises:
            ValueError: a value cannot be one; the message names its header.
        """
        for header, value in zip(self.caller_headers, values, strict=True):
            if not _CREDENTIAL.fullmatch(value):
                raise ValueError(f"{header}: this is no credential")
        return self._with_credential(values)

    def _with_credential(self, values: tuple[str, ...]) -> Self:
        raise NotImplementedError

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if self.credentials is CredentialSource.CALLER and self.is_configured:
            raise ValueError("with credentials=caller no account is used but the caller's: name none here")
        return self
