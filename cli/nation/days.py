"""One day of a simulated nation, run for a command; on engines that somebody else runs, a failure is retried."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date

from jinbao.bus.interface import BusError
from jinbao.cli.output import print_note
from jinbao.language.words import Translator
from jinbao.platform.store.store import StoreError
from jinbao.service.errors import UserError
from jinbao.service.loop import retrying
from jinbao.service.settings import Settings
from jinbao.simulator.engines import Engines
from jinbao.simulator.nation import DayReport, Nation

GIVES_UP_AFTER_S = 600.0
"""When an engine has been away for so long, the command ends; `--resume` goes on later."""


def engines_of(settings: Settings, ingest_processes: int | None) -> Engines | None:
    """The engines that the settings name; None for those of the data folder itself. Raises UserError."""
    own = Engines.of(settings.data)
    named = Engines(settings.database_url, settings.bus_url, ingest_processes or 1)
    several = ingest_processes is not None and ingest_processes > 1
    if several and not (named.ingest_apart and named.database_url.startswith("postgresql")):
        raise UserError(
            f"--ingest-processes {ingest_processes}：多个接收进程需要 Kafka 和 PostgreSQL，"
            "请用 --bus 和 --database 指明",
            f"--ingest-processes {ingest_processes}: several need Kafka and PostgreSQL; "
            "name them by --bus and --database",
        )
    return None if (own.database_url, own.bus_url) == (named.database_url, named.bus_url) else named


def work_a_day(
    tr: Translator, nation: Nation, stop: threading.Event, evening: Callable[[date], None] | None = None
) -> DayReport:
    """One working day, and what its evening brings; what fails on the way is tried again, with growing pauses.

    Raises BusError and StoreError where an engine of the nation's own folder fails, or where another does not come back
    in time or before `stop` is set; the nation is then closed or half done, and goes on by `Nation.resume`.
    """
    gives_up, told = time.monotonic() + GIVES_UP_AFTER_S, ""

    def tell(error: Exception) -> None:
        nonlocal told
        if nation.run.own_engines or time.monotonic() > gives_up:
            raise error
        if str(error) != told:
            told = str(error)
            print_note(tr.error(error) + tr("；将重试", "; trying again"))

    def work() -> DayReport:
        if told:
            nation.recover()
        return nation.run_day()

    def work_in_the_evening() -> None:
        if told:
            nation.recover()
        if evening is not None:
            evening(report.day)

    report = retrying(stop, tell, (BusError, StoreError))(work)
    told = ""
    retrying(stop, tell, (BusError, StoreError))(work_in_the_evening)
    return report
