"""`jinbao reconcile report` and `jinbao reconcile netting`: a province's month, and payments set off day by day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line, print_view
from jinbao.cli.reading import reading
from jinbao.cli.writing import write_file
from jinbao.language.words import Translator
from jinbao.platform.projections.month_report import Month, MonthReport, month_report
from jinbao.platform.projections.netting import netting_days, period_settlements
from jinbao.platform.store.store import UnitOfWork
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import load_working_days
from jinbao.service.errors import UserError
from jinbao.views.month_form import month_form
from jinbao.views.month_report import report_as_json, report_file, report_head, report_tables
from jinbao.views.netting import netting_as_json, netting_page


class Format(StrEnum):
    """How a report is written to a file."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


NeededProvinceOption = Annotated[str, typer.Option("--province", metavar="PP", help=prose("The province"))]
MonthOption = Annotated[str, typer.Option("--month", metavar="YYYY-MM", help=prose("The month"))]
OptionalMonthOption = Annotated[str | None, typer.Option("--month", metavar="YYYY-MM", help=prose("One month only"))]
AllProvincesOption = Annotated[str | None, typer.Option("--province", metavar="PP", help=prose("One province only"))]
FormatOption = Annotated[Format, typer.Option("--format", help=prose("How the file is written"))]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help=prose("Write it to a file"))]


def report(
    ctx: typer.Context,
    province: NeededProvinceOption,
    month: MonthOption,
    form: FormatOption = Format.XLSX,
    output: OutputOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print or write the bank reconciliation statements of a province and month; exit 1 where one does not agree."""
    tr = translator(ctx)
    check_province(province)
    asked = read_month(month)
    with reading(data, database) as (_, work):
        made = of_province(work, province, asked)
    if output is not None:
        write_file(output, _pdf(tr, made) if form is Format.PDF else report_file(tr, made, form.value))
    if as_json:
        print_json(report_as_json(made))
    elif output is None:
        print_view([*(f"{name} {value}" for name, value in report_head(tr, made)), *report_tables(tr, made)])
    else:
        print_line(str(output))
    if not all(account.agrees for account in made.accounts):
        raise typer.Exit(1)


def _pdf(tr: Translator, made: MonthReport) -> bytes:
    from jinbao.web.forms_pdf.compiled import pdf

    return pdf(month_form(tr, made))


def of_province(work: UnitOfWork, province: str, month: Month) -> MonthReport:
    """The report of a province and month. Raises UserError where it has no bank account."""
    made = month_report(work, province, month, load_working_days())
    if not made.accounts:
        raise UserError(
            f"--province {province}：没有登记银行账户；请先运行 jinbao bank accounts add",
            f"--province {province}: no bank account was named; run jinbao bank accounts add first",
        )
    return made


def netting(
    ctx: typer.Context,
    month: OptionalMonthOption = None,
    province: AllProvincesOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print each day's payments between provinces gross and net, and what pairs settle by period."""
    check_province(province)
    asked = None if month is None else read_month(month)
    first, last = (asked.first_day, asked.last_day) if asked else (date.min, date.max)
    with reading(data, database) as (_, work):
        days, periods = netting_days(work, first, last, province), list(period_settlements(work, province))
    if as_json:
        print_json(netting_as_json(days, periods))
    else:
        print_view(netting_page(translator(ctx), days, periods))


def read_month(text: str) -> Month:
    """The month of an option. Raises UserError."""
    try:
        return Month.read(text)
    except ValueError as error:
        raise UserError(
            f"--month {text}：应为月份，如 2025-04", f"--month {text}: must be a month like 2025-04"
        ) from error


COMMANDS: tuple[tuple[str, str, Callable[..., None]], ...] = (
    ("report", prose("Bank reconciliation statements of a province and month, also as a file"), report),
    ("netting", prose("Payments set off day by day, and what pairs settle by period"), netting),
)
"""Name, help and function of each command."""
