"""How far the forecast of missed due days is off, beside the share of the last twenty days: a simulated nation a seed.

    python benchmarks/forecast.py --seeds 1,2,3,4,5 --transfers 600 --days 120

For every tenth working day from the fortieth on, each province's expected misses of the next ten working days are held
against those that came; the plain estimate is the share missed of what was due in the province in the last twenty
working days, times what is due. Prints the mean absolute errors, in clocks a province and forecast, and their ratio.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from jinbao.platform.projections.forecast import AHEAD_WORKING_DAYS, forecast
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import load_working_days
from jinbao.simulator.nation import Nation

FIRST_DAY, EVERY_DAYS, BACK_DAYS = 40, 10, 20
DAYS = load_working_days()


class Clock(NamedTuple):
    """A clock as the nation's end shows it; days as YYYY-MM-DD."""

    province: str
    started_on: str
    due: str
    ended_on: str | None
    cancelled: int | None

    def open_after(self, day: str) -> bool:
        """Whether it was still open when that day had ended."""
        return self.ended_on is None or self.ended_on > day

    @property
    def missed(self) -> bool:
        """Whether its due day passed before it ended."""
        return self.open_after(self.due)


def errors(work: UnitOfWork, start: date, last: date) -> Iterator[tuple[float, float]]:
    """(error of the forecast, error of the plain estimate), one pair a province and day on which it was made."""
    rows = work.bulk.execute("SELECT province, started_on, due, ended_on, cancelled FROM handling_times")
    clocks = [Clock(*row) for row in rows]
    for n in range(FIRST_DAY, 10_000, EVERY_DAYS):
        as_of = DAYS.due(start, n).date
        until, since = DAYS.due(as_of, AHEAD_WORKING_DAYS).date, DAYS.before(as_of, BACK_DAYS)
        if until > last:
            return
        expected = dict.fromkeys(PROVINCES, 0.0)
        for row in forecast(work, as_of, DAYS):
            expected[row.province] += row.expected_missed
        day, end = as_of.isoformat(), until.isoformat()
        for province in PROVINCES:
            own = [clock for clock in clocks if clock.province == province and clock.started_on <= day]
            due = [clock for clock in own if day < clock.due <= end and clock.open_after(day)]
            before = [clock for clock in own if since.isoformat() < clock.due <= day]
            share = sum(clock.missed for clock in before) / len(before) if before else 0.0
            came = sum(clock.missed for clock in due)
            yield abs(expected[province] - came), abs(share * len(due) - came)


def main() -> None:
    """Simulate a nation for each seed, and print the errors as JSON."""
    parser = argparse.ArgumentParser(description="How far the forecast is off")
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--transfers", type=int, default=600)
    parser.add_argument("--days", type=int, default=120)
    options = parser.parse_args()
    found: list[tuple[float, float]] = []
    for seed in options.seeds.split(","):
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "nation"
            with Nation.begin(data, seed=int(seed), transfers=options.transfers, days=options.days) as nation:
                while not nation.finished:
                    nation.run_day()
                with nation.store.read() as work:
                    found.extend(errors(work, nation.run.start, nation.today))
    ours, plain = (sum(column) / len(found) for column in zip(*found, strict=True))
    answer = {"forecasts": len(found), "error": ours, "last_20_days_error": plain, "ratio": round(ours / plain, 3)}
    sys.stdout.write(json.dumps(answer, indent=2) + "\n")


if __name__ == "__main__":
    main()
