"""Every GATEWAY_* setting: frozen, with its meaning. A platform of the registry adds a section of its own."""

import ipaddress
from enum import StrEnum
from typing import Annotated, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FilePath, create_model
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.domain.vocabulary import PlatformKey
from gateway.http.settings import (
    AuthMode,
    AuthSettings,
    CorsSettings,
    DocumentsSettings,
    LimitsSettings,
)
from gateway.platforms.registry import REGISTRY
from gateway.upstream.settings import UpstreamSettings

PREFIX = "GATEWAY_"
SQLITE = "sqlite:///"


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Profile(StrEnum):
    """How much the gateway tells of itself."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class LogFormat(StrEnum):
    """For people or for machines."""

    CONSOLE = "console"
    JSON = "json"


def _checked_store_url(value: str) -> str:
    if not value.removeprefix(SQLITE) or not value.startswith(SQLITE):
        raise ValueError(f"must be {SQLITE} and a path, or {SQLITE}:memory:")
    return value


class StoreSettings(BaseModel):
    """`GATEWAY_STORE__…`: where idempotency keys and the audit trail are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(_checked_store_url)] = Field(
        default=f"{SQLITE}accessgraph.sqlite3",
        description="`sqlite:///` and a path, or `sqlite:///:memory:`, which a restart forgets.",
    )
    keep_keys_days: int = Field(default=30, ge=1, le=3650, description="How long a key is remembered.")

    @property
    def database(self) -> str:
        """The path, or `:memory:`."""
        return self.url.removeprefix(SQLITE)

    @property
    def is_in_memory(self) -> bool:
        """Whether it is one process's alone."""
        return self.database == ":memory:"


class PeopleSettings(BaseModel):
    """`GATEWAY_PEOPLE__…`: who is who."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    links_file: FilePath | None = Field(
        default=None, description="A TOML file that says which accounts are one person's."
    )


class GatewaySettings(BaseSettings):
    """The gateway's own settings; each platform of the registry adds a section with its own."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    profile: Profile = Field(default=Profile.DEVELOPMENT, description="`development` or `production`.")
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses, or `*`.",
    )
    shutdown_grace_seconds: float = Field(
        default=30.0, gt=0, description="For what is under way when the gateway is told to stop."
    )
    log_level: LogLevel = Field(default=LogLevel.INFO, description="How much is logged.")
    log_format: LogFormat = Field(default=LogFormat.CONSOLE, description="`console` or `json`.")
    explorer: bool = Field(default=True, description="Serve GraphiQL to browsers at /graphql.")
    dashboard: bool = Field(default=True, description="Serve the dashboard to browsers at /dashboard.")
    metrics: bool = Field(default=True, description="Serve figures to Prometheus at /metrics.")
    read_budget_seconds: float = Field(
        default=12.0, gt=0, description="For everything that one request reads from one platform."
    )
    limits: LimitsSettings = Field(default_factory=LimitsSettings, description="Of one request.")
    auth: AuthSettings = Field(default_factory=AuthSettings, description="Who may call.")
    documents: DocumentsSettings = Field(
        default_factory=DocumentsSettings, description="Which documents are run."
    )
    cors: CorsSettings = Field(default_factory=CorsSettings, description="Other web sites' pages.")
    store: StoreSettings = Field(default_factory=StoreSettings, description="The ledger of changes.")
    people: PeopleSettings = Field(default_factory=PeopleSettings, description="Who is who.")

    @property
    def lets_everybody_in(self) -> bool:
        """Whether nobody is asked who they are, and other machines can reach the gateway."""
        return self.auth.mode is AuthMode.NONE and not _is_loopback(self.host)

    def section(self, key: PlatformKey) -> UpstreamSettings:
        """What `key`'s platform is told."""
        return cast("UpstreamSettings", getattr(self, key.value.lower()))


# The sections follow from the registry, so that a new platform needs no line here.
Settings: type[GatewaySettings] = create_model(  # type: ignore[call-overload]
    "Settings",
    __base__=GatewaySettings,
    **{
        entry.profile.key.value.lower(): (
            entry.settings_type,
            Field(default_factory=entry.settings_type, description=entry.profile.name),
        )
        for entry in REGISTRY
    },
)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
