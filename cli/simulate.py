"""`jinbao simulate`: run a synthetic nation from a seed to its last day and print what it came to."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from jinbao.cli.errors import UserError
from jinbao.cli.language import tr
from jinbao.cli.output import print_json, print_line, print_table, progress
from jinbao.cli.settings import load_settings
from jinbao.simulator.nation import DEFAULT_START, Nation
from jinbao.simulator.run_state import NoRunError, RunExistsError

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""
FIRST_START = date(2010, 1, 1)
"""No transfer moves between provinces before this day (国办发〔2009〕66号)."""

app = typer.Typer()


@app.command(help=tr("按种子推演一个虚构的国家", "Run a synthetic nation from a seed"))
def simulate(
    transfers: Annotated[int, typer.Option(min=1, max=10_000_000, help=tr("转移业务件数", "transfers"))] = 2_000,
    days: Annotated[int, typer.Option(min=1, max=5_000, help=tr("工作日数", "working days"))] = 250,
    seed: Annotated[int, typer.Option(help=tr("种子", "seed"))] = 1,
    start: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help=tr("第一天", "first day"))
    ] = DEFAULT_START.isoformat(),
    data: Annotated[Path | None, typer.Option(help=tr("数据目录，须为空", "data folder, must be empty"))] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help=tr("继续目录中停下的推演", "go on with the run in the folder"))
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=tr("输出 JSON", "print JSON"))] = False,
) -> None:
    """Run to the last day; Ctrl-C stops after the day at hand, and `--resume` goes on from there."""
    settings = load_settings(data)
    first_day = _day(start)
    try:
        if resume:
            nation = Nation.resume(settings.data)
        else:
            nation = Nation.begin(
                settings.data,
                seed=seed,
                transfers=transfers,
                days=days,
                start=first_day,
                procedure=settings.procedure,
            )
    except (RunExistsError, NoRunError) as error:
        raise UserError(str(error)) from error
    with nation, _stopping() as stopped:
        with progress(tr("工作日", "working days"), total=nation.run.days - nation.run.day) as advance:
            while not nation.finished and not stopped:
                nation.run_day()
                advance(1)
        result = nation.summary()
        finished, day = nation.finished, nation.run.day
    if as_json:
        print_json(result)
    else:
        _print(result, settings.data)
    if not finished:
        stopped_after = tr(f"已在第 {day} 个工作日后停下", f"stopped after working day {day}")
        typer.echo(f"{stopped_after}: jinbao simulate --resume --data {settings.data}", err=True)
        raise typer.Exit(INTERRUPTED)


def _day(text: str) -> date:
    """The day that `--start` names. Raises UserError."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UserError(f"--start {text!r}: expected a day as YYYY-MM-DD") from None
    if day < FIRST_START:
        raise UserError(f"--start {day}: expected a day from {FIRST_START} on")
    return day


@contextmanager
def _stopping() -> Iterator[list[int]]:
    """Signals to stop are noted in the list; a second one acts at once."""
    received: list[int] = []
    wanted = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in wanted]

    def note(number: int, frame: object) -> None:
        received.append(number)
        signal.signal(number, before[wanted.index(signal.Signals(number))])

    for number in wanted:
        signal.signal(number, note)
    try:
        yield received
    finally:
        for number, handler in zip(wanted, before, strict=True):
            signal.signal(number, handler)


def _names() -> dict[str, str]:
    """What the results are called."""
    return {
        "completed": tr("办结", "completed"),
        "refused": tr("不予受理", "refused"),
        "returned": tr("退回", "returned"),
        "withdrawn": tr("撤回", "withdrawn"),
        "reversed": tr("转回", "reversed"),
        "open": tr("在办", "open"),
        "received": tr("收到", "received"),
        "accepted": tr("采纳", "accepted"),
        "duplicate": tr("重复", "duplicate"),
        "parked": tr("暂存", "parked"),
        "rejected": tr("拒收", "rejected"),
        "dead_letter": tr("无法解读", "dead letter"),
        "met": tr("按时", "met"),
        "missed": tr("超期", "missed"),
        "out": tr("转出", "out"),
        "in_transit": tr("在途", "in transit"),
        "in": tr("转入", "in"),
        "suspense": tr("暂收", "suspense"),
        "sum": tr("合计", "sum"),
    }


def _print(result: dict[str, Any], folder: Path) -> None:
    titles = {
        "outcomes": tr("转移业务", "Transfers"),
        "ingest": tr("报文", "Messages"),
        "deadlines": tr("期限", "Deadlines"),
        "money_fen": tr("资金（元）", "Money (yuan)"),
    }
    names = _names()
    for group, title in titles.items():
        money = group == "money_fen"
        counts: dict[str, int] = result[group]
        rows = [(names[key], f"{value / 100:,.2f}" if money else f"{value:,}") for key, value in counts.items()]
        print_table([(title, "left"), ("", "right")], rows)
    print_line(f"{tr('事件', 'events')}: {result['events']:,} ({result['events_per_second']:,.0f}/s)")
    print_line(f"{tr('摘要', 'digest')}: {result['digest']}")
    print_line(f"{tr('数据', 'data')}: {folder}")
