"""`jinbao platform`: makes and upgrades its tables, and runs it on real time: take in, deliver, watch the deadlines."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import ExitStack, closing
from datetime import datetime
from typing import Annotated, Any, Protocol

import typer
from prometheus_client import CollectorRegistry

from jinbao.bus.interface import Bus
from jinbao.bus.open_bus import open_bus
from jinbao.cli import words
from jinbao.cli.confirm_time import confirm_time
from jinbao.cli.errors import UserError
from jinbao.cli.language import tr
from jinbao.cli.logs import LogOption, logging_as, tell
from jinbao.cli.loop import keep_turning, opened, run_dry
from jinbao.cli.monitoring import Health, MetricsHost, MetricsPort, Watch, new_registry, served
from jinbao.cli.options import BusOption, DatabaseOption, DataOption, JsonOption
from jinbao.cli.output import print_json, print_line
from jinbao.cli.platform_metrics import PlatformMetrics, tell_batch, tell_incident
from jinbao.cli.settings import Settings, load_settings
from jinbao.cli.shutdown import stop_asked
from jinbao.cli.sweeping import sweeping
from jinbao.platform.deadlines.sweep import SweepPolicy
from jinbao.platform.ingest.intake import Batch
from jinbao.platform.national_platform import NationalPlatform, law_in_force, topics
from jinbao.platform.queries import ingest_counts, number_of_events
from jinbao.platform.store.schema import HEAD
from jinbao.platform.store.store import Store
from jinbao.rules.working_days import SHANGHAI
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

IDLE_S = 0.05
"""Pause when nothing was left to do."""
BUS_ASKED_EVERY_S = 5.0
"""While no broker answers, reading finds nothing, as when all is read: an idle platform asks the bus which it is."""
STATUS_EVERY_S = 1.0
STATUS_EVERY_IN_A_FILE_S = 60.0

app = typer.Typer(
    help=tr("全国平台：建库、升级、运行", "The national platform: init, upgrade, run"), no_args_is_help=True
)


app.command(
    "confirm-time",
    help=tr("时钟跳变后，确认报文按何时算收到", "After a clock has jumped, say when messages count as received"),
)(confirm_time)


@app.command(help=tr("建立缺少的数据表和主题", "Make missing tables and topics"))
def init(
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make what a new platform needs; what is there already is only checked."""
    settings = load_settings(data, database=database, bus=bus)
    wanted = topics()
    with closing(open_bus(settings.bus_url)) as opened, closing(Store(settings.database_url)) as store:
        opened.create_topics(wanted)
        store.create()
        if as_json:
            print_json({"database": store.name, "schema": HEAD, "topics": wanted})
        else:
            print_line(
                tr(
                    f"就绪：{store.name}（结构 {HEAD}），{len(wanted)} 个主题",
                    f"ready: {store.name} (schema {HEAD}), {len(wanted)} topics",
                )
            )


