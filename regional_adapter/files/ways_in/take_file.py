"""One file taken in by a mapping: its good rows registered, the others written as a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jinbao.regional_adapter.files.form_rows import HeldFileError, UnreadableFileError, UnusableFileError
from jinbao.regional_adapter.files.imports.import_file import import_records
from jinbao.regional_adapter.files.imports.rejects_file import write_rejects
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping
from jinbao.regional_adapter.files.mapping.mixed_file import parts_of
from jinbao.regional_adapter.files.readers.byte_lines import has_its_end
from jinbao.regional_adapter.files.ways_in.journal import Outcome
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.office.office import Office
from jinbao.rules.working_days import day_of

_IN_LINES = ("csv", "json-lines", "fixed-width")
"""Formats whose last line has an end."""
WAITS = Outcome("waiting", code="TRUNCATED")


@dataclass(slots=True)
class Taking:
    """Where a province's files go, how they are read, and who takes them in; the mapping may change."""

    local: EmbeddedLocalSystem
    mapping: Mapping
    rejects: Path
    operator: str
    progress: Callable[[], None] = lambda: None
    """Called again and again while a file is read."""
    office: Office | None = None
    """Where decisions are taken, else the province's own with the procedures as released."""


def take_file(taking: Taking, file: Path, digest: str, now: int, *, only_whole: bool = False) -> Outcome:
    """Take a file in: what became of it. `digest`: of its content, by which its file of rejects is named.

    `only_whole`: one that is cut waits, and nothing of it is registered. Raises UnreadableFileError.
    """
    mapping = taking.mapping
    if only_whole and _ends_open(file, mapping):
        return WAITS
    try:
        parts = parts_of(file, mapping)
        for mapped in parts:
            mapped.progress = taking.progress
        report = import_records(
            parts,
            taking.local,
            today=day_of(now),
            operator=taking.operator,
            now=now,
            only_whole=only_whole,
            office=taking.office,
        )
    except UnreadableFileError:
        raise
    except UnusableFileError as error:
        return WAITS if only_whole and error.code == "TRUNCATED" else _refused(error)
    rejects = write_rejects(file, mapping, report.bad, taking.rejects, digest)
    return Outcome(
        "taken",
        report.form,
        accepted=report.taken + report.unchanged,
        sent=report.taken,
        rejected=len(report.bad),
        skipped=report.skipped,
        rejects="" if rejects is None else str(rejects.absolute()),
    )


def _refused(error: UnusableFileError) -> Outcome:
    rejected, skipped = (error.rows, error.skipped) if isinstance(error, HeldFileError) else (0, 0)
    zh, en = error.reason
    return Outcome("refused", rejected=rejected, skipped=skipped, code=error.code, reason_zh=zh, reason_en=en)


def _ends_open(file: Path, mapping: Mapping) -> bool:
    """Whether a file is empty, or its last line lacks the end that it should have."""
    with file.open("rb") as stream:
        size = stream.seek(0, 2)
        if size == 0:
            return True
        stream.seek(size - 1)
        return mapping.format in _IN_LINES and mapping.last_line == "ended" and not has_its_end(stream.read(1))
