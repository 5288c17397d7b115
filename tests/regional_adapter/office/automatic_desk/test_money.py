"""Automatic desks and money: slips that replace others, announced money, orders for less, settlement by period."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.two_provinces import EXAMPLES, NOW_US, TODAY, Run, import_both, yuan

from jinbao.platform.projections import fund_ledger
from jinbao.regional_adapter.adapter_config import load_adapter_config
from jinbao.regional_adapter.forms.information_sheet import information_sheet
from jinbao.regional_adapter.forms.origin_review import OriginReviewPassedForm
from jinbao.regional_adapter.forms.payment import remittance
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.office.automatic_desk import Desk
from jinbao.rules.payment_reference import make_payment_reference


def test_a_payment_line_that_comes_twice_with_two_amounts_is_bad_the_second_time(
    run: Run, announce: Callable[..., Any], slips: Callable[..., Any]
) -> None:
    letter, sheet, reference = announce(None)
    right = sheet.fields["total"]
    report = slips(letter, reference, yuan(right), yuan(right + 18))
    assert (report.taken, [(bad.line, bad.column) for bad in report.bad]) == (1, [(3, "付款行号")])
    assert run.sent("41").count("TransferCompleted") == 1


@pytest.mark.parametrize("wrong_by", [18, -18])
@pytest.mark.parametrize("told", ["before", "after"])
def test_the_right_slip_replaces_the_wrong_one_and_completes(
    run: Run, announce: Callable[..., Any], slips: Callable[..., Any], wrong_by: int, told: str
) -> None:
    """Whether the payer's notice came before the wrong slip, so that it was refused, or after the mismatch."""
    letter, sheet, reference = announce(None)
    right = sheet.fields["total"]
    if told == "before":
        announce(right)
    assert slips(letter, reference, yuan(right + wrong_by)).taken == 1
    assert "TransferCompleted" not in run.sent("41")
    assert ("MismatchReported" in run.sent("41")) == (told == "after")
    assert slips(letter, reference, yuan(right)).taken == 1
    assert run.sent("41").count("TransferCompleted") == 1
    assert len(run.nation.province("44").local.incoming("TransferCompleted")) == 1
    again = slips(letter, reference, yuan(right))
    assert (again.taken, again.unchanged) == (0, 1)


def test_a_wrong_slip_after_the_completion_changes_nothing_and_the_right_one_still_stands(
    run: Run, announce: Callable[..., Any], slips: Callable[..., Any]
) -> None:
    letter, sheet, reference = announce(None)
    right = sheet.fields["total"]
    slips(letter, reference, yuan(right))
    assert run.sent("41").count("TransferCompleted") == 1
    slips(letter, reference, yuan(right + 18))
    codes = [a.fields["code"] for a in run.nation.province("41").local.incoming("SubmissionAnswered")]
    assert codes == ["CANNOT_ANNUL"], "the wrong slip goes out only once the right one is taken back"
    wrong = run.nation.province("41").local.documents(kind="FundsReceived")[-1]
    assert (wrong.fields["amount"], wrong.state, wrong.code) == (right + 18, DocumentState.REJECTED, "CANNOT_ANNUL")
    again = slips(letter, reference, yuan(right))
    assert (again.taken, again.unchanged) == (0, 1)


def test_the_desk_completes_nothing_while_announced_money_is_on_its_way(
    run: Run, announce: Callable[..., Any], slips: Callable[..., Any]
) -> None:
    """Though what came is what the sheet says: a second payment was announced."""
    letter, sheet, reference = announce(None)
    total, more = sheet.fields["total"], make_payment_reference("MORE")
    guangdong = run.nation.province("44").local
    form = remittance(700, more, 1, TODAY)
    guangdong.write_document(form.KIND, f"{more}-1", letter.transfer_id.hex, form.fields, "clerk", NOW_US)
    announce(total)
    slips(letter, reference, yuan(total))
    assert "TransferCompleted" not in run.sent("41")
    assert "MismatchReported" not in run.sent("41")
    slips(letter, more, "7.00")
    assert "MismatchReported" in run.sent("41")


def test_an_order_for_less_than_the_sheet_is_reported_as_a_mismatch(run: Run) -> None:
    del run.desks["44"]
    import_both(run)
    guangdong = run.nation.province("44").local
    agency = load_adapter_config(EXAMPLES / "adapter-44.toml", "44").agency
    letter = guangdong.incoming("ContactLetterIssued")[0]
    number = letter.fields["personal"]["number"]
    account = guangdong.account(number)
    sheet = information_sheet(letter, guangdong.contributions(number), account, agency, TODAY, "44").form
    reference = make_payment_reference("TEST")
    order = remittance(100, reference, 1, TODAY)
    for key, form in (("V", OriginReviewPassedForm(letter_version=1)), ("S", sheet), (f"{reference}-1", order)):
        guangdong.write_document(form.KIND, key, letter.transfer_id.hex, form.fields, "clerk", NOW_US)
    run.settle()

    run.bank()

    (report,) = guangdong.incoming("MismatchReported")
    assert (report.fields["received"], report.fields["expected"]) == (100, sheet.fields["total"])
    assert report.fields["request"] == "top_up"
    assert "TransferCompleted" not in run.sent("41")
    assert run.nation.province("41").local.incoming("SubmissionAnswered") == []


def _translated(file: Path, folder: Path, *changes: tuple[str, str]) -> Path:
    """A copy of an example with other provinces."""
    text = file.read_text("gb18030")
    for old, new in changes:
        text = text.replace(old, new)
    copy = folder / file.name
    copy.write_text(text, "gb18030")
    return copy


def test_between_sichuan_and_chongqing_no_payment_is_ordered_and_the_sheet_alone_completes(
    run: Run, tmp_path: Path
) -> None:
    """The desks know by the same procedures as the platform that the two settle by period."""
    run.parties = ["50", "51"]
    agency = load_adapter_config(EXAMPLES / "adapter-41.toml", "41").agency
    for code in run.parties:
        run.desks[code] = Desk(run.nation.province(code).local, agency)
    provinces = (",44,2025-03-03", ",51,2025-03-03"), (",广东,", ",四川,"), (",440000,2025", ",510000,2025")
    head = ("41,2025-41-", "50,2025-50-")
    run.take(_translated(EXAMPLES / "applications-41.csv", tmp_path, head, *provinces), "50")
    run.take(_translated(EXAMPLES / "history-44.csv", tmp_path, ("\n44,", "\n51,"), (",44,", ",51,")), "51")
    assert "FundsRemitted" not in run.sent("51")
    assert run.sent("51").count("InformationSheetSent") == run.sent("50").count("TransferCompleted") == 3
    with run.platform.store.read() as work:
        accounts = {(row.province, row.account) for row in fund_ledger.ledger(work)}
    assert accounts == {
        ("51", "origin_fund"),
        ("51", "settlement_owed"),
        ("50", "destination_fund"),
        ("50", "settlement_due"),
    }
