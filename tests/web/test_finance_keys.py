"""Breaks worked off by keyboard in a real browser, while platform and adapters run; two officers at one break."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import watched
from support.finance_nation import nation_with_breaks, with_one_candidate, with_several
from support.made_once import made_once
from support.pages import PASSWORD, sign_in, token_of
from support.programs import serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "breaks", nation_with_breaks)


@pytest.fixture
def address(made: Path, tmp_path: Path) -> Iterator[str]:
    """The pages over a copy of it, with everything that runs."""
    with serving(Path(shutil.copytree(made, tmp_path / "nation")), "--all") as (_, found):
        yield found


def _opened(browser: Browser, address: str, user: str, path: str = "/finance/breaks") -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{address}{path}?lang=en")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}{path}*")
    return page


def test_an_officer_works_breaks_off_by_keyboard_and_nothing_fires_while_typing(browser, address, made):
    page = _opened(browser, address, f"first{with_several(made)}")
    troubles = watched(page)
    rows = page.get_by_role("table", name="Breaks, the oldest first").get_by_role("row")
    expect(rows).to_have_count(3)
    place = page.url
    for field in ("Working days old, at least", "Why, without personal data"):
        page.get_by_label(field).focus()
        page.keyboard.type("1xrijk")
        assert page.get_by_label(field).input_value().strip("0") == "1xrijk", "what is typed is text"
    page.get_by_label("Kind").focus()
    page.keyboard.press("i")
    assert page.url == place

    page.goto(page.url)  # the focus is where the list stands
    page.keyboard.press("j")
    page.wait_for_url("**at=*")
    chosen = rows.nth(2).get_by_role("link")
    expect(chosen).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("i")
    expect(page.get_by_role("status")).to_have_text("Taken by the platform.")
    expect(rows.nth(2)).to_contain_text("investigating")
    expect(chosen).to_be_focused()
    page.keyboard.press("r")
    expect(page.get_by_label("Event that cured it (position or id)")).to_be_focused()
    page.keyboard.type("1")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("DIFFERENCE_REMAINS")
    expect(chosen).to_be_focused()
    assert troubles == []
    page.context.close()


def test_a_number_confirms_its_candidate_a_second_officer_is_told_and_x_takes_it_back(browser, address, made):
    page = _opened(browser, address, f"first{with_one_candidate(made)}")
    second = _opened(browser, address, f"second{with_one_candidate(made)}")
    for one in (page, second):
        expect(one.get_by_role("button", name="Confirm")).to_be_visible()
    with page.expect_navigation():
        page.keyboard.press("1")
    expect(page.get_by_role("status")).to_have_text("Taken by the platform.")
    with second.expect_navigation():
        second.keyboard.press("1")
    expect(second.get_by_role("alert")).to_contain_text("RESOLVED_MEANWHILE")

    page.goto(f"{address}/finance/breaks?state=resolved")
    with page.expect_navigation():
        page.keyboard.press("x")
    expect(page.get_by_role("status")).to_have_text("Taken by the platform.")
    page.goto(f"{address}/finance/breaks")
    expect(page.get_by_role("button", name="Confirm")).to_be_visible()
    for one in (page, second):
        one.context.close()


def test_of_two_officers_who_confirm_in_the_same_instant_one_is_told(address, made):
    def confirm(user: str) -> tuple[int, str | None]:
        with httpx.Client(base_url=address, timeout=30) as client:
            assert sign_in(client, user) == 303
            found = client.get("/api/finance/breaks").json()["chosen"]
            path, payment = f"/api/finance/breaks/{found['break']}", found["candidates"][0]
            said = {"word": "confirm", "payment": payment}
            answer = client.post(path, json=said, headers={"X-CSRF-Token": token_of(client, "/finance/breaks")})
            return answer.status_code, answer.json()["code"]

    with ThreadPoolExecutor() as two:
        answers = sorted(two.map(confirm, [f"first{with_one_candidate(made)}", f"second{with_one_candidate(made)}"]))
    assert [status for status, _ in answers] == [202, 409], answers
    assert answers[1][1] in ("RESOLVED_MEANWHILE", "BANK_ENTRY_TAKEN"), answers
