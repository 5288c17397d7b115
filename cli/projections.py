"""`jinbao projections`: read models made anew from the event log."""

from __future__ import annotations

import typer

from jinbao.cli.language import tr
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_table, progress
from jinbao.cli.reading import opened
from jinbao.platform.projections.all import rebuild as rebuild_all
from jinbao.platform.queries import number_of_events
from jinbao.service.settings import load_settings

app = typer.Typer(help=tr("读模型：重建", "Read models: rebuild"), no_args_is_help=True)


@app.callback()
def projections() -> None:
    """Keep `rebuild` a sub-command although it is the only one."""


@app.command(help=tr("由事件日志重建全部读模型", "Fold every read model again from the event log"))
def rebuild(
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rebuild in one transaction; whoever reads meanwhile sees the old rows, and nobody may write."""
    with opened(load_settings(data, database=database)) as store, store.alone():
        with store.read() as work:
            total = number_of_events(work)
        with progress(tr("重建读模型", "rebuilding"), total) as advance:
            done = 0

            def report(events: int) -> None:
                nonlocal done
                advance(events - done)
                done = events

            rebuilt = rebuild_all(store, report)
    if as_json:
        print_json({"events": rebuilt.events, "rows": rebuilt.rows})
        return
    print_line(tr(f"已由 {rebuilt.events:,} 个事件重建", f"rebuilt from {rebuilt.events:,} events"))
    print_table([tr("读模型", "read model"), (tr("行数", "rows"), "right")], list(rebuilt.rows.items()))
