"""`jinbao ledger settlement`: what two provinces owe each other for a year, case by case, and what was paid of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_view
from jinbao.cli.reading import reading
from jinbao.platform.national_platform import law_in_force
from jinbao.platform.projections.settlement_cases import cases_of, settlements_of
from jinbao.presentation import labels
from jinbao.presentation.prose import prose
from jinbao.rules.provinces import PROVINCES
from jinbao.service.errors import UserError
from jinbao.views.settlement import settlement_as_json, settlement_page

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
        print_json(settlement_as_json(one, other, year, cases, stated))
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
    print_view(settlement_page(tr, one, other, year, cases, stated))


def _pair(text: str) -> tuple[str, str]:
    """Two province codes, the smaller first. Raises UserError."""
    codes = sorted(code.strip() for code in text.replace("，", ",").split(","))
    if len(codes) != 2 or codes[0] == codes[1] or not PROVINCES.keys() >= set(codes):
        raise UserError(
            f"--pair {text}：应为两个不同的省级代码，如 50,51",
            f"--pair {text}: two different province codes are needed, like 50,51",
        )
    return codes[0], codes[1]


def _settles(default_procedure: str, one: str, other: str, year: int) -> bool:
    """Whether cases between the two were settled by period at the end of the year, in either direction."""
    money, day = law_in_force(default_procedure).procedures.money, date(year, 12, 31)
    return "by_period" in (money(one, other, day), money(other, one, day))
