"""`jinbao run`: takes files in, then runs platform and adapters together until nothing is left to do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.adapter.group import import_one, print_report, print_summary, report_as_json
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line
from jinbao.presentation.case_labels import RESULTS
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.adapter_config import ConfigError, load_adapter_config
from jinbao.service.errors import UserError
from jinbao.service.health import Health, Watch
from jinbao.service.logs import logging_as
from jinbao.service.settings import load_settings
from jinbao.service.shutdown import stop_asked
from jinbao.service.together import run_together

app = typer.Typer()


@app.command(help=prose("Take files in, then run platform and adapters together until nothing is left to do"))
def run(
    ctx: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(help=prose("CSV files in GB18030"), show_default=False)] = None,
    adapters: Annotated[
        Path, typer.Option("--adapters", help=prose("Folder of the adapters' files, adapter-PP.toml for province PP"))
    ] = Path("."),
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register the files' good rows, work, and print what came of it; exit 1 where a row is bad."""
    tr = translator(ctx)
    settings = load_settings(data, database=database, bus=bus)
    if not adapters.is_dir():
        raise UserError(f"--adapters {adapters}：没有这个文件夹", f"--adapters {adapters}: there is no such folder")
    found = sorted(adapters.glob("adapter-??.toml"))
    if not found:
        raise UserError(
            f"--adapters {adapters}：目录中没有 adapter-PP.toml", f"--adapters {adapters}: holds no adapter-PP.toml"
        )
    try:
        configs = [load_adapter_config(file, file.stem.removeprefix("adapter-")) for file in found]
    except ConfigError as error:
        raise UserError(*error.words) from None
    reports = [import_one(settings, file) for file in files or ()]
    with logging_as("text"), stop_asked() as stop:
        done = run_together(settings, configs, stop, Watch(Health(tr), "text"))
    if as_json:
        print_json(
            {
                "imported": [report_as_json(report) for report in reports],
                "ingest": done.ingest,
                "adapters": done.adapters,
            }
        )
    else:
        for report in reports:
            print_report(tr, report)
        for summary in done.adapters:
            print_summary(tr, summary)
        counts = " · ".join(f"{tr.of(RESULTS[name])} {number:,}" for name, number in done.ingest.items())
        print_line(tr("全国平台：", "platform: ") + counts)
    if any(report.bad for report in reports):
        raise typer.Exit(1)
