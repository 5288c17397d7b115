"""Opens a data folder's platform database for the commands that read or rebuild; never makes a new one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time as time_of_day
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from jinbao.platform.projections.positions import need_read_models
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.rules.working_days import SHANGHAI, day_of, load_working_days
from jinbao.service.errors import UserError
from jinbao.service.settings import Settings, load_settings
from jinbao.simulator.run_state import FILE as SIMULATION_FILE, Run, RunState
from jinbao.simulator.stories.story_play import MARKER as STORY_FILE
from jinbao.simulator.virtual_clock import VirtualClock

MORNING = time_of_day(9)
"""When a simulated nation begins."""


def is_simulation(folder: Path) -> bool:
    """Whether the folder holds a simulated nation, whose time is not ours."""
    return (folder / SIMULATION_FILE).exists()


def simulated_run(folder: Path) -> Run:
    """How the folder's simulated nation was asked for, and how far it has come. Raises NoRunError, WrongFile."""
    state = RunState(folder)
    try:
        return state.load()
    finally:
        state.close()


def today(settings: Settings, work: UnitOfWork) -> date:
    """The day in Shanghai: the clock's, or the last one of a simulated nation or of a played story.

    Of a nation whose folder is not named, the last day on which something came.
    """
    if (settings.data / STORY_FILE).exists():
        return day_of(work.last_recorded_at() or time.time_ns() // 1_000)
    if not is_simulation(settings.data):
        return day_of((work.is_simulated() and work.last_recorded_at()) or time.time_ns() // 1_000)
    run = simulated_run(settings.data)
    done = VirtualClock(run.start, run.days, load_working_days()).last_of(run.day)
    return max(done, day_of(work.last_recorded_at()))


def last_instant(settings: Settings) -> int | None:
    """Where the time of a simulated nation or of a played story stands, microseconds since 1970 UTC; None: in ours."""
    file = _file_of(settings.database_url)
    if file is not None and not file.is_file():
        return None
    with opened(settings, with_read_models=False) as store, store.read() as work:
        if last := work.last_recorded_at():
            known = is_simulation(settings.data) or (settings.data / STORY_FILE).exists() or work.is_simulated()
            return last if known else None
    if is_simulation(settings.data):  # nothing has been said there yet
        morning = datetime.combine(simulated_run(settings.data).start, MORNING, SHANGHAI)
        return int(morning.timestamp() * 1_000_000)
    return None


@contextmanager
def opened(settings: Settings, *, with_read_models: bool = True) -> Iterator[Store]:
    """The platform's existing database. Raises UserError when there is none, StoreError when it is something else."""
    file = _file_of(settings.database_url)
    if file is not None and not file.is_file():
        if is_simulation(settings.data) and not simulated_run(settings.data).own_engines:
            raise UserError(
                f"{settings.data}：其中的国家另有数据库，请用 --database 指明",
                f"{settings.data}: the database of its nation lies elsewhere: name it by --database",
            )
        raise UserError(
            f"{file}：没有平台数据库；请用 --data 指明数据目录，或先运行 jinbao demo、simulate 或 platform run",
            f"{file}: no platform database; name its folder by --data, "
            "or run jinbao demo, simulate or platform run first",
        )
    store = Store(settings.database_url)
    try:
        store.check()  # a file that is no platform's, or of another version, is refused here, not in mid-answer
        if with_read_models:
            need_read_models(store)
        yield store
    finally:
        store.close()


@contextmanager
def reading(data: Path | None, database: str | None = None) -> Iterator[tuple[Settings, UnitOfWork]]:
    """The settings in force and one state of the platform's database. Raises as `opened` does."""
    settings = load_settings(data, database=database)
    with opened(settings) as store, store.read() as work:
        yield settings, work


def _file_of(url: str) -> Path | None:
    """The file behind an SQLite URL; None for another database, or for a URL that the store will refuse."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
