"""The desk in Chinese, without any script: decisions, a supervisor who moves cases, files with their rejects."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.waiting_desk import WaitingDesk

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[3] / "examples"


def clerk(browser: Browser, desk: WaitingDesk, name: str) -> Page:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{desk.served.address}/desk?lang=zh")
    desk.sign_in(page, name, "zh")
    return page


def found(page: Page, desk: WaitingDesk, case: str) -> None:
    """Look a case up and take it."""
    page.goto(f"{desk.served.address}/desk")
    page.get_by_role("searchbox").fill(case)
    page.get_by_role("button", name="查找").click()
    if page.get_by_role("button", name="由我办理").count():
        page.get_by_role("button", name="由我办理").click()


def test_a_decision_its_fault_and_what_is_kept(browser: Browser, desk: WaitingDesk):
    (letter,) = desk.letters(1)
    page = clerk(browser, desk, "wang")
    found(page, desk, letter)
    page.get_by_role("link", name="退回联系函").click()
    page.get_by_role("textbox", name="原因说明").fill("账户已销户")
    page.get_by_role("button", name="暂存").click()
    expect(page.get_by_text("这是您先前填写的内容，尚未提交。")).to_be_visible()
    page.get_by_role("button", name="提交：退回联系函").click()
    alert = page.get_by_role("alert")
    told = alert.get_by_role("link").inner_text()
    assert page.title().startswith("错误：")
    assert told == "原因代码：请填写"
    expect(page.get_by_text(told).nth(1)).to_be_visible()
    alert.get_by_role("link").click()
    assert page.url.endswith("#f-reason_code")
    page.get_by_role("combobox", name="原因代码").select_option("BANK_DATA_INVALID")
    page.get_by_role("button", name="提交：退回联系函").click()
    (written,) = desk.documents(letter)
    assert (written.kind, written.fields["reason_text"]) == ("TransferReturned", "账户已销户")
    page.context.close()


def test_an_application_is_begun_and_taken_back_by_a_reason_from_the_table(browser: Browser, desk: WaitingDesk):
    (letter,) = desk.letters(1)
    person = desk.ours.case(letter).personal()
    page = clerk(browser, desk, "wang")
    page.get_by_role("link", name="新业务").click()
    number = page.get_by_role("textbox", name="业务编号").first.input_value()
    page.get_by_role("textbox", name="社会保障号码").last.fill(person["number"])
    page.get_by_role("button", name="填入已知信息").click()
    assert page.get_by_role("textbox", name="姓名", exact=True).input_value() == person["name"]
    page.get_by_role("combobox", name="转出地").select_option("44")
    page.get_by_role("button", name="提交：受理申请").click()
    page.get_by_role("status").get_by_role("link").click()
    page.get_by_role("link", name="撤销").click()
    page.get_by_role("combobox", name="撤销原因").select_option("typing_error")
    page.get_by_role("textbox", name="备注").fill("号码看错")
    page.get_by_role("button", name="提交：撤销文书").click()
    taken, back = desk.documents(number)
    assert (taken.kind, back.kind, back.fields["reason_text"]) == (
        "ApplicationAccepted",
        "FactAnnulled",
        "录入有误：号码看错",
    )
    page.context.close()


def test_a_supervisor_moves_a_case_and_its_new_clerk_finds_it_first(browser: Browser, desk: WaitingDesk):
    (number,) = desk.applications(1)
    page = clerk(browser, desk, "wang")
    found(page, desk, number)
    chief = clerk(browser, desk, "chief51")
    chief.get_by_role("link", name="工作量").click()
    row = chief.get_by_role("row", name=number)
    row.get_by_role("combobox").select_option("zhao")
    row.get_by_role("button", name="转交").click()
    assert "zhao" in chief.get_by_role("row", name=number).get_by_role("cell").nth(2).inner_text()
    page.reload()
    expect(page.get_by_text("zhao").first).to_be_visible()
    assert page.get_by_role("button", name="提交：受理申请").count() == 0
    other = clerk(browser, desk, "zhao")
    assert "我的" in other.get_by_role("row", name=number).inner_text()
    for one in (page, chief, other):
        one.context.close()


def test_files_are_taken_in_and_the_rows_that_were_not_are_a_file(browser: Browser, desk: WaitingDesk, tmp_path: Path):
    page = clerk(browser, desk, "wang")
    page.get_by_role("link", name="文件").click()
    for form in ("applications-41", "history-44"):
        rows = (EXAMPLES / f"{form}.csv").read_bytes().decode("gb18030").splitlines()[:3]
        code = form[-2:]
        rows = [rows[0], rows[1].replace(f"{code},", "51,", 1), rows[2].replace(f"{code},", "99,", 1)]
        file = tmp_path / f"{form}.csv"
        file.write_bytes("\r\n".join([*rows, ""]).encode("gb18030"))
        page.get_by_label("文件", exact=True).set_input_files(file)
        page.get_by_role("button", name="导入").click()
        row = page.get_by_role("row", name=file.name)
        with page.expect_download() as download:
            row.get_by_role("button", name="原格式").click()
        head, *bad = download.value.path().read_text("gb18030").splitlines()
        assert head == f"{rows[0]},退回行号,退回列,退回原因,处理办法"
        assert [line for line in bad if line.startswith(rows[2])], "cells as they were"
    page.get_by_role("button", name="导入").click()
    expect(page.get_by_role("alert")).to_contain_text("请选择文件")
    assert page.title().startswith("错误：")
    page.context.close()
