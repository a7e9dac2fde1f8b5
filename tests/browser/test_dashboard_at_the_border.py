"""The dashboard where not all is well: missing scopes, platforms that fail, narrow limits, a prefix."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from gateway.app import create_app
from gateway.domain.caller import Scope
from gateway.http.authentication.api_keys import new_key
from gateway.http.dashboard.page import TRUSTED_DOCUMENTS
from gateway.sandbox.faults import Fault, FaultKind
from gateway.serving import serving
from tests.browser.dashboard_visit import Visit, open_browser, visit_in
from tests.conftest import MakeStand, Stand

pytestmark = pytest.mark.anyio

PREFIX = "/tools/access"


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with open_browser(chromium) as browser:
        yield browser


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys.toml"
    new_key(file, name="spare", scopes=[])
    return file


@pytest.fixture
async def guarded(make_stand: MakeStand, keys_file: Path) -> Stand:
    """A gateway that asks for keys."""
    return await make_stand(
        settings={"GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": str(keys_file)}
    )


def key_with(keys_file: Path, *scopes: Scope) -> str:
    return new_key(keys_file, name="visitor", scopes=scopes)


async def visit_with(browser: Browser, stand: Stand, token: str) -> Visit:
    visit = await visit_in(browser, f"{stand.base_url}/dashboard")
    await visit.enter_token(token)
    await visit.have_read()
    return visit


# ---------------------------------------------------------------- who may see it


async def test_a_gateway_that_wants_a_token_is_given_one_that_stays_in_the_tab(
    browser: Browser, guarded: Stand, keys_file: Path
) -> None:
    token = key_with(keys_file, *Scope)
    visit = await visit_with(browser, guarded, token)
    await expect(visit.matrix).to_have_attribute("aria-rowcount", "41")
    kept = await visit.page.evaluate("[JSON.stringify(localStorage), document.cookie, location.href]")
    assert [text for text in kept if token in text] == []
    assert token in await visit.page.evaluate("JSON.stringify(sessionStorage)")


async def test_a_token_that_is_forgotten_takes_everything_with_it(
    browser: Browser, guarded: Stand, keys_file: Path
) -> None:
    visit = await visit_with(browser, guarded, key_with(keys_file, *Scope))
    await visit.page.get_by_role("button", name="Forget token").click()
    await expect(visit.page.get_by_label("Bearer token")).to_be_focused()
    assert await visit.page.evaluate("sessionStorage.length") == 0
    assert "Amara" not in await visit.page.content()


async def test_a_token_that_is_not_accepted_is_told_and_not_kept(browser: Browser, guarded: Stand) -> None:
    visit = await visit_in(browser, f"{guarded.base_url}/dashboard")
    await expect(visit.page.get_by_role("alert")).to_be_hidden()
    await visit.enter_token("ag_nobody_0000")
    await expect(visit.page.get_by_role("alert")).to_have_text("The gateway does not accept this token.")
    assert await visit.page.evaluate("sessionStorage.length") == 0


async def test_a_part_whose_scope_is_missing_says_which_and_the_others_work(
    browser: Browser, guarded: Stand, keys_file: Path
) -> None:
    token = key_with(keys_file, Scope.MEMBERS_READ, Scope.PII_READ)
    visit = await visit_with(browser, guarded, token)
    await expect(visit.part("audit")).to_contain_text("needs the scope audit:read")
    await expect(visit.matrix).to_have_attribute("aria-rowcount", "41")


async def test_without_the_scope_to_read_members_the_platforms_are_still_shown(
    browser: Browser, guarded: Stand, keys_file: Path
) -> None:
    visit = await visit_with(browser, guarded, key_with(keys_file, Scope.AUDIT_READ))
    await expect(visit.part("matrix-notes")).to_contain_text("needs the scope members:read")
    await expect(visit.part("expiring")).to_contain_text("needs the scope members:read")
    await expect(visit.part("audit")).to_contain_text("Nothing was changed yet.")
    await expect(visit.part("platforms").get_by_role("heading", name="Testomato")).to_be_visible()
    await visit.page.get_by_role("button", name="Save as CSV").click()
    await expect(visit.part("announcement")).to_contain_text("needs the scope members:read")


# ---------------------------------------------------------------- what fails


async def test_a_platform_that_fails_is_told_in_words_and_the_other_is_shown(
    browser: Browser, stand: Stand
) -> None:
    stand.testomato.faults.add(Fault(kind=FaultKind.STATUS, status=503))
    visit = await visit_in(browser, f"{stand.base_url}/dashboard")
    await visit.have_read()
    await expect(visit.part("matrix-notes")).to_contain_text("Testomato could not be read: what it holds")
    card = visit.part("platforms").get_by_role("listitem").filter(has_text="Testomato")
    await expect(card).to_contain_text("UPSTREAM_UNAVAILABLE")
    await expect(card).to_contain_text("some calls fail")
    await expect(visit.cell("Arjun Mehta, Crypto Basis Carry: editor")).to_have_text("E")


async def test_a_platform_that_is_not_called_any_more_is_down(
    browser: Browser, make_stand: MakeStand
) -> None:
    stand = await make_stand(
        settings={f"GATEWAY_TESTOMATO__{name}": "1" for name in ("BREAKER_LEAST_CALLS", "RETRY_ATTEMPTS")}
    )
    stand.testomato.faults.add(Fault(kind=FaultKind.STATUS, status=503))
    visit = await visit_in(browser, f"{stand.base_url}/dashboard")
    await visit.have_read()
    card = visit.part("platforms").get_by_role("listitem").filter(has_text="Testomato")
    await expect(card).to_contain_text("is not called for now")
    await expect(card).to_contain_text("Worth trying from")


async def test_reading_again_asks_the_platforms_anew_and_shows_what_has_changed(
    browser: Browser, make_stand: MakeStand
) -> None:
    stand = await make_stand(settings={"GATEWAY_QUANTCONNECT__CACHE_FRESH_SECONDS": "600"})
    visit = await visit_in(browser, f"{stand.base_url}/dashboard")
    await visit.have_read()
    stand.quantconnect.state.projects.clear()
    await visit.page.get_by_role("button", name="Read again").click()
    await expect(visit.matrix).to_have_attribute("aria-colcount", "11")


async def test_a_gateway_with_narrow_limits_is_asked_in_smaller_pages(
    browser: Browser, make_stand: MakeStand
) -> None:
    stand = await make_stand(settings={"GATEWAY_LIMITS__PAGE_SIZE": "60", "GATEWAY_LIMITS__COST": "12000"})
    visit = await visit_in(browser, f"{stand.base_url}/dashboard")
    await visit.have_read()
    await expect(visit.matrix).to_have_attribute("aria-rowcount", "41")


# ---------------------------------------------------------------- other settings


async def test_the_page_works_where_only_its_own_documents_are_trusted(
    browser: Browser, make_stand: MakeStand
) -> None:
    stand = await make_stand(
        settings={"GATEWAY_DOCUMENTS__FILE": str(TRUSTED_DOCUMENTS), "GATEWAY_DOCUMENTS__MODE": "enforce"}
    )
    visit = await visit_in(browser, f"{stand.base_url}/dashboard")
    await visit.have_read()
    await visit.page.get_by_label("Declaration", exact=True).fill("version = 1\n")
    await visit.page.get_by_role("button", name="Compare").click()
    await expect(visit.part("drift")).to_contain_text("Access that nothing declares")
    await expect(visit.matrix).to_have_attribute("aria-rowcount", "41")
    assert visit.complaints == []


@asynccontextmanager
async def below_a_prefix(stand: Stand) -> AsyncIterator[str]:
    """The same gateway as behind a proxy that gives it a part of its addresses."""
    gateway = create_app(stand.settings)

    async def proxy(scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            assert scope["path"].startswith(PREFIX), scope["path"]
            path = scope["path"].removeprefix(PREFIX)
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await gateway(scope, receive, send)

    async with serving(proxy) as base_url:
        yield base_url + PREFIX


async def test_the_page_works_behind_a_prefix(browser: Browser, stand: Stand) -> None:
    async with below_a_prefix(stand) as base_url:
        visit = await visit_in(browser, f"{base_url}/dashboard")
        await visit.have_read()
        await expect(visit.matrix).to_have_attribute("aria-rowcount", "41")
        async with visit.page.expect_download():
            await visit.page.get_by_role("button", name="Save as CSV").click()
        assert {url for url in visit.requests if not url.startswith((base_url, "blob:", "data:"))} == set()
        await visit.page.close()
