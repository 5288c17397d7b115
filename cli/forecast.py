"""`jinbao forecast`: how many due days each province is expected to miss in the next ten working days."""

from __future__ import annotations

from typing import Annotated

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_view
from jinbao.cli.reading import reading, today
from jinbao.platform.projections.forecast import forecast as forecast_of
from jinbao.platform.projections.positions import followed_to
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.days import read_day
from jinbao.rules.working_days import load_working_days
from jinbao.service.errors import UserError
from jinbao.views.timeliness import forecast_as_json, forecast_table

app = typer.Typer()


@app.command(help=prose("How many due days each province is expected to miss in the next ten working days"))
def forecast(
    ctx: typer.Context,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help=prose("From what had been received by the end of this day")),
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a line a province; in JSON a row for each province and working day."""
    tr = translator(ctx)
    try:
        asked = None if as_of is None else read_day(as_of)
    except ValueError:
        raise UserError(
            f"--as-of {as_of}：应为日期，如 2019-10-15", f"--as-of {as_of}: must be a day like 2019-10-15"
        ) from None
    with reading(data, database) as (settings, work):
        position = followed_to(work)
        now = today(settings, work)
        on = asked or now
        rows = forecast_of(work, on, load_working_days(), past=on < now)
    if as_json:
        print_json([forecast_as_json(row) for row in rows])
        return
    print_view([forecast_table(tr, rows)])
    print_line(str(on) + tr.of(formatting.as_of(position)))
