"""The application: everything that lives as long as the gateway, made and closed in one place."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from gateway.access.directory import Directory
from gateway.access.idempotency import IdempotencyLedger
from gateway.access.membership import Membership
from gateway.domain.platform import Platform, Platforms
from gateway.domain.vocabulary import PlatformKey
from gateway.graph.context import RequestContext
from gateway.graph.execution import Executor
from gateway.graph.limits import DocumentLimits
from gateway.graph.operation import OperationPreparation
from gateway.graph.schema import create_schema
from gateway.http.access_log import AccessLog
from gateway.http.endpoint import GraphQLEndpoint
from gateway.http.explorer.page import explorer_routes
from gateway.http.health import HEALTH_ROUTES
from gateway.platforms.registry import REGISTRY
from gateway.settings import GatewaySettings
from gateway.upstream.httpx_transport import HttpxTransport
from gateway.upstream.settings import UpstreamSettings
from gateway.upstream.transport import Transport

GRAPHQL_PATH = "/graphql"


def current_moment() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def httpx_transport(settings: UpstreamSettings) -> Transport:
    """One platform's connections."""
    return HttpxTransport(max_connections=settings.max_concurrent_calls)


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
    opened: list[tuple[Platforms, IdempotencyLedger]] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with connected_platforms(settings, make_transport=make_transport, now=now) as platforms:
            changes = IdempotencyLedger(carry_out=Membership(platforms=platforms).carry_out)
            opened.append((platforms, changes))
            yield
            opened.clear()
            await changes.drain()

    def open_context() -> RequestContext:
        [(platforms, changes)] = opened
        directory = Directory(platforms=platforms, read_budget_seconds=settings.read_budget_seconds, now=now)
        return RequestContext(directory=directory, changes=changes)

    schema = create_schema().core
    endpoint = GraphQLEndpoint(
        preparation=OperationPreparation(schema, limits=DocumentLimits()),
        executor=Executor(schema),
        open_context=open_context,
        explorer=settings.explorer,
        now=now,
    )
    return Starlette(
        routes=[
            Route(GRAPHQL_PATH, endpoint),
            *(explorer_routes() if settings.explorer else []),
            *HEALTH_ROUTES,
        ],
        middleware=[Middleware(AccessLog)],
        lifespan=lifespan,
    )
