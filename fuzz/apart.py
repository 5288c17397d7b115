"""A fuzz campaign in a process of its own: an input that ends the process, or never ends, fails like any other."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Collection, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from jinbao.fuzz.campaign import FuzzReport, add_failure, fuzz, input_at
from jinbao.fuzz.target import FuzzTarget

LONGEST_S = 60.0
"""Of one input by the clock; then its process is ended."""
MOST_ENDED = 20
"""Inputs that end their process, after which the campaign itself ends."""
Targets = Callable[[], Sequence[FuzzTarget]]
"""Makes them, in either process; a function that can be imported, or a partial one."""


def fuzz_apart(
    targets: Targets,
    inputs: int,
    seed: int,
    folder: Path,
    progress: Callable[[int], object],
    longest_s: float = LONGEST_S,
) -> FuzzReport:
    """As `fuzz`. After an input that ended its process the same inputs are run again without it."""
    ended: list[int] = []
    report: FuzzReport | None = None
    while report is None and len(ended) < MOST_ENDED:
        found = _run_once(targets, inputs, seed, folder, ended, progress, longest_s)
        if isinstance(found, FuzzReport):
            report = found
        else:
            ended.append(found)
    report = report or FuzzReport()
    for number in ended:
        add_failure(report, folder, input_at(targets(), inputs, seed, number), "no outcome: the process ended or hung")
    return report


def _run_once(
    targets: Targets,
    inputs: int,
    seed: int,
    folder: Path,
    without: Collection[int],
    progress: Callable[[int], object],
    longest_s: float,
) -> FuzzReport | int:
    """The report, or the number of the input over which the process ended or hung."""
    spawning = multiprocessing.get_context("spawn")
    hears, tells = spawning.Pipe(duplex=False)
    process = spawning.Process(target=_work, args=(targets, inputs, seed, folder, frozenset(without), tells))
    process.start()
    tells.close()
    begun = -1
    try:
        while hears.poll(longest_s):
            said = hears.recv()
            if isinstance(said, FuzzReport):
                return said
            begun = said
            progress(begun)
    except EOFError:  # it ended without a report
        pass
    finally:
        process.kill()
        process.join()
        hears.close()
    assert begun >= 0, "the process ends over an input, not before"
    return begun


def _work(targets: Targets, inputs: int, seed: int, folder: Path, without: frozenset[int], tells: Connection) -> None:
    tells.send(fuzz(targets(), inputs, seed, folder, tells.send, without))
