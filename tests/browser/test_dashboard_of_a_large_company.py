"""300 projects and 2,000 people: only what is in view is drawn, and nothing keeps the page from answering."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from tests.browser.dashboard_visit import Visit, open_browser, visit_in
from tests.browser.large_company import PEOPLE, PROJECTS, large_company
from tests.conftest import MakeStand

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

LONGEST_TASK_MS = 200
# The browser itself says which tasks were long. Those of loading are not counted: all was read before.
WATCH_LONG_TASKS = """() => {
  globalThis.longTasks = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) globalThis.longTasks.push(Math.round(entry.duration));
  }).observe({ type: "longtask" });
}"""
# Scrolls through everything, a frame at a time, both ways at once.
SCROLL_THROUGH = """async (grid) => {
  for (let step = 0; step <= 60; step += 1) {
    grid.scrollTop = (grid.scrollHeight * step) / 60;
    grid.scrollLeft = (grid.scrollWidth * step) / 60;
    await new Promise(requestAnimationFrame);
  }
}"""


@pytest.fixture
async def visit(chromium: str, make_stand: MakeStand) -> AsyncIterator[Visit]:
    company = large_company()
    stand = await make_stand(
        settings={
            f"GATEWAY_{platform}__CACHE_FRESH_SECONDS": "600" for platform in ("QUANTCONNECT", "TESTOMATO")
        },
        quantconnect=create_quantconnect_sandbox(organisation=company),
        testomato=create_testomato_sandbox(organisation=company, lists_projects=False),
    )
    async with open_browser(chromium) as browser:
        visit = await visit_in(browser, f"{stand.base_url}/dashboard")
        await expect(visit.part("announcement")).to_contain_text("Read at", timeout=200_000)
        yield visit


async def test_everybody_is_there_and_few_cells_are_drawn(visit: Visit) -> None:
    await expect(visit.matrix).to_have_attribute("aria-rowcount", str(PEOPLE + 2))
    await expect(visit.matrix).to_have_attribute("aria-colcount", str(PROJECTS + 1))
    # More than one page of memberships holds: the owner's last project is there too.
    await expect(visit.cell("Person 0000, Strategy 000: owner")).to_have_text("O")
    assert await visit.matrix.locator('[role="gridcell"]').count() < 3_000
    await visit.cell("Person 0000, Strategy 000: owner").click()
    await visit.press("End")
    assert await visit.focused() == "Person 0000, Site 149: owner"
    await visit.press("Control+End")
    assert (await visit.focused()).startswith("Person 1999, Site 149: ")


async def test_nothing_takes_longer_than_a_fifth_of_a_second_after_loading(visit: Visit) -> None:
    # Found by their ids: looking for roles and names goes through the whole page, which is a task as well.
    await visit.page.evaluate(WATCH_LONG_TASKS)
    await visit.part("matrix").evaluate(SCROLL_THROUGH)
    await visit.part("filter-person").press_sequentially("person 1")
    await visit.part("filter-role").select_option("VIEWER")
    await visit.part("filter-both").check()
    await visit.page.locator("#filters button").click()
    await expect(visit.part("matrix")).to_have_attribute("aria-rowcount", str(PEOPLE + 2))
    tasks = await visit.page.evaluate("longTasks")
    assert [milliseconds for milliseconds in tasks if milliseconds > LONGEST_TASK_MS] == []
