"""What every platform's connection can be told; each platform's own settings extend it."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


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


class UpstreamSettings(BaseModel):
    """One platform's connection. Frozen; a misspelled name is an error and no value is ever shown."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: BaseUrl = Field(description="Where the platform's API lives.")
    connect_timeout_seconds: float = Field(default=3.0, gt=0, description="To make a connection.")
    call_timeout_seconds: float = Field(default=8.0, gt=0, description="For one call, connecting included.")
    max_concurrent_calls: int = Field(default=10, ge=1, le=1000, description="Calls under way at once.")
    max_reply_bytes: int = Field(default=32 * 1024 * 1024, ge=1024, description="Of one decompressed reply.")

    @property
    def is_configured(self) -> bool:
        """Whether there is a credential to call with."""
        raise NotImplementedError
