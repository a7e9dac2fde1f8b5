"""For probes and for Prometheus: whether the process lives, whether it can take requests, its figures."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.http import paths
from gateway.telemetry.metrics import Metrics


async def live(_: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "live"})


async def ready(_: Request) -> Response:
    """Requests can be taken. A platform that is down is no reason to take the others' data away."""
    return JSONResponse({"status": "ready"})


def metrics_route(metrics: Metrics) -> Route:
    """Figures without any caller's or platform's data in them."""

    async def figures(_: Request) -> Response:
        body, content_type = metrics.render()
        return Response(body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    return Route(paths.METRICS, figures)


HEALTH_ROUTES = [Route(paths.LIVE, live), Route(paths.READY, ready)]
