"""`jinbao simulate`: run a synthetic nation from a seed to its last day and print what it came to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from jinbao.bus.interface import BusError
from jinbao.cli.exit_codes import INTERRUPTED
from jinbao.cli.language import translator
from jinbao.cli.nation.days import engines_of, work_a_day
from jinbao.cli.nation.result import print_result
from jinbao.cli.options import BusOption, DatabaseOption, IngestProcessesOption, JsonOption
from jinbao.cli.output import print_json, print_note, progress
from jinbao.cli.reading import simulated_run
from jinbao.language.words import Translator
from jinbao.platform.store.store import StoreError
from jinbao.presentation.prose import prose
from jinbao.rules.days import read_day
from jinbao.service.errors import UserError
from jinbao.service.settings import load_settings
from jinbao.service.shutdown import stop_asked
from jinbao.simulator.bank_statements.finance_desks import FinanceDesks, outcome_as_json, outcome_of
from jinbao.simulator.engines import Engines, EnginesUsedError
from jinbao.simulator.nation import DEFAULT_START, Nation
from jinbao.simulator.planted_reads import plant_reads
from jinbao.simulator.provinces_forms import UnknownFormsError
from jinbao.simulator.run_state import NoRunError, Run, RunExistsError
from jinbao.simulator.scenario.plants import TooFewTransfersError

FIRST_START = date(2010, 1, 1)
"""No transfer moves between provinces before this day (国办发〔2009〕66号)."""

FormsOption = Annotated[
    str | None,
    typer.Option(
        "--forms",
        metavar="NAME|sql|mixed",
        help=prose("Provinces hand in files of this form of examples/provinces, or table rows"),
    ),
]

BanksOption = Annotated[
    bool,
    typer.Option("--banks", help=prose("Banks send statements with planted faults; finance desks work them off")),
]

PlantOption = Annotated[
    Literal["default"] | None,
    typer.Option("--plant", help=prose("Plant irregularities, two of each kind, for auditors' tests to find")),
]

ResumeOption = Annotated[
    bool, typer.Option("--resume", help=prose("Go on with the run in the folder, as it was planned"))
]

app = typer.Typer()


@app.command(help=prose("Run a synthetic nation from a seed"))
def simulate(
    ctx: typer.Context,
    transfers: Annotated[int, typer.Option(min=1, max=10_000_000, help=prose("Transfers"))] = 2_000,
    days: Annotated[int, typer.Option(min=1, max=5_000, help=prose("Working days"))] = 250,
    seed: Annotated[int, typer.Option(help=prose("Seed"))] = 1,
    start: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help=prose("First day"))] = DEFAULT_START.isoformat(),
    data: Annotated[Path | None, typer.Option(help=prose("Data folder, must be empty"))] = None,
    resume: ResumeOption = False,
    forms: FormsOption = None,
    banks: BanksOption = False,
    plant: PlantOption = None,
    database: DatabaseOption = None,
    bus: BusOption = None,
    ingest_processes: IngestProcessesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run to the last day; Ctrl-C stops after the day at hand, and `--resume` goes on from there.

    On a bus or database named by address, a failure of theirs is ridden out: the day goes on when they are back.
    """
    tr = translator(ctx)
    settings = load_settings(data, database=database, bus=bus)
    engines = engines_of(settings, ingest_processes)
    with stop_asked() as stop:
        with _refused():
            if resume:
                _need_the_same_plan(ctx, simulated_run(settings.data))
                nation = Nation.resume(settings.data, engines)
            else:
                nation = Nation.begin(
                    settings.data,
                    seed=seed,
                    transfers=transfers,
                    days=days,
                    start=_day(start),
                    procedure=settings.procedure,
                    engines=engines,
                    forms=forms,
                    plant=plant,
                )
        with nation:
            desks = FinanceDesks.begin(nation) if banks else None
            with progress(tr("工作日", "working days"), total=nation.run.days - nation.run.day) as advance:
                while not nation.finished and not stop.is_set():
                    try:
                        work_a_day(tr, nation, stop, None if desks is None else desks.evening)
                    except (BusError, StoreError):
                        _say_how_to_go_on(tr, nation.run.day, settings.data, engines)
                        raise
                    advance(1)
            result, finished, day = nation.summary(), nation.finished, nation.run.day
            result |= _afterwards(nation, desks) if finished else {}
    if as_json:
        print_json(result)
    else:
        print_result(tr, result)
    if not finished:
        _say_how_to_go_on(tr, day, settings.data, engines)
        raise typer.Exit(INTERRUPTED)


def _afterwards(nation: Nation, desks: FinanceDesks | None) -> dict[str, Any]:
    """What comes once the days are over: planted reads, and what became of what banks' statements planted."""
    if nation.run.plant is not None:
        plant_reads(nation)
    return {"banks": outcome_as_json(outcome_of(desks))} if desks is not None else {}


@contextmanager
def _refused() -> Iterator[None]:
    """A run that cannot begin or go on is the user's mistake."""
    try:
        yield
    except (RunExistsError, NoRunError, EnginesUsedError, UnknownFormsError, TooFewTransfersError) as error:
        raise UserError(*error.words) from error


def _need_the_same_plan(ctx: typer.Context, run: Run) -> None:
    """Raise UserError where an option was given that says something else than the run was planned with."""
    kept = {"transfers": run.transfers, "days": run.days, "seed": run.seed, "start": run.start.isoformat()}
    kept |= {"forms": run.forms, "plant": run.plant}
    for name, planned in kept.items():
        source, asked = ctx.get_parameter_source(name), ctx.params[name]
        if source is not None and source.name == "COMMANDLINE" and asked != planned:
            raise UserError(
                f"--{name} {asked}：目录中的推演是 {planned}；请去掉该选项以继续",
                f"--{name} {asked}: the run in the folder has {planned}; leave the option out to go on",
            )


def _say_how_to_go_on(tr: Translator, day: int, folder: Path, engines: Engines | None) -> None:
    stopped = tr(f"已在第 {day} 个工作日后停下，继续", f"stopped after working day {day}; go on with")
    where = "" if engines is None else tr("（加同样的 --database 和 --bus）", " (and the same --database and --bus)")
    print_note(f"{stopped}: jinbao simulate --resume --data {folder}{where}")


def _day(text: str) -> date:
    """The day that `--start` names. Raises UserError."""
    try:
        day = read_day(text)
    except ValueError:
        raise UserError("--start：应为日期，如 2025-09-22", "--start: must be a date like 2025-09-22") from None
    if day < FIRST_START:
        raise UserError(f"--start {day}：应不早于 {FIRST_START}", f"--start {day}: must not be before {FIRST_START}")
    return day
