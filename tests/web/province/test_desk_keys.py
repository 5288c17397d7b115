"""The desk by keyboard alone: sixty cases, three keys at most for an ordinary decision; where keys do nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from support.waiting_desk import WaitingDesk, waiting_desk

APPLICATIONS, LETTERS = 45, 15
MOST_KEYS = 3


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WaitingDesk]:
    with waiting_desk(tmp_path_factory.mktemp("desk") / "province") as found:
        yield found


def heading(page: Page) -> str:
    """The case that stands there, whose heading has the focus."""
    found = page.get_by_role("heading", level=1)
    expect(found).to_be_focused()
    return found.inner_text()


def press(page: Page, key: str) -> None:
    """Press a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_sixty_cases_are_cleared_by_keyboard_alone_with_three_keys_a_decision(browser: Browser, desk: WaitingDesk):
    desk.applications(APPLICATIONS)
    desk.letters(LETTERS)
    page = desk.clerk(browser, "li")
    expect(page.get_by_role("button", name="Open the next case")).to_be_focused()
    press(page, "n")
    keys: dict[str, list[str]] = {}
    while "/desk/" in page.url:
        case = heading(page)
        action = page.get_by_role("button", name="Submit:").inner_text()
        press(page, "s")
        keys.setdefault(case, []).append(action)
    assert len(keys) == APPLICATIONS + LETTERS
    assert max(map(len, keys.values())) <= MOST_KEYS, "a case with all its decisions"
    expect(page.get_by_text("Nothing waits here.")).to_be_visible()
    page.context.close()
