"""A fuzz campaign: so many inputs to the chosen targets; each must have one outcome in time, else it is kept."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

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


def fuzz(
    targets: Sequence[FuzzTarget], inputs: int, seed: int, folder: Path, progress: Callable[[int], object]
) -> FuzzReport:
    """Run so many inputs, spread by the targets' shares; failures are kept in the folder. `progress` hears the number.

    Each input is drawn by seed, target and number alone, so it is the same in a run of another length.
    """
    report = FuzzReport()
    with TemporaryDirectory(prefix="jinbao-fuzz-") as work:
        for target, count in _spread(targets, inputs):
            for number in range(count):
                given = target.draw(Random(f"{seed} {target.name} {number}"))
                file = Path(work) / f"input{given.suffix}"
                file.write_bytes(given.data)
                reason = _run(target, file, given, report)
                if reason is not None:
                    kept = folder / f"{target.name}-{seed}-{number}{_claims(given)}{given.suffix}"
                    folder.mkdir(parents=True, exist_ok=True)
                    kept.write_bytes(given.data)
                    report.failures.append(FuzzFailure(target.name, kept, reason))
                progress(report.inputs)
    return report


def replay(target: FuzzTarget, file: Path) -> FuzzReport:
    """Run a kept input again. Raises OSError."""
    found = _CLAIMS.search(file.stem)
    spoiled, records = (int(found[1]), int(found[2])) if found else (0, None)
    report = FuzzReport()
    reason = _run(target, file, FuzzInput(file.read_bytes(), file.suffix, records, spoiled), report)
    if reason is not None:
        report.failures.append(FuzzFailure(target.name, file, reason))
    return report


def _claims(given: FuzzInput) -> str:
    return "" if given.records is None else f"-{given.spoiled}-of-{given.records}"


def _spread(targets: Sequence[FuzzTarget], inputs: int) -> list[tuple[FuzzTarget, int]]:
    """How many inputs each target gets; they add up to the number asked for."""
    shares = [target.share for target in targets]
    ends = [inputs * sum(shares[: at + 1]) // sum(shares) for at in range(len(shares))]
    return [(target, end - begin) for target, begin, end in zip(targets, [0, *ends], ends, strict=False)]


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
