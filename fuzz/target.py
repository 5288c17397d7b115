"""The interface of a fuzz target: draws an input by a seeded random source, and runs one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol


class InvariantBroken(Exception):
    """What must always hold did not, with the reason."""


@dataclass(frozen=True, slots=True)
class FuzzInput:
    """One input, and what is known of it beforehand."""

    data: bytes
    suffix: str
    """Of the file that it is kept in."""
    records: int | None = None
    """Records in it; None where a change may have moved their bounds."""
    spoiled: int = 0
    """Of them those that must not be accepted."""


@dataclass(frozen=True, slots=True)
class FuzzResult:
    """What became of one input."""

    outcome: str
    codes: frozenset[str] = frozenset()
    past_decoding: bool = False
    """Whether something in it was read as a value."""


class FuzzTarget(Protocol):
    """A part of the program that takes what others write."""

    name: str
    share: int
    """Of the inputs when all targets are run: the cheaper, the more."""
    reads_file: bool
    """Whether it needs the input as a file; to write one costs more than many a run."""

    def draw(self, random: Random) -> FuzzInput:
        """The next input."""

    def run(self, file: Path, given: FuzzInput) -> FuzzResult:
        """The outcome of the input, which lies in the file too where it reads one. Whatever it raises is a failure."""
