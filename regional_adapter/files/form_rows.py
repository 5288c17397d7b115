"""Rows of a province's forms, whose cells are checked one by one, and what a row or a whole file is refused with.

Errors name file, line, column and reason in Chinese and English; they never repeat what the cell holds, since that may
be somebody's number or name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from jinbao.language.words import BilingualError, Words, words_of
from jinbao.rules.identity import IdentityType, check_identity
from jinbao.rules.money import Fen
from jinbao.rules.provinces import PROVINCES

RejectCode = Literal[
    "ENCODING",
    "HEADER",
    "TRUNCATED",
    "TOTALS",
    "UNSAFE_FILE",
    "MISSING",
    "ID_CHECK_DIGIT",
    "ID_DAMAGED",
    "NAME",
    "DATE",
    "AMOUNT",
    "CODE",
    "DUPLICATE_KEY",
]
"""Why a row, or a whole file, is not taken."""
FieldKind = Literal["province", "date", "amount", "rate", "number", "choice", "id", "name", "text"]
"""What a column of a form holds."""
ENCODING = "gb18030"
"""Of the platform's own forms, in and out."""
MAX_CELL_CHARACTERS = 200
EARLIEST_DAY = date(1900, 1, 1)
"""No day of a form lies before it."""

_PROVINCE_CODES = {
    name: code for code, p in PROVINCES.items() for name in (code, p.area_code, p.name_zh, p.short) if name
}
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})|(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_HUNDREDTHS = re.compile(r"(\d{1,11}|\d{1,3}(?:,\d{3}){1,3})(?:\.(\d{1,2}))?", re.ASCII)
_MOST_DIGITS = 9
YES_NO = {"是": True, "Y": True, "1": True, "否": False, "N": False, "0": False}
ID_TYPES: dict[str, IdentityType] = {
    "居民身份证": "resident_id",
    "港澳台居民居住证": "residence_permit",
    "其他": "other",
}
CorrectionReason = Literal["upgraded_15_to_18", "wrong_digit", "permit_to_citizen"]
CORRECTION_REASONS: dict[str, CorrectionReason] = {
    "15位升18位": "upgraded_15_to_18",
    "号码有误": "wrong_digit",
    "居住证改居民身份证": "permit_to_citizen",
}
"""Why a number is corrected, in the form's words."""


class UnusableFileError(BilingualError):
    """A file that cannot be taken at all, with the reason."""

    def __init__(self, file: Path, zh: str, en: str, code: RejectCode = "UNSAFE_FILE", line: int = 1) -> None:
        super().__init__(f"{file}：{zh}", f"{file}: {en}")
        self.reason: Words = (zh, en)
        """Without the file's name."""
        self.code: RejectCode = code
        self.line = line
        """Where it was noticed."""


class HeldFileError(UnusableFileError):
    """A file that could be read, of which nothing is taken: its total disagrees, or it is cut before its total row."""

    def __init__(self, file: Path, fault: BadCellError, column: str, line: int, rows: int, skipped: int) -> None:
        super().__init__(file, fault.zh, fault.en, fault.code or "TOTALS", line)
        self.column = column
        self.rows, self.skipped = rows, skipped
        """Records that would have been looked at, and blank, title and total rows."""


class UnreadableFileError(UnusableFileError):
    """A file that the operating system does not give: it is not there, or nobody may read it."""


class BadCellError(Exception):
    """A cell that breaks its rule; `code` where it is another than the column's own (`import_layouts.reject_code`)."""

    def __init__(self, column: str, zh: str, en: str, code: RejectCode | None = None) -> None:
        super().__init__(f"{column}: {zh} / {en}")
        self.column = column
        self.code = code
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken: where, and why."""

    file: str
    line: int
    """Line of the file on which the row begins, the header being 1."""
    column: str
    reason_zh: str
    reason_en: str
    code: RejectCode
    form: str = ""
    """Which form's row it is, where a file holds several."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.column}: {self.reason_zh} / {self.reason_en}"


@dataclass(frozen=True, slots=True)
class FormLayout:
    """The columns of one form."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    kinds: Mapping[str, FieldKind] = field(default_factory=dict)
    """What the columns hold, where `import_layouts.kind_of` does not say it."""


class Row(msgspec.Struct, frozen=True):
    """One data row; each method reads a cell and raises BadCellError where it breaks the rule."""

    line: int
    cells: Mapping[str, str]
    """By the form's columns."""

    def text(self, column: str) -> str:
        """A text that must be there."""
        value = self.optional_text(column)
        if value is None:
            raise BadCellError(column, "不能为空", "must not be empty", "MISSING")
        return value

    def optional_text(self, column: str) -> str | None:
        """A text, or None where the cell is empty or the column missing."""
        return self.cells.get(column, "").strip() or None

    def province(self, column: str) -> str:
        """A province's two-digit code, given as such, as PP0000 or by name."""
        code = self.optional_province(column)
        if code is None:
            raise BadCellError(column, "不能为空", "must not be empty", "MISSING")
        return code

    def optional_province(self, column: str) -> str | None:
        """A province's two-digit code, or None where the cell is empty."""
        value = self._plain(column)
        if value is None:
            return None
        if value not in _PROVINCE_CODES:
            raise BadCellError(column, "不是省级代码或名称", "is no code or name of a province")
        return _PROVINCE_CODES[value]

    def day(self, column: str, today: date) -> date:
        """A day from EARLIEST_DAY to today, written 2025-01-31, 20250131, 2025/1/31 or 2025年1月31日."""
        value = self.optional_day(column, today)
        if value is None:
            raise BadCellError(column, "不能为空", "must not be empty", "MISSING")
        return value

    def optional_day(self, column: str, today: date) -> date | None:
        """A day as `day` reads it, or None where the cell is empty."""
        value = self._plain(column)
        if value is None:
            return None
        match = _DAY.fullmatch(value)
        try:
            if match is None:
                raise ValueError
            year, month, day = (int(part) for part in match.groups() if part)
            found = date(year, month, day)
        except ValueError:
            raise BadCellError(column, "不是有效日期，例如 2025-01-31", "is no day such as 2025-01-31") from None
        if found > today:
            raise BadCellError(column, "在未来", "is in the future")
        if found < EARLIEST_DAY:
            raise BadCellError(column, f"早于 {EARLIEST_DAY}", f"is before {EARLIEST_DAY}")
        return found

    def integer(self, column: str, low: int, high: int) -> int:
        """A whole number between low and high."""
        number = _whole_number(self.cells.get(column, ""))
        if number is None or not low <= number <= high:
            raise BadCellError(column, f"应为 {low} 至 {high} 的整数", f"must be a whole number from {low} to {high}")
        return number

    def amount_fen(self, column: str) -> Fen:
        """An amount in yuan, not negative, with at most two decimals; returned in fen."""
        value = self.optional_amount_fen(column)
        if value is None:
            raise BadCellError(column, "不能为空", "must not be empty", "MISSING")
        return value

    def optional_amount_fen(self, column: str) -> Fen | None:
        """An amount as `amount_fen` reads it, or None where the cell is empty."""
        value = self._hundredths(column, "金额", "an amount in yuan")
        return None if value is None else Fen(value)

    def rate_bp(self, column: str) -> int:
        """A rate in per cent, with at most two decimals, up to 100; returned in basis points."""
        value = self._hundredths(column, "百分比", "a rate in per cent")
        if value is None or value > 10_000:
            raise BadCellError(column, "应为 0 至 100 的百分比", "must be a rate from 0 to 100 per cent")
        return value

    def yes(self, column: str, default: bool = False) -> bool:
        """是 or 否; the default where the cell is empty."""
        value = self._plain(column)
        if value is None:
            return default
        if value not in YES_NO:
            raise BadCellError(column, "应为“是”或“否”", "must be 是 (yes) or 否 (no)")
        return YES_NO[value]

    def id_type(self, column: str) -> IdentityType:
        """The kind of identity document; a resident identity card where the cell is empty."""
        value = self._plain(column)
        if value is None:
            return "resident_id"
        if value not in ID_TYPES:
            known = "、".join(ID_TYPES)
            raise BadCellError(column, f"应为 {known} 之一", f"must be one of {known}")
        return ID_TYPES[value]

    def identity(self, column: str, id_type: IdentityType) -> str:
        """An identity number in its normalized form."""
        check = check_identity(self.text(column), id_type)
        if check.normalized is None:
            code: RejectCode = "ID_CHECK_DIGIT" if check.fault == "check_character" else "ID_DAMAGED"
            raise BadCellError(column, *words_of(check.reason or ""), code)
        return check.normalized

    def _plain(self, column: str) -> str | None:
        return _plain(self.cells.get(column, ""))

    def _hundredths(self, column: str, zh: str, en: str) -> int | None:
        cell = self.cells.get(column)
        if not cell or cell.isspace():
            return None
        number = _hundredths_in(cell)
        if number is None:
            raise BadCellError(
                column, f"不是{zh}（非负，最多两位小数）", f"is not {en} (not negative, at most two decimals)"
            )
        return number


_REMEMBERED = 4_096
"""Months, rates and choices are few and come again in every row: reading one takes longer than finding it."""


@lru_cache(_REMEMBERED)
def _plain(cell: str) -> str | None:
    """A cell in its plain characters without outer blanks; None where it is blank."""
    if not cell.isascii():
        cell = unicodedata.normalize("NFKC", cell)
    return cell.strip() or None


@lru_cache(_REMEMBERED)
def _whole_number(cell: str) -> int | None:
    value = _plain(cell) or ""
    is_number = value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS
    return int(value) if is_number else None


@lru_cache(_REMEMBERED)
def _hundredths_in(cell: str) -> int | None:
    """A number that is not negative, with at most two decimals, in hundredths; None where it is none."""
    match = _HUNDREDTHS.fullmatch(_plain(cell) or "")
    if match is None:
        return None
    whole, part = match.groups(default="")
    return int(whole.replace(",", "")) * 100 + int(part.ljust(2, "0"))
