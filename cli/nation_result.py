"""Prints what a simulated nation came to, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinbao.cli import words
from jinbao.cli.language import tr
from jinbao.cli.output import console

_GROUPS: dict[str, words.Words] = {
    "outcomes": ("转移业务", "transfers"),
    "ingest": ("报文", "messages"),
    "deadlines": ("期限", "deadlines"),
    "money_fen": ("资金（元）", "money (yuan)"),
}


def print_result(result: Mapping[str, Any]) -> None:
    """One line a group: transfers by outcome, messages, deadlines, money; then events and digest."""
    out = console()
    for group, title in _GROUPS.items():
        show = words.yuan if group == "money_fen" else "{:,}".format
        figures = "  ".join(
            f"{words.spoken(words.RESULTS[name])} {show(figure)}" for name, figure in result[group].items()
        )
        out.print(f"[bold]{words.spoken(title)}[/]  {figures}")
    speed = tr(f"每秒 {result['events_per_second']:,.0f}", f"{result['events_per_second']:,.0f} a second")
    out.print(f"[bold]{tr('事件', 'events')}[/]  {result['events']:,}（{speed}）")
    out.print(f"[bold]{tr('摘要', 'digest')}[/]  {result['digest']}")
