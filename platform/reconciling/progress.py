"""How far reconciling has come, kept in the database: up to where nothing was left to say, and what was unsettled then.

A process that starts, or that runs for one command, so reads that and what came since. Another version of the
matching, a database put back to an earlier day, or read models behind it: then everything is read once.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from jinbao.platform.projections.statement_matching import Scope
from jinbao.platform.store.store import UnitOfWork
from jinbao.platform.store.tables import reconciling_unsettled

_MARK = "reconciled"
"""Mark of the database: position of the log, day, and version of the matching."""
_MATCHING_VERSION = "4"
"""Of the rules by which entries are matched: raise it where what was settled may come out differently."""


class Progress(NamedTuple):
    """How things stood when nothing was left to say."""

    position: int
    day: date
    unsettled: Scope


def reconciled_to(work: UnitOfWork) -> int:
    """The position of the log at which nothing was left to say of banks' statements; 0 where that was never so."""
    return int((work.mark(_MARK) or "0").split(" ")[0])


def kept_progress(work: UnitOfWork) -> Progress | None:
    """What `keep_progress` wrote; None where nothing was, or another version of the matching."""
    position, day, version, *_ = [*(work.mark(_MARK) or "").split(" "), "", ""]
    if version != _MATCHING_VERSION:
        return None
    subjects = _subjects(work)
    references = {subject for subject in subjects if subject.startswith("RF")}
    entries = {bytes.fromhex(subject) for subject in subjects - references}
    return Progress(int(position), date.fromisoformat(day), Scope(references, entries))


class ProgressChange(NamedTuple):
    """What becomes unsettled, and what is settled now."""

    fresh: list[str]
    settled: list[str]


def progress_change(work: UnitOfWork, progress: Progress) -> ProgressChange:
    """In what the progress differs from what is written down: read before the log's lock is taken.

    It stays so until then, since only the process that has the turn writes it.
    """
    now = {*progress.unsettled.references, *(entry.hex() for entry in progress.unsettled.entries)}
    before = _subjects(work)
    return ProgressChange(sorted(now - before), sorted(before - now))


def keep_progress(work: UnitOfWork, progress: Progress, change: ProgressChange) -> None:
    """Write down how things stand, in place of what was written."""
    work.bulk.delete(reconciling_unsettled, "subject", change.settled)
    work.bulk.insert(reconciling_unsettled, [(subject,) for subject in change.fresh])
    work.set_mark(_MARK, f"{progress.position} {progress.day} {_MATCHING_VERSION}")


def _subjects(work: UnitOfWork) -> set[str]:
    return {row[0] for row in work.bulk.execute("SELECT subject FROM reconciling_unsettled")}
