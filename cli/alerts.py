"""`jinbao alerts`: what an operator must know now."""

from __future__ import annotations

import time
from contextlib import closing

import msgspec
import typer

from jinbao.cli.alert_watch import alert_watch
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_view
from jinbao.cli.reading import last_instant, opened
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.service.settings import load_settings
from jinbao.views.alerts import alerts_now, alerts_table

app = typer.Typer()


@app.command(help=prose("Look at the condition of every alert, and tell what stands"))
def alerts(
    ctx: typer.Context,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a line an alert; exit 0 also where some stand."""
    tr, settings = translator(ctx), load_settings(data, database=database, bus=bus)
    now = last_instant(settings) or time.time_ns() // 1_000
    with opened(settings, with_read_models=False) as store, closing(alert_watch(settings, store)) as watch:
        watch.look(now)
        found = alerts_now(watch, now)
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    if found.alerts:
        print_view([alerts_table(tr, found)])
    count = tr(f"{len(found.alerts)} 项告警", formatting.counted(len(found.alerts), "alert"))
    print_line(f"{count} {found.as_of}" + tr.of(formatting.as_of(found.position or 0)))
