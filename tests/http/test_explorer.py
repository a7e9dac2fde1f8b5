"""The explorer's page and files, as a browser gets them."""

import os
import re
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate
from httpx import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response as ServerResponse
from starlette.routing import Route

from gateway.http.explorer.page import CONTENT_SECURITY_POLICY, STATIC, explorer_page, explorer_routes

pytestmark = pytest.mark.anyio

PROJECT = Path(__file__).parents[2]
EXAMPLES = sorted((STATIC.parent / "web/src/examples").glob("*.graphql"))

ASSETS = {
    "main-Ab_1.js": "text/javascript; charset=utf-8",
    "json.worker-c3.js": "text/javascript; charset=utf-8",
    "main-d4.css": "text/css; charset=utf-8",
    "icon-e5.svg": "image/svg+xml",
    "codicon-f6.ttf": "font/ttf",
    "roboto-07.woff2": "font/woff2",
}


def explorer(static: Path) -> Starlette:
    async def page(_request: Request) -> ServerResponse:
        return explorer_page(static)

    return Starlette(routes=[*explorer_routes(static), Route("/graphql", page)])


async def ask(app: Starlette, path: str, method: str = "GET") -> Response:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://gateway") as client:
        return await client.request(method, path)


def read_or_skip(file: Path, made_by: str) -> str:
    """Read what a command makes: a developer may not have run it yet, CI has to."""
    if not file.is_file():
        missing = f"{file.name} is missing: run `{made_by}`"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return file.read_text()


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    assets = folder / "graphql" / "assets"
    assets.mkdir(parents=True)
    (folder / "index.html").write_text("<title>Accessgraph</title>")
    for name in ASSETS:
        (assets / name).write_text(f"content of {name}")
    (assets / "main-Ab_1.js.map").write_text("a kind of file that the page does not need")
    (assets / "folder.js").mkdir()
    (tmp_path / "secret.js").write_text("outside")
    return folder


@pytest.fixture
def built_page() -> str:
    return read_or_skip(STATIC / "index.html", "make setup")


async def test_the_page_is_html_under_a_policy_that_lets_nothing_in_from_outside(static: Path) -> None:
    response = await ask(explorer(static), "/graphql")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.text == "<title>Accessgraph</title>"
    assert response.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
        "style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_the_policy_allows_no_inline_script_no_eval_and_no_blob_worker() -> None:
    assert CONTENT_SECURITY_POLICY["script-src"] == "'self'"
    assert CONTENT_SECURITY_POLICY["worker-src"] == "'self'"


async def test_the_page_is_asked_for_anew_each_time_and_kept_apart_from_json_answers(static: Path) -> None:
    headers = (await ask(explorer(static), "/graphql")).headers
    assert headers["cache-control"] == "no-cache"
    assert headers["vary"] == "Accept"


@pytest.mark.parametrize("path", ["/graphql", "/graphql/assets/json.worker-c3.js", "/graphql/assets/none.js"])
async def test_every_response_carries_the_security_headers(static: Path, path: str) -> None:
    headers = (await ask(explorer(static), path)).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(("name", "content_type"), ASSETS.items())
async def test_assets_have_their_type_and_stay_in_the_cache_for_a_year(
    static: Path, name: str, content_type: str
) -> None:
    response = await ask(explorer(static), f"/graphql/assets/{name}")
    assert response.status_code == 200
    assert response.text == f"content of {name}"
    assert response.headers["content-type"] == content_type
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "name",
    [
        "none.js",
        "main-Ab_1.js.map",
        "folder.js",
        ".js",
        "main%00.js",
        f"{'long' * 100}.js",
    ],
)
async def test_what_the_build_does_not_serve_is_not_found_and_not_cached(static: Path, name: str) -> None:
    response = await ask(explorer(static), f"/graphql/assets/{name}")
    assert response.status_code == 404
    assert "cache-control" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        "..%2F..%2F..%2Fsecret.js",
        "%2E%2E/%2E%2E/%2E%2E/secret.js",
        "..%5C..%5C..%5Csecret.js",
        "main-d4.css%2F..%2F..%2F..%2F..%2Fsecret.js",
        "..%2F..%2Findex.html",
        "%2E%2E",
    ],
)
async def test_a_path_that_leads_out_of_the_assets_is_refused(static: Path, path: str) -> None:
    response = await ask(explorer(static), f"/graphql/assets/{path}")
    assert response.status_code == 404
    assert "outside" not in response.text


async def test_an_absolute_path_is_refused(static: Path) -> None:
    secret = static.parent / "secret.js"
    assert secret.is_file()
    quoted = str(secret).replace("/", "%2F")
    assert (await ask(explorer(static), f"/graphql/assets/{quoted}")).status_code == 404


async def test_assets_can_only_be_read(static: Path) -> None:
    response = await ask(explorer(static), "/graphql/assets/main-Ab_1.js", "POST")
    assert response.status_code == 405


async def test_without_a_build_the_page_says_what_to_run(tmp_path: Path) -> None:
    response = await ask(explorer(tmp_path / "static"), "/graphql")
    assert response.status_code == 503
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "The explorer was not built" in response.text
    assert "<code>make setup</code>" in response.text


async def test_without_a_build_assets_are_not_found(tmp_path: Path) -> None:
    assert (await ask(explorer(tmp_path / "static"), "/graphql/assets/main-Ab_1.js")).status_code == 404


async def test_a_build_made_while_the_gateway_runs_is_served_at_once(tmp_path: Path) -> None:
    app = explorer(tmp_path)
    assert (await ask(app, "/graphql")).status_code == 503
    assets = tmp_path / "graphql" / "assets"
    assets.mkdir(parents=True)
    (assets / "main-1.js").write_text("built")
    (tmp_path / "index.html").write_text("built")
    assert (await ask(app, "/graphql")).text == "built"
    assert (await ask(app, "/graphql/assets/main-1.js")).text == "built"


def test_the_built_page_names_no_outside_address_and_has_no_inline_script(built_page: str) -> None:
    assert "//" not in built_page
    assert "<title>Accessgraph</title>" in built_page
    assert re.findall(r"<script[^>]*>(.*?)</script>", built_page, re.DOTALL) == [""]


async def test_every_file_that_the_built_page_names_is_served(built_page: str) -> None:
    addresses = re.findall(r'(?:src|href)="\./([^"]+)"', built_page)
    assert len(addresses) == built_page.count("src=") + built_page.count("href=")
    for address in addresses:
        assert (await ask(explorer(STATIC), f"/{address}")).status_code == 200, address


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_every_example_is_valid_against_the_schema(example: Path) -> None:
    schema = build_schema(read_or_skip(PROJECT / "schema.graphql", "accessgraph schema print"))
    assert validate(schema, parse(example.read_text())) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_every_example_opens_with_a_comment_that_says_what_it_shows(example: Path) -> None:
    first, second, _ = example.read_text().split("\n", 2)
    assert first.startswith("# ")
    assert second.startswith("# ")
