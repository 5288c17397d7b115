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

MONEY_WAYS: dict[str, Words] = {
    "none": ("只转信息，不转钱。", "Information only: no money moves."),
    "by_period": (
        "不单独划款：办结后金额记入两省之间的结算账，按期结算。",
        "No payment of its own: on completion the sum is booked between the two provinces and settled by period.",
    ),
}
"""How money moves where no payment goes with a case."""


def account(name: str) -> Words:
    """Label of an account."""
    return labelled(ACCOUNTS, name)
