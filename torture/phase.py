"""One disturbed run from its first day to its last, held against what the same nation is when nothing disturbs it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from jinbao.dev import engines as local
from jinbao.simulator.nation import Nation
from jinbao.torture.disturbances import SESSION_TIMEOUT_S, Disturbances
from jinbao.torture.subject import NationSize, Subject, TortureFailed

_POLL_S = 0.1
_SPREAD = 0.75
"""The last disturbance comes after this share of the days."""
_STALLED_AFTER_S = 600.0
_SETTINGS = f"?session_timeout_ms={SESSION_TIMEOUT_S * 1_000:.0f}&heartbeat_interval_ms=1000"

Progress = Callable[[int, Mapping[str, int]], None]
"""Told of the working days done and of what was done to the nation so far."""


@dataclass(frozen=True, slots=True)
class Phase:
    """What is done to which nation, on how many Kafka nodes, with how many ingest processes."""

    name: str
    size: NationSize
    kills: Mapping[str, int]
    """Name of a disturbance → how often."""
    brokers: int = 1
    ingest_processes: int = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a phase came to."""

    phase: Phase
    done: Mapping[str, int]
    submissions: int
    duplicates: int
    differences: tuple[str, ...]
    """Where the disturbed nation is not the undisturbed one; nothing where all is well."""
    seconds: float


def undisturbed(size: NationSize) -> dict[str, Any]:
    """The nation's result on the embedded engines."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "nation"
        with Nation.begin(folder, seed=size.seed, transfers=size.transfers, days=size.days) as nation:
            while not nation.finished:
                nation.run_day()
            return nation.summary()


def run_phase(phase: Phase, expected: Mapping[str, Any], folder: Path, progress: Progress) -> Outcome:
    """Run it on new engines under `folder`, which are taken down at the end.

    Raises TortureFailed where the nation ends early or stops moving, EngineError where an engine does not start.
    """
    began, random = time.monotonic(), Random(phase.size.seed)
    found = local.up(folder, phase.brokers)
    subject = Subject(
        folder,
        phase.size,
        database_url=found.database_url,
        bus_url=found.bus_url + _SETTINGS,
        ingest_processes=phase.ingest_processes,
    )
    try:
        disturbances = Disturbances(subject, folder, random)
        _disturb(phase, subject, disturbances, random, progress)
        result = subject.result()
    finally:
        subject.close()
        local.down(folder)
    return Outcome(
        phase,
        disturbances.done,
        result["ingest"]["received"],
        result["ingest"]["duplicate"],
        differences(expected, result),
        time.monotonic() - began,
    )


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    """What a kill may not change: everything but the speed, and how often a message came again."""

    def kept(result: Mapping[str, Any]) -> dict[str, Any]:
        ingest = {name: n for name, n in result["ingest"].items() if name not in ("received", "duplicate")}
        paths = {name: n for name, n in result["paths"].items() if name != "duplicate"}
        return {**result, "ingest": ingest, "paths": paths, "events_per_second": None}

    one, other = kept(expected), kept(found)
    return tuple(f"{name}: {other.get(name)} instead of {one[name]}" for name in one if one[name] != other.get(name))


def _disturb(phase: Phase, subject: Subject, disturbances: Disturbances, random: Random, progress: Progress) -> None:
    """Spread the disturbances over the days, in an order of the seed's; then wait for the end."""
    waiting = [name for name, count in phase.kills.items() for _ in range(count)]
    random.shuffle(waiting)
    every = phase.size.days * _SPREAD / max(1, len(waiting))
    due, day, moved = 1.0, 0, time.monotonic()
    while subject.is_running():
        if (today := subject.day()) != day:
            day, moved = today, time.monotonic()
        if time.monotonic() - moved > _STALLED_AFTER_S:
            raise TortureFailed(f"{phase.name}: working day {day + 1} does not end")
        progress(day, disturbances.done)
        if waiting and day >= due and subject.ingest_pids():
            time.sleep(random.uniform(0.0, 1.0))
            if disturbances.do(waiting[-1]):
                waiting.pop()
                due += every
        time.sleep(_POLL_S)
