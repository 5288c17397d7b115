"""`jinbao index`: how long the agencies of each province take for each clock."""

from __future__ import annotations

import typer

from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_view
from jinbao.cli.reading import reading, today
from jinbao.platform.projections.handling_index import handling_index
from jinbao.platform.projections.positions import followed_to
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import load_working_days
from jinbao.views.timeliness import index_as_json, index_tables

app = typer.Typer()


@app.command(help=prose("How long each province takes for each clock, in working days; open clocks at their age"))
def index(
    ctx: typer.Context,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print one table a clock; in JSON `index` holds the rows."""
    tr = translator(ctx)
    with reading(data, database) as (settings, work):
        on, position = today(settings, work), followed_to(work)
        rows = handling_index(work, on, load_working_days())
    if as_json:
        print_json({"as_of": on, "position": position, "index": [index_as_json(row) for row in rows]})
        return
    print_view(index_tables(tr, rows))
    print_line(str(on) + tr.of(formatting.as_of(position)))
