"""What the gateway is told about Testomato."""

from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from gateway.upstream.settings import BaseUrl, UpstreamSettings


class ProjectDiscovery(StrEnum):
    """How the gateway learns which projects there are; the API has no documented list call."""

    CONFIGURED = "configured"
    LEGACY = "legacy"


class RoleEncoding(StrEnum):
    """The JSON type of `role` when a user is added: declared text, shown as a number in every example."""

    INTEGER = "integer"
    STRING = "string"


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


class TestomatoSettings(UpstreamSettings):
    """`GATEWAY_TESTOMATO__…`: configured when there is a token, or an e-mail address and a password."""

    caller_headers: ClassVar[tuple[str, ...]] = ("X-Testomato-Token",)

    base_url: BaseUrl = Field(
        default="https://testomato.com/api", description="Where the platform's API lives."
    )
    token: SecretStr | None = Field(default=None, min_length=1, description="A ready API token.")
    email: str | None = Field(
        default=None, min_length=3, repr=False, description="The account that signs in."
    )
    password: SecretStr | None = Field(default=None, min_length=1, description="Its password.")
    token_lifetime: str = Field(
        default="+1 hour", description="Asked for when signing in, in PHP's relative date format."
    )
    project_discovery: ProjectDiscovery = Field(
        default=ProjectDiscovery.CONFIGURED,
        description="`configured`: project_ids · `legacy`: the retired call GET /user/:id/projects.",
    )
    project_ids: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(), description="The projects to show, separated by commas."
    )
    role_encoding: RoleEncoding = Field(
        default=RoleEncoding.INTEGER, description="JSON type of `role` when a user is added."
    )

    @property
    def is_configured(self) -> bool:
        """Whether there is a credential to call with."""
        return self.token is not None or self.email is not None

    def _with_credential(self, values: tuple[str, ...]) -> Self:
        [token] = values
        return self.model_copy(update={"token": SecretStr(token)})

    @model_validator(mode="after")
    def _whole_credential(self) -> Self:
        if (self.email is None) != (self.password is None):
            missing = "password" if self.password is None else "email"
            raise ValueError(f"email and password belong together: {missing} is missing")
        if self.token is not None and self.email is not None:
            raise ValueError("give either token, or email and password, not both")
        return self
