"""Statements against payments: the figures of each bank account, and the breaks that are open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from jinbao.language.words import Translator, Words
from jinbao.platform.bank_matching.figures import AccountFigures
from jinbao.platform.bank_matching.values import Break, Payment
from jinbao.platform.projections.statement_reconciliation import StatementReconciliation
from jinbao.presentation import formatting, labels, ledger_labels
from jinbao.rules.working_days import WorkingDays
from jinbao.views.table import Table, View, headings

_FIGURES: list[Words] = [
    ("期初", "opening"),
    ("期末", "closing"),
    ("账上", "ledger"),
    ("其他", "other"),
    ("差异", "breaks"),
    ("未解释", "unexplained"),
]


def reconciliation_as_json(reconciled: StatementReconciliation, province: str | None) -> dict[str, object]:
    """Each account's figures in fen, and how many breaks of each kind are open; of one province or of all."""
    accounts, kinds = reconciled.accounts(province), Counter(found.kind for found in reconciled.breaks(province))
    return {
        "as_of": reconciled.as_of,
        "explained": not any(figures.unexplained_fen for figures in accounts),
        "accounts": [_account_as_json(figures) for figures in accounts],
        "breaks": dict(sorted(kinds.items())),
    }


def _account_as_json(figures: AccountFigures) -> dict[str, object]:
    balances = figures.balances
    return {
        "account": UUID(bytes=figures.account.id),
        "province": figures.account.province,
        "kind": figures.account.kind,
        "statements_to": balances and balances.statements_to,
        "opening_fen": balances and balances.opening_fen,
        "closing_fen": balances and balances.closing_fen,
        "ledger_fen": figures.ledger_fen,
        "other_fen": figures.other_fen,
        "breaks_fen": figures.breaks_fen,
        "unexplained_fen": figures.unexplained_fen,
    }


def reconciliation_page(tr: Translator, reconciled: StatementReconciliation, province: str | None) -> View:
    """The accounts in yuan, and the open breaks by kind."""
    accounts, kinds = reconciled.accounts(province), Counter(found.kind for found in reconciled.breaks(province))
    if not accounts:
        return [tr("没有登记银行账户：jinbao bank accounts add", "no bank account is named: jinbao bank accounts add")]
    names: list[Words] = [("省份", "province"), ("账户", "account"), ("类别", "kind"), ("对账单至", "statements to")]
    rows = [_account_row(tr, figures) for figures in accounts]
    view: list[str | Table] = [Table(headings(tr, names, _FIGURES), rows)]
    if kinds:
        counts = [(tr.of(ledger_labels.BREAKS[kind]), number) for kind, number in sorted(kinds.items())]
        title = tr("未了差异（jinbao breaks list）", "Open breaks (jinbao breaks list)")
        view.append(Table(headings(tr, [("差异", "break")], [("笔数", "number")]), counts, title))
    unexplained_fen = sum(abs(figures.unexplained_fen) for figures in accounts)
    yuan = formatting.yuan(unexplained_fen)
    view.append(tr(f"未解释合计 {yuan} 元", f"unexplained: {yuan} yuan"))
    return view


def _account_row(tr: Translator, figures: AccountFigures) -> tuple[object, ...]:
    balances = figures.balances
    amounts = (figures.ledger_fen, figures.other_fen, figures.breaks_fen, figures.unexplained_fen)
    said = (balances.opening_fen, balances.closing_fen) if balances else None
    return (
        tr.of(labels.province(figures.account.province)),
        str(UUID(bytes=figures.account.id)),
        tr.of(ledger_labels.BANK_ACCOUNTS[figures.account.kind]),
        str(balances.statements_to) if balances else "",
        *(map(formatting.yuan, said) if said else ("", "")),
        *map(formatting.yuan, amounts),
    )


def break_as_json(reconciled: StatementReconciliation, found: Break, calendar: WorkingDays) -> dict[str, object]:
    """One open break, amounts in fen."""
    return {
        "break": found.id,
        "kind": found.kind,
        "state": "investigating" if found.id.bytes in reconciled.words else "open",
        "province": found.province,
        "account": found.account and UUID(bytes=found.account),
        "amount_fen": found.amount_fen,
        "difference_fen": found.difference_fen,
        "booked_on": found.day,
        "age_working_days": calendar.between(found.day, reconciled.as_of),
        "payment_reference": " ".join(found.references) or None,
        "transfers": _transfers(found, reconciled.payments),
        "candidates": found.candidates,
        "cured_by": None,
    }


def _transfers(found: Break, payments: Mapping[str, Payment]) -> list[UUID]:
    """The transfers of the payments that the break is about, where they are known."""
    references = dict.fromkeys((*found.references, *(side.reference for side in found.sides)))
    about = [payments[reference] for reference in references if reference in payments]
    return [UUID(bytes=line.transfer) for payment in about for line in payment.lines if line.transfer]


def breaks_page(
    tr: Translator, reconciled: StatementReconciliation, breaks: Sequence[Break], calendar: WorkingDays
) -> View:
    """The open breaks, the oldest first."""
    if not breaks:
        return [tr("没有未了差异", "no break is open")]
    names: list[Words] = [("日期", "day"), ("省份", "province"), ("差异", "break"), ("付款编号", "payment")]
    names += [("可能是", "candidates"), ("编号", "id")]
    amounts: list[Words] = [("金额", "amount"), ("银行减账", "bank minus ledger"), ("工作日", "working days")]
    rows = [
        (
            str(found.day),
            tr.of(labels.province(found.province)),
            tr.of(ledger_labels.BREAKS[found.kind]),
            " ".join(found.references),
            " ".join(found.candidates),
            str(found.id),
            formatting.yuan(found.amount_fen),
            formatting.yuan(found.difference_fen),
            calendar.between(found.day, reconciled.as_of),
        )
        for found in breaks
    ]
    return [Table(headings(tr, names, amounts), rows)]
