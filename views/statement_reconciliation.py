"""Statements against payments: the figures of each bank account, and how many breaks are open."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from jinbao.language.words import Translator, Words
from jinbao.platform.bank_matching.figures import AccountFigures
from jinbao.platform.projections.statement_reconciliation import StatementReconciliation
from jinbao.presentation import formatting, labels, ledger_labels
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
