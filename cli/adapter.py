"""`jinbao adapter`: take a province's files in, and run its adapter between local system and bus."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from jinbao.bus.interface import Bus, BusError, BusUnavailable, Headers
from jinbao.bus.open_bus import open_bus
from jinbao.cli import adapter_documents, set_aside
from jinbao.cli.adapter_metrics import AdapterMetrics, tell_message
from jinbao.cli.errors import UserError
from jinbao.cli.language import tr
from jinbao.cli.logs import LogOption, logging_as, tell
from jinbao.cli.loop import keep_turning, opened, run_dry
from jinbao.cli.monitoring import Health, MetricsHost, MetricsPort, Watch, new_registry, served
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption, check_province
from jinbao.cli.output import print_json, print_line, print_table
from jinbao.cli.province_files import ADAPTERS, opening, working
from jinbao.cli.settings import Settings, load_settings
from jinbao.cli.shutdown import stop_asked
from jinbao.keys.embedded_key_ring import EmbeddedKeyRing, open_key_ring
from jinbao.regional_adapter.adapter_config import AdapterConfig, ConfigError, load_adapter_config
from jinbao.regional_adapter.exchange.adapter import Observer, RegionalAdapter
from jinbao.regional_adapter.exchange.adapter_store import RETRY_ASKED, AdapterStore
from jinbao.regional_adapter.exchange.belonging import open_own_ring
from jinbao.regional_adapter.exchange.set_aside import SetAside
from jinbao.regional_adapter.files.csv_form import UnusableFileError
from jinbao.regional_adapter.files.file_exchange import FileExchange
from jinbao.regional_adapter.files.import_file import import_file, province_of
from jinbao.regional_adapter.files.imported_rows import ImportReport
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.office.automatic_desk import Desk, Waiting
from jinbao.rules.procedures import load_procedures
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import day_of
from jinbao.schemas.messages import IDENTITY_TOPIC, SUBMISSIONS_TOPIC, inbox_topic

IDLE_S = 0.2
"""Pause when nothing was left to do."""
LOOK_EVERY_S = 5.0
"""How often the figures of the metrics that nobody counts are looked up."""

app = typer.Typer(
    help=tr("省级适配器：导入文件、运行", "A province's adapter: import files, run"), no_args_is_help=True
)
app.add_typer(set_aside.app, name="set-aside")

app.command("documents", help=adapter_documents.HELP)(adapter_documents.documents)

ProvinceOption = Annotated[
    str, typer.Option("--province", help=tr("省级代码，如 41", "Code of the province, e.g. 41"), metavar="PP")
]


@app.command(
    "import",
    help=tr("导入转移申请、缴费历史、到账回单或身份更正", "Take in applications, histories, bank slips or corrections"),
)
def import_(
    file: Annotated[Path, typer.Argument(help=tr("GB18030 编码的 CSV 文件", "CSV file in GB18030"))],
    province: Annotated[
        str | None,
        typer.Option(
            "--province", help=tr("省级代码；缺省时按文件", "Code of the province; else as the file says"), metavar="PP"
        ),
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register the good rows of a file and report the bad ones; exit 1 where there are bad ones, 2 where all is bad."""
    settings = load_settings(data, database=database, bus=bus)
    try:
        check_province(province)
        province = province or province_of(file)
        with closing(_local_system(settings, province)) as local:
            report = import_file(file, local, today=_today(), now=time.time_ns() // 1_000)
    except UnusableFileError as error:
        raise UserError(tr(f"{error.file}：{error.zh}", f"{error.file}: {error.en}")) from None
    if as_json:
        print_json(_as_json(report))
    else:
        _print_report(report)
    if report.bad:
        raise typer.Exit(1)


@app.command(help=tr("运行一个省的适配器", "Run the adapter of one province"))
def run(
    province: ProvinceOption,
    config: Annotated[Path, typer.Option("--config", help=tr("适配器配置（TOML）", "The adapter's TOML file"))],
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    once: Annotated[bool, typer.Option("--once", help=tr("办完现有事项即止", "Stop when nothing is left"))] = False,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
    log: LogOption = "text",
    as_json: JsonOption = False,
) -> None:
    """Carry documents both ways until stopped by SIGINT or SIGTERM, or with --once until nothing is left to do."""
    settings = load_settings(data, database=database, bus=bus)
    try:
        check_province(province)
        configured = load_adapter_config(config, province)
    except ConfigError as error:
        raise UserError(tr(f"{error.file}：{error.zh}", f"{error.file}: {error.en}")) from None
    summary = Summary(province)
    registry, watch = new_registry(), Watch(Health(), log)
    with (
        logging_as(log),
        stop_asked() as stop,
        served(metrics_port, metrics_host, registry, watch),
    ):
        metrics = AdapterMetrics(registry, province)
        summary = _run_line(settings, configured, stop, once, watch, metrics)
        if log == "json":
            counts = {"done": summary.done, "waiting": len(summary.waiting), "set_aside": summary.set_aside}
            tell("result", province=province, **counts)
    if as_json:
        print_json(summary)
    elif log == "text":
        _print_summary(summary)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did, what it leaves to a clerk, and how much is set aside."""

    province: str
    done: int = 0
    waiting: tuple[Waiting, ...] = ()
    set_aside: int = 0


def _run_line(
    settings: Settings, config: AdapterConfig, stop: threading.Event, once: bool, watch: Watch, metrics: AdapterMetrics
) -> Summary:
    """Run until stopped, or with `once` until nothing is left."""

    def observe(what: str, headers: Headers) -> None:
        metrics.count(what)
        if watch.log == "json":
            tell_message(config.province, what, headers)

    with ExitStack() as stack:

        def start() -> _Line:
            with ExitStack() as parts:
                bus = parts.enter_context(closing(open_bus(settings.bus_url)))
                if not once:
                    _need_topics(bus, config.province)
                line = _Line(parts, settings, config, bus, observe, metrics)
                stack.push(parts.pop_all())
                return line

        line = start() if once else opened(start, stop, watch.waiting)
        if line is None:
            return Summary(config.province)
        if once:
            run_dry(line.step, line.at_end, stop, IDLE_S)
        else:
            keep_turning(lambda: _watched(line, watch), stop, watch.trouble, IDLE_S)
        waiting = line.desk.waiting if line.desk else ()
        return Summary(config.province, line.done, waiting, line.store.set_aside.count())


def _watched(line: _Line, watch: Watch) -> int:
    done = line.step()
    watch.well()
    return done


def _need_topics(bus: Bus, province: str) -> None:
    """The platform creates the topics. Raises BusUnavailable where an adapter was started before it."""
    try:
        bus.partitions(SUBMISSIONS_TOPIC)
        bus.partitions(inbox_topic(province))
        bus.partitions(IDENTITY_TOPIC)
    except BusError as error:
        raise BusUnavailable(tr(f"等待全国平台：{error}", f"waiting for the platform: {error}")) from None


class _Line:
    """One province's adapter with its desk and file exchange, driven together."""

    def __init__(
        self,
        stack: ExitStack,
        settings: Settings,
        config: AdapterConfig,
        bus: Bus,
        observe: Observer,
        metrics: AdapterMetrics,
    ) -> None:
        province = config.province
        self._bus = bus
        self._metrics = metrics
        self._look_at = 0.0
        self._folder = settings.data
        file = settings.data / ADAPTERS / f"{province}.sqlite"
        self._own_files = [file, _local_file(settings, province)]
        local = stack.enter_context(closing(_local_system(settings, province)))
        with opening(file):
            self.store = stack.enter_context(closing(AdapterStore(file)))

        def open_ring(expected: str | None) -> EmbeddedKeyRing:
            return open_key_ring(settings.data, expected=expected)

        ring = stack.enter_context(closing(open_own_ring(bus, [self.store], open_ring)))
        adapter = RegionalAdapter(province, local=local, bus=bus, key_ring=ring, store=self.store, observe=observe)
        self._adapter = stack.enter_context(closing(adapter))
        law = load_procedures(default=settings.procedure)
        self.desk = Desk(local, config.agency, config.desk.operator, law) if config.desk.auto else None
        folder = settings.data / "local" / province
        self._files = FileExchange(local, folder, self.store.set_aside) if config.files.write else None
        self._retry_seen = self.store.number(RETRY_ASKED)
        self._desk_aside: tuple[SetAside, ...] | None = None
        self.done = 0

    def at_end(self) -> bool:
        """Whether it has read all that is in the province's inbox. Raises BusError."""
        return self._adapter.at_end()

    def _hear_of_retry(self) -> None:
        """`set-aside retry` was called: messages and documents are done, desk and files are for this process to do."""
        asked = self.store.number(RETRY_ASKED)
        if asked != self._retry_seen:
            self._retry_seen = asked
            for part in (self.desk, self._files):
                if part:
                    part.try_again()

    def step(self) -> int:
        """One step of each part; how much was done. Raises BusError, and Unavailable for the province's own files."""
        now = time.time_ns() // 1_000
        with working(self._folder, self._own_files):
            self._hear_of_retry()
            done = self._adapter.step(now)
            for part in (self.desk, self._files):
                done += part.step(now) if part else 0
            if self.desk and self.desk.set_aside != self._desk_aside:
                with self.store.transaction():
                    self.store.set_aside.replace("desk", self.desk.set_aside, now)
                self._desk_aside = self.desk.set_aside
        self.done += done
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY_S
            self._metrics.look(self._bus, self.store, len(self.desk.waiting) if self.desk else 0)
        return done


def _local_file(settings: Settings, province: str) -> Path:
    return settings.data / "local" / f"{province}.sqlite"


def _local_system(settings: Settings, province: str) -> EmbeddedLocalSystem:
    file = _local_file(settings, province)
    with opening(file):
        return EmbeddedLocalSystem(file, province)


def _today() -> date:
    return day_of(time.time_ns() // 1_000)


def _as_json(report: ImportReport) -> dict[str, object]:
    return {
        "file": report.file,
        "form": report.form,
        "rows": report.rows,
        "taken": report.taken,
        "unchanged": report.unchanged,
        "bad": report.bad,
    }


def _print_summary(summary: Summary) -> None:
    province = PROVINCES[summary.province]
    print_line(tr(f"{province.short}：办理 {summary.done} 项", f"{province.name_en}: {summary.done} things done"))
    if summary.set_aside:
        count, where = summary.set_aside, "adapter set-aside list"
        print_line(tr(f"搁置：{count}（见 {where}）", f"set aside: {count} (see {where})"))
    if summary.waiting:
        print_table(
            [tr("业务", "case"), tr("待办原因", "waits because")], [(w.case, w.reason) for w in summary.waiting]
        )


def _print_report(report: ImportReport) -> None:
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
