"""The dashboard's page and files, as a browser gets them from a gateway."""

import re
from pathlib import Path

import httpx
import pytest

from gateway.http.dashboard.page import CONTENT_SECURITY_POLICY, STATIC

pytestmark = pytest.mark.anyio

NAMES = sorted(path.name for path in STATIC.iterdir())
PATHS = ["/dashboard", *(f"/dashboard/{name}" for name in NAMES if name != "index.html")]
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
PAGE = (STATIC / "index.html").read_text(encoding="utf-8")
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def text_of(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


# ---------------------------------------------------------------- what is served


async def test_the_page_is_html_under_a_policy_that_lets_nothing_in_from_outside(
    client: httpx.AsyncClient,
) -> None:
    response = await client.get("/dashboard", headers=BROWSER)
    assert (response.status_code, response.text) == (200, PAGE)
    assert response.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_the_policy_allows_nothing_inline_and_no_eval() -> None:
    assert "unsafe" not in str(CONTENT_SECURITY_POLICY)


@pytest.mark.parametrize("path", PATHS)
async def test_every_file_is_served_with_its_type(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == TYPES[Path(path).suffix or ".html"]
    assert response.content == (STATIC / (Path(path).name if "." in path else "index.html")).read_bytes()


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/app.js", "/dashboard/none.js"])
async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; ")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"


async def test_a_head_request_is_told_the_same_without_the_content(client: httpx.AsyncClient) -> None:
    head, get = await client.head("/dashboard"), await client.get("/dashboard")
    told = ("content-type", "content-length", "etag", "cache-control")
    assert (head.status_code, head.content) == (200, b"")
    assert [head.headers[name] for name in told] == [get.headers[name] for name in told]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/app.js"])
async def test_files_can_only_be_read(client: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await client.request(method, path)).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "none.js",
        "page.py",
        "trusted-documents.json",
        "index.html",
        "..%2Fpage.py",
        "..%2F..%2Fpaths.py",
        "%2E%2E/page.py",
        "..%5Cpage.py",
        "app.js%2F..%2F..%2Fpage.py",
        "app.js%00.html",
        "%2Fetc%2Fpasswd",
        f"{'long' * 100}.js",
    ],
)
async def test_what_is_no_file_of_the_page_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(f"/dashboard/{path}")
    assert response.status_code == 404
    assert "cache-control" not in response.headers


@pytest.mark.parametrize("variables", [{"GATEWAY_DASHBOARD": "false"}])
@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/app.js"])
async def test_nothing_is_served_where_it_is_turned_off(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, headers=BROWSER)).status_code == 404


# ---------------------------------------------------------------- what a browser keeps


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/app.js"])
async def test_a_browser_asks_each_time_and_gets_nothing_where_it_has_the_same(
    client: httpx.AsyncClient, path: str
) -> None:
    first = await client.get(path)
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


@pytest.mark.parametrize("known", ['"another", {etag}', "W/{etag}", "*"])
async def test_the_tag_is_found_among_others_and_as_a_weak_one(client: httpx.AsyncClient, known: str) -> None:
    etag = (await client.get("/dashboard")).headers["etag"]
    response = await client.get("/dashboard", headers={"If-None-Match": known.format(etag=etag)})
    assert response.status_code == 304


@pytest.mark.parametrize("known", ['"another"', "", '"'])
async def test_another_tag_brings_the_file(client: httpx.AsyncClient, known: str) -> None:
    assert (await client.get("/dashboard", headers={"If-None-Match": known})).status_code == 200


async def test_different_files_have_different_tags(client: httpx.AsyncClient) -> None:
    tags = [(await client.get(path)).headers["etag"] for path in PATHS]
    assert len(set(tags)) == len(PATHS)


# ---------------------------------------------------------------- what the files say


def test_the_page_has_no_inline_script_or_style() -> None:
    assert re.findall(r"<script[^>]*>(.*?)</script>", PAGE, re.DOTALL) == ["", ""]
    assert re.search(r"<style|\sstyle=|\son\w+=", PAGE) is None


@pytest.mark.parametrize("name", NAMES)
def test_no_file_names_an_outside_address_that_it_would_ask(name: str) -> None:
    code = re.sub(r"(?m)^\s*//.*$|/\*.*?\*/", "", text_of(name))
    assert [url for url in re.findall(r"https?://[^\s\"')]+", code) if "www.w3.org" not in url] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_address_is_relative(name: str) -> None:
    tags = re.findall(r'\b(?:src|href)="([^"#]+)"', text_of(name))
    modules = re.findall(r'(?m)(?:\} from|^import|new URL\() ?"([^"]+)"', text_of(name))
    assert [address for address in [*tags, *modules] if not address.startswith(("./", "../"))] == []


async def test_every_file_that_the_page_and_its_modules_name_is_served(client: httpx.AsyncClient) -> None:
    named = set(re.findall(r'(?:src|href)="\./(dashboard/[^"]+)"', PAGE))
    for name in NAMES:
        named |= {f"dashboard/{module}" for module in re.findall(r'from "\./([^"]+)"', text_of(name))}
    assert {f"dashboard/{name}" for name in NAMES} - named == {"dashboard/index.html"}
    for address in named:
        assert (await client.get(f"/{address}")).status_code == 200, address


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".js")])
def test_nothing_from_the_graph_can_become_markup(name: str) -> None:
    assert (
        re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text_of(name)) is None
    )
