"""Where an answer came from: partial data is never silent."""

from datetime import datetime

import strawberry

from gateway.domain.vocabulary import PlatformKey, SourceState


@strawberry.type(description="Why a source failed.")
class SourceError:
    """Reads `gateway.domain.source.SourceError`."""

    code: str = strawberry.field(description="As in the `extensions.code` of errors.")
    message: str
    retryable: bool = strawberry.field(description="Whether the same request may well succeed later.")
    retry_at: datetime | None = strawberry.field(description="The earliest useful moment to ask again.")
    failing_since: datetime | None = strawberry.field(
        description="The first failure after the platform's last good answer."
    )


@strawberry.type(description="What one platform contributed to an answer, and how old that is.")
class SourceStatus:
    """Reads `gateway.domain.source.SourceStatus`."""

    platform: PlatformKey
    state: SourceState
    as_of: datetime | None = strawberry.field(
        description="When the platform said what is shown; where it failed, when it last said anything."
    )
    error: SourceError | None = strawberry.field(description="Only where the state is FAILED or STALE.")


@strawberry.type(description="Where a page lies: https://relay.dev/graphql/connections.htm.")
class PageInfo:
    """Reads `gateway.graph.paging.PageInfo`."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None
