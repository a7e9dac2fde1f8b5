"""The application: everything that lives as long as the gateway, made and closed in one place."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.routing import Route

from gateway.access.changes import Changes
from gateway.access.directory import Directory
from gateway.access.membership import Membership
from gateway.access.recovery import Recovery
from gateway.domain.caller import ANYBODY
from gateway.domain.platform import Platform, Platforms
from gateway.domain.vocabulary import PlatformKey
from gateway.graph.context import RequestContext
from gateway.graph.execution import Executor
from gateway.graph.operation import OperationPreparation
from gateway.graph.schema import create_schema
from gateway.http.access_log import AccessLog
from gateway.http.endpoint import GraphQLEndpoint
from gateway.http.explorer.page import explorer_routes
from gateway.http.health import HEALTH_ROUTES
from gateway.http.rate_limit import RateLimit
from gateway.platforms.registry import REGISTRY
from gateway.settings import GatewaySettings
from gateway.store.sqlite import open_ledger
from gateway.upstream.httpx_transport import HttpxTransport
from gateway.upstream.settings import UpstreamSettings
from gateway.upstream.transport import Transport

GRAPHQL_PATH = "/graphql"


def current_moment() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def httpx_transport(settings: UpstreamSettings) -> Transport:
    """One platform's connections."""
    return HttpxTransport(max_connections=settings.max_concurrent_calls, ca_file=settings.ca_file)


def credential_fingerprint(settings: GatewaySettings) -> str:
    """Tells the upstream accounts in use apart from others, and gives no secret away.

    Made of the names of the accounts, and of a token only where nothing else names its account. Never of a
    password: it could be guessed from a digest.
    """
    digest = hashlib.sha256()
    for entry in REGISTRY:
        section = settings.section(entry.profile.key)
        values = [(field, getattr(section, name)) for name, field in type(section).model_fields.items()]
        names = [value for field, value in values if not field.repr and isinstance(value, str)]
        tokens = [value.get_secret_value() for _, value in values if isinstance(value, SecretStr)]
        digest.update(repr((entry.profile.key.value, names or tokens)).encode())
    return digest.hexdigest()


@asynccontextmanager
async def connected_platforms(
    settings: GatewaySettings,
    *,
    make_transport: Callable[[UpstreamSettings], Transport] = httpx_transport,
    now: Callable[[], datetime] = current_moment,
) -> AsyncIterator[Platforms]:
    """Every platform that has a credential, its connections open until the block is left."""
    async with AsyncExitStack() as stack:
        connected: dict[PlatformKey, Platform] = {}
        for entry in REGISTRY:
            section = settings.section(entry.profile.key)
            if section.is_configured:
                transport = await stack.enter_async_context(make_transport(section))
                connected[entry.profile.key] = entry.connect(section, transport=transport, now=now)
        yield Platforms(
            profiles={entry.profile.key: entry.profile for entry in REGISTRY}, connected=connected
        )


@asynccontextmanager
async def durable_changes(
    settings: GatewaySettings, *, platforms: Platforms, now: Callable[[], datetime]
) -> AsyncIterator[Changes]:
    """What makes changes, until the block is left; what earlier processes left open is settled meanwhile.

    Raises:
        StoreError: the database cannot be used.
    """
    async with open_ledger(settings.store.database) as ledger:
        changes = Changes(
            membership=Membership(platforms=platforms),
            ledger=ledger,
            credential=credential_fingerprint(settings),
            now=now,
        )
        keep_keys = timedelta(days=settings.store.keep_keys_days)
        recovery = Recovery(changes=changes, ledger=ledger, keep_keys=keep_keys, now=now)
        async with recovery.running():
            yield changes


def create_app(
    settings: GatewaySettings,
    *,
    make_transport: Callable[[UpstreamSettings], Transport] = httpx_transport,
    now: Callable[[], datetime] = current_moment,
) -> Starlette:
    """The gateway as an ASGI application.

    Args:
        settings: all of them.
        make_transport: makes each platform's connections.
        now: the current moment in UTC.
    """
    opened: list[tuple[Platforms, Changes]] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with (
            connected_platforms(settings, make_transport=make_transport, now=now) as platforms,
            durable_changes(settings, platforms=platforms, now=now) as changes,
        ):
            opened.append((platforms, changes))
            yield
            opened.clear()

    # Shorter than the deadline, so that what did arrive is still answered in time.
    read_budget_seconds = min(settings.read_budget_seconds, 0.8 * settings.limits.deadline_seconds)

    def open_context(request_id: str) -> RequestContext:
        [(platforms, changes)] = opened
        directory = Directory(platforms=platforms, read_budget_seconds=read_budget_seconds, now=now)
        return RequestContext(
            directory=directory, changes=changes, request_id=request_id, caller_id=ANYBODY.id
        )

    return Starlette(
        routes=[
            Route(GRAPHQL_PATH, _endpoint(settings, open_context=open_context, now=now)),
            *(explorer_routes() if settings.explorer else []),
            *HEALTH_ROUTES,
        ],
        middleware=[
            Middleware(AccessLog),
            Middleware(RequestBodyLimitMiddleware, max_body_size=settings.limits.body_bytes),
        ],
        lifespan=lifespan,
    )


def _endpoint(
    settings: GatewaySettings, *, open_context: Callable[[str], RequestContext], now: Callable[[], datetime]
) -> GraphQLEndpoint:
    schema = create_schema().core
    points = settings.limits.points_per_minute
    return GraphQLEndpoint(
        preparation=OperationPreparation(schema, limits=settings.limits.document),
        executor=Executor(schema),
        open_context=open_context,
        rate_limit=None if points is None else RateLimit(points_per_minute=points),
        deadline_seconds=settings.limits.deadline_seconds,
        explorer=settings.explorer,
        now=now,
    )
