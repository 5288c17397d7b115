"""A province's month: each account's bank reconciliation statement (银行存款余额调节表), money by pair and case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from jinbao.language.words import Translator, Words
from jinbao.platform.bank_matching.month_end import PARTS, BalanceReconciliation, Movement, OpenItem, Part
from jinbao.platform.projections.month_report import LedgerMonth, MonthReport
from jinbao.presentation import formatting, labels, ledger_labels
from jinbao.views.csv_export import tables_as_csv
from jinbao.views.table import Table, headings
from jinbao.views.xlsx_export import as_xlsx

_KEYS: dict[Part, str] = {
    "receipt_not_at_bank": "receipts_not_at_bank",
    "payment_not_at_bank": "payments_not_at_bank",
    "receipt_not_in_book": "receipts_not_in_book",
    "payment_not_in_book": "payments_not_in_book",
}


def report_as_json(report: MonthReport) -> dict[str, Any]:
    """Amounts in fen."""
    ledger = report.ledger
    return {
        "province": report.province,
        "month": str(report.month),
        "accounts": [account_as_json(account) for account in report.accounts],
        "ledger": {
            "provinces": [{"province": of, **_movement(moved)} for of, moved in sorted(ledger.provinces.items())],
            "pairs": [
                {"origin": origin, "destination": destination, **_movement(moved)}
                for (origin, destination), moved in sorted(ledger.pairs.items())
            ],
            "cases": [{"transfer": case, **_movement(moved)} for case, moved in sorted(ledger.cases.items())],
        },
    }


def account_as_json(account: BalanceReconciliation) -> dict[str, Any]:
    """The statement of one account, amounts in fen."""
    return {
        "account": UUID(bytes=account.account.id),
        "kind": account.account.kind,
        "statements_to": account.statements_to,
        "bank": {**_movement(account.bank), "closing_fen": account.bank_closing_fen},
        "book": _movement(account.book),
        **{
            _KEYS[part]: {
                "sum_fen": account.sum_fen(part),
                "items": [_item(i) for i in account.items if i.part == part],
            }
            for part in PARTS
        },
        "adjusted_bank_fen": account.adjusted_bank_fen,
        "adjusted_book_fen": account.adjusted_book_fen,
        "agrees": account.agrees,
        "open_breaks": account.open_breaks,
        "corrections": [
            {"month": _month(each.month), "payment_reference": each.payment_reference} for each in account.corrections
        ],
        "sealed": account.seal
        and {
            "by": account.seal.operator,
            "at": formatting.iso(account.seal.sealed_at),
            "figures_hash": account.seal.figures_hash,
        },
    }


def _month(number: int) -> str:
    return f"{number // 100:04d}-{number % 100:02d}"


def _movement(moved: Movement) -> dict[str, int]:
    return {
        "opening_fen": moved.opening_fen,
        "in_fen": moved.in_fen,
        "out_fen": moved.out_fen,
        "closing_fen": moved.closing_fen,
    }


def _item(item: OpenItem) -> dict[str, object]:
    return {
        "day": item.day,
        "amount_fen": item.amount_fen,
        "payment_reference": item.payment_reference,
        "entry": item.entry,
        "break": item.break_id,
    }


def report_tables(tr: Translator, report: MonthReport) -> list[Table]:
    """Each account's statement with its open items, then what moved by province, pair and case; in yuan."""
    tables: list[Table] = []
    for account in report.accounts:
        tables += account_tables(tr, account)
    return [*tables, *(table for table in _ledger_tables(tr, report.ledger) if table.rows)]


