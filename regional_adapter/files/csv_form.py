"""Reads a province's CSV file (GB18030, Chinese headers) into rows whose cells are checked one by one.

Errors name file, line, column and reason in Chinese and English; they never repeat what the cell holds, since that may
be somebody's number or name.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinbao.language.system_errors import system_reason
from jinbao.language.words import BilingualError, Words
from jinbao.rules.identity import IdentityType, check_identity
from jinbao.rules.money import Fen
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.unprintable import has_unprintable

ENCODING = "gb18030"
MAX_BYTES = 50_000_000
"""Largest file that is read at once."""
MAX_CELL_CHARACTERS = 200
EARLIEST_DAY = date(1900, 1, 1)
"""No day of a form lies before it."""
_BLANKS = " \t\u00a0\u3000"
"""May stand around a cell; other control characters may not."""

_PROVINCE_CODES = {
    name: code for code, p in PROVINCES.items() for name in (code, p.area_code, p.name_zh, p.short) if name
}
_YES_NO = {"是": True, "Y": True, "1": True, "否": False, "N": False, "0": False}
_ID_TYPES: dict[str, IdentityType] = {
    "居民身份证": "resident_id",
    "港澳台居民居住证": "residence_permit",
    "其他": "other",
}


class UnusableFileError(BilingualError):
    """A file that cannot be taken at all, with the reason."""

    def __init__(self, file: Path, zh: str, en: str) -> None:
        super().__init__(f"{file}：{zh}", f"{file}: {en}")
        self.reason: Words = (zh, en)
        """Without the file's name."""


class BadCellError(Exception):
    """A cell that breaks its rule."""

    def __init__(self, column: str, zh: str, en: str) -> None:
        super().__init__(f"{column}: {zh} / {en}")
        self.column = column
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

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.column}: {self.reason_zh} / {self.reason_en}"


@dataclass(frozen=True, slots=True)
class FormLayout:
    """The columns of one form."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One data row; each method reads a cell and raises BadCellError where it breaks the rule."""

    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """A text that must be there."""
        value = self.optional_text(column)
        if value is None:
            raise BadCellError(column, "不能为空", "must not be empty")
        return value

    def optional_text(self, column: str) -> str | None:
        """A text, or None where the cell is empty or the column missing."""
        return self.cells.get(column, "").strip() or None

    def province(self, column: str) -> str:
        """A province's two-digit code, given as such, as PP0000 or by name."""
        code = self.optional_province(column)
        if code is None:
            raise BadCellError(column, "不能为空", "must not be empty")
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
            raise BadCellError(column, "不能为空", "must not be empty")
        return value

    def optional_day(self, column: str, today: date) -> date | None:
        """A day as `day` reads it, or None where the cell is empty."""
        value = self._plain(column)
        if value is None:
            return None
        match = re.fullmatch(r"(\d{4})(\d{2})(\d{2})|(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", value, re.ASCII)
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
        value = self._plain(column) or ""
        if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or not low <= int(value) <= high:
            raise BadCellError(column, f"应为 {low} 至 {high} 的整数", f"must be a whole number from {low} to {high}")
        return int(value)

    def amount_fen(self, column: str) -> Fen:
        """An amount in yuan, not negative, with at most two decimals; returned in fen."""
        value = self.optional_amount_fen(column)
        if value is None:
            raise BadCellError(column, "不能为空", "must not be empty")
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
        if value not in _YES_NO:
            raise BadCellError(column, "应为“是”或“否”", "must be 是 (yes) or 否 (no)")
        return _YES_NO[value]

    def id_type(self, column: str) -> IdentityType:
        """The kind of identity document; a resident identity card where the cell is empty."""
        value = self._plain(column)
        if value is None:
            return "resident_id"
        if value not in _ID_TYPES:
            known = "、".join(_ID_TYPES)
            raise BadCellError(column, f"应为 {known} 之一", f"must be one of {known}")
        return _ID_TYPES[value]

    def identity(self, column: str, id_type: IdentityType) -> str:
        """An identity number in its normalized form."""
        check = check_identity(self.text(column), id_type)
        if check.normalized is None:
            zh, _, en = (check.reason or "").partition(" / ")
            raise BadCellError(column, zh, en or zh)
        return check.normalized

    def _plain(self, column: str) -> str | None:
        value = unicodedata.normalize("NFKC", self.cells.get(column, "")).strip()
        return value or None

    def _hundredths(self, column: str, zh: str, en: str) -> int | None:
        value = self._plain(column)
        if value is None:
            return None
        match = re.fullmatch(r"(\d{1,11}|\d{1,3}(?:,\d{3}){1,3})(?:\.(\d{1,2}))?", value, re.ASCII)
        if match is None:
            raise BadCellError(
                column, f"不是{zh}（非负，最多两位小数）", f"is not {en} (not negative, at most two decimals)"
            )
        whole, part = match.groups(default="")
        return int(whole.replace(",", "")) * 100 + int(part.ljust(2, "0"))


