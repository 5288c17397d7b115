"""`jinbao ledger settlement`: what two provinces owe each other for a year, case by case, and what was paid of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.cli.reading import reading
from jinbao.language.words import Translator
from jinbao.platform.aggregates.pair_settlement import Settlement
from jinbao.platform.deadlines.settlements import SettledCase, cases_of, settlements_of
from jinbao.platform.national_platform import law_in_force
from jinbao.presentation import formatting, labels
from jinbao.presentation.prose import prose
from jinbao.rules.provinces import is_province
from jinbao.service.errors import UserError

HELP = prose("What two provinces owe each other: case by case, net, and what was paid")
_YEARS = range(2000, 3000)


def settlement(
    ctx: typer.Context,
    pair: Annotated[str, typer.Option("--pair", metavar="PP,PP", help=prose("Two provinces: 50,51"))],
    year: Annotated[int, typer.Option("--year", metavar="YYYY", help=prose("Year of the completions"))],
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the cases of the year, each direction's sum, the net, the statement and the payments."""
    tr = translator(ctx)
    one, other = _pair(pair)
    if year not in _YEARS:
        raise UserError(f"--year {year}：应为 2000 到 2999 的年份", f"--year {year}: a year from 2000 to 2999")
    with reading(data, database) as (settings, work):
        cases = cases_of(work, one, other, year)
        stated = settlements_of(work, one, other).get(year)
    if as_json:
        print_json(_as_json(one, other, year, cases, stated))
        return
    if not cases and stated is None and not _settles(settings.procedure, one, other, year):
        both = tr("、", " and ").join(tr.of(labels.province(code)) for code in (one, other))
        print_line(
            tr(
                f"{year} 年{both}之间不按期结算，逐人划款",
                f"{both} did not settle by period in {year}: money moves per person",
            )
        )
        return
    _print_cases(tr, cases)
    for line in _summary(tr, one, other, year, cases):
        print_line(line)
    _print_payments(tr, stated)


def _pair(text: str) -> tuple[str, str]:
    """Two province codes, the smaller first. Raises UserError."""
    codes = sorted(code.strip() for code in text.replace("，", ",").split(","))
    if len(codes) != 2 or codes[0] == codes[1] or not all(map(is_province, codes)):
        raise UserError(
            f"--pair {text}：应为两个不同的省级代码，如 50,51",
            f"--pair {text}: two different province codes are needed, like 50,51",
        )
    return codes[0], codes[1]


def _settles(default_procedure: str, one: str, other: str, year: int) -> bool:
    """Whether cases between the two were settled by period at the end of the year, in either direction."""
    money, day = law_in_force(default_procedure).procedures.money, date(year, 12, 31)
    return "by_period" in (money(one, other, day), money(other, one, day))


def _owed(cases: list[SettledCase], origin: str) -> int:
    return sum(case.total for case in cases if case.origin == origin)


def _as_json(one: str, other: str, year: int, cases: list[SettledCase], stated: Settlement | None) -> dict[str, Any]:
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
                {"payer": stated.payer(p), "payee": stated.payee(p), "reference": p.reference, "line": p.line}
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


# --- for people ---


def _print_cases(tr: Translator, cases: list[SettledCase]) -> None:
    heads = [tr("办结", "completed"), tr("业务号", "transfer"), tr("转出→转入", "from → to")]
    amounts = [tr("个人账户", "personal"), tr("统筹基金", "pooling"), tr("合计", "total")]
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
    print_table([*heads, *((amount, "right") for amount in amounts)], rows, title=tr("逐笔（元）", "Cases (yuan)"))


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


def _print_payments(tr: Translator, stated: Settlement | None) -> None:
    if stated is None:
        print_line(tr("结算单尚未出具（年度结束后出具）。", "No statement yet: it is made when the year is over."))
        return
    print_line(
        tr(f"结算单第 {stated.version} 版，{stated.cases} 笔", f"statement {stated.version}, {stated.cases} cases")
    )
    told = {
        (True, True): tr("付款、到账均已报", "paid and received"),
        (True, False): tr("已报付款，未报到账", "paid, receipt not reported"),
        (False, True): tr("已报到账，未报付款", "received, payment not reported"),
    }
    rows = [
        (
            f"{tr.of(labels.province(stated.payer(p)))} → {tr.of(labels.province(stated.payee(p)))}",
            p.reference if p.line == 1 else f"{p.reference}/{p.line}",
            told[p.announced, p.arrived],
            formatting.yuan(p.amount),
        )
        for p in stated.lines
    ]
    if rows:
        heads = [tr("付款", "payment"), tr("付款编号", "reference"), tr("状态", "state")]
        print_table([*heads, (tr("金额", "amount"), "right")], rows, title=tr("结算付款（元）", "Payments (yuan)"))
    if stated.is_cleared:
        print_line(tr("已结清。", "Cleared."))
    elif stated.open == 0:
        print_line(tr("款已付足，等另一方报告。", "Paid in full; the other side's report is awaited."))
    else:
        debtor, creditor = (stated.first, stated.second) if stated.open > 0 else (stated.second, stated.first)
        who, to, amount = (
            tr.of(labels.province(debtor)),
            tr.of(labels.province(creditor)),
            formatting.yuan(abs(stated.open)),
        )
        print_line(tr(f"尚欠：{who}付{to} {amount} 元", f"Still owed: {who} pays {to} {amount} yuan"))
