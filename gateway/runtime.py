"""What requests need and only a running gateway has: connections, the ledger, the issuer's keys."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from gateway.access.batches.batches import Batches
from gateway.access.batches.recovery import Recovery
from gateway.access.changing.audit import AuditLog, AuditTrail
from gateway.access.changing.changes import Changes
from gateway.access.changing.ending import AccessEnds, EndingAccess, EndsOfRequest
from gateway.access.changing.membership import Membership
from gateway.access.people.everybody import People
from gateway.access.people.links import Links
from gateway.access.plans.token import KEY_BYTES, PlanTokens
from gateway.access.reading.directory import open_directory
from gateway.access.reading.flights import Flights
from gateway.access.reading.generations import Generations
from gateway.access.reading.snapshots import CachePolicy, SnapshotStore
from gateway.accounts import CredentialRefused, UpstreamAccounts, open_accounts
from gateway.domain.caller import OPERATOR, Caller
from gateway.domain.platform import Platforms
from gateway.graph.context import RequestContext
from gateway.http.caching import longest_age_seconds
from gateway.http.client_request import ClientRequest
from gateway.http.request import RequestRefused
from gateway.platforms.registry import REGISTRY
from gateway.settings.model import GatewaySettings
from gateway.store.audit import open_audit_trail
from gateway.store.origins import open_origins
from gateway.store.sqlite import SqliteLedger, open_ledger
from gateway.telemetry.instruments import Instruments
from gateway.telemetry.metrics import Cache
from gateway.telemetry.tracing import tracing_from_environment
from gateway.upstream.settings import UpstreamSettings
from gateway.upstream.transport import HttpRequest, Transport, TransportLimits
from gateway.upstream.transports import make_transport

# Of the time to shut down in; the requests have had the rest.
CHANGES_SHARE_OF_GRACE: Final = 0.25
_KEY_SET_LIMITS: Final = TransportLimits(
    connect_timeout_seconds=3.0, total_timeout_seconds=8.0, max_reply_bytes=1024 * 1024
)


def current_moment() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class _Writing(msgspec.Struct, frozen=True, kw_only=True):
    """What makes changes, one or many, and what is to end."""

    changes: Changes
    batches: Batches
    ends: AccessEnds


class _Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What requests use of what is open."""

    accounts: UpstreamAccounts
    people: People
    writing: _Writing
    trail: AuditTrail


