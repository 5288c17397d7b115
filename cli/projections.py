"""`jinbao projections`: how far the read models have followed the event log, and their rebuild beside what is read."""

from __future__ import annotations

from typing import Annotated

import typer

from jinbao.cli.exit_codes import FAILED
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line, print_note, print_table, progress
from jinbao.cli.reading import opened
from jinbao.language.words import Translator
from jinbao.platform.projections.catalogue import PROJECTIONS
from jinbao.platform.projections.log_gaps import Gap, gaps_of, told
from jinbao.platform.projections.positions import Positions
from jinbao.platform.projections.runner import Runner
from jinbao.platform.queries import number_of_events
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings

app = typer.Typer(help=prose("Read models: status, rebuild"), no_args_is_help=True)


@app.command(help=prose("How far each read model has followed the event log"))
def status(
    ctx: typer.Context,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show position and lag of each projection, and of what is built beside it; exit 1 where the log lacks a fact."""
    tr = translator(ctx)
    with opened(load_settings(data, database=database)) as store, store.read() as work:
        stands, events, gaps = Positions(work).all(), number_of_events(work), gaps_of(work)
    if as_json:
        found = [
            {
                "name": stand.name,
                "building": stand.building,
                "version": stand.version,
                "position": stand.position,
                "lag": max(0, events - stand.position),
            }
            for stand in stands
        ]
        print_json({"events": events, "projections": found, "gaps": [gap._asdict() for gap in gaps]})
        _tell_gaps(tr, gaps)
        return
    print_line(tr(f"事件日志共 {events:,} 个事件", f"the event log has {events:,} events"))
    read, built = tr("在用", "in use"), tr("重建中", "being built")
    print_table(
        [
            tr("读模型", "read model"),
            tr("状态", "state"),
            (tr("版本", "version"), "right"),
            (tr("位置", "position"), "right"),
            (tr("落后", "lag"), "right"),
        ],
        [
            (
                stand.name,
                built if stand.building else read,
                str(stand.version),
                f"{stand.position:,}",
                f"{max(0, events - stand.position):,}",
            )
            for stand in stands
        ],
    )
    _tell_gaps(tr, gaps)


def _tell_gaps(tr: Translator, gaps: list[Gap]) -> None:
    """Say what the log lacks, and end with 1 where it lacks anything."""
    if gaps:
        print_note(tr.of(told(gaps)))
        raise typer.Exit(FAILED)


@app.command(help=prose("Fold read models again from the log; stop nothing"))
def rebuild(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help=prose("The read model; all where none is named"))] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build beside the tables that are read, and put in their place at the end; a running platform does it itself."""
    tr = translator(ctx)
    known = [projection.name for projection in PROJECTIONS]
    if name is not None and name not in known:
        raise UserError(
            f"没有读模型“{name}”；有：{'、'.join(known)}",
            f"there is no read model '{name}'; there are: {', '.join(known)}",
        )
    wanted = known if name is None else [name]
    with opened(load_settings(data, database=database), with_read_models=False) as store:
        runner = Runner(store)
        with store.read() as work:
            total = number_of_events(work)
        with progress(tr("重建读模型", "rebuilding"), total) as advance:
            done = 0

            def told(position: int) -> None:
                nonlocal done
                advance(max(0, min(position, total) - done))
                done = max(done, min(position, total))

            runner.rebuild(wanted, told)
        runner.close()
        tables = [table for p in PROJECTIONS if p.name in wanted for table in p.tables]
        with store.read() as work:
            rows = {t.name: work.bulk.execute(f"SELECT COUNT(*) FROM {t.name}").scalar_one() for t in tables}
    if as_json:
        print_json({"events": total, "rows": rows})
        return
    print_line(tr(f"已由 {total:,} 个事件重建", f"rebuilt from {total:,} events"))
    print_table([tr("读模型", "read model"), (tr("行数", "rows"), "right")], list(rows.items()))
