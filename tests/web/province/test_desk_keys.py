"""The desk by keyboard alone: sixty cases, three keys at most for an ordinary decision; where keys do nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from support.waiting_desk import WaitingDesk

pytestmark = pytest.mark.slow

ACCEPTED, APPLICATIONS, LETTERS = 45, 10, 5
MOST_KEYS = 3


def heading(page: Page) -> str:
    """The case that stands there, whose heading has the focus."""
    found = page.get_by_role("heading", level=1)
    expect(found).to_be_focused()
    return found.inner_text()


def press(page: Page, key: str) -> None:
    """Press a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_sixty_cases_are_cleared_by_keyboard_alone_with_three_keys_a_decision(
    browser: Browser, desks: dict[str, WaitingDesk]
):
    desk = desks["41"]  # nobody else's cases are there
    for number in desk.applications(ACCEPTED):
        desk.ours.act(number, "accept-application")  # their letter is to be issued
    desk.applications(APPLICATIONS)
    desk.letters(LETTERS)
    page = desk.clerk(browser, "li")
    expect(page.get_by_role("button", name="Open the next case")).to_be_focused()
    press(page, "n")
    keys: dict[str, list[str]] = {}
    while "/desk/" in page.url:
        case = heading(page)
        press(page, "s")
        keys.setdefault(case, []).append("s")
    assert len(keys) == ACCEPTED + APPLICATIONS + LETTERS == 60
    assert max(map(len, keys.values())) <= MOST_KEYS, "a case with all its decisions"
    expect(page.get_by_text("Nothing waits here.")).to_be_visible()
    page.context.close()


def test_no_key_does_anything_while_somebody_types_or_an_input_method_composes(browser: Browser, desk: WaitingDesk):
    (letter,) = desk.letters(1)
    page = desk.clerk(browser, "wang")
    desk.opened(page, letter)
    press(page, choice(page, "return the letter"))
    address = page.url
    remark = page.get_by_role("textbox", name="reason", exact=True)
    remark.focus()
    page.keyboard.type("snl?1")
    assert remark.input_value() == "snl?1"
    cdp = page.context.new_cdp_session(page)
    cdp.send("Input.imeSetComposition", {"text": "ni", "selectionStart": 2, "selectionEnd": 2})
    page.keyboard.press("Control+Enter")
    cdp.send("Input.insertText", {"text": "你"})
    assert remark.input_value() == "snl?1你"
    page.keyboard.press("Escape")
    expect(remark).not_to_be_focused()
    composed = {"type": "rawKeyDown", "key": "s", "code": "KeyS", "windowsVirtualKeyCode": 229}
    cdp.send("Input.dispatchKeyEvent", composed)
    cdp.send("Input.dispatchKeyEvent", {**composed, "type": "keyUp"})
    page.keyboard.press("Control+s")
    assert page.url == address
    assert [d.kind for d in desk.documents(letter)] == []
    page.keyboard.press("f")
    expect(page.get_by_role("combobox", name="reason code")).to_be_focused()
    page.context.close()


def choice(page: Page, action: str) -> str:
    """The key of something else that can be done."""
    key = page.get_by_role("link", name=action).get_attribute("aria-keyshortcuts")
    assert key is not None
    return key


def test_keys_that_are_switched_off_do_nothing_and_the_tab_key_still_does(browser: Browser, desk: WaitingDesk):
    (number,) = desk.applications(1)
    page = desk.clerk(browser, "zhao")
    desk.opened(page, number)
    press(page, "?")
    page.get_by_role("button", name="Switch them off").focus()
    press(page, "Enter")
    page.go_back()
    page.go_back()
    address = page.url
    for key in ("s", "l", "?", "1", "f", "Control+Enter"):
        page.keyboard.press(key)
    assert page.url == address
    assert desk.documents(number) == []
    page.get_by_role("button", name="Submit:").focus()
    press(page, "Enter")
    assert [d.kind for d in desk.documents(number)] == ["ApplicationAccepted"]
    page.goto(f"{desk.served.address}/desk/keys")
    page.get_by_role("button", name="Switch them on").click()
    expect(page.get_by_text("The keys are on.")).to_be_visible()
    page.context.close()
