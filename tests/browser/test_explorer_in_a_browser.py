"""The explorer as its visitor has it: everything in it works under the strict policy, and nothing leaves."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

pytestmark = pytest.mark.anyio

# A busy machine of two cores takes its time to start the editor's workers.
expect.set_options(timeout=20_000)

TABS = ["EveryProject", "Platforms", "ProjectsOfPerson", "AddMember", "UpdateMember"]

CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A broken policy says so by an event; a listener set before any script of the page misses none.
REPORT_A_BROKEN_POLICY = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy broken: ${event.effectiveDirective}`));
"""


@dataclass
class Visit:
    """One open page, with what it asked for and what it complained about."""

    page: Page
    origin: str
    requests: list[str] = field(default_factory=list)
    workers: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        self.page.context.on("request", lambda request: self.requests.append(request.url))
        self.page.on("worker", lambda worker: self.workers.append(worker.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(f"{said.type}: {said.text}"))
        await self.page.add_init_script(REPORT_A_BROKEN_POLICY)
        await self.page.goto(f"{self.origin}/graphql")

    def tabs(self) -> Locator:
        return self.page.locator(".graphiql-tab-button")

    def editor(self, name: str) -> Locator:
        return self.page.locator(f".graphiql-{name} .monaco-editor").first

    async def write(self, name: str, fields: str) -> None:
        """Put a query into a new tab, and wait until the tab bears its name, hence GraphiQL has read it."""
        await self.page.get_by_role("button", name="New tab").click()
        # GraphiQL makes its editor anew when the name of the operation changes; a text that comes in that
        # very moment is lost, as it would be for a visitor, who would also write it again.
        for _ in range(5):
            await self.editor("query-editor").click()
            await self.page.keyboard.press("ControlOrMeta+A")
            # As one paste: the editor closes brackets that are typed.
            await self.page.keyboard.insert_text(f"query {name} {{ {fields} }}")
            if await self.newest_tab_is(name):
                return
        pytest.fail(f"GraphiQL did not take the query {name}")

    async def newest_tab_is(self, name: str) -> bool:
        try:
            await expect(self.tabs().last).to_have_text(name, timeout=4_000)
        except AssertionError:
            return False
        return True

    async def run(self) -> None:
        await self.page.get_by_role("button", name=re.compile("^Execute query")).click()


@pytest.fixture
async def visit(origin: str, chromium: str) -> AsyncIterator[Visit]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1400, "height": 850}, color_scheme="light")
        visit = Visit(page, origin)
        await visit.begin()
        yield visit
        await browser.close()


async def test_the_examples_open_as_tabs_and_the_first_one_is_ready_to_run(visit: Visit) -> None:
    await expect(visit.page).to_have_title("Accessgraph")
    await expect(visit.tabs()).to_have_text(TABS)
    await expect(visit.editor("query-editor")).to_contain_text("query EveryProject")
    await visit.tabs().filter(has_text="AddMember").click()
    await expect(visit.editor("query-editor")).to_contain_text("mutation AddMember")
    await expect(visit.editor("editor-tool")).to_contain_text('"projectId"')


async def test_a_query_runs_and_its_answer_appears(visit: Visit) -> None:
    await visit.write("Greeting", 'greeting(name: "Ada")')
    await visit.run()
    await expect(visit.editor("response")).to_contain_text('"greeting": "hello, Ada"')


async def test_a_tour_through_every_part_stays_at_home_and_breaks_no_policy(visit: Visit) -> None:
    await visit.write("Wrong", "greting")
    # Only the GraphQL worker, with the schema it was given, can know that this field does not exist.
    await expect(visit.page.locator(".squiggly-error").first).to_be_visible()
    await visit.write("Tour", "greeting")
    await visit.page.get_by_role("button", name="Prettify query").click()
    await expect(visit.editor("query-editor").locator(".view-line").nth(1)).to_contain_text("greeting")
    await visit.run()
    await expect(visit.editor("response")).to_contain_text("hello, world")
    await visit.page.get_by_role("button", name="Show Documentation Explorer").click()
    await visit.page.get_by_role("link", name="Query").click()
    await expect(visit.page.locator(".graphiql-doc-explorer")).to_contain_text("greeting")
    await visit.page.get_by_role("button", name="Show GraphiQL Explorer").click()
    await expect(visit.page.locator(".graphiql-explorer-root")).to_contain_text("greeting")
    await visit.page.get_by_role("button", name="Open settings dialog").click()
    await visit.page.get_by_role("button", name="Dark", exact=True).click()

    assert {
        url for url in visit.requests if not url.startswith((f"{visit.origin}/graphql", "data:"))
    } == set()
    kinds = {
        url.removeprefix(f"{visit.origin}/graphql/assets/").split(".worker-")[0] for url in visit.workers
    }
    assert kinds == {"editor", "graphql", "json"}
    assert visit.complaints == []


async def test_the_policy_is_in_force(visit: Visit) -> None:
    async with visit.page.expect_console_message(lambda said: said.text == "policy broken: script-src-elem"):
        await visit.page.evaluate(
            """() => {
              const script = document.createElement("script");
              script.textContent = "globalThis.injected = true";
              document.head.append(script);
            }"""
        )
    assert await visit.page.evaluate("globalThis.injected") is None


async def test_light_and_dark_follow_the_system_while_the_page_is_open(visit: Visit) -> None:
    await expect(visit.editor("query-editor")).to_have_class(re.compile(r"\bvs\b"))
    await visit.page.emulate_media(color_scheme="dark")
    await expect(visit.editor("query-editor")).to_have_class(re.compile(r"\bvs-dark\b"))


async def test_request_headers_which_carry_api_keys_are_sent_and_never_stored(visit: Visit) -> None:
    await visit.write("Greeting", "greeting")
    await visit.page.get_by_role("button", name="Headers", exact=True).click()
    await visit.page.locator(".graphiql-editor-tool .monaco-editor:visible").click()
    await visit.page.keyboard.insert_text('{"X-API-Key": "the-key-itself"}')
    async with visit.page.expect_request(lambda request: "Greeting" in (request.post_data or "")) as sent:
        await visit.run()
    assert await (await sent.value).header_value("x-api-key") == "the-key-itself"
    await expect(visit.editor("response")).to_contain_text("hello, world")
    # GraphiQL waits half a second before it stores what was written.
    stored = "Object.values(localStorage).some((value) => value.includes('query Greeting'))"
    await visit.page.wait_for_function(stored)
    assert "the-key-itself" not in await visit.page.evaluate("JSON.stringify(localStorage)")
