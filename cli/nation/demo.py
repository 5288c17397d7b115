"""`jinbao demo`: the platform, 32 adapters and a simulated nation in one process, day by day, for people to watch."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.live import Live

from jinbao.cli.language import translator
from jinbao.cli.nation.days import work_a_day
from jinbao.cli.nation.demo_pages import USERS, DemoPages, demo_pages
from jinbao.cli.nation.live_view import LINES_ON_PAPER, LiveView
from jinbao.cli.nation.result import print_result
from jinbao.cli.output import called_as, print_json, print_line, print_note, progress
from jinbao.cli.reading import is_simulation, simulated_run
from jinbao.language.words import Translator
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings
from jinbao.service.shutdown import stop_asked
from jinbao.simulator.engines import Engines, EnginesUsedError
from jinbao.simulator.nation import Nation
from jinbao.simulator.run_state import RunExistsError
from jinbao.views.nation_snapshot import Snapshot, take_snapshot

SEED, TRANSFERS, DAYS = 7, 2_000, 120
INGEST_PROCESSES = 2
PACE_S = 1.0
"""Seconds a working day, when somebody watches."""
FOLDER = "demo"
REAL_FOLDER = "demo-real"
"""Below the data folder, unless --data names another."""

app = typer.Typer(help=prose("Watch a synthetic nation exchange transfers"))

ShowDay = Callable[[Snapshot], None]


@app.command(help=prose("Watch a synthetic nation exchange transfers; Ctrl-C stops"))
def demo(
    ctx: typer.Context,
    headless: Annotated[bool, typer.Option("--headless", help=prose("No picture, one line a day"))] = False,
    days: Annotated[
        int | None, typer.Option(min=1, max=5_000, help=prose("Work so many days now [to the end, 120]"))
    ] = None,
    transfers: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help=prose("Number of transfers [2000]"))
    ] = None,
    seed: Annotated[int | None, typer.Option(help=prose("Seed [7]"))] = None,
    data: Annotated[Path | None, typer.Option("--data", help=prose("Data folder [.jinbao/demo]"))] = None,
    engines: Annotated[
        Literal["embedded", "real"],
        typer.Option(
            "--engines",
            help=prose("real: on a Kafka and a PostgreSQL of this machine [data folder .jinbao/demo-real]"),
        ),
    ] = "embedded",
    pace: Annotated[
        float | None,
        typer.Option(min=0.0, max=60.0, help=prose("Seconds a working day [1 with a picture]")),
    ] = None,
    pages: Annotated[
        bool | None,
        typer.Option("--serve/--no-serve", help=prose("Serve the pages of it meanwhile [while somebody watches]")),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help=prose("Port; 0: a free one"))] = 0,
    new: Annotated[bool, typer.Option("--new", help=prose("Delete the demo and begin anew"))] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """Begin a nation in the folder or go on with the one that it holds, until its end, --days are worked, or Ctrl-C.

    --days is how many days are worked at most this time; a nation is planned for 120, or more where more are asked for.
    """
    tr = translator(ctx)
    folder = data if data is not None else load_settings().data / (FOLDER if engines == "embedded" else REAL_FOLDER)
    if new:
        _delete(folder)
    _need_same(folder, engines, transfers, seed)
    watched = not headless and not as_json and sys.stdout.isatty()
    seconds = pace if pace is not None else (PACE_S if watched else 0.0)
    with stop_asked() as stop, _engines(tr, folder, engines) as found, _screen(tr, watched) as live:
        serve_on = port if (watched if pages is None else pages) else None
        with _nation(folder, found, transfers, days, seed) as nation, ExitStack() as beside:
            served = beside.enter_context(_served(tr, folder, found, serve_on, watched))
            began = nation.run.day
            until = nation.run.days if days is None else min(nation.run.days, began + days)
            with _shown(tr, nation, live, folder, served, as_json) as show:
                last = _work(tr, nation, until, seconds, stop, show)
            result, finished = nation.summary(), nation.finished
        worked = nation.run.day - began
    if as_json:
        extra = {"day": last.day, "days_done": last.number, "days": last.days, "finished": finished, "data": folder}
        print_json({**result, **extra})
        return
    if watched:
        Console().print(LiveView(tr, last, lines=LINES_ON_PAPER))
    _say_farewell(tr, result, last, folder, engines, finished=finished, worked=worked)


@contextmanager
def _served(
    tr: Translator, folder: Path, engines: Engines | None, port: int | None, watched: bool
) -> Iterator[DemoPages | None]:
    """The pages beside the nation, told at once where there is no picture to tell it; none without a port."""
    if port is None:
        yield None
        return
    with demo_pages(folder, engines, port) as served:
        if not watched:
            served.ready.wait()
            print_note(_about_pages(tr, served))
        yield served


@contextmanager
def _engines(tr: Translator, folder: Path, kind: str) -> Iterator[Engines | None]:
    """Real ones are started in the folder, and ended again unless they ran before; None stands for embedded ones."""
    if kind == "embedded":
        yield None
        return
    from jinbao.dev import engines as local  # its clients take a while to load, and most runs need none

    _, before = local.status(folder)
    with progress(tr("启动 Kafka 和 PostgreSQL", "starting Kafka and PostgreSQL")):
        found = local.up(folder)
    try:
        yield Engines(found.database_url, found.bus_url, INGEST_PROCESSES)
    finally:
        if not any(engine.running for engine in before):
            _end_engines(folder)


def _delete(folder: Path) -> None:
    """The demo of the folder, if it holds one."""
    if is_simulation(folder):
        _end_engines(folder)
        shutil.rmtree(folder)


def _end_engines(folder: Path) -> None:
    if (folder / "dev").exists():
        from jinbao.dev import engines as local

        local.down(folder)


def _need_same(folder: Path, engines: str, transfers: int | None, seed: int | None) -> None:
    """Raise UserError where the folder holds another demo than is asked for, before anything is started."""
    if not is_simulation(folder):
        return
    run = simulated_run(folder)
    kind = "embedded" if run.own_engines else "real"
    wanted = (("--engines", engines, kind), ("--seed", seed, run.seed), ("--transfers", transfers, run.transfers))
    for option, asked, kept in wanted:
        if asked is not None and asked != kept:
            raise UserError(
                f"{option} {asked}：{folder} 中的演示是 {kept}；用 {option} {kept} 继续，或加 --new 重新开始",
                f"{option} {asked}: the demo in {folder} has {kept}; go on with {option} {kept}, "
                "or add --new to begin anew",
            )


def _nation(folder: Path, engines: Engines | None, transfers: int | None, days: int | None, seed: int | None) -> Nation:
    """The folder's nation, or a new one."""
    if not is_simulation(folder):
        try:
            return Nation.begin(
                folder,
                seed=SEED if seed is None else seed,
                transfers=transfers or TRANSFERS,
                days=max(DAYS, days or 0),
                procedure=load_settings().procedure,
                engines=engines,
            )
        except (RunExistsError, EnginesUsedError) as error:
            raise UserError(*error.words) from error
    return Nation.resume(folder, engines)