def account_tables(tr: Translator, account: BalanceReconciliation) -> list[Table]:
    """The statement of one account in its four parts, its open items, and from opening to closing."""
    kind = tr.of(ledger_labels.BANK_ACCOUNTS[account.account.kind])
    until = account.statements_to or tr("无对账单", "no statement")
    name = f"{kind} {UUID(bytes=account.account.id)}"
    title = tr(f"{name}，对账单至 {until}", f"{name}, statements to {until}")
    lines: list[tuple[Words, int]] = [
        (("银行对账单余额", "balance of the bank's statement"), account.bank_closing_fen),
        *_signed(account, PARTS[:2]),
        (("调节后余额", "adjusted balance"), account.adjusted_bank_fen),
        (("企业银行存款日记账余额", "balance of the book"), account.book.closing_fen),
        *_signed(account, PARTS[2:]),
        (("调节后余额", "adjusted balance"), account.adjusted_book_fen),
    ]
    amount: list[Words] = [("金额（元）", "amount (yuan)")]
    rows = [(tr.of(words), formatting.yuan(fen)) for words, fen in lines]
    tables = [Table(headings(tr, [("项目", "item")], amount), rows, title)]
    if account.items:
        heads: list[Words] = [("项目", "item"), ("日期", "day"), ("付款编号", "payment"), ("银行分录", "bank entry")]
        heads.append(("差异", "break"))
        items = [_item_row(tr, item) for part in PARTS for item in account.items if item.part == part]
        tables.append(Table(headings(tr, heads, amount), items, tr("未达账项", "Open items")))
    moved = [(tr("银行", "bank"), account.bank), (tr("账上", "book"), account.book)]
    tables.append(_movements(tr, ("", ""), moved, ("本月收支", "From opening to closing")))
    if account.open_breaks:
        breaks = [(str(found),) for found in account.open_breaks]
        tables.append(
            Table(headings(tr, [("差异", "break")]), breaks, tr("未了差异（结转）", "Open breaks, carried on"))
        )
    if account.corrections:
        corrected = [(_month(each.month), each.payment_reference) for each in account.corrections]
        names: list[Words] = [("更正月份", "corrects"), ("付款编号", "payment")]
        tables.append(Table(headings(tr, names), corrected, tr("以前月份的更正", "Corrections of earlier months")))
    if account.seal:
        seal = (account.seal.operator, formatting.instant(account.seal.sealed_at), account.seal.figures_hash)
        signed: list[Words] = [("签封人", "sealed by"), ("时间", "at"), ("数字摘要", "hash of the figures")]
        tables.append(Table(headings(tr, signed), [seal], tr("签封", "Seal")))
    return tables


def _signed(account: BalanceReconciliation, parts: Iterable[Part]) -> Iterable[tuple[Words, int]]:
    for part, (zh, en) in zip(parts, (("加：", "plus: "), ("减：", "less: ")), strict=True):
        words = ledger_labels.OPEN_ITEMS[part]
        yield (zh + words[0], en + words[1]), account.sum_fen(part)


def _ledger_tables(tr: Translator, ledger: LedgerMonth) -> list[Table]:
    def name(code: str) -> str:
        return tr.of(labels.province(code))

    provinces = [(name(of), moved) for of, moved in sorted(ledger.provinces.items())]
    pairs = [(f"{name(one)} → {name(other)}", moved) for (one, other), moved in sorted(ledger.pairs.items())]
    cases = [(str(case), moved) for case, moved in sorted(ledger.cases.items())]
    return [
        _movements(tr, ("省份", "province"), provinces, ("基金账：按省", "Fund ledger by province")),
        _movements(tr, ("转出→转入", "from → to"), pairs, ("在途资金：按省对", "On its way, by pair")),
        _movements(tr, ("业务号", "transfer"), cases, ("在途资金：按业务", "On its way, by case")),
    ]


def _movements(tr: Translator, head: Words, moved: Iterable[tuple[str, Movement]], title: Words) -> Table:
    amounts: list[Words] = [("期初", "opening"), ("收", "in"), ("支", "out"), ("期末", "closing")]
    rows = [
        (name, *map(formatting.yuan, (one.opening_fen, one.in_fen, one.out_fen, one.closing_fen)))
        for name, one in moved
    ]
    return Table(headings(tr, [head], amounts), rows, tr.of(title))


def _item_row(tr: Translator, item: OpenItem) -> tuple[str, ...]:
    row = (tr.of(ledger_labels.OPEN_ITEMS[item.part]), item.day, item.payment_reference, item.entry, item.break_id)
    return (*("" if value is None else str(value) for value in row), formatting.yuan(item.amount_fen))


def report_head(tr: Translator, report: MonthReport) -> list[tuple[str, str]]:
    """What the report is, for the top of a file."""
    return [
        (tr("银行存款余额调节表", "Bank reconciliation statement"), str(report.month)),
        (tr("省份", "Province"), tr.of(labels.province(report.province))),
    ]


def report_file(tr: Translator, report: MonthReport, form: str) -> bytes:
    """The report as `json`, `csv` or `xlsx`; the same report is the same bytes."""
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(report_as_json(report)), indent=2) + b"\n"
    head, tables = report_head(tr, report), report_tables(tr, report)
    if form == "xlsx":
        return as_xlsx(head, tables)
    return tables_as_csv(head, tables)
