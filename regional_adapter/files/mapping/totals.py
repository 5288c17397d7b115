"""The total row of a file (合计), held against the rows that it adds up: one that disagrees holds the whole file."""

from __future__ import annotations

from collections.abc import Sequence

from jinbao.regional_adapter.files.form_rows import BadCellError
from jinbao.regional_adapter.files.mapping.mapping_file import ColumnRule, FormRule, TotalRule, Writing
from jinbao.regional_adapter.files.mapping.values import amount_fen


class TotalCheck:
    """Adds up the records of one reading of a file."""

    def __init__(self, rule: TotalRule, form: FormRule, columns: Sequence[str]) -> None:
        self._rule = rule
        self._found = False
        self._held: BadCellError | None = None
        self._rows = 0
        self._unknown = False
        by_column = form.by_column
        self._marked = columns.index(rule.column) if rule.column in columns else None
        self._sums = [(columns.index(c), c, _writing(by_column.get(c)), [0]) for c in rule.sums if c in columns]
        self._count = columns.index(rule.count) if rule.count in columns else None

    def is_total(self, cells: Sequence[str]) -> bool:
        """Whether these are the cells of the total row."""
        return self._marked is not None and "".join(cells[self._marked].split()) == self._rule.text

    def add(self, cells: Sequence[str]) -> None:
        """Count a record, whose amounts need not be good ones."""
        self._rows += 1
        for index, _, writing, total in self._sums:
            if not cells[index].strip():
                continue
            try:
                total[0] += amount_fen(cells[index], writing)
            except ValueError:
                self._unknown = True

    def spoiled(self) -> None:
        """Count a record that could not be read."""
        self._rows += 1
        self._unknown = True

    def compare(self, line: int, cells: Sequence[str]) -> None:
        """Hold the total row against the records before it."""
        self._found = True
        for index, column, writing, total in self._sums:
            try:
                agrees = amount_fen(cells[index], writing) == total[0]
            except ValueError:
                agrees = False
            if not agrees and not self._unknown:
                self._hold(line, column)
        if self._count is not None and cells[self._count].strip() != str(self._rows):
            self._hold(line, self._rule.count or "")

    def held(self) -> BadCellError | None:
        """Why nothing of the file may be taken: its total disagrees, or it has none and was cut."""
        if not self._found:
            zh, en = (
                f"没有“{self._rule.text}”行，文件可能不完整",
                f"there is no row {self._rule.text}: the file may be cut",
            )
            return BadCellError(self._rule.column, zh, en, "TRUNCATED")
        return self._held

    def _hold(self, line: int, column: str) -> None:
        zh = f"第 {line} 行的合计与各行之和不符，整个文件暂不登记"
        en = f"the total of line {line} is not the sum of the rows: nothing of the file is taken"
        self._held = self._held or BadCellError(column, zh, en, "TOTALS")


def _writing(rule: ColumnRule | None) -> Writing:
    """Numbers of people and months are added up as they are."""
    return rule.writing if rule is not None and rule.kind == "amount" else Writing(unit="fen", numbers=("thousands",))
