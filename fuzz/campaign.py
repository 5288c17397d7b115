"""A fuzz campaign: so many inputs to the chosen targets; each must have one outcome in time, else it is kept."""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from jinbao.fuzz.target import FuzzInput, FuzzTarget, InvariantBroken

SLOWEST_MS = 1_000.0
"""Processor time of one input; more is a failure."""
_CLAIMS = re.compile(r"-(\d+)-of-(\d+)$")
"""In the name of a kept file: spoiled of how many records."""


@dataclass(frozen=True, slots=True)
class FuzzFailure:
    """An input that failed, kept in a file."""

    target: str
    file: Path
    reason: str


@dataclass(slots=True)
class FuzzReport:
    """What became of the inputs."""

    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    """Inputs in which each code was given."""
    past_decoding: int = 0
    slowest_ms: float = 0.0
    failures: list[FuzzFailure] = field(default_factory=list)


class Drawn(NamedTuple):
    """An input of a campaign."""

    target: FuzzTarget
    name: str
    """Of the file in which it is kept, should it fail."""
    given: FuzzInput


def fuzz(
    targets: Sequence[FuzzTarget],
    inputs: int,
    seed: int,
    folder: Path,
    begins: Callable[[int], object],
    without: Container[int] = (),
) -> FuzzReport:
    """Run so many inputs, spread by the targets' shares; failures are kept in the folder.

    `begins` hears each input's number before it is run; those in `without` are left out.
    """
    report = FuzzReport()
    with TemporaryDirectory(prefix="jinbao-fuzz-") as work:
        for number in range(inputs):
            if number in without:
                continue
            drawn = input_at(targets, inputs, seed, number)
            file = Path(work) / f"input{drawn.given.suffix}"
            if drawn.target.reads_file:
                file.write_bytes(drawn.given.data)
            begins(number)
            reason = _run(drawn.target, file, drawn.given, report)
            if reason is not None:
                _keep(report, folder, drawn, reason)
    return report


def input_at(targets: Sequence[FuzzTarget], inputs: int, seed: int, number: int) -> Drawn:
    """An input by its number. Drawn by seed, target and place among the target's, it is the same in a longer run."""
    ends = _ends(targets, inputs)
    at = bisect_right(ends, number)
    target, place = targets[at], number - (ends[at - 1] if at else 0)
    given = target.draw(Random(f"{seed} {target.name} {place}"))
    claims = "" if given.records is None else f"-{given.spoiled}-of-{given.records}"
    return Drawn(target, f"{target.name}-{seed}-{place}{claims}{given.suffix}", given)


def add_failure(report: FuzzReport, folder: Path, drawn: Drawn, reason: str) -> None:
    """Count an input that had no outcome, and keep it."""
    report.inputs += 1
    report.outcomes["failed"] += 1
    _keep(report, folder, drawn, reason)


def _keep(report: FuzzReport, folder: Path, drawn: Drawn, reason: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / drawn.name
    kept.write_bytes(drawn.given.data)
    report.failures.append(FuzzFailure(drawn.target.name, kept, reason))


def _ends(targets: Sequence[FuzzTarget], inputs: int) -> list[int]:
    """Where each target's inputs end, when all follow one another."""
    shares = list(accumulate(target.share for target in targets))
    return [inputs * share // shares[-1] for share in shares]


def replay(target: FuzzTarget, file: Path) -> FuzzReport:
    """Run a kept input again. Raises OSError."""
    found = _CLAIMS.search(file.stem)
    spoiled, records = (int(found[1]), int(found[2])) if found else (0, None)
    report = FuzzReport()
    reason = _run(target, file, FuzzInput(file.read_bytes(), file.suffix, records, spoiled), report)
    if reason is not None:
        report.failures.append(FuzzFailure(target.name, file, reason))
    return report


def _run(target: FuzzTarget, file: Path, given: FuzzInput, report: FuzzReport) -> str | None:
    """Count one input's outcome; returns why it failed, or None."""
    report.inputs += 1
    began = time.process_time()
    try:
        result = target.run(file, given)
    except InvariantBroken as error:
        reason: str | None = str(error)
        result = None
    except Exception as error:  # whatever a target raises is what is sought
        reason, result = repr(error), None
    else:
        reason = None
    took_ms = (time.process_time() - began) * 1_000
    report.slowest_ms = max(report.slowest_ms, took_ms)
    if result is not None:
        report.codes.update(result.codes)
        report.past_decoding += result.past_decoding
        if took_ms > SLOWEST_MS:
            reason = f"{took_ms:.0f} ms"
    report.outcomes[result.outcome if result is not None else "failed"] += 1
    return reason
