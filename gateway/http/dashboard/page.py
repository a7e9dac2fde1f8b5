"""Serve the dashboard: its page at `/dashboard`, styles and modules below it, all under one strict policy.

The files are read when the gateway starts. Each has its content's hash for an `ETag` and is asked for anew
each time: after an upgrade no browser mixes old modules with new ones. They refer to each other and to the
graph by relative address, so the page works behind a proxy that serves the gateway below a prefix of its own.

What the page asks is shipped as a file of trusted documents, `trusted-documents.json`, made by
`scripts/dashboard-documents`.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.http import paths

STATIC: Final = Path(__file__).parent / "static"
TRUSTED_DOCUMENTS: Final = Path(__file__).parent / "trusted-documents.json"
INDEX: Final = "index.html"

CONTENT_SECURITY_POLICY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    },
)

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
        ".html": "text/html",
        ".js": "text/javascript",
        ".svg": "image/svg+xml",
    },
)


class _File:
    """One file, as it was when the gateway started."""

    def __init__(self, path: Path) -> None:
        self._content = path.read_bytes()
        self._media_type = MEDIA_TYPES[path.suffix]
        self._etag = f'"{sha256(self._content).hexdigest()[:32]}"'

    def answer(self, request: Request) -> Response:
        """The file; 304 where the client has the very same."""
        headers = {**SECURITY_HEADERS, "Cache-Control": "no-cache", "ETag": self._etag}
        if self._is_known_to(request):
            return Response(status_code=304, headers=headers)
        return Response(self._content, media_type=self._media_type, headers=headers)

    def _is_known_to(self, request: Request) -> bool:
        known = (tag.strip() for tag in request.headers.get("if-none-match", "").split(","))
        # A proxy that compresses makes the tag a weak one; the content is the same all the same.
        return any(tag == "*" or tag.removeprefix("W/") == self._etag for tag in known)


def dashboard_routes(static: Path = STATIC) -> list[Route]:
    """List the routes of the page and of its files.

    Raises:
        OSError: the files cannot be read.
    """
    files = {path.name: _File(path) for path in sorted(static.iterdir()) if path.suffix in MEDIA_TYPES}
    index = files.pop(INDEX)

    def page(request: Request) -> Response:
        return index.answer(request)

    def asset(request: Request) -> Response:
        # The name is only looked up, so that no path can lead out of the folder.
        file = files.get(request.path_params["name"])
        if file is None:
            return PlainTextResponse("Not found", status_code=404, headers=SECURITY_HEADERS)
        return file.answer(request)

    return [
        Route(paths.DASHBOARD, page, methods=["GET"], name="dashboard"),
        Route(f"{paths.DASHBOARD}/{{name}}", asset, methods=["GET"], name="dashboard-asset"),
    ]
