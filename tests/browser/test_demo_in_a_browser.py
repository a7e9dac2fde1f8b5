"""`accessgraph demo` as its visitor has it: the first example brings who may do what on both platforms."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio.to_thread
import pytest
from playwright.async_api import async_playwright, expect

from gateway.domain.vocabulary import PlatformKey
from gateway.http.explorer.page import STATIC
from tests.browser.conftest import skip_without
from tests.browser.test_explorer_in_a_browser import CHROMIUM_ARGUMENTS, Visit
from tests.cli.command import running

pytestmark = pytest.mark.anyio

# More than the answer has; whoever has not seen enough by then is looking at something else.
MOST_PAGES = 200


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


async def read_until(visit: Visit, *wanted: str) -> set[str]:
    """What of `wanted` is not in the answer, read page by page: only what is visible exists."""
    missing = set(wanted)
    answer = visit.editor("response")
    await answer.click()
    await visit.page.keyboard.press("ControlOrMeta+Home")
    for _ in range(MOST_PAGES):
        lines = "\n".join(await answer.locator(".view-line").all_inner_texts()).replace("\xa0", " ")
        missing -= {one for one in missing if one in lines}
        if not missing:
            break
        await visit.page.keyboard.press("PageDown")
    return missing


async def test_the_first_example_shows_projects_members_roles_and_permissions_of_both_platforms(
    visit: Visit,
) -> None:
    await expect(visit.editor("query-editor")).to_contain_text("query EveryProject")
    await visit.run()
    await expect(visit.editor("response")).to_contain_text('"projects"')
    missing = await read_until(
        visit,
        *(f'"platform": "{key}"' for key in PlatformKey),
        *('"name": "Careers"', '"name": "Crypto Basis Carry"'),
        *('"name": "Greta Hoffmann"', '"name": "Arjun Mehta"'),
        *('"role": "OWNER"', '"role": "ADMIN"', '"role": "EDITOR"', '"role": "VIEWER"'),
        *('"nativeRole": "project admin"', '"nativeRole": "read"'),
        *('"action": "RUN"', '"action": "LIVE_CONTROL"', '"granted": true', '"granted": false'),
    )
    assert missing == set()


async def test_the_first_example_runs_without_a_complaint_and_asks_nobody_else(visit: Visit) -> None:
    await expect(visit.editor("query-editor")).to_contain_text("query EveryProject")
    await visit.run()
    await expect(visit.editor("response")).to_contain_text('"projects"')
    assert visit.complaints == []
    assert {
        url for url in visit.requests if not url.startswith((f"{visit.origin}/graphql", "data:"))
    } == set()
