"""Whether the process lives, and whether it can take requests."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


async def live(_: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "live"})


async def ready(_: Request) -> Response:
    """Requests can be taken. A platform that is down is no reason to take the others' data away."""
    return JSONResponse({"status": "ready"})


HEALTH_ROUTES = [Route("/livez", live), Route("/readyz", ready)]
