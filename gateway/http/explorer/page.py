"""Serve the explorer: its page at the GraphQL endpoint, its files below it, both under one strict policy.

`scripts/build-explorer` turns `web/` into `static/index.html`, which the GraphQL endpoint gives to browsers,
and `static/graphql/assets/`, whose file names carry a hash of their content. The page refers to them by
relative address, so it works behind a proxy that serves the gateway below a prefix of its own.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

STATIC: Final = Path(__file__).parent / "static"
ASSETS_PATH: Final = "/graphql/assets"

# Inline styles are Monaco's, which places its lines and cursors with them.
CONTENT_SECURITY_POLICY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "'self'",
        "connect-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "font-src": "'self' data:",
        "img-src": "'self' data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    },
)

# On every response, because a worker takes its policy from its own file's response and not from the page.
SECURITY_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": "; ".join(
            f"{name} {allowed}" for name, allowed in CONTENT_SECURITY_POLICY.items()
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    },
)

# Written out, because the machine's own table may lack or bend an entry, and `nosniff` forbids guessing.
MEDIA_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".css": "text/css",
        ".js": "text/javascript",
        ".svg": "image/svg+xml",
        ".ttf": "font/ttf",
        ".woff": "font/woff",
        ".woff2": "font/woff2",
    },
)

# What the build calls its files. No separator of any system, no null byte, no name too long for the disk.
ASSET_NAME: Final = re.compile(r"\w[\w.-]{0,99}", re.ASCII)

NOT_BUILT: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>Accessgraph</title>
<body style="font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1rem">
<h1>The explorer was not built</h1>
<p>Run <code>make setup</code>, then load this page again.</p>
<p>The GraphQL endpoint itself works: send it a POST request with JSON.</p>
"""


def explorer_page(static: Path = STATIC) -> Response:
    """Give the explorer's page, or a page that says how to build it."""
    # The same address answers API clients with JSON, so a cache must tell the two apart.
    headers = {**SECURITY_HEADERS, "Vary": "Accept"}
    try:
        page = (static / "index.html").read_bytes()
    except FileNotFoundError:
        return HTMLResponse(NOT_BUILT, status_code=503, headers={**headers, "Cache-Control": "no-store"})
    return HTMLResponse(page, headers={**headers, "Cache-Control": "no-cache"})


def explorer_routes(static: Path = STATIC) -> list[Route]:
    """List the routes of the page's scripts, styles, fonts and workers."""
    directory = static / ASSETS_PATH.strip("/")

    def asset(request: Request) -> Response:
        name: str = request.path_params["name"]
        file = directory / name
        media_type = MEDIA_TYPES.get(file.suffix)
        if media_type is None or not ASSET_NAME.fullmatch(name) or not file.is_file():
            return PlainTextResponse("Not found", status_code=404, headers=SECURITY_HEADERS)
        headers = {**SECURITY_HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
        return FileResponse(file, media_type=media_type, headers=headers)

    return [Route(f"{ASSETS_PATH}/{{name}}", asset, methods=["GET"], name="explorer-asset")]
