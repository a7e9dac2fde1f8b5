"""What resolvers find in `info.context`."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
import strawberry

from gateway.access.batches.batches import Batches
from gateway.access.changing.audit import AuditLog
from gateway.access.changing.changes import Changes
from gateway.access.changing.ending import EndsOfRequest
from gateway.access.people.everybody import Everybody, People
from gateway.access.plans.token import PlanTokens
from gateway.access.reading.directory import Directory
from gateway.access.reading.soon import Soon, arrival
from gateway.domain.caller import Caller
from gateway.domain.vocabulary import PlatformKey
from gateway.graph.paging import MAX_PAGE_SIZE

MAX_NODES = 100


class RequestContext(msgspec.Struct, frozen=True, kw_only=True):
    """One request's.

    Attributes:
        directory: what this request reads, and whose it is.
        people: tells who is who; lives as long as the gateway.
        batches: makes many of them at once; lives as long as the gateway.
        ends: of access.
        own_accounts: the fingerprints of the accounts in the settings.
        plan_tokens: signs plans; lives as long as the gateway.
        now: the current moment in UTC.
        changes: makes changes, each idempotency key once; lives as long as the gateway.
        audit: what is recorded of changes.
        request_id: as in the log and in the answer's header.
        max_nodes: how many things can be asked for by their ids at once.
        max_page_size: how many items a page can have.
    """

    directory: Directory
    people: People
    changes: Changes
    batches: Batches
    ends: EndsOfRequest
    own_accounts: Mapping[PlatformKey, str]
    plan_tokens: PlanTokens
    now: Callable[[], datetime]
    audit: AuditLog
    request_id: str
    max_nodes: int = MAX_NODES
    max_page_size: int = MAX_PAGE_SIZE

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return self.directory.caller

    def everybody(self) -> Soon[Everybody]:
        """Everybody in all projects, as far as the caller may see them.

        Raises:
            Forbidden: the caller may not see members.
        """
        return self.people.everybody(self.directory)

    async def everybody_for_changes(
        self, *, only_new: bool = False, longest_age_seconds: float | None = None
    ) -> Everybody:
        """Everybody, also those whose addresses the caller may not see: it decides whom a change is about.

        Args:
            only_new: as the platforms tell it now.
            longest_age_seconds: how old what is kept may be; None: as for the request.
        """
        directory = self.directory.seeing_all(only_new=only_new, longest_age_seconds=longest_age_seconds)
        try:
            return await arrival(self.people.everybody(directory))
        finally:
            directory.close()

    @property
    def fresh_seconds(self) -> float:
        """How long the same would be read again; 0 where that is not known."""
        changes_by_itself = self.audit.was_read or self.ends.was_read
        return 0.0 if changes_by_itself else self.directory.fresh_seconds


Info = strawberry.Info[RequestContext, None]
