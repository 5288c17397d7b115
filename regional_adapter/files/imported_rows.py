"""Rows of imported forms: the report of what became of their rows, a row's province and its person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from jinbao.regional_adapter.files.csv_form import EARLIEST_DAY, BadCellError, BadRow, Row
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Person
from jinbao.rules.identity import birth_date, sex


@dataclass(slots=True)
class ImportReport:
    """What became of the rows of one file."""

    file: str
    form: str
    taken: int = 0
    unchanged: int = 0
    bad: list[BadRow] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All data rows of the file."""
        return self.taken + self.unchanged + len(self.bad)

    def count(self, changed: bool) -> None:
        """Count a good row."""
        if changed:
            self.taken += 1
        else:
            self.unchanged += 1

    def reject(self, row: Row, error: BadCellError) -> None:
        """Count a bad row."""
        self.bad.append(BadRow(self.file, row.line, error.column, error.zh, error.en))


def own_province(row: Row, column: str, local: EmbeddedLocalSystem) -> None:
    """Raises BadCellError where the row is another province's."""
    if row.province(column) != local.province:
        raise BadCellError(column, "不是本省", "is not this province")


def person_of(row: Row, today: date) -> Person:
    """The person of the row, as far as every form says it. Raises BadCellError."""
    id_type = row.id_type("证件类型")
    assert id_type != "credit_code"
    number = row.identity("社会保障号码", id_type)
    has_birth = id_type != "other"
    if has_birth and not EARLIEST_DAY <= birth_date(number) <= today:
        zh, en = f"出生日期应在 {EARLIEST_DAY} 至今日之间", f"the date of birth must lie from {EARLIEST_DAY} to today"
        raise BadCellError("社会保障号码", zh, en)
    return Person(
        number=number,
        id_type=id_type,
        name=row.text("姓名"),
        sex="9" if not has_birth else "1" if sex(number) == "male" else "2",
        birth=birth_date(number) if has_birth else None,
        synthetic=row.optional_text("数据性质") == "合成",
    )
