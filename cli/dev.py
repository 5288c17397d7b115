"""`jinbao dev`: a real Kafka and PostgreSQL on this machine, without containers, for development and tests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.language import translator
from jinbao.cli.output import print_json, print_line, print_table, progress
from jinbao.dev import engines as local
from jinbao.presentation.prose import prose
from jinbao.service.settings import load_settings

app = typer.Typer(help=prose("A Kafka and a PostgreSQL on this machine"), no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help=prose("answer in JSON"))]
Data = Annotated[Path | None, typer.Option(help=prose("data folder [JINBAO_DATA]"), show_default=False)]


@app.command(help=prose("Start what does not run; returns when all of it answers"))
def up(
    ctx: typer.Context,
    brokers: Annotated[int | None, typer.Option(help=prose("Kafka nodes (1 at first)"), show_default=False)] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Print the URLs by which the other commands reach them."""
    tr = translator(ctx)
    with progress(tr("启动 Kafka 和 PostgreSQL", "starting Kafka and PostgreSQL")):
        engines = local.up(load_settings(data).data, brokers)
    if as_json:
        print_json(
            {
                "database_url": engines.database_url,
                "bus_url": engines.bus_url,
                "brokers": len(engines.nodes),
                "pids": {name: process.pid for name, process in sorted(engines.processes.items())},
            }
        )
        return
    print_line(f"JINBAO_DATABASE_URL={engines.database_url}")
    print_line(f"JINBAO_BUS_URL={engines.bus_url}")


@app.command(help=prose("What runs and answers; exit 1 where something does not"))
def status(ctx: typer.Context, data: Data = None, as_json: Json = False) -> None:
    """Print each engine with its process and log."""
    tr = translator(ctx)
    engines, found = local.status(load_settings(data).data)
    if as_json:
        urls = {"database_url": engines.database_url, "bus_url": engines.bus_url} if engines else {}
        print_json({**urls, "engines": found})
    elif not found:
        print_line(tr("这里从未启动过；用 jinbao dev up", "nothing was started here; use jinbao dev up"))
    else:
        columns = [tr("名称", "name"), tr("进程", "process"), tr("应答", "answers"), tr("日志", "log")]
        print_table(columns, [(e.name, e.pid, tr("是", "yes") if e.answers else tr("否", "no"), e.log) for e in found])
    if not found or not all(engine.answers for engine in found):
        raise typer.Exit(1)


@app.command(help=prose("End them; the data stays"))
def down(ctx: typer.Context, data: Data = None, as_json: Json = False) -> None:
    """Return when their processes are gone."""
    tr = translator(ctx)
    ended = local.down(load_settings(data).data)
    if as_json:
        print_json({"ended": ended})
    else:
        print_line(tr("已停止：", "ended: ") + (", ".join(ended) or tr("没有在运行的", "nothing ran")))
