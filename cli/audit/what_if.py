"""`jinbao audit what-if`: what limits, calendars or rates other than those in force would have given."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from jinbao.cli.audit.files import text_of
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.cli.reading import opened, today
from jinbao.language.words import Translator, words_of
from jinbao.platform.audit.what_if.clocks import OtherLimits, need_same_clocks
from jinbao.platform.audit.what_if.what_if import OtherRules, as_json, what_if as derived_anew
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.money import parse_rate
from jinbao.rules.procedures import Procedure, ProcedureError, load_procedures, read_procedure
from jinbao.rules.transfer_parameters import ParameterError, TransferParameters, read_transfer_parameters
from jinbao.rules.working_days import CalendarError, WorkingDays, load_working_days
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings

HELP = prose("What other limits, calendars or rates would have given")
SHOWN = 50
A = TypeVar("A")
B = TypeVar("B")


def what_if(
    ctx: typer.Context,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, max=250, help=prose("Working days of every clock"))
    ] = None,
    pooling: Annotated[
        str | None, typer.Option("--pooling", metavar="RATE", help=prose("Part of the base that moves, e.g. 0.10"))
    ] = None,
    procedure: Annotated[
        Path | None, typer.Option("--procedure", metavar="FILE", help=prose("A file like those of data/procedures"))
    ] = None,
    calendar: Annotated[
        Path | None, typer.Option("--calendar", metavar="FILE", help=prose("A file like data/working_days.csv"))
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", metavar="FILE", help=prose("A file like data/transfer_parameters.toml"))
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json_: JsonOption = False,
) -> None:
    """What people did stays, what was derived from it is derived anew; exit 2 where a rule file cannot be used."""
    tr, settings = translator(ctx), load_settings(data, database=database)
    played = _read(lambda file: _procedure(file, settings.procedure), procedure)
    limits = OtherLimits(limit, played, _read(_calendar, calendar))
    other = OtherRules(limits, _read(_rate, pooling), _read(_parameters, rules))
    try:
        with opened(settings) as store, store.read() as work:
            told = as_json(derived_anew(work.bulk, other, today(settings, work)))
    except CalendarError as error:
        raise UserError(*error.words) from None
    if as_json_:
        print_json(told)
    else:
        _print(tr, told)


def _read(read: Callable[[A], B], given: A | None) -> B | None:
    """What was given, read; a file that cannot be opened is told with its path. Raises UserError."""
    if isinstance(given, Path):
        text_of(given)
    return None if given is None else read(given)


def _rate(text: str) -> Fraction:
    try:
        return parse_rate(text)
    except ValueError as error:
        zh, en = words_of(str(error))
        raise UserError(f"--pooling {text}：{zh}", f"--pooling {text}: {en}") from None


def _procedure(file: Path, default: str) -> Procedure:
    try:
        found = read_procedure(file)
        need_same_clocks(found, load_procedures(default=default))
        return found
    except ProcedureError as error:
        raise UserError(*error.words) from None


def _calendar(file: Path) -> WorkingDays:
    try:
        return load_working_days(file)
    except CalendarError as error:
        raise UserError(*error.words) from None


def _parameters(file: Path) -> TransferParameters:
    try:
        return read_transfer_parameters(file)
    except ParameterError as error:
        raise UserError(*error.words) from None


def _print(tr: Translator, told: dict[str, Any]) -> None:
    clocks, amounts = told["clocks"], told["amounts"]
    zh = f"逾期 {clocks['late_before']:,} → {clocks['late_after']:,}（新逾期 {clocks['newly_late']:,}，"
    zh += (
        f"不再逾期 {clocks['no_longer_late']:,}）；在办超期 {clocks['overdue_before']:,} → {clocks['overdue_after']:,}"
    )
    en = f"late {clocks['late_before']:,} → {clocks['late_after']:,} (newly {clocks['newly_late']:,}, "
    en += f"no longer {clocks['no_longer_late']:,}); overdue {clocks['overdue_before']:,} → {clocks['overdue_after']:,}"
    print_line(tr(zh, en))
    before, after = formatting.yuan(amounts["before_fen"]), formatting.yuan(amounts["after_fen"])
    zh = f"信息表 {amounts['checked']:,} 份，变动 {amounts['changed']:,} 份：{before} → {after} 元"
    en = f"{amounts['checked']:,} sheets, {amounts['changed']:,} changed: {before} → {after} yuan"
    print_line(tr(zh, en))
    columns = [tr("省份", "province"), tr("逾期", "late"), tr("变为", "becomes"), tr("差额（元）", "difference (yuan)")]
    print_table(
        columns,
        [
            (row["province"], row["late_before"], row["late_after"], formatting.yuan(row["difference_fen"]))
            for row in told["by_province"]
        ],
    )
    more = len(told["cases"]) - SHOWN
    for case in told["cases"][:SHOWN]:
        clocks_told = ", ".join(f"{one['clock']} {one['due_before']} → {one['due_after']}" for one in case["clocks"])
        money = f"{case['before_fen']} → {case['after_fen']}" if "before_fen" in case else ""
        print_line(f"{case['transfer']}  {clocks_told}  {money}".rstrip())
    if more > 0:
        print_line(tr(f"另有 {more:,} 笔（--json）", f"and {more:,} more (--json)"))
