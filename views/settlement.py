"""Page of a settlement: what two provinces owe each other for a year, case by case, and what was paid of it."""

from __future__ import annotations

from typing import Any

from jinbao.language.words import Translator
from jinbao.platform.aggregates.pair_settlement import Settlement
from jinbao.platform.projections.settlement_cases import SettledCase
from jinbao.presentation import formatting, labels
from jinbao.views.table import Table, View, headings


def settlement_page(
    tr: Translator, one: str, other: str, year: int, cases: list[SettledCase], stated: Settlement | None
) -> View:
    """The cases of the year, each direction's sum, the net, the statement and the payments."""
    return [_cases(tr, cases), *_summary(tr, one, other, year, cases), *_payments(tr, stated)]


def _owed(cases: list[SettledCase], origin: str) -> int:
    return sum(case.total for case in cases if case.origin == origin)


def settlement_as_json(
    one: str, other: str, year: int, cases: list[SettledCase], stated: Settlement | None
) -> dict[str, Any]:
    """The same for machines: ids, codes, fen."""
    owes = {one: _owed(cases, one), other: _owed(cases, other)}
    net = owes[one] - owes[other]
    statement = None
    if stated is not None:
        statement = {
            "version": stated.version,
            "cases": stated.cases,
            "net_fen": abs(stated.net),
            "debtor": None if stated.net == 0 else stated.first if stated.net > 0 else stated.second,
            "still_owed_fen": abs(stated.open),
            "still_owed_by": None if stated.open == 0 else stated.first if stated.open > 0 else stated.second,
            "cleared": stated.is_cleared,
            "payments": [
                {
                    "payer": stated.payer(p),
                    "payee": stated.payee(p),
                    "reference": p.payment_reference,
                    "line": p.payment_line,
                }
                | {"fen": p.amount, "paid_reported": p.announced, "received_reported": p.arrived}
                for p in stated.lines
            ],
        }
    return {
        "pair": [one, other],
        "year": year,
        "owes_fen": owes,
        "net_fen": abs(net),
        "debtor": None if net == 0 else one if net > 0 else other,
        "cases": [
            {
                "transfer": case.transfer_id,
                "application": case.application,
                "kind": case.kind,
                "origin": case.origin,
                "destination": case.destination,
                "completed_on": case.day,
                "personal_fen": case.personal,
                "pooling_fen": case.pooling,
                "total_fen": case.total,
            }
            for case in cases
        ],
        "statement": statement,
    }


def _cases(tr: Translator, cases: list[SettledCase]) -> Table:
    heads = [("办结", "completed"), ("业务号", "transfer"), ("转出→转入", "from → to")]
    amounts = [("个人账户", "personal"), ("统筹基金", "pooling"), ("合计", "total")]
    rows = [
        (
            case.day,
            str(case.transfer_id),
            f"{tr.of(labels.province(case.origin))} → {tr.of(labels.province(case.destination))}",
            formatting.yuan(case.personal),
            formatting.yuan(case.pooling),
            formatting.yuan(case.total),
        )
        for case in cases
    ]
    return Table(headings(tr, heads, amounts), rows, tr("逐笔（元）", "Cases (yuan)"))


def _summary(tr: Translator, one: str, other: str, year: int, cases: list[SettledCase]) -> list[str]:
    lines = []
    for debtor, creditor in ((one, other), (other, one)):
        owed, count = formatting.yuan(_owed(cases, debtor)), sum(case.origin == debtor for case in cases)
        who, to = tr.of(labels.province(debtor)), tr.of(labels.province(creditor))
        lines.append(
            tr(
                f"{who}应付{to}：{count} 笔，{owed} 元",
                f"{who} owes {to}: {formatting.counted(count, 'case')}, {owed} yuan",
            )
        )
    net = _owed(cases, one) - _owed(cases, other)
    if net == 0:
        return [*lines, tr(f"{year} 年互抵后无须付款。", f"{year}: set off, nothing is to be paid.")]
    debtor, creditor = (one, other) if net > 0 else (other, one)
    who, to, amount = tr.of(labels.province(debtor)), tr.of(labels.province(creditor)), formatting.yuan(abs(net))
    return [*lines, tr(f"{year} 年净额：{who}付{to} {amount} 元", f"Net for {year}: {who} pays {to} {amount} yuan")]


def _payments(tr: Translator, stated: Settlement | None) -> View:
    if stated is None:
        return [tr("结算单尚未出具（年度结束后出具）。", "No statement yet: it is made when the year is over.")]
    view: list[str | Table] = [
        tr(f"结算单第 {stated.version} 版，{stated.cases} 笔", f"statement {stated.version}, {stated.cases} cases")
    ]
    told = {
        (True, True): tr("付款、到账均已报", "paid and received"),
        (True, False): tr("已报付款，未报到账", "paid, receipt not reported"),
        (False, True): tr("已报到账，未报付款", "received, payment not reported"),
    }
    rows = [
        (
            f"{tr.of(labels.province(stated.payer(p)))} → {tr.of(labels.province(stated.payee(p)))}",
            formatting.payment_number(p.payment_reference, p.payment_line),
            told[p.announced, p.arrived],
            formatting.yuan(p.amount),
        )
        for p in stated.lines
    ]
    if rows:
        heads = [("付款", "payment"), ("付款编号", "reference"), ("状态", "state")]
        view.append(Table(headings(tr, heads, [("金额", "amount")]), rows, tr("结算付款（元）", "Payments (yuan)")))
    if stated.is_cleared:
        view.append(tr("已结清。", "Cleared."))
    elif stated.open == 0:
        view.append(tr("款已付足，等另一方报告。", "Paid in full; the other side's report is awaited."))
    else:
        debtor, creditor = (stated.first, stated.second) if stated.open > 0 else (stated.second, stated.first)
        who, to, amount = (
            tr.of(labels.province(debtor)),
            tr.of(labels.province(creditor)),
            formatting.yuan(abs(stated.open)),
        )
        view.append(tr(f"尚欠：{who}付{to} {amount} 元", f"Still owed: {who} pays {to} {amount} yuan"))
    return view
