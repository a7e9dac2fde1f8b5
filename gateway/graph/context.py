"""What resolvers find in `info.context`."""

from dataclasses import dataclass

import strawberry

from gateway.access.changes import Changes
from gateway.access.directory import Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """One request's.

    Attributes:
        directory: what this request reads.
        changes: makes changes, each idempotency key once; lives as long as the gateway.
        request_id: as in the log and in the answer's header.
        caller_id: who asks: stable, and no secret.
    """

    directory: Directory
    changes: Changes
    request_id: str
    caller_id: str


Info = strawberry.Info[RequestContext, None]
