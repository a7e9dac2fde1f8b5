"""The application: its routes, what every request passes on the way to them, and what it opens and closes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route

from gateway.access.reading.generations import Generations
from gateway.domain.caller import ANYBODY, Scope
from gateway.graph.execution import Executor
from gateway.graph.operation import OperationPreparation
from gateway.graph.schema import create_schema
from gateway.http import paths
from gateway.http.access_export import AccessExport
from gateway.http.application import Application
from gateway.http.authentication.configured import configured_authentication
from gateway.http.callers import Callers
from gateway.http.dashboard.page import dashboard_routes
from gateway.http.documents import Documents
from gateway.http.endpoint import GraphQLEndpoint
from gateway.http.explorer.page import explorer_routes
from gateway.http.health import HEALTH_ROUTES, metrics_route
from gateway.http.persisted_queries import AutomaticPersistedQueries
from gateway.http.pipeline import Pipeline
from gateway.http.rate_limit import RateLimit
from gateway.http.trusted_documents import TrustedDocuments
from gateway.platforms.registry import REGISTRY
from gateway.runtime import Runtime, current_moment
from gateway.settings.model import GatewaySettings, Profile
from gateway.telemetry.metrics import Cache, Metrics
from gateway.upstream.settings import UpstreamSettings
from gateway.upstream.transport import Transport
from gateway.upstream.transports import make_transport

# What another site's page may send and see beside what every page may.
_CORS_REQUEST_HEADERS = (
    "Apollo-Require-Preflight",
    "Authorization",
    "Content-Type",
    "X-Request-ID",
    "X-Requested-With",
    *(name for entry in REGISTRY for name in entry.settings_type.caller_headers),
)
_CORS_RESPONSE_HEADERS = ("ETag", "Retry-After", "X-Request-ID")


def create_app(
    settings: GatewaySettings,
    *,
    make_transport: Callable[[UpstreamSettings], Transport] = make_transport,
    now: Callable[[], datetime] = current_moment,
    generations: Generations | None = None,
    plan_key: bytes | None = None,
) -> Application:
    """The gateway, ready to be served.

    Args:
        make_transport: makes each platform's connections.
        now: the current moment in UTC.
        generations: common to all processes that serve together.
        plan_key: likewise; signs plans. Made up where it is left out.

    Raises:
        DocumentsFileError: the file of trusted documents cannot be used.
        KeyFileError: the file of keys cannot be used.
        LinksFileError: the file that says who is who cannot be used.
    """
    runtime = Runtime(
        settings, make_transport=make_transport, now=now, generations=generations, plan_key=plan_key
    )
    callers = _callers(settings, runtime)
    endpoint = _endpoint(settings, runtime, callers=callers, now=now)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with runtime.running():
            yield

    pages = Starlette(
        routes=_routes(settings, runtime, callers=callers, endpoint=endpoint),
        middleware=_middleware(settings),
        lifespan=lifespan,
    )
    return Application(
        pages,
        endpoint,
        max_body_bytes=settings.limits.body_bytes,
        has_cors=bool(settings.cors.origins),
        has_proxies=settings.trusted_proxies is not None,
        instruments=runtime.instruments,
    )


def _routes(
    settings: GatewaySettings, runtime: Runtime, *, callers: Callers, endpoint: GraphQLEndpoint
) -> list[BaseRoute]:
    export = AccessExport(callers=callers, open_context=runtime.open_context, instruments=runtime.instruments)
    return [
        Route(paths.GRAPHQL, endpoint),
        Route(paths.ACCESS_EXPORT, export),
        *(explorer_routes() if settings.explorer else []),
        *(dashboard_routes() if settings.dashboard else []),
        *([metrics_route(runtime.instruments.metrics)] if settings.metrics else []),
        *HEALTH_ROUTES,
    ]


def _middleware(settings: GatewaySettings) -> list[Middleware]:
    """From the outside in."""
    limit = Middleware(RequestBodyLimitMiddleware, max_body_size=settings.limits.body_bytes)
    if not settings.cors.origins:
        return [limit]
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors.origins,
            allow_methods=["GET", "POST"],
            allow_headers=_CORS_REQUEST_HEADERS,
            expose_headers=_CORS_RESPONSE_HEADERS,
        ),
        limit,
    ]


def _callers(settings: GatewaySettings, runtime: Runtime) -> Callers:
    production = settings.profile is Profile.PRODUCTION
    points = settings.limits.points_per_minute
    return Callers(
        configured_authentication(
            settings.auth,
            everybody=replace(ANYBODY, scopes=ANYBODY.scopes - {Scope.EXPLORER}) if production else ANYBODY,
            fetch_key_set=runtime.fetch_key_set,
        ),
        rate_limit=None if points is None else RateLimit(points_per_minute=points),
    )


def _endpoint(
    settings: GatewaySettings, runtime: Runtime, *, callers: Callers, now: Callable[[], datetime]
) -> GraphQLEndpoint:
    production = settings.profile is Profile.PRODUCTION
    documents = _documents(settings, runtime.instruments.metrics)
    return GraphQLEndpoint(
        callers=callers,
        documents=documents,
        pipeline=_pipeline(settings, runtime, documents=documents, now=now),
        open_context=runtime.open_context,
        explorer=settings.explorer,
        schema_is_secret=production,
        caller_headers=[name for entry in REGISTRY for name in entry.settings_type.caller_headers],
        instruments=runtime.instruments,
    )


def _pipeline(
    settings: GatewaySettings, runtime: Runtime, *, documents: Documents, now: Callable[[], datetime]
) -> Pipeline:
    schema = create_schema().core
    metrics = runtime.instruments.metrics
    return Pipeline(
        preparation=OperationPreparation(
            schema,
            limits=settings.limits.document,
            on_lookup=lambda hit: metrics.cache_asked(Cache.OPERATIONS, hit=hit),
        ),
        executor=Executor(schema),
        documents=documents,
        deadline_seconds=settings.limits.deadline_seconds,
        instruments=runtime.instruments,
        now=now,
    )


def _documents(settings: GatewaySettings, metrics: Metrics) -> Documents:
    file = settings.documents.file
    automatic = AutomaticPersistedQueries(
        on_lookup=lambda hit: metrics.cache_asked(Cache.PERSISTED_QUERIES, hit=hit)
    )
    return Documents(
        trusted=None if file is None else TrustedDocuments.read(file),
        mode=settings.documents.mode,
        automatic=automatic if settings.documents.automatic else None,
    )
