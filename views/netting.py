"""Multilateral netting day by day, and settlements by period, as JSON and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinbao.language.words import Translator, Words
from jinbao.platform.projections.netting import NettingDay, PeriodSettlement
from jinbao.presentation import formatting, labels
from jinbao.views.settlement import settlement_as_json
from jinbao.views.table import Table, View, headings


def netting_as_json(days: Sequence[NettingDay], periods: Sequence[PeriodSettlement]) -> dict[str, Any]:
    """Amounts in fen; `agrees` is null while a period is not over."""
    return {
        "days": [
            {
                "day": day.day,
                "payments": day.payments,
                "gross_fen": day.gross_fen,
                "net_fen": day.net_fen,
                "positions": [{"province": of, "net_fen": fen} for of, fen in sorted(day.positions.items())],
            }
            for day in days
        ],
        "periods": [
            {**settlement_as_json(one.first, one.second, one.year, one.cases, one.statement), "agrees": one.agrees}
            for one in periods
        ],
    }


def netting_page(tr: Translator, days: Sequence[NettingDay], periods: Sequence[PeriodSettlement]) -> View:
    """A line a day, and a line for each pair and period that settles net."""
    heads: list[Words] = [("日期", "day"), ("应收应付", "positions")]
    amounts: list[Words] = [("付款", "payments"), ("总额", "gross"), ("净额", "net")]
    rows = [
        (
            str(day.day),
            ", ".join(
                f"{tr.of(labels.province(of))} {formatting.yuan(fen)}" for of, fen in sorted(day.positions.items())
            ),
            day.payments,
            formatting.yuan(day.gross_fen),
            formatting.yuan(day.net_fen),
        )
        for day in days
    ]
    if not rows and not periods:
        return [tr("没有省际付款", "no payments between provinces")]
    view = [Table(headings(tr, heads, amounts), rows, tr("逐日轧差（元）", "Set off day by day (yuan)"))]
    if periods:
        view.append(_periods(tr, periods))
    return view


def _periods(tr: Translator, periods: Sequence[PeriodSettlement]) -> Table:
    told = {
        None: tr("期间未结束", "not over yet"),
        True: tr("相符", "agrees"),
        False: tr("未结清", "not cleared"),
    }
    heads: list[Words] = [("省对", "pair"), ("年度", "year"), ("付款编号", "payment"), ("核对", "check")]
    amounts: list[Words] = [("笔数", "cases"), ("净额", "net"), ("已付", "paid")]
    rows = []
    for one in periods:
        lines = one.statement.lines if one.statement else ()
        paid_fen = sum(-line.amount if line.backwards else line.amount for line in lines)
        rows.append(
            (
                f"{tr.of(labels.province(one.first))} → {tr.of(labels.province(one.second))}",
                one.year,
                ", ".join(formatting.payment_number(line.payment_reference, line.payment_line) for line in lines),
                told[one.agrees],
                len(one.cases),
                formatting.yuan(one.net_fen),
                formatting.yuan(paid_fen),
            )
        )
    return Table(headings(tr, heads, amounts), rows, tr("按期结算（元）", "Settled by period (yuan)"))
