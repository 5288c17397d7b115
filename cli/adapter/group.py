"""`jinbao adapter`: take a province's files in, and run its adapter between local system and bus."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from jinbao.cli.adapter import conformance, documents, mapping, set_aside, tables, witness
from jinbao.cli.adapter.mapping import MappingOption, import_by_mapping
from jinbao.cli.language import translator
from jinbao.cli.options import (
    BusOption,
    DatabaseOption,
    DataOption,
    JsonOption,
    LogOption,
    MetricsHost,
    MetricsPort,
    check_province,
)
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.language.words import Translator, words_of
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.adapter_config import ConfigError, load_adapter_config
from jinbao.regional_adapter.files.form_rows import UnusableFileError
from jinbao.regional_adapter.files.imports.import_file import import_file, province_of
from jinbao.regional_adapter.files.imports.imported_rows import ImportReport
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import day_of
from jinbao.service.adapter_metrics import AdapterMetrics
from jinbao.service.adapter_run import Summary, run_adapter
from jinbao.service.errors import UserError
from jinbao.service.health import Health, Watch
from jinbao.service.logs import logging_as, tell
from jinbao.service.metrics import new_registry, served
from jinbao.service.province import Province
from jinbao.service.settings import Settings, load_settings
from jinbao.service.shutdown import stop_asked

app = typer.Typer(help=prose("A province's adapter: import files, run"), no_args_is_help=True)
app.add_typer(set_aside.app, name="set-aside")

app.command("check-mapping", help=mapping.HELP)(mapping.check_mapping)
app.command("conformance", help=conformance.HELP)(conformance.conformance)
app.command("conformance-driver", help=conformance.DRIVER_HELP)(conformance.conformance_driver)
app.command("tables", help=tables.HELP)(tables.tables)
app.command("witness", help=witness.HELP)(witness.witness)
app.command("documents", help=documents.HELP)(documents.documents)

ProvinceOption = Annotated[str, typer.Option("--province", help=prose("Code of the province, e.g. 41"), metavar="PP")]


@app.command(
    "import",
    help=prose("Take in applications, histories, decisions, bank slips or corrections"),
)
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help=prose("File of a form"))],
    province: Annotated[
        str | None,
        typer.Option("--province", help=prose("Code of the province; else as the file says"), metavar="PP"),
    ] = None,
    mapping: MappingOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register the good rows of a file and report the bad ones; exit 1 where there are bad ones, 2 where all is bad."""
    tr = translator(ctx)
    settings = load_settings(data, database=database, bus=bus)
    check_province(province)
    if mapping is not None:
        import_by_mapping(tr, settings, file, province, mapping, as_json)
        return
    report = import_one(settings, file, province)
    if as_json:
        print_json(report_as_json(report))
    else:
        print_report(tr, report)
    if report.bad:
        raise typer.Exit(1)


def import_one(settings: Settings, file: Path, province: str | None = None) -> ImportReport:
    """Register the good rows of a file with its province. Raises UserError where no row can be used."""
    try:
        with closing(Province(settings.data, province or province_of(file)).local_system()) as local:
            return import_file(file, local, today=_today(), now=time.time_ns() // 1_000)
    except UnusableFileError as error:
        raise UserError(*error.words) from None


@app.command(help=prose("Run the adapter of one province"))
def run(
    ctx: typer.Context,
    province: ProvinceOption,
    config: Annotated[Path, typer.Option("--config", help=prose("The adapter's TOML file"))],
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    once: Annotated[bool, typer.Option("--once", help=prose("Stop when nothing is left"))] = False,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
    log: LogOption = "text",
    as_json: JsonOption = False,
) -> None:
    """Carry documents both ways until stopped by SIGINT or SIGTERM, or with --once until nothing is left to do."""
    tr = translator(ctx)
    settings = load_settings(data, database=database, bus=bus)
    try:
        check_province(province)
        configured = load_adapter_config(config, province)
    except ConfigError as error:
        raise UserError(*error.words) from None
    summary = Summary(province)
    registry, watch = new_registry(), Watch(Health(tr), log)
    with (
        logging_as(log),
        stop_asked() as stop,
        served(metrics_port, metrics_host, registry, watch),
    ):
        metrics = AdapterMetrics(registry, province)
        summary = run_adapter(settings, configured, stop, once, watch, metrics)
        if log == "json":
            counts = {"done": summary.done, "waiting": len(summary.waiting), "set_aside": summary.set_aside}
            tell("result", province=province, **counts)
    if as_json:
        print_json(summary)
    elif log == "text":
        print_summary(tr, summary)


def _today() -> date:
    return day_of(time.time_ns() // 1_000)


def report_as_json(report: ImportReport) -> dict[str, object]:
    """What `--json` prints of an imported file."""
    return {
        "file": report.file,
        "form": report.form,
        "rows": report.rows,
        "taken": report.taken,
        "unchanged": report.unchanged,
        "bad": [
            {name: getattr(row, name) for name in ("file", "line", "column", "reason_zh", "reason_en")}
            for row in report.bad
        ],
    }


def print_summary(tr: Translator, summary: Summary) -> None:
    """What a run of an adapter did, and what it leaves to somebody."""
    province = PROVINCES[summary.province]
    print_line(tr(f"{province.short}：办理 {summary.done} 项", f"{province.name_en}: {summary.done} things done"))
    if summary.set_aside:
        count, where = summary.set_aside, "adapter set-aside list"
        print_line(tr(f"搁置：{count}（见 {where}）", f"set aside: {count} (see {where})"))
    if summary.waiting:
        rows = [(waiting.case, tr.of(words_of(waiting.reason))) for waiting in summary.waiting]
        print_table([tr("业务", "case"), tr("待办原因", "waits because")], rows)


def print_report(tr: Translator, report: ImportReport) -> None:
    """What was taken of an imported file, and each bad row with its reason."""
    counts = (report.rows, report.taken, report.unchanged, len(report.bad))
    print_line(
        tr(
            "{}：{} 共 {} 行，登记 {}，未变 {}，有误 {}".format(report.file, report.form, *counts),
            "{}: {}, {} rows: {} taken, {} unchanged, {} bad".format(report.file, report.form, *counts),
        )
    )
    if report.bad:
        print_table(
            [tr("行", "line"), tr("列", "column"), tr("原因", "reason")],
            [(b.line, b.column, tr(b.reason_zh, b.reason_en)) for b in report.bad],
        )
