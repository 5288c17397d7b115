"""Labels of the ledger: its accounts, and how money moves where no payment goes with a case."""

from __future__ import annotations

from jinbao.language.words import Words
from jinbao.presentation.labels import labelled

ACCOUNTS: dict[str, Words] = {
    "origin_fund": ("转出地基金", "origin fund"),
    "in_transit": ("在途", "in transit"),
    "destination_fund": ("转入地基金", "destination fund"),
    "suspense": ("暂收", "suspense"),
    "returned": ("退回", "returned"),
    "refunded": ("清退本人", "refunded to the person"),
    "settlement_owed": ("应付结算", "settlement owed"),
    "settlement_due": ("应收结算", "settlement due"),
    "moving": ("随更正转户", "moving to the corrected number"),
}

BREAKS: dict[str, Words] = {
    "unmatched_bank": ("银行已记、账上没有", "on the bank, not in the ledger"),
    "unmatched_ledger": ("账上已记、银行没有", "in the ledger, not on the bank"),
    "under": ("少于应付", "less than ordered"),
    "over": ("多于应付", "more than ordered"),
    "duplicate": ("重复记账", "booked twice"),
    "unknown_reference": ("付款编号无人报告", "payment reference that nobody reported"),
    "wrong_account": ("账户不对", "on a wrong account"),
    "batch_mismatch": ("批量与清单不符", "batch differs from its list"),
    "late_in_transit": ("在途逾期", "late in transit"),
    "returned": ("银行退回", "given back by the bank"),
    "missing_statement": ("缺对账单", "no statement"),
}
"""What is not explained between banks and ledger."""

BREAK_STATES: dict[str, Words] = {
    "open": ("未了", "open"),
    "investigating": ("查找中", "investigating"),
    "resolved": ("已消除", "resolved"),
}

WORD_REFUSALS: dict[str, Words] = {
    "NO_CANDIDATE": ("此付款不是该差异的候选付款", "this payment is no candidate of the break"),
    "DIFFERENCE_REMAINS": ("该事件没有抵消差额", "that event leaves a difference"),
    "NOT_CONFIRMED": ("该分录没有经确认的付款", "no payment is confirmed for the entry"),
    "RESOLVED_MEANWHILE": ("该差异已消除", "the break is resolved meanwhile"),
}
"""Why an officer's word about a break is not written, beside the platform's own codes."""
BREAK_FIELDS: dict[str, Words] = {
    "amount_fen": ("金额", "amount"),
    "payer": ("付款省", "paying province"),
    "payee": ("收款省", "receiving province"),
    "ordered_on": ("付款日", "day of the order"),
    "lines": ("人数", "persons"),
}
"""What proposals are held against each other by."""
SIDE_ROLES: dict[str, Words] = {
    "debit": ("付出", "paid out"),
    "credit": ("收入", "received"),
    "return": ("退汇", "given back"),
}
"""Sides of a payment on the banks."""

OPEN_ITEMS: dict[str, Words] = {
    "receipt_not_at_bank": ("企业已收、银行未收", "received in the book, not at the bank"),
    "payment_not_at_bank": ("企业已付、银行未付", "paid in the book, not at the bank"),
    "receipt_not_in_book": ("银行已收、企业未收", "received at the bank, not in the book"),
    "payment_not_in_book": ("银行已付、企业未付", "paid at the bank, not in the book"),
}
"""未达账项: what one of bank and book has and the other has not."""

BANK_ACCOUNTS: dict[str, Words] = {
    "in": ("收入户", "income account"),
    "out": ("支出户", "expenditure account"),
    "fiscal": ("财政专户", "special fiscal account"),
}

MONEY_WAYS: dict[str, Words] = {
    "none": ("只转信息，不转钱。", "Information only: no money moves."),
    "by_period": (
        "不单独划款：办结后金额记入两省之间的结算账，按期结算。",
        "No payment of its own: on completion the sum is booked between the two provinces and settled by period.",
    ),
}
"""How money moves where no payment goes with a case."""


FIGURES: dict[str, Words] = {
    "individual_before_1998": ("1998 年前个人缴费本息", "individual part before 1998"),
    "account_at_previous_year_end": ("上年末个人账户储存额", "account at the end of last year"),
    "current_year_principal": ("当年记入本金", "principal of the current year"),
    "individual_total": ("个人账户转移额", "personal part"),
    "pooling_total": ("统筹基金转移额", "pooling part"),
    "total": ("合计", "total"),
    "account_credit": ("记入个人账户", "credited to the account"),
    "account_interest": ("利息", "interest"),
    "pooling": ("统筹部分", "pooling part"),
    "transferred": ("转移额", "transferred"),
}
"""By figure of a sheet, without the year that it belongs to."""


def account(name: str) -> Words:
    """Label of an account."""
    return labelled(ACCOUNTS, name)


def figure(name: str) -> Words:
    """Label of a figure of a sheet, like `total` or `years[0].account_credit`."""
    return labelled(FIGURES, name.rpartition(".")[2])


def payment_stands(announced: bool, arrived: bool, bounced: bool) -> Words:
    """How far a payment has come, by who has reported it."""
    if bounced:
        return "银行退汇，未到", "given back by the bank"
    if not arrived:
        return "在途", "on its way"
    return ("已到账", "arrived") if announced else ("已到账，付款方尚未报送", "arrived, unannounced")