def read_form(file: Path, layouts: Sequence[FormLayout]) -> tuple[FormLayout, list[Row], list[BadRow]]:
    """The form that the header names, its rows, and the rows that could not be split into cells.

    Raises UnusableFileError where the file cannot be read, is not GB18030 or has none of the headers.
    """
    data = _bytes_of(file)
    try:
        text = data.decode(ENCODING).removeprefix("\ufeff")
    except UnicodeDecodeError:
        text = ""
    layout, columns = _layout_of(text, layouts)
    if layout is None:
        raise _unknown_form(file, data, layouts)
    rows: list[Row] = []
    bad: list[BadRow] = []
    for line, cells in _rows(io.StringIO(text, newline="").readlines(), columns):
        if isinstance(cells, BadCellError):
            bad.append(BadRow(file.name, line, cells.column, cells.zh, cells.en))
        elif any(cell.strip() for cell in cells):
            rows.append(Row(line, dict(zip(columns, cells, strict=True))))
    return layout, rows, bad


def _rows(lines: list[str], columns: list[str]) -> Iterator[tuple[int, list[str] | BadCellError]]:
    """Each row after the header: the line on which it begins, and its cells or what is wrong with them.

    A quotation mark without a counterpart spoils its own line, not the lines after it.
    """
    header = csv.reader(iter(lines), strict=True)
    next(header)
    at = header.line_num
    while at < len(lines):
        reader = csv.reader((lines[index] for index in range(at, len(lines))), strict=True)
        start = at
        while at < len(lines):
            try:
                cells = next(reader, [])
            except csv.Error as error:
                yield at + 1, _no_row(lines[at], columns[0], error)
                at += 1
                break
            end = start + reader.line_num
            if len(cells) != len(columns) and end > at + 1:
                yield at + 1, _no_row(lines[at], columns[0], None)
                at += 1
                break
            yield at + 1, _checked(cells, columns)
            at = end


def _no_row(line: str, column: str, error: csv.Error | None) -> BadCellError:
    """Why a line could not be split into cells."""
    if error is not None and "field limit" in str(error) and len(line) > csv.field_size_limit():
        return _too_long(column)
    return BadCellError(column, "引号不成对", "a quotation mark has no counterpart")


def _too_long(column: str) -> BadCellError:
    limit = MAX_CELL_CHARACTERS
    return BadCellError(column, f"超过 {limit} 个字符", f"longer than {limit} characters")


def _checked(cells: list[str], columns: list[str]) -> list[str] | BadCellError:
    """The cells of a row, or the first that no form may hold; an empty row is as it is."""
    if not any(cell.strip() for cell in cells):
        return cells
    if len(cells) != len(columns):
        zh, en = f"应有 {len(columns)} 列，实有 {len(cells)} 列", f"{len(columns)} cells expected, {len(cells)} found"
        return BadCellError(columns[min(len(cells), len(columns) - 1)], zh, en)
    for column, cell in zip(columns, cells, strict=True):
        if len(cell.strip()) > MAX_CELL_CHARACTERS:
            return _too_long(column)
        if has_unprintable(cell.strip(_BLANKS)):
            return BadCellError(
                column, "含有控制字符或看不见的字符", "holds a control character or one that cannot be seen"
            )
    return cells


def _bytes_of(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UnusableFileError(file, "文件过大，请分成几个", "the file is too large: split it")
        return file.read_bytes()
    except OSError as error:
        raise UnusableFileError(file, *system_reason(error)) from None


def _layout_of(text: str, layouts: Sequence[FormLayout]) -> tuple[FormLayout | None, list[str]]:
    try:
        header = next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
    except csv.Error:
        return None, []
    columns = [unicodedata.normalize("NFKC", cell).strip() for cell in header]
    for layout in layouts:
        known = set(layout.required) | set(layout.optional)
        if set(layout.required) <= set(columns) <= known and len(set(columns)) == len(columns):
            return layout, columns
    return None, columns


def _unknown_form(file: Path, data: bytes, layouts: Sequence[FormLayout]) -> UnusableFileError:
    """Why no layout fits: another encoding, or another header; names the columns at fault of the nearest form."""
    try:
        if data and _layout_of(data.decode("utf-8-sig"), layouts)[0] is not None:
            return UnusableFileError(
                file,
                "文件编码是 UTF-8，请按 GB18030 导出",
                "the file is in UTF-8: export it in GB18030",
            )
    except UnicodeDecodeError:
        pass
    try:
        _, columns = _layout_of(data.decode(ENCODING).removeprefix("\ufeff"), layouts)
    except UnicodeDecodeError:
        return UnusableFileError(file, "文件编码不是 GB18030", "the file is not in GB18030")
    nearest = max(layouts, key=lambda layout: len(set(columns) & set(layout.required)))
    missing = "、".join(c for c in nearest.required if c not in columns)
    forms = "、".join(layout.name for layout in layouts)
    if len(missing) == 0 or not set(columns) & set(nearest.required):
        return UnusableFileError(
            file, f"表头不属于任何已知表单（{forms}）", f"the header belongs to none of the forms {forms}"
        )
    return UnusableFileError(
        file,
        f"表头不完整：表单“{nearest.name}”缺少 {missing}",
        f"the header lacks columns of the form {nearest.name}: {missing}",
    )
