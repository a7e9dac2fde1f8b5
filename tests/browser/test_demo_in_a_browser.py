"""`accessgraph demo` as its visitor has it: the first example brings who may do what on both platforms."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from playwright.async_api import async_playwright, expect

from gateway.domain.vocabulary import PlatformKey
from gateway.http.explorer.page import STATIC
from tests.browser.conftest import skip_without
from tests.browser.test_explorer_in_a_browser import CHROMIUM_ARGUMENTS, Visit
from tests.cli.command import running

pytestmark = pytest.mark.anyio


@pytest.fixture
async def visit(chromium: str, tmp_path: Path) -> AsyncIterator[Visit]:
    skip_without((STATIC / "index.html").is_file(), "the explorer is not built: run `make setup`")
    with running(tmp_path, "demo", "--port", "0") as demo:
        address = await anyio.to_thread.run_sync(demo.address)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
            page = await browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme="light")
            visit = Visit(page, address.removesuffix("/graphql"))
            await visit.begin()
            yield visit
            await browser.close()


async def copied_answer(visit: Visit) -> dict[str, Any]:
    """The whole answer, as a visitor copies it: of the editor's text only what is in view can be read."""
    await visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit.editor("response").click()
    await visit.page.keyboard.press("ControlOrMeta+A")
    await visit.page.keyboard.press("ControlOrMeta+C")
    answer: dict[str, Any] = json.loads(await visit.page.evaluate("navigator.clipboard.readText()"))
    return answer


async def test_the_first_example_shows_projects_members_roles_and_permissions_of_both_platforms(
    visit: Visit,
) -> None:
    await expect(visit.editor("query-editor")).to_contain_text("query EveryProject")
    await visit.run()
    await expect(visit.editor("response")).to_contain_text('"platform": "TESTOMATO"')
    shown = {
        (project["platform"], member["role"], permission["action"], permission["granted"])
        for project in (await copied_answer(visit))["data"]["projects"]["nodes"]
        for member in project["members"]["nodes"]
        for permission in member["permissions"]
    }
    assert shown >= {
        (platform, role, "WRITE", may)
        for platform in PlatformKey
        for role, may in [("OWNER", True), ("EDITOR", True), ("VIEWER", False)]
    }
    assert shown >= {("QUANTCONNECT", "VIEWER", "LIVE_CONTROL", True), ("TESTOMATO", "ADMIN", "RUN", True)}


async def test_the_first_example_runs_without_a_complaint_and_asks_nobody_else(visit: Visit) -> None:
    await expect(visit.editor("query-editor")).to_contain_text("query EveryProject")
    await visit.run()
    await expect(visit.editor("response")).to_contain_text('"projects"')
    assert visit.complaints == []
    assert {
        url for url in visit.requests if not url.startswith((f"{visit.origin}/graphql", "data:"))
    } == set()
