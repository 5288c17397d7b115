"""`jinbao platform`: makes and upgrades its tables, and runs it on real time: take in, deliver, watch the deadlines."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, closing
from datetime import datetime
from typing import Annotated, Any

import typer

from jinbao.bus.open_bus import open_bus
from jinbao.cli.confirm_time import confirm_time
from jinbao.cli.language import translator
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption, LogOption, MetricsHost, MetricsPort
from jinbao.cli.output import print_json, print_line
from jinbao.language.words import Translator
from jinbao.platform.national_platform import topics
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.projections.runner import Runner, prepare
from jinbao.platform.queries import ingest_counts, number_of_events
from jinbao.platform.store.schema import HEAD
from jinbao.platform.store.store import Store
from jinbao.presentation import case_labels
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import SHANGHAI
from jinbao.service.health import Health, Watch
from jinbao.service.logs import logging_as, tell
from jinbao.service.metrics import new_registry, served
from jinbao.service.platform_run import drain, serve, started
from jinbao.service.settings import load_settings
from jinbao.service.shutdown import stop_asked

STATUS_EVERY_S = 1.0
STATUS_EVERY_IN_A_FILE_S = 60.0

app = typer.Typer(help=prose("The national platform: init, upgrade, run"), no_args_is_help=True)


app.command(
    "confirm-time",
    help=prose("After a clock has jumped, say when messages count as received"),
)(confirm_time)


@app.command(help=prose("Make missing tables and topics"))
def init(
    ctx: typer.Context,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make what a new platform needs; what is there already is only checked."""
    tr = translator(ctx)
    settings = load_settings(data, database=database, bus=bus)
    wanted = topics()
    with closing(open_bus(settings.bus_url)) as opened, closing(Store(settings.database_url)) as store:
        opened.create_topics(wanted)
        store.create()
        prepare(store)
        if as_json:
            print_json({"database": store.name, "schema": HEAD, "topics": wanted})
        else:
            print_line(
                tr(
                    f"就绪：{store.name}（结构 {HEAD}），{len(wanted)} 个主题",
                    f"ready: {store.name} (schema {HEAD}), {len(wanted)} topics",
                )
            )


@app.command(help=prose("Bring the database to this program's schema"))
def upgrade(
    ctx: typer.Context,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the missing migrations in one transaction, then build the read models; stop every process first."""
    tr = translator(ctx)
    with closing(Store(load_settings(data, database=database, bus=bus).database_url)) as store:
        with store.alone():
            before, after = store.upgrade()
        with closing(Runner(store)) as runner:
            runner.catch_up()
        if as_json:
            print_json({"database": store.name, "before": before, "after": after})
        elif before == after:
            print_line(tr(f"{store.name}：已是结构 {after}", f"{store.name}: has schema {after} already"))
        else:
            print_line(f"{store.name}: {before or '-'} → {after}")


@app.command(help=prose("Run the national platform; Ctrl-C stops it"))
def run(
    ctx: typer.Context,
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    once: Annotated[bool, typer.Option("--once", help=prose("Stop when nothing is left"))] = False,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
    log: LogOption = "text",
    as_json: JsonOption = False,
) -> None:
    """Serve until SIGINT or SIGTERM, or with --once until nothing is left to do; then print the counts."""
    tr = translator(ctx)
    settings = load_settings(data, database=database, bus=bus)
    with logging_as(log), stop_asked() as stop, ExitStack() as stack:
        registry, watch = new_registry(), Watch(Health(tr), log)
        stack.enter_context(served(metrics_port, metrics_host, registry, watch))
        national = started(settings, registry, watch, stack, stop, once)
        if national is None:
            return  # asked to stop before bus and database were there
        platform, its_bus = national
        if once:
            done = drain(platform, stop)
        else:
            status = _LoggedStatus(platform.store) if log == "json" else _StatusLine(tr, platform.store)
            done = serve(platform, its_bus, settings, stop, watch, status)
        with platform.store.read() as work:
            counts: dict[str, Any] = {"done": done, "events": number_of_events(work), "ingest": ingest_counts(work)}
        text = _status(tr, platform.store)
        if log == "json":
            tell("result", **counts)
    if as_json:
        print_json(counts)
    elif log == "text":
        print_line(text)
    if once and platform.projections.trouble is not None:
        raise platform.projections.trouble


class _LoggedStatus:
    """The counts about once a minute, as events of the log."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._next = 0.0

    def tick(self) -> None:
        """Log the counts when it is time to."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + STATUS_EVERY_IN_A_FILE_S
            with self._store.read() as work:
                events, followed = number_of_events(work), followed_to(work)
                tell("status", events=events, read_models_lag=events - followed, **ingest_counts(work))

    def leave(self) -> None:
        """A log has no line to leave."""


class _StatusLine:
    """One line on stderr: written over itself on a terminal, elsewhere a new line when something has changed."""

    def __init__(self, tr: Translator, store: Store) -> None:
        self._tr = tr
        self._store = store
        self._terminal = sys.stderr.isatty()
        self._every_s = STATUS_EVERY_S if self._terminal else STATUS_EVERY_IN_A_FILE_S
        self._next = 0.0
        self._last = ""

    def tick(self) -> None:
        """Write the line anew when it is time to."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._every_s
        text = _status(self._tr, self._store)
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{datetime.now(SHANGHAI):%H:%M:%S}  {text}")
        elif text != self._last:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()
        self._last = text

    def leave(self) -> None:
        """Leave the line."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")


def _status(tr: Translator, store: Store) -> str:
    with store.read() as work:
        counts, events = ingest_counts(work), number_of_events(work)
        lag = max(0, events - followed_to(work))
    parts = [f"{tr.of(case_labels.RESULTS[name])} {number:,}" for name, number in counts.items()]
    parts.append(f"{tr('事件', 'events')} {events:,}")
    if lag:
        parts.append(tr(f"读模型落后 {lag:,}", f"read models behind by {lag:,}"))
    return tr("全国平台：", "platform: ") + " · ".join(parts)
