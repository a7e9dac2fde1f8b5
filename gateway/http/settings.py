"""What the incoming border is told."""

from enum import StrEnum
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, FilePath, model_validator
from pydantic_settings import NoDecode

from gateway.graph.context import MAX_NODES
from gateway.graph.limits import DocumentLimits
from gateway.graph.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from gateway.http.documents import TrustMode

_CONFIG = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


class LimitsSettings(BaseModel):
    """`GATEWAY_LIMITS__…`: the most that one request may ask for."""

    model_config = _CONFIG

    body_bytes: int = Field(default=1024 * 1024, ge=1, description="Of a request's body.")
    document_bytes: int = Field(default=32 * 1024, ge=1, description="Of a document.")
    tokens: int = Field(default=1_000, ge=1, description="Of a document.")
    depth: int = Field(default=10, ge=1, description="Of fields within fields.")
    aliases: int = Field(default=15, ge=0, description="In a document.")
    directives: int = Field(default=50, ge=0, description="Uses of directives in a document.")
    root_fields: int = Field(default=20, ge=1, description="Of an operation.")
    nodes: int = Field(default=MAX_NODES, ge=1, le=1_000, description="Ids that `nodes` takes at once.")
    page_size: int = Field(
        default=MAX_PAGE_SIZE,
        ge=DEFAULT_PAGE_SIZE,
        le=MAX_PAGE_SIZE,
        description="What `first` can ask for at most.",
    )
    cost: int = Field(default=100_000, ge=1, description="Points of an operation, known before it runs.")
    points_per_minute: int | None = Field(
        default=None,
        ge=1,
        description="Cost points that one caller may use in a minute; no limit when left out.",
    )
    deadline_seconds: float = Field(default=30.0, gt=0, description="For a whole operation.")

    @property
    def document(self) -> DocumentLimits:
        """Those that a document alone decides."""
        return DocumentLimits(
            document_bytes=self.document_bytes,
            tokens=self.tokens,
            depth=self.depth,
            aliases=self.aliases,
            directives=self.directives,
            root_fields=self.root_fields,
            cost=self.cost,
        )


class AuthMode(StrEnum):
    """How the gateway learns who calls it."""

    NONE = "none"
    API_KEY = "api_key"
    JWT = "jwt"


class TokenAlgorithm(StrEnum):
    """Signatures that a key can be published for (RFC 7518, 3.1); none with a shared secret."""

    RS256 = "RS256"
    RS384 = "RS384"
    RS512 = "RS512"
    PS256 = "PS256"
    PS384 = "PS384"
    PS512 = "PS512"
    ES256 = "ES256"
    ES384 = "ES384"
    ES512 = "ES512"
    EDDSA = "EdDSA"


def _checked_key_set_url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise ValueError("must be an address like https://host/path, without a user")
    return value.strip()


class AuthSettings(BaseModel):
    """`GATEWAY_AUTH__…`: who may call."""

    model_config = _CONFIG

    mode: AuthMode = Field(default=AuthMode.NONE, description="`none`, `api_key` or `jwt`.")
    allow_anonymous: bool = Field(
        default=False, description="Let everybody in, though other machines can reach the gateway."
    )
    keys_file: FilePath | None = Field(
        default=None, description="The keys' digests; `accessgraph keys new` adds to it."
    )
    jwks_url: Annotated[str, AfterValidator(_checked_key_set_url)] | None = Field(
        default=None, description="Where the issuer publishes its keys (RFC 7517)."
    )
    public_key_file: FilePath | None = Field(default=None, description="The issuer's only key, in PEM.")
    issuer: str | None = Field(default=None, min_length=1, description="What `iss` must be.")
    audience: str | None = Field(default=None, min_length=1, description="What `aud` must hold.")
    algorithms: Annotated[tuple[TokenAlgorithm, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(TokenAlgorithm.RS256, TokenAlgorithm.ES256),
        min_length=1,
        description="The only signatures accepted.",
    )
    leeway_seconds: float = Field(
        default=30.0, ge=0, le=300, description="How far the issuer's clock may be off."
    )

    @model_validator(mode="after")
    def _enough_to_know_callers(self) -> Self:
        if self.mode is AuthMode.API_KEY and self.keys_file is None:
            raise ValueError("mode=api_key needs keys_file")
        if self.mode is AuthMode.JWT:
            if self.issuer is None or self.audience is None:
                raise ValueError("mode=jwt needs issuer and audience")
            if (self.jwks_url is None) == (self.public_key_file is None):
                raise ValueError("mode=jwt needs one of jwks_url and public_key_file")
        return self


class DocumentsSettings(BaseModel):
    """`GATEWAY_DOCUMENTS__…`: which documents are run, and how they can be named."""

    model_config = _CONFIG

    file: FilePath | None = Field(default=None, description="Trusted documents: JSON, hash to text.")
    mode: TrustMode = Field(
        default=TrustMode.ENFORCE, description="Beside the trusted documents: `enforce`: none, `allow`: any."
    )
    automatic: bool = Field(default=True, description="Remember documents by their hashes for clients.")


def _checked_origin(value: str) -> str:
    parts = urlsplit(value)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or value != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ValueError("must be origins like https://host or http://host:port, separated by commas")
    return value


class CorsSettings(BaseModel):
    """`GATEWAY_CORS__…`: which other web sites' pages may call (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

    model_config = _CONFIG

    origins: Annotated[
        tuple[Annotated[str, AfterValidator(_checked_origin)], ...], NoDecode, BeforeValidator(_split)
    ] = Field(default=(), description="Origins, separated by commas.")
