"""What resolvers find in `info.context`."""

from dataclasses import dataclass

import strawberry

from gateway.access.directory import Directory
from gateway.access.idempotency import IdempotencyLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """One request's.

    Attributes:
        directory: what this request reads.
        changes: makes changes, each idempotency key once; lives as long as the gateway.
    """

    directory: Directory
    changes: IdempotencyLedger


Info = strawberry.Info[RequestContext, None]