def _work(tr: Translator, nation: Nation, until: int, seconds: float, stop: threading.Event, show: ShowDay) -> Snapshot:
    """Day after day at the pace, shown one by one; returns the last picture."""
    snapshot = _look(nation)
    show(snapshot)
    while nation.run.day < until and not stop.is_set():
        began = time.monotonic()
        report = work_a_day(tr, nation, stop)
        snapshot = _look(nation, report.messages)
        show(snapshot)
        if nation.run.day < until:
            stop.wait(max(0.0, seconds - (time.monotonic() - began)))
    return snapshot


def _look(nation: Nation, messages: int = 0) -> Snapshot:
    run = nation.run
    day = nation.clock.last_of(run.day)
    return take_snapshot(
        nation.store, day=day, number=run.day, days=run.days, transfers=run.transfers, messages=messages
    )


# --- how it is shown ---


@contextmanager
def _screen(tr: Translator, watched: bool) -> Iterator[Live | None]:
    """The whole terminal while somebody watches; it is given back at the end, whatever happens."""
    if not watched:
        yield None
        return
    preparing = tr("正在准备 32 省、银行和全国平台…", "Preparing 32 provinces, their banks and the platform…")
    with Live(preparing, console=Console(highlight=False), screen=True, refresh_per_second=4) as live:
        yield live


