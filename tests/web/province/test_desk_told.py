"""How far a document has come, seen in a browser: parked, accepted; nobody is to be told of what does not stand yet."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from support.country import now
from support.waiting_desk import WaitingDesk

from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_system import DocumentOutcome

pytestmark = pytest.mark.slow


def refuse(page: Page, desk: WaitingDesk, number: str) -> None:
    """Accept an application, and then refuse it by a reason's number."""
    desk.opened(page, number)
    with page.expect_navigation():
        page.keyboard.press("s")
    with page.expect_navigation():
        page.get_by_role("link", name="refuse the application").click()
    expect(page.get_by_role("combobox", name="reason code")).to_be_focused()
    page.keyboard.type("1")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")


def waits_because(page: Page, desk: WaitingDesk, number: str) -> str:
    """What the list says of a case; empty where it is not on the list."""
    page.goto(f"{desk.served.address}/desk?lang=en")
    row = page.get_by_role("row", name=number)
    return row.inner_text() if row.count() else ""


def test_a_person_is_to_be_told_once_the_decision_is_accepted_and_not_before(browser: Browser, desk: WaitingDesk):
    (number,) = desk.applications(1)
    page = desk.clerk(browser, "zhao")
    refuse(page, desk, number)
    assert [d.kind for d in desk.documents(number)] == ["ApplicationAccepted", "ApplicationRefused"]
    assert waits_because(page, desk, number) == ""
    desk.country.settle()
    assert "somebody is to be told: application refused" in waits_because(page, desk, number)
    desk.opened(page, number)
    expect(page.get_by_role("heading", name="inform the person")).to_be_visible()
    with page.expect_navigation():
        page.keyboard.press("s")
    assert desk.documents(number)[-1].fields["text"], "the words are those of the rules"
    assert waits_because(page, desk, number) == ""
    page.context.close()


def test_a_parked_document_says_that_it_waits_and_is_neither_late_nor_refused(browser: Browser, desk: WaitingDesk):
    (letter,) = desk.letters(1)
    page = desk.clerk(browser, "zhao")
    desk.opened(page, letter)
    with page.expect_navigation():
        page.keyboard.press("s")
    (written,) = desk.documents(letter)
    parked = DocumentOutcome(written.sequence, DocumentState.PARKED, now(), "PREDECESSOR_MISSING")
    desk.ours.local.note([parked])  # as the adapter notes what the platform says
    page.reload()
    assert "waits for an earlier message" in page.get_by_role("table", name="Documents").inner_text()
    page.get_by_role("table", name="Documents").get_by_role("link", name="origin review passed").click()
    expect(page.get_by_text("what must come first has not come yet; it is taken then")).to_be_visible()
    assert page.get_by_role("alert").count() == 0
    desk.ours.local.note([DocumentOutcome(written.sequence, DocumentState.ACCEPTED, now())])
    page.reload()
    expect(page.get_by_text("accepted", exact=True)).to_be_visible()
    page.context.close()