class Runtime:
    """One gateway's, as long as it runs.

    Args:
        settings: all of them.
        make_transport: makes each platform's connections.
        now: the current moment in UTC.
        generations: common to all processes that serve together.
        plan_key: likewise; signs plans. Made up where it is left out.

    Attributes:
        instruments: told of everything.

    Raises:
        LinksFileError: the file that says who is who cannot be used.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        make_transport: Callable[[UpstreamSettings], Transport] = make_transport,
        now: Callable[[], datetime] = current_moment,
        generations: Generations | None = None,
        plan_key: bytes | None = None,
    ) -> None:
        self.instruments = Instruments()
        self._settings = settings
        self._make_transport = make_transport
        self._now = now
        # Shorter than the deadline, so that what did arrive is still answered in time.
        self._read_budget_seconds = min(settings.read_budget_seconds, 0.8 * settings.limits.deadline_seconds)
        self._store = SnapshotStore(
            policies={entry.profile.key: _policy(settings.section(entry.profile.key)) for entry in REGISTRY},
            now=now,
            generations=generations,
            on_lookup=lambda hit: self.instruments.metrics.cache_asked(Cache.SNAPSHOTS, hit=hit),
        )
        self._flights = Flights(self._store)
        self._plan_tokens = PlanTokens(key=plan_key or secrets.token_bytes(KEY_BYTES), now=now)
        links_file = settings.people.links_file
        self._links = Links() if links_file is None else Links.read(links_file)
        self._opened: list[_Opened] = []
        self._key_set_transport: Transport | None = None

    @asynccontextmanager
    async def running(self, *, ends_access: bool = True) -> AsyncIterator[None]:
        """Open everything, and close it when the block is left.

        Args:
            ends_access: whether access is taken away when it ends: a gateway does that, and no command.

        Raises:
            StoreError: the database cannot be used.
        """
        async with AsyncExitStack() as stack:
            tracing = self.instruments.tracing = tracing_from_environment()
            stack.push_async_callback(asyncio.to_thread, tracing.close)
            if self._settings.auth.jwks_url is not None:
                from gateway.upstream.httpx_transport import HttpxTransport  # noqa: PLC0415 - rarely needed

                transport = HttpxTransport(max_connections=2)
                self._key_set_transport = await stack.enter_async_context(transport)
            accounts = await stack.enter_async_context(
                open_accounts(
                    self._settings,
                    now=self._now,
                    instruments=self.instruments,
                    make_transport=self._make_transport,
                )
            )
            database = self._settings.store.database
            ledger = await stack.enter_async_context(open_ledger(database))
            trail = await stack.enter_async_context(open_audit_trail(database, beside=ledger))
            writing = await stack.enter_async_context(
                self._durable_changes(accounts, ledger, ends_access=ends_access)
            )
            origins = await stack.enter_async_context(open_origins(database))
            people = People(links=self._links, origins=origins)
            self._opened.append(_Opened(accounts=accounts, people=people, writing=writing, trail=trail))
            try:
                yield
            finally:
                self._opened.clear()
                self._flights.close()

    def open_context(self, request: ClientRequest, caller: Caller) -> RequestContext:
        """What the resolvers of one request find.

        Raises:
            RequestRefused: the caller's own credentials cannot be used.
        """
        accounts = self._now_open.accounts
        try:
            platforms = (
                accounts.of_request(request.headers, confidential=request.is_confidential)
                if accounts.may_be_callers
                else accounts.configured
            )
        except CredentialRefused as refused:
            raise RequestRefused(400, str(refused)) from None
        return self._context(
            platforms,
            caller=caller,
            request_id=request.request_id,
            longest_age_seconds=longest_age_seconds(request.field(b"cache-control")),
        )

    def open_command_context(self, *, request_id: str) -> RequestContext:
        """What a command finds that is run on the gateway's machine, with the accounts in the settings."""
        platforms = self._now_open.accounts.configured
        return self._context(platforms, caller=OPERATOR, request_id=request_id, longest_age_seconds=0)

    @property
    def _now_open(self) -> _Opened:
        [opened] = self._opened
        return opened

    def _context(
        self,
        platforms: Platforms,
        *,
        caller: Caller,
        request_id: str,
        longest_age_seconds: float | None,
    ) -> RequestContext:
        opened = self._now_open
        return RequestContext(
            directory=open_directory(
                platforms=platforms,
                caller=caller,
                store=self._store,
                flights=self._flights,
                read_budget_seconds=self._read_budget_seconds,
                now=self._now,
                longest_age_seconds=longest_age_seconds,
            ),
            people=opened.people,
            changes=opened.writing.changes,
            batches=opened.writing.batches,
            ends=EndsOfRequest(opened.writing.ends),
            own_accounts=opened.accounts.configured.accounts,
            plan_tokens=self._plan_tokens,
            now=self._now,
            audit=AuditLog(opened.trail, caller=caller),
            request_id=request_id,
            max_nodes=self._settings.limits.nodes,
            max_page_size=self._settings.limits.page_size,
        )

    async def fetch_key_set(self) -> bytes:
        """The issuer's keys, as it publishes them.

        Raises:
            TransportFailure: it cannot be reached.
            ValueError: it answered with something else than its keys.
        """
        url = self._settings.auth.jwks_url
        if self._key_set_transport is None or url is None:
            raise ValueError("no address is configured")
        request = HttpRequest(method="GET", url=url, headers={"Accept": "application/json"})
        reply = await self._key_set_transport.send(request, _KEY_SET_LIMITS)
        if reply.status != 200:
            raise ValueError("the issuer did not answer with its keys")
        return reply.body

    @asynccontextmanager
    async def _durable_changes(
        self, accounts: UpstreamAccounts, ledger: SqliteLedger, *, ends_access: bool
    ) -> AsyncIterator["_Writing"]:
        """What makes changes, one or many; what earlier processes left open is settled meanwhile."""
        settings = self._settings
        changes = Changes(
            membership=Membership(),
            ledger=ledger,
            platforms=accounts.configured,
            now=self._now,
            on_replay=self.instruments.metrics.replayed,
            on_change=self._store.forget_project,
        )
        batches = Batches(
            changes=changes, ledger=ledger.batches, platforms=accounts.configured, now=self._now
        )
        recovery = Recovery(
            changes=changes,
            batches=batches,
            ledger=ledger,
            batch_ledger=ledger.batches,
            keep_keys=timedelta(days=settings.store.keep_keys_days),
            now=self._now,
            drain_seconds=CHANGES_SHARE_OF_GRACE * settings.shutdown_grace_seconds,
        )
        ending = EndingAccess(ends=ledger.ends, changes=changes, platforms=accounts.configured, now=self._now)
        async with recovery.running(), ending.running() if ends_access else nullcontext():
            yield _Writing(changes=changes, batches=batches, ends=ledger.ends)


def _policy(section: UpstreamSettings) -> CachePolicy:
    return CachePolicy(
        fresh_seconds=section.cache_fresh_seconds,
        stale_while_revalidate_seconds=section.cache_stale_while_revalidate_seconds,
        stale_if_error_seconds=section.cache_stale_if_error_seconds,
    )
