"""`make torture`: large nations on real engines, killed all the time, and a summary of what they survived.

    python -m jinbao.torture [--transfers N] [--seed N] [--only NAME] [--json]

Exits 1 where a nation came out different from its undisturbed run, or where fewer parts were killed than planned.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from jinbao.dev.engine_error import EngineError
from jinbao.torture.phase import Outcome, Phase, run_phase, undisturbed
from jinbao.torture.subject import NationSize, TortureFailed

TRANSFERS, DAYS = 2_300, 125
"""A nation of more than 20,000 submissions."""


def phases(size: NationSize) -> list[Phase]:
    """The two runs: on three brokers, and on a single one."""
    small = NationSize(max(1, size.transfers // 10), 40, size.seed + 1)
    return [
        Phase(
            "three brokers",
            size,
            {"ingest": 50, "adapters": 20, "broker": 5, "database": 5, "zombie": 3, "storm": 5},
            brokers=3,
        ),
        Phase("one broker", small, {"ingest": 5, "adapters": 2, "broker": 5, "database": 2}),
    ]


def main() -> None:
    """Run the phases one after the other."""
    parser = argparse.ArgumentParser(prog="make torture", description="Kill parts of a nation on real engines")
    parser.add_argument("--transfers", type=int, default=TRANSFERS)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", choices=["three brokers", "one broker"])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    chosen = phases(NationSize(options.transfers, options.days, options.seed))
    try:
        outcomes = [_shown(phase) for phase in chosen if options.only in (None, phase.name)]
    except (TortureFailed, EngineError) as error:
        sys.exit(f"torture: {error}")
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(outcomes), indent=2).decode() + "\n")
    else:
        _print(outcomes)
    sys.exit(0 if all(came_through(outcome) for outcome in outcomes) else 1)


def came_through(outcome: Outcome) -> bool:
    """Nothing differs, and all that was planned was done."""
    short = [name for name, count in outcome.phase.kills.items() if outcome.done.get(name, 0) < count]
    return not short and not outcome.differences


def _shown(phase: Phase) -> Outcome:
    """One phase with a progress bar on stderr: days, and what was killed so far."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[killed]}"),
        console=Console(stderr=True, highlight=False),
        disable=not sys.stderr.isatty(),
    )
    with bar, tempfile.TemporaryDirectory(prefix="jinbao-torture-") as name:
        Path(name).chmod(0o755)  # PostgreSQL's user must enter it
        task = bar.add_task(f"{phase.name}: undisturbed", total=phase.size.days, killed="")
        expected = undisturbed(phase.size)

        def progress(day: int, done: Mapping[str, int]) -> None:
            killed = " ".join(f"{name} {count}" for name, count in sorted(done.items()))
            bar.update(task, description=phase.name, completed=day, killed=killed)

        return run_phase(phase, expected, Path(name), progress)


def _print(outcomes: list[Outcome]) -> None:
    table = Table("run", "submissions", "again", "disturbed by (of planned)", "minutes", "same nation")
    for outcome in outcomes:
        done = "\n".join(f"{name} {outcome.done.get(name, 0)} of {n}" for name, n in outcome.phase.kills.items())
        same = "yes" if not outcome.differences else "NO\n" + "\n".join(outcome.differences)
        figures = (f"{outcome.submissions:,}", f"{outcome.duplicates:,}", done, f"{outcome.seconds / 60:.1f}", same)
        table.add_row(outcome.phase.name, *figures)
    Console(highlight=False).print(table)


if __name__ == "__main__":
    main()
