"""What an auditor's questions cost on a log of many events: as-of, what-if, replay, verify.

`python benchmarks/audit.py --events 100000 [--folder DIR] [--only what_if_clocks]...` prints JSON: of each question the
seconds of a processor it takes (`s`), in processes beside its own (`beside_s`), and by the clock (`clock_s`); the
longer of its own and theirs, scaled to 1,000,000 events (`s_at_1m`), is what it takes by the clock of two free
processors, and stands beside its aim; a case takes its own streams alone and is not scaled. `peak_mb`: of its largest
process. Cases are those of `national_day.py`, signed. A folder that is given is filled once and used again.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

from signed_day import fill_signed

from jinbao.bus.embedded import EmbeddedBus
from jinbao.platform.audit.history.as_of import Instant, as_it_stood, find, streams_of
from jinbao.platform.audit.history.folds import verify_store
from jinbao.platform.audit.history.replay import replay
from jinbao.platform.audit.history.snapshots import kept_in, take_snapshots
from jinbao.platform.audit.what_if.amounts import AmountsAnew, amounts_anew
from jinbao.platform.audit.what_if.clocks import ClocksAnew, OtherLimits, clocks_anew
from jinbao.platform.audit.what_if.what_if import OtherRules, WhatIf, as_json
from jinbao.platform.national_platform import NationalPlatform, topics
from jinbao.platform.outbox.log_key import FOLDER, POLICY, open_log_key
from jinbao.platform.projections.case_board import case_of
from jinbao.platform.projections.runner import Runner
from jinbao.platform.store.store import Store
from jinbao.platform.whole_case import whole_case
from jinbao.rules.transfer_parameters import load_transfer_parameters
from jinbao.rules.working_days import load_working_days
from jinbao.simulator.summary import summary_then
from jinbao.transparency.check_proof import parse_policy
from jinbao.views.as_of import case_then, nation_then

BATCH, SEED, MILLION = 2_000, 7, 1_000_000


def fill_log(folder: Path, events: int) -> None:
    """A log of so many events, each message signed by its agency, read models that have followed it, and snapshots."""
    key = open_log_key(folder)
    with closing(EmbeddedBus(folder / "bus.sqlite")) as bus, closing(opened(folder)) as store:
        bus.create_topics(topics())
        with closing(NationalPlatform(bus, store, batch_size=BATCH, log_key=key, follows=False)) as platform:
            fill_signed(bus, store, key, events, folder, SEED)
            while platform.step(time.time_ns() // 1_000):
                pass
        with closing(Runner(store)) as runner:
            runner.catch_up()
        take_snapshots(store, kept_in(folder), time.time_ns() // 1_000)


def opened(folder: Path) -> Store:
    """The platform's store of a folder."""
    return Store(f"sqlite:///{folder / 'platform.sqlite'}")


def as_of_overview(store: Store, folder: Path) -> object:
    """The whole nation as far as can be from a snapshot, as `jinbao audit as-of` tells it."""
    with store.read() as work:
        end = work.events.max_notification_id() or 0
        then = find(work.bulk, Instant(time.time_ns() // 1_000, position=end - 1))
    with summary_then(store, then.cut, None, kept_in(folder)) as (work, overview):
        return nation_then(work, overview, date.today(), load_working_days())


def as_of_case(store: Store, _: Path) -> object:
    """The newest case at the log's end."""
    with store.read() as work:
        then = find(work.bulk, Instant(time.time_ns() // 1_000))
        (transfer,) = work.bulk.execute("SELECT transfer_id FROM case_board ORDER BY case_id DESC LIMIT 1").fetchone()
        streams = streams_of(work.bulk, bytes(transfer))
    with as_it_stood(store, then.cut._replace(streams=streams)) as (_, work):
        row = case_of(work, UUID(bytes=bytes(transfer)))
        assert row is not None, "it stands on the board"
        return case_then(row, whole_case(work, row), date.today())


def what_if_clocks(store: Store, _: Path) -> object:
    """Ten working days for every clock, up to the JSON."""
    with store.read() as work:
        clocks = clocks_anew(work.bulk, OtherLimits(limit=10), date.today(), load_working_days())
        return as_json(WhatIf(clocks, AmountsAnew()))


def what_if_amounts(store: Store, _: Path) -> object:
    """Ten percent of the base from the pooling fund, up to the JSON."""
    with store.read() as work:
        rates = OtherRules(pooling=Fraction(1, 10)).rates()
        return as_json(WhatIf(ClocksAnew({}, []), amounts_anew(work.bulk, load_transfer_parameters(), rates)))


def replayed(store: Store, _: Path) -> object:
    """Every read model folded anew and compared."""
    return replay(store)


def verified(store: Store, folder: Path) -> object:
    """Every entry, signature and read model."""
    found = verify_store(store, parse_policy((folder / FOLDER / POLICY).read_text("utf-8")))
    assert not found.bad, found.bad
    return found


QUESTIONS: Mapping[str, tuple[Callable[[Store, Path], object], int | None]] = {
    "what_if_clocks": (what_if_clocks, 10),
    "what_if_amounts": (what_if_amounts, 60),
    "as_of_case": (as_of_case, 1),
    "as_of_overview": (as_of_overview, 10),
    "replay": (replayed, None),
    "verify": (verified, 60),
}
"""Each question, and the seconds at a million events that it is to take at most."""


def measure(name: str, folder: Path, events: int) -> dict[str, Any]:
    """Seconds of one question, the store opened anew."""
    ask, aim = QUESTIONS[name]
    with closing(opened(folder)) as store:
        began, began_clock = os.times(), time.perf_counter()
        ask(store, folder)
        ended, took = os.times(), time.perf_counter() - began_clock
    own, beside = (sum(ended[at : at + 2]) - sum(began[at : at + 2]) for at in (0, 2))
    scaled = max(own, beside) * (1 if name == "as_of_case" else MILLION / events)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    seconds = {"s": own + beside, "beside_s": beside, "clock_s": took, "s_at_1m": scaled}
    return {**{key: round(s, 2) for key, s in seconds.items()}, "aim_s": aim, "peak_mb": peak // 1024}


def main() -> None:
    """Run and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", action="append", choices=list(QUESTIONS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        if not (folder / "platform.sqlite").exists():
            fill_log(folder, options.events)
        with closing(opened(folder)) as store, store.read() as work:
            events = work.events.max_notification_id() or 0
        told: dict[str, Any] = {"events": events}
        for name in options.only or QUESTIONS:
            told[name] = measure(name, folder, events)
            sys.stderr.write(f"{name} {told[name]}\n")
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
