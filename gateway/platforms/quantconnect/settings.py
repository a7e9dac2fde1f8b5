"""What the gateway is told about QuantConnect."""

import re
from typing import Annotated, ClassVar, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from gateway.upstream.settings import BaseUrl, UpstreamSettings

_USER_ID = r"^\d+$"


class QuantConnectSettings(UpstreamSettings):
    """`GATEWAY_QUANTCONNECT__…`: configured when both halves of the credential are there."""

    caller_headers: ClassVar[tuple[str, ...]] = ("X-QuantConnect-User-Id", "X-QuantConnect-Token")

    base_url: BaseUrl = Field(
        default="https://www.quantconnect.com/api/v2", description="Where the platform's API lives."
    )
    user_id: Annotated[str, StringConstraints(pattern=_USER_ID, strip_whitespace=True)] | None = Field(
        default=None, repr=False, description="The numeric account id."
    )
    api_token: SecretStr | None = Field(default=None, min_length=1, description="The account's API token.")
    projects_per_call: int | None = Field(
        default=None, ge=2, description="List projects in windows of this many; all at once when left out."
    )
    # Clients of the same API keep to three to six calls at once for an account.
    max_concurrent_calls: int = Field(default=6, ge=1, le=1000, description="Calls under way at once.")

    @property
    def is_configured(self) -> bool:
        """Whether there is a credential to call with."""
        return self.user_id is not None

    def _with_credential(self, values: tuple[str, ...]) -> Self:
        user_id, api_token = values
        if not re.match(_USER_ID, user_id):
            raise ValueError(f"{self.caller_headers[0]}: this is no numeric account id")
        return self.model_copy(update={"user_id": user_id, "api_token": SecretStr(api_token)})

    @model_validator(mode="after")
    def _whole_credential(self) -> Self:
        if (self.user_id is None) != (self.api_token is None):
            missing = "api_token" if self.api_token is None else "user_id"
            raise ValueError(f"user_id and api_token belong together: {missing} is missing")
        return self
