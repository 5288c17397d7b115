"""The report of an imported file: what became of each of its records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from jinbao.regional_adapter.files.form_rows import BadCellError, BadRow
from jinbao.regional_adapter.files.import_layouts import reject_code


@dataclass(slots=True)
class ImportReport:
    """What became of the records of one file."""

    file: str
    form: str
    column_of: Callable[[str], str] = str
    """The column of the file that a field of the form stands in."""
    part: str = ""
    """The form, where it is one of several in the file."""
    taken: int = 0
    unchanged: int = 0
    skipped: int = 0
    """Blank, title and total rows."""
    bad: list[BadRow] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All data rows of the file."""
        return self.taken + self.unchanged + len(self.bad)

    def count(self, changed: int, rows: int = 1) -> None:
        """Count good rows, and how many of them changed something."""
        self.taken += changed
        self.unchanged += rows - changed

    def add(self, part: ImportReport) -> None:
        """Count what became of the records of one form."""
        self.taken += part.taken
        self.unchanged += part.unchanged
        self.skipped += part.skipped
        self.bad += part.bad

    def reject(self, line: int, error: BadCellError) -> None:
        """Count a bad row."""
        column = self.column_of(error.column)
        self.bad.append(BadRow(self.file, line, column, error.zh, error.en, reject_code(error), self.part))