@app.command(help=tr("把数据库升级到本程序的结构", "Bring the database to this program's schema"))
def upgrade(
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the missing migrations in one transaction; stop every process of the platform first."""
    with closing(Store(load_settings(data, database=database, bus=bus).database_url)) as store:
        before, after = store.upgrade()
        if as_json:
            print_json({"database": store.name, "before": before, "after": after})
        elif before == after:
            print_line(tr(f"{store.name}：已是结构 {after}", f"{store.name}: has schema {after} already"))
        else:
            print_line(f"{store.name}: {before or '-'} → {after}")


@app.command(help=tr("运行全国平台，Ctrl-C 停止", "Run the national platform; Ctrl-C stops it"))
def run(
    data: DataOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    once: Annotated[bool, typer.Option("--once", help=tr("办完现有事项即止", "Stop when nothing is left"))] = False,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
    log: LogOption = "text",
    as_json: JsonOption = False,
) -> None:
    """Serve until SIGINT or SIGTERM, or with --once until nothing is left to do; then print the counts."""
    settings = load_settings(data, database=database, bus=bus)
    with logging_as(log), stop_asked() as stop, ExitStack() as stack:
        registry, watch = new_registry(), Watch(Health(), log)
        stack.enter_context(served(metrics_port, metrics_host, registry, watch))
        national = _started(settings, registry, watch, stack, stop, once)
        if national is None:
            return  # asked to stop before bus and database were there
        platform, its_bus = national
        done = _drain(platform, stop) if once else _serve(platform, its_bus, stop, watch)
        with platform.store.read() as work:
            counts: dict[str, Any] = {"done": done, "events": number_of_events(work), "ingest": ingest_counts(work)}
        text = _status(platform.store)
        if log == "json":
            tell("result", **counts)
    if as_json:
        print_json(counts)
    elif log == "text":
        print_line(text)


def _started(
    settings: Settings,
    registry: CollectorRegistry,
    watch: Watch,
    stack: ExitStack,
    stop: threading.Event,
    once: bool,
) -> tuple[NationalPlatform, Bus] | None:
    """The platform and its bus, closed with the stack; unless it shall run once, bus and database are waited for."""
    metrics: PlatformMetrics | None = None

    def observe(batch: Batch, transaction_s: float) -> None:
        assert metrics is not None, "a platform that was not started has no batches"
        metrics(batch, transaction_s)
        for incident in batch.incidents:
            tell_incident(watch, incident)
        if watch.log == "json":
            tell_batch(batch, transaction_s)

    def start() -> tuple[Bus, NationalPlatform]:
        with ExitStack() as parts:
            bus = parts.enter_context(closing(open_bus(settings.bus_url)))
            store = parts.enter_context(closing(Store(settings.database_url, working=True)))
            _need_our_time(store)
            policy = SweepPolicy(
                settings.warn_working_days, settings.deemed_receipt_working_days, settings.parked_expiry_working_days
            )
            law = law_in_force(settings.procedure)
            platform = NationalPlatform(
                bus, store, law=law, policy=policy, batch_size=settings.batch_size, observe=observe
            )
            parts.enter_context(closing(platform))
            stack.push(parts.pop_all())
            return bus, platform

    found = start() if once else opened(start, stop, watch.waiting)
    if found is None:
        return None
    bus, platform = found
    metrics = PlatformMetrics(registry, platform.store, bus, platform.ingest.bus_time)
    return platform, bus


def _need_our_time(store: Store) -> None:
    """Raise UserError where a simulated nation lives: deadlines of today would be none of its."""
    store.create()
    with store.read() as work:
        if work.is_simulated():
            raise UserError(
                tr(
                    f"{store.name}：这里是模拟数据，其时间不是今天；请用 jinbao demo 或 simulate --resume 继续，"
                    "或另选 --data、--database",
                    f"{store.name}: a simulated nation lives here, in another time; go on with jinbao demo or "
                    "simulate --resume, or name another --data or --database",
                )
            )


def _drain(platform: NationalPlatform, stop: threading.Event) -> int:
    """Sweep and step until neither finds anything."""
    total = 0
    while not stop.is_set():
        done = platform.sweep.run(_now())
        done += run_dry(lambda: platform.step(_now()), platform.ingest.at_end, stop, IDLE_S)
        if not done:
            break
        total += done
    return total


def _serve(platform: NationalPlatform, bus: Bus, stop: threading.Event, watch: Watch) -> int:
    """Take in and deliver, sweep beside it, and see that the bus answers, until asked to stop."""
    status = _LoggedStatus(platform.store) if watch.log == "json" else _StatusLine(platform.store)
    next_question = 0.0

    def step() -> int:
        nonlocal next_question
        done = platform.step(_now())
        if not done and time.monotonic() >= next_question:
            bus.end_offsets(SUBMISSIONS_TOPIC)
            next_question = time.monotonic() + BUS_ASKED_EVERY_S
        watch.well()
        status.tick()
        return done

    def trouble(text: str) -> None:
        status.leave()
        watch.trouble(text)

    with sweeping(platform.sweep, _now, stop, watch.of("sweep")):
        total = keep_turning(step, stop, trouble, IDLE_S)
    status.leave()
    watch.say("stopped", tr("已停止", "stopped"))
    return total


class Status(Protocol):
    """How the loop tells its operator how much it has done."""

    def tick(self) -> None:
        """All is well; say how it stands when it is time to."""

    def leave(self) -> None:
        """Something else will be written."""


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
                tell("status", events=number_of_events(work), **ingest_counts(work))

    def leave(self) -> None:
        """A log has no line to leave."""


class _StatusLine:
    """One line on stderr: written over itself on a terminal, elsewhere a new line when something has changed."""

    def __init__(self, store: Store) -> None:
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
        text = _status(self._store)
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


def _status(store: Store) -> str:
    with store.read() as work:
        counts, events = ingest_counts(work), number_of_events(work)
    parts = [f"{words.spoken(words.RESULTS[name])} {number:,}" for name, number in counts.items()]
    return tr("全国平台：", "platform: ") + " · ".join([*parts, f"{tr('事件', 'events')} {events:,}"])


def _now() -> int:
    return time.time_ns() // 1_000
