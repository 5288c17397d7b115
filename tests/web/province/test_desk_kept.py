"""What a clerk has typed and submitted at the desk outlives what befalls it, and is said once."""

from __future__ import annotations

from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import violations
from support.waiting_desk import WaitingDesk

from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.web.accounts.users_file import UsersFile

pytestmark = pytest.mark.slow


def returning(page: Page, desk: WaitingDesk, letter: str) -> None:
    """Open the form that returns a letter."""
    desk.opened(page, letter)
    page.get_by_role("link", name="return the letter").click()


def reason(page: Page):
    return page.get_by_role("textbox", name="reason", exact=True)


def test_what_is_typed_outlives_a_server_that_is_killed(browser: Browser, desk: WaitingDesk):
    (letter,) = desk.letters(1)
    page = desk.clerk(browser, "wang")
    returning(page, desk, letter)
    reason(page).fill("the account is closed")
    expect(page.get_by_text("What you typed is kept.")).to_be_visible()
    desk.served.kill()
    reason(page).press_sequentially(" since May")
    reason(page).press("Control+Enter")
    expect(page.get_by_text("What you type is not kept")).to_be_focused()
    assert reason(page).input_value() == "the account is closed since May", "nothing was sent, nothing is lost"
    desk.served.start()
    page.reload()
    expect(page.get_by_text("This is what you typed earlier")).to_be_visible()
    assert reason(page).input_value() == "the account is closed"
    page.context.close()


def test_what_is_typed_outlives_a_session_and_is_submitted_in_the_next(browser: Browser, desk: WaitingDesk):
    (letter,) = desk.letters(1)
    page = desk.clerk(browser, "wang")
    returning(page, desk, letter)
    page.get_by_role("combobox", name="reason code").select_option("BANK_DATA_INVALID")
    with closing(UsersFile(desk.served.folder)) as file, file.writing() as db:
        db.execute("DELETE FROM sessions")
    reason(page).fill("closed")
    reason(page).press("Control+Enter")
    expect(page.get_by_text("What you type is not kept")).to_be_focused()
    other = page.context.new_page()  # another window of the same browser
    other.goto(f"{desk.served.address}/desk?lang=en")
    desk.sign_in(other, "wang")
    with page.expect_navigation():
        page.get_by_role("button", name="Submit:").click()
    (written,) = desk.documents(letter)
    assert (written.kind, written.fields["reason_text"]) == ("TransferReturned", "closed")
    page.context.close()


def test_enter_twice_back_and_reload_are_one_submission(browser: Browser, desk: WaitingDesk):
    (letter,) = desk.letters(1)
    page = desk.clerk(browser, "wang")
    returning(page, desk, letter)
    page.get_by_role("combobox", name="reason code").select_option("BANK_DATA_INVALID")
    button = page.get_by_role("button", name="Submit:")
    button.evaluate("(button) => { button.click(); button.click(); }")
    expect(page.get_by_text("Written:")).to_be_visible()
    page.reload()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.reload()
    assert [d.kind for d in desk.documents(letter)] == ["TransferReturned"]
    page.context.close()


def test_what_is_refused_comes_back_on_top_with_its_fault_and_what_was_typed(browser: Browser, desk: WaitingDesk):
    (first,) = desk.applications(1)
    application = desk.ours.local.application(first)
    assert application is not None
    page = desk.clerk(browser, "wang")
    desk.opened(page, first)
    with page.expect_navigation():
        page.keyboard.press("s")
    desk.country.settle()
    page.get_by_role("link", name="New case").click()
    second = page.get_by_role("textbox", name="number of the case").input_value()
    page.get_by_role("textbox", name="identity number").fill(application.person)
    page.get_by_role("textbox", name="name", exact=True).fill("合成丙")
    page.get_by_role("combobox", name="origin").select_option("44")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert "written" in page.get_by_role("status").first.inner_text()
    desk.country.settle()
    (refused,) = desk.documents(second)
    assert refused.state is DocumentState.REJECTED
    page.goto(f"{desk.served.address}/desk?lang=en")
    top = page.get_by_role("table").first.get_by_role("row").nth(1)
    assert second in top.inner_text()
    top.get_by_role("link").click()
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    assert page.title().startswith("Error: ")
    link = alert.get_by_role("link")
    assert page.get_by_text(link.inner_text(), exact=True).count() == 2, "the same words stand at the field"
    link.press("Enter")
    expect(page.get_by_role("combobox", name="origin")).to_be_focused()
    assert page.get_by_role("textbox", name="name", exact=True).input_value() == "合成丙"
    assert page.get_by_role("combobox", name="why it is taken back").count() == 0, "nothing is"
    assert violations(page) == []
    page.context.close()
