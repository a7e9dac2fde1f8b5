"""The dashboard as its visitor has it: what it shows, how it is gone through, and that nothing leaves."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, expect

from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from tests.browser.dashboard_visit import Visit, open_browser, visit_in
from tests.conftest import Stand

pytestmark = pytest.mark.anyio

ONE_TAB_STOP = """document.querySelectorAll('#matrix[tabindex="0"], #matrix [tabindex="0"]').length"""
TO_BE_NAMED = {
    "button",
    "checkbox",
    "combobox",
    "grid",
    "gridcell",
    "link",
    "navigation",
    "region",
    "rowheader",
} | {
    "search",
    "searchbox",
    "textbox",
}
DECLARATION = """
version = 1

[[access]]
who = ["arjun.mehta@example.com"]
projects = ["QUANTCONNECT:Crypto Basis Carry"]
role = "VIEWER"

[[access]]
who = ["somebody.new@example.org"]
projects = ["TESTOMATO:Careers"]
role = "VIEWER"
"""
GRANT = """mutation ($input: GrantAccessInput!) {
  grantAccess(input: $input) { complete results { outcome } } }"""


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with open_browser(chromium) as browser:
        yield browser


@pytest.fixture
async def visit(browser: Browser, stand: Stand) -> Visit:
    visit = await visit_in(browser, f"{stand.base_url}/dashboard")
    await visit.have_read()
    return visit


async def grant_for_a_week(stand: Stand) -> None:
    project_id = next(
        key
        for key, project in stand.testomato.state.projects.items()
        if project.shown.get("title") == "Careers"
    )
    target = {
        "projectId": ids.project_id(PlatformKey.TESTOMATO, project_id),
        "role": "VIEWER",
        "until": (datetime.now(UTC) + timedelta(days=7)).isoformat(),
    }
    person = {"email": "mateo.ferreira@example.com"}
    data = await stand.data(GRANT, input={"person": person, "targets": [target]})
    assert data["grantAccess"]["complete"]


# ---------------------------------------------------------------- what it shows


async def test_the_page_comes_without_a_complaint_and_asks_nobody_else(visit: Visit) -> None:
    origin = visit.address.removesuffix("/dashboard")
    await expect(visit.page).to_have_title("Accessgraph dashboard")
    assert visit.complaints == []
    assert {url for url in visit.requests if not url.startswith((f"{origin}/", "data:"))} == set()


async def test_the_matrix_shows_everybody_and_what_each_is_in_each_project(visit: Visit) -> None:
    await expect(visit.matrix).to_have_attribute("aria-rowcount", "41")
    await expect(visit.matrix).to_have_attribute("aria-colcount", "22")
    await expect(visit.cell("Arjun Mehta, Crypto Basis Carry: editor")).to_have_text("E")
    await expect(visit.cell("Arjun Mehta, Careers: no access")).to_have_text("")
    assert (await visit.names())[:2] == ["Amara Okonkwo", "Andrei Ionescu"]


async def test_each_platform_says_how_it_fares_and_how_old_its_data_is(visit: Visit) -> None:
    for name in ("QuantConnect", "Testomato"):
        card = visit.part("platforms").get_by_role("listitem").filter(has_text=name)
        await expect(card).to_contain_text("answers")
        await expect(card).to_contain_text("Data ")
        await expect(card).to_contain_text(" s old")


async def test_a_cell_under_the_pointer_says_what_may_be_done(visit: Visit) -> None:
    await visit.cell("Arjun Mehta, Crypto Basis Carry: editor").hover()
    detail = visit.part("detail")
    await expect(detail).to_contain_text("Arjun Mehta in Crypto Basis Carry (QuantConnect)")
    await expect(detail).to_contain_text("read, write, live control")
    await expect(detail).to_contain_text("no end")


async def test_a_change_is_in_the_audit_and_access_that_ends_among_what_ends_soon(
    browser: Browser, stand: Stand
) -> None:
    await grant_for_a_week(stand)
    visit = await visit_in(browser, f"{stand.base_url}/dashboard")
    await visit.have_read()
    for part in ("audit", "expiring"):
        row = visit.part(part).get_by_role("row").filter(has_text="Mateo Ferreira")
        await expect(row).to_contain_text("Careers (Testomato)")
    await expect(visit.cell("Mateo Ferreira, Careers: viewer, ends")).to_have_text("V")
    await visit.page.get_by_label("Outcome").select_option("REFUSED")
    await expect(visit.part("audit")).to_contain_text("No change came to this.")


async def test_the_table_of_all_access_is_saved_as_a_file(visit: Visit) -> None:
    async with visit.page.expect_download() as saving:
        await visit.page.get_by_role("button", name="Save as CSV").click()
    saved = await saving.value
    assert saved.suggested_filename == "access.csv"
    assert "Arjun Mehta" in (await saved.path()).read_text(encoding="utf-8")


async def test_everything_that_can_be_used_has_a_name(visit: Visit) -> None:
    """As the browser tells it to those who listen."""
    session = await visit.page.context.new_cdp_session(visit.page)
    tree = await session.send("Accessibility.getFullAXTree")
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree["nodes"]
        if not node["ignored"] and node["role"]["value"] in TO_BE_NAMED
    ]
    assert {role for role, _ in named} == TO_BE_NAMED
    assert [role for role, name in named if not name.strip()] == []


# ---------------------------------------------------------------- keys


async def test_arrow_keys_go_from_cell_to_cell_and_one_cell_can_be_tabbed_to(visit: Visit) -> None:
    await visit.page.get_by_role("button", name="Clear").focus()
    await visit.press("Tab")
    assert await visit.focused() == "Amara Okonkwo, Crypto Basis Carry: no access"
    await visit.press("ArrowDown", "ArrowDown", "ArrowDown")
    assert await visit.focused() == "Arjun Mehta, Crypto Basis Carry: editor"
    await expect(visit.part("detail")).to_contain_text("Arjun Mehta in Crypto Basis Carry")
    await visit.press("ArrowRight", "ArrowUp", "ArrowLeft")
    assert await visit.focused() == "Anouk de Vries, Crypto Basis Carry: no access"
    assert await visit.page.evaluate(ONE_TAB_STOP) == 1


async def test_keys_reach_the_corners_which_come_into_view(visit: Visit) -> None:
    await visit.cell("Arjun Mehta, Crypto Basis Carry: editor").click()
    await visit.press("Control+End")
    assert (await visit.focused()).endswith(", Status page: no access")
    await expect(visit.page.locator(":focus")).to_be_in_viewport()
    await visit.press("ArrowDown", "ArrowRight")
    assert (await visit.focused()).endswith(", Status page: no access")
    await visit.press("Control+Home")
    assert await visit.focused() == "Amara Okonkwo, Crypto Basis Carry: no access"
    await visit.press("End")
    assert await visit.focused() == "Amara Okonkwo, Status page: no access"


async def test_a_cell_that_is_scrolled_out_of_view_is_come_back_to(visit: Visit) -> None:
    await visit.cell("Arjun Mehta, Crypto Basis Carry: editor").click()
    await visit.matrix.evaluate("(grid) => { grid.scrollTop = grid.scrollHeight; }")
    await expect(visit.matrix).to_be_focused()
    await visit.press("ArrowDown")
    assert await visit.focused() == "Beatriz Carvalho, Crypto Basis Carry: viewer"


# ---------------------------------------------------------------- filters


async def test_people_are_found_by_name_and_by_address(visit: Visit) -> None:
    await visit.page.get_by_label("Person", exact=True).fill("arjun")
    await expect(visit.matrix).to_have_attribute("aria-rowcount", "3")
    await visit.page.get_by_label("Person", exact=True).fill("arjun.mehta@EXAMPLE")
    await expect(visit.matrix.get_by_role("rowheader")).to_have_text(["Arjun Mehta"])
    await visit.page.get_by_role("button", name="Clear").click()
    await expect(visit.matrix).to_have_attribute("aria-rowcount", "41")


async def test_a_filter_that_nobody_fits_says_so(visit: Visit) -> None:
    await visit.page.get_by_label("Person", exact=True).fill("nobody at all")
    await expect(visit.part("matrix-notes")).to_have_text("Nobody fits these filters.")


async def test_projects_roles_and_platforms_narrow_the_matrix_together(visit: Visit) -> None:
    await visit.page.get_by_label("Platform", exact=True).select_option(label="Testomato")
    await expect(visit.matrix).to_have_attribute("aria-colcount", "11")
    await visit.page.get_by_label("Project", exact=True).fill("careers")
    await expect(visit.matrix).to_have_attribute("aria-colcount", "2")
    await visit.page.get_by_label("Role", exact=True).select_option("ADMIN")
    await expect(visit.matrix.get_by_role("rowheader")).to_have_text(["Greta Hoffmann"])


async def test_people_on_more_than_one_platform_can_be_picked_out(visit: Visit) -> None:
    await visit.page.get_by_label("On more than one platform").check()
    await expect(visit.part("matrix-count")).not_to_contain_text("39 people")
    names = await visit.names()
    assert ("Amara Okonkwo" in names, "Andrei Ionescu" in names) == (True, False)


async def test_archived_projects_are_shown_when_asked_for(visit: Visit) -> None:
    await visit.page.get_by_label("Archived projects too").check()
    await expect(visit.matrix).to_have_attribute("aria-colcount", "23")


# ---------------------------------------------------------------- drift


async def test_a_declaration_stays_in_the_browser_until_the_button_is_pressed(visit: Visit) -> None:
    before = len(visit.requests)
    await visit.page.get_by_label("Declaration", exact=True).fill(DECLARATION)
    await visit.page.get_by_label("Declaration", exact=True).blur()
    assert [url for url in visit.requests[before:] if url.endswith("/graphql")] == []
    async with visit.page.expect_request(lambda request: "Drift" in (request.post_data or "")) as sent:
        await visit.page.get_by_role("button", name="Compare").click()
    assert "somebody.new@example.org" in ((await sent.value).post_data or "")


async def test_drift_is_shown_by_kind(visit: Visit) -> None:
    await visit.page.get_by_label("Declaration", exact=True).fill(DECLARATION)
    await visit.page.get_by_role("button", name="Compare").click()
    drift = visit.part("drift")
    await expect(drift.get_by_role("heading").nth(0)).to_contain_text("Access that nothing declares")
    changed = drift.get_by_role("table", name="There otherwise than declared").get_by_role("row")
    await expect(changed.nth(1)).to_contain_text("Arjun Mehta")
    missing = drift.get_by_role("table", name="Declared, and not there").get_by_role("row")
    await expect(missing.nth(1)).to_contain_text("Careers (Testomato)")


async def test_mistakes_of_a_declaration_are_listed(visit: Visit) -> None:
    file = {"name": "access.toml", "mimeType": "text/plain", "buffer": b"version = 1\n[[access]]\nfoo = 1\n"}
    await visit.page.get_by_label("Open a file").set_input_files(file)  # type: ignore[arg-type]  # a literal
    await expect(visit.page.get_by_label("Declaration", exact=True)).to_have_value(
        "version = 1\n[[access]]\nfoo = 1\n"
    )
    await visit.page.get_by_role("button", name="Compare").click()
    await expect(visit.part("drift").get_by_role("listitem").nth(0)).to_contain_text("there is no such key")


# ---------------------------------------------------------------- light and dark


async def test_colours_follow_the_system_until_the_visitor_chooses_which_is_kept(
    browser: Browser, stand: Stand
) -> None:
    visit = await visit_in(browser, f"{stand.base_url}/dashboard", scheme="dark")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    dark = await visit.page.evaluate(ground)
    await visit.page.get_by_role("button", name="Light colours").click()
    light = await visit.page.evaluate(ground)
    await visit.page.reload()
    await expect(visit.page.get_by_role("button", name="Dark colours")).to_be_visible()
    assert (await visit.page.evaluate(ground), dark) == (light, "rgb(18, 22, 27)")
    await visit.page.get_by_role("button", name="Dark colours").click()
    assert await visit.page.evaluate(ground) == dark
