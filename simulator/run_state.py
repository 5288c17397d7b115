"""What a simulated run remembers between days: how it was asked for and how far it has come, in one small file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec

from jinbao.language.system_errors import system_reason
from jinbao.language.words import BilingualError
from jinbao.simulator.rounds import SIMULATION
from jinbao.storage.sqlite_file import make_private, open_file

FILE = "simulation.sqlite"
_BESIDE = {"dev", "demo"}
"""What may lie in the folder of a new run: local engines, and the demo's own folder."""


class RunExistsError(BilingualError):
    """No run may begin in the folder; the message says why, and what to do."""


class NoRunError(BilingualError):
    """The folder holds no run."""


def _no_run(place: Path) -> NoRunError:
    return NoRunError(f"{place} 中没有推演的国家", f"{place} holds no simulated nation")


def _unusable(folder: Path, error: OSError) -> RunExistsError:
    return RunExistsError(
        f"{folder} 不能用作数据目录（{system_reason(error)[0]}），请另选目录",
        f"{folder} cannot be used as a data folder ({error.strerror}): name another one",
    )


class Run(msgspec.Struct, kw_only=True):
    """One run. `day` and `round` are the ones at work; a day is done when all its rounds are."""

    seed: int
    transfers: int
    start: date
    days: int
    procedure: str
    forms: str | None = None
    """The forms in which provinces hand in what they know; None: without files."""
    plant: str | None = None
    """The irregularities that auditors shall find; None: none is planted."""
    sample: tuple[int, ...] | None = None
    """Indices of the transfers that are run, of all `transfers` that are drawn; None: every one."""
    own_engines: bool = True
    """Whether bus and database lie in the run's own folder."""
    day: int = 0
    round: int = 0
    collected: bool = False
    """In this round everybody has said what they have to say; what follows is the platform's turn."""
    worked_us: int = 0
    """Real time spent, microseconds."""


class RunState:
    """The file that keeps a `Run`; written in each round, so that a killed run goes on in the same round."""

    def __init__(self, folder: Path, run: Run | None = None) -> None:
        """Begin `run` (see `check_new`), or open the one that the folder holds.

        Raises NoRunError, and RunExistsError where the folder cannot be made.
        """
        path = folder / FILE
        if run is None and not path.exists():
            raise _no_run(folder)
        try:
            make_private(path)
        except OSError as error:
            raise _unusable(folder, error) from error
        self.path = path
        self._db = open_file(path, SIMULATION, synchronous="OFF")
        if run is not None:
            self.save(run)

    @staticmethod
    def check_new(folder: Path) -> None:
        """Raise RunExistsError unless a run may begin in the folder."""
        try:
            used = folder.exists() and any(entry.name not in _BESIDE for entry in folder.iterdir())
        except OSError as error:
            raise _unusable(folder, error) from error
        if used:
            raise RunExistsError(
                f"{folder} 已有数据，请另选目录或先清空",
                f"{folder} is not empty: name another folder or empty it first",
            )

    def load(self) -> Run:
        """The run as it was last saved. Raises NoRunError."""
        row = self._db.execute("SELECT state FROM run").fetchone()
        if row is None:
            raise _no_run(self.path)
        return msgspec.json.decode(row[0], type=Run)

    def save(self, run: Run) -> None:
        """Remember the run."""
        self._db.execute("INSERT OR REPLACE INTO run VALUES (1, ?)", (msgspec.json.encode(run),))

    def close(self) -> None:
        """Close the file."""
        self._db.close()