@contextmanager
def _shown(
    tr: Translator, nation: Nation, live: Live | None, folder: Path, served: DemoPages | None, as_json: bool
) -> Iterator[ShowDay]:
    """How each day is shown: as a picture, as a line, or as a step of a progress bar."""
    if live is not None:
        stop = tr("Ctrl-C 停止，再次启动时继续", "Ctrl-C stops, the next start continues")
        footer = f"{stop} · {tr('种子', 'seed')} {nation.run.seed} · {folder}"

        def footer_now() -> str:
            return f"{_about_pages(tr, served)} · {footer}" if served is not None and served.address else footer

        yield lambda snapshot: live.update(LiveView(tr, snapshot, footer_now()))
    elif as_json:
        with progress(tr("工作日", "working days"), nation.run.days) as advance:
            done = 0

            def step(snapshot: Snapshot) -> None:
                nonlocal done
                advance(snapshot.number - done)
                done = snapshot.number

            yield step
    else:
        began = nation.run.day
        yield lambda snapshot: _print_day(tr, snapshot) if snapshot.number > began else None


def _about_pages(tr: Translator, served: DemoPages) -> str:
    """Where the pages are, and how to sign in."""
    if served.address is None:
        return tr("页面未能启动", "the pages could not be served")
    words = tr("密码", "password")
    return f"{served.address} · {words} {served.password} · {' '.join(USERS)}"


def _print_day(tr: Translator, s: Snapshot) -> None:
    figures = (s.messages, s.in_hand, s.ended_cases, s.running["overdue"], formatting.yuan(s.money.in_transit))
    line = tr(
        "报文 {:>4}  在办 {:>5,}  了结 {:>5,}  过期 {:>3}  在途 {}".format(*figures),
        "messages {:>4}  in hand {:>5,}  ended {:>5,}  overdue {:>3}  in transit {}".format(*figures),
    )
    print_line(f"{tr.of(formatting.day(s.day))}  {s.number:>3}/{s.days} {line}")
    sys.stdout.flush()


def _say_farewell(
    tr: Translator, result: dict[str, Any], last: Snapshot, folder: Path, engines: str, *, finished: bool, worked: int
) -> None:
    """The result, then how to go on, or how to begin anew."""
    print_result(tr, result)
    program = called_as()
    where = "" if engines == "embedded" else f" --engines {engines}"
    where += "" if folder in (load_settings().data / f for f in (FOLDER, REAL_FOLDER)) else f" --data {folder}"
    if finished:
        over = (
            tr("推演已全部结束", "The planned run is over")
            if worked
            else tr("此前推演已全部结束", "The planned run was over already")
        )
        print_line(tr(f"{over}（{last.days} 个工作日）。", f"{over} ({last.days} working days)."))
        print_line(tr(f"重新开始：{program} demo --new{where}", f"Begin anew: {program} demo --new{where}"))
    else:
        again, day, days = f"{program} demo{where}", last.number, last.days
        print_line(
            tr(
                f"已停在第 {day}/{days} 个工作日，再次启动时继续：{again}",
                f"Stopped after working day {day} of {days}; the next start goes on: {again}",
            )
        )
    look = f"{program} case list --data {folder}"
    if engines != "embedded":
        look = f"env $({program} dev up --data {folder}) {look}; {program} dev down --data {folder}"
    print_line(tr(f"查看业务：{look}", f"Look at the cases: {look}"))
    if engines == "embedded":
        serve = f"{program} serve --all --port 8080 --data {folder}"
        print_line(tr(f"打开网页：{serve}", f"Open the pages: {serve}"))
