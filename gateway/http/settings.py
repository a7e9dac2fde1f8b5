"""What the incoming border is told."""

from pydantic import BaseModel, ConfigDict, Field

from gateway.graph.limits import DocumentLimits


class LimitsSettings(BaseModel):
    """`GATEWAY_LIMITS__…`: the most that one request may ask for."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    body_bytes: int = Field(default=1024 * 1024, ge=1, description="Of a request's body.")
    document_bytes: int = Field(default=32 * 1024, ge=1, description="Of a document.")
    tokens: int = Field(default=1_000, ge=1, description="Of a document.")
    depth: int = Field(default=10, ge=1, description="Of fields within fields.")
    aliases: int = Field(default=15, ge=0, description="In a document.")
    directives: int = Field(default=50, ge=0, description="Uses of directives in a document.")
    root_fields: int = Field(default=20, ge=1, description="Of an operation.")
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
