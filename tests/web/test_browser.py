"""The pages in a real browser: signing in, reading, in both themes and languages, wide and narrow, without a fault."""

from __future__ import annotations

from io import BytesIO

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader
from support.access_samples import Samples, expected_status
from support.browser import violations, watched
from support.pages import PASSWORD, SERVED, USERS

from jinbao.platform.store.store import Store
from jinbao.web.accounts.users import User
from jinbao.web.application import Application

WIDTHS = {1280: 800, 768: 1024, 360: 700, 320: 700}
LOOKS = [(language, theme) for language in ("zh", "en") for theme in ("light", "dark")]
SOUND: set[tuple[str, str, str, str]] = set()
"""Contents of pages without a fault: path, language, theme, text."""
_STEPS = 40
"""Stops of a walk by keyboard; a long list goes on in the same way."""
_FROM_THE_TOP = """() => {
    document.querySelectorAll("*").forEach((e, place) => { e.walkPlace = place });
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
}"""
_STOP = """() => {
    const e = document.activeElement;
    if (e === document.body || e === document.documentElement) return [null, true, ""];
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    const marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
    return [e.walkPlace ?? -1, marked && inside, e.outerHTML.slice(0, 120)];
}"""


def signed_in(browser: Browser, address: str, name: str, path: str) -> Page:
    """A page shown to a user who has followed a link and signed in with the keyboard alone."""
    page = browser.new_context(reduced_motion="reduce").new_page()
    page.goto(f"{address}{path}?lang=en")
    page.get_by_label("User name").fill(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}{path}*")
    return page


def pages_of(application: Application, store: Store, name: str) -> list[str]:
    """An address of every page that the user may see, from the lists of the sites and the table of access."""
    role, province = USERS[name]
    user, samples = User(1, name, role, province, False), Samples.read(store)
    found = {}
    for site in application.sites:
        desk = site.name == "province"
        for page in site.pages:
            for sample in samples.of(page, user, at_the_desk=desk):
                status = expected_status(
                    application.access, user, page, sample, at_the_desk=desk, served=province in SERVED
                )
                if status == 200:
                    found.setdefault(page.path, sample.path)
    return list(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ministry", "clerk41", "finance41", "supervisor41", "auditor", "operator"])
def test_every_page_of_a_role_has_no_fault_in_any_language_theme_or_width(
    browser, address, application, store, name, subtests
):
    paths = pages_of(application, store, name)
    page = signed_in(browser, address, name, paths[0])
    troubles = watched(page)
    for path in paths:
        with subtests.test(path):
            for language, theme in LOOKS:
                answer = page.goto(f"{address}{path}?lang={language}&theme={theme}")
                assert answer is not None
                assert answer.status == 200
                assert page.locator("html").get_attribute("lang") == ("zh-Hans" if language == "zh" else "en")
                assert page.get_by_role("heading", level=1).count() == 1
                content = (path, language, theme, page.locator("main").inner_text())
                if content not in SOUND:  # what two roles see alike is looked at once
                    assert violations(page) == [], (language, theme)
                    SOUND.add(content)
                for width, height in WIDTHS.items():
                    page.set_viewport_size({"width": width, "height": height})
                    wide = page.evaluate("() => document.documentElement.scrollWidth")
                    assert wide <= width, (language, theme, width, overflowing(page))
            page.set_viewport_size({"width": 1280, "height": 800})
            walk_by_keyboard(page)
            assert troubles == []
    page.context.close()


def overflowing(page: Page) -> list[str]:
    """Elements that reach beyond the window's right edge."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.outerHTML.slice(0, 100)).slice(0, 5)"""
    )
    return found


def walk_by_keyboard(page: Page) -> None:
    """Tab from the top: first the way to the content, then everything that can be used, in its order, and seen."""
    page.evaluate(_FROM_THE_TOP)
    first = last = -1
    for _ in range(_STEPS):
        page.keyboard.press("Tab")
        place, seen, element = page.evaluate(_STOP)
        if first == -1:
            first = place
            assert 'href="#main"' in element, element
        elif place in (None, first):  # everything has been passed
            return
        assert seen, f"the focus cannot be seen: {element}"
        assert place > last, f"the focus goes back: {element}"
        last = place


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


def test_a_case_is_opened_from_the_filtered_list_and_back_shows_the_filter(browser, address):
    page = signed_in(browser, address, "ministry", "/cases")
    page.get_by_label("State").select_option("completed")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**state=completed*")
    page.get_by_role("table").get_by_role("link").first.click()
    page.wait_for_url(f"{address}/cases/*-*")
    assert page.get_by_role("img", name="Clocks on the calendar").is_visible()
    page.go_back()
    assert page.get_by_label("State").input_value() == "completed"
    page.context.close()


def test_the_overview_on_paper_has_all_columns_of_the_matrix_and_nothing_to_play(browser, address):
    page = signed_in(browser, address, "ministry", "/overview")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 1017})  # A4 within its margins
    right = page.evaluate("() => document.querySelector('.matrix').getBoundingClientRect().right")
    assert (right <= 688, page.get_by_role("slider").is_visible()) == (True, False)
    page.context.close()


def test_a_list_is_printed_whole_on_a4_with_who_and_when(browser, address):
    page = signed_in(browser, address, "ministry", "/cases")
    cases = page.request.get(f"{address}/api/cases?rows=all").json()["cases"]
    page.get_by_role("link", name="All rows, to print").click()
    page.wait_for_url("**rows=all*")
    paper = PdfReader(BytesIO(page.pdf(format="A4")))
    text = "".join(sheet.extract_text() for sheet in paper.pages)
    assert len(paper.pages) > 1
    assert [case["application"] for case in cases if case["application"] not in text] == []
    for said in ("ministry", "Asia/Shanghai", "As of", "Event"):
        assert said in text
    page.context.close()
