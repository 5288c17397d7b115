"""A first reading of a whole file: whose it is, which keys come twice with other contents, whether its total agrees.

Nothing is registered before; the keys lie as numbers in a temporary file, so that their memory does not grow.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

from jinbao.regional_adapter.files.form_rows import BadCellError, Row
from jinbao.regional_adapter.files.import_layouts import HISTORY, KEYS, PROVINCE_COLUMN, FieldKind, kind_of
from jinbao.regional_adapter.files.mapping.key_digests import KeyDigests
from jinbao.regional_adapter.files.mapping.mapped_file import MappedFile
from jinbao.rules.identity import check_identity


@dataclass(slots=True)
class Survey:
    """What the first reading found."""

    form: str
    rows: int = 0
    """Records that are not skipped."""
    skipped: int = 0
    good: int = 0
    """Of them those that could be read as rows."""
    provinces: set[str] = field(default_factory=set)
    """Named by the rows in the form's own column."""
    first_bad: tuple[int, BadCellError] | None = None
    cut: tuple[int, BadCellError] | None = None
    """The first record that the file does not hold to its end, with its line."""
    held: BadCellError | None = None
    conflicts: frozenset[int] = frozenset()
    """Digests of keys whose rows differ."""
    scattered: frozenset[int] = frozenset()
    """Digests of the identity numbers whose rows do not follow one another, in a history."""

    def is_in_conflict(self, row: Row) -> bool:
        """Whether another row has the same key and says something else."""
        return bool(self.conflicts) and _key_reader(self.form)(row) in self.conflicts

    def conflict(self) -> BadCellError:
        """Why such a row is refused."""
        column = KEYS[self.form][0]
        zh, en = "同一编号的各行内容不同，都不登记", "the rows of the same key differ: none of them is taken"
        return BadCellError(column, zh, en, "DUPLICATE_KEY")


def survey_of(mapped: MappedFile) -> Survey:
    """Read the file once. Raises UnusableFileError where it cannot be read to its end."""
    form = mapped.form.layout.name
    survey = Survey(form)
    column = PROVINCE_COLUMN[form]
    seen: set[str] = set()
    compares = mapped.mapping.same_key == "both"
    is_history, before, groups = form == HISTORY.name, "", 0
    key_of = _key_reader(form)
    with KeyDigests() as digests, KeyDigests() as numbers:
        for line, _, found in mapped.records(only={*KEYS[form], column, NUMBER}):
            if found is None:
                survey.skipped += 1
                continue
            survey.rows += 1
            if isinstance(found, BadCellError):
                survey.first_bad = survey.first_bad or (line, found)
                if found.code == "TRUNCATED":
                    survey.cut = survey.cut or (line, found)
                continue
            survey.good += 1
            named = found.cells.get(column, "")
            if named not in seen and len(seen) < _MOST_SPELLINGS:
                seen.add(named)
                with suppress(BadCellError):
                    survey.provinces.add(found.province(column))
            if compares:
                digests.add(key_of(found), hash(tuple(found.cells.values())))
            if is_history and (number := found.cells.get(NUMBER, "")) != before:
                before, groups = number, groups + 1
                numbers.add(hash(normal_number(number)), groups)
        survey.held = mapped.held
        survey.conflicts = digests.conflicts()
        survey.scattered = numbers.conflicts()
    return survey


NUMBER = "社会保障号码"
_DIGITS_OF_A_NUMBER = 18


@lru_cache(maxsize=256)
def normal_number(cell: str) -> str:
    """An identity number in the one form in which it is stored, where it is a good one."""
    if len(cell) == _DIGITS_OF_A_NUMBER and cell.isascii():
        return cell.strip().upper()
    return check_identity(cell).normalized or check_identity(cell, "other").normalized or cell


_MOST_SPELLINGS = 10_000
"""Of provinces in one file; there are 32 with four spellings each."""


def _key_reader(form: str) -> Callable[[Row], int]:
    """How the digest of a row's key is made, whichever way the parts of the key are written."""
    parts = [(column, _PARTS.get(kind_of(column), str.strip)) for column in KEYS[form]]

    def digest(row: Row) -> int:
        cells = row.cells
        return hash(tuple([read(cells.get(column, "")) for column, read in parts]))

    return digest


_REMEMBERED = 1_024
"""Years, months and provinces are few, and the rows of a history repeat their person."""


@lru_cache(_REMEMBERED)
def _number(cell: str) -> object:
    cell = cell.strip()
    return int(cell) if cell.isdecimal() else cell


@lru_cache(_REMEMBERED)
def _province(cell: str) -> str:
    try:
        return Row(0, {"": cell}).province("")
    except BadCellError:
        return cell


_PARTS: dict[FieldKind, Callable[[str], object]] = {"number": _number, "id": normal_number, "province": _province}
