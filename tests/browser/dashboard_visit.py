"""A visitor of the dashboard: a real Chromium at a real gateway."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.browser.test_explorer_in_a_browser import CHROMIUM_ARGUMENTS, REPORT_A_BROKEN_POLICY

expect.set_options(timeout=20_000)

FOCUSED = "document.activeElement?.getAttribute('aria-label') ?? ''"


@dataclass
class Visit:
    """One open page, with what it asked for and what it complained about."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        self.page.context.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(f"{said.type}: {said.text}"))
        await self.page.add_init_script(REPORT_A_BROKEN_POLICY)
        await self.page.goto(self.address)

    async def have_read(self) -> None:
        """Wait until all parts were read, or have said why not."""
        await expect(self.part("announcement")).to_contain_text("Read at")

    def part(self, id_: str) -> Locator:
        return self.page.locator(f"#{id_}")

    @property
    def matrix(self) -> Locator:
        return self.page.get_by_role("grid", name="Access")

    def cell(self, label: str) -> Locator:
        return self.matrix.get_by_role("gridcell", name=label, exact=True)

    async def names(self) -> list[str]:
        """Of the people in the rows that are drawn."""
        return await self.matrix.get_by_role("rowheader").all_inner_texts()

    async def focused(self) -> str:
        """The label of what has the focus."""
        return str(await self.page.evaluate(FOCUSED))

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def enter_token(self, token: str) -> None:
        await self.page.get_by_label("Bearer token").fill(token)
        await self.page.get_by_role("button", name="Use it").click()


@asynccontextmanager
async def open_browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield browser
        await browser.close()


async def visit_in(
    browser: Browser,
    address: str,
    *,
    scheme: Literal["light", "dark"] = "light",
    viewport: Mapping[str, int] | None = None,
) -> Visit:
    """A new visitor at this address, whose page is open."""
    size = viewport or {"width": 1440, "height": 900}
    page = await browser.new_page(
        viewport={"width": size["width"], "height": size["height"]}, color_scheme=scheme
    )
    visit = Visit(page, address)
    await visit.begin()
    return visit
