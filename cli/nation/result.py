"""Result of a simulated nation, printed for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.columns import Columns
from rich.table import Table
from rich.text import Text

from jinbao.cli.output import console
from jinbao.language.words import Translator, Words
from jinbao.presentation import case_labels, formatting

_GROUPS: dict[str, Words] = {
    "outcomes": ("转移申请", "applications"),
    "ingest": ("报文", "messages"),
    "deadlines": ("期限", "deadlines"),
    "money_fen": ("资金（元）", "money (yuan)"),
}


def print_result(tr: Translator, result: Mapping[str, Any]) -> None:
    """One line a group: transfers by outcome, messages, deadlines, money; then events and digest."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for group, title in _GROUPS.items():
        show = formatting.yuan if group == "money_fen" else "{:,}".format
        figures = (f"{tr.of(case_labels.RESULTS[name])} {show(figure)}" for name, figure in result[group].items())
        grid.add_row(Text(tr.of(title), style="bold"), Columns(figures, padding=(0, 2, 0, 0)))
    others = f"{result['other_transfers']:,}"
    grid.add_row(
        Text(tr("另有业务", "other cases"), style="bold"),
        tr(
            f"{others}（临时账户、补转、转回、不明款项、更正号码）",
            f"{others} (temporary accounts, supplements, reversals, unknown money, corrected numbers)",
        ),
    )
    speed = f"{result['events_per_second']:,.0f}"
    events = f"{result['events']:,}"
    grid.add_row(
        Text(tr("事件", "events"), style="bold"), tr(f"{events}（每秒 {speed}）", f"{events} ({speed} a second)")
    )
    if result["set_aside"]:
        heading = Text(tr("搁置", "set aside"), style="bold red")
        grid.add_row(heading, tr(f"{result['set_aside']} 个卷宗，见日志", f"{result['set_aside']} files, see the log"))
    if "banks" in result:
        kinds = result["banks"]["planted"], result["banks"]["found"]
        planted, found = (sum(counted.values()) for counted in kinds)
        yuan = formatting.yuan(result["banks"]["unexplained_fen"])
        zh = f"埋设差异 {planted}，发现 {found}，未解释 {yuan} 元"
        told = tr(zh, f"{planted} faults planted, {found} found, {yuan} yuan unexplained")
        grid.add_row(Text(tr("银行对账", "banks"), style="bold"), told)
    grid.add_row(Text(tr("摘要", "digest"), style="bold"), result["digest"])
    console().print(grid)
