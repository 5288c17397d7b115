"""The pages in a real browser: signing in, reading, in both themes and languages, wide and narrow, without a fault."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from support.browser import chromium, violations, watched
from support.pages import PASSWORD

WIDTHS = {1280: 800, 768: 1024, 320: 700}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def signed_in(browser: Browser, address: str, name: str, path: str) -> Page:
    """A page shown to a user who has followed a link and signed in with the keyboard alone."""
    page = browser.new_context().new_page()
    page.goto(f"{address}{path}?lang=en")
    page.get_by_label("User name").fill(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}{path}*")
    return page


@pytest.mark.parametrize(
    ("name", "path", "title"),
    [
        ("ministry", "/overview", "Overview"),
        ("operator", "/alerts", "Alerts"),
        ("ministry", "/index", "Handling times"),
        ("operator", "/ingest", "Intake"),
        ("clerk41", "/desk", "Desk"),
    ],
)
def test_a_page_has_no_fault_in_any_theme_language_or_width(browser, address, name, path, title):
    page = signed_in(browser, address, name, path)
    troubles = watched(page)
    assert page.get_by_role("heading", level=1).inner_text() == title
    for language in ("zh", "en"):
        for theme in ("light", "dark"):
            page.goto(f"{address}{path}?lang={language}&theme={theme}")
            assert violations(page) == [], (language, theme)
            for width, height in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": height})
                wide = page.evaluate("() => document.documentElement.scrollWidth")
                assert wide <= width, (language, theme, width)
    assert troubles == []
    page.context.close()


def test_a_wrong_password_is_told_where_the_focus_is(browser, address):
    page = browser.new_context().new_page()
    page.goto(f"{address}/login?lang=en")
    page.get_by_label("User name").fill("ministry")
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Sign in").click()
    alert = page.get_by_role("alert")
    assert alert.inner_text().strip() == "wrong name or password"
    assert alert.evaluate("(element) => element === document.activeElement")
    assert page.title().startswith("Error: ")
    assert violations(page) == []
    page.context.close()


def test_signing_out_ends_the_session_and_back_shows_nothing(browser, address):
    page = signed_in(browser, address, "ministry", "/overview")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{address}/login*")
    page.go_back()
    page.wait_for_url(f"{address}/login*")
    page.context.close()
